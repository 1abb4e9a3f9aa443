#include "services/router/feed.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/limits.h"

namespace shoujie::router {
namespace {

constexpr char kSource[] = "/shoujie/router";

// Rises within a ticket, since each record has a higher version and at most so many events.
std::string SequenceOf(const EventContext& at) {
  return absl::StrFormat("%020u", at.version * limits::kEventsPerCommandMax + at.n);
}

// Fills what the change is about, and says what it is called; empty: it is not published. `departments` are filled
// where the change concerns one alone.
class Describe {
 public:
  Describe(v1::TicketChange* out, const v1::TicketRow& row) : out_(*out), row_(row) {}

  absl::string_view operator()(const v1::Event& event) {
    switch (event.event_case()) {
      case v1::Event::kTicketOpened:
        out_.set_owner_reason(event.ticket_opened().owner_reason());
        return "opened";
      case v1::Event::kOwnershipTransferred:
        out_.set_former_owner(event.ownership_transferred().from());
        out_.set_owner_reason(event.ownership_transferred().reason());
        return "owner-changed";
      case v1::Event::kHandoffOffered:
        Of(event.handoff_offered());
        out_.set_responsible(event.handoff_offered().responsible());
        *out_.mutable_deadline() = event.handoff_offered().deadline();
        out_.set_adjudication(event.handoff_offered().ruling());
        return "offered";
      case v1::Event::kHandoffSigned:
        Of(event.handoff_signed());
        out_.set_handler(event.handoff_signed().handler());
        *out_.mutable_deadline() = row_.due();
        return "signed";
      case v1::Event::kHandoffRefused:
        Of(event.handoff_refused());
        out_.set_handoff_reason(event.handoff_refused().reason());
        return "refused";
      case v1::Event::kProgressReported:
        Of(event.progress_reported());
        return "progress";
      case v1::Event::kHandoffCompleted:
        Of(event.handoff_completed());
        return "done";
      case v1::Event::kHandoffReturned:
        Of(event.handoff_returned());
        out_.set_handoff_reason(event.handoff_returned().reason());
        return "returned";
      case v1::Event::kHandoffWithdrawn:
        Of(event.handoff_withdrawn());
        return "withdrawn";
      case v1::Event::kHandoffOverdue:
        Of(event.handoff_overdue());
        *out_.mutable_deadline() = event.handoff_overdue().deadline();
        return "overdue";
      case v1::Event::kAdjudicationRequested:
        out_.set_adjudication(event.adjudication_requested().adjudication());
        out_.set_handoff(event.adjudication_requested().handoff());
        out_.set_handoff_reason(event.adjudication_requested().reason());
        out_.set_proposed(event.adjudication_requested().proposed());
        out_.set_arbiter(event.adjudication_requested().arbiter());
        *out_.mutable_deadline() = event.adjudication_requested().deadline();
        *out_.mutable_departments() = event.adjudication_requested().parties();
        return "adjudication-requested";
      case v1::Event::kAdjudicationRuled:
        out_.set_adjudication(event.adjudication_ruled().adjudication());
        out_.set_handoff(event.adjudication_ruled().handoff());
        out_.set_ruled_for(event.adjudication_ruled().department());
        if (event.adjudication_ruled().has_deadline()) *out_.mutable_deadline() = event.adjudication_ruled().deadline();
        *out_.mutable_departments() = event.adjudication_ruled().parties();
        return "adjudicated";
      case v1::Event::kHandoffReassigned:
        Of(event.handoff_reassigned());
        out_.set_adjudication(event.handoff_reassigned().ruling());
        return "reassigned";
      case v1::Event::kHandoffStalled:
        Of(event.handoff_stalled());
        out_.set_responsible(event.handoff_stalled().responsible());
        return "stalled";
      case v1::Event::kTicketEscalated:
        out_.set_escalated_to(event.ticket_escalated().to());
        *out_.mutable_deadline() = event.ticket_escalated().deadline();
        return "escalated";
      case v1::Event::kUrged:
        out_.set_handoff(event.urged().handoff());
        out_.set_responsible(event.urged().responsible());
        out_.set_urge_form(event.urged().form());
        if (event.urged().has_deadline()) *out_.mutable_deadline() = event.urged().deadline();
        if (event.urged().party().kind() == v1::PARTY_KIND_DEPARTMENT) out_.add_departments(event.urged().party().id());
        return "urged";
      case v1::Event::kTicketClosed:
        out_.set_resolution(event.ticket_closed().code());
        out_.set_episode(event.ticket_closed().episode());
        return "closed";
      case v1::Event::kTicketReopened:
        out_.set_reopen_reason(event.ticket_reopened().reason());
        out_.set_episode(event.ticket_reopened().episode());
        return "reopened";
      case v1::Event::kCorrected:
        out_.set_corrected(event.corrected().act());
        return "corrected";
      case v1::Event::kCustomerAwaited:
        return "waiting";
      case v1::Event::kWaitEnded:
        return "resumed";
      case v1::Event::kAssistRequested:
        OfAssist(event.assist_requested());
        out_.set_responsible(event.assist_requested().responsible());
        *out_.mutable_deadline() = event.assist_requested().deadline();
        return "assist-requested";
      case v1::Event::kAssistSigned:
        OfAssist(event.assist_signed());
        out_.set_handler(event.assist_signed().handler());
        return "assist-signed";
      case v1::Event::kAssistRefused:
        OfAssist(event.assist_refused());
        out_.set_handoff_reason(event.assist_refused().reason());
        return "assist-refused";
      case v1::Event::kAssistCompleted:
        OfAssist(event.assist_completed());
        return "assist-done";
      case v1::Event::kAssistWithdrawn:
        OfAssist(event.assist_withdrawn());
        return "assist-withdrawn";
      case v1::Event::kAssistOverdue:
        OfAssist(event.assist_overdue());
        *out_.mutable_deadline() = event.assist_overdue().deadline();
        return "assist-overdue";
      case v1::Event::kTicketMerged:
        return "merged";
      case v1::Event::kTicketUnmerged:
        return "unmerged";
      case v1::Event::kDuplicatesChanged:
        out_.set_duplicate(event.duplicates_changed().duplicate());
        out_.set_duplicates(row_.duplicates());
        return "duplicates-changed";
      case v1::Event::kSupervisionBegun:
        OfSupervision(event.supervision_begun());
        out_.set_supervisor(event.supervision_begun().supervisor());
        out_.set_responsible(event.supervision_begun().responsible());
        out_.set_handoff(event.supervision_begun().handoff());
        *out_.mutable_deadline() = event.supervision_begun().deadline();
        return "supervised";
      case v1::Event::kSupervisionAnswered:
        OfSupervision(event.supervision_answered());
        return "supervision-answered";
      case v1::Event::kSupervisionOverdue:
        OfSupervision(event.supervision_overdue());
        out_.set_supervisor(event.supervision_overdue().supervisor());
        out_.set_responsible(event.supervision_overdue().responsible());
        *out_.mutable_deadline() = event.supervision_overdue().deadline();
        return "supervision-overdue";
      case v1::Event::kSupervisionLifted:
        OfSupervision(event.supervision_lifted());
        return "supervision-lifted";
      case v1::Event::kPublicNoticeMade:
        OfSupervision(event.public_notice_made());
        out_.set_responsible(event.public_notice_made().responsible());
        *out_.mutable_deadline() = event.public_notice_made().deadline();
        return "public-notice";
      case v1::Event::kTicketPrioritized:
        out_.set_priority(event.ticket_prioritized().priority());
        return "prioritized";
      // The kinds of PrivateKinds().
      case v1::Event::kAdjudicationOverdue:
      case v1::Event::kPingPongFound:
      case v1::Event::kSuperiorAsked:
      case v1::Event::kSuperiorAnswered:
      case v1::Event::kMergeRequested:
      case v1::Event::kMergeDeclined:
      case v1::Event::kBulkJoined:
      case v1::Event::kClockStarted:
      case v1::Event::kClockWarned:
      case v1::Event::kClockPaused:
      case v1::Event::kClockResumed:
      case v1::Event::kClockRedated:
      case v1::Event::kClockBreached:
      case v1::Event::kClockEnded:
      case v1::Event::kExtensionRequested:
      case v1::Event::kExtensionAnswered:
      case v1::Event::kEscalationOverdue:
      case v1::Event::kNoteAdded:
      case v1::Event::kSourceUpdated:
      case v1::Event::kFactsRecorded:
      case v1::Event::kCustomerChanged:
      case v1::Event::kContactDetailsRead:
      case v1::Event::EVENT_NOT_SET:
        return "";
    }
    return "";
  }

