// Departments that assist 协办: who asks whom, what holds up the end, and that nothing of it touches who owns or holds.
#include "services/router/domain/limits.h"
#include "tests/unit/router/assist_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;

class AssistTest : public testing::Test {
 protected:
  AssistTest() { desk_.Open().at(Hours(1)).by("1001"); }

  static std::string Metadata(const absl::Status& status, const std::string& key) {
    const auto detail = DetailOf(status);
    for (const auto& entry : detail.metadata()) {
      if (entry.key() == key) return entry.value();
    }
    return "";
  }

  AssistDesk desk_;
};

TEST_F(AssistTest, ARequestNamesDepartmentPersonDeadlineAndGist) {
  EXPECT_THAT(desk_.Ask(""), RefusedWith("DEPARTMENT_MISSING"));
  EXPECT_THAT(desk_.Ask("kitchen"), RefusedWith("DEPARTMENT_UNKNOWN"));
  EXPECT_THAT(desk_.Ask("warehouse", Hours(1)), RefusedWith("DEADLINE_PAST"));
  EXPECT_THAT(desk_.Ask("headless"), RefusedWith("PERSON_MISSING"));
  auto request = AssistDesk::Asking("warehouse");
  request.clear_deadline();
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_MISSING"));
  request = AssistDesk::Asking("warehouse");
  request.set_gist(" \n");
  EXPECT_THAT(desk_.Do(request), RefusedWith("GIST_MISSING"));
  request.set_gist(std::string(20'000, 'x'));
  EXPECT_THAT(desk_.Do(request), RefusedWith("TEXT_TOO_LONG"));
  request.set_gist("is the part in stock?");
  request.set_responsible("5001");
  EXPECT_THAT(desk_.Do(request), RefusedWith("PERSON_NOT_OF_DEPARTMENT"));
  request.set_responsible("5009");
  EXPECT_THAT(desk_.Do(request), RefusedWith("AGENT_LEFT"));
  request.set_responsible("4711");
  EXPECT_THAT(desk_.Do(request), RefusedWith("AGENT_UNKNOWN"));
  request.set_responsible("5003");
  ASSERT_EQ(desk_.Do(request), absl::OkStatus());
  const auto& assist = desk_.ticket().assists(0);
  EXPECT_EQ(assist.number(), 1u);
  EXPECT_EQ(assist.state(), v1::ASSIST_STATE_OFFERED);
  EXPECT_EQ(assist.responsible(), "5003");
  EXPECT_EQ(assist.gist().plain(), "is the part in stock?");
  EXPECT_EQ(FromProto(assist.deadline()), At(Hours(24)));
  EXPECT_EQ(assist.offered_by(), "agents/1001");
  EXPECT_EQ(assist.asked_by().id(), "1001");
  ASSERT_EQ(desk_.Ask("tech"), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().assists(1).responsible(), "5001") << "the head";
}

TEST_F(AssistTest, TheOwnersSideAsksAndTheDepartmentThatHasSigned) {
  AssistDesk unopened;
  EXPECT_THAT(unopened.by("1001").Ask("tech"), RefusedWith("TICKET_NOT_FOUND"));
  EXPECT_THAT(desk_.by("1002").Ask("warehouse"), RefusedWith("NOT_OWNER_OR_LEADER"));
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Ask("warehouse"), RefusedWith("NOT_OWNER_OR_LEADER")) << "it has not signed";
  ASSERT_EQ(desk_.Sign(), absl::OkStatus());
  EXPECT_THAT(desk_.by("5100").Ask("warehouse"), RefusedWith("NOT_OWNER_OR_LEADER"));
  ASSERT_EQ(desk_.by("5002").Ask("warehouse"), absl::OkStatus());
  const auto& assist = desk_.ticket().assists(0);
  EXPECT_EQ(assist.asked_by().kind(), v1::PARTY_KIND_DEPARTMENT);
  EXPECT_EQ(assist.asked_by().id(), "tech");
  EXPECT_EQ(assist.offered_by(), "agents/5002");
}

TEST_F(AssistTest, NotOfTheLeadNorTwiceOfOneDepartment) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.Ask("tech"), RefusedWith("DEPARTMENT_LEADS"));
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  EXPECT_THAT(desk_.Ask("warehouse"), RefusedWith("ASSIST_OPEN"));
  ASSERT_EQ(desk_.by("5100").SignAssist(), absl::OkStatus());
  EXPECT_THAT(desk_.by("1001").Ask("warehouse"), RefusedWith("ASSIST_OPEN"));
  ASSERT_EQ(desk_.by("5100").Assisted(), absl::OkStatus());
  EXPECT_EQ(desk_.by("1001").Ask("warehouse"), absl::OkStatus()) << "the next one";
}

