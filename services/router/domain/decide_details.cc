#include <string>

#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"

namespace shoujie::router {

absl::StatusOr<Concerned> RequireConcerned(const v1::Ticket& ticket, const Principal& principal,
                                           const Reference& reference) {
  auto actor = ActorOf(principal, reference);
  if (!actor.ok()) return actor.status();
  const auto acts_for = [&](const std::string& id) {
    const auto* department = reference.department(id);
    return department && ActsFor(*actor, *department);
  };
  const auto* handoff = ActiveHandoff(ticket);
  if (handoff && acts_for(handoff->department())) {
    return Concerned{.department = handoff->department(), .handoff = handoff->number()};
  }
  for (const auto& assist : ticket.assists()) {
    if (!IsOpen(assist) || !acts_for(assist.department())) continue;
    return Concerned{.department = assist.department(), .assist = assist.number()};
  }
  return Denied("NOT_WITH_DEPARTMENT",
                "Only a department that was offered this ticket, has signed for it or assists on it, and has not "
                "finished, gets to know how to reach the customer. Ask the accountable owner.",
                "只有当前被转办、已签收或正在协办且尚未办结的部门可以查看客户联系方式，请联系首接责任人。",
                {{"department", handoff ? absl::string_view(handoff->department()) : ""}, {"owner", ticket.owner()}});
}

Decision<v1::Event> DecideContactDetails(const v1::Ticket& ticket, const v1::GetContactDetailsRequest& request,
                                         const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  auto concerned = RequireConcerned(ticket, context.principal, context.reference);
  if (!concerned.ok()) return concerned.status();
  if (auto status = RequireText(request.purpose(), "PURPOSE_MISSING",
                                "Say what address and phone are needed for. The purpose is recorded.",
                                "请说明查看客户联系方式的用途，用途将被记录。");
      !status.ok()) {
    return status;
  }
  if (ticket.contact().empty()) {
    return Refused("CONTACT_UNKNOWN",
                   "This ticket came from another system, which holds the customer's address and phone. Ask there.",
                   "该工单来自其他系统，客户联系方式请在原系统中查询。", {{"ticket", ticket.name()}});
  }
  v1::Event event;
  auto& read = *event.mutable_contact_details_read();
  read.set_handoff(concerned->handoff);
  read.set_assist(concerned->assist);
  read.set_department(concerned->department);
  read.mutable_purpose()->set_plain(request.purpose());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

}  // namespace shoujie::router
