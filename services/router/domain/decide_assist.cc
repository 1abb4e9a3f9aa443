// Assisting departments 协办 (F068): asked beside the hand-off, signed for or refused, ended with a result or taken
// back.
#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/department_side.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

// The department that has signed for the ticket, if the actor belongs to it; nullptr otherwise.
const directory::v1::Department* LedBy(const Actor& actor, const v1::Ticket& ticket, const Reference& reference) {
  const auto* handoff = ActiveHandoff(ticket);
  if (!handoff || handoff->state() != v1::HANDOFF_STATE_SIGNED) return nullptr;
  const auto* department = reference.department(handoff->department());
  return department && ActsFor(actor, *department) ? department : nullptr;
}

// On whose behalf the actor may ask for help: the owner's, or the lead department's.
absl::StatusOr<v1::Party> RequireAsker(const v1::Ticket& ticket, const Context& context) {
  auto owner_side = RequireOwnerSide(ticket, context);
  if (owner_side.ok()) return Person(ticket.owner());
  if (auto actor = ActorOf(context); actor.ok()) {
    if (const auto* lead = LedBy(*actor, ticket, context.reference)) return Department(lead->id());
  }
  return owner_side.status();
}

// The open assist of this number, else `denied` if the actor may not act on it. `number` 0: the only one on which he
// may.
absl::StatusOr<const v1::Assist*> Meant(const v1::Ticket& ticket, uint32_t number,
                                        absl::FunctionRef<bool(const v1::Assist&)> may, const absl::Status& denied) {
  const v1::Assist* meant = nullptr;
  bool open = false;
  for (const auto& assist : ticket.assists()) {
    if (!IsOpen(assist) || (number != 0 && assist.number() != number)) continue;
    open = true;
    if (!may(assist)) continue;
    if (meant) {
      return Invalid("ASSIST_AMBIGUOUS", "You may act on several assists of this ticket. Name one by its number.",
                     "您可以办理该工单的多个协办，请填写协办序号。", {{"ticket", ticket.name()}});
    }
    meant = &assist;
  }
  if (meant) return meant;
  if (open) return denied;
  return Refused("ASSIST_NOT_OPEN", "This assist is not open (any more). Read the ticket to see where it stands.",
                 "该协办不在进行中，请刷新工单查看当前状态。", {{"assist", absl::StrCat(number)}});
}

using AssistSide = DepartmentSide<v1::Assist>;

// The open assist in the wanted state, with somebody of its department acting.
absl::StatusOr<AssistSide> RequireSide(const v1::Ticket& ticket, uint32_t number, v1::AssistState wanted,
                                       const Context& context) {
  const auto meant = [&](const auto& may) {
    return Meant(
        ticket, number, may,
        Denied("NOT_OF_DEPARTMENT",
               "Only members, the head or deputies of the assisting department may do this. Ask the "
               "department.",
               "只有协办部门的成员、负责人或副职可以执行此操作，请联系该部门。", {{"assist", absl::StrCat(number)}}));
  };
  const auto otherwise = [&](const v1::Assist& assist) {
    if (wanted == v1::ASSIST_STATE_OFFERED) {
      return Refused("ASSIST_SIGNED", "The department has already signed. Complete the assist and say what came of it.",
                     "部门已签收协办，请办理并反馈结果。", {{"assist", absl::StrCat(assist.number())}});
    }
    return Refused("ASSIST_UNSIGNED", "The department has not signed yet. Sign first.", "部门尚未签收协办，请先签收。",
                   {{"assist", absl::StrCat(assist.number())}});
  };
  return RequireDepartmentSide<v1::Assist>(ticket, wanted, context, meant, otherwise);
}

absl::StatusOr<const directory::v1::Department*> RequireAssistant(const v1::Ticket& ticket, const std::string& id,
                                                                  const Reference& reference) {
  if (id.empty()) {
    return Invalid("DEPARTMENT_MISSING", "Name the department that shall assist.", "请填写协办部门。");
  }
  const auto* department = reference.department(id);
  if (!department) {
    return Invalid("DEPARTMENT_UNKNOWN", "The directory does not know this department. Choose one that it lists.",
                   "目录中没有此部门，请选择目录中的部门。", {{"department", id.substr(0, kIdBytesMax)}});
  }
  if (const auto* handoff = ActiveHandoff(ticket); handoff && handoff->department() == id) {
    return Refused("DEPARTMENT_LEADS", "This department has the ticket itself. Name another one to assist it.",
                   "该部门已是主办部门，请指定其他部门协办。", {{"department", id}});
  }
  if (const auto* open = OpenAssistOf(ticket, id)) {
    return Refused("ASSIST_OPEN",
                   "This department assists already. Wait for its result, or withdraw what it was asked for.",
                   "该部门的协办尚未办结，请等待其反馈，或先撤回。",
                   {{"department", id}, {"assist", absl::StrCat(open->number())}});
  }
  return department;
}

}  // namespace

