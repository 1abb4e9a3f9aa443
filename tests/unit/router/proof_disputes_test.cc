// The proof of disputes: whatever is broken in a ticket that holds is found, and whatever people send, it holds.
#include "services/router/domain/proof_disputes.h"

#include <random>

#include "tests/unit/router/dispute_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;

// Refused twice, ruled for the warehouse, which cannot do it: ruled for tech, which stalls and is confirmed.
v1::Ticket Ruled() {
  DisputeDesk desk;
  desk.Open().InDispute();
  EXPECT_EQ(desk.at(Hours(3)).by("9000").Rule("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(4)).by("5100").Ask("", v1::HANDOFF_REASON_CANNOT_BE_DONE), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(5)).by("9100").Rule("tech", Hours(90)), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(6)).by("5001").Sign(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(7)).Ask("", v1::HANDOFF_REASON_CANNOT_BE_DONE), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(8)).by("9000").Confirm("tech"), absl::OkStatus());
  desk.at(Hours(20)).FireTimers();
  EXPECT_EQ(desk.by("2001").Transfer("1002"), absl::OkStatus());
  return desk.ticket();
}

TEST(DisputeProofTest, EveryPlantingIsFound) {
  const v1::Ticket good = Ruled();
  ASSERT_EQ(CheckDisputes(good), absl::OkStatus());
  ASSERT_EQ(good.adjudications_size(), 3);
  ASSERT_EQ(good.stalls(), 1u);
  using Planting = void (*)(v1::Ticket&);
  const std::vector<std::pair<const char*, Planting>> plantings = {
      {"dispute lost", [](v1::Ticket& t) { t.mutable_adjudications()->DeleteSubrange(0, 1); }},
      {"dispute of no episode", [](v1::Ticket& t) { t.mutable_adjudications(0)->set_episode(2); }},
      {"nobody asked to rule", [](v1::Ticket& t) { t.mutable_adjudications(0)->clear_arbiter(); }},
      {"no time for the ruling",
       [](v1::Ticket& t) { *t.mutable_adjudications(0)->mutable_deadline() = t.adjudications(0).requested(); }},
      {"two disputes at once", [](v1::Ticket& t) { t.mutable_adjudications(1)->clear_ruled(); }},
      {"arbiter of a party",
       [](v1::Ticket& t) {
         auto& open = *t.add_adjudications();
         open = t.adjudications(0);
         open.set_number(4);
         open.clear_ruled();
         open.add_arbiter_of("warehouse");
       }},
      {"ruled by a party", [](v1::Ticket& t) { t.mutable_adjudications(0)->add_ruled_by_of("tech"); }},
      {"ruled by whose department has to do it",
       [](v1::Ticket& t) {
         t.mutable_adjudications(0)->clear_parties();
         t.mutable_adjudications(0)->add_ruled_by_of("warehouse");
       }},
      {"ruled by the owner", [](v1::Ticket& t) { t.mutable_adjudications(0)->set_ruled_by("agents/1001"); }},
      {"ruled by nobody", [](v1::Ticket& t) { t.mutable_adjudications(0)->clear_ruled_by(); }},
      {"ruled too early", [](v1::Ticket& t) { *t.mutable_adjudications(0)->mutable_ruled() = ToProto(At(Hours(1))); }},
      {"owner moved by a ruling", [](v1::Ticket& t) { t.mutable_adjudications(0)->set_owner("1002"); }},
      {"owner moved by nobody's act",
       [](v1::Ticket& t) { t.mutable_ownership(1)->set_reason(v1::OWNER_REASON_UNSPECIFIED); }},
      {"ruled for nobody", [](v1::Ticket& t) { t.mutable_adjudications(0)->set_ruled_handoff(0); }},
      {"ruled for a hand-off that is not there",
       [](v1::Ticket& t) { t.mutable_adjudications(0)->set_ruled_handoff(9); }},
      {"ruled for another department", [](v1::Ticket& t) { t.mutable_adjudications(0)->set_department("tech"); }},
      {"custody a millisecond late",
       [](v1::Ticket& t) { *t.mutable_handoffs(3)->mutable_offered() = ToProto(At(Hours(3) + Milliseconds(1))); }},
      {"ruling forgotten", [](v1::Ticket& t) { t.mutable_handoffs(3)->set_ruling(0); }},
      {"ruling that there is not", [](v1::Ticket& t) { t.mutable_handoffs(3)->set_ruling(9); }},
      {"ruling of another hand-off", [](v1::Ticket& t) { t.mutable_handoffs(3)->set_ruling(2); }},
      {"refused against a ruling", [](v1::Ticket& t) { t.mutable_handoffs(3)->set_state(v1::HANDOFF_STATE_REFUSED); }},
      {"returned against a ruling",
       [](v1::Ticket& t) { t.mutable_handoffs(3)->set_state(v1::HANDOFF_STATE_RETURNED); }},
      {"withdrawn against a ruling",
       [](v1::Ticket& t) { t.mutable_handoffs(3)->set_state(v1::HANDOFF_STATE_WITHDRAWN); }},
      {"taken away by no ruling",
       [](v1::Ticket& t) { *t.mutable_handoffs(2)->mutable_ended() = ToProto(At(Hours(3) + Milliseconds(1))); }},
      {"given back beyond the budget",
       [](v1::Ticket& t) {
         t.mutable_handoffs(2)->set_state(v1::HANDOFF_STATE_REFUSED);
         t.mutable_handoffs(2)->set_refusal_budget(2);
       }},
      {"given back where none may", [](v1::Ticket& t) { t.mutable_handoffs(0)->set_refusal_budget(0); }},
      {"stall uncounted", [](v1::Ticket& t) { t.set_stalls(0); }},
  };
  for (const auto& [what, plant] : plantings) {
    v1::Ticket bad = good;
    plant(bad);
    EXPECT_EQ(CheckDisputes(bad).code(), absl::StatusCode::kDataLoss) << what;
    EXPECT_EQ(CheckTicket(bad, At(Hours(30))).code(), absl::StatusCode::kDataLoss) << what;
  }
}

// The desk proves the ticket after every record. No ruling, request or stall moves the owner; nobody gives a ticket
// back more often than twice between rulings.
TEST(DisputeProofTest, HoldsAfterAnythingThatPeopleDo) {
  const std::vector<std::string> people = {"1001", "1002", "2001", "9000", "9100", "5001", "5002", "5100", "5003"};
  const std::vector<std::string> departments = {"tech", "warehouse"};
  int rulings = 0, budgets_spent = 0, stalls = 0, reassigned = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    auto directory = DisputeDirectory();
    if (pick(3) == 0) directory.mutable_departments(0)->set_refusal_budget(static_cast<uint32_t>(pick(3)));
    if (pick(3) == 0) directory.mutable_departments(1)->add_deputies("9000");
    DisputeDesk desk(directory);
    desk.Open();
    absl::Duration now = Hours(1);
    for (int step = 0; step < 250; ++step) {
      now += Milliseconds(pick(4) == 0 ? 0 : pick(3'000'000));
      desk.at(now).by(people[pick(people.size())]);
      if (pick(4) == 0) desk.by_operator();
      const std::string owner = desk.ticket().owner();
      const uint32_t given_back = GivenBack(desk.ticket());
      bool may_move = false;
      absl::Status status;
      switch (pick(13)) {
        case 0:
          status = desk.Transfer(pick(2) ? "1001" : "9000");
          may_move = true;
          break;
        case 1:
        case 2:
          status = desk.Offer(departments[pick(2)], now + Hours(1));
          break;
        case 3:
          status = desk.Sign();
          break;
        case 4:
          status = desk.Refuse();
          break;
        case 5:
          status = desk.Return();
          break;
        case 6:
          status = desk.Ask(pick(2) ? departments[pick(2)] : "",
                            pick(2) ? v1::HANDOFF_REASON_CANNOT_BE_DONE : v1::HANDOFF_REASON_NOT_OUR_DUTY);
          break;
        case 7:
          status = desk.Rule(departments[pick(2)], now + Hours(5));
          break;
        case 8:
          status = pick(2) ? desk.BackToOwner() : desk.Confirm(departments[pick(2)]);
          break;
        case 9:
          status = pick(2) ? desk.Complete() : desk.Progress();
          break;
        case 10:
          status = pick(4) ? desk.Reopen() : desk.Close();
          break;
        case 11:
          status = desk.Do(v1::UndoLastRequest());
          may_move = true;
          break;
        case 12:
          status = desk.Do(v1::WithdrawHandoffRequest());
          break;
      }
      budgets_spent += ReasonOf(status) == "REFUSAL_BUDGET_SPENT";
      for (const auto& event : desk.events()) {
        rulings += event.has_adjudication_ruled();
        reassigned += event.has_handoff_reassigned();
      }
      EXPECT_TRUE(may_move || desk.ticket().owner() == owner);
      EXPECT_LE(GivenBack(desk.ticket()), std::max(given_back, 2u));
      desk.FireTimers();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << step;
    }
    stalls += static_cast<int>(desk.ticket().stalls());
  }
  EXPECT_GT(rulings, 50);
  EXPECT_GT(reassigned, 20);
  EXPECT_GT(budgets_spent, 20);
  EXPECT_GT(stalls, 20);
}

}  // namespace
}  // namespace shoujie::router
