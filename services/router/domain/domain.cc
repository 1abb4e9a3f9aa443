#include "services/router/domain/domain.h"

#include "absl/strings/match.h"
#include "services/router/domain/clocks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/proof.h"
#include "services/runtime/base/error.h"

namespace shoujie::router {
namespace {

template <typename Request>
absl::StatusOr<Address> ToTicket(const Request& request) {
  if (absl::StartsWith(request.name(), "tickets/")) return Address{.stream = request.name()};
  return Invalid("NAME_INVALID", "Name the ticket as \"tickets/\" and its number.",
                 "请以 tickets/工单号 的形式填写工单名称。");
}

}  // namespace

ServiceDomain Domain() {
  auto tickets = std::make_unique<TypedStream<v1::Ticket, v1::Event>>("tickets", &Evolve, &Timers);
  tickets->Check(&CheckTicket);
  tickets->On<v1::OpenTicketRequest>(&ToTicket<v1::OpenTicketRequest>, &WithClocks<v1::OpenTicketRequest, &DecideOpen>)
      .On<v1::SetCustomerRequest>(&ToTicket<v1::SetCustomerRequest>, &DecideSetCustomer)
      .On<v1::TransferOwnershipRequest>(&ToTicket<v1::TransferOwnershipRequest>, &DecideTransfer)
      .On<v1::OfferHandoffRequest>(&ToTicket<v1::OfferHandoffRequest>,
                                   &WithClocks<v1::OfferHandoffRequest, &DecideOffer>)
      .On<v1::SignHandoffRequest>(&ToTicket<v1::SignHandoffRequest>, &WithClocks<v1::SignHandoffRequest, &DecideSign>)
      .On<v1::RefuseHandoffRequest>(&ToTicket<v1::RefuseHandoffRequest>,
                                    &WithClocks<v1::RefuseHandoffRequest, &DecideRefuse>)
      .On<v1::ReportProgressRequest>(&ToTicket<v1::ReportProgressRequest>,
                                     &WithClocks<v1::ReportProgressRequest, &DecideProgress>)
      .On<v1::CompleteHandoffRequest>(&ToTicket<v1::CompleteHandoffRequest>,
                                      &WithClocks<v1::CompleteHandoffRequest, &DecideComplete>)
      .On<v1::ReturnHandoffRequest>(&ToTicket<v1::ReturnHandoffRequest>,
                                    &WithClocks<v1::ReturnHandoffRequest, &DecideReturn>)
      .On<v1::WithdrawHandoffRequest>(&ToTicket<v1::WithdrawHandoffRequest>,
                                      &WithClocks<v1::WithdrawHandoffRequest, &DecideWithdraw>)
      .On<v1::RequestAssistRequest>(&ToTicket<v1::RequestAssistRequest>, &DecideRequestAssist)
      .On<v1::SignAssistRequest>(&ToTicket<v1::SignAssistRequest>, &DecideSignAssist)
      .On<v1::RefuseAssistRequest>(&ToTicket<v1::RefuseAssistRequest>, &DecideRefuseAssist)
      .On<v1::CompleteAssistRequest>(&ToTicket<v1::CompleteAssistRequest>, &DecideCompleteAssist)
      .On<v1::WithdrawAssistRequest>(&ToTicket<v1::WithdrawAssistRequest>, &DecideWithdrawAssist)
      .On<v1::EscalateTicketRequest>(&ToTicket<v1::EscalateTicketRequest>, &DecideEscalate)
      .On<v1::AskSuperiorRequest>(&ToTicket<v1::AskSuperiorRequest>, &DecideAskSuperior)
      .On<v1::ReportUpRequest>(&ToTicket<v1::ReportUpRequest>, &DecideReportUp)
      .On<v1::AnswerSuperiorRequest>(&ToTicket<v1::AnswerSuperiorRequest>, &DecideAnswerSuperior)
      .On<v1::RequestAdjudicationRequest>(&ToTicket<v1::RequestAdjudicationRequest>,
                                          &WithClocks<v1::RequestAdjudicationRequest, &DecideRequestAdjudication>)
      .On<v1::AdjudicateRequest>(&ToTicket<v1::AdjudicateRequest>,
                                 &WithClocks<v1::AdjudicateRequest, &DecideAdjudicate>)
      .On<v1::UrgeTicketRequest>(&ToTicket<v1::UrgeTicketRequest>, &DecideUrge)
      .On<v1::SuperviseTicketRequest>(&ToTicket<v1::SuperviseTicketRequest>, &DecideSupervise)
      .On<v1::AnswerSupervisionRequest>(&ToTicket<v1::AnswerSupervisionRequest>, &DecideAnswerSupervision)
      .On<v1::LiftSupervisionRequest>(&ToTicket<v1::LiftSupervisionRequest>, &DecideLiftSupervision)
      .On<v1::PrioritizeTicketRequest>(&ToTicket<v1::PrioritizeTicketRequest>, &DecidePrioritize)
      .On<v1::GetContactDetailsRequest>(&ToTicket<v1::GetContactDetailsRequest>, &DecideContactDetails)
      .On<v1::AddNoteRequest>(&ToTicket<v1::AddNoteRequest>, &DecideNote)
      .On<v1::CloseTicketRequest>(&ToTicket<v1::CloseTicketRequest>, &WithClocks<v1::CloseTicketRequest, &DecideClose>)
      .On<v1::ReopenTicketRequest>(&ToTicket<v1::ReopenTicketRequest>,
                                   &WithClocks<v1::ReopenTicketRequest, &DecideReopen>)
      .On<v1::MergeTicketRequest>(&ToTicket<v1::MergeTicketRequest>, &DecideMerge)
      .On<v1::UnmergeTicketRequest>(&ToTicket<v1::UnmergeTicketRequest>,
                                    &WithClocks<v1::UnmergeTicketRequest, &DecideUnmerge>)
      .On<v1::LinkDuplicateRequest>(&ToTicket<v1::LinkDuplicateRequest>, &DecideLinkDuplicate)
      .On<v1::UnlinkDuplicateRequest>(&ToTicket<v1::UnlinkDuplicateRequest>, &DecideUnlinkDuplicate)
      .On<v1::AcceptMergeRequest>(&ToTicket<v1::AcceptMergeRequest>,
                                  &WithClocks<v1::AcceptMergeRequest, &DecideAcceptMerge>)
      .On<common::v1::MessageDeclined>(&ToTicket<common::v1::MessageDeclined>, &DecideMergeDeclined)
      .On<v1::UndoLastRequest>(&ToTicket<v1::UndoLastRequest>, &WithClocks<v1::UndoLastRequest, &DecideUndo>)
      .On<v1::AwaitCustomerRequest>(&ToTicket<v1::AwaitCustomerRequest>,
                                    &WithClocks<v1::AwaitCustomerRequest, &DecideAwait>)
      .On<v1::EndWaitRequest>(&ToTicket<v1::EndWaitRequest>, &WithClocks<v1::EndWaitRequest, &DecideEndWait>)
      .On<v1::RequestExtensionRequest>(&ToTicket<v1::RequestExtensionRequest>,
                                       &WithClocks<v1::RequestExtensionRequest, &DecideRequestExtension>)
      .On<v1::AnswerExtensionRequest>(&ToTicket<v1::AnswerExtensionRequest>,
                                      &WithClocks<v1::AnswerExtensionRequest, &DecideAnswerExtension>)
      .On<v1::RecordTicketFactsRequest>(&RouteFacts, &DecideFacts)
      .On<common::v1::TimerFired>(&ToTicket<common::v1::TimerFired>, &DecideTimer);

  ServiceDomain domain;
  domain.name = "router";
  domain.event = std::make_unique<v1::Event>();
  domain.streams.push_back(std::move(tickets));
  domain.numbering = Numbering::kNone;
  // 2: rows say what is due next, and departments' queues go by it. 3: rows say who has a hand-off in hand.
  domain.state_version = 3;
  return domain;
}

}  // namespace shoujie::router
