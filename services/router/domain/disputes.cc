#include "services/router/domain/disputes.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/stalling.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

std::string AdjudicationTimer(uint32_t number) { return absl::StrCat("adjudication/", number); }
std::string StallTimer(uint32_t number) { return absl::StrCat("stall/", number); }

bool IsGivenBack(const v1::Handoff& handoff) {
  return handoff.state() == v1::HANDOFF_STATE_REFUSED || handoff.state() == v1::HANDOFF_STATE_RETURNED;
}

bool Contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

uint32_t GivenBackBefore(const v1::Ticket& ticket, uint32_t episode, uint32_t number) {
  uint32_t settled = 0;
  for (const auto& adjudication : ticket.adjudications()) {
    const bool before = adjudication.episode() == episode && adjudication.settles() < number;
    if (before && adjudication.has_ruled()) settled = std::max(settled, adjudication.settles());
  }
  return static_cast<uint32_t>(
      std::count_if(ticket.handoffs().begin(), ticket.handoffs().end(), [&](const v1::Handoff& handoff) {
        return handoff.episode() == episode && handoff.number() > settled && handoff.number() < number &&
               handoff.ruling() == 0 && IsGivenBack(handoff);
      }));
}

uint32_t GivenBack(const v1::Ticket& ticket) {
  return GivenBackBefore(ticket, EpisodeOf(ticket), static_cast<uint32_t>(ticket.handoffs_size()) + 1);
}

std::optional<uint32_t> RefusalBudget(const directory::v1::Department* department, const Reference& reference) {
  // Without the feature nobody could ask for a ruling.
  if (!reference.enabled(kDisputesFeature)) return std::nullopt;
  if (department && department->has_refusal_budget()) return department->refusal_budget();
  if (reference.policies().has_refusal_budget()) return reference.policies().refusal_budget();
  return std::nullopt;
}

absl::Status RequireNotRuled(const v1::Handoff& handoff) {
  if (handoff.ruling() == 0) return absl::OkStatus();
  return Refused("HANDOFF_RULED",
                 "A ruling gave the ticket to this department, and only another one takes it away. If it cannot be "
                 "done, ask for one by RequestAdjudication, with evidence.",
                 "该工单已由裁定指派给此部门，只有新的裁定才能改变。如确实无法办理，请附依据重新申请裁定。",
                 {{"handoff", absl::StrCat(handoff.number())},
                  {"department", handoff.department()},
                  {"ruling", absl::StrCat(handoff.ruling())},
                  {"next", "RequestAdjudication"}});
}

absl::Status RequireMayGiveBack(const v1::Ticket& ticket, const v1::Handoff& handoff,
                                const directory::v1::Department* department, const Context& context) {
  if (auto status = RequireNotRuled(handoff); !status.ok()) return status;
  const auto budget = RefusalBudget(department, context.reference);
  const uint32_t given_back = GivenBack(ticket);
  if (!budget || given_back < *budget) return absl::OkStatus();
  return Refused("REFUSAL_BUDGET_SPENT",
                 "Departments have given this ticket back as often as they may before a leader rules. Ask for a ruling "
                 "by RequestAdjudication, with evidence and the department whose duty it is.",
                 "该工单的退单次数已用完，须由领导裁定。请附依据申请裁定，并提出应由哪个部门承办。",
                 {{"givenBack", absl::StrCat(given_back)},
                  {"budget", absl::StrCat(*budget)},
                  {"department", handoff.department()},
                  {"next", "RequestAdjudication"}});
}

const v1::Adjudication* OpenAdjudication(const v1::Ticket& ticket) {
  if (ticket.adjudications().empty() || IsOver(ticket)) return nullptr;
  const auto& last = *ticket.adjudications().rbegin();
  return last.has_ruled() || last.episode() != EpisodeOf(ticket) ? nullptr : &last;
}

std::vector<std::string> PartiesOf(const v1::Ticket& ticket, const std::vector<std::string>& more) {
  std::vector<std::string> parties;
  const auto add = [&](const std::string& department) {
    if (!department.empty() && !Contains(parties, department)) parties.push_back(department);
  };
  for (const auto& handoff : ticket.handoffs()) {
    // Who has done it, or was asked by mistake, disputes nothing.
    const bool apart = handoff.state() == v1::HANDOFF_STATE_DONE || handoff.state() == v1::HANDOFF_STATE_WITHDRAWN;
    if (handoff.episode() == EpisodeOf(ticket) && !apart) add(handoff.department());
  }
  for (const auto& department : more) add(department);
  return parties;
}

