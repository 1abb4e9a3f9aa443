// What tests/fuzz/corpus keeps, once through the functions that libFuzzer calls: seeds that show what is parsed, and
// inputs (crash-…) that once ended a process. Needs neither clang nor libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> Kept(const std::string& name) {
  std::vector<fs::path> files;
  const fs::path folder = fs::path(SHOUJIE_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Replay : public testing::TestWithParam<std::string> {};
class Mutation : public testing::TestWithParam<std::string> {};  // fuzzers that change inputs themselves

TEST_P(Replay, WhatIsKeptHolds) {
  const auto fuzzer =
      std::find_if(Fuzzers().begin(), Fuzzers().end(), [&](const Fuzzer& f) { return f.name == GetParam(); });
  const auto files = Kept(GetParam());
  ASSERT_FALSE(files.empty()) << "no seeds for " << GetParam();
  fuzzer->run("");
  for (const fs::path& file : files) {
    // Said beforehand: whatever does not hold ends the process.
    std::fprintf(stderr, "%s\n", file.filename().c_str());
    std::ifstream in(file, std::ios::binary);
    fuzzer->run(std::string(std::istreambuf_iterator<char>(in), {}));
  }
}

// A step of the search without libFuzzer: what the mutators make of the seeds holds too, and the same seed makes the
// same of it.
TEST_P(Mutation, ChangedSeedsHold) {
  const auto fuzzer =
      std::find_if(Fuzzers().begin(), Fuzzers().end(), [&](const Fuzzer& f) { return f.name == GetParam(); });
  for (const fs::path& file : Kept(GetParam())) {
    std::ifstream in(file, std::ios::binary);
    std::string input(std::istreambuf_iterator<char>(in), {});
    for (uint32_t seed = 1; seed <= 8; ++seed) {
      const std::string changed = fuzzer->mutate(input, seed);
      ASSERT_EQ(fuzzer->mutate(input, seed), changed);
      fuzzer->run(changed);
      input = changed;
    }
  }
}

std::vector<std::string> Names(bool with_mutator = false) {
  std::vector<std::string> names;
  for (const Fuzzer& fuzzer : Fuzzers()) {
    if (!with_mutator || fuzzer.mutate != nullptr) names.push_back(fuzzer.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}
std::string NameOf(const testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Corpus, Replay, testing::ValuesIn(Names()), NameOf);
INSTANTIATE_TEST_SUITE_P(Corpus, Mutation, testing::ValuesIn(Names(true)), NameOf);

TEST(ReplayTest, EveryFolderOfTheCorpusHasItsFuzzer) {
  const std::vector<std::string> names = Names();
  for (const auto& entry : fs::directory_iterator(fs::path(SHOUJIE_SOURCE_DIR) / "tests/fuzz/corpus")) {
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), entry.path().filename())) << entry.path();
  }
}

}  // namespace
}  // namespace shoujie::fuzz
