// Changes to inputs that keep their form: protobuf messages field by field, and lists of framed messages. libFuzzer's
// own changes break the lengths in both, and generated code and libprotobuf are not instrumented to lead it back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace shoujie::fuzz {

// Numbers that follow from a seed.
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  uint64_t Next();
  size_t Below(size_t n) { return static_cast<size_t>(Next() % n); }  // n > 0
  bool OneIn(size_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

// Sets, clears or changes one field, at any depth: to values at the edges of their types, to instants of the fuzzers'
// day, or to names and ids that the sample directory knows.
void Mutate(google::protobuf::Message* message, Chance& chance);

// Its bytes, the same for the same content (answers may hold maps), with what cannot be text as it is.
std::string BytesOf(const google::protobuf::Message& message);

// One message of an input: what it is, what the fuzzer does with it, its bytes.
struct Frame {
  uint8_t kind = 0;
  uint8_t flags = 0;
  std::string bytes;
};
constexpr size_t kFramesMax = 48;
std::vector<Frame> ReadFrames(absl::string_view input);
std::string WriteFrames(const std::vector<Frame>& frames);
// Changes, adds, copies, moves or takes away one frame; `change` changes the content of one.
void Mutate(std::vector<Frame>* frames, Chance& chance, const std::function<void(Frame*)>& change);

// Where the fuzzers' time begins: Monday, 2 March 2026, 10:00 in Shanghai.
constexpr int64_t kDayStartSeconds = 1'772'416'800;

}  // namespace shoujie::fuzz
