// Breach explained (F088): interval by interval, per party, and by two directory versions.
#include "services/router/domain/explain.h"

#include <random>
#include <set>

#include "services/router/domain/limits.h"
#include "tests/unit/router/clock_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

// Flow 3 of the domain page: a clock that is paused, a policy that is republished meanwhile, a breach.
class ExplainTest : public testing::Test {
 protected:
  void Live() {
    desk.Open().by("1001").at(Hours(1));
    ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
    ASSERT_EQ(desk.by("5001").at(Hours(2)).Sign(), absl::OkStatus());
    ASSERT_EQ(desk.Await(), absl::OkStatus());
    desk.Publish(ClockDirectory(8));
    ASSERT_EQ(desk.by("1003").at(Hours(4) + Minutes(30)).EndWait(), absl::OkStatus());  // 13:30
    desk.at(Hours(7)).FireAll();
    ASSERT_EQ(desk.by("5001").at(Hours(8)).Complete(), absl::OkStatus());  // 17:00
  }
  // The lines of the last clock of this kind.
  std::vector<v1::ExplanationLine> Lines(directory::v1::ClockKind kind, const Reference* as = nullptr) {
    ExplainedBy by{{{7, &seven}, {8, &eight}}, as == nullptr ? &eight : as};
    return Explain(desk.ticket(), desk.clock(kind).number(), At(Hours(9)), by);
  }
  static std::string Told(const std::vector<v1::ExplanationLine>& lines) {
    std::string all;
    for (const auto& line : lines) {
      const auto clock = [](const google::protobuf::Timestamp& t) {
        return absl::FormatTime("%H:%M", FromProto(t), absl::UTCTimeZone());
      };
      absl::StrAppend(&all, v1::ExplanationKind_Name(line.what()).substr(17), " ", clock(line.from()));
      if (line.has_to()) absl::StrAppend(&all, "-", clock(line.to()));
      if (!line.party().id().empty()) absl::StrAppend(&all, " ", line.party().id());
      absl::StrAppend(&all, " ", absl::FormatDuration(ToDuration(line.total())), "\n");
    }
    return all;
  }

  ClockDesk desk;
  Reference seven{ClockDirectory(7)}, eight{ClockDirectory(8)};
};

TEST_F(ExplainTest, EveryMinuteIsToldWithWhoHeldItAndWhetherItCounted) {
  Live();
  EXPECT_EQ(Told(Lines(CLOCK_KIND_CUSTODY)),
            "STARTED 10:00 tech 0\n"
            "WORKING 10:00-11:00 tech 1h\n"
            "PAUSED 11:00-13:30 tech 1h\n"
            "WORKING 13:30-15:30 tech 3h\n"
            "WARNED 15:30 3h\n"
            "WORKING 15:30-16:30 tech 4h\n"
            "BREACHED 16:30 tech 4h\n"
            "WORKING 16:30-17:00 tech 4h30m\n"
            "ENDED 17:00 4h30m\n"
            "SHARE 17:00 tech 4h30m\n"
            "JUDGED 17:00 4h30m\n"
            "WOULD_BE 17:00 4h30m\n");
  EXPECT_EQ(Told(Lines(CLOCK_KIND_RESOLVE)),
            "STARTED 09:00 1001 0\n"
            "WORKING 09:00-10:00 1001 1h\n"
            "WORKING 10:00-11:00 tech 2h\n"
            "PAUSED 11:00-13:30 tech 2h\n"
            "WORKING 13:30-17:00 tech 5h30m\n"
            "WORKING 17:00-18:00 1001 6h30m\n"
            "SHARE 18:00 1001 6h30m\n"
            "SHARE 18:00 tech 6h30m\n"
            "JUDGED 18:00 6h30m\n"
            "WOULD_BE 18:00 6h30m\n");
}

