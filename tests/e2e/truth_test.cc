// Real call-centre history that nobody here wrote comes in as facts, and what the reports say of it equals the figures
// that were computed from the files without this project.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;

struct DataSet {
  const char* folder;
  const char* file;
  const char* importer;
  const char* map = nullptr;  // of the general importer, under services/cli/import/maps
  int killed_after_ms = 1500;
};
constexpr DataSet kTechnion{"technion_bank_feb1999", "calls.tsv.gz", "technion"};
constexpr DataSet kServiceNow{"servicenow_incident_log", "incident_event_log.csv.gz", "servicenow"};
constexpr DataSet kServiceNowByMap{"servicenow_incident_log", "incident_event_log.csv.gz", "events", "servicenow.yaml"};
constexpr DataSet kBoston{"boston_311_2015", "service_requests.csv.gz", "boston311"};
constexpr DataSet kHotline{"zh_gov_hotline", "messages_with_replies.csv.gz", "zh12345", nullptr, 300};

json Truth(const DataSet& set) {
  std::ifstream in(SharedData() + "/" + set.folder + "/truth.json");
  return json::parse(in);
}

std::string File(const DataSet& set) { return SharedData() + "/" + set.folder + "/" + set.file; }

std::vector<std::string> Words(const DataSet& set) {
  std::vector<std::string> words = {"import", set.importer, File(set), "-o", "json"};
  if (set.map == nullptr) return words;
  words.push_back("--map");
  words.push_back(std::string(SHOUJIE_SOURCE_DIR) + "/services/cli/import/maps/" + set.map);
  return words;
}

// The import's closing object.
json Import(const Server& server, const DataSet& set) {
  const Ran ran = server.Cli(Words(set), absl::Minutes(10));
  EXPECT_EQ(ran.code, 0) << ran.err.substr(ran.err.size() > 2000 ? ran.err.size() - 2000 : 0);
  return json::parse(ran.out, nullptr, false);
}

// Every figure of the truth, with the same value; means to the digits that the truth gives.
void ExpectFigures(const Server& server, const DataSet& set) {
  const json truth = Truth(set);
  const Ran ran = server.Cli({"report", truth["report"], "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json report = json::parse(ran.out);
  for (const auto& [key, value] : truth["figures"].items()) {
    ASSERT_TRUE(report.contains(key)) << key;
    if (value.is_number_float()) {
      EXPECT_NEAR(report[key].get<double>(), value.get<double>(), 0.005) << key;
    } else {
      EXPECT_EQ(report[key], value) << key;
    }
  }
}

class TruthTest : public testing::TestWithParam<DataSet> {
 protected:
  void SetUp() override {
    if (SharedData().empty())
      GTEST_SKIP() << "the real input is not on this machine: set SHOUJIE_SHARED_DATA to its folder";
  }
  TempDir dir_;
};

TEST_P(TruthTest, ImportEqualsTheTruthAndASecondImportChangesNothing) {
  const json truth = Truth(GetParam());
  Server server(dir_ / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  json first = Import(server, GetParam());
  const uint64_t rows = truth["import"]["rows"];
  EXPECT_EQ(first["rows"], rows);
  EXPECT_EQ(first["new"], rows);
  EXPECT_EQ(first["repeated"], 0);
  EXPECT_EQ(first["bad"], truth["import"]["bad"]);
  EXPECT_EQ(first["out_of_order"], truth["import"].value("out_of_order", 0));
  ExpectFigures(server, GetParam());

  json second = Import(server, GetParam());
  EXPECT_EQ(second["rows"], rows);
  EXPECT_EQ(second["new"], 0);
  EXPECT_EQ(second["repeated"], rows);
  ExpectFigures(server, GetParam());

  EXPECT_EQ(server.Stop(), 0);
  const Ran verified = e2e::Run({Program("shoujie"), "verify", "all", "--data", server.data()}, {}, absl::Minutes(10));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_P(TruthTest, KilledInTheMiddleAndResumed) {
  auto server = std::make_unique<Server>(dir_ / "data");
  ASSERT_FALSE(server->address().empty()) << server->process().err();
  {
    std::vector<std::string> argv = {Program("shoujie"), "--server", server->address(), "--token-file",
                                     server->token_file()};
    for (auto& word : Words(GetParam())) argv.push_back(std::move(word));
    Process importing(std::move(argv));
    // Somewhere in the middle; where exactly must not matter.
    ASSERT_NE(importing.WaitForLine("never printed", absl::Milliseconds(GetParam().killed_after_ms)), "never printed");
    server->Kill();
    importing.Signal(SIGKILL);
    importing.Wait(absl::Seconds(30));
  }
  server = std::make_unique<Server>(dir_ / "data");
  ASSERT_FALSE(server->address().empty()) << server->process().err();
  json resumed = Import(*server, GetParam());
  const uint64_t rows = Truth(GetParam())["import"]["rows"];
  EXPECT_EQ(resumed["new"].get<uint64_t>() + resumed["repeated"].get<uint64_t>(), rows);
  ExpectFigures(*server, GetParam());
}

// One day of the real call log, played by the switch while the server's clock runs through that day, says the same as
// the import of the same calls.
TEST(LiveReplayTest, CountsOfADayEqualThoseOfItsImport) {
  if (SharedData().empty())
    GTEST_SKIP() << "the real input is not on this machine: set SHOUJIE_SHARED_DATA to its folder";
  TempDir dir;
  const std::string day = dir / "day.tsv";
  const Ran cut = e2e::Run(
      {"/bin/bash", "-c", "zcat \"$0\" | awk -F'\\t' 'NR == 1 || $6 == 990206' > \"$1\"", File(kTechnion), day});
  ASSERT_EQ(cut.code, 0) << cut.err;

  Server imported(dir / "imported");
  ASSERT_FALSE(imported.address().empty()) << imported.process().err();
  ASSERT_EQ(imported.Cli({"import", "technion", day}).code, 0);
  Server live(dir / "live", {"--clock=1999-02-05T21:59:00Z,x4000"});  // midnight in Jerusalem is 22:00 UTC
  ASSERT_FALSE(live.address().empty()) << live.process().err();
  const Ran played = e2e::Run({Program("shoujie-switch"), "--server", live.address(), "--token-file", live.token_file(),
                               "log", "technion", day});
  ASSERT_EQ(played.code, 0) << played.out << played.err;

  const Ran a = imported.Cli({"report", "contacts", "-o", "json"}), b = live.Cli({"report", "contacts", "-o", "json"});
  ASSERT_EQ(a.code, 0) << a.err;
  ASSERT_EQ(b.code, 0) << b.err;
  const json from_import = json::parse(a.out), from_live = json::parse(b.out);
  const json truth = Truth(kTechnion)["figures"];
  EXPECT_EQ(from_import["contacts"], truth["by_day"]["1999-02-06"]);
  for (const auto& [key, value] : truth.items()) EXPECT_EQ(from_live[key], from_import[key]) << key;
}

INSTANTIATE_TEST_SUITE_P(RealInput, TruthTest,
                         testing::Values(kTechnion, kServiceNow, kServiceNowByMap, kBoston, kHotline),
                         [](const auto& info) {
                           return absl::StrCat(info.param.importer, info.param.map == nullptr ? "" : "ByMap");
                         });

}  // namespace
}  // namespace shoujie::e2e
