// Whatever order agents and adapters act in, a contact keeps its invariants (`CheckContact`, asked after each command
// by the world), its timers come to rest, it needs at most one ticket, and its state and row follow from its events
// alone.
#include <random>

#include "services/interaction/projection.h"
#include "services/runtime/base/number.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

class Actors {
 public:
  Actors(World& w, uint32_t seed) : w_(w), random_(seed) {}

  void Step() {
    switch (Pick(18)) {
      case 0:
        return Done(w_.Offered(Stamp(), Pick(8)));
      case 1:
        return Done(w_.Queued(Stamp()));
      case 2:
        return Done(w_.LeftQueue(Stamp()));
      case 3:
        return Done(w_.Answered(Stamp(), Agent()));
      case 4:
        return Done(Pick(2) ? w_.Held(Stamp()) : w_.Resumed(Stamp()));
      case 5:
        return Done(w_.Ended(Stamp(), static_cast<v1::ReleaseParty>(1 + Pick(4))));
      case 6:
        return Done(w_.As(Agent(), v1::AcceptContactRequest()));
      case 7: {
        v1::HoldContactRequest request;
        request.set_consented(true);
        request.set_reason("look-up");
        request.mutable_announced_wait()->set_seconds(10);
        return Done(w_.As(Agent(), request));
      }
      case 8:
        return Done(w_.As(Agent(), v1::ResumeContactRequest()));
      case 9: {
        v1::TransferContactRequest request;
        request.set_to(Agent());
        request.set_responsible(Agent());
        request.set_anonymous(true);
        request.set_gist("gist");
        *request.mutable_deadline() = ToProto(w_.now() + absl::Hours(1));
        return Done(w_.As(Agent(), request));
      }
      case 10: {
        v1::WriteRecordRequest request;
        request.mutable_record()->set_anonymous(Pick(2));
        request.mutable_record()->set_phone(Pick(2) ? "+86571" : "");
        request.mutable_record()->set_matter("matter");
        return Done(w_.As(Agent(), request));
      }
      case 11:
        return Done(w_.As(Agent(), DisposeAnswered()));
      case 12: {
        const char* one[] = {"silent", "nuisance", "dropped", "wrong_number"};
        return Done(w_.As(Agent(), Pick(3) ? Dispose(one[Pick(4)]) : DisposeTicket()));
      }
      case 13:
        return Done(w_.As(Agent(), v1::UndoDispositionRequest()));
      case 14: {
        v1::AttributeContactRequest request;
        request.set_customer("customers/" + Number{Pick(4096), 1 + Pick(9), true}.ToString());
        return Done(w_.As(Agent(), request));
      }
      case 15: {
        v1::TakeOrderRequest request;
        request.set_name(World::kName);
        request.set_order(Order());
        return Done(w_.Send(request, World::Switch()));
      }
      case 16: {
        v1::ReportOrderResultRequest request;
        request.set_name(World::kName);
        request.set_order(Order());
        request.set_result(static_cast<v1::OrderState>(2 + Pick(4)));
        request.set_source("switch-1");
        request.set_external_id("call-8");
        return Done(w_.Send(request, World::Switch()));
      }
      default:
        return w_.Pass(absl::Seconds(Pick(120)));
    }
  }
  int accepted = 0;

 private:
  uint32_t Pick(uint32_t n) { return random_() % n; }
  std::string Agent() {
    const char* agents[] = {"1001", "1001", "1001", "1002", "1003", "1500"};
    return agents[Pick(6)];
  }
  std::string Order() { return absl::StrCat("0413-000127-6-O", 1 + Pick(3)); }
  double Stamp() { return absl::ToDoubleSeconds(w_.now() - World::Start()) - Pick(20); }
  void Done(const absl::Status& status) {
    accepted += status.ok();
    // Every refusal is typed and says what to do in both languages.
    if (status.ok()) return;
    EXPECT_FALSE(DetailOf(status).reason().empty()) << status;
    EXPECT_FALSE(DetailOf(status).zh().empty()) << status;
  }

  World& w_;
  std::mt19937 random_;
};

TEST(RandomTest, NoOrderOfActsBreaksAContact) {
  int accepted = 0, tickets = 0;
  for (uint32_t seed = 1; seed <= 1500; ++seed) {
    World w;
    ASSERT_TRUE(w.Offered(0).ok());
    Actors actors(w, seed);
    for (int step = 0; step < 40; ++step) actors.Step();
    w.Pass(absl::Hours(48));
    EXPECT_TRUE(w.type("contacts").Timers(w.contact).empty()) << "seed " << seed;
    accepted += actors.accepted;
    EXPECT_LE(w.Count(v1::Event::kTicketNeeded), 1) << "seed " << seed;
    tickets += w.Count(v1::Event::kTicketNeeded);

    v1::Contact folded;
    v1::ContactRow row;
    for (const auto& event : w.all) {
      Evolve(folded, event, EventContext{.stream = World::kName});
      ProjectContact(row, event, EventContext{.stream = World::kName});
    }
    ASSERT_EQ(folded.SerializeAsString(), w.contact.SerializeAsString()) << "seed " << seed;
    ASSERT_EQ(row.state(), w.contact.state()) << "seed " << seed;
    ASSERT_EQ(row.handler(), w.contact.handler()) << "seed " << seed;
    ASSERT_EQ(row.owner(), w.contact.owner()) << "seed " << seed;
    ASSERT_EQ(row.times().SerializeAsString(), w.contact.times().SerializeAsString()) << "seed " << seed;
    if (HasFailure()) break;
  }
  EXPECT_GT(accepted, 10'000);
  EXPECT_GT(tickets, 50);
}

}  // namespace
}  // namespace shoujie::interaction
