#include "services/router/domain/evolve.h"

#include <algorithm>
#include <string>

#include "services/router/domain/bearing.h"
#include "services/router/domain/evolve_assist.h"
#include "services/router/domain/evolve_clocks.h"
#include "services/router/domain/evolve_custody.h"
#include "services/router/domain/evolve_disputes.h"
#include "services/router/domain/evolve_merge.h"
#include "services/router/domain/evolve_supervision.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

// One event being folded: the state, its instant, and what the record says of it.
class Fold {
 public:
  Fold(v1::Ticket& ticket, const EventContext& at)
      : ticket_(ticket),
        at_(at),
        principal_(at.principal),
        now_(ToProto(std::max(at.effective_at, FromProto(ticket.update_time())))) {}

  void Apply(const v1::TicketOpened& e) {
    ticket_.set_contact(e.contact());
    ticket_.set_customer(e.customer());
    if (e.has_card()) *ticket_.mutable_card() = e.card();
    ticket_.set_channel(e.channel());
    ticket_.set_category(e.category());
    ticket_.set_product(e.product());
    ticket_.set_site(e.site());
    ticket_.set_opening_reason(e.reason());
    if (e.has_gist()) *ticket_.mutable_gist() = e.gist();
    ticket_.set_clocked(e.clocks());
    *ticket_.mutable_open_time() = e.owner_since();
    if (!e.source().empty()) {
      auto& history = *ticket_.mutable_history();
      history.set_source(e.source());
      history.set_external_id(e.external_id());
      history.set_opened_by(e.named_owner());
      *history.mutable_opened_at() = e.opened_at();
      history.set_intake(e.intake());
    }
    now_ = ToProto(std::max(FromProto(now_), FromProto(e.owner_since())));
    BeginEpisode(e.owner_since());
    Own(e.owner(), e.owner_reason(), e.owner_since());
    Hold(v1::CUSTODY_KIND_OWNER, Person(e.owner()), 0, e.owner_since());
    *ticket_.mutable_handler() = Person(e.owner());
    SetState(v1::TICKET_STATE_NEW);
  }

  void Apply(const v1::CustomerChanged& e) {
    ticket_.set_customer(e.customer());
    ticket_.clear_card();
  }

  void Apply(const v1::OwnershipTransferred& e) {
    ChangeOwner(e.to(), e.reason());
    if (e.has_note()) *ticket_.mutable_ownership()->rbegin()->mutable_note() = e.note();
    Remember(v1::ACT_KIND_TRANSFER);
  }

  void Apply(const v1::BulkJoined& e) { ticket_.mutable_last_act()->set_bulk(e.bulk()); }

  void Apply(const v1::HandoffOffered& e) {
    auto& handoff = *ticket_.add_handoffs();
    handoff.set_number(e.handoff());
    handoff.set_state(v1::HANDOFF_STATE_OFFERED);
    handoff.set_department(e.department());
    handoff.set_person(e.person());
    handoff.set_duty_role(e.duty_role());
    handoff.set_responsible(e.responsible());
    *handoff.mutable_deadline() = e.deadline();
    if (e.has_gist()) *handoff.mutable_gist() = e.gist();
    handoff.set_offered_by(principal_);
    *handoff.mutable_offered() = now_;
    handoff.set_episode(EpisodeOf(ticket_));
    if (e.has_routing()) *handoff.mutable_routing() = e.routing();
    Hold(v1::CUSTODY_KIND_OFFERED, Department(e.department()), e.handoff(), now_);
    SetState(v1::TICKET_STATE_OFFERED);
  }

  void Apply(const v1::HandoffSigned& e) {
    if (auto* handoff = Find(e.handoff())) {
      handoff->set_state(v1::HANDOFF_STATE_SIGNED);
      handoff->set_handler(e.handler());
      handoff->set_signed_by(principal_);
      *handoff->mutable_signed_() = now_;
    }
    *ticket_.mutable_handler() = e.handler().empty() ? Department(e.department()) : Person(e.handler());
    Hold(v1::CUSTODY_KIND_SIGNED, Department(e.department()), e.handoff(), now_);
    SetState(v1::TICKET_STATE_SIGNED);
  }

  void Apply(const v1::HandoffRefused& e) {
    EndHandoff(e.handoff(), v1::HANDOFF_STATE_REFUSED, e.evidence(), e.reason());
    ticket_.set_refusals(ticket_.refusals() + 1);
  }

  void Apply(const v1::ProgressReported& e) {
    auto* handoff = Find(e.handoff());
    if (!handoff) return;
    handoff->set_progress_reports(handoff->progress_reports() + 1);
    *handoff->mutable_last_progress() = now_;
  }

  void Apply(const v1::HandoffCompleted& e) { EndHandoff(e.handoff(), v1::HANDOFF_STATE_DONE, e.result()); }

