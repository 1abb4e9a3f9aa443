// Disputes between departments: who is asked to rule 裁定, and what he rules (F074). What counts as a dispute, and who
// is of no party: disputes.h.
//
// A department that has to do it by a ruling gets an offer that it cannot refuse, not a signature: from the ruling's
// instant on the ticket is in its custody (CUSTODY_KIND_OFFERED), the clock of the signature runs against it, and it
// signs itself, naming who works on it. A signature by somebody else's word would meet that clock in no time, name no
// handler, and hide a department that does not move. If it has the ticket already, its hand-off goes on: custody has no
// seam, and nobody gets his clocks anew by disputing. What cannot be done after all is told to the arbiter by another
// request; his consent is another ruling, so whoever reads the ticket finds it where the first one stands.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

absl::Status CheckPrecedents(const Names& precedents) {
  if (precedents.size() <= kPrecedentsMax && std::all_of(precedents.begin(), precedents.end(), &IsRulingName)) {
    return absl::OkStatus();
  }
  return Invalid("PRECEDENT_INVALID",
                 "A precedent is cited as \"tickets/…/rulings/1\". Take the names from ListRulings, and not too many.",
                 "请按 tickets/工单号/rulings/序号 的形式引用裁定（见 ListRulings），且不要过多。",
                 {{"max", absl::StrCat(kPrecedentsMax)}});
}

absl::Status RequireProposal(const std::string& department, const Reference& reference) {
  if (department.empty() || reference.department(department)) return absl::OkStatus();
  return Invalid("DEPARTMENT_UNKNOWN", "The directory does not know this department. Choose one that it lists.",
                 "目录中没有此部门，请选择目录中的部门。", {{"department", department.substr(0, kIdBytesMax)}});
}

// That there is something to rule on: the ticket was given back, or may not be given back, or a ruling stands.
absl::Status RequireDispute(const v1::Ticket& ticket, const v1::Handoff* handoff,
                            const directory::v1::Department* holder, const Context& context) {
  const uint32_t given_back = GivenBack(ticket);
  const auto budget = RefusalBudget(holder, context.reference);
  const bool spent = handoff && budget && given_back >= *budget;
  if (given_back > 0 || spent || (handoff && handoff->ruling() != 0)) return absl::OkStatus();
  return Refused("NOTHING_DISPUTED",
                 "No department has given the ticket back since its episode began or a leader ruled. Refuse or return "
                 "it with evidence first.",
                 "本处理阶段（或上次裁定以来）尚无部门退单，请先附依据退单。", {{"ticket", ticket.name()}});
}

template <typename Strings>
void AddAll(const Strings& strings, Names* names) {
  for (const auto& one : strings) names->Add(std::string(one));
}

// What of a ruling says how a hand-off begins, where none does.
absl::Status RequireNoOffer(const v1::AdjudicateRequest& request) {
  const bool fits =
      request.person().empty() && request.gist().empty() && !(request.back_to_owner() && request.has_deadline());
  if (fits) return absl::OkStatus();
  return Invalid("HANDOFF_NOT_BEGUN",
                 "No hand-off begins with this ruling. Leave out person and gist, and where the ticket goes back to "
                 "its owner the deadline.",
                 "该裁定不会开始新的转办：请不要填写承办人和事项；退回首接责任人时也不要填写时限。");
}

}  // namespace

