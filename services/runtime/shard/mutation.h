// Broken rules, kept so that the simulator can prove that it would find them. Only tests set one; production code
// passes kNone.
#pragma once

namespace shoujie {

enum class Mutation {
  kNone,
  // What counts, and when it is answered.
  kAckBeforeDurable,    // a command is answered when its record is sent
  kAckEach,             // a command is answered at its own record's report, whatever became of earlier ones
  kAckAnyPosition,      // every report without error is taken for "counts", wherever the record lies
  kHoleUnnoticed,       // a record behind a hole of its own term is taken for "counts"
  kReadBackByRevision,  // after a doubt a caller is answered by what stands at his revision, not by his command id
  kSameTermAfterDoubt,  // after a doubt it reads, answers and writes on without a new claim
  kTermUnchecked,       // the reader takes a replaced owner's late records
  kStableUnchecked,     // the reader does not look whether what a writer knew to count is there
  kLastUnchecked,       // the same of a claim
  kGapHalts,            // the reader halts at any gap instead of voiding the term
  kLateRefuses,         // whose deadline passes while his record is in flight is told that nothing was done
  // Who may answer.
  kNoClaimBarrier,        // serves when the claim was reported, without reading up to it
  kLeaseUnchecked,        // answers without a record whatever time has passed
  kLeaseFromReturn,       // the lease is counted from when a record came back, not from when it was sent
  kNoLeaseWait,           // a new owner serves at once
  kLeaseWaitByWallClock,  // the new owner measures the former one's lease by its own wall clock
  kAnswerAfterReleased,   // who gave the journal up goes on answering without a record
  kReleasedForEver,       // a Released is trusted although records of a later owner follow it
  kAnswerOvertakes,       // an answer without a record does not wait for the records that it was decided on
  kReadBeforeStore,       // a read does not wait until the store shows what was acknowledged
  // State.
  kOverlayKept,           // what did not count is not forgotten when a term is lost
  kStoredBeforeCounting,  // rows reach the store when their record is sent
  kDedupForgotten,        // a repeated request id is decided again
  kRecentIdUnnoted,       // the ids in memory, which spare the look-up, miss one that was recorded
  kRepeatAnsweredAnew,    // a repeat is answered with what holds now, not with what was answered
  kEffectiveTimeFalls,    // a late fact takes effect before what the stream already holds
  kRecordedTimeFalls,     // records are stamped with the wall clock as it stands
  // What a shard asks of itself.
  kDeclinedUnrecorded,   // an internal command that is refused leaves no record
  kReactionsNotRewound,  // after a lost term reactions go on behind what they had asked for
  kTimerTwice,           // a timer that waits to be decided is fired again
  kTimersNotSought,      // a new owner rings only the timers that it saw being set
  kFeatureUnchecked,     // an event is written before the feature that guards it is adopted
  // Messages between slots.
  kMessageGapTaken,       // a message is taken though one before it was not
  kMessageTakenTwice,     // a repeated message is decided again
  kMessageAckedEarly,     // a message is acknowledged when its record is sent
  kMessageSentEarly,      // a message is delivered before the record that sends it counts
  kMessageRowForgotten,   // what is sent is not in the batch
  kMessageNotRepeated,    // a message is delivered once
  kMessagesNotSought,     // a new owner does not look for what the former one left unacknowledged
  kMessageRepeatUnacked,  // a repeat is not acknowledged again
  kAckUnrecorded,         // what is acknowledged is known in memory alone
  // Who tries to own (cluster/cluster.h).
  kDeadAwaited,      // whoever owned is taken for alive for ever
  kOwnerNeverAsked,  // nobody asks a living owner to hand over to whom it should belong
  kHeirAwaited,      // whom a journal was given up to is awaited for ever
};

}  // namespace shoujie
