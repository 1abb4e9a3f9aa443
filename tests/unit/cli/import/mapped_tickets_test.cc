// Tickets by maps: Boston's requests by the program's own, others by maps of the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cli/import/word_id.h"
#include "tests/unit/cli/import/test_import.h"

namespace shoujie::importer {
namespace {

namespace rv1 = router::v1;
using ::testing::ElementsAre;

class MappedTest : public ImportTest {
 protected:
  // "1 active dep 02 04:30": number, state, department's id, day of the month and time in UTC.
  std::vector<std::string> UpdatesOf(const std::string& id) {
    std::vector<std::string> all;
    for (const auto& fact : server_.streams[id].updates) {
      all.push_back(std::to_string(fact.number()) + " " + rv1::TicketState_Name(fact.state()).substr(13) + " " +
                    fact.department() + absl::FormatTime(" %d %H:%M", ToTime(fact.occurred_at()), absl::UTCTimeZone()));
    }
    return all;
  }
};

const std::string kRequests =
    "CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,OnTime_Status,CASE_STATUS,SUBJECT,TYPE,QUEUE,Source\n";

TEST_F(MappedTest, ARequestTellsItsWholeLifeInOneRow) {
  const auto result =
      Run("boston311", kRequests +
                           "101,01/01/2015 12:25:36 AM,01/16/2015 08:30:00 AM,04/28/2015 08:49:50 AM,ONTIME,Closed,"
                           "Public Works Department,Street Light Outages,PWDx_Contractor (Internal),Constituent Call\n"
                           "102,07/01/2015 01:45:37 PM,,,OVERDUE,Open,Veterans,Animal Found,VET,Twitter\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(Numbers(result.summary), "2 rows 2 new 0 repeated 0 bad 0 late");
  const std::string works = WordId("boston311-", "Public Works Department");
  EXPECT_THAT(UpdatesOf("101"), ElementsAre("1 NEW " + works + " 01 05:25", "2 CLOSED  28 12:49"));
  EXPECT_THAT(UpdatesOf("102"), ElementsAre("1 NEW boston311-Veterans 01 17:45"));
  const auto& first = server_.streams["101"].updates[0];
  EXPECT_EQ(first.queue(), "PWDx_Contractor (Internal)");
  EXPECT_EQ(first.intake(), "Constituent Call");
  EXPECT_EQ(first.category(), WordId("boston311-", "Street Light Outages"));
  EXPECT_EQ(absl::FormatTime("%m-%d %H:%M", ToTime(first.due()), absl::UTCTimeZone()), "01-16 13:30");
  EXPECT_FALSE(server_.streams["102"].updates[0].has_due());

  ASSERT_EQ(server_.names.departments_size(), 2);
  EXPECT_EQ(server_.names.departments(0).id(), works);
  EXPECT_EQ(server_.names.departments(0).display_name(), "Public Works Department");
  EXPECT_EQ(server_.names.departments(0).source(), "boston311");
  EXPECT_EQ(server_.names.categories_size(), 2);
  EXPECT_EQ(server_.names.agents_size(), 0);
  EXPECT_EQ(server_.names.sources(0).time_zone(), "America/New_York");
}

// Only what has happened since is new: a request that was open is closed by the next extract.
TEST_F(MappedTest, TheNextExtractGoesOn) {
  const std::string open = "101,01/01/2015 12:25:36 AM,,,ONTIME,Open,Veterans,T,Q,Twitter\n";
  const std::string closed = "101,01/01/2015 12:25:36 AM,,01/02/2015 12:00:00 AM,ONTIME,Closed,Veterans,T,Q,Twitter\n";
  const std::string other = "102,01/01/2015 12:25:36 AM,,,ONTIME,Open,Veterans,T,Q,Twitter\n";
  EXPECT_EQ(Numbers(Run("boston311", kRequests + open + other).summary), "2 rows 2 new 0 repeated 0 bad 0 late");
  EXPECT_EQ(Numbers(Run("boston311", kRequests + closed + other).summary), "2 rows 1 new 1 repeated 0 bad 0 late");
  EXPECT_EQ(Numbers(Run("boston311", kRequests + closed + other).summary), "2 rows 0 new 2 repeated 0 bad 0 late");
  EXPECT_THAT(UpdatesOf("101"), ElementsAre("1 NEW boston311-Veterans 01 05:25", "2 CLOSED  02 05:00"));
}

TEST_F(MappedTest, BadRequestsAreSaidByLineAndNothingOfThemIsDone) {
  const auto result =
      Run("boston311", kRequests + ",01/01/2015 12:25:36 AM,,,,,S,T,Q,C\n" + "1,,,,,,S,T,Q,C\n" +
                           "2,13/01/2015 12:25:36 AM,,,,,S,T,Q,C\n" + "3,01/01/2015 12:25:36 AM,soon,,,,S,T,Q,C\n" +
                           "4,01/01/2015 12:25:36 AM,,never,,,S,T,Q,C\n" + "5,01/01/2015 12:25:36 AM,,,,,S,T,Q\n" +
                           "6,01/01/2015 12:25:36 AM,,,,,\xC4\xE3,T,Q,C\n" + "7,01/01/2015 12:25:36 AM,,,,,S,T,Q,C\n");
  ASSERT_TRUE(result.status.ok());
  EXPECT_EQ(Numbers(result.summary), "8 rows 1 new 0 repeated 7 bad 0 late");
  EXPECT_THAT(bad_, ElementsAre("2 ROW_FIELD", "3 ROW_FIELD", "4 ROW_FIELD", "5 ROW_FIELD", "6 ROW_FIELD",
                                "7 ROW_FIELDS", "8 ROW_NOT_UTF8"));
  EXPECT_EQ(server_.streams.size(), 1u);
}

TEST_F(MappedTest, EveryColumnThatIsMissingIsNamed) {
  const auto result = Run("boston311", "CASE_ENQUIRY_ID,OPEN_DT,CLOSED_DT\n");
  EXPECT_EQ(ReasonOf(result.status), "HEADER_INVALID");
  const auto detail = DetailOf(result.status);
  ASSERT_EQ(detail.metadata_size(), 1);
  EXPECT_EQ(detail.metadata(0).value(), "SUBJECT, TARGET_DT, TYPE, QUEUE, Source");
  EXPECT_EQ(server_.merges, 0);
  // The wrong encoding is said as such.
  const auto gbk = Run("zh12345", "\xC1\xF4\xD1\xD4\xB1\xE0\xBA\xC5\n");
  EXPECT_EQ(ReasonOf(gbk.status), "HEADER_INVALID");
  EXPECT_THAT(std::string(gbk.status.message()), ::testing::HasSubstr("UTF-8"));
}

const std::string kMap = R"(
source: desk
zone: Asia/Shanghai
formats: ["%Y-%m-%d %H:%M:%S"]
unknown: ["?", n/a]
case: Case ID
time: Timestamp
activity: Activity
activities:
  Create: new
  Assign: handed-off
  Wait: awaiting-customer
  Note: {state: same, group: no, person: no}
  Close: closed
  Again: reopened
group: {column: Team, name: "Team {}", name_zh: "{} 组"}
person: {column: [Agent, Resource], kind: agent, strip: "User "}
priority: {column: Prio, words: {High: 1, Low: 4}}
queue: {constant: main}
)";
const std::string kEvents = "Case ID,Timestamp,Activity,Team,Resource,Prio\n";

TEST_F(MappedTest, AnyEventLogByItsMap) {
  const auto result = RunMapped(kMap, kEvents +
                                          "Case 1,2024-03-01 08:00:00,Create,First line,User 7,High\n"
                                          "Case 1,2024-03-01 09:00:00,Assign,仓储,8,Low\n"
                                          "Case 2,2024-03-01 08:30:00,Create,?,n/a,3\n"
                                          "Case 1,2024-03-01 08:30:00,Note,Back office,User 9,?\n"
                                          "Case 1,2024-03-02 08:00:00,Close,,,2 - High\n"
                                          "Case 1,2024-03-03 08:00:00,Again,,,\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(Numbers(result.summary), "6 rows 6 new 0 repeated 0 bad 1 late");
  const std::string first = WordId("desk-", "First line"), store = WordId("desk-", "仓储");
  const std::string one = WordId("", "Case 1");
  EXPECT_THAT(UpdatesOf(one), ElementsAre("1 NEW " + first + " 01 00:00", "2 UNSPECIFIED " + store + " 01 01:00",
                                          "3 UNSPECIFIED  01 00:30", "4 CLOSED  02 00:00", "5 ACTIVE  03 00:00"));
  const auto& updates = server_.streams[one].updates;
  EXPECT_EQ(updates[0].handler(), "desk-agent-7");
  EXPECT_EQ(updates[0].priority(), 1u);
  EXPECT_EQ(updates[0].queue(), "main");
  EXPECT_EQ(updates[0].source_state(), "Create");
  EXPECT_EQ(updates[1].handler(), "desk-agent-8");
  EXPECT_EQ(updates[1].priority(), 4u);
  EXPECT_EQ(updates[2].handler(), "");
  EXPECT_EQ(updates[3].priority(), 2u);
  const auto& two = server_.streams[WordId("", "Case 2")].updates.at(0);
  EXPECT_EQ(two.department(), "");
  EXPECT_EQ(two.handler(), "");
  EXPECT_EQ(two.priority(), 3u);

  std::vector<std::string> names;
  for (const auto& row : server_.names.departments()) names.push_back(row.display_name() + "/" + row.display_name_zh());
  EXPECT_THAT(names,
              ElementsAre("Team Back office/Back office 组", "Team First line/First line 组", "Team 仓储/仓储 组"));
  names.clear();
  for (const auto& row : server_.names.agents()) names.push_back(row.id() + " " + row.department());
  EXPECT_THAT(names, ElementsAre("desk-agent-7 " + first, "desk-agent-8 " + store,
                                 "desk-agent-9 " + WordId("desk-", "Back office")));
}

TEST_F(MappedTest, AnActivityThatTheMapDoesNotKnowCostsItsRowUnlessOthersHaveAMeaning) {
  const std::string rows = kEvents + "1,2024-03-01 08:00:00,Create,A,7,High\n" +
                           "1,2024-03-01 09:00:00,Teleport,A,7,High\n" + "1,2024-03-01 09:30:00,Wait,A,7,Urgent\n" +
                           "1,2024-03-01 10:00:00,Close,A,7,High\n";
  EXPECT_EQ(Numbers(RunMapped(kMap, rows).summary), "4 rows 2 new 0 repeated 2 bad 0 late");
  EXPECT_THAT(bad_, ElementsAre("3 ACTIVITY_UNKNOWN", "4 ROW_FIELD"));
  EXPECT_THAT(UpdatesOf("1"), ElementsAre("1 NEW desk-A 01 00:00", "4 CLOSED desk-A 01 02:00"));
  server_.streams.clear();
  server_.replies.clear();
  EXPECT_EQ(Numbers(RunMapped(kMap + "other: active\n", rows).summary), "4 rows 3 new 0 repeated 1 bad 0 late");
  EXPECT_EQ(UpdatesOf("1")[1], "2 ACTIVE desk-A 01 01:00");
}

// Free text where a short word belongs is a bad row, and no request that the server would not take.
TEST_F(MappedTest, TextThatIsNoWordIsABadRow) {
  std::string rows = kEvents;
  for (int i = 0; i < 300; ++i) {
    rows += "1,2024-03-01 08:00:00," + (i == 7 ? std::string("Create") : std::string(5000, 'x')) + ",A,7,High\n";
  }
  EXPECT_EQ(Numbers(RunMapped(kMap + "other: active\n", rows).summary), "300 rows 1 new 0 repeated 299 bad 0 late");
  EXPECT_THAT(UpdatesOf("1"), ElementsAre("8 NEW desk-A 01 00:00"));
}

// Cases whose rows lie anywhere in the file keep their numbers, also where the server goes away.
TEST_F(MappedTest, ScatteredCasesComeTogetherOnce) {
  std::string rows = kEvents;
  for (int i = 0; i < 400; ++i) {
    rows += std::to_string(i % 37) + ",2024-03-01 08:00:00," + (i < 37 ? "Create" : "Wait") + ",A,7,High\n";
  }
  server_.away_requests = 50;
  server_.loses_replies = true;
  EXPECT_EQ(Numbers(RunMapped(kMap, rows).summary), "400 rows 400 new 0 repeated 0 bad 0 late");
  EXPECT_EQ(server_.streams.size(), 37u);
  for (const auto& [id, stream] : server_.streams) EXPECT_EQ(stream.last, stream.updates.size()) << id;
  server_.loses_replies = false;
  EXPECT_EQ(Numbers(RunMapped(kMap, rows).summary), "400 rows 0 new 400 repeated 0 bad 0 late");
}

TEST(KnownMapsTest, EachIsAMapOfItsOwnSource) {
  EXPECT_THAT(KnownMaps(), ::testing::UnorderedElementsAre("boston311", "servicenow"));
  for (const std::string& source : KnownMaps()) {
    auto map = ReadTicketMap(KnownMap(source),
                             [](uint64_t line, const absl::Status& why) { ADD_FAILURE() << line << ": " << why; });
    ASSERT_TRUE(map.ok()) << source;
    EXPECT_EQ(map->source, source);
    EXPECT_NE(MakeFormat(source), nullptr);
  }
  EXPECT_EQ(KnownMap("zendesk"), "");
  EXPECT_EQ(MakeFormat("zendesk"), nullptr);
}

}  // namespace
}  // namespace shoujie::importer