  void Apply(const v1::HandoffReturned& e) {
    EndHandoff(e.handoff(), v1::HANDOFF_STATE_RETURNED, e.evidence(), e.reason());
    ticket_.set_returns(ticket_.returns() + 1);
  }

  void Apply(const v1::HandoffWithdrawn& e) { EndHandoff(e.handoff(), v1::HANDOFF_STATE_WITHDRAWN, e.note()); }

  void Apply(const v1::HandoffReassigned& e) {
    EndHandoff(e.handoff(), v1::HANDOFF_STATE_REASSIGNED, common::v1::Personal());
  }

  void Apply(const v1::HandoffOverdue& e) {
    if (auto* handoff = Find(e.handoff())) handoff->set_overdue(true);
    ticket_.set_overdue_handoffs(ticket_.overdue_handoffs() + 1);
  }

  void Apply(const v1::TicketEscalated& e) {
    auto& escalation = *ticket_.add_escalations();
    escalation.set_number(e.escalation());
    escalation.set_to(e.to());
    *escalation.mutable_deadline() = e.deadline();
    if (e.has_reason()) *escalation.mutable_reason() = e.reason();
    escalation.set_by(principal_);
    *escalation.mutable_at() = now_;
    escalation.set_episode(EpisodeOf(ticket_));
  }

  void Apply(const v1::EscalationOverdue& e) {
    for (auto& escalation : *ticket_.mutable_escalations()) {
      if (escalation.number() == e.escalation()) escalation.set_overdue(true);
    }
  }

  void Apply(const v1::Urged& e) {
    ticket_.set_urges(e.urge());
    *ticket_.mutable_last_urged() = now_;
  }

  void Apply(const v1::CustomerAwaited&) {
    ticket_.set_waits(ticket_.waits() + 1);
    *ticket_.mutable_awaiting_since() = now_;
    BeginPause();
    const bool with_department =
        ticket_.state() == v1::TICKET_STATE_OFFERED || ticket_.state() == v1::TICKET_STATE_SIGNED;
    if (!with_department) ticket_.set_state(v1::TICKET_STATE_AWAITING_CUSTOMER);
  }

  void Apply(const v1::WaitEnded&) {
    StopWaiting();
    if (ticket_.state() == v1::TICKET_STATE_AWAITING_CUSTOMER) SetState(v1::TICKET_STATE_ACTIVE);
  }

  // Events of clocks: evolve_clocks.h.
  void ApplyToClock(const v1::Event& event) { EvolveClock(ticket_, event, now_, principal_); }

  // Events of disputes, and what disputes add to others: evolve_disputes.h.
  void ApplyToDispute(const v1::Event& event) { EvolveDispute(ticket_, event, now_, principal_); }
  void ApplyToSupervision(const v1::Event& event) { EvolveSupervision(ticket_, event, now_, principal_); }
  void ApplyToMerge(const v1::Event& event) { EvolveMerge(ticket_, event, now_, principal_); }
  void ApplyToAssist(const v1::Event& event) { EvolveAssist(ticket_, event, now_, principal_); }

  void Apply(const v1::NoteAdded&) { ticket_.set_notes(ticket_.notes() + 1); }

  void Apply(const v1::TicketClosed& e) {
    const v1::TicketState before = ticket_.state();
    auto& resolution = EndEpisode();
    resolution.set_code(e.code());
    if (e.has_result()) *resolution.mutable_result() = e.result();
    resolution.set_record(e.record());
    StopWaiting();
    SetState(v1::TICKET_STATE_CLOSED);
    Remember(v1::ACT_KIND_CLOSE);
    ticket_.mutable_last_act()->set_state_before(before);
  }

  void Apply(const v1::TicketReopened& e) {
    auto& episode = BeginEpisode(now_);
    episode.set_reopen_reason(e.reason());
    if (e.has_note()) *episode.mutable_reopen_note() = e.note();
    BackToOwner();
  }

  void Apply(const v1::Corrected& e) {
    ticket_.set_corrections(ticket_.corrections() + 1);
    if (e.act() == v1::ACT_KIND_TRANSFER) {
      ChangeOwner(e.owner(), v1::OWNER_REASON_CORRECTION);
      if (e.has_note()) *ticket_.mutable_ownership()->rbegin()->mutable_note() = e.note();
    } else if (e.act() == v1::ACT_KIND_CLOSE) {
      // The interval that was closed by mistake stays as it is: custody is what was, and nobody was asked to work then.
      auto& episode = *ticket_.mutable_episodes()->rbegin();
      episode.clear_closed();
      episode.clear_resolution();
      BackToOwner();
    }
    SetState(e.state());
  }