TEST_F(ExplainTest, EachPartysShareIsOfWhatCountedWhileItHeldTheTicket) {
  Live();
  const auto lines = Lines(CLOCK_KIND_RESOLVE);
  const auto share = [&](const std::string& party) {
    for (const auto& line : lines) {
      if (line.what() == v1::EXPLANATION_KIND_SHARE && line.party().id() == party) return ToDuration(line.counted());
    }
    return absl::InfiniteDuration();
  };
  EXPECT_EQ(share("1001"), Hours(2));
  EXPECT_EQ(share("tech"), Hours(4) + Minutes(30));
}

TEST_F(ExplainTest, NoonAndNightsAreToldToo) {
  desk.Open().by("1001").at(Minutes(10));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  const auto told = Told(Lines(CLOCK_KIND_SIGN));
  EXPECT_NE(told.find("NOT_WORKING 12:00-13:00 tech 2h50m\n"), std::string::npos) << told;
  const auto lines = Lines(CLOCK_KIND_SIGN);
  EXPECT_EQ(lines[1].calendar(), "office");
  EXPECT_EQ(lines[1].directory_version(), 7u);
  EXPECT_EQ(lines[1].custody(), v1::CUSTODY_KIND_OFFERED);
  EXPECT_NE(lines[1].en().find("department tech"), std::string::npos) << lines[1].en();
  EXPECT_NE(lines[1].zh().find("部门 tech"), std::string::npos) << lines[1].zh();
}

