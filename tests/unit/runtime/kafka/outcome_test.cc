#include "services/runtime/kafka/outcome.h"

#include <gtest/gtest.h>

#include <set>

#include "services/runtime/kafka/writer.h"
#include "tests/unit/runtime/kafka/mock.h"

namespace shoujie::kafka {
namespace {

constexpr auto kNot = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
constexpr auto kPossibly = RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED;
constexpr auto kPersisted = RD_KAFKA_MSG_STATUS_PERSISTED;
constexpr auto kNoError = RD_KAFKA_RESP_ERR_NO_ERROR;

TEST(Outcome, OnlyNoErrorAndPersistedIsLanded) {
  EXPECT_EQ(OutcomeOf(kNoError, kPersisted, 0), Outcome::kLanded);
  EXPECT_EQ(OutcomeOf(kNoError, kPersisted, 7), Outcome::kLanded);
  EXPECT_EQ(OutcomeOf(kNoError, kPossibly, 7), Outcome::kDoubt);
  EXPECT_EQ(OutcomeOf(kNoError, kNot, 7), Outcome::kDoubt);
  const Report report = ToReport(3, kNoError, kPersisted, 7);
  EXPECT_TRUE(report.ok);
  EXPECT_EQ(report.sequence, 3u);
  EXPECT_EQ(report.position, 7);
}

// A duplicate that the broker acknowledges has no offset (kafka.md, 1.2).
TEST(Outcome, LandedWithoutAnOffsetIsSomewhere) {
  for (int64_t offset : {int64_t{-1}, int64_t{RD_KAFKA_OFFSET_INVALID}}) {
    EXPECT_EQ(OutcomeOf(kNoError, kPersisted, offset), Outcome::kLandedSomewhere);
    const Report report = ToReport(0, kNoError, kPersisted, offset);
    EXPECT_TRUE(report.ok);
    EXPECT_EQ(report.position, -1);
  }
}

TEST(Outcome, AnErrorIsADoubtWhateverTheClientBelieves) {
  for (const OutcomeRow& row : OutcomeTable()) {
    for (auto status : {kNot, kPossibly, kPersisted}) {
      for (int64_t offset : {-1001, -1, 0, 1, 5}) {  // offsets of errors are garbage
        EXPECT_EQ(OutcomeOf(row.error, status, offset), Outcome::kDoubt) << rd_kafka_err2name(row.error);
        const Report report = ToReport(1, row.error, status, offset);
        EXPECT_FALSE(report.ok);
        EXPECT_EQ(report.position, -1);
        EXPECT_EQ(report.why.code(), row.code);
      }
    }
  }
}

TEST(Outcome, AnErrorThatTheTableLacksIsADoubt) {
  const Report report = ToReport(0, static_cast<rd_kafka_resp_err_t>(999), kPersisted, 4);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.why.code(), absl::StatusCode::kUnknown);
}

TEST(Outcome, EachErrorHasOneRow) {
  std::set<rd_kafka_resp_err_t> seen;
  for (const OutcomeRow& row : OutcomeTable()) {
    EXPECT_TRUE(seen.insert(row.error).second) << rd_kafka_err2name(row.error);
    EXPECT_NE(row.code, absl::StatusCode::kOk);
  }
}

// What the library makes of a broker's answer, row by row: it decides itself what to retry, and a library that changed
// its mind would fail here.
class BrokerAnswer : public testing::TestWithParam<OutcomeRow> {};

std::vector<OutcomeRow> BrokerRows() {
  std::vector<OutcomeRow> rows;
  for (const OutcomeRow& row : OutcomeTable()) {
    if (row.error > 0 || row.error == RD_KAFKA_RESP_ERR_UNKNOWN) rows.push_back(row);
  }
  return rows;
}

TEST_P(BrokerAnswer, IsRetriedOrEndsTheTerm) {
  MockCluster mock;
  ReportThreads threads;
  Reports reports;
  auto writer = NewWriter(&mock.cluster(), &threads, kTopic, 0, reports.Callback());
  writer->Send({"claim"});
  ASSERT_TRUE(reports.Await(1)[0].ok);
  mock.Answer(kProduceRequest, {GetParam().error});
  writer->Send({"a"});
  const Report answer = reports.Await(2)[1];
  EXPECT_EQ(answer.sequence, 1u);
  writer->Send({"b", "c"});
  const auto later = reports.Await(4);
  if (GetParam().retried) {
    EXPECT_TRUE(answer.ok) << answer.why;
    EXPECT_EQ(answer.position, 1);
    EXPECT_TRUE(later[2].ok && later[3].ok);
  } else {
    EXPECT_FALSE(answer.ok);
    EXPECT_EQ(answer.why.code(), GetParam().code) << answer.why;
    for (size_t i : {2u, 3u}) {
      EXPECT_EQ(later[i].sequence, i);
      EXPECT_FALSE(later[i].ok) << "nothing of a term counts behind a doubt";
    }
  }
  writer.reset();
}

INSTANTIATE_TEST_SUITE_P(Outcome, BrokerAnswer, testing::ValuesIn(BrokerRows()), [](const auto& info) {
  const std::string name = rd_kafka_err2name(info.param.error);
  return name[0] == '_' ? "Broker" + name : name;
});

}  // namespace
}  // namespace shoujie::kafka
