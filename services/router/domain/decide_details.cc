#include "absl/strings/str_cat.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/ticket.h"

namespace shoujie::router {

absl::StatusOr<const v1::Handoff*> RequireHolder(const v1::Ticket& ticket, const Principal& principal,
                                                 const Reference& reference) {
  auto actor = ActorOf(principal, reference);
  if (!actor.ok()) return actor.status();
  const auto* handoff = ActiveHandoff(ticket);
  const auto* department = handoff ? reference.department(handoff->department()) : nullptr;
  if (department && ActsFor(*actor, *department)) return handoff;
  return Denied("NOT_WITH_DEPARTMENT",
                "Only the department that was offered this ticket, or has signed for it and not finished, gets to know "
                "how to reach the customer. Ask the accountable owner.",
                "只有当前被转办或已签收且尚未办结的部门可以查看客户联系方式，请联系首接责任人。",
                {{"department", handoff ? absl::string_view(handoff->department()) : ""}, {"owner", ticket.owner()}});
}

Decision<v1::Event> DecideContactDetails(const v1::Ticket& ticket, const v1::GetContactDetailsRequest& request,
                                         const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  auto handoff = RequireHolder(ticket, context.principal, context.reference);
  if (!handoff.ok()) return handoff.status();
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
  read.set_handoff((*handoff)->number());
  read.set_department((*handoff)->department());
  read.mutable_purpose()->set_plain(request.purpose());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

}  // namespace shoujie::router
