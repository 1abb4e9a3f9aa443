#include "services/interaction/projection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::interaction {
namespace {

void AddFlag(v1::ContactRow& row, v1::Flag flag) {
  if (std::find(row.flags().begin(), row.flags().end(), flag) == row.flags().end()) row.add_flags(flag);
}

// What follows from the times: outcome, who answered, state.
void Derive(v1::ContactRow& row) {
  row.set_outcome(OutcomeOf(row.times()));
  const auto* first = FirstAcceptance(row.times());
  row.set_answered_by(first ? first->agent() : "");
  const v1::Times::Acceptance* last = nullptr;
  for (const auto& acceptance : row.times().acceptances()) {
    if (!last || ToTime(acceptance.at()) >= ToTime(last->at())) last = &acceptance;
  }
  row.set_handler(last ? last->agent() : "");
  if (!row.times().has_ended_at()) {
    row.set_state(last ? v1::CONTACT_STATE_ACTIVE : v1::CONTACT_STATE_WAITING);
  } else {
    const bool done = row.history() || row.times().phantom() || !row.disposition().empty() || !last;
    row.set_state(done ? v1::CONTACT_STATE_CLOSED : v1::CONTACT_STATE_WRAP_UP);
  }
  row.set_missed(row.missed() && !last);  // a late fact says that somebody did answer
}

void ProjectPresence(v1::PresenceRow& row, const v1::Event& event, const EventContext& at) {
  if (!event.has_presence_set()) return;
  row.set_name(std::string(at.stream));
  row.set_agent(event.presence_set().agent());
  row.set_state(event.presence_set().state());
  *row.mutable_since() = event.presence_set().at();
  row.clear_until();
  if (event.presence_set().has_until()) *row.mutable_until() = event.presence_set().until();
  row.set_version(at.version);
}

std::vector<std::string> PresenceIndexKeys(const v1::PresenceRow& row) {
  return {absl::StrCat("presence/", row.agent())};
}

}  // namespace

void ProjectContact(v1::ContactRow& row, const v1::Event& event, const EventContext& at) {
  row.set_name(std::string(at.stream));
  row.set_version(at.version);
  FoldTimes(*row.mutable_times(), event);
  switch (event.event_case()) {
    case v1::Event::kTicketNeeded:
      row.set_ticket(event.ticket_needed().ticket());
      break;
    case v1::Event::kReceived:
      row.set_channel(event.received().channel());
      row.set_source(event.received().source());
      row.set_external_id(event.received().external_id());
      row.set_site(event.received().site());
      row.set_category(event.received().category());
      row.set_after_hours(event.received().after_hours());
      row.set_history(event.received().history());
      break;
    case v1::Event::kAccepted:
      if (row.site().empty()) row.set_site(event.accepted().site());
      break;
    case v1::Event::kMissedCall:
      row.set_missed(true);
      break;
    case v1::Event::kOwnerNamed:
      row.set_owner(event.owner_named().owner());
      break;
    case v1::Event::kFlagged:
      AddFlag(row, event.flagged().flag());
      break;
    case v1::Event::kRecordWritten:
      if (!event.record_written().record().category().empty()) {
        row.set_category(event.record_written().record().category());
      }
      break;
    case v1::Event::kRecordIncomplete:
      row.set_incomplete_agent(event.record_incomplete().agent());
      AddFlag(row, v1::FLAG_RECORD_INCOMPLETE);
      break;
    case v1::Event::kDisposed:
      row.set_disposition(event.disposed().disposition());
      row.set_disposed_by(event.disposed().by());
      *row.mutable_disposed_at() = event.disposed().at();
      break;
    case v1::Event::kCorrected:
      row.clear_disposition();
      row.clear_disposed_by();
      row.clear_disposed_at();
      row.clear_incomplete_agent();
      break;
    case v1::Event::kAttributed:
      row.set_customer(event.attributed().customer());
      row.clear_customer_class();
      break;
    case v1::Event::kCardTaken:
      row.set_customer_class(event.card_taken().card().class_());
      break;
    case v1::Event::kAttributionRefused:
      row.clear_customer();
      row.clear_customer_class();
      break;
    case v1::Event::kWrapUpOverdue:
      AddFlag(row, v1::FLAG_WRAP_UP_OVERDUE);
      break;
    case v1::Event::kOrderPlaced:
      *row.mutable_order() = event.order_placed().order();
      break;
    case v1::Event::kOrderTaken:
      row.mutable_order()->set_holder(event.order_taken().holder());
      *row.mutable_order()->mutable_lease_until() = event.order_taken().lease_until();
      break;
    case v1::Event::kOrderClosed:
      row.clear_order();
      break;
    default:
      break;
  }
  Derive(row);
}

std::vector<std::string> ContactIndexKeys(const v1::ContactRow& row) {
  const std::string sort = absl::StrCat(SortKey(ToTime(row.times().started_at())), "/", row.name());
  std::vector<std::string> keys = {absl::StrCat("day/", sort),
                                   absl::StrCat("state/", static_cast<int>(row.state()), "/", sort)};
  if (!row.owner().empty()) keys.push_back(absl::StrCat("owner/", row.owner(), "/", sort));
  if (!row.handler().empty()) keys.push_back(absl::StrCat("handler/", row.handler(), "/", sort));
  if (!row.customer().empty()) keys.push_back(absl::StrCat("customer/", row.customer(), "/", sort));
  if (row.missed()) keys.push_back(absl::StrCat("missed/", sort));
  if (row.has_order()) {
    keys.push_back(absl::StrCat("order/", SortKey(ToTime(row.order().not_before())), "/", row.name()));
  }
  return keys;
}

std::unique_ptr<RowType> ContactRows() {
  return std::make_unique<TypedRows<v1::ContactRow, v1::Event>>("contacts", &ProjectContact, &ContactIndexKeys);
}

std::unique_ptr<RowType> PresenceRows() {
  return std::make_unique<TypedRows<v1::PresenceRow, v1::Event>>("presences", &ProjectPresence, &PresenceIndexKeys);
}

}  // namespace shoujie::interaction
