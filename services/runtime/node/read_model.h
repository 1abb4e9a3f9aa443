// The rows of one service's lists on this node: follows all partitions' journals into one local store and answers
// scans. Owners are never asked for lists, so a supervisor's board costs a shard nothing. Rows lag by moments: a
// question waits for what had been acknowledged before it, and names the partitions that were late.
//
// Where the service publishes (`ServiceDomain::feed`), the published events are made here as well, since they need the
// row after each event: rows of their own, and told to the `Feed` that watchers follow. Where they go to a topic as
// well (`relayed`), each is kept once more until a record says that it is there (node/relay.h).
//
// Rows in the store: R name → row, X index key → name, F … → published event (node/feed.h), U … → event that is not
// known to be in the topic (node/unpublished_rows.h), P partition → how far that journal was read, A partition → the
// directory version that was adopted there.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/node/feed.h"
#include "services/runtime/node/tailer.h"
#include "services/runtime/service.h"
#include "services/runtime/shard/overlay.h"

namespace shoujie {

class ReadModel : public Follower {
 public:
  // `journals[p]` is the service's journal of partition p. `wake` and `hurry` are the tailer's. Without a clock nobody
  // can watch (copies). `relayed`: keeps what is to go to a topic.
  ReadModel(const ServiceDomain* domain, std::vector<Journal*> journals, Store* store, bool relayed,
            std::function<void()> wake, std::function<void()> hurry, const Clock* clock = nullptr);
  // Called from any thread after scans show more. Before the first `Poll`.
  void WhenShown(std::function<void()> call) { when_shown_ = std::move(call); }

  // Reads the places, once or again. FAILED_PRECONDITION: empty the store and try again; the rows were made by another
  // version of the domain (STATE_VERSION), or show what the journals do not hold (LISTS_AHEAD).
  absl::Status Open();
  // Whether no journal was read yet; after `Open`.
  bool empty() const;
  // Records up to the known ends of the journals that were not read; where ends are not known, 0.
  uint64_t behind() const;
  bool Poll() override;

  // The rows as of one instant, for one question. Waits until they show these revisions (by partition), or the time is
  // up: the reader's `Lagging` then names the partitions that are behind. Without a time it asks nobody to hurry. From
  // any thread; the reader must not outlive the model.
  std::unique_ptr<RowReader> Read(const std::vector<uint64_t>& revisions, absl::Duration timeout) const;
  // Highest revision of the partition that scans show.
  uint64_t revision(uint32_t partition) const { return partitions_[partition]->shown.load(std::memory_order_acquire); }
  absl::Status status() const;
  Feed* feed() const { return feed_.get(); }  // null: nothing is published

 private:
  // Nothing more is answered from these rows: what cannot be read must not look as if it were not there (I14).
  void Halt(const absl::Status& why) const;
  class Rows;
  struct Partition {
    Journal* journal = nullptr;
    Fold fold;
    std::atomic<bool> news{true};
    std::atomic<uint64_t> shown{0};
    uint64_t published = 0;  // no row of an event up to here is left
    std::shared_ptr<void> watch;
  };
  bool PollPartitions();
  absl::Status PollPartition(uint32_t p, bool* more);
  absl::Status Apply(uint32_t partition, const journal::v1::Commit& commit, std::vector<Row>* rows,
                     std::vector<Feed::Event>* published);
  void Publish(const FeedType& type, uint32_t partition, const journal::v1::Commit& commit, int n,
               const google::protobuf::Message& row, std::vector<Row>* rows, std::vector<Feed::Event>* published);
  absl::Status ForgetPublished(uint32_t partition, uint64_t up_to, std::vector<Row>* rows);
  const RowType* TypeOf(absl::string_view stream) const;

  uint64_t Version() const;

  const ServiceDomain* domain_;
  Store* store_;
  const bool relayed_;
  const std::function<void()> hurry_;
  std::function<void()> when_shown_;
  Overlay overlay_;
  std::unique_ptr<Feed> feed_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::unique_ptr<google::protobuf::Message> event_;
  uint64_t group_ = 0;
  std::atomic<uint64_t> written_{0};
  mutable absl::Mutex mutex_;
  mutable absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
