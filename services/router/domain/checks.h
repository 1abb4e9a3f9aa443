// What several rules ask before they decide: does the ticket exist, who is acting and what may he do, is a text or an
// instant there. All refusals of this kind are worded here once.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/base/error.h"
#include "services/runtime/domain.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Who acts, by the adopted directory. An operator may do all that people may; he need not be an agent.
struct Actor {
  const directory::v1::Agent* agent = nullptr;  // has not left
  bool operates = false;
};
absl::StatusOr<Actor> ActorOf(const Principal& principal, const Reference& reference);
inline absl::StatusOr<Actor> ActorOf(const Context& context) { return ActorOf(context.principal, context.reference); }

// Whether the actor stands above this owner: his team's leader, a leader of his site (stands in), a head, an operator.
// Of an owner whom the directory does not know: any leader or head.
bool Leads(const Actor& actor, absl::string_view owner, const Reference& reference);
inline bool Is(const Actor& actor, absl::string_view agent) { return actor.agent && actor.agent->id() == agent; }
// A centre head: by his role, or of any site.
bool IsHead(const directory::v1::Agent& agent, const Reference& reference);
// Member, head or deputy of the department, or an operator.
bool ActsFor(const Actor& actor, const directory::v1::Department& department);
bool IsMember(const directory::v1::Agent& agent, const directory::v1::Department& department);
// Whom work that names no person makes responsible (R023): the head, else the first deputy who is there; "": nobody is.
std::string ResponsibleOf(const directory::v1::Department& department, const Reference& reference);
// Who stands above this person and is there: the leader of his team, else the head of his site, else another head, of
// those who `may`. "": nobody.
std::string SuperiorOf(const std::string& person, const Reference& reference,
                       absl::FunctionRef<bool(const directory::v1::Agent&)> may);

absl::Status RequireTicket(const Context& context);
// An existing ticket whose owner, or somebody who leads him, is acting. The actor on success.
absl::StatusOr<Actor> RequireOwnerSide(const v1::Ticket& ticket, const Context& context);
// A ticket that is not closed, with its owner's side acting, or the department that holds it.
absl::Status RequireWorking(const v1::Ticket& ticket, const Context& context);
// Neither closed nor merged, nor about to be.
absl::Status RequireRunning(const v1::Ticket& ticket);
absl::Status RequireNoHandoff(const v1::Ticket& ticket);

// A free text that has to be there: not blank, not longer than `limits::kTextBytesMax`. `reason` and the sentences are
// of its absence.
absl::Status RequireText(absl::string_view text, absl::string_view reason, absl::string_view en, absl::string_view zh);
// An optional free text: only its length is checked.
absl::Status CheckText(absl::string_view text);
// A deadline that has to be there and lie in the future (R023).
absl::Status RequireDeadline(bool present, const google::protobuf::Timestamp& deadline, const Context& context);
// An agent who may get something new: known and not left.
absl::Status RequirePresent(absl::string_view agent, const Reference& reference);
// The same, and of this department.
absl::Status RequireMember(absl::string_view agent, const directory::v1::Department& department,
                           const Reference& reference);

}  // namespace shoujie::router
