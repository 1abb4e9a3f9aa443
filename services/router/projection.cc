#include "services/router/projection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/router/assist_rows.h"
#include "services/router/dispute_rows.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/router/supervision_rows.h"

namespace shoujie::router {
namespace {

// Where nothing is due, the oldest comes first, behind all that is.
constexpr absl::Duration kNothingDue = absl::Hours(24 * 36'525);

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
    row_.set_intake(e.intake());
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
    row_.set_in_hand_of(e.responsible());
    *row_.mutable_due() = e.deadline();
    SetState(v1::TICKET_STATE_OFFERED);
    Held(e.department());
  }

  void Apply(const v1::HandoffSigned& e) {
    if (row_.last_department() != e.department()) row_.set_handoffs(row_.handoffs() + 1);
    row_.set_last_department(e.department());
    *row_.mutable_handler() = e.handler().empty() ? Department(e.department()) : Person(e.handler());
    if (!e.handler().empty()) row_.set_in_hand_of(e.handler());
    SetState(v1::TICKET_STATE_SIGNED);
  }

  void BackToOwner() {
    row_.clear_department();
    row_.clear_in_hand_of();
    row_.clear_due();
    row_.clear_overdue();
    row_.clear_closed();
    *row_.mutable_handler() = Person(row_.owner());
    SetState(v1::TICKET_STATE_ACTIVE);
  }

  void Close() {
    row_.clear_department();
    row_.clear_in_hand_of();
    row_.clear_handler();
    StopWaiting();
    SetState(v1::TICKET_STATE_CLOSED);
  }

