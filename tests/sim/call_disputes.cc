#include "tests/sim/call_disputes.h"

#include "google/protobuf/util/time_util.h"
#include "services/router/domain/disputes.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/sim/call_steps.h"

namespace shoujie::testing {
namespace {

using google::protobuf::util::TimeUtil;
namespace ro = router::v1;

google::protobuf::Duration Seconds(uint64_t n) { return TimeUtil::SecondsToDuration(static_cast<int64_t>(n)); }
google::protobuf::Timestamp Soon(sim::Random& random, absl::Time now) {
  return TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(now + absl::Seconds(random.Between(20, 3600))));
}

}  // namespace

void AddDisputePolicies(sim::Random& random, directory::v1::Directory* directory) {
  directory->add_features()->set_name(router::kDisputesFeature);
  // Somebody above two sites: the first one's head may be a party, or own the ticket.
  auto* site = directory->add_sites();
  site->set_id("south");
  site->set_time_zone("Asia/Shanghai");
  site->set_head("1100");
  auto* head = directory->add_agents();
  head->set_id("1100");
  head->set_site("south");
  head->set_role(directory::v1::AGENT_ROLE_HEAD);
  auto& policies = *directory->mutable_policies();
  policies.set_refusal_budget(static_cast<uint32_t>(random.Below(3)));
  *policies.mutable_adjudication_window() = Seconds(random.Between(20, 900));
  *policies.mutable_stall_after() = Seconds(random.Between(20, 900));
  policies.set_ping_pong_after(static_cast<uint32_t>(random.Below(3)));
  if (random.Chance(300)) directory->mutable_departments(0)->set_refusal_budget(1);
  if (random.Chance(300)) directory->mutable_departments(0)->add_deputies("1000");
}

std::unique_ptr<google::protobuf::Message> DisputeStep(sim::Random& random, absl::Time now, const std::string& ticket,
                                                       const std::string& department, const std::string& other) {
  const uint64_t x = random.Below(100);
  if (x < 35) {
    auto ask = On<ro::RequestAdjudicationRequest>(ticket);
    ask->set_reason(random.Chance(500) ? ro::HANDOFF_REASON_CANNOT_BE_DONE : ro::HANDOFF_REASON_NOT_OUR_DUTY);
    ask->set_evidence("not in the contract");
    if (random.Chance(500)) ask->set_proposed(other);
    return ask;
  }
  if (x < 70) {
    auto rule = On<ro::AdjudicateRequest>(ticket);
    rule->set_grounds("as in the contract");
    if (random.Chance(250)) {
      rule->set_back_to_owner(true);
    } else if (random.Chance(500) && !department.empty()) {
      rule->set_department(department);
      if (random.Chance(300)) *rule->mutable_deadline() = Soon(random, now);
    } else {
      rule->set_department(other);
      *rule->mutable_deadline() = Soon(random, now);
      rule->set_gist("it is yours");
    }
    return rule;
  }
  if (x < 82) {
    auto ask = On<ro::AskSuperiorRequest>(ticket);
    ask->set_question("may we replace it?");
    *ask->mutable_deadline() = Soon(random, now);
    return ask;
  }
  if (x < 90) {
    auto report = On<ro::ReportUpRequest>(ticket);
    report->set_brief("he comes at four");
    *report->mutable_deadline() = Soon(random, now);
    return report;
  }
  auto answer = On<ro::AnswerSuperiorRequest>(ticket);
  answer->set_escalation(static_cast<uint32_t>(random.Below(4)));
  answer->set_instruction("replace it");
  answer->set_instructed_by("1000");
  return answer;
}

void ForgetRefusals(router::v1::Ticket* ticket) {
  for (auto& handoff : *ticket->mutable_handoffs()) {
    const bool given_back =
        handoff.state() == ro::HANDOFF_STATE_REFUSED || handoff.state() == ro::HANDOFF_STATE_RETURNED;
    if (given_back) handoff.set_episode(0);
  }
}

}  // namespace shoujie::testing
