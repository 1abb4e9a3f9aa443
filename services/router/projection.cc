#include "services/router/projection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

class Fold {
 public:
  Fold(v1::TicketRow& row, const EventContext& at)
      : row_(row), now_(ToProto(std::max(at.effective_at, FromProto(row.updated())))) {}

  void Apply(const v1::TicketOpened& e) {
    row_.set_owner(e.owner());
    row_.set_category(e.category());
    row_.set_site(e.site());
    row_.set_customer(e.customer());
    row_.set_source(e.source());
    *row_.mutable_opened() = e.source().empty() ? e.owner_since() : e.opened_at();
    *row_.mutable_handler() = Person(e.owner());
    SetState(v1::TICKET_STATE_NEW);
  }

  void ChangeOwner(const std::string& owner) {
    const bool with_department = row_.state() == v1::TICKET_STATE_SIGNED;
    if (!with_department && SameParty(row_.handler(), Person(row_.owner()))) *row_.mutable_handler() = Person(owner);
    row_.set_owner(owner);
  }

  void Apply(const v1::HandoffOffered& e) {
    row_.set_department(e.department());
    *row_.mutable_due() = e.deadline();
    SetState(v1::TICKET_STATE_OFFERED);
    Held(e.department());
  }

  void Apply(const v1::HandoffSigned& e) {
    if (row_.last_department() != e.department()) row_.set_handoffs(row_.handoffs() + 1);
    row_.set_last_department(e.department());
    *row_.mutable_handler() = e.handler().empty() ? Department(e.department()) : Person(e.handler());
    SetState(v1::TICKET_STATE_SIGNED);
  }

  void BackToOwner() {
    row_.clear_department();
    row_.clear_due();
    row_.clear_overdue();
    row_.clear_closed();
    *row_.mutable_handler() = Person(row_.owner());
    SetState(v1::TICKET_STATE_ACTIVE);
  }

  void Close() {
    row_.clear_department();
    row_.clear_handler();
    SetState(v1::TICKET_STATE_CLOSED);
  }

  // An answer to "how long until it was first solved": not set by a closing without a solution, nor taken back by
  // reopening.
  void Apply(const v1::TicketClosed& e) {
    if (!row_.has_first_resolved() && e.code() != v1::RESOLUTION_CODE_UNRESOLVED) *row_.mutable_first_resolved() = now_;
    *row_.mutable_closed() = now_;
    Close();
  }

  void Apply(const v1::TicketReopened&) {
    row_.set_reopenings(row_.reopenings() + 1);
    BackToOwner();
  }

  void Apply(const v1::Corrected& e) {
    row_.set_corrections(row_.corrections() + 1);
    row_.clear_bulk();
    if (e.act() == v1::ACT_KIND_TRANSFER) {
      ChangeOwner(e.owner());
    } else if (e.act() == v1::ACT_KIND_CLOSE) {
      // What this closing said of the first solution is taken back with it.
      if (FromProto(row_.first_resolved()) == FromProto(row_.closed())) row_.clear_first_resolved();
      BackToOwner();
    }
    SetState(e.state());
  }

  void Apply(const v1::SourceUpdated& e) {
    if (e.priority() != 0) row_.set_priority(e.priority());
    if (!e.department().empty()) {
      if (e.department() != row_.last_department()) *row_.mutable_handler() = Department(e.department());
      row_.set_department(e.department());
      row_.set_last_department(e.department());
      Held(e.department());
    }
    if (!e.handler().empty()) *row_.mutable_handler() = Person(e.handler());
    if (e.handed_off()) row_.set_handoffs(row_.handoffs() + 1);
    if (e.reopened()) {
      row_.set_reopenings(row_.reopenings() + 1);
      row_.clear_closed();
    }
    if (e.closed()) *row_.mutable_closed() = now_;
    if (e.state() == v1::TICKET_STATE_RESOLVED && !row_.has_first_resolved()) *row_.mutable_first_resolved() = now_;
    if (e.state() != v1::TICKET_STATE_UNSPECIFIED) SetState(e.state());
  }