std::vector<std::string> WorksFor(const directory::v1::Agent& agent, const Reference& reference) {
  std::vector<std::string> departments;
  for (const auto& department : reference.directory().departments()) {
    if (IsMember(agent, department)) departments.push_back(department.id());
  }
  return departments;
}

bool IsImpartial(const directory::v1::Agent& agent, const v1::Ticket& ticket, const std::vector<std::string>& parties,
                 const Reference& reference) {
  if (agent.id() == ticket.owner()) return false;
  const auto departments = WorksFor(agent, reference);
  return std::none_of(departments.begin(), departments.end(),
                      [&](const auto& department) { return Contains(parties, department); });
}

std::string ArbiterFor(const v1::Ticket& ticket, const std::vector<std::string>& parties, const Reference& reference) {
  std::vector<std::string> heads;
  if (const auto* site = reference.site(ticket.site())) heads.push_back(site->head());
  heads.push_back(reference.HeadFor(ticket.owner()));
  for (const auto& site : reference.directory().sites()) heads.push_back(site.head());
  for (const auto& head : heads) {
    const auto* agent = reference.agent(head);
    if (agent && TakesNew(*agent) && IsImpartial(*agent, ticket, parties, reference)) return head;
  }
  return "";
}

std::string RulingName(absl::string_view ticket, uint32_t number) { return absl::StrCat(ticket, "/rulings/", number); }

bool IsRulingName(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  uint32_t number = 0;
  if (parts.size() != 4 || parts[0] != "tickets" || parts[2] != "rulings" || !absl::SimpleAtoi(parts[3], &number)) {
    return false;
  }
  const bool fits = !parts[1].empty() && parts[1].size() <= 3 * kIdBytesMax &&
                    std::all_of(parts[1].begin(), parts[1].end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
                    });
  return fits && number > 0 && name == RulingName(absl::StrCat("tickets/", parts[1]), number);
}

uint32_t DeadlinesGiven(const v1::Ticket& ticket, const v1::Handoff& handoff) {
  const auto& all = ticket.adjudications();
  return static_cast<uint32_t>(std::count_if(all.begin(), all.end(), [&](const v1::Adjudication& adjudication) {
    return adjudication.ruled_handoff() == handoff.number() && adjudication.has_ruled_deadline();
  }));
}

void AddDisputeTimers(const v1::Ticket& ticket, std::vector<Timer>* timers) {
  if (const auto* open = OpenAdjudication(ticket); open && !open->overdue()) {
    timers->push_back({AdjudicationTimer(open->number()), FromProto(open->deadline())});
  }
  if (const auto at = StallsAt(ticket)) {
    const auto& handoff = *ActiveHandoff(ticket);
    // Each sign of life sets another timer.
    timers->push_back({StallTimer(handoff.number()), *at, 1 + handoff.progress_reports() + ticket.waits()});
  }
}

std::vector<Decided<v1::Event>> DecideDisputeTimer(const v1::Ticket& ticket, const std::string& timer) {
  v1::Event event;
  if (const auto* open = OpenAdjudication(ticket); open && timer == AdjudicationTimer(open->number())) {
    auto& overdue = *event.mutable_adjudication_overdue();
    overdue.set_adjudication(open->number());
    overdue.set_arbiter(open->arbiter());
    *overdue.mutable_deadline() = open->deadline();
    return One(std::move(event));
  }
  if (const auto* handoff = ActiveHandoff(ticket); handoff && timer == StallTimer(handoff->number())) {
    auto& stalled = *event.mutable_handoff_stalled();
    stalled.set_handoff(handoff->number());
    stalled.set_department(handoff->department());
    stalled.set_responsible(handoff->handler().empty() ? handoff->responsible() : handoff->handler());
    *stalled.mutable_since() = ToProto(LastSignOfLife(ticket, *handoff));
    return One(std::move(event));
  }
  return {};
}

}  // namespace shoujie::router
