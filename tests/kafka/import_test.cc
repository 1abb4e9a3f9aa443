// History comes in through two nodes while both and the broker are ended again and again: the reports equal the truth
// all the same.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "loadtest/generator/random.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/nodes.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

using e2e::Process;
using e2e::Program;
using e2e::Ran;
using nlohmann::json;

struct DataSet {
  const char *folder, *file, *importer;
};
constexpr DataSet kTechnion{"technion_bank_feb1999", "calls.tsv.gz", "technion"};
constexpr DataSet kHotline{"zh_gov_hotline", "messages_with_replies.csv.gz", "zh12345"};
constexpr DataSet kBoston{"boston_311_2015", "service_requests.csv.gz", "boston311"};
constexpr DataSet kServiceNow{"servicenow_incident_log", "incident_event_log.csv.gz", "servicenow"};

constexpr int kRounds = 3;  // of the three faults, unless the import ends before
enum Fault { kKillA, kTermB, kKillBroker };
constexpr const char* kNames[] = {"a killed", "b terminated", "broker killed"};

class ImportOnNodes : public testing::Test {
 protected:
  void SetUp() override {
    if (e2e::SharedData().empty()) {
      GTEST_SKIP() << "the real input is not on this machine: set SHOUJIE_SHARED_DATA to its folder";
    }
    ASSERT_EQ(nodes_.MakeTopics(), "");
    ASSERT_TRUE(nodes_.StartAll()) << nodes_.Told();
    ASSERT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();
  }
  void Use(const DataSet& set) {
    const std::string folder = absl::StrCat(e2e::SharedData(), "/", set.folder, "/");
    file_ = folder + set.file;
    importer_ = set.importer;
    std::ifstream in(folder + "truth.json");
    truth_ = json::parse(in);
  }
  std::vector<std::string> Cli(size_t node, std::vector<std::string> words) const {
    std::vector<std::string> argv = {Program("shoujie"), "--server", nodes_.address(node), "--token-file",
                                     nodes_.secrets() + "/operator.token"};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  std::vector<std::string> Importing(size_t node) const {
    return Cli(node, {"import", importer_, file_, "-o", "json"});
  }
  json Import(size_t node) const {
    const Ran ran = e2e::Run(Importing(node), {}, absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out, nullptr, false);
  }
  // The importer works for a while under the fault. It stands still until that is mended, so that on a quick machine,
  // too, there is something left for the next fault to hit.
  void Strike(Fault fault, absl::Duration under_it, Process& importer) {
    const size_t node = fault == kKillA ? 0 : 1;
    if (fault == kKillBroker) {
      brokers_.Signal(1, SIGKILL);
    } else {
      nodes_.process(node).Signal(fault == kKillA ? SIGKILL : SIGTERM);
    }
    absl::SleepFor(under_it);
    importer.Signal(SIGSTOP);
    if (fault == kKillBroker) {
      brokers_.AwaitEnd(1);
      brokers_.StartAgain(1);
    } else {
      const int code = nodes_.process(node).Wait(absl::Seconds(40));
      EXPECT_EQ(code, fault == kKillA ? 128 + SIGKILL : 0) << nodes_.log(node);
      ASSERT_TRUE(nodes_.Start(node)) << nodes_.Told();
    }
    importer.Signal(SIGCONT);
  }
  // Every figure of the truth, with the same value; means to the digits that the truth gives.
  void ExpectTruth(size_t node) const {
    SCOPED_TRACE(absl::StrCat("node ", nodes_.name(node)));
    const Ran ran = e2e::Run(Cli(node, {"report", truth_["report"], "-o", "json"}));
    ASSERT_EQ(ran.code, 0) << ran.err;
    const json report = json::parse(ran.out);
    for (const auto& [key, value] : truth_["figures"].items()) {
      ASSERT_TRUE(report.contains(key)) << key;
      if (value.is_number_float()) {
        EXPECT_NEAR(report[key].get<double>(), value.get<double>(), 0.005) << key;
      } else {
        EXPECT_EQ(report[key], value) << key;
      }
    }
  }

  Brokers brokers_{1};
  Nodes nodes_{{.bootstrap = brokers_.bootstrap(), .prefix = Brokers::NewName()}, std::vector<NodePlace>(2)};
  std::string file_, importer_;
  json truth_;
};

// Of the hotline, a row makes a customer and a contact; both lie in the slot of who wrote it, on either node.
class OtherSources : public ImportOnNodes, public testing::WithParamInterface<DataSet> {};

TEST_P(OtherSources, EqualTheTruthOnBothNodes) {
  Use(GetParam());
  const uint64_t rows = truth_["import"]["rows"];
  EXPECT_EQ(Import(0)["new"], rows);
  for (const size_t node : {0, 1}) ExpectTruth(node);
  const json again = Import(1);
  EXPECT_EQ(again["new"], 0);
  EXPECT_EQ(again["repeated"], rows);
  for (const size_t node : {0, 1}) ExpectTruth(node);
}

INSTANTIATE_TEST_SUITE_P(RealInput, OtherSources, testing::Values(kHotline, kBoston, kServiceNow),
                         [](const auto& info) { return std::string(info.param.importer); });

TEST_F(ImportOnNodes, EqualsTheTruthWhileBothNodesAndTheBrokerEndAgainAndAgain) {
  Use(kTechnion);
  const char* const given = std::getenv("SHOUJIE_SEED");
  const uint64_t seed = given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
  load::Random random(seed);
  const auto between = [&](int from_ms, int to_ms) {
    return absl::Milliseconds(from_ms + static_cast<int64_t>(random.Below(static_cast<uint64_t>(to_ms - from_ms))));
  };
  // The importer that loses its node repeats what is open when that is back; one that is killed is begun again.
  size_t at = random.Below(2);
  auto importer = std::make_unique<Process>(Importing(at));
  std::map<Fault, int> struck;
  int begun = 1;
  std::vector<Fault> round;
  for (int faults = 0; faults < 3 * kRounds; ++faults) {
    importer->WaitForLine("never printed", between(100, 400));
    if (!importer->running()) break;
    if (round.empty()) {
      round = {kKillA, kTermB, kKillBroker};
      std::swap(round[0], round[random.Below(3)]);
      std::swap(round[1], round[1 + random.Below(2)]);
    }
    const Fault fault = round.back();
    round.pop_back();
    ++struck[fault];
    std::cout << "importing through " << nodes_.name(at) << ": " << kNames[fault] << std::endl;
    ASSERT_NO_FATAL_FAILURE(Strike(fault, between(50, 400), *importer));
    if (round.empty() && importer->running() && faults + 1 < 3 * kRounds) {
      importer->Signal(SIGKILL);
      importer->Wait(absl::Seconds(30));
      at = 1 - at;
      importer = std::make_unique<Process>(Importing(at));
      ++begun;
    }
  }
  const int ended = importer->Wait(absl::Minutes(4));
  ASSERT_NE(ended, -1) << "the import does not end\n" << nodes_.Told();
  for (const Fault fault : {kKillA, kTermB, kKillBroker}) {
    EXPECT_GT(struck[fault], 0) << "the import was over before it was " << kNames[fault];
  }
  std::cout << "seed " << seed << ": " << begun << " imports begun, " << struck[kKillA] << " x " << kNames[kKillA]
            << ", " << struck[kTermB] << " x " << kNames[kTermB] << ", " << struck[kKillBroker] << " x "
            << kNames[kKillBroker] << std::endl;

  const uint64_t rows = truth_["import"]["rows"];
  if (ended != 0) {
    // It gave up while nobody answered. What it left is brought now.
    const json rest = Import(0);
    EXPECT_EQ(rest["new"].get<uint64_t>() + rest["repeated"].get<uint64_t>(), rows);
  }
  EXPECT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();
  for (const size_t node : {0, 1}) ExpectTruth(node);
  const json again = Import(1);
  EXPECT_EQ(again["new"], 0);
  EXPECT_EQ(again["repeated"], rows);
  EXPECT_EQ(again["bad"], truth_["import"]["bad"]);
  for (const size_t node : {0, 1}) ExpectTruth(node);
  for (const size_t node : {0, 1}) EXPECT_EQ(nodes_.Stop(node), 0) << nodes_.log(node);
  for (const size_t node : {0, 1}) {
    const Ran ran = e2e::Run({Program("shoujie"), "verify", "all", "--data", nodes_.data(node), "--master-key-file",
                              nodes_.secrets() + "/master.key"},
                             nodes_.Env(), absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << nodes_.name(node) << "\n" << ran.out << ran.err;
  }
}

}  // namespace
}  // namespace shoujie::kafka