  void Apply(const v1::TicketMerged& e) {
    row_.set_merged_into(e.into());
    row_.clear_handler();
    StopWaiting();
    SetState(v1::TICKET_STATE_MERGED);
  }
  void Apply(const v1::TicketUnmerged& e) {
    row_.clear_merged_into();
    BackToOwner();
    SetState(e.state());
  }
  void Apply(const v1::DuplicatesChanged& e) {
    if (e.linked()) row_.set_duplicates(row_.duplicates() + 1);
    if (!e.linked() && row_.duplicates() > 0) row_.set_duplicates(row_.duplicates() - 1);
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
    if (!e.queue().empty()) row_.set_queue(e.queue());
    if (e.has_due()) *row_.mutable_resolve_due() = e.due();
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

  void Apply(const v1::CustomerAwaited&) {
    row_.set_awaiting_customer(true);
    if (!row_.has_waiting_since()) *row_.mutable_waiting_since() = now_;
    const bool with_department = row_.state() == v1::TICKET_STATE_OFFERED || row_.state() == v1::TICKET_STATE_SIGNED;
    if (!with_department) row_.set_state(v1::TICKET_STATE_AWAITING_CUSTOMER);
  }
  void StopWaiting() {
    if (row_.awaiting_customer()) EndStay();
    row_.clear_awaiting_customer();
  }
  void EndWait() {
    StopWaiting();
    if (row_.state() == v1::TICKET_STATE_AWAITING_CUSTOMER) SetState(v1::TICKET_STATE_ACTIVE);
  }

  // The same as in the ticket (evolve.cc).
  void SetState(v1::TicketState state) {
    const bool awaited = row_.awaiting_customer();
    if (awaited && state == v1::TICKET_STATE_ACTIVE) state = v1::TICKET_STATE_AWAITING_CUSTOMER;
    if (state == row_.state()) return;
    if (!awaited && row_.state() == v1::TICKET_STATE_AWAITING_CUSTOMER) EndStay();
    if (!awaited && state == v1::TICKET_STATE_AWAITING_CUSTOMER) *row_.mutable_waiting_since() = now_;
    row_.set_state(state);
  }

  void Apply(const v1::ClockStarted& e) {
    auto& clock = *row_.add_clocks();
    clock.set_number(e.clock());
    clock.set_kind(e.kind());
    if (e.dates().has_due()) *clock.mutable_due() = e.dates().due();
    // The one that it goes on from was met by a closing that is taken back.
    if (e.continues() != 0 && row_.clocks_met() > 0 && e.continues_met()) row_.set_clocks_met(row_.clocks_met() - 1);
  }
  void Date(uint32_t number, const v1::ClockDates& dates) {
    v1::RowClock* clock = ClockOf(number);
    if (clock == nullptr || clock->verdict() == v1::CLOCK_VERDICT_BREACHED) return;
    clock->clear_due();
    if (dates.has_due()) *clock->mutable_due() = dates.due();
  }
  void Apply(const v1::ClockBreached& e) {
    row_.set_clocks_breached(row_.clocks_breached() + 1);
    v1::RowClock* clock = ClockOf(e.clock());
    if (clock == nullptr) return;
    *clock->mutable_due() = e.due();
    clock->set_verdict(v1::CLOCK_VERDICT_BREACHED);
  }
  void Apply(const v1::ClockEnded& e) {
    if (e.verdict() == v1::CLOCK_VERDICT_MET) row_.set_clocks_met(row_.clocks_met() + 1);
    auto& clocks = *row_.mutable_clocks();
    for (int i = 0; i < clocks.size(); ++i) {
      if (clocks[i].number() != e.clock()) continue;
      clocks.DeleteSubrange(i, 1);
      return;
    }
  }

  // What is due first of all that runs, even if that has passed.
  void SetNextDue() {
    const google::protobuf::Timestamp* next = nullptr;
    for (const auto& clock : row_.clocks()) {
      if (clock.has_due() && (next == nullptr || FromProto(clock.due()) < FromProto(*next))) next = &clock.due();
    }
    if (next == nullptr && row_.has_due()) next = &row_.due();
    if (next == nullptr) return row_.clear_next_due();
    *row_.mutable_next_due() = *next;
  }

  const google::protobuf::Timestamp& now() const { return now_; }

 private:
  void EndStay() {
    if (!row_.has_waiting_since()) return;
    const absl::Duration stay = FromProto(now_) - FromProto(row_.waiting_since());
    row_.set_waiting_ms(row_.waiting_ms() + absl::ToInt64Milliseconds(stay));
    row_.set_waiting_minutes(row_.waiting_minutes() + absl::ToInt64Minutes(stay));
    row_.clear_waiting_since();
  }
  v1::RowClock* ClockOf(uint32_t number) {
    for (auto& clock : *row_.mutable_clocks()) {
      if (clock.number() == number) return &clock;
    }
    return nullptr;
  }
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
    case v1::Event::kHandoffReassigned:
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
    case v1::Event::kCustomerAwaited:
      fold.Apply(event.customer_awaited());
      break;
    case v1::Event::kWaitEnded:
      fold.EndWait();
      break;
    case v1::Event::kClockStarted:
      fold.Apply(event.clock_started());
      break;
    case v1::Event::kClockPaused:
      fold.Date(event.clock_paused().clock(), v1::ClockDates());
      break;
    case v1::Event::kClockResumed:
      fold.Date(event.clock_resumed().clock(), event.clock_resumed().dates());
      break;
    case v1::Event::kClockRedated:
      fold.Date(event.clock_redated().clock(), event.clock_redated().dates());
      break;
    case v1::Event::kExtensionAnswered:
      if (event.extension_answered().has_dates()) {
        fold.Date(event.extension_answered().clock(), event.extension_answered().dates());
      }
      break;
    case v1::Event::kClockBreached:
      fold.Apply(event.clock_breached());
      break;
    case v1::Event::kClockEnded:
      fold.Apply(event.clock_ended());
      break;
    case v1::Event::kAssistRequested:
    case v1::Event::kAssistSigned:
    case v1::Event::kAssistRefused:
    case v1::Event::kAssistCompleted:
    case v1::Event::kAssistWithdrawn:
    case v1::Event::kAssistOverdue:
      ProjectAssist(row, event);
      break;
    case v1::Event::kTicketMerged:
      fold.Apply(event.ticket_merged());
      break;
    case v1::Event::kTicketUnmerged:
      fold.Apply(event.ticket_unmerged());
      break;
    case v1::Event::kDuplicatesChanged:
      fold.Apply(event.duplicates_changed());
      break;
    case v1::Event::kMergeRequested:
    case v1::Event::kMergeDeclined:
    case v1::Event::kAdjudicationRequested:
    case v1::Event::kAdjudicationOverdue:
    case v1::Event::kAdjudicationRuled:
    case v1::Event::kPingPongFound:
    case v1::Event::kHandoffStalled:
    case v1::Event::kSuperiorAsked:
    case v1::Event::kSuperiorAnswered:
    case v1::Event::kSupervisionBegun:
    case v1::Event::kSupervisionAnswered:
    case v1::Event::kSupervisionOverdue:
    case v1::Event::kSupervisionLifted:
    case v1::Event::kPublicNoticeMade:
    case v1::Event::kTicketPrioritized:
    case v1::Event::kClockWarned:
    case v1::Event::kExtensionRequested:
    case v1::Event::kProgressReported:
    case v1::Event::kEscalationOverdue:
    case v1::Event::kNoteAdded:
    case v1::Event::kContactDetailsRead:
    case v1::Event::kFactsRecorded:
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  ProjectDispute(row, event, fold.now(), at.principal);
  ProjectSupervision(row, event, fold.now(), at.principal);
  fold.SetNextDue();
  row.set_name(std::string(at.stream));
  *row.mutable_updated() = fold.now();
}

std::string SortKey(absl::Time time) {
  return absl::StrFormat("%015d", std::max<int64_t>(absl::ToUnixMillis(time), 0));
}

std::vector<std::string> IndexKeys(const v1::TicketRow& row) {
  const std::string sort = absl::StrCat(SortKey(FromProto(row.opened())), "/", row.name());
  const std::string tail = absl::StrCat("/", sort);
  std::vector<std::string> keys = {absl::StrCat("opened", tail), absl::StrCat("owner/", row.owner(), tail),
                                   absl::StrCat("state/", static_cast<int>(row.state()), tail)};
  if (!row.department().empty()) {
    keys.push_back(absl::StrCat("department/", row.department(), "/", LaneKey(row), sort));
    const absl::Time due = row.has_next_due() ? FromProto(row.next_due()) : FromProto(row.opened()) + kNothingDue;
    keys.push_back(absl::StrCat("queue/", row.department(), "/", LaneKey(row), SortKey(due), "/", row.name()));
  }
  if (!row.in_hand_of().empty()) keys.push_back(absl::StrCat("hand/", row.in_hand_of(), tail));
  AddAssistKeys(row, sort, &keys);
  if (!row.customer().empty()) keys.push_back(absl::StrCat("customer/", row.customer(), tail));
  if (!row.bulk().empty()) keys.push_back(absl::StrCat("bulk/", row.bulk(), tail));
  if (!row.source().empty()) keys.push_back(absl::StrCat("source/", row.source(), tail));
  AddDisputeKeys(row, tail, &keys);
  AddSupervisionKeys(row, &keys);
  return keys;
}

}  // namespace shoujie::router
