// Reads of records older than what kafka/reader.h keeps: a store that is rebuilt, a standby that was away, one record
// of a history. Several places of one partition can be read at once; one that goes on where it was is fetched ahead by
// the client library. A read waits for the cluster, a bounded time. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/kafka/client.h"

namespace shoujie::kafka {

inline constexpr size_t kStreamsPerPartitionMax = 4;
inline constexpr absl::Duration kReadTimeout = absl::Seconds(8);         // a read somewhere else than before
inline constexpr absl::Duration kGoOnTimeout = absl::Milliseconds(500);  // one that goes on; it is asked again anyhow
inline constexpr absl::Duration kStreamIdle = absl::Seconds(5);          // then it fetches no more

class CatchUp {
 public:
  // `cluster` outlives it. Clients are started when first needed.
  explicit CatchUp(const Cluster* cluster);
  ~CatchUp();

  // Appends up to `records_max` records from `position` on, which must lie before the partition's end, so that nothing
  // is never the answer. Errors: UNAVAILABLE (nothing came in time; what comes later waits for the next read that goes
  // on), DATA_LOSS (JOURNAL_GAP, JOURNAL_SHORT).
  absl::Status Read(const std::string& topic, uint32_t partition, uint64_t position, size_t records_max,
                    std::vector<StoredRecord>* out);
  // Ends streams that nobody uses. Call it now and then.
  void StopIdle();

 private:
  struct Stream {
    size_t lane;
    std::string topic_name;
    TopicHandle topic;
    uint32_t partition;
    uint64_t next;
    bool busy;
    absl::Time used;
  };
  // A client can read a partition at one place only, so each stream of a partition has another.
  absl::StatusOr<rd_kafka_t*> Lane(size_t lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Stream*> Take(const std::string& topic, uint32_t partition, uint64_t position, bool* goes_on);
  absl::Status Fetch(Stream* stream, absl::Duration timeout, size_t records_max, std::vector<StoredRecord>* out);
  void GiveBack(Stream* stream, bool end);
  static void Stop(Stream* stream);

  const Context context_;
  absl::Mutex mutex_;
  std::vector<Handle> lanes_ ABSL_GUARDED_BY(mutex_);
  std::list<Stream> streams_ ABSL_GUARDED_BY(mutex_);  // last: their topics belong to the lanes
};

}  // namespace shoujie::kafka