Decision<v1::Event> DecideRequestAssist(const v1::Ticket& ticket, const v1::RequestAssistRequest& request,
                                        const Context& context) {
  auto asker = RequireAsker(ticket, context);
  if (!asker.ok()) return asker.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  auto department = RequireAssistant(ticket, request.department(), context.reference);
  if (!department.ok()) return department.status();
  std::string responsible = request.responsible();
  if (responsible.empty()) {
    responsible = ResponsibleOf(**department, context.reference);
  } else if (auto status = RequireMember(responsible, **department, context.reference); !status.ok()) {
    return status;
  }
  if (responsible.empty()) {
    return Invalid("PERSON_MISSING",
                   "The directory names neither a head nor a deputy of the department who is there. Name the person "
                   "responsible.",
                   "目录中该部门没有在职的负责人或副职，请指定协办责任人。", {{"department", (*department)->id()}});
  }
  if (auto status = RequireDeadline(request.has_deadline(), request.deadline(), context); !status.ok()) return status;
  if (auto status =
          RequireText(request.gist(), "GIST_MISSING", "Say in a sentence what the department shall help with.",
                      "请用一句话说明需要协办的事项。");
      !status.ok()) {
    return status;
  }
  const auto open = std::count_if(ticket.assists().begin(), ticket.assists().end(),
                                  [](const v1::Assist& assist) { return IsOpen(assist); });
  if (open >= kAssistsOpenMax || ticket.assists_size() >= kAssistsMax) {
    return Refused("ASSIST_LIMIT",
                   "Too many departments assist, or were asked to. Wait for a result, or ask a leader to decide.",
                   "该工单的协办数量已达上限，请等待协办反馈或由领导决定。",
                   {{"openMax", absl::StrCat(kAssistsOpenMax)}, {"max", absl::StrCat(kAssistsMax)}});
  }
  v1::Event event;
  auto& requested = *event.mutable_assist_requested();
  requested.set_assist(static_cast<uint32_t>(ticket.assists_size()) + 1);
  requested.set_department((*department)->id());
  requested.set_responsible(responsible);
  *requested.mutable_deadline() = ToProto(FromProto(request.deadline()));
  requested.mutable_gist()->set_plain(request.gist());
  *requested.mutable_asked_by() = *std::move(asker);
  return One(std::move(event));
}

Decision<v1::Event> DecideSignAssist(const v1::Ticket& ticket, const v1::SignAssistRequest& request,
                                     const Context& context) {
  auto side = RequireSide(ticket, request.assist(), v1::ASSIST_STATE_OFFERED, context);
  if (!side.ok()) return side.status();
  auto handler = HandlerOf(*side, request.handler(), context.reference);
  if (!handler.ok()) return handler.status();
  v1::Event event;
  auto& signed_for = *event.mutable_assist_signed();
  Concern(*side->part, &signed_for);
  signed_for.set_handler(*handler);
  return One(std::move(event));
}

Decision<v1::Event> DecideRefuseAssist(const v1::Ticket& ticket, const v1::RefuseAssistRequest& request,
                                       const Context& context) {
  auto side = RequireSide(ticket, request.assist(), v1::ASSIST_STATE_OFFERED, context);
  if (!side.ok()) return side.status();
  if (!v1::HandoffReason_IsValid(request.reason()) || request.reason() == v1::HANDOFF_REASON_UNSPECIFIED) {
    return Invalid("REASON_MISSING", "Choose the reason for which the department does not assist.",
                   "请选择拒绝协办的原因。");
  }
  if (auto status = RequireText(request.evidence(), "EVIDENCE_MISSING",
                                "A department refuses only with evidence. Write down what shows the reason.",
                                "拒绝协办必须附依据，请填写能说明原因的依据。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  GiveBack(*side->part, request, event.mutable_assist_refused());
  return One(std::move(event));
}

Decision<v1::Event> DecideCompleteAssist(const v1::Ticket& ticket, const v1::CompleteAssistRequest& request,
                                         const Context& context) {
  auto side = RequireSide(ticket, request.assist(), v1::ASSIST_STATE_SIGNED, context);
  if (!side.ok()) return side.status();
  v1::Event event;
  if (auto status = Complete(*side->part, request.result(), "Say what came of it: who asked goes on from there.",
                             "请填写协办结果，供主办方继续办理。", event.mutable_assist_completed());
      !status.ok()) {
    return status;
  }
  return One(std::move(event));
}

Decision<v1::Event> DecideWithdrawAssist(const v1::Ticket& ticket, const v1::WithdrawAssistRequest& request,
                                         const Context& context) {
  auto asker = RequireAsker(ticket, context);
  if (!asker.ok()) return asker.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  const auto may = [&](const v1::Assist& assist) {
    return asker->kind() == v1::PARTY_KIND_PERSON || SameParty(*asker, assist.asked_by());
  };
  auto assist = Meant(ticket, request.assist(), may,
                      Denied("NOT_ASKED_BY_DEPARTMENT",
                             "Your department did not ask for this. Ask the accountable owner to withdraw it.",
                             "该协办并非由贵部门发起，请联系首接责任人撤回。", {{"owner", ticket.owner()}}));
  if (!assist.ok()) return assist.status();
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  v1::Event event;
  auto& withdrawn = *event.mutable_assist_withdrawn();
  Concern(**assist, &withdrawn);
  if (!request.note().empty()) withdrawn.mutable_note()->set_plain(request.note());
  return One(std::move(event));
}

}  // namespace shoujie::router
