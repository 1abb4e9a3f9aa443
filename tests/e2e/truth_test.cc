// Real call-centre history that nobody here wrote comes in as facts, and what the reports say of it equals the figures
// that were computed from the files without this project.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "tests/e2e/support/server.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;

struct DataSet {
  const char* folder;
  const char* file;
  const char* importer;
};
constexpr DataSet kTechnion{"technion_bank_feb1999", "calls.tsv.gz", "technion"};
constexpr DataSet kServiceNow{"servicenow_incident_log", "incident_event_log.csv.gz", "servicenow"};

json Truth(const DataSet& set) {
  std::ifstream in(SharedData() + "/" + set.folder + "/truth.json");
  return json::parse(in);
}

std::string File(const DataSet& set) { return SharedData() + "/" + set.folder + "/" + set.file; }

// The import's closing object.
json Import(const Server& server, const DataSet& set) {
  const Ran ran = server.Cli({"import", set.importer, File(set), "-o", "json"}, absl::Minutes(10));
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

TEST_P(TruthTest, ServerKilledInTheMiddleOfTheImport) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  {
    Process importing({Program("shoujie"), "--server", server.address(), "--token-file", server.token_file(), "import",
                       GetParam().importer, File(GetParam()), "-o", "json"});
    absl::SleepFor(absl::Milliseconds(1500));  // somewhere in the middle; where exactly must not matter
    server.Kill();
    importing.Wait(absl::Seconds(120));
  }
  Server again(server.data());
  ASSERT_FALSE(again.address().empty()) << again.process().err();
  json resumed = Import(again, GetParam());
  const uint64_t rows = Truth(GetParam())["import"]["rows"];
  EXPECT_EQ(resumed["new"].get<uint64_t>() + resumed["repeated"].get<uint64_t>(), rows);
  ExpectFigures(again, GetParam());
}

INSTANTIATE_TEST_SUITE_P(RealInput, TruthTest, testing::Values(kTechnion, kServiceNow),
                         [](const auto& info) { return std::string(info.param.importer); });

}  // namespace
}  // namespace shoujie::e2e