 private:
  template <typename OfHandoff>
  void Of(const OfHandoff& event) {
    out_.set_handoff(event.handoff());
    out_.add_departments(event.department());
  }

  // Concerns whom it is asked of, and who has the ticket meanwhile.
  template <typename AssistEvent>
  void OfAssist(const AssistEvent& event) {
    out_.set_assist(event.assist());
    out_.add_departments(event.department());
    if (!row_.department().empty() && row_.department() != event.department()) out_.add_departments(row_.department());
  }

  // Concerns the department that has to answer; of the owner's, all that had the ticket.
  template <typename SupervisionEvent>
  void OfSupervision(const SupervisionEvent& event) {
    out_.set_supervision(event.supervision());
    if (!event.department().empty()) out_.add_departments(event.department());
  }

  v1::TicketChange& out_;
  const v1::TicketRow& row_;
};

}  // namespace

std::optional<v1::TicketEvent> Publish(const v1::TicketRow& row, const v1::Event& event, const EventContext& at) {
  if (event.has_ticket_opened() && !event.ticket_opened().source().empty()) return std::nullopt;
  v1::TicketEvent published;
  v1::TicketChange& change = *published.mutable_data();
  const absl::string_view kind = Describe(&change, row)(event);
  if (kind.empty()) return std::nullopt;
  change.set_ticket(row.name());
  if (change.departments().empty()) {
    *change.mutable_departments() = row.departments();
    for (const auto& assisted : row.assisting_departments()) {
      const auto& held = row.departments();
      if (std::find(held.begin(), held.end(), assisted) == held.end()) change.add_departments(assisted);
    }
  }
  change.set_by(std::string(at.principal));
  change.set_state(row.state());
  change.set_stage(StageOf(row.state()));
  change.set_owner(row.owner());
  change.set_department(row.department());
  change.set_category(row.category());
  change.set_site(row.site());
  change.set_merged_into(row.merged_into());
  change.set_lane(row.lane());

  published.set_specversion("1.0");
  published.set_id(absl::StrCat(row.name(), "@", at.version, ".", at.n));
  published.set_source(kSource);
  published.set_type(absl::StrCat("shoujie.ticket.", kind, ".v1"));
  published.set_subject(row.name());
  *published.mutable_time() = ToProto(at.effective_at);
  published.set_datacontenttype("application/json");
  published.set_sequence(SequenceOf(at));
  return published;
}

std::vector<std::string> Topics(const v1::TicketEvent& event) {
  return {event.data().departments().begin(), event.data().departments().end()};
}

const std::vector<v1::Event::EventCase>& PrivateKinds() {
  static const auto* const kinds = new std::vector<v1::Event::EventCase>{
      v1::Event::kEscalationOverdue,    // between the owner and his superiors
      v1::Event::kNoteAdded,            // says nothing but its text
      v1::Event::kSourceUpdated,        // another system's past is no news
      v1::Event::kFactsRecorded,        // the same
      v1::Event::kCustomerChanged,      // whose matter it is is told with a purpose only
      v1::Event::kContactDetailsRead,   // who read personal data is for those who audit it
      v1::Event::kBulkJoined,           // the change of owner before it is told
      v1::Event::kAdjudicationOverdue,  // between the arbiter and his own superiors
      v1::Event::kPingPongFound,        // what the centre makes of several departments' hand-offs; each was told
      v1::Event::kSuperiorAsked,        // between the owner and his superiors
      v1::Event::kSuperiorAnswered,
      v1::Event::kMergeRequested,  // between the two tickets, until one is merged
      v1::Event::kMergeDeclined,   // nothing has changed
      // When the next clock is due stands in the department's list; how it came to that is the centre's own account.
      v1::Event::kClockStarted,
      v1::Event::kClockWarned,
      v1::Event::kClockPaused,
      v1::Event::kClockResumed,
      v1::Event::kClockRedated,
      v1::Event::kClockBreached,
      v1::Event::kClockEnded,
      v1::Event::kExtensionRequested,  // between the owner and his leader
      v1::Event::kExtensionAnswered,
  };
  return *kinds;
}

v1::CustomerStage StageOf(v1::TicketState state) {
  switch (state) {
    case v1::TICKET_STATE_NEW:
      return v1::CUSTOMER_STAGE_RECEIVED;
    case v1::TICKET_STATE_ACTIVE:
    case v1::TICKET_STATE_OFFERED:
    case v1::TICKET_STATE_SIGNED:
    case v1::TICKET_STATE_AWAITING_OTHER:
      return v1::CUSTOMER_STAGE_IN_PROGRESS;
    case v1::TICKET_STATE_AWAITING_CUSTOMER:
      return v1::CUSTOMER_STAGE_WAITING_FOR_CUSTOMER;
    case v1::TICKET_STATE_RESOLVED:
      return v1::CUSTOMER_STAGE_RESOLVED;
    case v1::TICKET_STATE_CLOSED:
      return v1::CUSTOMER_STAGE_CLOSED;
    case v1::TICKET_STATE_MERGED:
      return v1::CUSTOMER_STAGE_MERGED;
    default:
      return v1::CUSTOMER_STAGE_UNSPECIFIED;
  }
}

}  // namespace shoujie::router
