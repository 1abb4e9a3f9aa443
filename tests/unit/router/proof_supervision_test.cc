// The proof of supervision: whatever is broken in a ticket that holds is found, and whatever people send, it holds.
#include "services/router/domain/proof_supervision.h"

#include <random>
#include <utility>
#include <vector>

#include "tests/unit/router/supervision_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;

// One of a hand-off that ended with it, one that was answered and lifted, one that was publicly noticed and stands.
v1::Ticket Noticed() {
  SupervisionDesk desk;
  desk.Open().at(Hours(1)).by("1001");
  EXPECT_EQ(desk.Offer("tech", Hours(500)), absl::OkStatus());
  EXPECT_EQ(desk.by("2001").Supervise("", Hours(9), true), absl::OkStatus());
  EXPECT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(2)).Complete(), absl::OkStatus());
  EXPECT_EQ(desk.by("1001").Offer("warehouse", Hours(500)), absl::OkStatus());
  EXPECT_EQ(desk.by("2001").Supervise("", Hours(4)), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(3)).by("5100").Answer(), absl::OkStatus());
  EXPECT_EQ(desk.by("2001").Lift(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(5)).Supervise("", Hours(6)), absl::OkStatus());
  desk.at(Hours(6)).FireTimers();
  desk.at(Hours(24 * 8)).FireTimers();
  return desk.ticket();
}

TEST(SupervisionProofTest, EveryPlantingIsFound) {
  const v1::Ticket good = Noticed();
  ASSERT_EQ(CheckSupervision(good), absl::OkStatus());
  ASSERT_EQ(good.supervisions_size(), 3);
  ASSERT_EQ(good.public_notices(), 1u);
  using Planting = void (*)(v1::Supervision&, v1::Ticket&);
  // `one`: the last one, `t`: the ticket.
  const std::vector<std::pair<const char*, Planting>> plantings = {
      {"lost", [](v1::Supervision&, v1::Ticket& t) { t.mutable_supervisions()->DeleteSubrange(0, 1); }},
      {"nobody's", [](v1::Supervision& one, v1::Ticket&) { one.clear_supervisor(); }},
      {"the owner's", [](v1::Supervision& one, v1::Ticket&) { one.set_supervisor("1001"); }},
      {"of another owner", [](v1::Supervision& one, v1::Ticket&) { one.set_owner("1002"); }},
      {"without a cause", [](v1::Supervision& one, v1::Ticket&) { one.clear_cause(); }},
      {"of no episode", [](v1::Supervision& one, v1::Ticket&) { one.set_episode(2); }},
      {"asks nobody",
       [](v1::Supervision& one, v1::Ticket&) {
         one.clear_department();
         one.clear_responsible();
       }},
      {"no time", [](v1::Supervision& one, v1::Ticket&) { *one.mutable_deadline() = one.begun(); }},
      {"two at once",
       [](v1::Supervision&, v1::Ticket& t) {
         auto& second = *t.mutable_supervisions(1);
         second.clear_end();
         second.clear_ended();
         second.clear_ended_by();
       }},
      {"ended by nobody", [](v1::Supervision&, v1::Ticket& t) { t.mutable_supervisions(1)->clear_ended_by(); }},
      {"ended too early",
       [](v1::Supervision&, v1::Ticket& t) { *t.mutable_supervisions(1)->mutable_ended() = ToProto(At(Hours(1))); }},
      {"ended with no hand-off",
       [](v1::Supervision&, v1::Ticket& t) { t.mutable_supervisions(1)->set_end(v1::SUPERVISION_END_HANDOFF); }},
      {"of no hand-off", [](v1::Supervision&, v1::Ticket& t) { t.mutable_supervisions(0)->set_handoff(9); }},
      {"for a hand-off that is over", [](v1::Supervision& one, v1::Ticket&) { one.set_handoff(1); }},
      {"overdue although answered",
       [](v1::Supervision& one, v1::Ticket&) {
         one.set_answers(1);
         *one.mutable_answered() = one.begun();
         one.clear_noticed();
       }},
      {"answer without an instant", [](v1::Supervision& one, v1::Ticket&) { one.set_answers(1); }},
      {"overdue uncounted", [](v1::Supervision&, v1::Ticket& t) { t.clear_overdue_supervisions(); }},
      {"notice uncounted", [](v1::Supervision&, v1::Ticket& t) { t.clear_public_notices(); }},
      {"noticed and not overdue", [](v1::Supervision& one, v1::Ticket&) { one.clear_overdue(); }},
      {"noticed of nobody", [](v1::Supervision& one, v1::Ticket&) { one.clear_overdue_department(); }},
      {"noticed a millisecond early",
       [](v1::Supervision& one, v1::Ticket&) {
         *one.mutable_noticed() = ToProto(FromProto(one.notice_due()) - Milliseconds(1));
       }},
  };
  for (const auto& [what, plant] : plantings) {
    v1::Ticket bad = good;
    plant(*bad.mutable_supervisions(2), bad);
    EXPECT_EQ(CheckSupervision(bad).code(), absl::StatusCode::kDataLoss) << what;
    EXPECT_EQ(CheckTicket(bad, At(Hours(24 * 9))).code(), absl::StatusCode::kDataLoss) << what;
  }
}

