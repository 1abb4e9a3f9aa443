// Citizens' messages: a customer for each writer, a contact for each message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/import/test_import.h"

namespace shoujie::importer {
namespace {

using ::testing::ElementsAre;

const std::string kHeader = "留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间\n";

class Zh12345Test : public ImportTest {};

TEST_F(Zh12345Test, AMessageIsAContactOfItsWriter) {
  const auto result =
      Run("zh12345",
          kHeader +
              "2549,A00045581,路灯不亮,2019/4/25 9:32:09,\"已经三天了，请\"\"尽快\"\"修\",您好,2019/5/10 14:56:53\n"
              "2550,A00045581,谢谢,2019-04-26 00:00:01,修好了,收到,2019/5/11\n"
              "2551,UU7,公交,2019/4/26,车少,,\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(Numbers(result.summary), "3 rows 3 new 0 repeated 0 bad 0 late");
  EXPECT_THAT(FactsOf("2549"), ElementsAre("offered 25 01:32:09", "answered 10 06:56:53", "ended 10 06:56:53"));
  EXPECT_THAT(FactsOf("2550"), ElementsAre("offered 25 16:00:01", "answered 10 16:00:00", "ended 10 16:00:00"));
  EXPECT_THAT(FactsOf("2551"), ElementsAre("offered 25 16:00:00"));  // nobody has replied
  const auto& first = server_.streams["2549"].first;
  EXPECT_EQ(first.source(), "zh12345");
  EXPECT_EQ(first.channel(), interaction::v1::CHANNEL_WEB);
  EXPECT_EQ(first.identifier(), "zh12345:A00045581");
  EXPECT_EQ(first.record().matter(), "路灯不亮\n已经三天了，请\"尽快\"修");
  EXPECT_EQ(first.customer(), server_.customers["zh12345:A00045581"]);
  EXPECT_EQ(server_.streams["2550"].first.customer(), first.customer());
  EXPECT_NE(server_.streams["2551"].first.customer(), first.customer());
  EXPECT_EQ(server_.customers.size(), 2u);
  ASSERT_EQ(server_.names.agents_size(), 1);
  EXPECT_EQ(server_.streams["2549"].calls[1].fact().answered().agent(), server_.names.agents(0).id());
}

TEST_F(Zh12345Test, BadMessagesAreSaidByLineAndMakeNoCustomer) {
  const auto result =
      Run("zh12345", kHeader + ",U1,a,2019/4/25 9:32:09,b,c,2019/4/26\n" + "1,,a,2019/4/25 9:32:09,b,c,2019/4/26\n" +
                         "2,U2,a,昨天,b,c,2019/4/26\n" + "3,U3,a,2019/4/25 9:32:09,b,c,明天\n" +
                         "4,U4,a,2019/4/25 9:32:09,b,c,2019/4/25 9:32:08\n" + "5,U5,a,2019/2/30,b,c,2019/4/25\n" +
                         "6,U6,a,2019/4/25,b,c,2019/4/25\n");
  EXPECT_EQ(Numbers(result.summary), "7 rows 1 new 0 repeated 6 bad 0 late");
  EXPECT_THAT(bad_, ElementsAre("2 ROW_FIELD", "3 ROW_FIELD", "4 ROW_FIELD", "5 ROW_FIELD", "6 REPLY_BEFORE_MESSAGE",
                                "7 ROW_FIELD"));
  EXPECT_THAT(server_.customers, ElementsAre(std::pair<const std::string, std::string>("zh12345:U6", "customers/1")));
}

TEST_F(Zh12345Test, AgainChangesNothingAndLostAnswersAreAskedForAgain) {
  std::string rows = kHeader;
  for (int i = 0; i < 200; ++i) {
    rows += std::to_string(i) + ",U" + std::to_string(i % 20) + ",a,2019/4/25 9:32:09,b,c,2019/4/26 9:00:00\n";
  }
  server_.away_requests = 60;
  server_.loses_replies = true;
  EXPECT_EQ(Numbers(Run("zh12345", rows).summary), "200 rows 200 new 0 repeated 0 bad 0 late");
  server_.loses_replies = false;
  EXPECT_EQ(server_.customers.size(), 20u);
  EXPECT_EQ(Numbers(Run("zh12345", rows).summary), "200 rows 0 new 200 repeated 0 bad 0 late");
  EXPECT_EQ(server_.customers.size(), 20u);
  EXPECT_LE(server_.in_flight_most, 8u);
}

}  // namespace
}  // namespace shoujie::importer
