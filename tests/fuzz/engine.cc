// What libFuzzer calls. Linked with the one fuzzer of a program.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/fuzz.h"

// What cannot be parsed is what most inputs are: a line of libprotobuf for each would be all that there is in the log.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  shoujie::fuzz::Fuzzers().front().run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned int seed) {
  const auto& fuzzer = shoujie::fuzz::Fuzzers().front();
  // Every fourth input is changed byte by byte all the same: what does not parse is an input too.
  if (fuzzer.mutate != nullptr && seed % 4 != 0) {
    const std::string out = fuzzer.mutate(absl::string_view(reinterpret_cast<const char*>(data), size), seed);
    if (!out.empty() && out.size() <= size_max) {
      std::memcpy(data, out.data(), out.size());
      return out.size();
    }
  }
  return LLVMFuzzerMutate(data, size, size_max);
}
