// Supervision 督办: who puts a ticket under it, who answers, what nobody does meanwhile, when one begins by itself, and
// the public notice 通报 that follows (F083).
#include "services/router/domain/supervision.h"

#include <vector>

#include "tests/unit/router/supervision_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using ::testing::Contains;
using ::testing::Not;

TEST(SupervisionTest, ALeaderWatchesOverItAndNothingMoves) {
  SupervisionDesk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  const v1::Ticket before = desk.ticket();
  ASSERT_EQ(desk.at(Hours(2)).by("2001").Supervise("", Hours(4)), absl::OkStatus());
  const auto& one = desk.last();
  EXPECT_EQ(one.number(), 1u);
  EXPECT_EQ(one.cause(), v1::SUPERVISION_CAUSE_LEADER);
  EXPECT_EQ(one.supervisor(), "2001") << "who sent it";
  EXPECT_EQ(one.begun_by(), "agents/2001");
  EXPECT_EQ(one.owner(), "1001");
  EXPECT_EQ(one.department(), "tech");
  EXPECT_EQ(one.responsible(), "5001");
  EXPECT_EQ(FromProto(one.deadline()), At(Hours(4)));
  EXPECT_EQ(one.directory_version(), 7u);
  EXPECT_EQ(one.reason().plain(), "third complaint of the street");
  ASSERT_EQ(desk.row().supervisions_size(), 1);
  EXPECT_EQ(desk.row().supervisions(0).department(), "tech");
  EXPECT_THAT(desk.TimerNames(), Contains("supervision/1"));
  v1::Ticket after = desk.ticket();
  after.clear_supervisions();
  *after.mutable_update_time() = before.update_time();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString()) << "owner, custody, deadlines";
}

TEST(SupervisionTest, OfATicketThatNoDepartmentHasTheOwnerAnswers) {
  SupervisionDesk desk;
  ASSERT_EQ(desk.Open().at(Hours(1)).by("2001").Supervise(), absl::OkStatus());
  EXPECT_EQ(desk.last().department(), "");
  EXPECT_EQ(desk.last().responsible(), "1001");
  EXPECT_EQ(FromProto(desk.last().deadline()), At(Hours(9))) << "within the directory's eight hours";
  EXPECT_THAT(desk.by("5001").Answer(), RefusedWith("NOT_SUPERVISED"));
  EXPECT_EQ(desk.by("1001").Answer(), absl::OkStatus());
}

TEST(SupervisionTest, OnlyWhoStandsAboveTheOwnerBeginsOne) {
  SupervisionDesk desk;
  EXPECT_THAT(desk.by("2001").Supervise(), RefusedWith("TICKET_NOT_FOUND"));
  desk.Open().at(Hours(1));
  for (const char* who : {"1001", "1002", "2101", "5001"}) {
    EXPECT_THAT(desk.by(who).Supervise(), RefusedWith("SUPERVISION_NEEDS_LEADER")) << who;
  }
  EXPECT_THAT(desk.by("1009").Supervise(), RefusedWith("AGENT_LEFT"));
  EXPECT_THAT(desk.by_operator().Supervise(), RefusedWith("PERSON_MISSING")) << "an operator is nobody's superior";
  EXPECT_EQ(desk.by_operator().Supervise("2002"), absl::OkStatus()) << "a leader of the owner's site";
  EXPECT_EQ(desk.last().begun_by(), "operators/first");
}

