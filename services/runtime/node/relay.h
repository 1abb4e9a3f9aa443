// Writes what a service publishes to its topic, for those who want a log rather than a watch: partition i of the topic
// is written by the node that owns partition i of the service's journal, and by nobody else (architecture §7). Never
// delays a command: it reads rows that the read model left (node/unpublished_rows.h), on a thread of its own, and all
// it asks of a shard is a record now and then.
//
// Invariants.
//  (1) Only what counts is published. The rows are made of records that the reader rule counted in the log itself, so a
//      relay that was replaced and does not know it can repeat events late, and nothing else.
//  (2) A record `published_up_to = R` that counts means: every event published of records up to R is in the topic. It
//      is written only after the topic acknowledged them all, and only then are their rows forgotten, on every node, at
//      that same record.
//  (3) What is left of the rows is thus what may be missing in the topic, and that is where an owner begins, in order,
//      once its rows show everything up to its own claim. It skips the rows at the beginning whose ids it finds at the
//      topic's end, as an owner before it may have got that far; from the first that it does not find it writes
//      everything. Whatever else it might conclude from the topic is left alone.
//  (4) In the topic the first copies of a partition's events lie in the order of its journal. One relay writes in order
//      and without gaps: after a doubt its writer is thrown away, with all that is behind, and it begins again at (3);
//      a new writer's first event goes alone. And whenever a relay writes an event, everything before it is there: it
//      wrote it, or found it, or knows it by (2). So copies of several relays may mix in any way, and a reader who
//      drops what he has seen (`id`), or what has no higher `sequence` within its subject, is left with each event
//      once, in order.
//  (5) Repeats come only of what was under way when a relay ended or doubted, and have the same bytes as before.
//
// Until the feature `published` is enabled no relay runs: what is published waits in the rows, and then goes out from
// the journal's first event on.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/published_log.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class Relay {
 public:
  // How this node stands to a partition of the journal.
  struct Owner {
    bool serving = false;
    uint64_t term = 0;
    uint64_t revision = 0;  // highest that counts
  };
  struct Env {
    uint32_t partitions = 1;
    const google::protobuf::Message* event = nullptr;  // prototype of what is published
    const Store* rows = nullptr;                       // the read model's
    const Clock* clock = nullptr;
    std::unique_ptr<PublishedLog> log;
    std::function<absl::Status()> may;  // why no relay runs, if none does
    std::function<Owner(uint32_t partition)> owner;
    std::function<uint64_t(uint32_t partition)> shown;  // the revision up to which rows can be read
    std::function<void(uint32_t partition, uint64_t up_to)> record;
    // What keeps it waiting, when that becomes another thing; OK: nothing any more. May be empty.
    std::function<void(const absl::Status& why)> waits;
  };
  explicit Relay(Env env);
  ~Relay();

  void Start();  // its thread
  void Stop();   // what is under way may still land
  void Wake();   // there may be more; from any thread

  // Does all that can be done now; answers how long until it wants to be called without a wake-up. Of one thread.
  absl::Duration Step();

  struct Standing {
    bool runs = false;
    uint64_t lag_records = 0;  // of the journal, from the first that may have something that is not in the topic
  };
  // Nothing: this node does not own the partition. From any thread.
  std::optional<Standing> standing(uint32_t partition) const;

 private:
  struct Sent {
    uint64_t revision;
    size_t bytes;
  };
  struct Lane {
    uint64_t term = 0;                 // of the owner it works for; 0: for none
    uint64_t begin_at = 0;             // the rows must show this revision first
    bool begun = false;                // the topic's end was looked at
    uint64_t through = 0;              // all rows up to this revision were sent, or found in the topic
    uint64_t landed = 0;               // everything up to this revision is in the topic
    std::string next;                  // rows from this key on were not sent yet
    absl::Duration wait_until, pause;  // after a doubt
    std::unique_ptr<PublishedWriter> writer;
    uint64_t generation = 0;  // of the writer
    uint64_t reported = 0;    // records that the writer has landed
    std::deque<Sent> flight;
    size_t flight_bytes = 0;
    uint64_t unrecorded = 0;  // events found or landed since published_up_to was last asked for
    absl::Duration unrecorded_from, used, lag_at;
    absl::Status why;  // it waits
  };
  struct Mail {
    uint32_t partition;
    uint64_t generation;
    Report report;
  };
  struct Told {
    std::atomic<bool> owned{false}, runs{false};
    std::atomic<uint64_t> lag{0};
  };

  void Run();
  absl::Status May();
  void TakeReports();
  absl::Duration StepLane(uint32_t p, const Owner& owner);
  absl::Status Begin(uint32_t p, Lane* lane, uint64_t shown);
  absl::Status Send(uint32_t p, Lane* lane, uint64_t shown);
  void Doubt(Lane* lane, absl::Status why);
  static void Landed(Lane* lane);
  void Record(uint32_t p, Lane* lane);
  void TellLag(uint32_t p, Lane* lane, uint64_t shown, uint64_t revision);
  void TellWaits(const absl::Status& why);
  absl::StatusOr<PublishedRecord> RecordOf(absl::string_view row);

  const Env env_;
  const std::unique_ptr<google::protobuf::Message> event_;
  absl::Status may_;
  absl::Status checked_ = absl::UnavailableError("the topic was not looked at");  // OK: it is fit
  absl::Duration check_at_;                                                       // if it is not
  absl::Status told_waits_;
  uint64_t generations_ = 0;
  std::vector<Told> told_;
  absl::Mutex mutex_;
  std::vector<Mail> mail_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Lane> lanes_;  // behind what their writers' reports use
  std::thread thread_;
};

}  // namespace shoujie
