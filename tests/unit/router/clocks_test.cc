// SLA clocks of a ticket: what starts and ends them, what they count, how they are judged (F071, F072, F076, F079–F084,
// R018, R168, R174).
#include "tests/unit/router/clock_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;

constexpr absl::Duration kMs = absl::Milliseconds(1);

TEST(ClocksTest, OpeningStartsDispatchAndResolveFromTheContactsFirstInstant) {
  ClockDesk desk;
  desk.Open();
  ASSERT_EQ(desk.ticket().clocks_size(), 2);
  const v1::Clock& dispatch = desk.clock(CLOCK_KIND_DISPATCH);
  EXPECT_EQ(FromProto(dispatch.started()), At(absl::ZeroDuration()));
  EXPECT_EQ(Due(dispatch), Minutes(30));
  EXPECT_EQ(dispatch.policy(), "usual");
  EXPECT_EQ(dispatch.directory_version(), 7u);
  EXPECT_EQ(dispatch.runs(0).calendar(), "office");
  EXPECT_EQ(dispatch.party().id(), "1001");
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(26)) << "8 h today, noon left out; 2 h tomorrow";
  EXPECT_EQ(desk.row().clocks_size(), 2);
  EXPECT_EQ(FromProto(desk.row().next_due()), At(Minutes(30)));
}

TEST(ClocksTest, AnOfferMeetsDispatchAndRunsAgainstTheDepartmentUnsigned) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(20));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(desk.Spent(CLOCK_KIND_DISPATCH), Minutes(20));
  const v1::Clock& sign = desk.clock(CLOCK_KIND_SIGN);
  EXPECT_EQ(sign.party().kind(), v1::PARTY_KIND_DEPARTMENT);
  EXPECT_EQ(sign.party().id(), "tech");
  EXPECT_EQ(Due(sign), Minutes(80));
  EXPECT_EQ(desk.row().clocks_met(), 1u);
  desk.at(Minutes(80)).FireAll();
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_BREACHED) << "nobody signed, and it ran";
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).breached_by().id(), "tech");
  EXPECT_EQ(desk.row().clocks_breached(), 1u);
  ASSERT_EQ(desk.by("5001").at(Hours(3)).Sign(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_BREACHED) << "judged once";
  EXPECT_EQ(desk.Spent(CLOCK_KIND_SIGN), Hours(3) - Minutes(20)) << "it ran on";
}

TEST(ClocksTest, TheDepartmentsShareEndsWhenItHasDoneIt) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(20));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").at(Hours(1)).Sign(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_FIRST_REPLY)), Hours(3));
  ASSERT_EQ(desk.at(Hours(2)).Progress(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_FIRST_REPLY).verdict(), v1::CLOCK_VERDICT_MET);
  ASSERT_EQ(desk.at(Hours(5)).Complete(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_CUSTODY).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(desk.Spent(CLOCK_KIND_CUSTODY), Hours(4) - Minutes(20)) << "noon does not count";
  ASSERT_EQ(desk.by("1001").at(Hours(6)).Close(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(desk.Spent(CLOCK_KIND_RESOLVE), Hours(5));
  EXPECT_EQ(desk.row().clocks_size(), 0);
  EXPECT_FALSE(desk.row().has_next_due());
  EXPECT_TRUE(desk.timers().empty());
}

TEST(ClocksTest, RefusalReturnAndWithdrawalCancelTheDepartmentsShare) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(5));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  v1::RefuseHandoffRequest refuse;
  refuse.set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
  refuse.set_evidence("not ours");
  ASSERT_EQ(desk.by("5001").at(Minutes(10)).Do(refuse), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_MET) << "a refusal is an answer";
  EXPECT_EQ(desk.clock(CLOCK_KIND_CUSTODY).verdict(), v1::CLOCK_VERDICT_CANCELLED);
  ASSERT_EQ(desk.by("1001").at(Minutes(15)).Offer("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_CANCELLED);
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").at(Minutes(20)).Sign(), absl::OkStatus());
  v1::ReturnHandoffRequest back;
  back.set_reason(v1::HANDOFF_REASON_INFORMATION_MISSING);
  back.set_evidence("no serial number");
  ASSERT_EQ(desk.at(Minutes(30)).Do(back), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_FIRST_REPLY).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(desk.clock(CLOCK_KIND_CUSTODY).verdict(), v1::CLOCK_VERDICT_CANCELLED);
}

TEST(ClocksTest, WarningsComeAtTheirShareOfWorkingTime) {
  ClockDesk desk;
  desk.Open();
  desk.at(Minutes(22)).FireAll();
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).warned_size(), 0);
  desk.at(Minutes(22) + Seconds(30)).FireAll();
  ASSERT_EQ(desk.clock(CLOCK_KIND_DISPATCH).warned_size(), 1);
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).warned(0).percent(), 75u);
  desk.at(Minutes(27)).FireAll();
  ASSERT_EQ(desk.clock(CLOCK_KIND_DISPATCH).warned_size(), 2);
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_UNSPECIFIED);
  desk.at(Minutes(30)).FireAll();
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_BREACHED);
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).judged(), 1u);
}

