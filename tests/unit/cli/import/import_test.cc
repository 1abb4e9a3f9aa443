#include "services/cli/import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "tests/unit/cli/import/test_import.h"

namespace shoujie::importer {
namespace {

namespace iv1 = interaction::v1;
namespace rv1 = router::v1;
using ::testing::ElementsAre;

const std::string kCalls =
    "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\t"
    "outcome\tser_start\tser_exit\tser_time\tserver\n";
std::string Call(const std::string& id, const std::string& server = "TOVA") {
  return "AA0101\t" + id +
         "\t0\t0\tNW\t990201\t7:02:47\t7:02:56\t9\t0:00:00\t0:00:00\t0\tAGENT\t7:02:55\t7:05:41\t166\t" + server + "\n";
}

TEST_F(ImportTest, ACallBecomesItsFactsInTheSourcesZone) {
  const auto result = Run("technion", kCalls +
                                          "AA0101\t34540\t48178511\t2\tPS\t990201\t8:19:42\t8:19:47\t5\t8:19:47\t"
                                          "8:20:21\t34\tAGENT\t8:20:20\t8:22:04\t104\tMICHAL\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(Numbers(result.summary), "1 rows 1 new 0 repeated 0 bad 0 late");
  // Israel was two hours ahead of UTC; the service began a second before the queue ended, and that is what is recorded.
  EXPECT_THAT(FactsOf("AA0101-34540-990201"),
              ElementsAre("offered 01 06:19:42", "queued 01 06:19:47", "left_queue 01 06:20:21", "answered 01 06:20:20",
                          "ended 01 06:22:04"));
  const auto& call = server_.streams["AA0101-34540-990201"];
  EXPECT_EQ(call.first.source(), "technion");
  EXPECT_EQ(call.first.identifier(), "48178511");
  EXPECT_EQ(call.first.category(), "PS");
  EXPECT_EQ(call.first.site(), "technion");
  EXPECT_EQ(call.first.channel(), iv1::CHANNEL_PHONE);
  EXPECT_EQ(call.calls[3].fact().answered().agent(), "MICHAL");
}

TEST_F(ImportTest, CallsWithoutQueueServiceOrReality) {
  const auto result = Run("technion", kCalls + Call("1") +
                                          "AA0101\t2\t7\t2\tPS\t990201\t8:09:16\t8:09:22\t6\t8:09:22\t8:09:"
                                          "27\t5\tHANG\t8:09:30\t8:10:00\t30\tNO_SERVER\n"
                                          "AA0101\t3\t7\t2\tPS\t990201\t9:00:00\t9:00:05\t5\t0:00:00\t0:00:"
                                          "00\t0\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
                                          "AA0101\t4\t7\t2\tPS\t990201\t10:00:00\t10:00:05\t5\t10:00:05\t10:00:"
                                          "15\t10\tAGENT\t0:00:00\t0:00:00\t0\tYIFAT\n");
  ASSERT_TRUE(result.status.ok());
  EXPECT_THAT(FactsOf("AA0101-1-990201"),
              ElementsAre("offered 01 05:02:47", "answered 01 05:02:55", "ended 01 05:05:41"));
  EXPECT_EQ(server_.streams["AA0101-1-990201"].first.identifier(), "");  // 0: not known
  // Hung up: stamps of a service are not believed.
  EXPECT_THAT(FactsOf("AA0101-2-990201"),
              ElementsAre("offered 01 06:09:16", "queued 01 06:09:22", "left_queue 01 06:09:27", "ended 01 06:09:27"));
  EXPECT_EQ(server_.streams["AA0101-2-990201"].calls[3].fact().ended().release_party(), iv1::RELEASE_PARTY_CUSTOMER);
  EXPECT_THAT(FactsOf("AA0101-3-990201"), ElementsAre("offered 01 07:00:00", "ended 01 07:00:05"));
  EXPECT_TRUE(server_.streams["AA0101-3-990201"].calls[1].fact().ended().phantom());
  // Answered without stamps of the service: at the end of the queue, for no time.
  EXPECT_THAT(FactsOf("AA0101-4-990201"),
              ElementsAre("offered 01 08:00:00", "queued 01 08:00:05", "left_queue 01 08:00:15", "answered 01 08:00:15",
                          "ended 01 08:00:15"));
}

TEST_F(ImportTest, CallsPastMidnightCountOnAndClocksMayDisagree) {
  const auto result = Run("technion", kCalls +
                                          "AA0115\t1\t25\t1\tPS\t990210\t23:59:56\t23:59:56\t0\t0:00:02\t0:00:"
                                          "29\t27\tAGENT\t0:00:29\t0:00:58\t29\tBENSION\n"
                                          "AA0104\t2\t24\t2\tPS\t990208\t23:51:29\t23:51:34\t5\t23:51:34\t23:52:"
                                          "21\t47\tAGENT\t23:52:20\t0:00:55\t515\tAVNI\n"
                                          "AA0102\t3\t25\t2\tPS\t990207\t9:48:14\t9:47:17\t-57\t9:47:17\t9:50:"
                                          "11\t174\tAGENT\t9:50:11\t9:51:28\t77\tKAZAV\n"
                                          "AA0105\t4\t0\t0\tNW\t990210\t23:59:19\t23:59:19\t0\t23:59:29\t0:00:"
                                          "26\t57\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n");
  ASSERT_TRUE(result.status.ok());
  EXPECT_THAT(FactsOf("AA0115-1-990210"),
              ElementsAre("offered 10 21:59:56", "queued 10 22:00:02", "left_queue 10 22:00:29", "answered 10 22:00:29",
                          "ended 10 22:00:58"));
  EXPECT_THAT(FactsOf("AA0104-2-990208"),
              ElementsAre("offered 08 21:51:29", "queued 08 21:51:34", "left_queue 08 21:52:21", "answered 08 21:52:20",
                          "ended 08 22:00:55"));
  EXPECT_THAT(FactsOf("AA0102-3-990207"),
              ElementsAre("offered 07 07:48:14", "queued 07 07:47:17", "left_queue 07 07:50:11", "answered 07 07:50:11",
                          "ended 07 07:51:28"));
  EXPECT_THAT(FactsOf("AA0105-4-990210"),
              ElementsAre("offered 10 21:59:19", "queued 10 21:59:29", "left_queue 10 22:00:26", "ended 10 22:00:26"));
}

TEST_F(ImportTest, ARoundedCustomerNumberIsNobody) {
  std::string row = Call("1");
  row.replace(row.find("\t0\t0\t") + 1, 1, "6.02701E+11");
  EXPECT_EQ(Numbers(Run("technion", kCalls + row).summary), "1 rows 1 new 0 repeated 0 bad 0 late");
  EXPECT_EQ(server_.streams["AA0101-1-990201"].first.identifier(), "");
}

TEST_F(ImportTest, NamesOfASourceArePublishedFirst) {
  server_.away_merges = 2;
  ASSERT_TRUE(Run("technion", kCalls + Call("1") + Call("2", "1005")).status.ok());
  EXPECT_EQ(server_.merges, 1);
  EXPECT_EQ(server_.names.sources(0).time_zone(), "Asia/Jerusalem");
  EXPECT_EQ(server_.names.sites(0).source(), "technion");
  ASSERT_EQ(server_.names.agents_size(), 2);
  EXPECT_EQ(server_.names.agents(0).id(), "technion-1005");  // never taken for our own 1005
  EXPECT_EQ(server_.names.agents(1).id(), "TOVA");
  EXPECT_EQ(server_.names.categories(0).id(), "NW");
  EXPECT_EQ(server_.streams["AA0101-2-990201"].calls[1].fact().answered().agent(), "technion-1005");
}

TEST_F(ImportTest, BadCallsAreSaidByLineAndCostNoOther) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string row = Call("1");
    return row.replace(row.find(from), from.size(), to);
  };
  const auto result = Run("technion", kCalls + Call("1") + with("990201", "990231") + with("7:02:47", "7:62:47") +
                                          with("AGENT", "LOST") + with("TOVA", "TO VA") + with("\tNW", "\tN W") +
                                          "AA0101\t2\n" + with("AA", "A\xFF") + Call("9"));
  ASSERT_TRUE(result.status.ok());
  EXPECT_EQ(Numbers(result.summary), "9 rows 2 new 0 repeated 7 bad 0 late");
  EXPECT_THAT(bad_, ElementsAre("3 ROW_FIELD", "4 ROW_FIELD", "5 ROW_FIELD", "6 ROW_FIELD", "7 ROW_FIELD",
                                "8 ROW_FIELDS", "9 ROW_NOT_UTF8"));
}

TEST_F(ImportTest, AgainChangesNothing) {
  std::string content = kCalls;
  for (int i = 0; i < 500; ++i) content += Call(std::to_string(i));
  EXPECT_EQ(Numbers(Run("technion", content).summary), "500 rows 500 new 0 repeated 0 bad 0 late");
  EXPECT_EQ(server_.replies.size(), 500u);
  EXPECT_LE(server_.in_flight_most, 8u);
  EXPECT_GT(told_, 10);
  EXPECT_EQ(Numbers(Run("technion", Gzip(content)).summary), "500 rows 0 new 500 repeated 0 bad 0 late");
}

const std::string kIncidents =
    "number,ident_state,opened_by,opened_at,sys_updated_at,category,category,priority,assignment_group,assigned_to\n";
const std::string kFiveUpdates = kIncidents +
                                 "0000045,New,8,29/2/2016 01:16,29/2/2016 01:23,55,170,3,56,?\n"
                                 "0000045,Awaiting User Info,8,29/2/2016 01:16,29/2/2016 08:53,55,170,3,57,89\n"
                                 "0000045,Resolved,8,29/2/2016 01:16,29/2/2016 08:00,55,170,2,57,89\n"
                                 "0000045,-100,8,29/2/2016 01:16,29/2/2016 08:30,55,170,2,?,?\n"
                                 "0000047,Closed,?,1/3/2016 09:52,1/3/2016 09:52,40,215,1,70,8\n";
std::string Update(const std::string& number) {
  return number + ",Active,8,29/2/2016 01:16,29/2/2016 01:23,55,170,3,56,?\n";
}

TEST_F(ImportTest, UpdatesOfAnIncidentStayInTheOrderOfTheFile) {
  const auto result = Run("servicenow", kFiveUpdates);
  ASSERT_TRUE(result.status.ok()) << result.status;
  // Two updates are older than the latest before them.
  EXPECT_EQ(Numbers(result.summary), "5 rows 5 new 0 repeated 0 bad 2 late");
  const auto& facts = server_.streams["0000045"].updates;
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_EQ(facts[0].number(), 1u);
  EXPECT_EQ(facts[0].state(), rv1::TICKET_STATE_NEW);
  EXPECT_EQ(facts[0].department(), "servicenow-56");
  EXPECT_EQ(facts[0].handler(), "");
  EXPECT_EQ(facts[0].opened_by(), "servicenow-opener-8");
  EXPECT_EQ(ToTime(facts[0].opened_at()), absl::FromCivil(absl::CivilSecond(2016, 2, 29, 1, 16), absl::UTCTimeZone()));
  EXPECT_EQ(facts[1].state(), rv1::TICKET_STATE_AWAITING_CUSTOMER);
  EXPECT_EQ(facts[1].handler(), "servicenow-resolver-89");
  EXPECT_EQ(ToTime(facts[2].occurred_at()), absl::FromCivil(absl::CivilSecond(2016, 2, 29, 8), absl::UTCTimeZone()));
  EXPECT_EQ(facts[2].priority(), 2u);
  EXPECT_EQ(facts[3].state(), rv1::TICKET_STATE_ACTIVE);
  EXPECT_EQ(facts[3].source_state(), "-100");
  EXPECT_EQ(facts[3].department(), "");
  EXPECT_EQ(server_.streams["0000047"].updates[0].opened_by(), "");
  EXPECT_EQ(server_.requests, 2);
}

TEST_F(ImportTest, GroupsOpenersAndResolversAreNotMixedUp) {
  ASSERT_TRUE(Run("servicenow", kFiveUpdates).status.ok());
  std::vector<std::string> departments, agents;
  for (const auto& row : server_.names.departments()) departments.push_back(row.id());
  for (const auto& row : server_.names.agents()) agents.push_back(row.id() + " " + row.department());
  EXPECT_THAT(departments, ElementsAre("servicenow-56", "servicenow-57", "servicenow-70"));
  EXPECT_THAT(agents, ElementsAre("servicenow-opener-8 ", "servicenow-resolver-8 servicenow-70",
                                  "servicenow-resolver-89 servicenow-57"));
}

TEST_F(ImportTest, TheOriginalWithItsPrefixesMeansTheSame) {
  const auto result = Run("servicenow",
                          "number,incident_state,opened_by,opened_at,sys_updated_at,category,subcategory,priority,"
                          "assignment_group,assigned_to\n"
                          "INC0000045,New,Opened by  8,29/2/2016 01:16,29/2/2016 01:23,55,170,3 - Moderate,Group 56,"
                          "Resolver 89\n");
  ASSERT_TRUE(result.status.ok());
  const auto& fact = server_.streams["INC0000045"].updates.at(0);
  EXPECT_EQ(fact.department(), "servicenow-56");
  EXPECT_EQ(fact.handler(), "servicenow-resolver-89");
  EXPECT_EQ(fact.opened_by(), "servicenow-opener-8");
  EXPECT_EQ(fact.priority(), 3u);
}

TEST_F(ImportTest, BadUpdatesKeepTheNumbersOfTheOthers) {
  std::string content = kFiveUpdates;
  content.replace(content.find("Awaiting User Info"), 18, "Sleeping");
  EXPECT_EQ(Numbers(Run("servicenow", content).summary), "5 rows 4 new 0 repeated 1 bad 0 late");
  EXPECT_THAT(bad_, ElementsAre("3 ACTIVITY_UNKNOWN"));
  EXPECT_EQ(server_.streams["0000045"].updates[1].number(), 3u);
}

TEST_F(ImportTest, WhatTheServerRefusesCostsOnlyItsOwnRow) {
  server_.refused_handlers = {"servicenow-resolver-89"};
  const auto result = Run("servicenow", kFiveUpdates);
  ASSERT_TRUE(result.status.ok());
  EXPECT_EQ(Numbers(result.summary), "5 rows 3 new 0 repeated 2 bad 2 late");
  EXPECT_THAT(bad_, ElementsAre("3 FACT_ID", "4 FACT_ID"));
  ASSERT_EQ(server_.streams["0000045"].updates.size(), 2u);
  EXPECT_EQ(server_.streams["0000045"].updates[1].number(), 4u);
}

TEST_F(ImportTest, AwayServersAndLostRepliesAreCountedOnce) {
  std::string content = kIncidents;
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 5; ++j) content += Update(std::to_string(i));
  }
  server_.away_requests = 40;
  EXPECT_EQ(Numbers(Run("servicenow", content).summary), "300 rows 300 new 0 repeated 0 bad 0 late");
  server_.streams.clear();
  server_.replies.clear();
  server_.loses_replies = true;
  EXPECT_EQ(Numbers(Run("servicenow", content).summary), "300 rows 300 new 0 repeated 0 bad 0 late");
}

