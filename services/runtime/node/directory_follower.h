// Reads the directory's journal and keeps every published version that a shard may still have adopted (the newest and
// those before it, bounded). Any thread may ask; the tailer's thread polls.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/node/tailer.h"
#include "services/runtime/reference.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

class DirectoryFollower : public ReferenceSource, public Follower {
 public:
  // `on_version` is called, by the polling thread, after a new version can be asked for.
  DirectoryFollower(const ServiceDomain* directory, Journal* journal, std::function<void()> on_version);

  bool Poll() override;
  std::shared_ptr<const Reference> Latest() const override;
  std::shared_ptr<const Reference> At(uint64_t version) const override;
  // The last revision of the directory's journal that it has read.
  uint64_t revision() const { return revision_.load(std::memory_order_acquire); }
  uint64_t position() const { return position_.load(std::memory_order_acquire); }  // where it reads on
  // Why it can read no further, if it can't.
  absl::Status status() const;

 private:
  absl::Status Apply(const journal::v1::Commit& commit);

  const ServiceDomain* domain_;
  Journal* journal_;
  std::function<void()> on_version_;
  Fold fold_;
  std::atomic<uint64_t> revision_{0}, position_{0};
  std::unique_ptr<google::protobuf::Message> state_, event_;
  mutable absl::Mutex mutex_;
  std::map<uint64_t, std::shared_ptr<const Reference>> versions_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
