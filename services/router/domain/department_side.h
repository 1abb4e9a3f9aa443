// A department's side of a ticket: what it was asked for, a hand-off or an assist, with somebody of it acting. One rule
// for both (F068, F072): who may, who works on it once it is signed, and what the events say of it. How each refuses,
// and what else holds it up, is said in decide_handoff.cc and decide_assist.cc.
#pragma once

#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/merge.h"
#include "services/runtime/domain.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// `Part`: v1::Handoff or v1::Assist.
template <typename Part>
struct DepartmentSide {
  const Part* part;
  const directory::v1::Department* department;  // nullptr only for an operator, if it is no longer in the directory
  Actor actor;
};

// The part that is meant in the wanted state, with somebody of its department acting. `meant(may)`: the part if it is
// there and `may(part)`, else why not; `otherwise(part)`: why not where it is in another state.
template <typename Part, typename State, typename Meant, typename Otherwise>
absl::StatusOr<DepartmentSide<Part>> RequireDepartmentSide(const v1::Ticket& ticket, State wanted,
                                                           const Context& context, const Meant& meant,
                                                           const Otherwise& otherwise) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  const absl::StatusOr<const Part*> part = meant([&](const Part& one) {
    const auto* department = context.reference.department(one.department());
    return department ? ActsFor(*actor, *department) : actor->operates;
  });
  if (!part.ok()) return part.status();
  if ((*part)->state() != wanted) return otherwise(**part);
  return DepartmentSide<Part>{*part, context.reference.department((*part)->department()), *actor};
}

// Who works on it from the signature on: whom it names, else who signs, if he is of the department. Empty: neither.
template <typename Part>
absl::StatusOr<std::string> HandlerOf(const DepartmentSide<Part>& side, const std::string& named,
                                      const Reference& reference) {
  if (!named.empty()) {
    auto status =
        side.department ? RequireMember(named, *side.department, reference) : RequirePresent(named, reference);
    if (!status.ok()) return status;
    return named;
  }
  const bool himself = side.actor.agent && side.department && IsMember(*side.actor.agent, *side.department);
  return himself ? side.actor.agent->id() : std::string();
}

// Says in an event which part it is about.
template <typename Part, typename Event>
void Concern(const Part& part, Event* event) {
  if constexpr (std::is_same_v<Part, v1::Assist>) {
    event->set_assist(part.number());
  } else {
    event->set_handoff(part.number());
  }
  event->set_department(part.department());
}

// The end with a result. `en` and `zh`: what is asked for where there is none.
template <typename Part, typename Completed>
absl::Status Complete(const Part& part, const std::string& result, absl::string_view en, absl::string_view zh,
                      Completed* completed) {
  if (auto status = RequireText(result, "RESULT_MISSING", en, zh); !status.ok()) return status;
  Concern(part, completed);
  completed->mutable_result()->set_plain(result);
  return absl::OkStatus();
}

// The end without one: the request's reason and evidence, which were checked.
template <typename Part, typename Request, typename GivenBack>
void GiveBack(const Part& part, const Request& request, GivenBack* given_back) {
  Concern(part, given_back);
  given_back->set_reason(request.reason());
  given_back->mutable_evidence()->set_plain(request.evidence());
}

}  // namespace shoujie::router
