// Asking upwards: questions, reports, and what is instructed (R204–R206, R208).
#include "tests/unit/router/dispute_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;

class SuperiorsTest : public testing::Test {
 protected:
  SuperiorsTest() { desk_.Open().at(Hours(1)).by("1001"); }

  absl::Status Ask(const std::string& to = "", absl::Duration deadline = Hours(3)) {
    v1::AskSuperiorRequest request;
    request.set_to(to);
    *request.mutable_deadline() = ToProto(At(deadline));
    request.set_question("may we replace it out of warranty?");
    return desk_.Do(request);
  }
  absl::Status Report(const std::string& to = "") {
    v1::ReportUpRequest request;
    request.set_to(to);
    *request.mutable_deadline() = ToProto(At(Hours(3)));
    request.set_brief("third fault; he comes at four");
    return desk_.Do(request);
  }
  absl::Status Answer(const std::string& instructed_by = "", uint32_t escalation = 0) {
    v1::AnswerSuperiorRequest request;
    request.set_escalation(escalation);
    request.set_instruction("replace it");
    request.set_instructed_by(instructed_by);
    return desk_.Do(request);
  }
  const v1::Escalation& last() const { return *desk_.ticket().escalations().rbegin(); }

  DisputeDesk desk_;
};

TEST_F(SuperiorsTest, AQuestionGoesToTheOwnersLeaderAndNothingMoves) {
  const v1::Ticket before = desk_.ticket();
  ASSERT_EQ(Ask(), absl::OkStatus());
  EXPECT_EQ(last().kind(), v1::ESCALATION_KIND_QUESTION);
  EXPECT_EQ(last().to(), "2001");
  EXPECT_EQ(last().by(), "agents/1001");
  EXPECT_EQ(last().reason().plain(), "may we replace it out of warranty?");
  v1::Ticket after = desk_.ticket();
  after.clear_escalations();
  *after.mutable_update_time() = before.update_time();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString()) << "owner, custody, state";
  EXPECT_EQ(desk_.row().escalations(), 0u) << "it is not one more escalation";
}

TEST_F(SuperiorsTest, TheAnswerSaysWhatWasInstructedAndByWhom) {
  ASSERT_EQ(Ask(), absl::OkStatus());
  ASSERT_EQ(desk_.timers().size(), 1u);
  EXPECT_EQ(desk_.timers()[0].name, "escalation/1");
  ASSERT_EQ((desk_.at(Hours(2)).by("2001"), Answer()), absl::OkStatus());
  EXPECT_EQ(last().instructed_by(), "2001");
  EXPECT_EQ(last().answered_by(), "agents/2001");
  EXPECT_EQ(FromProto(last().answered()), At(Hours(2)));
  EXPECT_EQ(last().answer().plain(), "replace it");
  EXPECT_TRUE(desk_.timers().empty());
  EXPECT_THAT(Answer(), RefusedWith("ESCALATION_NOT_OPEN"));
  EXPECT_THAT(Answer("", 7), RefusedWith("ESCALATION_NOT_OPEN"));
}

TEST_F(SuperiorsTest, WhoWasToldByWordWritesItDown) {
  ASSERT_EQ(Ask(), absl::OkStatus());
  EXPECT_THAT(Answer(), RefusedWith("NOT_THE_SUPERIOR")) << "nobody instructs himself";
  EXPECT_THAT(Answer("1002"), RefusedWith("NOT_THE_SUPERIOR"));
  EXPECT_THAT(Answer("1009"), RefusedWith("AGENT_LEFT"));
  ASSERT_EQ(Answer("9000"), absl::OkStatus()) << "another superior than the one who was asked";
  EXPECT_EQ(last().instructed_by(), "9000");
  EXPECT_EQ(last().answered_by(), "agents/1001");
}

TEST_F(SuperiorsTest, NobodyElseAnswers) {
  ASSERT_EQ(Ask(), absl::OkStatus());
  EXPECT_THAT((desk_.by("1003"), Answer()), RefusedWith("NOT_THE_SUPERIOR"));
  EXPECT_THAT((desk_.by("1003"), Answer("2001")), RefusedWith("NOT_OWNER_OR_LEADER"));
  desk_.by_operator();
  EXPECT_THAT(Answer(), RefusedWith("PERSON_MISSING"));
  EXPECT_EQ(Answer("2001"), absl::OkStatus());
}

TEST_F(SuperiorsTest, AReportHasABriefAndIsFlaggedWhenNoStandIsTaken) {
  ASSERT_EQ(Report("9000"), absl::OkStatus());
  EXPECT_EQ(last().kind(), v1::ESCALATION_KIND_REPORT);
  desk_.at(Hours(3)).FireTimers();
  EXPECT_TRUE(last().overdue());
  EXPECT_TRUE(desk_.timers().empty());
  EXPECT_EQ((desk_.by("9000"), Answer()), absl::OkStatus()) << "late, but an answer";
  EXPECT_TRUE(last().overdue());
}

