// Journals that earlier builds wrote, read by this one: the same states, every record, and a server that goes on from
// them. What is in them stands in README.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/all_in_one/modules.h"
#include "services/runtime/base/features.h"
#include "services/runtime/clock/clock.h"
#include "shoujie/journal/v1/record.pb.h"
#include "tests/golden/fold.h"
#include "tests/support/process/server.h"

namespace shoujie::golden {
namespace {

using nlohmann::json;

std::string Directory() { return std::string(SHOUJIE_SOURCE_DIR) + "/tests/golden"; }

// Kinds of events that no golden journal holds: the first words of the lines of `without`. A kind that this build can
// write and that is neither there nor in a golden journal fails the test: make a golden journal that holds it before
// anybody relies on it.
std::set<std::string> KindsWithoutGolden() {
  std::set<std::string> kinds;
  std::ifstream in(Directory() + "/without");
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') kinds.insert(line.substr(0, line.find(' ')));
  }
  return kinds;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    const std::string name = entry.path().filename();
    if (absl::EndsWith(name, ".tar.gz")) names.push_back(name.substr(0, name.size() - 7));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Unpacked {
 public:
  explicit Unpacked(const std::string& name) {
    const e2e::Ran ran =
        e2e::Run({"/usr/bin/tar", "-C", dir_.path(), "-xzf", absl::StrCat(Directory(), "/", name, ".tar.gz")});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  std::string data() const { return dir_ / "data"; }
  std::vector<std::string> states() const {
    std::ifstream in(dir_ / "states.jsonl");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

 private:
  TempDir dir_;
};

class GoldenTest : public testing::TestWithParam<std::string> {
 protected:
  absl::StatusOr<Folded> FoldAll(const std::string& path) {
    const auto clock = MakeSystemClock();
    auto data = EmbeddedData::Open(path, clock.get(), /*scaled_clock=*/true);
    if (!data.ok()) return data.status();
    return Fold(**data, AllModules());
  }
};

TEST_P(GoldenTest, ItsJournalsFoldToTheStatesOfItsTime) {
  const Unpacked golden(GetParam());
  const auto folded = FoldAll(golden.data());
  ASSERT_TRUE(folded.ok()) << folded.status();
  const std::vector<std::string> expected = golden.states();
  ASSERT_GT(expected.size(), 100u);
  ASSERT_EQ(folded->states.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    // As values: fields may get another order, and new ones stay at their defaults.
    ASSERT_EQ(json::parse(folded->states[i]), json::parse(expected[i])) << "line " << i + 1;
  }
}

// Owners start without a store, reactions and timers of the past are settled, people go on where they were.
TEST_P(GoldenTest, AServerGoesOnFromIt) {
  const Unpacked golden(GetParam());
  e2e::Server server(golden.data(), {"--clock=2026-03-05T08:00:00+08:00,x1"});
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  uint64_t tickets = 0, noted = 0;
  for (const std::string& line : golden.states()) {
    const json state = json::parse(line);
    const std::string name = state["stream"];
    if (!absl::StartsWith(name, "tickets/")) continue;
    ++tickets;
    const e2e::Ran shown = server.Cli({"ticket", "get", name, "-o", "json"});
    ASSERT_EQ(shown.code, 0) << shown.err;
    // Timers that had run since may have added records, never taken any away.
    EXPECT_GE(std::stoull(json::parse(shown.out)["etag"].get<std::string>()), state["version"].get<uint64_t>()) << name;
    if (noted == 5) continue;
    const e2e::Ran note = server.Cli({"ticket", "note", name, "a note of today"});
    noted += note.code == 0;
  }
  EXPECT_GT(tickets, 10u);
  EXPECT_EQ(noted, 5u);
  const e2e::Ran verified = server.Cli({"verify", "all", "--master-key-file", golden.data() + "/master.key"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(server.Stop(), 0);
}

// A directory of before features has none. What one guards is refused, without a record, until an operator enables it.
TEST_P(GoldenTest, WhatIsNewWaitsUntilItIsEnabled) {
  const Unpacked golden(GetParam());
  e2e::Server server(golden.data(), {"--clock=2026-03-05T08:00:00+08:00,x1"});
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  std::string ticket;
  for (const std::string& line : golden.states()) {
    const json state = json::parse(line);
    // In such a journal they are enabled for good: there is nothing left that could be refused.
    if (state["service"] == "directory" && state["state"].contains("features")) {
      GTEST_SKIP() << "written by a build that had features already; this is about journals from before them";
    }
    if (state["service"] == "router" && state["state"]["state"] == "TICKET_STATE_ACTIVE") ticket = state["stream"];
  }
  ASSERT_FALSE(ticket.empty());
  const auto features = [&] {
    return json::parse(server.Cli({"admin", "feature", "list", "-o", "json"}).out)["features"];
  };
  const auto urge = [&] { return server.Cli({"ticket", "urge", ticket, "--reason", "the customer waits"}); };
  const auto version = [&] { return json::parse(server.Cli({"ticket", "get", ticket, "-o", "json"}).out)["etag"]; };
  EXPECT_FALSE(features()[0].value("enabled", false));
  const json before = version();
  e2e::Ran urged = urge();
  EXPECT_EQ(urged.code, 1);
  EXPECT_TRUE(absl::StrContains(urged.err, "FEATURE_OFF")) << urged.err;
  EXPECT_TRUE(absl::StrContains(urged.err, "shoujie admin feature enable urging")) << urged.err;
  EXPECT_EQ(version(), before);

  EXPECT_EQ(server.Cli({"admin", "feature", "enable", "singing"}).code, 3);
  const e2e::Ran enabled = server.Cli({"admin", "feature", "enable", "urging"});
  ASSERT_EQ(enabled.code, 0) << enabled.err;
  const json row = features()[0];
  EXPECT_EQ(row["enabled"], true);
  EXPECT_EQ(row["enabled_by"], "operators/first");
  EXPECT_EQ(row["events"], json::array({"router.urged"}));
  // The shard follows by a record of its own, in a moment.
  for (int i = 0; i < 100 && (urged = urge()).code != 0; ++i) absl::SleepFor(absl::Milliseconds(50));
  ASSERT_EQ(urged.code, 0) << urged.err;
  EXPECT_EQ(json::parse(server.Cli({"ticket", "get", ticket, "-o", "json"}).out)["urges"], 1);
  const e2e::Ran verified = server.Cli({"verify", "all", "--master-key-file", golden.data() + "/master.key"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(server.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(Names()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

TEST(GoldenJournals, HoldEveryKindOfEvent) {
  std::set<std::string> held;
  for (const std::string& name : Names()) {
    const Unpacked golden(name);
    const auto clock = MakeSystemClock();
    auto data = EmbeddedData::Open(golden.data(), clock.get(), /*scaled_clock=*/true);
    ASSERT_TRUE(data.ok()) << data.status();
    const auto folded = Fold(**data, AllModules());
    ASSERT_TRUE(folded.ok()) << folded.status();
    for (const auto& [kind, times] : folded->events) held.insert(kind);
  }
  const std::set<std::string> without = KindsWithoutGolden();
  const std::vector<std::string> kinds = KindsOf(AllModules());
  for (const std::string& kind : kinds) EXPECT_EQ(held.count(kind) + without.count(kind), 1u) << kind;
  for (const std::string& kind : without) EXPECT_EQ(std::count(kinds.begin(), kinds.end(), kind), 1) << kind;
}

// A mark with a slip of the pen would keep its events back for ever, and a feature without a mark would keep nothing
// back.
TEST(Features, EveryMarkNamesAFeatureAndEveryFeatureGuardsSomething) {
  std::set<std::string> marked;
  for (const ServiceModule& module : AllModules()) {
    const auto* event = module.domain.event->GetDescriptor();
    ASSERT_EQ(event->oneof_decl_count(), 1) << event->full_name();
    for (const auto& [feature, what] : MarksOf(*event)) {
      EXPECT_NE(FindFeature(feature), nullptr) << event->full_name() << ": " << what << " is marked with " << feature;
      marked.insert(feature);
    }
  }
  const auto* commit = journal::v1::Commit::descriptor();  // what the runtime itself records
  for (int i = 0; i < commit->field_count(); ++i) {
    if (const std::string& feature = FeatureOf(*commit->field(i)); !feature.empty()) marked.insert(feature);
  }
  for (const Feature& feature : kFeatures) EXPECT_EQ(marked.count(std::string(feature.name)), 1u) << feature.name;
}

}  // namespace
}  // namespace shoujie::golden