TEST(ClocksTest, InTimeIsTheDueInstantItselfWhateverItsTimerHears) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(30));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_MET);

  ClockDesk late;
  late.Open().by("1001").at(Minutes(30) + kMs);
  ASSERT_EQ(late.Offer("tech"), absl::OkStatus());
  const v1::Clock& dispatch = late.clock(CLOCK_KIND_DISPATCH);
  EXPECT_EQ(dispatch.verdict(), v1::CLOCK_VERDICT_BREACHED) << "the timer had not been heard";
  EXPECT_EQ(FromProto(dispatch.breached()), At(Minutes(30)));
  EXPECT_EQ(dispatch.breached_by().id(), "1001");
  ASSERT_GE(late.events().size(), 2u);
  EXPECT_TRUE(late.events()[0].has_clock_breached()) << "before the act";
  EXPECT_TRUE(late.events()[1].has_handoff_offered());
}

TEST(ClocksTest, AStaleTimerDoesNothing) {
  ClockDesk desk;
  desk.Open().by("1001");
  const auto before = desk.timers();
  ASSERT_EQ(desk.at(Minutes(10)).Await(), absl::OkStatus());
  ASSERT_EQ(desk.at(Minutes(20)).EndWait(), absl::OkStatus());
  desk.at(Hours(48));
  for (const Timer& timer : before) {
    common::v1::TimerFired fired;
    fired.set_timer(timer.name);
    fired.set_attempt(timer.attempt);
    EXPECT_EQ(desk.Do(fired), absl::OkStatus());
    EXPECT_TRUE(desk.events().empty());
  }
}

TEST(ClocksTest, WaitingForTheCustomerStopsTimeAndIsCarriedOverWhatHappensMeanwhile) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(10));
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_AWAITING_CUSTOMER);
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_DISPATCH)), Hours(9999)) << "nothing is due";
  EXPECT_THAT(desk.Await(), RefusedWith("ALREADY_WAITING"));
  desk.at(Hours(1)).FireAll();
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_UNSPECIFIED);

  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_OFFERED);
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_SIGN)), Hours(9999)) << "what starts meanwhile stands still, too";
  EXPECT_EQ(desk.Spent(CLOCK_KIND_SIGN), absl::ZeroDuration());
  ASSERT_EQ(desk.by("1001").Transfer("1002"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").at(Hours(2)).Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_AWAITING_CUSTOMER) << "still";
  EXPECT_EQ(desk.Spent(CLOCK_KIND_RESOLVE), Minutes(10));

  ASSERT_EQ(desk.by("1003").at(Hours(6)).EndWait(), absl::OkStatus());
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_ACTIVE);
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(24 + 7) + Minutes(50)) << "9:50 h are left: 3 today, 6:50 then";
  EXPECT_THAT(desk.EndWait(), RefusedWith("NOT_WAITING"));
  ASSERT_EQ(desk.ticket().episodes(0).pauses_size(), 1);
  EXPECT_EQ(desk.row().waiting_minutes(), 350);
  EXPECT_EQ(desk.row().next_due().seconds(), desk.clock(CLOCK_KIND_RESOLVE).dates().due().seconds());
}

