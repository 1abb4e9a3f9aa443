// Imports from the command line as people meet them: a table of their own with a map of their own, a map that is wrong,
// and messages whose writers become customers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr char kMap[] = R"(source: helpdesk
name: Help desk
zone: Asia/Shanghai
formats: ["%Y-%m-%d %H:%M"]
case: Case
time: At
activity: What
activities:
  Create: new
  Assign: handed-off
  Close: closed
  Again: reopened
group: Team
queue: {constant: main}
)";
constexpr char kEvents[] =
    "Case,At,What,Team\n"
    "Case 1,2024-03-01 08:00,Create,First line\n"
    "Case 1,2024-03-01 09:00,Assign,Warehouse\n"
    "Case 1,2024-03-01 10:00,Close,Warehouse\n"
    "Case 2,2024-03-01 08:00,Create,First line\n"
    "Case 2,2024-03-01 25:00,Close,First line\n"
    "Case 2,2024-03-01 09:00,Teleport,First line\n"
    "Case 1,2024-03-02 10:00,Again,Warehouse\n";

class ImportEvents : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<Server>(dir_ / "data");
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
  }
  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(dir_ / name, std::ios::binary) << content;
    return dir_ / name;
  }
  json Ask(std::vector<std::string> words) {
    words.push_back("-o");
    words.push_back("json");
    const Ran ran = server_->Cli(words);
    EXPECT_EQ(ran.code, 0) << words[0] << " " << words[1] << ": " << ran.err;
    return json::parse(ran.out, nullptr, false);
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
};

TEST_F(ImportEvents, ATableOfOnesOwnByAMapOfOnesOwn) {
  const std::string map = Write("map.yaml", kMap), file = Write("events.csv", kEvents);
  const Ran first = server_->Cli({"import", "events", "--map", map, file, "-o", "json"});
  EXPECT_EQ(first.code, 7) << first.err;  // bad rows; the others were taken
  EXPECT_THAT(first.err, HasSubstr("line 6: "));
  EXPECT_THAT(first.err, HasSubstr("[ROW_FIELD column=At]"));
  EXPECT_THAT(first.err, HasSubstr("line 7: "));
  EXPECT_THAT(first.err, HasSubstr("[ACTIVITY_UNKNOWN"));
  EXPECT_THAT(first.err, HasSubstr("activity=Teleport"));
  const json sum = json::parse(first.out);
  EXPECT_EQ(sum["rows"], 7);
  EXPECT_EQ(sum["new"], 5);
  EXPECT_EQ(sum["bad"], 2);
  const json again = json::parse(server_->Cli({"import", "events", "--map", map, file, "-o", "json"}).out);
  EXPECT_EQ(again["new"], 0);
  EXPECT_EQ(again["repeated"], 5);

  const json report = Ask({"report", "tickets", "--source", "helpdesk", "--by", "queue"});
  EXPECT_EQ(report["tickets"], 2);
  EXPECT_EQ(report["resolve_clock"], (json{{"open", 2}}));
  EXPECT_EQ(report["handoffs"], 1);
  EXPECT_EQ(report["reopenings"], 1);
  EXPECT_EQ(report["by_department"], (json{{"First line", {{"open", 1}}}, {"Warehouse", {{"open", 1}}}}));
  ASSERT_EQ(report["groups"].size(), 1u);
  EXPECT_EQ(report["groups"][0]["group"], "main");
  EXPECT_EQ(Ask({"report", "handoffs", "--source", "helpdesk"})["handoffs"], 1);
  EXPECT_EQ(server_->Stop(), 0);
  const Ran verified = e2e::Run({Program("shoujie"), "verify", "all", "--data", server_->data()}, {}, absl::Minutes(2));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_F(ImportEvents, AWrongMapIsToldWholeAndDoesNothing) {
  std::string wrong = kMap;
  wrong.replace(wrong.find("Asia/Shanghai"), 13, "Mars/Olympus");
  wrong.replace(wrong.find(": closed"), 8, ": shut");
  const std::string file = Write("events.csv", kEvents);
  const json before = Ask({"directory", "get"});
  const Ran ran = server_->Cli({"import", "events", "--map", Write("wrong.yaml", wrong), file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("line 3: "));
  EXPECT_THAT(ran.err, HasSubstr("[MAP_ZONE zone=Mars/Olympus]"));
  EXPECT_THAT(ran.err, HasSubstr("line 11: "));
  EXPECT_THAT(ran.err, HasSubstr("[MAP_STATE"));
  EXPECT_THAT(ran.err, HasSubstr("MAP_INVALID"));
  EXPECT_EQ(server_->Cli({"import", "events", "--map", dir_ / "none.yaml", file}).code, 3);
  EXPECT_EQ(server_->Cli({"import", "events", "--map", dir_.path(), file}).code, 3);  // a folder
  EXPECT_EQ(server_->Cli({"import", "events", file}).code, 2);
  const std::string other = Write("other.csv", "a,b\n1,2\n");
  const Ran columns = server_->Cli({"import", "events", "--map", Write("map.yaml", kMap), other});
  EXPECT_EQ(columns.code, 1);
  EXPECT_THAT(columns.err, HasSubstr("Case, At, What, Team"));
  EXPECT_EQ(Ask({"directory", "get"}), before);
  EXPECT_EQ(Ask({"report", "tickets"})["tickets"], 0);
}

TEST_F(ImportEvents, WritersOfMessagesBecomeCustomersWithTheirMessages) {
  const std::string file = Write("messages.csv",
                                 "留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间\n"
                                 "1,UU7,路灯,2019/4/25 9:32:09,三天不亮,已修,2019/4/26 9:32:09\n"
                                 "2,UU7,路灯,2019/5/25 9:32:09,又不亮,,\n"
                                 "3,UU8,公交,2019/5/25,车少,收到,2019/6/25\n");
  EXPECT_EQ(Ask({"import", "zh12345", file})["new"], 3);
  EXPECT_EQ(Ask({"import", "zh12345", file})["new"], 0);
  const json report = Ask({"report", "messages", "--source", "zh12345"});
  EXPECT_EQ(report["messages"], 3);
  EXPECT_EQ(report["customers"], 2);
  EXPECT_EQ(report["customers_with_several"], 1);
  EXPECT_EQ(report["replied"], 2);
  EXPECT_EQ(report["replied_within_15_days"], 1);
  EXPECT_EQ(report["reply_p90_s"], 31 * 86400);

  const json customer = Ask({"customer", "find", "zh12345:UU7", "--kind", "account"});
  const json contacts = Ask({"customer", "contacts", customer["name"].get<std::string>()})["contacts"];
  ASSERT_EQ(contacts.size(), 2u);
  const json contact = Ask({"contact", "get", contacts[0]["name"].get<std::string>()});
  EXPECT_EQ(contact["record"]["matter"], "路灯\n三天不亮");
  EXPECT_EQ(contact["customer"], customer["name"]);
}

}  // namespace
}  // namespace shoujie::e2e