TEST_F(SuperiorsTest, AnEscalationIsAnsweredInTheSameWay) {
  v1::EscalateTicketRequest escalate;
  escalate.set_to("5001");
  *escalate.mutable_deadline() = ToProto(At(Hours(2)));
  escalate.set_reason("customer is furious");
  ASSERT_EQ(desk_.Do(escalate), absl::OkStatus());
  ASSERT_EQ(Ask(), absl::OkStatus());
  EXPECT_THAT((desk_.by("2001"), Answer()), RefusedWith("ESCALATION_AMBIGUOUS"));
  ASSERT_EQ((desk_.by("5001"), Answer("", 1)), absl::OkStatus()) << "who was asked, whoever he is";
  desk_.at(Hours(4)).FireTimers();
  EXPECT_FALSE(desk_.ticket().escalations(0).overdue());
  EXPECT_TRUE(desk_.ticket().escalations(1).overdue());
}

TEST_F(SuperiorsTest, OnlyWhoStandsAboveIsAsked) {
  for (const char* who : {"1001", "1002", "1003", "2101", "5001"}) {
    EXPECT_THAT(Ask(who), RefusedWith("NOT_A_SUPERIOR")) << who;
  }
  EXPECT_THAT(Ask("4711"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(Ask("1009"), RefusedWith("AGENT_LEFT"));
  EXPECT_EQ(Ask("2002"), absl::OkStatus()) << "a leader of the owner's site stands in";
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(Ask("5001"), absl::OkStatus()) << "the head of the department that has it";
  EXPECT_EQ((desk_.by("5002"), Ask()), absl::OkStatus()) << "its members ask, too";
  EXPECT_THAT((desk_.by("1003"), Ask()), RefusedWith("NOT_OWNER_OR_LEADER"));
}

TEST_F(SuperiorsTest, ALeaderAsksTheHead) {
  desk_.by("2001");
  EXPECT_THAT(Ask("2001"), RefusedWith("NOT_A_SUPERIOR"));
  ASSERT_EQ(Ask(), absl::OkStatus());
  EXPECT_EQ(last().to(), "9000");
  auto directory = DisputeDirectory();
  for (auto& agent : *directory.mutable_agents()) agent.set_left(agent.id() == "2001" || agent.id() == "9000");
  desk_.Publish(directory);
  ASSERT_EQ((desk_.by("1001"), Ask()), absl::OkStatus());
  EXPECT_EQ(last().to(), "9100") << "whoever is there";
}

TEST_F(SuperiorsTest, WithTextAndDeadlineAndOnATicketThatRuns) {
  v1::AskSuperiorRequest ask;
  *ask.mutable_deadline() = ToProto(At(Hours(3)));
  EXPECT_THAT(desk_.Do(ask), RefusedWith("QUESTION_MISSING"));
  ask.set_question(std::string(20'000, 'x'));
  EXPECT_THAT(desk_.Do(ask), RefusedWith("TEXT_TOO_LONG"));
  ask.set_question("what now?");
  ask.clear_deadline();
  EXPECT_THAT(desk_.Do(ask), RefusedWith("DEADLINE_MISSING"));
  EXPECT_THAT(Ask("", Hours(1)), RefusedWith("DEADLINE_PAST"));
  EXPECT_THAT(desk_.Do(v1::ReportUpRequest()), RefusedWith("BRIEF_MISSING"));
  ASSERT_EQ(Ask(), absl::OkStatus());
  v1::AnswerSuperiorRequest answer;
  EXPECT_THAT(desk_.by("2001").Do(answer), RefusedWith("INSTRUCTION_MISSING"));
  ASSERT_EQ(desk_.by("1001").Close(), absl::OkStatus());
  EXPECT_THAT(Ask(), RefusedWith("TICKET_CLOSED"));
  EXPECT_THAT((desk_.by("2001"), Answer()), RefusedWith("TICKET_CLOSED"));
  EXPECT_TRUE(desk_.timers().empty());
}

TEST_F(SuperiorsTest, TheyShareTheLimitOfEscalations) {
  for (int i = 0; i < 32; ++i) ASSERT_EQ(i % 2 ? Ask() : Report(), absl::OkStatus()) << i;
  EXPECT_THAT(Ask(), RefusedWith("ESCALATION_LIMIT"));
  ASSERT_EQ((desk_.by("2001"), Answer("", 3)), absl::OkStatus());
  EXPECT_EQ((desk_.by("1001"), Ask()), absl::OkStatus()) << "an answer makes room";
}

TEST_F(SuperiorsTest, ATransferCanStillBeTakenBack) {
  ASSERT_EQ(desk_.by("2001").Transfer("1002"), absl::OkStatus());
  ASSERT_EQ((desk_.by("1002"), Ask()), absl::OkStatus());
  ASSERT_EQ((desk_.by("2001"), Answer()), absl::OkStatus());
  EXPECT_EQ(desk_.Do(v1::UndoLastRequest()), absl::OkStatus());
}

}  // namespace
}  // namespace shoujie::router
