#include <optional>

#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/department_side.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/stalling.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

// The active hand-off, if it is the one that is meant. `number` 0: whichever is active.
absl::StatusOr<const v1::Handoff*> Meant(const v1::Ticket& ticket, uint32_t number) {
  const auto* active = ActiveHandoff(ticket);
  if (active && (number == 0 || number == active->number())) return active;
  return Refused("HANDOFF_NOT_ACTIVE",
                 "This hand-off is not active (any more). Read the ticket to see where it stands.",
                 "该转办不在进行中，请刷新工单查看当前状态。",
                 {{"handoff", absl::StrCat(number)}, {"active", absl::StrCat(active ? active->number() : 0)}});
}

using HandoffSide = DepartmentSide<v1::Handoff>;

// The active hand-off in the wanted state, with somebody of its department acting.
absl::StatusOr<HandoffSide> RequireSide(const v1::Ticket& ticket, uint32_t number, v1::HandoffState wanted,
                                        const Context& context) {
  const auto meant = [&](const auto& may) -> absl::StatusOr<const v1::Handoff*> {
    auto handoff = Meant(ticket, number);
    if (!handoff.ok() || may(**handoff)) return handoff;
    return Denied(
        "NOT_OF_DEPARTMENT",
        "Only members, the head or deputies of the department it was offered to may do this. Ask the department.",
        "只有被转办部门的成员、负责人或副职可以执行此操作，请联系该部门。", {{"department", (*handoff)->department()}});
  };
  const auto otherwise = [&](const v1::Handoff& handoff) {
    if (wanted == v1::HANDOFF_STATE_OFFERED) {
      return Refused("HANDOFF_SIGNED",
                     "The department has already signed. Complete the hand-off, or return it with evidence.",
                     "部门已签收，请办理完成或附依据退回。", {{"handoff", absl::StrCat(handoff.number())}});
    }
    return Refused("HANDOFF_UNSIGNED", "The department has not signed yet. Sign first.", "部门尚未签收，请先签收。",
                   {{"handoff", absl::StrCat(handoff.number())}});
  };
  return RequireDepartmentSide<v1::Handoff>(ticket, wanted, context, meant, otherwise);
}

absl::Status RequireReason(v1::HandoffReason reason) {
  if (v1::HandoffReason_IsValid(reason) && reason != v1::HANDOFF_REASON_UNSPECIFIED) return absl::OkStatus();
  return Invalid("REASON_MISSING", "Choose the reason for which the department does not take the ticket.",
                 "请选择退单原因。");
}

absl::Status RequireEvidence(absl::string_view evidence) {
  return RequireText(evidence, "EVIDENCE_MISSING",
                     "A department gives a ticket back only with evidence. Write down what shows the reason.",
                     "退单必须附依据，请填写能说明原因的依据。");
}

// Of an offer that names no department: whether the directory can say it.
bool HasRoutes(const Reference& reference) {
  return !reference.directory().routing_rules().empty() || !reference.policies().default_department().empty();
}

// Only a directory that was never validated leads here: nobody gets the ticket, and somebody decides.
absl::Status NobodyThere(const v1::Ticket& ticket, const Route& route, const Reference& reference) {
  return Refused("ROUTE_TO_NOBODY",
                 "The routing table leads to no department where anybody is there. Ask the centre's head, who decides: "
                 "name his department and person in the offer.",
                 "按路由表及各级兜底部门均找不到在职人员。请由中心负责人裁定，并在转办时填写其指定的部门和承办人。",
                 {{"head", reference.HeadFor(ticket.owner())},
                  {"rule", route.record.rule()},
                  {"directoryVersion", absl::StrCat(reference.version())}});
}

}  // namespace