Decision<v1::Event> DecideRequestAdjudication(const v1::Ticket& ticket, const v1::RequestAdjudicationRequest& request,
                                              const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (const auto* open = OpenAdjudication(ticket)) {
    return Refused("ADJUDICATION_OPEN", "A ruling was asked for already. Wait for it, or speak to the arbiter.",
                   "已申请裁定，请等待裁定结果，或联系裁定人。",
                   {{"adjudication", absl::StrCat(open->number())}, {"arbiter", open->arbiter()}});
  }
  const auto* handoff = ActiveHandoff(ticket);
  const auto* holder = handoff ? context.reference.department(handoff->department()) : nullptr;
  if (auto status = RequireDispute(ticket, handoff, holder, context); !status.ok()) return status;
  if (!v1::HandoffReason_IsValid(request.reason()) || request.reason() == v1::HANDOFF_REASON_UNSPECIFIED) {
    return Invalid("REASON_MISSING", "Choose the reason for which the ticket is in dispute.", "请选择争议原因。");
  }
  if (auto status = RequireText(request.evidence(), "EVIDENCE_MISSING",
                                "A ruling is asked for with evidence. Write down what shows the reason.",
                                "申请裁定必须附依据，请填写能说明原因的依据。");
      !status.ok()) {
    return status;
  }
  if (auto status = RequireProposal(request.proposed(), context.reference); !status.ok()) return status;
  if (auto status = CheckPrecedents(request.precedents()); !status.ok()) return status;
  if (ticket.adjudications_size() >= kAdjudicationsMax) {
    return Refused("ADJUDICATION_LIMIT", "This ticket was ruled on too often. Ask a leader to decide how it goes on.",
                   "该工单裁定次数已达上限，请由领导决定如何继续。", {{"max", absl::StrCat(kAdjudicationsMax)}});
  }
  const bool by_department = holder && actor->agent && IsMember(*actor->agent, *holder);
  if (by_department && request.reason() != v1::HANDOFF_REASON_CANNOT_BE_DONE) {
    if (auto status = RequireNotRuled(*handoff); !status.ok()) return status;
  }
  const absl::Duration window = ToDuration(context.reference.policies().adjudication_window());
  if (window <= absl::ZeroDuration()) {
    return Refused("ADJUDICATION_WINDOW_MISSING",
                   "The directory does not say within which time a leader rules. Publish the policy "
                   "adjudication_window first.",
                   "目录未规定裁定时限，请先发布 adjudication_window 规则。");
  }
  const auto parties = PartiesOf(ticket, {request.proposed()});
  const std::string arbiter = ArbiterFor(ticket, parties, context.reference);
  if (arbiter.empty()) {
    return Refused("ARBITER_MISSING",
                   "Every head in the directory is the owner or works for a department in dispute. Transfer the "
                   "ownership if a head has it, or publish another head.",
                   "目录中的中心负责人都是首接责任人或争议部门人员。如由负责人首接请先移交，或发布其他负责人。",
                   {{"owner", ticket.owner()}});
  }
  v1::Event event;
  auto& requested = *event.mutable_adjudication_requested();
  requested.set_adjudication(static_cast<uint32_t>(ticket.adjudications_size()) + 1);
  requested.set_handoff(handoff ? handoff->number() : 0);
  requested.set_reason(request.reason());
  requested.mutable_evidence()->set_plain(request.evidence());
  AddAll(parties, requested.mutable_parties());
  requested.set_proposed(request.proposed());
  requested.set_arbiter(arbiter);
  AddAll(WorksFor(*context.reference.agent(arbiter), context.reference), requested.mutable_arbiter_of());
  *requested.mutable_deadline() = ToProto(context.now + window);
  AddAll(request.precedents(), requested.mutable_precedents());
  requested.set_by_department(by_department);
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideAdjudicate(const v1::Ticket& ticket, const v1::AdjudicateRequest& request,
                                     const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  const auto* open = OpenAdjudication(ticket);
  if (!open || (request.adjudication() != 0 && request.adjudication() != open->number())) {
    return Refused("ADJUDICATION_NOT_OPEN",
                   "Nobody awaits this ruling (any more). Read the ticket, or let a ruling be asked for first.",
                   "没有等待裁定的此项申请，请查看工单，或先由一方申请裁定。",
                   {{"adjudication", absl::StrCat(open ? open->number() : 0)}});
  }
  const bool may = actor->operates || Is(*actor, open->arbiter()) || IsHead(*actor->agent, context.reference);
  if (!may) {
    return Denied("NOT_ARBITER", "Only the arbiter, another centre head or an operator rules. Ask the arbiter.",
                  "只有裁定人、其他中心负责人或管理员可以裁定，请联系裁定人。", {{"arbiter", open->arbiter()}});
  }
  const auto parties = PartiesOf(ticket, {open->proposed(), request.department()});
  if (actor->agent && !IsImpartial(*actor->agent, ticket, parties, context.reference)) {
    return Denied("ARBITER_PARTIAL",
                  "Whoever owns the ticket or works for a department in dispute does not rule. Let another head do it.",
                  "首接责任人及争议部门人员不能裁定，请由其他负责人裁定。", {{"arbiter", actor->agent->id()}});
  }
  if (request.back_to_owner() != request.department().empty()) {
    return Invalid("RULING_MISSING", "Say who has to do it: either a department, or back to the owner.",
                   "请填写裁定结果：指派部门，或退回首接责任人，二者择一。");
  }
  if (auto status =
          RequireText(request.grounds(), "GROUNDS_MISSING", "Say what the ruling is based on: later disputes cite it.",
                      "请填写裁定理由，供以后引用。");
      !status.ok()) {
    return status;
  }
  if (auto status = CheckPrecedents(request.precedents()); !status.ok()) return status;

  v1::Event event;
  auto& ruled = *event.mutable_adjudication_ruled();
  ruled.set_adjudication(open->number());
  ruled.set_department(request.department());
  ruled.mutable_grounds()->set_plain(request.grounds());
  AddAll(parties, ruled.mutable_parties());
  if (actor->agent) AddAll(WorksFor(*actor->agent, context.reference), ruled.mutable_ruled_by_of());
  ruled.set_owner(ticket.owner());
  ruled.set_settles(static_cast<uint32_t>(ticket.handoffs_size()));
  AddAll(request.precedents(), ruled.mutable_precedents());

  const auto* handoff = ActiveHandoff(ticket);
  const bool goes_on = handoff && handoff->department() == request.department();
  std::vector<Decided<v1::Event>> events;
  if (goes_on || request.back_to_owner()) {
    if (auto status = RequireNoOffer(request); !status.ok()) return status;
    if (goes_on) ruled.set_handoff(handoff->number());
    if (request.has_deadline()) {
      if (auto status = RequireDeadline(true, request.deadline(), context); !status.ok()) return status;
      *ruled.mutable_deadline() = ToProto(FromProto(request.deadline()));
    }
  } else {
    v1::OfferHandoffRequest offer;
    offer.set_department(request.department());
    offer.set_person(request.person());
    if (request.has_deadline()) *offer.mutable_deadline() = request.deadline();
    offer.set_gist(request.gist());
    auto offered = OfferTo(ticket, offer, context);
    if (!offered.ok()) return offered.status();
    events = *std::move(offered);
    events.front().event.mutable_handoff_offered()->set_ruling(open->number());
    ruled.set_handoff(events.front().event.handoff_offered().handoff());
  }
  if (handoff && !goes_on) {
    v1::Event reassigned;
    reassigned.mutable_handoff_reassigned()->set_handoff(handoff->number());
    reassigned.mutable_handoff_reassigned()->set_department(handoff->department());
    reassigned.mutable_handoff_reassigned()->set_ruling(open->number());
    events.emplace(events.begin(), std::move(reassigned));
  }
  events.emplace(events.begin(), std::move(event));
  return events;
}

}  // namespace shoujie::router
