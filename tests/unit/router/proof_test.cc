#include <random>

#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;

v1::Ticket Lived() {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  EXPECT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(2)).by("5001").Sign(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(3)).Complete(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(4)).by("1001").Transfer("1002"), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(5)).by("1002").Close(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(6)).Reopen(), absl::OkStatus());
  EXPECT_EQ(desk.at(Hours(7)).Offer("warehouse"), absl::OkStatus());
  return desk.ticket();
}

// One thing after the other is broken in a ticket that holds; each must be found.
TEST(ProofTest, EveryPlantingIsFound) {
  const v1::Ticket good = Lived();
  const absl::Time until = At(Hours(8));
  ASSERT_EQ(CheckTicket(good, until), absl::OkStatus());
  using Planting = void (*)(v1::Ticket&);
  const std::vector<std::pair<const char*, Planting>> plantings = {
      {"custody gap",
       [](v1::Ticket& t) {
         *t.mutable_episodes(0)->mutable_custody(1)->mutable_to() = ToProto(At(Hours(2) - Milliseconds(1)));
       }},
      {"custody overlap",
       [](v1::Ticket& t) {
         *t.mutable_episodes(0)->mutable_custody(1)->mutable_to() = ToProto(At(Hours(2) + Milliseconds(1)));
       }},
      {"custody lost", [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody()->DeleteSubrange(1, 1); }},
      {"custody never ends", [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody(0)->clear_to(); }},
      {"custody ends today",
       [](v1::Ticket& t) {
         *t.mutable_episodes(1)->mutable_custody()->rbegin()->mutable_to() = ToProto(At(Hours(8)));
       }},
      {"another holder",
       [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody(0)->mutable_party()->set_id("1003"); }},
      {"another department",
       [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody(1)->mutable_party()->set_id("warehouse"); }},
      {"custody without hand-off", [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody(1)->set_handoff(9); }},
      {"owner gap", [](v1::Ticket& t) { *t.mutable_ownership(0)->mutable_to() = ToProto(At(Hours(3))); }},
      {"owner lost", [](v1::Ticket& t) { t.clear_owner(); }},
      {"owner chain lost", [](v1::Ticket& t) { t.clear_ownership(); }},
      {"owner chain ends", [](v1::Ticket& t) { *t.mutable_ownership(1)->mutable_to() = ToProto(At(Hours(8))); }},
      {"two owners", [](v1::Ticket& t) { *t.add_ownership() = t.ownership(1); }},
      {"nameless owner", [](v1::Ticket& t) { t.mutable_ownership(0)->clear_owner(); }},
      {"owner swapped", [](v1::Ticket& t) { t.mutable_ownership(0)->set_owner("1003"); }},
      {"life begins later", [](v1::Ticket& t) { *t.mutable_open_time() = ToProto(At(Hours(1))); }},
      {"episode lost", [](v1::Ticket& t) { t.mutable_episodes()->DeleteSubrange(0, 1); }},
      {"episodes swapped", [](v1::Ticket& t) { t.mutable_episodes()->SwapElements(0, 1); }},
      {"resolution lost", [](v1::Ticket& t) { t.mutable_episodes(0)->clear_resolution(); }},
      {"closed without code", [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_resolution()->clear_code(); }},
      {"closed without record", [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_resolution()->clear_record(); }},
      {"never reopened", [](v1::Ticket& t) { t.mutable_episodes(0)->clear_closed(); }},
      {"closed earlier", [](v1::Ticket& t) { *t.mutable_episodes(0)->mutable_closed() = ToProto(At(Hours(4))); }},
      {"two hand-offs at once", [](v1::Ticket& t) { t.mutable_handoffs(0)->set_state(v1::HANDOFF_STATE_SIGNED); }},
      {"hand-off forgotten", [](v1::Ticket& t) { t.mutable_handoffs()->RemoveLast(); }},
      {"state of another", [](v1::Ticket& t) { t.set_state(v1::TICKET_STATE_ACTIVE); }},
      {"closed by state alone", [](v1::Ticket& t) { t.set_state(v1::TICKET_STATE_CLOSED); }},
  };
  for (const auto& [what, plant] : plantings) {
    v1::Ticket bad = good;
    plant(bad);
    EXPECT_EQ(CheckTicket(bad, until).code(), absl::StatusCode::kDataLoss) << what;
  }
}

TEST(ProofTest, ATicketThatWasNeverOpenedHolds) {
  EXPECT_EQ(CheckTicket(v1::Ticket(), At(Hours(1))), absl::OkStatus());
}

// Whatever people send, in whatever order: the proof holds after every record (the desk checks it), no instant is
// counted twice, and the owner moves by transfer and correction alone.
TEST(ProofTest, HoldsAfterAnythingThatPeopleDo) {
  const std::vector<std::string> people = {"1001", "1002", "1003", "1009", "2001", "2101",
                                           "9000", "5001", "5002", "5100", "4711"};
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    Desk desk;
    desk.Open();
    absl::Duration now = Hours(1);
    size_t accepted = 0;
    for (int step = 0; step < 250; ++step) {
      now += Milliseconds(pick(4) == 0 ? 0 : pick(2'000'000));
      desk.at(now).by(people[pick(people.size())]);
      if (pick(5) == 0) desk.by_operator();
      const std::string owner = desk.ticket().owner();
      const uint64_t version = desk.version();
      bool may_move = false;
      switch (pick(17)) {
        case 0:
          (void)desk.Transfer(people[pick(people.size())]);
          may_move = true;
          break;
        case 1:
        case 2:
          (void)desk.Offer(pick(2) ? "tech" : "warehouse", now + Hours(1));
          break;
        case 3:
        case 4:
          (void)desk.Sign();
          break;
        case 5:
          (void)desk.Complete();
          break;
        case 6: {
          v1::RefuseHandoffRequest request;
          request.set_reason(v1::HANDOFF_REASON_DUPLICATE);
          request.set_evidence("see 0413-000126-8");
          (void)desk.Do(request);
          break;
        }
        case 7: {
          v1::ReturnHandoffRequest request;
          request.set_reason(v1::HANDOFF_REASON_OTHER_REGION);
          request.set_evidence("map");
          (void)desk.Do(request);
          break;
        }
        case 8:
          (void)desk.Close(pick(3) ? v1::RESOLUTION_CODE_SOLVED : v1::RESOLUTION_CODE_UNRESOLVED);
          break;
        case 9:
          (void)desk.Reopen();
          break;
        case 10:
          (void)desk.Do(v1::UndoLastRequest());
          may_move = true;
          break;
        case 11:
          (void)desk.Do(v1::WithdrawHandoffRequest());
          break;
        case 12:
        case 13: {
          v1::RequestAssistRequest request;
          request.set_department(pick(2) ? "tech" : "warehouse");
          *request.mutable_deadline() = ToProto(At(now + Hours(1)));
          request.set_gist("is the part in stock?");
          (void)desk.Do(request);
          break;
        }
        case 14:
          (void)desk.Do(v1::SignAssistRequest());
          break;
        case 15: {
          v1::CompleteAssistRequest request;
          request.set_result("two in stock");
          (void)desk.Do(request);
          break;
        }
        case 16:
          (void)desk.Do(v1::WithdrawAssistRequest());
          break;
      }
      EXPECT_TRUE(may_move || desk.ticket().owner() == owner);
      desk.FireTimers();
      accepted += desk.version() != version;
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << step;
    }
    EXPECT_GT(accepted, 10u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace shoujie::router
