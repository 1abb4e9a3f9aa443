// Directory versions as a test publishes them, at hand at once and for ever. In a real node the DirectoryFollower reads
// them from the directory's journal.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/runtime/reference.h"
#include "services/runtime/shard/shard.h"

namespace shoujie::sim {

class Published : public ReferenceSource {
 public:
  Published() { versions_.push_back(std::make_shared<Reference>(directory::v1::Directory())); }

  // Versions count from 1.
  void Publish(directory::v1::Directory directory) {
    absl::MutexLock lock(&mutex_);
    directory.set_version(versions_.size());
    versions_.push_back(std::make_shared<Reference>(std::move(directory)));
  }
  std::shared_ptr<const Reference> Latest() const override {
    absl::MutexLock lock(&mutex_);
    return versions_.back();
  }
  std::shared_ptr<const Reference> At(uint64_t version) const override {
    absl::MutexLock lock(&mutex_);
    return version < versions_.size() ? versions_[version] : nullptr;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<const Reference>> versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::sim
