#include "services/router/domain/bearing.h"

namespace shoujie::router {

Bearing BearingOf(v1::Event::EventCase what) {
  switch (what) {
    case v1::Event::kNoteAdded:
    case v1::Event::kContactDetailsRead:
    case v1::Event::kUrged:
    case v1::Event::kHandoffOverdue:
    case v1::Event::kEscalationOverdue:
    case v1::Event::kAssistOverdue:
    case v1::Event::kMergeDeclined:
    case v1::Event::kDuplicatesChanged:
    case v1::Event::kBulkJoined:
    case v1::Event::kAdjudicationOverdue:
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
    case v1::Event::kClockStarted:
    case v1::Event::kClockWarned:
    case v1::Event::kClockPaused:
    case v1::Event::kClockResumed:
    case v1::Event::kClockRedated:
    case v1::Event::kClockBreached:
    case v1::Event::kClockEnded:
    case v1::Event::kExtensionRequested:
    case v1::Event::kExtensionAnswered:
    case v1::Event::EVENT_NOT_SET:
      return Bearing::kNone;
    case v1::Event::kTicketClosed:
    case v1::Event::kOwnershipTransferred:
      return Bearing::kAct;
    case v1::Event::kHandoffOffered:
    case v1::Event::kHandoffSigned:
    case v1::Event::kHandoffRefused:
    case v1::Event::kProgressReported:
    case v1::Event::kHandoffCompleted:
    case v1::Event::kHandoffReturned:
    case v1::Event::kHandoffWithdrawn:
    case v1::Event::kHandoffReassigned:
    case v1::Event::kTicketEscalated:
    case v1::Event::kTicketReopened:
    case v1::Event::kCorrected:
    case v1::Event::kCustomerChanged:
    case v1::Event::kCustomerAwaited:
    case v1::Event::kWaitEnded:
    case v1::Event::kAdjudicationRequested:
    case v1::Event::kAdjudicationRuled:
    case v1::Event::kAssistRequested:
    case v1::Event::kAssistSigned:
    case v1::Event::kAssistRefused:
    case v1::Event::kAssistCompleted:
    case v1::Event::kAssistWithdrawn:
    case v1::Event::kMergeRequested:
    case v1::Event::kTicketMerged:
    case v1::Event::kTicketUnmerged:
      return Bearing::kWork;
    case v1::Event::kTicketOpened:
    case v1::Event::kSourceUpdated:
    case v1::Event::kFactsRecorded:
      return Bearing::kPast;
  }
  return Bearing::kWork;  // a number of no kind, which nobody can have recorded
}

}  // namespace shoujie::router