TEST_F(ImportTest, ALongIncidentGoesInPartsOneAfterTheOther) {
  std::string content = kIncidents;
  for (int j = 0; j < 950; ++j) content += Update("1");
  content += Update("2") + Update("1");  // once more, later in the file
  EXPECT_EQ(Numbers(Run("servicenow", content).summary), "952 rows 952 new 0 repeated 0 bad 0 late");
  EXPECT_EQ(server_.streams["1"].last, 951u);
}

TEST_F(ImportTest, GivesUpOnAServerThatStaysAwayOrWillNotHaveUs) {
  give_up_after_ = absl::Milliseconds(50);
  server_.always = absl::UnavailableError("gone");
  EXPECT_EQ(Run("servicenow", kFiveUpdates).status.code(), absl::StatusCode::kUnavailable);
  server_.always = absl::PermissionDeniedError("no");
  const auto result = Run("servicenow", kFiveUpdates);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(result.summary.added, 0u);
  EXPECT_EQ(result.summary.bad, 0u);
}

TEST_F(ImportTest, AFileCutOffIsImportedUpToThereAndGoesOnLater) {
  std::string content = kCalls;
  for (int i = 0; i < 2000; ++i) content += Call(std::to_string(i * 7919 % 100'003));
  std::string gz = Gzip(content);
  gz.resize(gz.size() / 2);
  const auto first = Run("technion", gz);
  EXPECT_EQ(ReasonOf(first.status), "FILE_CUT_OFF");
  EXPECT_GT(first.summary.added, 0u);
  EXPECT_EQ(first.summary.added, first.summary.rows);
  const auto second = Run("technion", content).summary;
  EXPECT_EQ(second.rows, 2000u);
  EXPECT_EQ(second.repeated, first.summary.added);
  EXPECT_EQ(second.added, 2000u - first.summary.added);
}

TEST_F(ImportTest, WhatIsNoFileOfThisSourceIsRefusedBeforeAnythingIsPublished) {
  EXPECT_EQ(ReasonOf(Run("zendesk", "").status), "SOURCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Run("technion", "a\tb\n1\t2\n").status), "HEADER_INVALID");
  EXPECT_EQ(ReasonOf(Run("servicenow", kCalls).status), "HEADER_INVALID");
  EXPECT_EQ(server_.merges, 0);
}

}  // namespace
}  // namespace shoujie::importer
