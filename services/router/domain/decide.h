// The rules of a ticket: command → events or a refusal that says what to do. Pure. One file per subject:
// `decide_ownership.cc` (opening, transfer, taking back), `decide_handoff.cc` (two-sided custody), `decide_closing.cc`
// (closing, reopening), `decide_notes.cc` (escalation, urging, notes, timers), `decide_waiting.cc` (waiting for the
// customer, extension), `decide_disputes.cc` (adjudication), `decide_superiors.cc` (questions and reports upwards),
// `decide_assist.cc` (departments that assist), `decide_merge.cc` (duplicates), `decide_supervision.cc` (supervision,
// priorities), `decide_details.cc` (how to reach the customer), `decide_facts.cc` (history of other systems).
// What follows for clocks: `clocks.h`. Where an offer goes: `routing.h`.
#pragma once

#include <string>
#include <vector>

#include "services/runtime/domain.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Opening cannot be declined: an owner who is gone is replaced by the centre head, with the reason (R001, R004).
Decision<v1::Event> DecideOpen(const v1::Ticket&, const v1::OpenTicketRequest&, const Context&);
Decision<v1::Event> DecideSetCustomer(const v1::Ticket&, const v1::SetCustomerRequest&, const Context&);
Decision<v1::Event> DecideTransfer(const v1::Ticket&, const v1::TransferOwnershipRequest&, const Context&);
Decision<v1::Event> DecideUndo(const v1::Ticket&, const v1::UndoLastRequest&, const Context&);

Decision<v1::Event> DecideOffer(const v1::Ticket&, const v1::OfferHandoffRequest&, const Context&);
// What an offer to this department records, whoever makes it. That he may act, and that the ticket is free for it, is
// checked before.
Decision<v1::Event> OfferTo(const v1::Ticket&, const v1::OfferHandoffRequest&, const Context&);
Decision<v1::Event> DecideSign(const v1::Ticket&, const v1::SignHandoffRequest&, const Context&);
Decision<v1::Event> DecideRefuse(const v1::Ticket&, const v1::RefuseHandoffRequest&, const Context&);
Decision<v1::Event> DecideProgress(const v1::Ticket&, const v1::ReportProgressRequest&, const Context&);
Decision<v1::Event> DecideComplete(const v1::Ticket&, const v1::CompleteHandoffRequest&, const Context&);
Decision<v1::Event> DecideReturn(const v1::Ticket&, const v1::ReturnHandoffRequest&, const Context&);
Decision<v1::Event> DecideWithdraw(const v1::Ticket&, const v1::WithdrawHandoffRequest&, const Context&);

// Beside custody, which they never touch; what is open holds up the end (assists.h). What they have in common with
// hand-offs: department_side.h.
Decision<v1::Event> DecideRequestAssist(const v1::Ticket&, const v1::RequestAssistRequest&, const Context&);
Decision<v1::Event> DecideSignAssist(const v1::Ticket&, const v1::SignAssistRequest&, const Context&);
Decision<v1::Event> DecideRefuseAssist(const v1::Ticket&, const v1::RefuseAssistRequest&, const Context&);
Decision<v1::Event> DecideCompleteAssist(const v1::Ticket&, const v1::CompleteAssistRequest&, const Context&);
Decision<v1::Event> DecideWithdrawAssist(const v1::Ticket&, const v1::WithdrawAssistRequest&, const Context&);

Decision<v1::Event> DecideClose(const v1::Ticket&, const v1::CloseTicketRequest&, const Context&);
Decision<v1::Event> DecideReopen(const v1::Ticket&, const v1::ReopenTicketRequest&, const Context&);

Decision<v1::Event> DecideEscalate(const v1::Ticket&, const v1::EscalateTicketRequest&, const Context&);
Decision<v1::Event> DecideAskSuperior(const v1::Ticket&, const v1::AskSuperiorRequest&, const Context&);
Decision<v1::Event> DecideReportUp(const v1::Ticket&, const v1::ReportUpRequest&, const Context&);
Decision<v1::Event> DecideAnswerSuperior(const v1::Ticket&, const v1::AnswerSuperiorRequest&, const Context&);
Decision<v1::Event> DecideRequestAdjudication(const v1::Ticket&, const v1::RequestAdjudicationRequest&, const Context&);
Decision<v1::Event> DecideAdjudicate(const v1::Ticket&, const v1::AdjudicateRequest&, const Context&);
Decision<v1::Event> DecideUrge(const v1::Ticket&, const v1::UrgeTicketRequest&, const Context&);
Decision<v1::Event> DecideSupervise(const v1::Ticket&, const v1::SuperviseTicketRequest&, const Context&);
Decision<v1::Event> DecideAnswerSupervision(const v1::Ticket&, const v1::AnswerSupervisionRequest&, const Context&);
Decision<v1::Event> DecideLiftSupervision(const v1::Ticket&, const v1::LiftSupervisionRequest&, const Context&);
Decision<v1::Event> DecidePrioritize(const v1::Ticket&, const v1::PrioritizeTicketRequest&, const Context&);
Decision<v1::Event> DecideNote(const v1::Ticket&, const v1::AddNoteRequest&, const Context&);
Decision<v1::Event> DecideAwait(const v1::Ticket&, const v1::AwaitCustomerRequest&, const Context&);
Decision<v1::Event> DecideEndWait(const v1::Ticket&, const v1::EndWaitRequest&, const Context&);
Decision<v1::Event> DecideRequestExtension(const v1::Ticket&, const v1::RequestExtensionRequest&, const Context&);
Decision<v1::Event> DecideAnswerExtension(const v1::Ticket&, const v1::AnswerExtensionRequest&, const Context&);
// Each look at the customer's address and phone by a department leaves an event, with its purpose (F104).
Decision<v1::Event> DecideContactDetails(const v1::Ticket&, const v1::GetContactDetailsRequest&, const Context&);
// For which department the principal may know how to reach the customer, else why not: the one that has the ticket,
// offered or signed, or one that has an open assist. One of the two numbers is set.
struct Concerned {
  std::string department;
  uint32_t handoff = 0;
  uint32_t assist = 0;
};
absl::StatusOr<Concerned> RequireConcerned(const v1::Ticket&, const Principal&, const Reference&);
// A deadline that passes is flagged and counted; it changes neither owner nor custody.
Decision<v1::Event> DecideTimer(const v1::Ticket&, const common::v1::TimerFired&, const Context&);
// "handoff/<number>" and "escalation/<number>" at their deadlines, while they matter; those of disputes (disputes.h),
// of clocks (clocks.h), of assists (assists.h) and of supervision (supervision.h).
std::vector<Timer> Timers(const v1::Ticket&);

// Facts keep the invariants and skip policy. Events take effect at max(occurred_at, the fact before).
Decision<v1::Event> DecideFacts(const v1::Ticket&, const v1::RecordTicketFactsRequest&, const Context&);
absl::StatusOr<Address> RouteFacts(const v1::RecordTicketFactsRequest&);

}  // namespace shoujie::router