TEST(ClocksTest, WhereThePolicySaysSoAClockRunsWhileTheCustomerIsAwaited) {
  auto directory = ClockDirectory();
  TargetIn(&directory, CLOCK_KIND_RESOLVE)->set_runs_while_waiting(true);
  ClockDesk desk(directory);
  desk.Open().by("1001").at(Minutes(10));
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(26));
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_DISPATCH)), Hours(9999));
}

TEST(ClocksTest, AWaitEndsWithTheEpisode) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(10));
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(1)).Close(), absl::OkStatus());
  EXPECT_FALSE(desk.ticket().has_awaiting_since());
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(desk.Spent(CLOCK_KIND_RESOLVE), Minutes(10));
  EXPECT_THAT(desk.EndWait(), RefusedWith("TICKET_CLOSED"));
  EXPECT_THAT(desk.Await(), RefusedWith("TICKET_CLOSED"));
}

TEST(ClocksTest, EachClockKeepsThePolicyVersionThatItStartedWith) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(10));
  auto stricter = ClockDirectory(8);
  for (auto& target : *stricter.mutable_sla_policies(0)->mutable_targets()) {
    *target.mutable_target() = shoujie::ToProto(Minutes(5));
  }
  desk.Publish(stricter);
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  ASSERT_EQ(desk.at(Minutes(15)).EndWait(), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_DISPATCH)), Minutes(35)) << "30 minutes, and five of waiting";
  EXPECT_EQ(desk.clock(CLOCK_KIND_DISPATCH).directory_version(), 7u);
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_SIGN)), Minutes(20)) << "one that starts now goes by what holds now";
  EXPECT_EQ(desk.clock(CLOCK_KIND_SIGN).directory_version(), 8u);
}

TEST(ClocksTest, AnotherCalendarRedatesBeforeAnythingIsJudged) {
  ClockDesk desk;
  desk.Open().by("1001");
  ASSERT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(26));
  auto holiday = ClockDirectory(8);
  holiday.mutable_calendars(0)->add_days()->set_date("2026-03-03");  // tomorrow
  desk.Publish(holiday);
  desk.at(Hours(24) + Minutes(90)).FireTimers();  // 75 % and 90 % would have passed, and more
  const v1::Clock& resolve = desk.clock(CLOCK_KIND_RESOLVE);
  EXPECT_EQ(Due(resolve), Hours(50)) << "the day after";
  EXPECT_EQ(resolve.warned_size(), 0);
  EXPECT_EQ(resolve.runs(0).directory_version(), 8u);
  desk.FireAll();
  EXPECT_EQ(resolve.warned_size(), 1) << "75 % had passed today";
  EXPECT_EQ(resolve.directory_version(), 7u) << "the policy is still the one that it started with";
}

TEST(ClocksTest, ReopeningStartsNewClocksAndTheOldOnesStayJudged) {
  ClockDesk desk;
  desk.Open().by("1001").at(Hours(30));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).verdict(), v1::CLOCK_VERDICT_BREACHED);
  ASSERT_EQ(desk.at(Hours(48)).Reopen(), absl::OkStatus());
  ASSERT_EQ(desk.ticket().clocks_size(), 4);
  EXPECT_EQ(desk.ticket().clocks(1).verdict(), v1::CLOCK_VERDICT_BREACHED);
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).episode(), 2u);
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(48 + 26));
}

TEST(ClocksTest, AClosingThatIsTakenBackGoesOnFromWhatWasSpent) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(20));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(1)).Close(), absl::OkStatus());
  EXPECT_EQ(desk.row().clocks_met(), 2u);
  ASSERT_EQ(desk.at(Hours(1) + Minutes(5)).Do(v1::UndoLastRequest()), absl::OkStatus());
  const v1::Clock& resolve = desk.clock(CLOCK_KIND_RESOLVE);
  EXPECT_EQ(resolve.continues(), 2u);
  EXPECT_EQ(desk.ticket().clocks(1).verdict(), v1::CLOCK_VERDICT_MET) << "what was judged stays judged";
  EXPECT_EQ(desk.ticket().clocks(1).continued_by(), resolve.number());
  EXPECT_EQ(desk.row().clocks_met(), 1u) << "and is not counted";
  EXPECT_EQ(Due(resolve), Hours(26) + Minutes(5)) << "nobody was asked to work meanwhile";
  EXPECT_EQ(RunningClock(desk.ticket(), CLOCK_KIND_DISPATCH), nullptr) << "it had been met by the offer";
}

