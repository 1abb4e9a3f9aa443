// The memory of a contact: what each event makes of it. A function of its arguments alone; cannot fail.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/contact.h"
#include "services/interaction/domain/record.h"
#include "services/interaction/domain/times.h"

namespace shoujie::interaction {
namespace {

void AddFlag(v1::Contact& contact, v1::Flag flag) {
  if (!HasFlag(contact, flag)) contact.add_flags(flag);
}

// Waiting → active → wrap-up → closed; a late fact may lead back from closed as missed.
void SetState(v1::Contact& contact) {
  const v1::Times& times = contact.times();
  const bool taken = !contact.handler().empty();
  if (times.has_ended_at()) {
    const bool done = contact.history() || times.phantom() || !contact.disposition().empty();
    contact.set_state(done ? v1::CONTACT_STATE_CLOSED : taken ? v1::CONTACT_STATE_WRAP_UP : v1::CONTACT_STATE_CLOSED);
  } else {
    contact.set_state(taken ? v1::CONTACT_STATE_ACTIVE : v1::CONTACT_STATE_WAITING);
  }
}

void OnReceived(v1::Contact& contact, const v1::Received& event) {
  contact.set_channel(event.channel());
  contact.set_source(event.source());
  contact.set_external_id(event.external_id());
  if (event.has_identifier()) *contact.mutable_identifier() = event.identifier();
  contact.set_site(event.site());
  contact.set_category(event.category());
  contact.set_after_hours(event.after_hours());
  contact.set_history(event.history());
  contact.set_received_by(event.received_by());
  if (event.has_greet_due()) *contact.mutable_greet_due() = event.greet_due();
}

void OnOffered(v1::Contact& contact, const v1::Offered& event) {
  auto* offer = contact.add_offers();
  *offer->mutable_at() = event.at();
  offer->set_group(event.group());
  *offer->mutable_agents() = event.agents();
  offer->set_rings(event.rings());
  if (event.has_alarm_due() && contact.handler().empty()) *contact.mutable_answer_alarm_due() = event.alarm_due();
}

void OnAccepted(v1::Contact& contact, const v1::Accepted& event) {
  // A late fact of an earlier acceptance does not take the contact away from who has it now.
  const v1::Times::Acceptance* last = nullptr;
  for (const auto& acceptance : contact.times().acceptances()) {
    if (!last || ToTime(acceptance.at()) >= ToTime(last->at())) last = &acceptance;
  }
  contact.set_handler(last ? last->agent() : event.agent());
  if (contact.site().empty()) contact.set_site(event.site());
  if (event.ends_transfer()) contact.clear_transfer();
  contact.clear_answer_alarm_due();
  contact.clear_greet_due();
  if (event.has_wrap_up_due()) {
    *contact.mutable_wrap_up_due() = event.wrap_up_due();
    contact.set_wrap_ups(contact.wrap_ups() + 1);
  }
}

void OnOwnerNamed(v1::Contact& contact, const v1::OwnerNamed& event) {
  contact.set_owner(event.owner());
  contact.set_owner_basis(event.basis());
  *contact.mutable_owner_since() = event.since();
  *contact.mutable_skipped() = event.skipped();
}

void OnDisposed(v1::Contact& contact, const v1::Disposed& event) {
  contact.set_disposition(event.disposition());
  contact.set_disposition_kind(event.kind());
  contact.set_result(event.result());
  contact.set_reception_type(event.reception_type());
  contact.set_study_reason(event.study_reason());
  if (event.has_referral()) *contact.mutable_referral() = event.referral();
  contact.set_department(event.department());
  contact.set_disposed_by(event.by());
  *contact.mutable_disposed_at() = event.at();
  if (event.has_record_due()) *contact.mutable_record_due() = event.record_due();
  contact.set_disposals(contact.disposals() + 1);
  contact.clear_wrap_up_due();
}

void OnCorrected(v1::Contact& contact, const v1::Corrected& event) {
  contact.clear_disposition();
  contact.clear_disposition_kind();
  contact.clear_result();
  contact.clear_reception_type();
  contact.clear_study_reason();
  contact.clear_referral();
  contact.clear_department();
  contact.clear_disposed_by();
  contact.clear_disposed_at();
  contact.clear_record_due();
  contact.clear_record_missing();
  if (event.has_wrap_up_due()) {
    *contact.mutable_wrap_up_due() = event.wrap_up_due();
    contact.set_wrap_ups(contact.wrap_ups() + 1);
  }
}

v1::Order* OrderOf(v1::Contact& contact, const std::string& id) {
  for (auto& order : *contact.mutable_orders()) {
    if (order.id() == id) return &order;
  }
  return nullptr;
}

void OnRecordWritten(v1::Contact& contact, const v1::RecordWritten& event) {
  ApplyRecord(*contact.mutable_record(), event);
  contact.set_record_version(event.version());
  *contact.mutable_to_read_back() = event.to_read_back();
  for (const auto& field : event.read_back()) {
    auto it = std::find_if(contact.read_backs().begin(), contact.read_backs().end(),
                           [&](const auto& done) { return done.field() == field; });
    auto* done = it == contact.read_backs().end()
                     ? contact.add_read_backs()
                     : contact.mutable_read_backs(static_cast<int>(it - contact.read_backs().begin()));
    done->set_field(field);
    done->set_by(event.by());
    *done->mutable_at() = event.at();
  }
}

}  // namespace

void Evolve(v1::Contact& contact, const v1::Event& event, const EventContext& at) {
  contact.set_name(std::string(at.stream));
  FoldTimes(*contact.mutable_times(), event);
  switch (event.event_case()) {
    case v1::Event::kTicketNeeded:
      contact.set_ticket(event.ticket_needed().ticket());
      break;
    case v1::Event::kFactsRecorded:
      contact.set_last_fact(event.facts_recorded().last_number());
      break;
    case v1::Event::kReceived:
      OnReceived(contact, event.received());
      break;
    case v1::Event::kOffered:
      OnOffered(contact, event.offered());
      break;
    case v1::Event::kAccepted:
      OnAccepted(contact, event.accepted());
      break;
    case v1::Event::kEnded:
      contact.clear_answer_alarm_due();
      contact.clear_greet_due();
      if (event.ended().has_wrap_up_due()) {
        *contact.mutable_wrap_up_due() = event.ended().wrap_up_due();
        contact.set_wrap_ups(contact.wrap_ups() + 1);
      }
      break;
    case v1::Event::kOwnerNamed:
      OnOwnerNamed(contact, event.owner_named());
      break;
    case v1::Event::kOpened:
      contact.set_opened_by(event.opened().agent());
      *contact.mutable_opened_at() = event.opened().at();
      contact.set_handler(event.opened().agent());
      break;
    case v1::Event::kGreeted:
      contact.set_greeted_by(event.greeted().agent());
      *contact.mutable_greeted_at() = event.greeted().at();
      contact.clear_greet_due();
      break;
    case v1::Event::kConsultStarted: {
      auto* consult = contact.add_consults();
      consult->set_agent(event.consult_started().agent());
      consult->set_by(event.consult_started().by());
      if (event.consult_started().has_question()) *consult->mutable_question() = event.consult_started().question();
      *consult->mutable_started_at() = event.consult_started().at();
      break;
    }
    case v1::Event::kConsultEnded:
      if (contact.consults_size() > 0) {
        auto* consult = contact.mutable_consults(contact.consults_size() - 1);
        *consult->mutable_ended_at() = event.consult_ended().at();
        consult->set_answerer(event.consult_ended().answerer());
        contact.mutable_record()->set_answerer(event.consult_ended().answerer());
      }
      break;
    case v1::Event::kTransferOffered:
      *contact.mutable_transfer() = event.transfer_offered().transfer();
      break;
    case v1::Event::kPrompted:
      *contact.add_prompts() = event.prompted().prompt();
      break;
    case v1::Event::kFlagged:
      AddFlag(contact, event.flagged().flag());
      if (event.flagged().flag() == v1::FLAG_ANSWER_ALARM) contact.clear_answer_alarm_due();
      if (event.flagged().flag() == v1::FLAG_GREETED_LATE) contact.clear_greet_due();
      break;
    case v1::Event::kMessageTaken:
      *contact.add_messages() = event.message_taken().message();
      break;
    case v1::Event::kMessageReceived:
      for (auto& message : *contact.mutable_messages()) {
        if (message.id() == event.message_received().id())
          *message.mutable_received_at() = event.message_received().at();
      }
      break;
    case v1::Event::kRecordWritten:
      OnRecordWritten(contact, event.record_written());
      break;
    case v1::Event::kRecordIncomplete:
      *contact.mutable_record_missing() = event.record_incomplete().missing();
      contact.clear_record_due();
      AddFlag(contact, v1::FLAG_RECORD_INCOMPLETE);
      break;
    case v1::Event::kDisposed:
      OnDisposed(contact, event.disposed());
      break;
    case v1::Event::kCorrected:
      OnCorrected(contact, event.corrected());
      break;
    case v1::Event::kAttributed:
      contact.set_customer(event.attributed().customer());
      contact.clear_card();  // until the customer's slot has told his
      if (contact.came_through().empty()) contact.set_came_through(event.attributed().customer());
      break;
    case v1::Event::kCardTaken:
      *contact.mutable_card() = event.card_taken().card();
      break;
    case v1::Event::kAttributionRefused:
      if (contact.came_through() == event.attribution_refused().customer()) contact.clear_came_through();
      contact.clear_customer();
      contact.clear_card();
      break;
    case v1::Event::kWrapUpOverdue:
      AddFlag(contact, v1::FLAG_WRAP_UP_OVERDUE);
      contact.clear_wrap_up_due();
      break;
    case v1::Event::kOrderPlaced:
      *contact.add_orders() = event.order_placed().order();
      break;
    case v1::Event::kOrderTaken:
      if (auto* order = OrderOf(contact, event.order_taken().order())) {
        order->set_holder(event.order_taken().holder());
        *order->mutable_lease_until() = event.order_taken().lease_until();
      }
      break;
    case v1::Event::kOrderClosed:
      if (auto* order = OrderOf(contact, event.order_closed().order())) {
        order->set_state(event.order_closed().state());
        *order->mutable_closed_at() = event.order_closed().at();
      }
      if (event.order_closed().state() == v1::ORDER_STATE_REACHED) contact.clear_wrap_up_due();
      break;
    default:
      break;
  }
  SetState(contact);
}

// Timers of the contact as it stands. History has none.
std::vector<Timer> Timers(const v1::Contact& contact) {
  std::vector<Timer> timers;
  if (contact.history()) return timers;
  if (contact.has_answer_alarm_due()) timers.push_back({"answer", ToTime(contact.answer_alarm_due()), 1});
  if (contact.has_greet_due()) timers.push_back({"greet", ToTime(contact.greet_due()), 1});
  if (contact.has_wrap_up_due()) timers.push_back({"wrap_up", ToTime(contact.wrap_up_due()), contact.wrap_ups()});
  if (contact.has_record_due() && !MissingLater(contact).empty()) {
    timers.push_back({"record", ToTime(contact.record_due()), contact.disposals()});
  }
  for (const auto& order : contact.orders()) {
    if (order.state() == v1::ORDER_STATE_PENDING) {
      timers.push_back({absl::StrCat("order/", order.id()), ToTime(order.not_after()), 1});
    }
  }
  return timers;
}

}  // namespace shoujie::interaction