TEST(SupervisionTest, NobodySupervisesHimselfOrHisOwnDepartment) {
  auto directory = SupervisionWithoutClocks();
  directory.mutable_departments(0)->add_deputies("9000");
  SupervisionDesk desk(directory);
  desk.Open().at(Hours(1)).by("2001");
  for (const char* who : {"1001", "1002", "2101", "5001"}) {
    EXPECT_THAT(desk.Supervise(who), RefusedWith("NOT_A_SUPERVISOR")) << who;
  }
  EXPECT_THAT(desk.Supervise("4711"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(desk.Supervise("1009"), RefusedWith("AGENT_LEFT"));
  ASSERT_EQ(desk.by("1001").Offer("tech", Hours(500)), absl::OkStatus());
  EXPECT_THAT(desk.by("9000").Supervise(), RefusedWith("NOT_A_SUPERVISOR")) << "he is of the department that has it";
  ASSERT_EQ(desk.by("2001").Transfer("9000"), absl::OkStatus());
  EXPECT_THAT(desk.by("9000").Supervise(), RefusedWith("NOT_A_SUPERVISOR")) << "it is his own ticket";
  EXPECT_EQ(desk.Supervise("9100"), absl::OkStatus());
}

TEST(SupervisionTest, NeedsReasonDeadlineAndATicketThatRuns) {
  auto directory = SupervisionWithoutClocks();
  directory.mutable_policies()->clear_supervision_answer_within();
  SupervisionDesk desk(directory);
  desk.Open().at(Hours(1)).by("2001");
  EXPECT_THAT(desk.Supervise(), RefusedWith("DEADLINE_MISSING")) << "nor does the directory name one";
  EXPECT_THAT(desk.Supervise("", Hours(1)), RefusedWith("DEADLINE_PAST"));
  EXPECT_THAT(desk.Supervise("", Hours(3), true), RefusedWith("SUPERVISION_OF_NO_HANDOFF"));
  v1::SuperviseTicketRequest request;
  *request.mutable_deadline() = ToProto(At(Hours(3)));
  EXPECT_THAT(desk.Do(request), RefusedWith("REASON_MISSING"));
  request.set_reason(std::string(20'000, 'x'));
  EXPECT_THAT(desk.Do(request), RefusedWith("TEXT_TOO_LONG"));
  ASSERT_EQ(desk.Supervise("", Hours(3)), absl::OkStatus());
  EXPECT_THAT(desk.Supervise("", Hours(3)), RefusedWith("SUPERVISION_OPEN"));
  ASSERT_EQ(desk.Lift(), absl::OkStatus());
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_THAT(desk.Supervise("", Hours(3)), RefusedWith("TICKET_CLOSED"));
}

TEST(SupervisionTest, TheDepartmentSaysWhatItDidAndTheDeadlineIsMet) {
  SupervisionDesk desk;
  desk.Supervised();
  EXPECT_THAT(desk.by("2001").Answer(), RefusedWith("NOT_SUPERVISED")) << "never the supervisor himself";
  EXPECT_THAT(desk.by("1001").Answer(), RefusedWith("NOT_SUPERVISED")) << "the department has it";
  EXPECT_THAT(desk.by("5100").Answer(), RefusedWith("NOT_SUPERVISED"));
  EXPECT_THAT(desk.by("5002").Answer(" "), RefusedWith("TEXT_MISSING"));
  ASSERT_EQ(desk.at(Hours(3)).by("5002").Answer(), absl::OkStatus());
  EXPECT_THAT(desk.TimerNames(), Not(Contains("supervision/1")));
  ASSERT_EQ(desk.at(Hours(4)).by("5001").Answer("it is repaired"), absl::OkStatus()) << "as often as there is news";
  EXPECT_EQ(desk.last().answers(), 2u);
  EXPECT_EQ(FromProto(desk.last().answered()), At(Hours(3)));
  EXPECT_EQ(FromProto(desk.last().last_answered()), At(Hours(4)));
  EXPECT_EQ(desk.last().answered_by(), "agents/5001");
  EXPECT_EQ(desk.last().answer().plain(), "it is repaired");
  EXPECT_EQ(desk.row().supervisions(0).answers(), 2u);
  EXPECT_NE(StandingSupervision(desk.ticket()), nullptr) << "until it is lifted";
}

TEST(SupervisionTest, EndsByTheSupervisorWithAFinding) {
  SupervisionDesk desk;
  desk.Supervised();
  for (const char* who : {"1001", "2002", "5001"}) {
    EXPECT_THAT(desk.by(who).Lift(), RefusedWith("SUPERVISED")) << who;
  }
  EXPECT_THAT(desk.by("2001").Lift(""), RefusedWith("FINDING_MISSING"));
  ASSERT_EQ(desk.at(Hours(3)).Lift(), absl::OkStatus());
  EXPECT_EQ(desk.last().end(), v1::SUPERVISION_END_LIFTED);
  EXPECT_EQ(desk.last().ended_by(), "agents/2001");
  EXPECT_EQ(FromProto(desk.last().ended()), At(Hours(3)));
  EXPECT_EQ(desk.last().finding().plain(), "repaired, the customer confirms");
  EXPECT_THAT(desk.TimerNames(), Not(Contains("supervision/1")));
  EXPECT_THAT(desk.Lift(), RefusedWith("SUPERVISION_NOT_OPEN"));
  EXPECT_THAT(desk.by("5001").Answer(), RefusedWith("SUPERVISION_NOT_OPEN"));
  ASSERT_EQ(desk.by("9000").Supervise(), absl::OkStatus()) << "and another one may begin";
  EXPECT_EQ(desk.last().number(), 2u);
}

TEST(SupervisionTest, AnotherHeadLiftsItUnlessItIsHisOwnMatter) {
  SupervisionDesk desk;
  desk.Supervised();
  ASSERT_EQ(desk.by("2001").Transfer("9000"), absl::OkStatus());
  EXPECT_THAT(desk.by("9000").Lift(), RefusedWith("SUPERVISED")) << "he owns it now";
  EXPECT_EQ(desk.by("9100").Lift(), absl::OkStatus());
}

TEST(SupervisionTest, MeanwhileNobodyElseClosesItUnresolved) {
  SupervisionDesk desk;
  ASSERT_EQ(desk.Open().at(Hours(1)).by("2001").Supervise(), absl::OkStatus());
  EXPECT_THAT(desk.by("2002").Close(v1::RESOLUTION_CODE_UNRESOLVED), RefusedWith("SUPERVISED"));
  EXPECT_THAT(desk.by("1001").Close(v1::RESOLUTION_CODE_UNRESOLVED), RefusedWith("UNRESOLVED_NEEDS_LEADER"));
  v1::MergeTicketRequest merge;
  merge.set_into("tickets/0413-000128-4-T1");
  EXPECT_THAT(desk.Do(merge), RefusedWith("SUPERVISED")) << "nor is it merged out of sight";
  EXPECT_EQ(desk.by("2001").Close(v1::RESOLUTION_CODE_UNRESOLVED), absl::OkStatus());
}

TEST(SupervisionTest, MeanwhileNobodyElseGivesMoreTime) {
  SupervisionDesk desk(SupervisionDirectory());
  ASSERT_EQ(desk.Open().at(Minutes(10)).by("2001").Supervise(), absl::OkStatus());
  v1::RequestExtensionRequest ask;
  ask.mutable_time()->set_seconds(3600);
  ask.set_reason("the part comes tomorrow");
  ASSERT_EQ(desk.by("1001").Do(ask), absl::OkStatus());
  v1::AnswerExtensionRequest answer;
  answer.set_approve(true);
  EXPECT_THAT(desk.by("2002").Do(answer), RefusedWith("SUPERVISED"));
  answer.set_approve(false);
  ASSERT_EQ(desk.Do(answer), absl::OkStatus()) << "whoever leads may say no";
  ASSERT_EQ(desk.by("1001").Do(ask), absl::OkStatus());
  answer.set_approve(true);
  EXPECT_EQ(desk.by("2001").Do(answer), absl::OkStatus());
}

TEST(SupervisionTest, EndsWithTheClosingAndComesBackIfThatIsTakenBack) {
  SupervisionDesk desk;
  ASSERT_EQ(desk.Open().at(Hours(1)).by("2001").Supervise("", Hours(4)), absl::OkStatus());
  ASSERT_EQ(desk.by("1001").Close(), absl::OkStatus());
  EXPECT_EQ(StandingSupervision(desk.ticket()), nullptr);
  EXPECT_THAT(desk.TimerNames(), Not(Contains("supervision/1")));
  ASSERT_EQ(desk.Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_NE(StandingSupervision(desk.ticket()), nullptr);
  EXPECT_THAT(desk.TimerNames(), Contains("supervision/1"));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  ASSERT_EQ(desk.Reopen(), absl::OkStatus());
  EXPECT_EQ(StandingSupervision(desk.ticket()), nullptr) << "a new episode begins without";
}

TEST(SupervisionTest, OneOfAHandOffEndsWithIt) {
  SupervisionDesk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  ASSERT_EQ(desk.by("2001").Supervise("", Hours(4), true), absl::OkStatus());
  EXPECT_EQ(desk.last().handoff(), 1u);
  ASSERT_EQ(desk.at(Hours(2)).by("5001").Sign(), absl::OkStatus());
  EXPECT_NE(StandingSupervision(desk.ticket()), nullptr);
  ASSERT_EQ(desk.at(Hours(3)).Complete(), absl::OkStatus());
  EXPECT_EQ(desk.last().end(), v1::SUPERVISION_END_HANDOFF);
  EXPECT_EQ(FromProto(desk.last().ended()), At(Hours(3)));
  EXPECT_EQ(FromProto(desk.row().supervisions(0).ended()), At(Hours(3)));
  EXPECT_EQ(StandingSupervision(desk.ticket()), nullptr);
}

TEST(SupervisionTest, OneOfTheTicketFollowsItToTheNextDepartment) {
  SupervisionDesk desk;
  desk.Supervised();
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  ASSERT_EQ(desk.by("1001").Offer("warehouse", Hours(500)), absl::OkStatus());
  EXPECT_THAT(desk.by("5001").Answer(), RefusedWith("NOT_SUPERVISED"));
  desk.at(Hours(4)).FireTimers();
  EXPECT_EQ(desk.last().overdue_department(), "warehouse") << "whoever has it at the deadline";
}

TEST(SupervisionTest, AnOverdueAnswerIsToldToTheSupervisorsOwnLeader) {
  SupervisionDesk desk;
  desk.Supervised();
  desk.at(Hours(4)).FireTimers();
  ASSERT_EQ(desk.events().size(), 1u);
  const auto& overdue = desk.events()[0].supervision_overdue();
  EXPECT_EQ(overdue.supervisor(), "2001");
  EXPECT_EQ(overdue.told(), "9000") << "he leads the team himself: the head";
  EXPECT_EQ(overdue.department(), "tech");
  EXPECT_EQ(overdue.responsible(), "5001");
  EXPECT_EQ(overdue.calendar(), "office");
  EXPECT_EQ(overdue.directory_version(), 7u);
  EXPECT_TRUE(desk.last().overdue());
  EXPECT_EQ(desk.ticket().overdue_supervisions(), 1u);
  EXPECT_TRUE(desk.row().supervisions(0).overdue());
  EXPECT_EQ(desk.ticket().owner(), "1001");
  EXPECT_THAT(desk.TimerNames(), Not(Contains("supervision/1"))) << "once";
}

TEST(SupervisionTest, FiveWorkingDaysLaterItIsPubliclyNoticed) {
  SupervisionDesk desk;
  desk.Supervised();
  desk.at(Hours(4)).FireTimers();  // Monday: Tuesday to Friday and the next Monday are whole days after it
  const absl::Duration due = Hours(7 * 24 + 9);
  EXPECT_EQ(FromProto(desk.last().notice_due()), At(due));
  desk.at(due - Minutes(1)).FireTimers();
  EXPECT_EQ(desk.ticket().public_notices(), 0u);
  // What is published meanwhile makes no difference to it.
  auto directory = SupervisionWithoutClocks();
  directory.mutable_policies()->clear_public_notice_after_days();
  desk.Publish(directory);
  desk.at(due).FireTimers();
  ASSERT_EQ(desk.events().size(), 1u);
  EXPECT_EQ(desk.events()[0].public_notice_made().department(), "tech");
  EXPECT_EQ(desk.events()[0].public_notice_made().responsible(), "5001");
  EXPECT_EQ(FromProto(desk.events()[0].public_notice_made().deadline()), At(Hours(4)));
  EXPECT_EQ(desk.ticket().public_notices(), 1u);
  EXPECT_EQ(FromProto(desk.row().supervisions(0).noticed()), At(due));
  EXPECT_THAT(desk.TimerNames(), Not(Contains("public-notice/1"))) << "once";
}

TEST(SupervisionTest, AnAnswerThatComesLateIsAnAnswer) {
  SupervisionDesk desk;
  desk.Supervised();
  desk.at(Hours(4)).FireTimers();
  ASSERT_EQ(desk.at(Hours(5)).by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(30)).Answer(), absl::OkStatus()) << "although it does not have the ticket any more";
  EXPECT_TRUE(desk.last().overdue()) << "and it was late";
  EXPECT_THAT(desk.TimerNames(), Not(Contains("public-notice/1")));
}

TEST(SupervisionTest, OwnersAreNotNoticedNorAnybodyWithoutTheNumber) {
  SupervisionDesk owners;
  ASSERT_EQ(owners.Open().at(Hours(1)).by("2001").Supervise(), absl::OkStatus());
  owners.at(Hours(20)).FireTimers();
  EXPECT_TRUE(owners.last().overdue());
  EXPECT_FALSE(owners.last().has_notice_due());
  auto directory = SupervisionWithoutClocks();
  directory.mutable_policies()->clear_public_notice_after_days();
  SupervisionDesk desk(directory);
  desk.Supervised();
  desk.at(Hours(4)).FireTimers();
  EXPECT_FALSE(desk.last().has_notice_due());
}

TEST(SupervisionTest, WholeWorkingDaysAreCounted) {
  const Reference reference(SupervisionDirectory());
  const Calendar& office = *reference.calendar("office");
  const auto noticed = [&](absl::Duration deadline, uint32_t days) {
    return absl::ToDoubleHours(PublicNoticeAt(At(deadline), days, office) - At(absl::ZeroDuration()));
  };
  EXPECT_EQ(noticed(Hours(2), 1), 24 + 9) << "Monday has begun: Tuesday";
  EXPECT_EQ(noticed(Hours(3) + Minutes(30), 1), 24 + 9) << "at lunch";
  EXPECT_EQ(noticed(-Hours(1), 1), 9) << "before Monday begins: Monday is a whole day";
  EXPECT_EQ(noticed(Hours(12), 1), 24 + 9) << "on Monday evening: Tuesday";
  EXPECT_EQ(noticed(Hours(4 * 24 + 2), 1), 7 * 24 + 9) << "Friday: Monday";
  EXPECT_EQ(noticed(Hours(5 * 24 + 2), 5), 11 * 24 + 9) << "Saturday: Monday to Friday";
  EXPECT_EQ(noticed(Hours(2), 5), 7 * 24 + 9);
}

class BySelfTest : public testing::Test {
 protected:
  // Offered to tech with a deadline of two hours; a notice from then on.
  static SupervisionDesk& Late(SupervisionDesk& desk) {
    desk.Open().at(Hours(1)).by("1001");
    EXPECT_EQ(desk.Offer("tech", Hours(2)), absl::OkStatus());
    return desk.at(Hours(3));
  }
};

TEST_F(BySelfTest, AfterAsManyNoticesAsTheDirectorySays) {
  SupervisionDesk desk;
  Late(desk);
  ASSERT_EQ(desk.at(Hours(1)).Urge(), absl::OkStatus()) << "by word: no notice";
  EXPECT_EQ(desk.ticket().notices(), 0u);
  ASSERT_EQ(desk.at(Hours(3)).Urge(), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().notice(), 1u);
  EXPECT_EQ(desk.ticket().notices(), 1u);
  ASSERT_EQ(desk.at(Hours(4)).by("1003").Urge(), absl::OkStatus());
  ASSERT_EQ(desk.events().size(), 2u);
  const auto& begun = desk.events()[1].supervision_begun();
  EXPECT_EQ(begun.cause(), v1::SUPERVISION_CAUSE_NOTICES);
  EXPECT_EQ(begun.count(), 2u);
  EXPECT_EQ(begun.supervisor(), "2001") << "the owner's leader";
  EXPECT_EQ(begun.department(), "tech");
  EXPECT_EQ(begun.directory_version(), 7u);
  EXPECT_EQ(FromProto(begun.deadline()), At(Hours(12)));
  EXPECT_EQ(desk.ticket().notices(), 0u) << "counted anew";
  ASSERT_EQ(desk.at(Hours(5)).Urge(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(6)).Urge(), absl::OkStatus());
  EXPECT_EQ(desk.ticket().supervisions_size(), 1) << "one stands already";
}

TEST_F(BySelfTest, AfterAsManyBreachesAsTheDirectorySays) {
  SupervisionDesk desk(SupervisionDirectory());
  desk.Open().by("1001");
  desk.at(Hours(1)).FireAll();  // dispatch: half an hour
  ASSERT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  EXPECT_TRUE(desk.ticket().supervisions().empty());
  desk.at(Hours(2)).FireAll();  // sign: an hour
  ASSERT_EQ(desk.ticket().supervisions_size(), 1);
  EXPECT_EQ(desk.last().cause(), v1::SUPERVISION_CAUSE_BREACHES);
  EXPECT_EQ(desk.last().count(), 2u);
  EXPECT_EQ(desk.last().begun_by(), "system/router");
  EXPECT_EQ(desk.last().supervisor(), "2001");
  ASSERT_EQ(desk.by("2001").Lift(), absl::OkStatus());
  desk.at(Hours(7)).FireAll();  // custody: four hours of the office; one breach since
  EXPECT_EQ(desk.ticket().supervisions_size(), 1) << "those of before it are not counted again";
}

TEST_F(BySelfTest, ABreachThatAnActFindsCountsAsWell) {
  SupervisionDesk desk(SupervisionDirectory());
  desk.Open().by("1001");
  desk.at(Hours(1)).FireAll();
  ASSERT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(3)).by("5001").Sign(), absl::OkStatus()) << "before the timer was heard";
  ASSERT_EQ(desk.ticket().supervisions_size(), 1);
  EXPECT_TRUE(desk.events().back().has_supervision_begun());
}

TEST_F(BySelfTest, NotWithoutNumberFeatureOrSomebodyToDoIt) {
  const auto urged_twice = [](const directory::v1::Directory& directory) {
    SupervisionDesk desk(directory);
    Late(desk);
    EXPECT_EQ(desk.Urge(), absl::OkStatus());
    EXPECT_EQ(desk.Urge(), absl::OkStatus());
    return desk.ticket().supervisions_size();
  };
  auto directory = SupervisionWithoutClocks();
  EXPECT_EQ(urged_twice(directory), 1);
  directory.mutable_policies()->clear_supervise_after_notices();
  EXPECT_EQ(urged_twice(directory), 0);
  directory = SupervisionWithoutClocks();
  directory.mutable_policies()->clear_supervision_answer_within();
  EXPECT_EQ(urged_twice(directory), 0);
  directory = SupervisionWithoutClocks();
  directory.clear_features();
  EXPECT_EQ(urged_twice(directory), 0);
  directory = SupervisionWithoutClocks();
  for (auto& agent : *directory.mutable_agents()) {
    agent.set_left(agent.id() == "2001" || agent.id() == "9000" || agent.id() == "9100");
  }
  EXPECT_EQ(urged_twice(directory), 0);
}

TEST(PrioritizeTest, IsOfTheOwnersSideWithAReason) {
  SupervisionDesk desk;
  desk.Open().at(Hours(1));
  EXPECT_THAT(desk.by("1003").Prioritize(1), RefusedWith("NOT_OWNER_OR_LEADER"));
  EXPECT_THAT(desk.by("1001").Prioritize(1, " "), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(desk.Prioritize(10), RefusedWith("PRIORITY_UNKNOWN"));
  EXPECT_THAT(desk.Prioritize(0), RefusedWith("PRIORITY_UNCHANGED"));
  ASSERT_EQ(desk.Prioritize(2), absl::OkStatus());
  EXPECT_EQ(desk.ticket().priority(), 2u);
  EXPECT_EQ(desk.ticket().lane(), v1::LANE_FAST);
  EXPECT_EQ(desk.ticket().priority_mark().by(), "agents/1001");
  EXPECT_EQ(FromProto(desk.ticket().priority_mark().at()), At(Hours(1)));
  EXPECT_EQ(desk.ticket().priority_mark().reason().plain(), "water runs into the flat below");
  EXPECT_THAT(desk.Prioritize(2), RefusedWith("PRIORITY_UNCHANGED"));
  ASSERT_EQ(desk.by("2001").Prioritize(3), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].ticket_prioritized().before(), 2u);
  EXPECT_EQ(desk.ticket().lane(), v1::LANE_UNSPECIFIED) << "beyond the directory's number";
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_THAT(desk.Prioritize(1), RefusedWith("TICKET_CLOSED"));
}

TEST(PrioritizeTest, ClocksThatStartAfterItGoByIt) {
  auto directory = SupervisionDirectory();
  auto& usual = *directory.mutable_sla_policies(0);
  directory::v1::SlaPolicy urgent = usual;
  urgent.set_id("urgent");
  urgent.add_priorities(1);
  *directory.add_sla_policies() = usual;
  *directory.mutable_sla_policies(0) = urgent;
  SupervisionDesk desk(directory);
  desk.Open().at(Minutes(10)).by("1001");
  ASSERT_EQ(desk.Prioritize(1), absl::OkStatus());
  ASSERT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).policy(), "usual") << "it ran already";
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).policy(), "urgent");
}

}  // namespace
}  // namespace shoujie::router
