// Asking upwards: a question to a superior 请示, a report 上报, and what he instructs (R204–R206, R208). Escalations of
// another kind: escalations.h.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/escalations.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

std::string PrincipalOf(absl::string_view agent) { return absl::StrCat("agents/", agent); }

// Whether he stands above the owner, or at the head of the department that has the ticket.
bool StandsAbove(const directory::v1::Agent& agent, const v1::Ticket& ticket, const Reference& reference) {
  if (agent.id() == ticket.owner()) return false;
  Actor actor;
  actor.agent = &agent;
  if (Leads(actor, ticket.owner(), reference)) return true;
  const auto* handoff = ActiveHandoff(ticket);
  const auto* department = handoff ? reference.department(handoff->department()) : nullptr;
  if (!department) return false;
  const auto& deputies = department->deputies();
  return department->head() == agent.id() || std::find(deputies.begin(), deputies.end(), agent.id()) != deputies.end();
}

absl::StatusOr<std::string> RequireSuperior(const v1::Ticket& ticket, const std::string& named,
                                            const Context& context) {
  std::string person = named;
  if (person.empty()) {
    person = SuperiorOf(ticket.owner(), context.reference, [&](const directory::v1::Agent& agent) {
      return context.principal.id != PrincipalOf(agent.id());
    });
  }
  if (person.empty()) {
    return Invalid("PERSON_MISSING", "The directory names nobody above the owner who is there. Name the person.",
                   "目录中首接责任人没有在职的上级，请指定人员。", {{"owner", ticket.owner()}});
  }
  if (auto status = RequirePresent(person, context.reference); !status.ok()) return status;
  const bool asks = context.principal.id == PrincipalOf(person);
  if (asks || !StandsAbove(*context.reference.agent(person), ticket, context.reference)) {
    return Invalid("NOT_A_SUPERIOR",
                   "This person does not stand above the owner, nor at the head of the department that has the ticket. "
                   "Name a leader, or leave it out.",
                   "该人员不是首接责任人的上级，也不是承办部门的负责人。请指定上级，或不填写。", {{"person", person}});
  }
  return person;
}

Decision<v1::Event> Ask(const v1::Ticket& ticket, v1::EscalationKind kind, const std::string& to, bool has_deadline,
                        const google::protobuf::Timestamp& deadline, const std::string& text, const Context& context) {
  const auto superior = RequireSuperior(ticket, to, context);
  if (!superior.ok()) return superior.status();
  if (auto status = RequireDeadline(has_deadline, deadline, context); !status.ok()) return status;
  if (auto status = RequireRoomForEscalation(ticket); !status.ok()) return status;
  v1::Event event;
  auto& asked = *event.mutable_superior_asked();
  asked.set_escalation(static_cast<uint32_t>(ticket.escalations_size()) + 1);
  asked.set_kind(kind);
  asked.set_to(*superior);
  *asked.mutable_deadline() = ToProto(FromProto(deadline));
  asked.mutable_text()->set_plain(text);
  return std::vector{Decided<v1::Event>(std::move(event))};
}

// The escalation that is answered. `number` 0: the only one that may be.
absl::StatusOr<const v1::Escalation*> RequireAwaited(const v1::Ticket& ticket, uint32_t number) {
  const v1::Escalation* found = nullptr;
  for (const auto& escalation : ticket.escalations()) {
    if (!IsAwaited(escalation, ticket) || (number != 0 && escalation.number() != number)) continue;
    if (found) {
      return Invalid("ESCALATION_AMBIGUOUS", "Several people are to answer. Name the number of the one that is meant.",
                     "有多项请示或升级等待答复，请填写其编号。");
    }
    found = &escalation;
  }
  if (found) return found;
  return Refused("ESCALATION_NOT_OPEN", "Nobody is to answer this (any more). Read the ticket to see who was asked.",
                 "没有等待答复的此项请示，请查看工单。", {{"escalation", absl::StrCat(number)}});
}

}  // namespace