TEST(ClocksTest, ABreachIsNotUndoneByTakingAClosingBack) {
  ClockDesk desk;
  desk.Open().by("1001").at(Hours(30));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  ASSERT_EQ(desk.Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().clocks_size(), 2);
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).verdict(), v1::CLOCK_VERDICT_BREACHED);
}

TEST(ClocksTest, AWaitThatAClosingEndedGoesOnWhenItIsTakenBack) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(10));
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  ASSERT_EQ(desk.at(Minutes(20)).Close(), absl::OkStatus());
  ASSERT_EQ(desk.at(Minutes(25)).Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_TRUE(desk.ticket().has_awaiting_since());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(9999));
  ASSERT_EQ(desk.at(Minutes(40)).EndWait(), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(26) + Minutes(30));
}

TEST(ClocksTest, SameDayIsTheEndOfTheWorkingDay) {
  auto directory = ClockDirectory();
  auto* resolve = TargetIn(&directory, CLOCK_KIND_RESOLVE);
  resolve->clear_target();
  resolve->set_same_day(true);
  ClockDesk desk(directory);
  desk.Open();
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(9)) << "18:00";
  EXPECT_EQ(ToDuration(desk.clock(CLOCK_KIND_RESOLVE).target()), Hours(8));
  ASSERT_EQ(desk.by("1001").at(Hours(10)).Close(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(11)).Reopen(), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(24 + 9)) << "after hours: the next working day's";
}

TEST(ClocksTest, TheTableSaysWhichClocksRun) {
  auto directory = ClockDirectory();
  auto* phone = directory.add_sla_policies();
  phone->set_id("phone");
  phone->add_channels(interaction::v1::CHANNEL_PHONE);
  AddTarget(phone, CLOCK_KIND_RESOLVE, Hours(1), directory::v1::CLOCK_CALENDAR_ALWAYS);
  directory.mutable_sla_policies()->SwapElements(0, 1);
  ClockDesk desk(directory);
  desk.Open();
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).policy(), "usual") << "of no channel";
  directory.mutable_sla_policies(0)->clear_channels();
  ClockDesk all(directory);
  all.Open();
  ASSERT_EQ(all.ticket().clocks_size(), 1);
  EXPECT_EQ(all.ticket().clocks(0).policy(), "phone");
  EXPECT_EQ(all.ticket().clocks(0).runs(0).calendar(), "");
  EXPECT_EQ(Due(all.ticket().clocks(0)), Hours(1));
}

TEST(ClocksTest, TicketsOfBeforeTheFeatureAndImportedOnesHaveNone) {
  auto off = ClockDirectory();
  off.clear_features();
  ClockDesk desk(off);
  desk.Open().by("1001");
  EXPECT_EQ(desk.ticket().clocks_size(), 0);
  desk.Publish(ClockDirectory(8));
  ASSERT_EQ(desk.at(Hours(1)).Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk.ticket().clocks_size(), 0);
  EXPECT_FALSE(desk.ticket().clocked());

  ClockDesk history;
  v1::RecordTicketFactsRequest facts;
  facts.set_source("servicenow");
  facts.set_external_id("INC1");
  auto& fact = *facts.add_facts();
  fact.set_number(1);
  *fact.mutable_occurred_at() = ToProto(At(Hours(1)));
  fact.set_state(v1::TICKET_STATE_AWAITING_CUSTOMER);
  ASSERT_EQ(history.by_importer().at(Hours(2)).Do(facts), absl::OkStatus());
  EXPECT_EQ(history.ticket().clocks_size(), 0);
}

absl::Status Ask(Desk& desk, absl::Duration time, uint32_t clock = 0) {
  v1::RequestExtensionRequest request;
  request.set_clock(clock);
  *request.mutable_time() = shoujie::ToProto(time);
  request.set_reason("the part comes on Friday");
  return desk.Do(request);
}
absl::Status Answer(Desk& desk, bool approve, uint32_t clock = 0) {
  v1::AnswerExtensionRequest request;
  request.set_clock(clock);
  request.set_approve(approve);
  return desk.Do(request);
}