TEST_F(ExplainTest, BothVerdictsAreTold) {
  Live();
  const auto verdicts = [&](const directory::v1::Directory& directory) {
    const Reference as(directory);
    const auto lines = Lines(CLOCK_KIND_CUSTODY, &as);
    EXPECT_EQ(lines[lines.size() - 2].what(), v1::EXPLANATION_KIND_JUDGED);
    EXPECT_EQ(lines[lines.size() - 2].verdict(), v1::CLOCK_VERDICT_BREACHED) << "what was judged stays judged";
    EXPECT_EQ(lines[lines.size() - 2].directory_version(), 7u);
    EXPECT_EQ(lines.back().what(), v1::EXPLANATION_KIND_WOULD_BE);
    EXPECT_EQ(lines.back().directory_version(), directory.version());
    return lines.back();
  };
  auto later = ClockDirectory(9);
  EXPECT_EQ(verdicts(later).verdict(), v1::CLOCK_VERDICT_BREACHED);
  EXPECT_EQ(FromProto(verdicts(later).due()), At(Hours(7) + Minutes(30)));

  *TargetIn(&later, CLOCK_KIND_CUSTODY)->mutable_target() = shoujie::ToProto(Hours(4) + Minutes(30));
  EXPECT_EQ(verdicts(later).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_EQ(ToDuration(verdicts(later).target()), Hours(4) + Minutes(30));

  TargetIn(&later, CLOCK_KIND_CUSTODY)->set_runs_while_waiting(true);
  const auto waiting = verdicts(later);
  EXPECT_EQ(waiting.verdict(), v1::CLOCK_VERDICT_BREACHED);
  EXPECT_EQ(ToDuration(waiting.counted()), Hours(6)) << "10–12 and 13–17";
  EXPECT_EQ(FromProto(waiting.due()), At(Hours(6) + Minutes(30)));

  later.mutable_calendars(0)->add_days()->set_date("2026-03-02");  // it was a holiday after all
  EXPECT_EQ(verdicts(later).verdict(), v1::CLOCK_VERDICT_MET);

  later.clear_sla_policies();
  EXPECT_EQ(verdicts(later).verdict(), v1::CLOCK_VERDICT_UNSPECIFIED);
  EXPECT_EQ(verdicts(later).policy(), "");
}

TEST_F(ExplainTest, VersionsAreThoseWhoseCalendarsCounted) {
  Live();
  EXPECT_EQ(VersionsOf(desk.ticket(), 1), std::set<uint64_t>({7}));
  EXPECT_EQ(VersionsOf(desk.ticket(), desk.clock(CLOCK_KIND_CUSTODY).number()), std::set<uint64_t>({7, 8}));
}

TEST_F(ExplainTest, ALongLifeIsCutAtItsBeginning) {
  desk.Open();
  ExplainedBy by{{{7, &seven}}, &seven};
  const auto lines = Explain(desk.ticket(), 1, At(Hours(24 * 200)), by);
  EXPECT_LT(lines.size(), kExplanationLinesMax + 10);
  EXPECT_EQ(lines[1].what(), v1::EXPLANATION_KIND_CUT);
  EXPECT_GT(ToDuration(lines.back().total()), Hours(8 * 140)) << "what is left out is in the sum";
}

// Random lives: what the lines add up to is what was recorded, and the same policies judge the same again.
TEST(ExplainRandomTest, SumsAndVerdictsAreThoseOfTheRecord) {
  std::mt19937 random(1);
  size_t breached = 0, met = 0, continued = 0;
  for (int life = 0; life < 200; ++life) {
    ClockDesk desk;
    desk.Open();
    absl::Duration at = Minutes(3);
    for (int act = 0; act < 25; ++act) {
      at += absl::Milliseconds(random() % (random() % 4 == 0 ? 20'000'000 : 3'000'000));
      desk.at(at).by("9000");
      if (random() % 2 == 0) desk.FireAll();
      const auto* handoff = ActiveHandoff(desk.ticket());
      absl::Status status;
      switch (random() % 10) {
        case 0:
        case 1:
          status = IsWaiting(desk.ticket()) ? desk.EndWait() : desk.Await();
          break;
        case 2:
          status = IsOver(desk.ticket().state()) ? desk.Do(v1::UndoLastRequest()) : desk.Close();
          break;
        case 3:
          status = IsOver(desk.ticket().state()) ? desk.Reopen() : absl::OkStatus();
          break;
        case 4: {
          v1::RequestExtensionRequest request;
          *request.mutable_time() = shoujie::ToProto(Minutes(random() % 300 + 1));
          request.set_reason("more time");
          v1::AnswerExtensionRequest answer;
          answer.set_approve(random() % 3 != 0);
          if (desk.Do(request).ok()) status = desk.Do(answer);
          break;
        }
        default:
          if (handoff == nullptr) {
            status = desk.Offer("tech", at + Hours(24));
          } else if (handoff->state() == v1::HANDOFF_STATE_OFFERED) {
            status = random() % 4 == 0 ? desk.Do(v1::WithdrawHandoffRequest()) : desk.by("5001").Sign();
          } else {
            status = random() % 2 == 0 ? desk.by("5001").Progress() : desk.by("5001").Complete();
          }
      }
    }
    const Reference reference(ClockDirectory());
    const ExplainedBy by{{{7, &reference}}, &reference};
    for (const auto& clock : desk.ticket().clocks()) {
      const auto lines = Explain(desk.ticket(), clock.number(), At(at), by);
      ASSERT_GE(lines.size(), 3u);
      if (clock.has_ended()) {
        EXPECT_EQ(ToDuration(lines.back().total()), ToDuration(clock.spent())) << clock.number();
      }
      const WouldBe again = JudgeBy(desk.ticket(), clock, At(at), reference);
      ASSERT_NE(again.policy, nullptr);
      const bool unheard = !clock.has_ended() && clock.dates().has_due() && FromProto(clock.dates().due()) < At(at);
      if (!unheard) {
        EXPECT_EQ(again.verdict, clock.verdict()) << clock.DebugString() << desk.ticket().DebugString();
      }
      if (clock.has_breached()) {
        EXPECT_EQ(again.due, FromProto(clock.breached()));
      }
      breached += clock.verdict() == v1::CLOCK_VERDICT_BREACHED;
      met += clock.verdict() == v1::CLOCK_VERDICT_MET;
      continued += clock.continues() != 0;
    }
  }
  EXPECT_GT(breached, 100u);
  EXPECT_GT(met, 100u);
  EXPECT_GT(continued, 10u);
}

}  // namespace
}  // namespace shoujie::router
