#include "services/router/department.h"

#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/limits.h"
#include "services/runtime/base/error.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

absl::StatusOr<WatchOrder> WatchTickets(const v1::WatchTicketsRequest& request, const Principal& principal,
                                        const Reference& reference) {
  const std::string named = request.department().substr(0, kIdBytesMax);
  const auto* department = reference.department(request.department());
  if (department == nullptr) {
    return NotFound("DEPARTMENT_UNKNOWN", "The directory does not know this department. Choose one that it lists.",
                    "目录中没有此部门，请选择目录中的部门。", {{"department", named}});
  }
  if (!principal.Has(Right::kRead)) {
    auto actor = ActorOf(principal, reference);
    if (!actor.ok()) return actor.status();
    const bool may_act = principal.Has(Right::kAgent) || actor->operates;
    if (!may_act || !ActsFor(*actor, *department)) {
      return Denied("NOT_OF_DEPARTMENT",
                    "Only members, the head or deputies of the department may watch its tickets, or who has the right "
                    "\"read\". Ask for an account of the department.",
                    "只有该部门的成员、负责人或副职，或具有“read”权限者，可以订阅其工单。请使用该部门的账号。",
                    {{"department", named}});
    }
  }
  return WatchOrder{
      .topic = department->id(), .resume_token = request.resume_token(), .from_start = request.from_start()};
}

absl::Status GetContactDetails(const v1::GetContactDetailsRequest& request, v1::ContactDetails* response,
                               const QueryContext& context) {
  v1::Ticket ticket;
  if (absl::Status status = context.get(request.name(), &ticket); !status.ok()) return status;
  if (auto concerned = RequireConcerned(ticket, context.principal, context.reference); !concerned.ok()) {
    return concerned.status();
  }
  interaction::v1::Contact contact;
  if (absl::Status status = context.get(ticket.contact(), &contact); !status.ok()) return status;
  const auto& record = contact.record();
  response->set_ticket(ticket.name());
  response->set_anonymous(record.anonymous());
  response->set_customer_name(record.customer_name().plain());
  response->set_form_of_address(record.form_of_address().plain());
  // The number he called from, unless he said another.
  const bool called = record.phone().plain().empty() && contact.channel() == interaction::v1::CHANNEL_PHONE;
  response->set_phone(called ? contact.identifier().plain() : record.phone().plain());
  response->set_address(record.address().plain());
  response->set_room(record.room().plain());
  response->set_region(record.region());
  return absl::OkStatus();
}

}  // namespace shoujie::router