Decision<v1::Event> DecideAskSuperior(const v1::Ticket& ticket, const v1::AskSuperiorRequest& request,
                                      const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  if (auto status = RequireText(request.question(), "QUESTION_MISSING", "Write down what the superior is asked.",
                                "请填写请示的问题。");
      !status.ok()) {
    return status;
  }
  return Ask(ticket, v1::ESCALATION_KIND_QUESTION, request.to(), request.has_deadline(), request.deadline(),
             request.question(), context);
}

Decision<v1::Event> DecideReportUp(const v1::Ticket& ticket, const v1::ReportUpRequest& request,
                                   const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  if (auto status = RequireText(request.brief(), "BRIEF_MISSING",
                                "Write the case brief: what the superior has to know before he meets the customer.",
                                "请填写情况简报：领导接待客户前需要了解的内容。");
      !status.ok()) {
    return status;
  }
  return Ask(ticket, v1::ESCALATION_KIND_REPORT, request.to(), request.has_deadline(), request.deadline(),
             request.brief(), context);
}

Decision<v1::Event> DecideAnswerSuperior(const v1::Ticket& ticket, const v1::AnswerSuperiorRequest& request,
                                         const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  const auto escalation = RequireAwaited(ticket, request.escalation());
  if (!escalation.ok()) return escalation.status();
  std::string instructor = request.instructed_by();
  if (instructor.empty() && actor->agent) instructor = actor->agent->id();
  if (instructor.empty()) {
    return Invalid("PERSON_MISSING", "Name the person who gave the instruction.", "请填写作出指示的领导。");
  }
  if (auto status = RequirePresent(instructor, context.reference); !status.ok()) return status;
  const bool asked = instructor == (*escalation)->to();
  const bool himself = PrincipalOf(instructor) == (*escalation)->by();
  if (himself || !(asked || StandsAbove(*context.reference.agent(instructor), ticket, context.reference))) {
    return Denied("NOT_THE_SUPERIOR",
                  "Only who was asked, or somebody above the owner, gives the instruction, never who asks. Name him if "
                  "he gave it by word.",
                  "只有被请示的领导或首接责任人的上级可以作出指示，请示人本人不能。口头指示请填写作出指示的领导。",
                  {{"person", instructor}, {"asked", (*escalation)->to()}});
  }
  // Who was told by word writes it down, and the record says so.
  if (!Is(*actor, instructor)) {
    if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  }
  if (auto status = RequireText(request.instruction(), "INSTRUCTION_MISSING", "Write down what was instructed.",
                                "请填写领导的指示。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  auto& answered = *event.mutable_superior_answered();
  answered.set_escalation((*escalation)->number());
  answered.set_instructed_by(instructor);
  answered.mutable_text()->set_plain(request.instruction());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

bool IsAwaited(const v1::Escalation& escalation, const v1::Ticket& ticket) {
  return !escalation.has_answered() && escalation.episode() == EpisodeOf(ticket) && !IsOver(ticket) &&
         !IsMerged(ticket);
}

bool IsOpen(const v1::Escalation& escalation, const v1::Ticket& ticket) {
  return IsAwaited(escalation, ticket) && !escalation.overdue();
}

absl::Status RequireRoomForEscalation(const v1::Ticket& ticket) {
  const auto open = std::count_if(ticket.escalations().begin(), ticket.escalations().end(),
                                  [&](const auto& escalation) { return IsOpen(escalation, ticket); });
  if (open < kEscalationsOpenMax && ticket.escalations_size() < kEscalationsMax) return absl::OkStatus();
  return Refused("ESCALATION_LIMIT",
                 "This ticket has too many escalations. Speak to the people who were asked already.",
                 "该工单升级次数已达上限，请联系已被升级的责任人。", {{"max", absl::StrCat(kEscalationsOpenMax)}});
}

}  // namespace shoujie::router
