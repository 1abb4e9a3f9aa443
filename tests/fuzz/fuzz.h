// Fuzzers: functions over bytes from outside that end the process when something does not hold that must. Each
// `<name>_fuzz.cc` registers one; engine.cc hands it to libFuzzer (tests/fuzz/run), and replay_test.cc runs what
// corpus/<name>/ keeps through the same function as an ordinary test, without libFuzzer. Not for properties of inputs
// that a test can name: those belong to unit tests.
//
// A fuzz function keeps nothing from one input to the next, asks no clock and draws no chance, so that an input that
// failed once fails always. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/support/temp_dir.h"

namespace shoujie::fuzz {

struct Fuzzer {
  std::string name;
  void (*run)(absl::string_view input);
  // A change that leaves the input's form whole (mutate.h), where bytes changed at random would hardly ever parse. The
  // same input and seed give the same answer.
  std::string (*mutate)(absl::string_view input, uint32_t seed) = nullptr;
};
const std::vector<Fuzzer>& Fuzzers();

// `const Registered kRegistered({"number", &Run});` at the end of a <name>_fuzz.cc.
struct Registered {
  explicit Registered(Fuzzer fuzzer);
};

// Says what did not hold, and where, and ends the process: that is what libFuzzer and CTest notice.
[[noreturn]] void Fail(const char* file, int line, const std::string& what);

// A refusal must say why to programs (reason), and what is wrong and what to do to people (both languages), in UTF-8,
// and must fit into what gRPC carries. OK passes.
void RequireTyped(const absl::Status& status);

// Takes an input apart from its front. What is missing at its end reads as 0 or as nothing.
class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Byte();
  uint64_t Integer(size_t bytes);  // little-endian
  absl::string_view Block();       // two bytes of length, then so many bytes, or what there is
  absl::string_view Rest();

 private:
  absl::string_view bytes_;
};

// A file in memory that can be opened by its path as long as this lives.
class MemoryFile {
 public:
  explicit MemoryFile(absl::string_view content);
  MemoryFile(const MemoryFile&) = delete;
  ~MemoryFile();
  const std::string& path() const { return path_; }

 private:
  int fd_;
  std::string path_;
};

// An empty folder (mode 0700), in memory where the machine has such a place; removed with what is in it.
class Folder {
 public:
  Folder();
  const std::string& path() const { return dir_.path(); }
  void Write(const std::string& name, absl::string_view content) const;  // mode 0600
  std::string Read(const std::string& name) const;

 private:
  const TempDir dir_;
};

}  // namespace shoujie::fuzz

// `holds` must be true.
#define FUZZ_REQUIRE(holds)                                             \
  do {                                                                  \
    if (!(holds)) ::shoujie::fuzz::Fail(__FILE__, __LINE__, "" #holds); \
  } while (false)
