// Supervision and the fast lane by the command line: a leader watches over a ticket, the department answers, the
// finding stands on it; what is urgent is ahead in the queue, and its history says who acted when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Supervision : public OneTicket {
 protected:
  void Offer(const std::string& ticket, const std::string& deadline) {
    Must("1005", {"handoff", "offer", ticket, "--department", "tech", "--deadline", deadline, "--gist", "look"});
  }
};

TEST_F(Supervision, TheDepartmentAnswersTheLeaderWhoLiftsItWithAFinding) {
  Offer(ticket_, "+4h");
  EXPECT_THAT(As("1005", {"ticket", "supervise", ticket_, "--reason", "it is mine"}).err,
              HasSubstr("[SUPERVISION_NEEDS_LEADER]"));
  Must("1003", {"ticket", "supervise", ticket_, "--reason", "third complaint of the street", "--deadline", "+8h"});
  EXPECT_TRUE(Eventually([&] {
    return As("1003", {"ticket", "list", "--flag", "supervised", "-o", "name"}).out ==
           absl::StrCat("tickets/", ticket_, "\n");
  }));
  Must("1035", {"ticket", "answer-supervision", ticket_, "the part is ordered"});
  EXPECT_THAT(As("1035", {"ticket", "lift-supervision", ticket_, "--finding", "all is well"}).err,
              HasSubstr("[SUPERVISED]"));
  Must("1003", {"ticket", "lift-supervision", ticket_, "--finding", "repaired, the customer confirms"});
  const json ticket = json::parse(As("1003", {"ticket", "get", ticket_, "-o", "json"}).out);
  EXPECT_EQ(ticket["supervisions"][0]["supervisor"], "1003");
  EXPECT_EQ(ticket["supervisions"][0]["answered_by"], "agents/1035");
  EXPECT_EQ(ticket["supervisions"][0]["ended_by"], "agents/1003");
  EXPECT_EQ(As("1003", {"report", "notices", "--department", "tech", "-o", "name"}).code, 0);
  EXPECT_EQ(server_->Stop(), 0);
  const Ran verified = e2e::Run({Program("shoujie"), "verify", "all", "--data", dir_ / "data"}, {}, absl::Minutes(2));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_F(Supervision, WhatIsUrgentIsAheadAndItsHistorySaysWhoActed) {
  const std::string other = NewTicket(*people_, "1005", "78", "13900139000").ticket.substr(8);
  Offer(ticket_, "+1h");
  Offer(other, "+9h");
  Must("1005", {"ticket", "prioritize", other, "1", "--reason", "water runs into the flat below"});
  const std::string ahead = absl::StrCat("tickets/", other, "\ntickets/", ticket_, "\n");
  EXPECT_TRUE(Eventually([&] {
    return As("1035", {"ticket", "list", "--department", "tech", "--order", "next-due", "-o", "name"}).out == ahead;
  }));
  Must("1035", {"handoff", "sign", other});
  EXPECT_TRUE(Eventually([&] {
    const Ran lane = As("1003", {"ticket", "list", "--flag", "fast-lane", "-o", "jsonl"});
    return lane.code == 0 && !lane.out.empty() && json::parse(lane.out)["acted_by"] == "agents/1035";
  }));
  const Ran history = As("1003", {"ticket", "history", other, "-o", "wide"});
  EXPECT_THAT(history.out, HasSubstr("ticket-prioritized"));
  EXPECT_THAT(history.out, HasSubstr("agents/1005"));
  EXPECT_THAT(history.out, HasSubstr("agents/1035"));
}

}  // namespace
}  // namespace shoujie::e2e
