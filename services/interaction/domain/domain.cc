#include "services/interaction/domain/domain.h"

#include "services/interaction/domain/attribution.h"
#include "services/interaction/domain/contact.h"
#include "services/interaction/domain/conversation.h"
#include "services/interaction/domain/disposition.h"
#include "services/interaction/domain/facts.h"
#include "services/interaction/domain/orders.h"
#include "services/interaction/domain/ownership.h"
#include "services/interaction/domain/presence.h"
#include "services/interaction/domain/record.h"

namespace shoujie::interaction {
namespace {

// A call is found by its source's id, so that facts need not know the contact's number.
std::vector<UniqueKey> Keys(const v1::Event& event) {
  if (event.has_received() && !event.received().external_id().empty()) {
    return {{"call", SourceKey(event.received().source(), event.received().external_id())}};
  }
  if (event.has_order_closed() && !event.order_closed().external_id().empty()) {
    return {{"call", SourceKey(event.order_closed().source(), event.order_closed().external_id())}};
  }
  return {};
}

}  // namespace

ServiceDomain Domain() {
  auto contacts = std::make_unique<TypedStream<v1::Contact, v1::Event>>("contacts", &Evolve, &Timers, &Keys);
  contacts->On<v1::ReportContactFactRequest>(&RouteFact, &DecideFact)
      .On<v1::RecordContactFactsRequest>(&RouteHistory, &DecideHistory)
      .On<v1::CreateContactRequest>(&RouteCreate, &DecideCreate)
      .On<v1::AcceptContactRequest>(&ToNamed<v1::AcceptContactRequest>, &DecideAccept)
      .On<v1::OpenContactRequest>(&ToNamed<v1::OpenContactRequest>, &DecideOpen)
      .On<v1::GreetVisitorRequest>(&ToNamed<v1::GreetVisitorRequest>, &DecideGreet)
      .On<v1::DesignateOwnerRequest>(&ToNamed<v1::DesignateOwnerRequest>, &DecideDesignate)
      .On<v1::HoldContactRequest>(&ToNamed<v1::HoldContactRequest>, &DecideHold)
      .On<v1::ResumeContactRequest>(&ToNamed<v1::ResumeContactRequest>, &DecideResume)
      .On<v1::StartConsultRequest>(&ToNamed<v1::StartConsultRequest>, &DecideStartConsult)
      .On<v1::EndConsultRequest>(&ToNamed<v1::EndConsultRequest>, &DecideEndConsult)
      .On<v1::TransferContactRequest>(&ToNamed<v1::TransferContactRequest>, &DecideTransfer)
      .On<v1::RecordPromptRequest>(&ToNamed<v1::RecordPromptRequest>, &DecidePrompt)
      .On<v1::EndContactRequest>(&ToNamed<v1::EndContactRequest>, &DecideEnd)
      .On<v1::TakeMessageRequest>(&ToNamed<v1::TakeMessageRequest>, &DecideTakeMessage)
      .On<v1::ConfirmMessageRequest>(&ToNamed<v1::ConfirmMessageRequest>, &DecideConfirmMessage)
      .On<v1::WriteRecordRequest>(&ToNamed<v1::WriteRecordRequest>, &DecideWriteRecord)
      .On<v1::DisposeContactRequest>(&ToNamed<v1::DisposeContactRequest>, &DecideDispose)
      .On<v1::UndoDispositionRequest>(&ToNamed<v1::UndoDispositionRequest>, &DecideUndo)
      .On<v1::AttributeContactRequest>(&ToNamed<v1::AttributeContactRequest>, &DecideAttribute)
      .On<v1::TakeCustomerCardRequest>(&ToNamed<v1::TakeCustomerCardRequest>, &DecideTakeCard)
      .On<v1::RefuseAttributionRequest>(&ToNamed<v1::RefuseAttributionRequest>, &DecideRefuseAttribution)
      .On<v1::TakeOrderRequest>(&ToNamed<v1::TakeOrderRequest>, &DecideTakeOrder)
      .On<v1::ReportOrderResultRequest>(&ToNamed<v1::ReportOrderResultRequest>, &DecideOrderResult)
      .On<common::v1::TimerFired>(&ToNamed<common::v1::TimerFired>, &DecideTimer);

  contacts->Check(&CheckContact);

  auto presences = std::make_unique<TypedStream<v1::Presence, v1::Event>>("presences", &EvolvePresence);
  presences->On<v1::SetPresenceRequest>(&ToNamed<v1::SetPresenceRequest>, &DecidePresence);

  ServiceDomain domain{.name = "interaction",
                       .event = std::make_unique<v1::Event>(),
                       .numbering = Numbering::kMatter,
                       .numbered_collection = "contacts"};
  domain.streams.push_back(std::move(contacts));
  domain.streams.push_back(std::move(presences));
  return domain;
}

}  // namespace shoujie::interaction
