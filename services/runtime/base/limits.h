// Every limit of the runtime, by name. A limit that a rule of the domain needs is directory data instead.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace shoujie::limits {

inline constexpr uint32_t kSlots = 4096;
inline constexpr uint32_t kPartitions = 64;

inline constexpr size_t kRequestBytesMax = 256 << 10;   // policy: typed error
inline constexpr size_t kTransportBytesMax = 16 << 20;  // transport: gRPC's own RESOURCE_EXHAUSTED
inline constexpr size_t kMetadataBytesMax = 8 << 10;
inline constexpr size_t kQueryThreads = 2;  // of the RPC surface: reads of local rows, operators' acts
inline constexpr size_t kQueriesMax = 256;  // waiting for one of them
// Calls under way in one server; beyond, they are refused at once. Twice as many as saturate it, so that whoever is let
// in is answered in about twice the usual time however many knock.
inline constexpr size_t kCallsMax = 256;
inline constexpr size_t kAnswersUnsentMax = 1024;     // on their way to clients that read slowly
inline constexpr size_t kBatchCallsMax = 32;          // the same for batches
inline constexpr size_t kBatchCallCommandsMax = 500;  // in one batch
inline constexpr size_t kStreamsMax = 8192;           // open in one server: 5 000 watchers and those who come back
inline constexpr size_t kStreamThreads = 2;           // that make their answers
inline constexpr size_t kSharedAnswersMax = 32;       // kept as bytes for all callers of one form, in one server
inline constexpr absl::Duration kStreamAgeMax = absl::Hours(1);         // then the caller comes again
inline constexpr absl::Duration kStreamStuckAfter = absl::Seconds(30);  // of one answer that nobody takes
inline constexpr size_t kWatchLagMax = 4096;        // events of a topic that a watcher may be behind
inline constexpr size_t kWatchPageEventsMax = 100;  // in one answer; those of one record are never parted
inline constexpr size_t kWatchPageBytesMax = 64 << 10;
inline constexpr size_t kWatchStretchesMax = 4;                       // of a topic's tail, kept as one answer for all
inline constexpr absl::Duration kWatchHeartbeat = absl::Seconds(10);  // an answer without events, if there are none
inline constexpr absl::Duration kWatchLookEvery = absl::Seconds(2);   // at all watchers, for what time brings
inline constexpr uint64_t kPublishedUpToEvery = 1000;  // events of a partition in the topic and not recorded as such
inline constexpr absl::Duration kPublishedUpToWithin = absl::Seconds(10);  // the same
inline constexpr size_t kRelayTailMax = 4096;   // newest records of a topic's partition that are looked at for repeats
inline constexpr size_t kRelayEventsMax = 256;  // of a partition, sent to the topic and not acknowledged
inline constexpr size_t kRelayBytesMax = 1 << 20;
inline constexpr absl::Duration kRelayLookEvery = absl::Milliseconds(500);  // at who owns what, if nothing wakes it
inline constexpr absl::Duration kRelayWaitFirst = absl::Milliseconds(100);  // after a doubt; doubled with every one
inline constexpr absl::Duration kRelayWaitAtLast = absl::Seconds(10);
inline constexpr absl::Duration kRelayWriterIdle = absl::Seconds(60);  // then a partition has no producer
inline constexpr int kFdsKeptMax = 1280;  // file descriptors that no connection may take: four databases' files
inline constexpr int kStreamsPerConnectionMax = 4096;
inline constexpr size_t kNameBytesMax = 128;
inline constexpr size_t kTextBytesMax = 16 << 10;  // one free text field
inline constexpr size_t kEventsPerCommandMax = 4096;
inline constexpr size_t kFactsPerCommandMax = 1000;
inline constexpr size_t kTimersPerStreamMax = 64;

inline constexpr size_t kInboxCommandsMax = 4096;     // clients' commands waiting in one shard
inline constexpr size_t kInternalCommandsMax = 1024;  // timers and reactions waiting in one shard
inline constexpr size_t kBatchCommandsMax = 512;      // records that one batch of a shard takes
inline constexpr size_t kBatchesInFlightMax = 2;
inline constexpr size_t kBatchBytesMax = 1 << 20;
inline constexpr size_t kOverlayRowsMax = 200'000;  // rows known to count that the store has not yet written, per shard
inline constexpr size_t kStateCacheStreamsMax = 4096;  // parsed states kept per shard
inline constexpr size_t kRecentIdsMax = 4096;          // request ids kept in memory per shard
inline constexpr size_t kReadRecordsMax = 1000;        // one read of a journal
inline constexpr size_t kTimersPerTickMax = 64;        // overdue timers fired at once by one shard
// Foreign records read before a ReadUpTo is recorded: what a start reads again, of each service it reacts to.
inline constexpr uint64_t kForeignWithoutEffectMax = 1000;
inline constexpr size_t kMessagesPerCommandMax = 1024;  // that one record sends to other slots
inline constexpr uint64_t kMessagesWindow = 256;  // sent to one partition and not acknowledged; the rest waits in rows
inline constexpr size_t kLetterMessagesMax = 64;  // in one letter; each step of a shard writes one to each partition
inline constexpr size_t kLetterBytesMax = 256 << 10;  // then no further message goes into a letter
inline constexpr size_t kLettersMax = 1024;  // waiting in one shard: what comes on top is repeated by its sender
inline constexpr absl::Duration kMessageRepeatAfter = absl::Milliseconds(500);  // doubled until something is heard
inline constexpr absl::Duration kMessageRepeatAtLast = absl::Seconds(4);
inline constexpr uint64_t kDedupSweepEvery = 256;  // records between two sweeps of expired command ids
inline constexpr size_t kDedupSweepRowsMax = 1024;