Decision<v1::Event> DecideOffer(const v1::Ticket& ticket, const v1::OfferHandoffRequest& request,
                                const Context& context) {
  if (auto actor = RequireOwnerSide(ticket, context); !actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (auto status = RequireNoHandoff(ticket); !status.ok()) return status;
  auto offered = OfferTo(ticket, request, context);
  if (!offered.ok() || !context.reference.enabled(kDisputesFeature)) return offered;
  if (auto found = PingPongOf(ticket, offered->front().event.handoff_offered(), context.reference)) {
    v1::Event event;
    *event.mutable_ping_pong_found() = *std::move(found);
    offered->emplace_back(std::move(event));
  }
  return offered;
}

Decision<v1::Event> OfferTo(const v1::Ticket& ticket, const v1::OfferHandoffRequest& request, const Context& context) {
  const bool routed = request.department().empty() && request.person().empty() && HasRoutes(context.reference);
  if (request.department().empty() && !routed) {
    return Invalid("DEPARTMENT_MISSING", "Name the department that shall work on it.", "请填写承办部门。");
  }
  const auto* department = context.reference.department(request.department());
  if (!department && !routed) {
    return Invalid("DEPARTMENT_UNKNOWN", "The directory does not know this department. Choose one that it lists.",
                   "目录中没有此部门，请选择目录中的部门。",
                   {{"department", request.department().substr(0, kIdBytesMax)}});
  }
  if (!request.person().empty() && !request.duty_role().empty()) {
    return Invalid("PERSON_OR_ROLE", "Name a person or a duty role, not both.", "请只填写承办人或值班岗位其中之一。");
  }
  if (request.duty_role().size() > kIdBytesMax) {
    return Invalid("DUTY_ROLE_TOO_LONG", "The duty role is a short name. Shorten it.", "值班岗位名称过长，请缩短。",
                   {{"bytesMax", absl::StrCat(kIdBytesMax)}});
  }
  if (!request.person().empty()) {
    if (auto status = RequireMember(request.person(), *department, context.reference); !status.ok()) return status;
  }
  std::optional<Route> route;
  const bool by_roster = !routed && !request.duty_role().empty() && context.reference.enabled("routing") &&
                         HasDutyRole(department->id(), request.duty_role(), context.reference);
  if (routed || by_roster) {
    route =
        RouteOf(ticket, {request.department(), request.duty_role()}, context.reference, context.now, request.loads());
    if (routed) department = route->department;
    if (!department) return NobodyThere(ticket, *route, context.reference);
  }
  std::string responsible = request.person();
  if (responsible.empty()) responsible = route ? route->responsible : ResponsibleOf(*department, context.reference);
  if (responsible.empty()) {
    return Invalid("PERSON_MISSING",
                   "The directory names neither a head nor a deputy of the department who is there. Name the person "
                   "responsible.",
                   "目录中该部门没有在职的负责人或副职，请指定承办人。", {{"department", department->id()}});
  }
  if (auto status = RequireDeadline(request.has_deadline(), request.deadline(), context); !status.ok()) return status;
  if (auto status = RequireText(request.gist(), "GIST_MISSING", "Say in a sentence what the department shall do.",
                                "请用一句话说明需要部门办理的事项。");
      !status.ok()) {
    return status;
  }
  if (ticket.handoffs_size() >= kHandoffsMax) {
    return Refused("HANDOFF_LIMIT", "This ticket was handed off too often. Ask a leader to decide who solves it.",
                   "该工单转办次数已达上限，请由领导裁定承办方。", {{"max", absl::StrCat(kHandoffsMax)}});
  }
  v1::Event event;
  auto& offered = *event.mutable_handoff_offered();
  offered.set_handoff(static_cast<uint32_t>(ticket.handoffs_size()) + 1);
  offered.set_department(department->id());
  offered.set_person(request.person());
  offered.set_duty_role(request.duty_role());
  offered.set_responsible(responsible);
  *offered.mutable_deadline() = ToProto(FromProto(request.deadline()));
  offered.mutable_gist()->set_plain(request.gist());
  if (route) *offered.mutable_routing() = route->record;
  return One(std::move(event));
}

Decision<v1::Event> DecideSign(const v1::Ticket& ticket, const v1::SignHandoffRequest& request,
                               const Context& context) {
  auto side = RequireSide(ticket, request.handoff(), v1::HANDOFF_STATE_OFFERED, context);
  if (!side.ok()) return side.status();
  auto handler = HandlerOf(*side, request.handler(), context.reference);
  if (!handler.ok()) return handler.status();
  v1::Event event;
  auto& signed_for = *event.mutable_handoff_signed();
  Concern(*side->part, &signed_for);
  signed_for.set_handler(handler->empty() ? side->part->person() : *handler);  // an operator signs for the department
  if (context.reference.enabled(kDisputesFeature) && context.reference.policies().has_stall_after()) {
    *signed_for.mutable_stall_after() = context.reference.policies().stall_after();
  }
  return One(std::move(event));
}

Decision<v1::Event> DecideRefuse(const v1::Ticket& ticket, const v1::RefuseHandoffRequest& request,
                                 const Context& context) {
  auto side = RequireSide(ticket, request.handoff(), v1::HANDOFF_STATE_OFFERED, context);
  if (!side.ok()) return side.status();
  if (auto status = RequireMayGiveBack(ticket, *side->part, side->department, context); !status.ok()) return status;
  if (side->department && side->department->has_refuse_window()) {
    const auto& window = side->department->refuse_window();
    const absl::Duration limit = absl::Seconds(window.seconds()) + absl::Nanoseconds(window.nanos());
    if (context.now - FromProto(side->part->offered()) > limit) {
      return Refused("REFUSE_WINDOW_OVER",
                     "The time for refusing is over. Sign, and return it with evidence if it is not yours.",
                     "退单时限已过，请先签收；如确不属于本部门，可附依据退回。",
                     {{"department", side->department->id()}, {"windowSeconds", absl::StrCat(window.seconds())}});
    }
  }
  if (auto status = RequireReason(request.reason()); !status.ok()) return status;
  if (auto status = RequireEvidence(request.evidence()); !status.ok()) return status;
  v1::Event event;
  auto& refused = *event.mutable_handoff_refused();
  GiveBack(*side->part, request, &refused);
  if (const auto budget = RefusalBudget(side->department, context.reference)) refused.set_refusal_budget(*budget);
  return One(std::move(event));
}

Decision<v1::Event> DecideProgress(const v1::Ticket& ticket, const v1::ReportProgressRequest& request,
                                   const Context& context) {
  auto side = RequireSide(ticket, request.handoff(), v1::HANDOFF_STATE_SIGNED, context);
  if (!side.ok()) return side.status();
  if (auto status = RequireText(request.text(), "TEXT_MISSING", "Say what has been done.", "请填写办理进展。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  auto& progress = *event.mutable_progress_reported();
  Concern(*side->part, &progress);
  progress.mutable_text()->set_plain(request.text());
  return One(std::move(event));
}

Decision<v1::Event> DecideComplete(const v1::Ticket& ticket, const v1::CompleteHandoffRequest& request,
                                   const Context& context) {
  auto side = RequireSide(ticket, request.handoff(), v1::HANDOFF_STATE_SIGNED, context);
  if (!side.ok()) return side.status();
  if (auto status = RequireNoAssists(ticket); !status.ok()) return status;
  v1::Event event;
  if (auto status =
          Complete(*side->part, request.result(), "Say what the result is: the owner tells it to the customer.",
                   "请填写办理结果，供首接责任人答复客户。", event.mutable_handoff_completed());
      !status.ok()) {
    return status;
  }
  return One(std::move(event));
}

Decision<v1::Event> DecideReturn(const v1::Ticket& ticket, const v1::ReturnHandoffRequest& request,
                                 const Context& context) {
  auto side = RequireSide(ticket, request.handoff(), v1::HANDOFF_STATE_SIGNED, context);
  if (!side.ok()) return side.status();
  if (auto status = RequireMayGiveBack(ticket, *side->part, side->department, context); !status.ok()) return status;
  if (auto status = RequireReason(request.reason()); !status.ok()) return status;
  if (auto status = RequireEvidence(request.evidence()); !status.ok()) return status;
  v1::Event event;
  auto& returned = *event.mutable_handoff_returned();
  GiveBack(*side->part, request, &returned);
  if (const auto budget = RefusalBudget(side->department, context.reference)) returned.set_refusal_budget(*budget);
  return One(std::move(event));
}

Decision<v1::Event> DecideWithdraw(const v1::Ticket& ticket, const v1::WithdrawHandoffRequest& request,
                                   const Context& context) {
  if (auto actor = RequireOwnerSide(ticket, context); !actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  auto handoff = Meant(ticket, request.handoff());
  if (!handoff.ok()) return handoff.status();
  if ((*handoff)->state() != v1::HANDOFF_STATE_OFFERED) {
    return Refused("HANDOFF_SIGNED", "The department has already signed. Ask it to complete or return the hand-off.",
                   "部门已签收，不能撤回，请联系部门办理或退回。", {{"handoff", absl::StrCat((*handoff)->number())}});
  }
  if (auto status = RequireNotRuled(**handoff); !status.ok()) return status;
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  v1::Event event;
  auto& withdrawn = *event.mutable_handoff_withdrawn();
  Concern(**handoff, &withdrawn);
  if (!request.note().empty()) withdrawn.mutable_note()->set_plain(request.note());
  return One(std::move(event));
}

}  // namespace shoujie::router
