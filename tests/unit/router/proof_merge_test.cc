// What must hold of a ticket that is merged, and of one that has duplicates: each planting is found.
#include "services/router/domain/proof_merge.h"

#include "services/router/domain/limits.h"
#include "tests/unit/router/merge_rig.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;

// One thing after the other is broken in tickets that hold; each must be found.
TEST(ProofMergeTest, EveryPlantingIsFound) {
  MergeRig rig;
  rig.at(Hours(1));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  const v1::Ticket asking = rig[1].ticket();
  rig.Deliver();
  const v1::Ticket merged = rig[1].ticket(), other = rig[2].ticket();
  rig.at(Hours(2));
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  rig.Deliver();
  const v1::Ticket unmerged = rig[1].ticket();
  ASSERT_EQ(rig.Merge(1, MergeRig::Name(99)), absl::OkStatus());
  rig.Deliver();
  const v1::Ticket declined = rig[1].ticket();
  const absl::Time until = At(Hours(8));
  for (const auto* good : {&asking, &merged, &other, &unmerged, &declined}) {
    ASSERT_EQ(CheckTicket(*good, until), absl::OkStatus());
  }
  using Planting = void (*)(v1::Ticket&);
  struct Broken {
    const char* what;
    const v1::Ticket* of;
    Planting plant;
  };
  const std::vector<Broken> plantings = {
      {"merged by its state alone", &unmerged, [](v1::Ticket& t) { t.set_state(v1::TICKET_STATE_MERGED); }},
      {"merged by its merge alone", &other,
       [](v1::Ticket& t) { t.mutable_merge()->set_state(v1::MERGE_STATE_MERGED); }},
      {"merged and worked on", &merged, [](v1::Ticket& t) { t.set_state(v1::TICKET_STATE_ACTIVE); }},
      {"the owner holds it", &merged,
       [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody()->rbegin()->set_kind(v1::CUSTODY_KIND_OWNER); }},
      {"somebody else's custody", &merged,
       [](v1::Ticket& t) { t.mutable_episodes(0)->mutable_custody()->rbegin()->mutable_party()->set_id("1003"); }},
      {"into itself", &merged, [](v1::Ticket& t) { t.mutable_merge()->set_into(t.name()); }},
      {"into nothing", &asking, [](v1::Ticket& t) { t.mutable_merge()->clear_into(); }},
      {"by nobody", &merged, [](v1::Ticket& t) { t.mutable_merge()->clear_by(); }},
      {"without a number", &merged, [](v1::Ticket& t) { t.mutable_merge()->clear_number(); }},
      {"without an instant", &merged, [](v1::Ticket& t) { t.mutable_merge()->clear_merged(); }},
      {"not asked", &asking, [](v1::Ticket& t) { t.mutable_merge()->clear_requested(); }},
      {"taken back before", &unmerged,
       [](v1::Ticket& t) { *t.mutable_merge()->mutable_unmerged() = ToProto(At(Minutes(59))); }},
      {"merged before it was asked", &merged,
       [](v1::Ticket& t) { *t.mutable_merge()->mutable_merged() = ToProto(At(Minutes(59))); }},
      {"declined without a reason", &declined, [](v1::Ticket& t) { t.mutable_merge()->clear_reason(); }},
      {"held as merged too often", &unmerged, [](v1::Ticket& t) { t.clear_merge(); }},
      {"merged with duplicates", &merged, [](v1::Ticket& t) { t.add_duplicates()->set_ticket("tickets/x"); }},
      {"asking with duplicates", &asking, [](v1::Ticket& t) { t.add_duplicates()->set_ticket("tickets/x"); }},
      {"its own duplicate", &other, [](v1::Ticket& t) { t.mutable_duplicates(0)->set_ticket(t.name()); }},
      {"nobody is its duplicate", &other, [](v1::Ticket& t) { t.mutable_duplicates(0)->clear_ticket(); }},
      {"listed twice", &other, [](v1::Ticket& t) { *t.add_duplicates() = t.duplicates(0); }},
      {"too many duplicates", &other,
       [](v1::Ticket& t) {
         for (int n = 0; n < kDuplicatesMax; ++n) t.add_duplicates()->set_ticket(absl::StrCat("tickets/", n));
       }},
      {"a clock runs on", &merged,
       [](v1::Ticket& t) {
         auto& clock = *t.mutable_clocks(1);
         clock.clear_ended();
         clock.clear_verdict();
         clock.mutable_runs()->rbegin()->clear_to();
       }},
  };
  for (const auto& [what, of, plant] : plantings) {
    v1::Ticket bad = *of;
    plant(bad);
    EXPECT_EQ(CheckTicket(bad, until).code(), absl::StatusCode::kDataLoss) << what;
  }
}


}  // namespace
}  // namespace shoujie::router
