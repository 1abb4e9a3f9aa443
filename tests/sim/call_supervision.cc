#include "tests/sim/call_supervision.h"

#include <cstdint>

#include "shoujie/router/v1/commands.pb.h"
#include "tests/sim/call_steps.h"

namespace shoujie::testing {

namespace ro = router::v1;

void AddSupervisionPolicies(sim::Random& random, directory::v1::Directory* directory) {
  for (const char* feature : {"supervision", "fast-lane", "urging"}) directory->add_features()->set_name(feature);
  auto& policies = *directory->mutable_policies();
  *policies.mutable_supervision_answer_within() = Span(absl::Seconds(random.Between(20, 900)));
  policies.set_supervise_after_notices(static_cast<uint32_t>(random.Below(3)));
  policies.set_supervise_after_breaches(static_cast<uint32_t>(random.Below(4)));
  policies.set_public_notice_after_days(static_cast<uint32_t>(random.Below(2)));
  policies.set_fast_lane_priority(static_cast<uint32_t>(random.Below(3)));
}

std::unique_ptr<google::protobuf::Message> SupervisionStep(sim::Random& random, absl::Time now,
                                                           const std::string& ticket) {
  const uint64_t x = random.Below(100);
  if (x < 30) {
    auto supervise = On<ro::SuperviseTicketRequest>(ticket);
    supervise->set_reason("the third complaint of the street");
    // The head, the leader, somebody who may not.
    if (random.Chance(900)) supervise->set_supervisor(random.Chance(600) ? "1000" : "1006");
    if (random.Chance(700)) *supervise->mutable_deadline() = Stamp(now + absl::Seconds(random.Between(20, 3600)));
    supervise->set_handoff_only(random.Chance(300));
    return supervise;
  }
  if (x < 50) {
    auto answer = On<ro::AnswerSupervisionRequest>(ticket);
    answer->set_text("the part is ordered");
    return answer;
  }
  if (x < 60) {
    auto lift = On<ro::LiftSupervisionRequest>(ticket);
    lift->set_finding("repaired, the customer confirms");
    return lift;
  }
  if (x < 85) {
    auto urge = On<ro::UrgeTicketRequest>(ticket);
    urge->set_reason("the customer called again");
    return urge;
  }
  auto prioritize = On<ro::PrioritizeTicketRequest>(ticket);
  prioritize->set_priority(static_cast<uint32_t>(random.Below(4)));
  prioritize->set_reason("water runs into the flat below");
  return prioritize;
}

void ForgetSupervision(router::v1::Ticket* ticket) {
  for (auto& one : *ticket->mutable_supervisions()) *one.mutable_ended() = one.begun();
}

}  // namespace shoujie::testing