  void Apply(const v1::SourceUpdated& e) {
    auto& history = *ticket_.mutable_history();
    history.set_last_number(e.number());
    if (!e.source_state().empty()) history.set_state(e.source_state());
    if (!e.queue().empty()) history.set_queue(e.queue());
    if (e.has_due()) *history.mutable_due() = e.due();
    if (e.priority() != 0) ticket_.set_priority(e.priority());
    const bool moved = !e.department().empty() && e.department() != history.department();
    if (moved) history.set_department(e.department());
    if (e.reopened()) BeginEpisode(now_).set_reopen_reason(v1::REOPEN_REASON_IN_SOURCE);
    const bool works = e.reopened() || !IsOver(ticket_);
    if (e.reopened() || (moved && works)) {
      const bool with_owner = history.department().empty();
      const v1::Party holder = with_owner ? Person(ticket_.owner()) : Department(history.department());
      Hold(with_owner ? v1::CUSTODY_KIND_OWNER : v1::CUSTODY_KIND_SIGNED, holder, 0, now_);
      *ticket_.mutable_handler() = holder;
    }
    if (works && !e.handler().empty()) *ticket_.mutable_handler() = Person(e.handler());
    if (e.closed()) EndEpisode().set_code(v1::RESOLUTION_CODE_IN_SOURCE);
    if (e.state() != v1::TICKET_STATE_UNSPECIFIED) SetState(e.state());
  }

  void Apply(const v1::FactsRecorded&) {}

  void Apply(const v1::ContactDetailsRead&) { ticket_.set_contact_details_reads(ticket_.contact_details_reads() + 1); }

  void Finish(v1::Event::EventCase what) {
    *ticket_.mutable_update_time() = now_;
    ticket_.set_name(std::string(at_.stream));
    const Bearing bearing = BearingOf(what);
    if (bearing == Bearing::kNone) return;
    if (bearing != Bearing::kAct) ticket_.clear_last_act();
    if (ticket_.has_history() && bearing != Bearing::kPast) ticket_.mutable_history()->set_ended(true);
  }

 private:
  v1::Handoff* Find(uint32_t number) {
    for (auto& handoff : *ticket_.mutable_handoffs()) {
      if (handoff.number() == number) return &handoff;
    }
    return nullptr;
  }

  // Shared with other parts of the fold: evolve_custody.h.
  void Hold(v1::CustodyKind kind, const v1::Party& party, uint32_t handoff, const google::protobuf::Timestamp& from) {
    router::Hold(ticket_, kind, party, handoff, from);
  }
  void BackToOwner() { router::BackToOwner(ticket_, now_); }
  void SetState(v1::TicketState state) { router::SetState(ticket_, state, now_); }
  void BeginPause() { router::BeginPause(ticket_, now_); }
  void StopWaiting() { router::StopWaiting(ticket_, now_); }

  void EndHandoff(uint32_t number, v1::HandoffState state, const common::v1::Personal& outcome,
                  v1::HandoffReason reason = v1::HANDOFF_REASON_UNSPECIFIED) {
    if (auto* handoff = Find(number)) {
      handoff->set_state(state);
      handoff->set_reason(reason);
      *handoff->mutable_outcome() = outcome;
      handoff->set_ended_by(principal_);
      *handoff->mutable_ended() = now_;
    }
    BackToOwner();
  }

  void Own(const std::string& owner, v1::OwnerReason reason, const google::protobuf::Timestamp& from) {
    if (!ticket_.ownership().empty()) *ticket_.mutable_ownership()->rbegin()->mutable_to() = from;
    auto& link = *ticket_.add_ownership();
    link.set_owner(owner);
    *link.mutable_from() = from;
    link.set_reason(reason);
    link.set_by(principal_);
    *link.mutable_at() = ToProto(at_.recorded_at);
    link.set_episode(EpisodeOf(ticket_));
    ticket_.set_owner(owner);
  }

  // Accountability moves; custody only where the owner held the ticket.
  void ChangeOwner(const std::string& to, v1::OwnerReason reason) {
    const v1::Party before = Person(ticket_.owner());
    Own(to, reason, now_);
    const auto* running = RunningCustody(ticket_);
    if (running && SameParty(running->party(), before)) Hold(running->kind(), Person(to), 0, now_);
    const bool with_department = ticket_.state() == v1::TICKET_STATE_SIGNED;
    if (!with_department && SameParty(ticket_.handler(), before)) *ticket_.mutable_handler() = Person(to);
  }

  v1::Episode& BeginEpisode(const google::protobuf::Timestamp& opened) {
    const uint32_t number = EpisodeOf(ticket_) + 1;
    auto& episode = *ticket_.add_episodes();
    episode.set_number(number);
    *episode.mutable_opened() = opened;
    return episode;
  }