TEST(ClocksTest, MoreTimeIsAskedForWithAReasonAndCountsOnceALeaderApproves) {
  ClockDesk desk;
  desk.Open().by("1001").at(Hours(1));
  EXPECT_THAT(Answer(desk.by("2001"), true), RefusedWith("EXTENSION_NOT_ASKED"));
  ASSERT_EQ(Ask(desk.by("1001"), Hours(4)), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(26)) << "not yet";
  EXPECT_THAT(Ask(desk, Hours(4)), RefusedWith("EXTENSION_OPEN"));
  EXPECT_THAT(Answer(desk.by("1001"), true), RefusedWith("EXTENSION_NEEDS_LEADER"));
  ASSERT_EQ(Answer(desk.by("2001"), true), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(24 + 7)) << "14 h: 8 today, 6 tomorrow with noon";
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).extensions(0).requested_by(), "agents/1001");
  EXPECT_EQ(desk.clock(CLOCK_KIND_RESOLVE).extensions(0).answered_by(), "agents/2001");
  EXPECT_EQ(FromProto(desk.row().clocks(1).due()), At(Hours(24 + 7)));

  ASSERT_EQ(Ask(desk.by("1001"), Hours(4)), absl::OkStatus());
  ASSERT_EQ(Answer(desk.by("2001"), false), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(24 + 7)) << "refused";
}

TEST(ClocksTest, ExtensionComesBeforeTheDueInstantOrNotAtAll) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(10));
  EXPECT_THAT(Ask(desk, absl::ZeroDuration()), RefusedWith("EXTENSION_TIME"));
  EXPECT_THAT(Ask(desk, Hours(1), 9), RefusedWith("CLOCK_NOT_FOUND"));
  EXPECT_THAT(Ask(desk.by("5001"), Hours(1)), RefusedWith("NOT_OWNER_OR_LEADER"));
  ASSERT_EQ(Ask(desk.by("1001"), Hours(1), 1), absl::OkStatus());
  EXPECT_THAT(Answer(desk.by("2001").at(Minutes(30) + kMs), true, 1), RefusedWith("CLOCK_BREACHED"))
      << "though its timer has not been heard";
  desk.FireAll();
  EXPECT_THAT(Ask(desk.by("1001"), Hours(1), 1), RefusedWith("CLOCK_BREACHED"));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(Ask(desk, Hours(1), 1), RefusedWith("CLOCK_ENDED"));
  v1::RequestExtensionRequest mute;
  *mute.mutable_time() = shoujie::ToProto(Hours(1));
  EXPECT_THAT(desk.Do(mute), RefusedWith("REASON_MISSING"));
}

TEST(ClocksTest, MoreTimeIsAskedForBeforeTheInstantAtWhichItIsDueByTodaysCalendar) {
  ClockDesk desk;
  desk.Open().by("1001");
  auto holiday = ClockDirectory(8);
  holiday.mutable_calendars(0)->add_days()->set_date("2026-03-03");
  desk.Publish(holiday);
  desk.at(Hours(27));  // past the old instant
  ASSERT_EQ(Ask(desk, Hours(1)), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(50));
  ASSERT_EQ(Answer(desk.by("2001"), true), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(51));
}

TEST(ClocksTest, AnExtensionWhileTheCustomerIsAwaitedCountsAfterwards) {
  ClockDesk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  ASSERT_EQ(Ask(desk, Hours(1)), absl::OkStatus());
  ASSERT_EQ(Answer(desk.by("2001"), true), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(9999));
  ASSERT_EQ(desk.at(Hours(2)).EndWait(), absl::OkStatus());
  EXPECT_EQ(Due(desk.clock(CLOCK_KIND_RESOLVE)), Hours(24 + 5)) << "11 h, one of them spent";
}