// The desk proves the ticket after every record.
TEST(SupervisionProofTest, HoldsAfterAnythingThatPeopleDo) {
  const std::vector<std::string> people = {"1001", "1002", "2001", "2002", "9000", "9100", "5001", "5002", "5100"};
  int begun = 0, by_itself = 0, lifted = 0, overdue = 0, noticed = 0, refused = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    auto directory = SupervisionDirectory();
    directory.mutable_policies()->set_public_notice_after_days(static_cast<uint32_t>(pick(3)));
    directory.mutable_policies()->set_supervise_after_breaches(static_cast<uint32_t>(pick(4)));
    SupervisionDesk desk(directory);
    desk.Open();
    absl::Duration now = Hours(1);
    for (int step = 0; step < 200; ++step) {
      now += Milliseconds(pick(4) == 0 ? 0 : pick(9'000'000));
      desk.at(now).by(people[pick(people.size())]);
      if (pick(4) == 0) desk.by_operator();
      const std::string owner = desk.ticket().owner();
      bool may_move = false;
      absl::Status status;
      switch (pick(12)) {
        case 0:
          status = desk.Transfer(people[pick(5)]);
          may_move = true;
          break;
        case 1:
          status = desk.Offer(pick(2) ? "tech" : "warehouse", now + Hours(1));
          break;
        case 2:
          status = desk.Sign();
          break;
        case 3:
          status = desk.Complete();
          break;
        case 4:
          status = desk.Close(pick(2) ? v1::RESOLUTION_CODE_UNRESOLVED : v1::RESOLUTION_CODE_SOLVED);
          break;
        case 5:
          status = desk.Reopen();
          break;
        case 6:
          status = desk.Do(v1::UndoLastRequest());
          may_move = true;
          break;
        case 7:
          status = desk.Urge();
          break;
        case 8:
          status = desk.Supervise(pick(2) ? people[pick(people.size())] : "", now + Hours(pick(20) + 1), pick(3) == 0);
          break;
        case 9:
          status = desk.Answer();
          break;
        case 10:
          // Less often than they begin, so that some are left alone until they are overdue.
          if (pick(3) == 0) status = desk.Lift();
          break;
        case 11:
          status = desk.Prioritize(static_cast<uint32_t>(pick(4)));
          break;
      }
      refused += ReasonOf(status) == "SUPERVISED";
      // Reopened after its owner was gone is the only other way, and nobody leaves here.
      EXPECT_TRUE(may_move || desk.ticket().owner() == owner);
      desk.FireTimers();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << step;
    }
    for (const auto& one : desk.ticket().supervisions()) {
      ++begun;
      by_itself += one.cause() != v1::SUPERVISION_CAUSE_LEADER;
      lifted += one.end() == v1::SUPERVISION_END_LIFTED;
    }
    overdue += static_cast<int>(desk.ticket().overdue_supervisions());
    noticed += static_cast<int>(desk.ticket().public_notices());
  }
  EXPECT_GT(begun, 60);
  EXPECT_GT(by_itself, 10);
  EXPECT_GT(lifted, 10);
  EXPECT_GT(overdue, 20);
  EXPECT_GT(noticed, 5);
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace shoujie::router