  v1::Resolution& EndEpisode() {
    Hold(v1::CUSTODY_KIND_CLOSED, Person(ticket_.owner()), 0, now_);
    ticket_.clear_handler();
    auto& episode = *ticket_.mutable_episodes()->rbegin();
    *episode.mutable_closed() = now_;
    auto& resolution = *episode.mutable_resolution();
    resolution.set_by(principal_);
    *resolution.mutable_at() = now_;
    return resolution;
  }

  void Remember(v1::ActKind kind) {
    auto& act = *ticket_.mutable_last_act();
    act.set_kind(kind);
    act.set_by(principal_);
    *act.mutable_at() = now_;
    act.set_state_before(ticket_.state());
  }

  v1::Ticket& ticket_;
  const EventContext& at_;
  const std::string principal_;
  google::protobuf::Timestamp now_;
};

}  // namespace

void Evolve(v1::Ticket& ticket, const v1::Event& event, const EventContext& at) {
  // Nothing can happen to a ticket before its opening: an event that says so would be another stream's.
  const auto what = event.event_case();
  if (what == v1::Event::EVENT_NOT_SET || (what != v1::Event::kTicketOpened && ticket.episodes().empty())) return;
  Fold fold(ticket, at);
  switch (what) {
    case v1::Event::kTicketOpened:
      fold.Apply(event.ticket_opened());
      break;
    case v1::Event::kOwnershipTransferred:
      fold.Apply(event.ownership_transferred());
      break;
    case v1::Event::kBulkJoined:
      fold.Apply(event.bulk_joined());
      break;
    case v1::Event::kHandoffOffered:
      fold.Apply(event.handoff_offered());
      break;
    case v1::Event::kHandoffSigned:
      fold.Apply(event.handoff_signed());
      break;
    case v1::Event::kHandoffRefused:
      fold.Apply(event.handoff_refused());
      break;
    case v1::Event::kProgressReported:
      fold.Apply(event.progress_reported());
      break;
    case v1::Event::kHandoffCompleted:
      fold.Apply(event.handoff_completed());
      break;
    case v1::Event::kHandoffReturned:
      fold.Apply(event.handoff_returned());
      break;
    case v1::Event::kHandoffWithdrawn:
      fold.Apply(event.handoff_withdrawn());
      break;
    case v1::Event::kHandoffOverdue:
      fold.Apply(event.handoff_overdue());
      break;
    case v1::Event::kTicketEscalated:
      fold.Apply(event.ticket_escalated());
      break;
    case v1::Event::kEscalationOverdue:
      fold.Apply(event.escalation_overdue());
      break;
    case v1::Event::kUrged:
      fold.Apply(event.urged());
      break;
    case v1::Event::kNoteAdded:
      fold.Apply(event.note_added());
      break;
    case v1::Event::kContactDetailsRead:
      fold.Apply(event.contact_details_read());
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
      fold.Apply(event.customer_changed());
      break;
    case v1::Event::kFactsRecorded:
      fold.Apply(event.facts_recorded());
      break;
    case v1::Event::kCustomerAwaited:
      fold.Apply(event.customer_awaited());
      break;
    case v1::Event::kWaitEnded:
      fold.Apply(event.wait_ended());
      break;
    case v1::Event::kClockStarted:
    case v1::Event::kClockWarned:
    case v1::Event::kClockPaused:
    case v1::Event::kClockResumed:
    case v1::Event::kClockRedated:
    case v1::Event::kClockBreached:
    case v1::Event::kClockEnded:
    case v1::Event::kExtensionRequested:
    case v1::Event::kExtensionAnswered:
      fold.ApplyToClock(event);
      break;
    case v1::Event::kAssistRequested:
    case v1::Event::kAssistSigned:
    case v1::Event::kAssistRefused:
    case v1::Event::kAssistCompleted:
    case v1::Event::kAssistWithdrawn:
    case v1::Event::kAssistOverdue:
      fold.ApplyToAssist(event);
      break;
    case v1::Event::kMergeRequested:
    case v1::Event::kMergeDeclined:
    case v1::Event::kTicketMerged:
    case v1::Event::kTicketUnmerged:
    case v1::Event::kDuplicatesChanged:
      fold.ApplyToMerge(event);
      break;
    case v1::Event::kHandoffReassigned:
      fold.Apply(event.handoff_reassigned());
      break;
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
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  fold.ApplyToDispute(event);
  fold.ApplyToSupervision(event);
  fold.Finish(what);
}

void EvolveDecided(v1::Ticket& then, const v1::Event& event, absl::Time effective_at, const Context& context) {
  Evolve(then, event,
         {.stream = context.stream,
          .version = context.version + 1,
          .effective_at = effective_at,
          .recorded_at = context.recorded_at,
          .principal = context.principal.id});
}

}  // namespace shoujie::router