TEST(ClocksTest, ClocksStandNotInTheWayOfTakingTheLastActBack) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(1));
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  desk.at(Minutes(5));
  ASSERT_EQ(Ask(desk.by("2001"), Hours(1)), absl::OkStatus());
  EXPECT_EQ(desk.by("1001").Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

// One thing after the other is broken in a ticket that holds; each must be found.
TEST(ClocksTest, EveryPlantingIsFound) {
  ClockDesk desk;
  desk.Open().by("1001").at(Minutes(20));
  EXPECT_EQ(desk.Await(), absl::OkStatus());
  EXPECT_EQ(desk.at(Minutes(25)).EndWait(), absl::OkStatus());
  EXPECT_EQ(desk.at(Minutes(40)).Offer("tech"), absl::OkStatus());
  const v1::Ticket good = desk.ticket();
  const absl::Time until = At(Minutes(50));
  ASSERT_EQ(CheckTicket(good, until), absl::OkStatus());
  ASSERT_EQ(good.clocks(0).verdict(), v1::CLOCK_VERDICT_BREACHED);
  ASSERT_EQ(good.clocks(0).runs_size(), 2);
  using Planting = void (*)(v1::Ticket&);
  const std::vector<std::pair<const char*, Planting>> plantings = {
      {"pause forgotten",
       [](v1::Ticket& t) { *t.mutable_clocks(0)->mutable_runs(0)->mutable_to() = ToProto(At(Minutes(22))); }},
      {"never paused", [](v1::Ticket& t) { t.mutable_clocks(1)->mutable_runs(0)->clear_to(); }},
      {"breached twice", [](v1::Ticket& t) { t.mutable_clocks(0)->set_judged(2); }},
      {"breach without an instant", [](v1::Ticket& t) { t.mutable_clocks(0)->clear_breached(); }},
      {"breached by nobody", [](v1::Ticket& t) { t.mutable_clocks(0)->clear_breached_by(); }},
      {"breach forgotten", [](v1::Ticket& t) { t.mutable_clocks(0)->set_verdict(v1::CLOCK_VERDICT_MET); }},
      {"ended without a word", [](v1::Ticket& t) { t.mutable_clocks(0)->clear_verdict(); }},
      {"two of a kind", [](v1::Ticket& t) { t.mutable_clocks(2)->set_kind(CLOCK_KIND_RESOLVE); }},
      {"misnumbered", [](v1::Ticket& t) { t.mutable_clocks(1)->set_number(5); }},
      {"of a hand-off that is not", [](v1::Ticket& t) { t.mutable_clocks(2)->set_handoff(3); }},
      {"signed already", [](v1::Ticket& t) { t.mutable_clocks(2)->set_kind(CLOCK_KIND_FIRST_REPLY); }},
      {"of no episode", [](v1::Ticket& t) { t.mutable_clocks(1)->set_episode(2); }},
      {"runs swapped", [](v1::Ticket& t) { t.mutable_clocks(0)->mutable_runs()->SwapElements(0, 1); }},
      {"spent more than it ran",
       [](v1::Ticket& t) { *t.mutable_clocks(0)->mutable_spent() = shoujie::ToProto(Hours(2)); }},
      {"due although judged",
       [](v1::Ticket& t) { *t.mutable_clocks(0)->mutable_dates()->mutable_due() = ToProto(At(Hours(2))); }},
      {"stands still",
       [](v1::Ticket& t) { *t.mutable_clocks(2)->mutable_runs(0)->mutable_to() = ToProto(At(Minutes(45))); }},
      {"warned twice",
       [](v1::Ticket& t) {
         t.mutable_clocks(1)->add_warned()->set_percent(75);
         t.mutable_clocks(1)->add_warned()->set_percent(75);
       }},
      {"awaited without a pause", [](v1::Ticket& t) { *t.mutable_awaiting_since() = ToProto(At(Minutes(20))); }},
      {"on a ticket without clocks", [](v1::Ticket& t) { t.clear_clocked(); }},
  };
  for (const auto& [what, plant] : plantings) {
    v1::Ticket bad = good;
    plant(bad);
    EXPECT_EQ(CheckTicket(bad, until).code(), absl::StatusCode::kDataLoss) << what;
  }
}

}  // namespace
}  // namespace shoujie::router
