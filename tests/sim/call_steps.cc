#include "tests/sim/call_steps.h"

#include <algorithm>
#include <utility>

#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::testing {

using google::protobuf::Message;
namespace ro = router::v1;

std::unique_ptr<Message> ClockStep(sim::Random& random, const std::string& ticket) {
  const uint64_t x = random.Below(100);
  if (x < 40) {
    auto wait = On<ro::AwaitCustomerRequest>(ticket);
    wait->set_reason("asked for a photo");
    return wait;
  }
  if (x < 75) return On<ro::EndWaitRequest>(ticket);
  if (x < 88) {
    auto ask = On<ro::RequestExtensionRequest>(ticket);
    *ask->mutable_time() = Span(absl::Minutes(random.Between(1, 60)));
    ask->set_reason("the part comes tomorrow");
    return ask;
  }
  auto answer = On<ro::AnswerExtensionRequest>(ticket);
  answer->set_approve(random.Chance(700));
  return answer;
}

void AssistStep(sim::Random& random, absl::Time now, const std::string& ticket, sim::Intent* intent) {
  const std::string department = Department(random.Below(kDepartments));
  const uint64_t x = random.Below(100);
  if (x < 40) {
    auto ask = On<ro::RequestAssistRequest>(ticket);
    ask->set_department(department);
    *ask->mutable_deadline() = Stamp(now + absl::Minutes(random.Between(1, 300)));
    ask->set_gist("is the part in stock?");
    if (random.Chance(300)) intent->principal = Agent(Member(Department(random.Below(kDepartments)), 0));
    intent->request = std::move(ask);
    return;
  }
  if (x < 50) {
    intent->request = On<ro::WithdrawAssistRequest>(ticket);
    return;
  }
  intent->principal = Agent(Member(department, random.Below(2)));
  if (x < 70) {
    intent->request = On<ro::SignAssistRequest>(ticket);
  } else if (x < 92) {
    auto complete = On<ro::CompleteAssistRequest>(ticket);
    complete->set_result("two in stock");
    intent->request = std::move(complete);
  } else {
    auto refuse = On<ro::RefuseAssistRequest>(ticket);
    refuse->set_reason(ro::HANDOFF_REASON_NOT_OUR_DUTY);
    refuse->set_evidence("not our part");
    intent->request = std::move(refuse);
  }
}

std::unique_ptr<Message> MergeStep(sim::Random& random, const std::string& ticket, const std::string& other) {
  if (random.Chance(400)) return On<ro::UnmergeTicketRequest>(ticket);
  auto merge = On<ro::MergeTicketRequest>(ticket);
  merge->set_into(random.Chance(30) ? "tickets/9999-000001-0-T1" : other);
  return merge;
}

void CheckMerges(const std::map<std::string, ro::Ticket>& tickets, std::vector<std::string>* wrong) {
  for (const auto& [name, ticket] : tickets) {
    const auto lists = [&](const std::string& duplicate) {
      return std::any_of(ticket.duplicates().begin(), ticket.duplicates().end(),
                         [&](const auto& listed) { return listed.ticket() == duplicate; });
    };
    for (const auto& [other, duplicate] : tickets) {
      const bool merged = duplicate.state() == ro::TICKET_STATE_MERGED && duplicate.merge().into() == name;
      if (merged != lists(other))
        wrong->push_back(absl::StrCat("M ", name, " and ", other, " disagree on their merge"));
      if (merged && ticket.state() == ro::TICKET_STATE_MERGED) {
        wrong->push_back(absl::StrCat("M ", other, " is merged into ", name, ", which is merged itself"));
      }
    }
    if (ticket.merge().state() == ro::MERGE_STATE_REQUESTED) {
      wrong->push_back(absl::StrCat("M ", name, " waits for an answer for ever"));
    }
  }
}

}  // namespace shoujie::testing