  void SetState(v1::TicketState state) {
    if (state == row_.state()) return;
    if (row_.state() == v1::TICKET_STATE_AWAITING_CUSTOMER) {
      const absl::Duration stay = FromProto(now_) - FromProto(row_.waiting_since());
      row_.set_waiting_ms(row_.waiting_ms() + absl::ToInt64Milliseconds(stay));
      row_.set_waiting_minutes(row_.waiting_minutes() + absl::ToInt64Minutes(stay));
      row_.clear_waiting_since();
    }
    if (state == v1::TICKET_STATE_AWAITING_CUSTOMER) *row_.mutable_waiting_since() = now_;
    row_.set_state(state);
  }

  const google::protobuf::Timestamp& now() const { return now_; }

 private:
  void Held(const std::string& department) {
    auto& all = *row_.mutable_departments();
    if (std::find(all.begin(), all.end(), department) == all.end()) *all.Add() = department;
  }

  v1::TicketRow& row_;
  const google::protobuf::Timestamp now_;
};

}  // namespace

void Project(v1::TicketRow& row, const v1::Event& event, const EventContext& at) {
  const auto what = event.event_case();
  if (what == v1::Event::EVENT_NOT_SET || (what != v1::Event::kTicketOpened && row.name().empty())) return;
  Fold fold(row, at);
  switch (what) {
    case v1::Event::kTicketOpened:
      fold.Apply(event.ticket_opened());
      break;
    case v1::Event::kOwnershipTransferred:
      fold.ChangeOwner(event.ownership_transferred().to());
      break;
    case v1::Event::kBulkJoined:
      row.set_bulk(event.bulk_joined().bulk());
      break;
    case v1::Event::kHandoffOffered:
      fold.Apply(event.handoff_offered());
      break;
    case v1::Event::kHandoffSigned:
      fold.Apply(event.handoff_signed());
      break;
    case v1::Event::kHandoffRefused:
      row.set_refusals(row.refusals() + 1);
      fold.BackToOwner();
      break;
    case v1::Event::kHandoffReturned:
      row.set_returns(row.returns() + 1);
      fold.BackToOwner();
      break;
    case v1::Event::kHandoffCompleted:
    case v1::Event::kHandoffWithdrawn:
      fold.BackToOwner();
      break;
    case v1::Event::kHandoffOverdue:
      row.set_overdue(true);
      break;
    case v1::Event::kTicketEscalated:
      row.set_escalations(row.escalations() + 1);
      break;
    case v1::Event::kUrged:
      row.set_urges(event.urged().urge());
      break;
    case v1::Event::kTicketClosed:
      fold.Apply(event.ticket_closed());
      break;
    case v1::Event::kTicketReopened:
      fold.Apply(event.ticket_reopened());
      break;
    case v1::Event::kCorrected:
      fold.Apply(event.corrected());
      break;
    case v1::Event::kSourceUpdated:
      fold.Apply(event.source_updated());
      break;
    case v1::Event::kCustomerChanged:
      row.set_customer(event.customer_changed().customer());
      break;
    case v1::Event::kProgressReported:
    case v1::Event::kEscalationOverdue:
    case v1::Event::kNoteAdded:
    case v1::Event::kFactsRecorded:
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  row.set_name(std::string(at.stream));
  *row.mutable_updated() = fold.now();
}

std::string SortKey(absl::Time time) {
  return absl::StrFormat("%015d", std::max<int64_t>(absl::ToUnixMillis(time), 0));
}

std::vector<std::string> IndexKeys(const v1::TicketRow& row) {
  const std::string tail = absl::StrCat("/", SortKey(FromProto(row.opened())), "/", row.name());
  std::vector<std::string> keys = {absl::StrCat("opened", tail), absl::StrCat("owner/", row.owner(), tail),
                                   absl::StrCat("state/", static_cast<int>(row.state()), tail)};
  if (!row.department().empty()) keys.push_back(absl::StrCat("department/", row.department(), tail));
  if (!row.customer().empty()) keys.push_back(absl::StrCat("customer/", row.customer(), tail));
  if (!row.bulk().empty()) keys.push_back(absl::StrCat("bulk/", row.bulk(), tail));
  if (!row.source().empty()) keys.push_back(absl::StrCat("source/", row.source(), tail));
  return keys;
}

}  // namespace shoujie::router
