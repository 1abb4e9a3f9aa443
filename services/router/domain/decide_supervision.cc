// Supervision 督办: who puts a ticket under it, what is answered, how it is lifted (F083); and which tickets go ahead
// of the rest (R207). What it means meanwhile, and what its timers make: supervision.h.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

absl::StatusOr<std::string> RequireWhoSupervises(const std::string& named, const Actor& actor, const v1::Ticket& ticket,
                                                 const Reference& reference) {
  std::string person = named;
  if (person.empty() && actor.agent) person = actor.agent->id();
  if (person.empty()) {
    return Invalid("PERSON_MISSING", "Name the person who shall supervise the ticket.", "请填写督办人。");
  }
  if (auto status = RequirePresent(person, reference); !status.ok()) return status;
  if (!MaySupervise(*reference.agent(person), ticket, reference)) {
    return Invalid("NOT_A_SUPERVISOR",
                   "Whoever supervises stands above the owner, is not the owner himself and does not work for the "
                   "department that has the ticket. Name such a leader or head.",
                   "督办人须是首接责任人的上级，且不是首接责任人本人或承办部门人员。请指定其他班组长或负责人。",
                   {{"person", person}});
  }
  return person;
}

// The instant by which there has to be an answer: the one that is named, else the directory's.
absl::StatusOr<google::protobuf::Timestamp> RequireAnswerBy(const v1::SuperviseTicketRequest& request,
                                                            const Context& context) {
  const absl::Duration within = ToDuration(context.reference.policies().supervision_answer_within());
  if (!request.has_deadline() && within > absl::ZeroDuration()) return ToProto(context.now + within);
  if (auto status = RequireDeadline(request.has_deadline(), request.deadline(), context); !status.ok()) return status;
  return ToProto(FromProto(request.deadline()));
}

absl::StatusOr<const v1::Supervision*> RequireStanding(const v1::Ticket& ticket) {
  if (const auto* standing = StandingSupervision(ticket)) return standing;
  return Refused("SUPERVISION_NOT_OPEN",
                 "The ticket is not under supervision (any more). Read it to see what was found.",
                 "该工单未在督办中，请查看工单中的督办结论。", {{"ticket", ticket.name()}});
}

bool ActsForDepartment(const Actor& actor, const std::string& id, const Reference& reference) {
  const auto* department = reference.department(id);
  return department ? ActsFor(actor, *department) : actor.operates;
}

}  // namespace

Decision<v1::Event> DecideSupervise(const v1::Ticket& ticket, const v1::SuperviseTicketRequest& request,
                                    const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (!Leads(*actor, ticket.owner(), context.reference)) {
    return Denied("SUPERVISION_NEEDS_LEADER",
                  "Only a leader of the owner, a centre head or an operator puts a ticket under supervision. Ask a "
                  "leader.",
                  "只有首接责任人的班组长、中心负责人或管理员可以督办工单，请联系班组长。",
                  {{"owner", ticket.owner()}});
  }
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (auto status = RequireText(request.reason(), "REASON_MISSING", "Say why the ticket is put under supervision.",
                                "请填写督办原因。");
      !status.ok()) {
    return status;
  }
  if (const auto* standing = StandingSupervision(ticket)) {
    return Refused("SUPERVISION_OPEN", "The ticket is under supervision already. Speak to the supervisor.",
                   "该工单已在督办中，请联系督办人。",
                   {{"supervision", absl::StrCat(standing->number())}, {"supervisor", standing->supervisor()}});
  }
  if (ticket.supervisions_size() >= kSupervisionsMax) {
    return Refused("SUPERVISION_LIMIT", "This ticket was supervised too often. Ask a head to decide how it goes on.",
                   "该工单督办次数已达上限，请由中心负责人决定如何继续。", {{"max", absl::StrCat(kSupervisionsMax)}});
  }
  const auto* handoff = ActiveHandoff(ticket);
  if (request.handoff_only() && handoff == nullptr) {
    return Refused("SUPERVISION_OF_NO_HANDOFF",
                   "No department has the ticket. Supervise the ticket instead of a hand-off.",
                   "当前没有部门承办该工单，请督办整个工单。", {{"ticket", ticket.name()}});
  }
  auto supervisor = RequireWhoSupervises(request.supervisor(), *actor, ticket, context.reference);
  if (!supervisor.ok()) return supervisor.status();
  auto deadline = RequireAnswerBy(request, context);
  if (!deadline.ok()) return deadline.status();
  const Answerable answerable = AnswerableFor(ticket);
  v1::Event event;
  auto& begun = *event.mutable_supervision_begun();
  begun.set_supervision(static_cast<uint32_t>(ticket.supervisions_size()) + 1);
  begun.set_cause(v1::SUPERVISION_CAUSE_LEADER);
  begun.set_supervisor(*std::move(supervisor));
  begun.set_owner(ticket.owner());
  begun.mutable_reason()->set_plain(request.reason());
  if (request.handoff_only()) begun.set_handoff(handoff->number());
  begun.set_department(answerable.department);
  begun.set_responsible(answerable.responsible);
  *begun.mutable_deadline() = *std::move(deadline);
  begun.set_directory_version(context.reference.version());
  return One(std::move(event));
}