// What it does to everything else: nothing.
TEST_F(AssistTest, OwnerCustodyHandOffAndClocksStayAsTheyAre) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2)).by("5001").Sign(), absl::OkStatus());
  const auto rest = [](v1::Ticket ticket) {
    ticket.clear_assists();
    ticket.clear_overdue_assists();
    ticket.clear_update_time();
    return ticket.SerializeAsString();
  };
  const std::string before = rest(desk_.ticket());
  ASSERT_EQ(desk_.at(Hours(2) + Minutes(10)).Ask("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2) + Minutes(20)).by("5100").SignAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2) + Minutes(30) + Milliseconds(7)).Assisted(), absl::OkStatus());
  EXPECT_EQ(rest(desk_.ticket()), before);
  const auto& assist = desk_.ticket().assists(0);
  EXPECT_EQ(assist.state(), v1::ASSIST_STATE_DONE);
  EXPECT_EQ(FromProto(assist.offered()), At(Hours(2) + Minutes(10)));
  EXPECT_EQ(FromProto(assist.signed_()), At(Hours(2) + Minutes(20)));
  EXPECT_EQ(FromProto(assist.ended()), At(Hours(2) + Minutes(30) + Milliseconds(7)));
  EXPECT_EQ(assist.handler(), "5100");
  EXPECT_EQ(assist.ended_by(), "agents/5100");
  EXPECT_EQ(assist.outcome().plain(), "two in stock");
  EXPECT_EQ(desk_.Held(Department("warehouse"), v1::CUSTODY_KIND_SIGNED), absl::ZeroDuration());
}

TEST_F(AssistTest, OnlyTheAssistingDepartmentSignsRefusesAndIsDone) {
  EXPECT_THAT(desk_.by("5100").SignAssist(), RefusedWith("ASSIST_NOT_OPEN"));
  ASSERT_EQ(desk_.by("1001").Ask("warehouse"), absl::OkStatus());
  for (const char* who : {"1001", "5001", "2001", "9000"}) {
    EXPECT_THAT(desk_.by(who).SignAssist(), RefusedWith("NOT_OF_DEPARTMENT")) << who;
    EXPECT_THAT(desk_.by(who).SignAssist(1), RefusedWith("NOT_OF_DEPARTMENT")) << who;
    EXPECT_THAT(desk_.by(who).RefuseAssist(), RefusedWith("NOT_OF_DEPARTMENT")) << who;
  }
  EXPECT_THAT(desk_.by("5009").SignAssist(), RefusedWith("AGENT_LEFT"));
  EXPECT_THAT(desk_.by("5100").SignAssist(2), RefusedWith("ASSIST_NOT_OPEN")) << "there is no second one";
  EXPECT_THAT(desk_.Assisted(), RefusedWith("ASSIST_UNSIGNED"));
  v1::SignAssistRequest sign;
  sign.set_handler("5001");
  EXPECT_THAT(desk_.Do(sign), RefusedWith("PERSON_NOT_OF_DEPARTMENT"));
  sign.set_handler("5003");
  ASSERT_EQ(desk_.Do(sign), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().assists(0).handler(), "5003");
  EXPECT_EQ(desk_.ticket().assists(0).signed_by(), "agents/5100");
  EXPECT_THAT(desk_.SignAssist(), RefusedWith("ASSIST_SIGNED"));
  EXPECT_THAT(desk_.RefuseAssist(), RefusedWith("ASSIST_SIGNED"));
  EXPECT_THAT(desk_.Assisted(" "), RefusedWith("RESULT_MISSING"));
  EXPECT_THAT(desk_.Assisted(std::string(20'000, 'x')), RefusedWith("TEXT_TOO_LONG"));
  EXPECT_THAT(desk_.by("5001").Assisted(), RefusedWith("NOT_OF_DEPARTMENT"));
  ASSERT_EQ(desk_.by("5100").Assisted(), absl::OkStatus());
  EXPECT_THAT(desk_.Assisted(), RefusedWith("ASSIST_NOT_OPEN"));
}

TEST_F(AssistTest, ARefusalNeedsReasonAndEvidence) {
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  desk_.by("5100").at(Hours(20));
  v1::RefuseAssistRequest request;
  request.set_evidence("not our part");
  EXPECT_THAT(desk_.Do(request), RefusedWith("REASON_MISSING"));
  request.set_reason(static_cast<v1::HandoffReason>(99));
  EXPECT_THAT(desk_.Do(request), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(desk_.RefuseAssist(" "), RefusedWith("EVIDENCE_MISSING"));
  ASSERT_EQ(desk_.RefuseAssist(), absl::OkStatus()) << "as long as it is not signed";
  EXPECT_EQ(desk_.ticket().assists(0).state(), v1::ASSIST_STATE_REFUSED);
  EXPECT_EQ(desk_.ticket().assists(0).reason(), v1::HANDOFF_REASON_NOT_OUR_DUTY);
  EXPECT_EQ(desk_.ticket().refusals(), 0u) << "those of hand-offs are counted apart";
}

// Children before the parent.
TEST_F(AssistTest, NeitherTheLeadNorTheTicketIsDoneWhileOneIsOpen) {
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  const absl::Status refused = desk_.Close();
  EXPECT_THAT(refused, RefusedWith("ASSISTS_OPEN"));
  EXPECT_EQ(Metadata(refused, "assists"), "1 warehouse");
  ASSERT_EQ(desk_.by("5100").RefuseAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  EXPECT_THAT(desk_.Complete(), RefusedWith("ASSISTS_OPEN"));
  ASSERT_EQ(desk_.by("5100").SignAssist(), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Complete(), RefusedWith("ASSISTS_OPEN")) << "signed is not done";
  ASSERT_EQ(desk_.by("5100").Assisted(), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Complete(), absl::OkStatus());
  EXPECT_EQ(desk_.by("1001").Close(), absl::OkStatus());
}

TEST_F(AssistTest, AllThatAreOpenAreListed) {
  AssistDesk desk(ManyDepartments(3));
  desk.Open().by("1001").at(Hours(1));
  for (const char* department : {"d3", "d1", "d2"}) ASSERT_EQ(desk.Ask(department), absl::OkStatus());
  ASSERT_EQ(desk.by("6001").RefuseAssist(), absl::OkStatus());
  EXPECT_EQ(Metadata(desk.by("1001").Close(), "assists"), "1 d3, 3 d2");
}

// The lead may give the ticket back; the assists go on beside whoever holds it.
TEST_F(AssistTest, AReturnLeavesThemOpen) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  v1::ReturnHandoffRequest request;
  request.set_reason(v1::HANDOFF_REASON_CANNOT_BE_DONE);
  request.set_evidence("measured, not ours");
  ASSERT_EQ(desk_.Do(request), absl::OkStatus());
  EXPECT_THAT(desk_.WithdrawAssist(), RefusedWith("NOT_OWNER_OR_LEADER")) << "it leads no more";
  EXPECT_EQ(desk_.by("5100").SignAssist(), absl::OkStatus());
  EXPECT_THAT(desk_.by("1001").Close(), RefusedWith("ASSISTS_OPEN"));
}

TEST_F(AssistTest, WithdrawnByWhoAskedOrByTheOwnersSideSignedOrNot) {
  AssistDesk desk(ManyDepartments(2));
  desk.Open().by("1001").at(Hours(1));
  EXPECT_THAT(desk.WithdrawAssist(), RefusedWith("ASSIST_NOT_OPEN"));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.Ask("d1"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  EXPECT_THAT(desk.WithdrawAssist(1), RefusedWith("NOT_ASKED_BY_DEPARTMENT"));
  ASSERT_EQ(desk.Ask("d2"), absl::OkStatus());
  ASSERT_EQ(desk.WithdrawAssist(), absl::OkStatus()) << "the only one that is its own";
  EXPECT_EQ(desk.ticket().assists(1).state(), v1::ASSIST_STATE_WITHDRAWN);
  ASSERT_EQ(desk.Ask("d2"), absl::OkStatus());
  EXPECT_THAT(desk.by("5100").WithdrawAssist(3), RefusedWith("NOT_OWNER_OR_LEADER"));
  EXPECT_THAT(desk.by("6002").WithdrawAssist(3), RefusedWith("NOT_OWNER_OR_LEADER")) << "it would refuse";
  ASSERT_EQ(desk.SignAssist(), absl::OkStatus());
  EXPECT_THAT(desk.by("2001").WithdrawAssist(), RefusedWith("ASSIST_AMBIGUOUS"));
  v1::WithdrawAssistRequest request;
  request.set_assist(3);
  request.set_note(std::string(20'000, 'x'));
  EXPECT_THAT(desk.Do(request), RefusedWith("TEXT_TOO_LONG"));
  request.set_note("found another way");
  ASSERT_EQ(desk.Do(request), absl::OkStatus()) << "signed, asked for by the lead";
  EXPECT_EQ(desk.ticket().assists(2).outcome().plain(), "found another way");
  EXPECT_THAT(desk.by("5001").Complete(), RefusedWith("ASSISTS_OPEN"));
  ASSERT_EQ(desk.by("1001").WithdrawAssist(), absl::OkStatus());
  EXPECT_EQ(desk.by("5001").Complete(), absl::OkStatus());
}

TEST_F(AssistTest, AnOperatorNamesTheOneThatHeMeans) {
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("tech"), absl::OkStatus());
  desk_.by_operator();
  EXPECT_THAT(desk_.SignAssist(), RefusedWith("ASSIST_AMBIGUOUS"));
  ASSERT_EQ(desk_.SignAssist(2), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().assists(1).state(), v1::ASSIST_STATE_SIGNED);
  EXPECT_EQ(desk_.ticket().assists(1).handler(), "") << "the department";
}

TEST_F(AssistTest, ADeadlineThatPassesIsFlaggedOnceAndMovesNothing) {
  ASSERT_EQ(desk_.Ask("warehouse", Hours(2)), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("tech", Hours(3)), absl::OkStatus());
  const auto assist_timers = [&] {
    std::vector<std::string> names;
    for (const auto& timer : desk_.timers()) {
      if (timer.name.substr(0, 7) == "assist/") names.push_back(timer.name);
    }
    return names;
  };
  EXPECT_THAT(assist_timers(), testing::ElementsAre("assist/1", "assist/2"));
  ASSERT_EQ(desk_.by("5001").SignAssist(), absl::OkStatus());
  const std::string custody = desk_.ticket().episodes(0).SerializeAsString();
  desk_.at(Hours(2)).FireAll();
  EXPECT_TRUE(desk_.ticket().assists(0).overdue());
  EXPECT_FALSE(desk_.ticket().assists(1).overdue());
  EXPECT_EQ(desk_.ticket().overdue_assists(), 1u);
  EXPECT_EQ(desk_.ticket().episodes(0).SerializeAsString(), custody);
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_TRUE(desk_.row().assists(0).overdue());
  EXPECT_THAT(assist_timers(), testing::ElementsAre("assist/2"));
  ASSERT_EQ(desk_.Assisted(), absl::OkStatus());
  EXPECT_THAT(assist_timers(), testing::ElementsAre());
  common::v1::TimerFired stale;
  stale.set_timer("assist/2");
  stale.set_attempt(1);
  ASSERT_EQ(desk_.at(Hours(4)).Do(stale), absl::OkStatus());
  EXPECT_TRUE(desk_.events().empty());
}

TEST_F(AssistTest, ManyAtOnceUpToTheLimit) {
  AssistDesk desk(ManyDepartments(kAssistsOpenMax + 1));
  desk.Open().by("1001").at(Hours(1));
  for (int n = 1; n <= kAssistsOpenMax; ++n) ASSERT_EQ(desk.Ask(absl::StrCat("d", n)), absl::OkStatus());
  const std::string one_more = absl::StrCat("d", kAssistsOpenMax + 1);
  EXPECT_THAT(desk.Ask(one_more), RefusedWith("ASSIST_LIMIT"));
  ASSERT_EQ(desk.WithdrawAssist(1), absl::OkStatus());
  ASSERT_EQ(desk.Ask(one_more), absl::OkStatus());
  for (int n = desk.ticket().assists_size(); n < kAssistsMax; ++n) {
    ASSERT_EQ(desk.WithdrawAssist(static_cast<uint32_t>(n)), absl::OkStatus());
    ASSERT_EQ(desk.Ask(one_more == desk.ticket().assists(n - 1).department() ? "d1" : one_more), absl::OkStatus());
  }
  ASSERT_EQ(desk.WithdrawAssist(kAssistsMax), absl::OkStatus());
  EXPECT_THAT(desk.Ask(one_more), RefusedWith("ASSIST_LIMIT")) << "in all";
}

TEST_F(AssistTest, AClosedTicketGetsNoneAndANewEpisodeItsOwn) {
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2)).WithdrawAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(3)).Close(), absl::OkStatus());
  EXPECT_THAT(desk_.Ask("warehouse"), RefusedWith("TICKET_CLOSED"));
  ASSERT_EQ(desk_.at(Hours(4)).Reopen(), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().assists(0).episode(), 1u);
  EXPECT_EQ(desk_.ticket().assists(1).episode(), 2u);
  EXPECT_EQ(desk_.ticket().assists(1).number(), 2u);
}

TEST_F(AssistTest, TheDepartmentReachesTheCustomerWhileItsAssistIsOpen) {
  v1::GetContactDetailsRequest look;
  look.set_purpose("delivery of the part");
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5100").Do(look), RefusedWith("NOT_WITH_DEPARTMENT"));
  ASSERT_EQ(desk_.by("1001").Ask("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5003").Do(look), absl::OkStatus()) << "asked: it has to decide whether it can help";
  const auto& read = desk_.events()[0].contact_details_read();
  EXPECT_EQ(read.department(), "warehouse");
  EXPECT_EQ(read.assist(), 1u);
  EXPECT_EQ(read.handoff(), 0u);
  ASSERT_EQ(desk_.by("5001").Do(look), absl::OkStatus()) << "the lead as ever";
  EXPECT_EQ(desk_.events()[0].contact_details_read().handoff(), 1u);
  ASSERT_EQ(desk_.by("5100").SignAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.Do(look), absl::OkStatus());
  ASSERT_EQ(desk_.Assisted(), absl::OkStatus());
  EXPECT_THAT(desk_.Do(look), RefusedWith("NOT_WITH_DEPARTMENT")) << "done";
}

// One thing after the other is broken in a ticket that holds; each must be found.
TEST_F(AssistTest, EveryPlantingIsFound) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2)).Ask("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(3)).by("5100").SignAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(4)).Assisted(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(5)).by("5001").Complete(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(6)).by("1001").Close(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(7)).Reopen(), absl::OkStatus());
  ASSERT_EQ(desk_.Ask("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").RefuseAssist(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(8)).by("1001").Ask("warehouse"), absl::OkStatus());
  const v1::Ticket good = desk_.ticket();
  const absl::Time until = At(Hours(9));
  ASSERT_EQ(CheckTicket(good, until), absl::OkStatus());
  using Planting = void (*)(v1::Ticket&);
  const std::vector<std::pair<const char*, Planting>> plantings = {
      {"one is lost", [](v1::Ticket& t) { t.mutable_assists()->DeleteSubrange(1, 1); }},
      {"nobody's", [](v1::Ticket& t) { t.mutable_assists(0)->clear_department(); }},
      {"nobody is responsible", [](v1::Ticket& t) { t.mutable_assists(0)->clear_responsible(); }},
      {"without a deadline", [](v1::Ticket& t) { t.mutable_assists(0)->clear_deadline(); }},
      {"nobody asked", [](v1::Ticket& t) { t.mutable_assists(0)->clear_asked_by(); }},
      {"never ends", [](v1::Ticket& t) { t.mutable_assists(0)->clear_ended(); }},
      {"has ended and is open", [](v1::Ticket& t) { t.mutable_assists(0)->set_state(v1::ASSIST_STATE_SIGNED); }},
      {"done without a signature", [](v1::Ticket& t) { t.mutable_assists(0)->clear_signed_(); }},
      {"refused after the signature",
       [](v1::Ticket& t) { *t.mutable_assists(1)->mutable_signed_() = t.assists(1).offered(); }},
      {"refused without a reason", [](v1::Ticket& t) { t.mutable_assists(1)->clear_reason(); }},
      {"signed before it was asked for",
       [](v1::Ticket& t) { *t.mutable_assists(0)->mutable_signed_() = ToProto(At(Hours(1))); }},
      {"ended before the signature",
       [](v1::Ticket& t) { *t.mutable_assists(0)->mutable_ended() = ToProto(At(Hours(3) - Milliseconds(1))); }},
      {"of a time to come", [](v1::Ticket& t) { *t.mutable_assists(2)->mutable_offered() = ToProto(At(Hours(10))); }},
      {"before its episode", [](v1::Ticket& t) { *t.mutable_assists(2)->mutable_offered() = ToProto(At(Hours(6))); }},
      {"of no episode", [](v1::Ticket& t) { t.mutable_assists(0)->set_episode(0); }},
      {"of an episode to come", [](v1::Ticket& t) { t.mutable_assists(0)->set_episode(3); }},
      {"open in an old episode", [](v1::Ticket& t) { t.mutable_assists(2)->set_episode(1); }},
      {"ended after the closing",
       [](v1::Ticket& t) { *t.mutable_assists(0)->mutable_ended() = ToProto(At(Hours(6) + Milliseconds(1))); }},
      {"open when the lead was done",
       [](v1::Ticket& t) { *t.mutable_assists(0)->mutable_ended() = ToProto(At(Hours(5) + Milliseconds(1))); }},
      {"twice at once",
       [](v1::Ticket& t) {
         *t.add_assists() = t.assists(2);
         t.mutable_assists(3)->set_number(4);
       }},
      {"beyond the limit",
       [](v1::Ticket& t) {
         for (int n = 4; n < 4 + kAssistsOpenMax; ++n) {
           *t.add_assists() = t.assists(2);
           t.mutable_assists()->rbegin()->set_number(static_cast<uint32_t>(n));
           t.mutable_assists()->rbegin()->set_department(absl::StrCat("d", n));
         }
       }},
  };
  for (const auto& [what, plant] : plantings) {
    v1::Ticket bad = good;
    plant(bad);
    EXPECT_EQ(CheckTicket(bad, until).code(), absl::StatusCode::kDataLoss) << what;
  }
}

}  // namespace
}  // namespace shoujie::router
