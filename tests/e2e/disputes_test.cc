// A dispute between departments by the command line, from the spent budget to a precedent that is cited; asking
// upwards; and what the journal proves of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Disputes : public OneTicket {
 protected:
  void Offer(const std::string& department) {
    Must("1005", {"handoff", "offer", ticket_, "--department", department, "--deadline", "+4h", "--gist", "look"});
  }
  Ran Refuse(const std::string& who) {
    return As(who, {"handoff", "refuse", ticket_, "--reason", "not-our-duty", "--evidence", "it is in the contract"});
  }
  json Ticket() { return json::parse(As("1005", {"ticket", "get", ticket_, "-o", "json"}).out); }
};

TEST_F(Disputes, ABudgetIsSpentALeaderRulesAndTheRulingIsAPrecedent) {
  Offer("tech");
  ASSERT_EQ(Refuse("1035").code, 0);
  Offer("warehouse");
  ASSERT_EQ(Refuse("1032").code, 0);
  Offer("tech");
  const Ran spent = Refuse("1035");
  EXPECT_EQ(spent.code, 1);
  EXPECT_THAT(spent.err, HasSubstr("[REFUSAL_BUDGET_SPENT]"));
  EXPECT_THAT(spent.err, HasSubstr("RequestAdjudication"));
  Must("1035", {"ticket", "request-adjudication", ticket_, "--reason", "not-our-duty", "--evidence", "the contract",
                "--proposed", "warehouse"});
  EXPECT_TRUE(Eventually([&] {
    return As("1001", {"ticket", "list", "--flag", "in-dispute", "-o", "name"}).out ==
           absl::StrCat("tickets/", ticket_, "\n");
  }));
  EXPECT_THAT(As("1003", {"ticket", "adjudicate", ticket_, "--back-to-owner", "--grounds", "no"}).err,
              HasSubstr("[NOT_ARBITER]"));
  Must("1001", {"ticket", "adjudicate", ticket_, "--department", "warehouse", "--grounds", "spare parts are its duty",
                "--deadline", "+4h", "--gist", "send a new adapter"});
  EXPECT_THAT(Refuse("1032").err, HasSubstr("[HANDOFF_RULED]"));
  Must("1032", {"handoff", "sign", ticket_});
  Must("1032", {"handoff", "done", ticket_, "--result", "sent"});

  const json ticket = Ticket();
  EXPECT_EQ(ticket["owner"], "1005");
  EXPECT_EQ(ticket["adjudications"][0]["arbiter"], "1001");
  EXPECT_EQ(ticket["adjudications"][0]["ruled_by"], "agents/1001");
  EXPECT_EQ(ticket["handoffs"][3]["offered"], ticket["adjudications"][0]["ruled"]) << "to the millisecond";
  EXPECT_EQ(ticket["ping_pongs"], 1);

  const std::string ruling = absl::StrCat("tickets/", ticket_, "/rulings/1");
  EXPECT_TRUE(Eventually([&] {
    return As("1006", {"ticket", "rulings", "--department", "warehouse", "-o", "name"}).out == ruling + "\n";
  }));
  Offer("quality");
  ASSERT_EQ(Refuse("1038").code, 0);
  Must("1005", {"ticket", "request-adjudication", ticket_, "--reason", "not-our-duty", "--evidence", "the same again",
                "--precedents", ruling});
  EXPECT_EQ(Ticket()["adjudications"][1]["precedents"][0], ruling);
}

TEST_F(Disputes, WhatASuperiorInstructsStandsInTheHistoryAndTheJournalProvesAll) {
  Must("1005", {"ticket", "ask-superior", ticket_, "--question", "replace it out of warranty?", "--deadline", "+2h"});
  Must("1005", {"ticket", "report-up", ticket_, "--to", "1001", "--deadline", "+1h", "--brief", "he comes at four"});
  Must("1003", {"ticket", "answer-superior", ticket_, "--escalation", "1", "--instruction", "replace it"});
  Must("1005", {"ticket", "answer-superior", ticket_, "--instruction", "I shall be there", "--instructed-by", "1001"});
  const json ticket = Ticket();
  EXPECT_EQ(ticket["escalations"][0]["to"], "1003");
  EXPECT_EQ(ticket["escalations"][0]["instructed_by"], "1003");
  EXPECT_EQ(ticket["escalations"][1]["instructed_by"], "1001");
  EXPECT_EQ(ticket["escalations"][1]["answered_by"], "agents/1005");
  const Ran history = As("1005", {"ticket", "history", ticket_, "-o", "wide"});
  EXPECT_THAT(history.out, HasSubstr("superior-asked"));
  EXPECT_THAT(history.out, HasSubstr("I shall be there"));

  Offer("tech");
  ASSERT_EQ(Refuse("1035").code, 0);
  Must("1005", {"ticket", "request-adjudication", ticket_, "--reason", "not-our-duty", "--evidence", "it is theirs"});
  Must("1001", {"ticket", "adjudicate", ticket_, "--department", "tech", "--grounds", "it is", "--deadline", "+4h",
                "--gist", "repair it"});
  EXPECT_EQ(server_->Stop(), 0);
  const Ran verified = e2e::Run({Program("shoujie"), "verify", "all", "--data", dir_ / "data"}, {}, absl::Minutes(2));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace shoujie::e2e