Decision<v1::Event> DecideAnswerSupervision(const v1::Ticket& ticket, const v1::AnswerSupervisionRequest& request,
                                            const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  const auto standing = RequireStanding(ticket);
  if (!standing.ok()) return standing.status();
  // Whoever let the deadline pass may still speak, even if the ticket is elsewhere by now.
  std::string department = AnswerableFor(ticket).department;
  const std::string& late = (*standing)->overdue_department();
  bool may = department.empty() ? RequireOwnerSide(ticket, context).ok()
                                : ActsForDepartment(*actor, department, context.reference);
  if (!may && !late.empty() && ActsForDepartment(*actor, late, context.reference)) {
    may = true;
    department = late;
  }
  if (!may || (!actor->operates && Is(*actor, (*standing)->supervisor()))) {
    return Denied("NOT_SUPERVISED",
                  "Only whoever has the ticket, or let the deadline pass, answers the supervisor, never he himself. "
                  "Ask the department, or the owner.",
                  "只有被督办的部门或首接责任人可以答复督办，督办人本人不能，请联系被督办方。",
                  {{"department", department}, {"owner", ticket.owner()}});
  }
  if (auto status =
          RequireText(request.text(), "TEXT_MISSING", "Say what was done about the matter.", "请填写办理情况。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  auto& answered = *event.mutable_supervision_answered();
  answered.set_supervision((*standing)->number());
  answered.set_department(department);
  answered.mutable_text()->set_plain(request.text());
  return One(std::move(event));
}

Decision<v1::Event> DecideLiftSupervision(const v1::Ticket& ticket, const v1::LiftSupervisionRequest& request,
                                          const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  const auto standing = RequireStanding(ticket);
  if (!standing.ok()) return standing.status();
  if (auto status = RequireSupervisor(ticket, *actor, context.reference); !status.ok()) return status;
  if (auto status = RequireText(request.finding(), "FINDING_MISSING", "Say what was found: it stands with the ticket.",
                                "请填写督办结论，随工单保存。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  auto& lifted = *event.mutable_supervision_lifted();
  lifted.set_supervision((*standing)->number());
  lifted.set_department(AnswerableFor(ticket).department);
  lifted.mutable_finding()->set_plain(request.finding());
  return One(std::move(event));
}

Decision<v1::Event> DecidePrioritize(const v1::Ticket& ticket, const v1::PrioritizeTicketRequest& request,
                                     const Context& context) {
  if (auto actor = RequireOwnerSide(ticket, context); !actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (request.priority() > kPriorityMax) {
    return Invalid("PRIORITY_UNKNOWN", "There is no such priority. Choose 1 for the highest, or 0 for none.",
                   "没有此优先级，请填写 1（最高）起的优先级，0 表示不设优先级。",
                   {{"max", absl::StrCat(kPriorityMax)}});
  }
  if (auto status = RequireText(request.reason(), "REASON_MISSING", "Say why the matter is so urgent, or is not.",
                                "请填写调整优先级的原因。");
      !status.ok()) {
    return status;
  }
  const bool ahead = request.priority() != 0 && request.priority() <= context.reference.policies().fast_lane_priority();
  const v1::Lane lane = ahead ? v1::LANE_FAST : v1::LANE_UNSPECIFIED;
  if (request.priority() == ticket.priority() && lane == ticket.lane()) {
    return Refused("PRIORITY_UNCHANGED", "The ticket has this priority already. Add a note if there is more to say.",
                   "该工单已是此优先级，如需补充说明请添加备注。", {{"priority", absl::StrCat(ticket.priority())}});
  }
  v1::Event event;
  auto& prioritized = *event.mutable_ticket_prioritized();
  prioritized.set_priority(request.priority());
  prioritized.set_before(ticket.priority());
  prioritized.set_lane(lane);
  prioritized.mutable_reason()->set_plain(request.reason());
  prioritized.set_directory_version(context.reference.version());
  return One(std::move(event));
}

}  // namespace shoujie::router