inline constexpr absl::Duration kCommandIdPast = absl::Hours(7 * 24);
inline constexpr absl::Duration kCommandIdFuture = absl::Minutes(5);
inline constexpr absl::Duration kFutureFactsMax = absl::Minutes(5);  // skew allowed to sources of facts
inline constexpr absl::Duration kLease = absl::Seconds(2);
inline constexpr absl::Duration kClaimRepeatAfter = absl::Seconds(1);  // doubled with every repeat
inline constexpr absl::Duration kClaimRepeatAtLast = absl::Seconds(32);
inline constexpr absl::Duration kReportAwaited = absl::Milliseconds(100);  // then the log is read as well
inline constexpr absl::Duration kReportAtLast = absl::Seconds(10);         // then the record is in doubt
inline constexpr absl::Duration kLeaseMargin = absl::Seconds(1);
inline constexpr uint64_t kClaimWithinRecords = 1000;  // of the journal's end: a store further behind makes no owner
inline constexpr size_t kStandbys = 1;                 // nodes beside the wanted owner that follow a partition
inline constexpr absl::Duration kPeersAskedEvery = absl::Milliseconds(500);
inline constexpr absl::Duration kPeerDeadAfter = absl::Seconds(6);    // of a static list, without an answer
inline constexpr absl::Duration kPeersAwaited = absl::Seconds(2);     // at a start, before a partition is nobody's
inline constexpr absl::Duration kHandoverTimeout = absl::Seconds(5);  // asked of an owner; then it is claimed
inline constexpr absl::Duration kDrainTimeout = absl::Seconds(5);     // to hand everything over before a stop
inline constexpr absl::Duration kForwardAgainAfter = absl::Milliseconds(10);  // doubled; where nobody owns just now
inline constexpr absl::Duration kForwardAgainAtLast = absl::Milliseconds(160);
inline constexpr int kForwardsMax = 8;
inline constexpr absl::Duration kReplacedTwiceWithin = absl::Minutes(1);
inline constexpr absl::Duration kReplacedBackOff = absl::Minutes(1);  // then it claims again if it is still wanted
inline constexpr absl::Duration kStartTimeout = absl::Seconds(600);   // a store may have to be rebuilt first
inline constexpr absl::Duration kListWait = absl::Seconds(2);         // for lists to show what was acknowledged before
inline constexpr absl::Duration kDeadlineDefault = absl::Seconds(30);

inline constexpr uint32_t kPageSizeDefault = 100;
inline constexpr uint32_t kPageSizeMax = 1000;
inline constexpr size_t kAddressesPerCustomerMax = 16;
inline constexpr size_t kDirectoryIdBytesMax = 64;
inline constexpr size_t kFindingsShownMax = 20;      // mistakes of a directory that one error names
inline constexpr size_t kDirectoryVersionsMax = 64;  // versions kept in memory
inline constexpr size_t kKeyPoolSize = 256;          // durable, unassigned keys that a shard keeps at hand
inline constexpr size_t kKeyPoolRefillAt = 64;
inline constexpr size_t kKeyPoolMax = 1 << 16;              // the pool grows with use up to this
inline constexpr size_t kKeysOpenMax = 1 << 16;             // unwrapped keys kept in memory
inline constexpr size_t kJournalQueueBytesMax = 256 << 20;  // sent by all writers of a process and not yet durable
inline constexpr size_t kJournalGroupBytesMax = 8 << 20;    // made durable by one fsync
inline constexpr size_t kJournalTailBytesMax = 256 << 10;   // newest records of each journal kept in memory
inline constexpr size_t kStoreGroupBytesMax = 8 << 20;      // rows of all shards written at once
// Rows wait so long for others to be written with them; whoever waits for rows ends the wait.
inline constexpr absl::Duration kStoreLinger = absl::Milliseconds(2);
inline constexpr absl::Duration kListsLinger = absl::Milliseconds(5);
inline constexpr size_t kReadBytesMax = 16 << 20;  // one read of a journal
inline constexpr size_t kCacheBytes = 256 << 20;   // blocks of all databases of a process
inline constexpr size_t kWriteBuffersBytes = 256 << 20;
inline constexpr uint64_t kDiskFreeBytesMin = 256ull << 20;

}  // namespace shoujie::limits
