#include "services/runtime/node/directory_follower.h"

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"

namespace shoujie {

DirectoryFollower::DirectoryFollower(const ServiceDomain* directory, Journal* journal, std::function<void()> on_version)
    : domain_(directory),
      journal_(journal),
      on_version_(std::move(on_version)),
      state_(directory->streams.front()->NewState()),
      event_(directory->event->New()) {
  versions_[0] = std::make_shared<Reference>(directory::v1::Directory());
}

bool DirectoryFollower::Poll() {
  if (!status().ok()) return false;
  std::vector<StoredRecord> records;
  absl::Status status = journal_->Read(fold_.position, limits::kReadRecordsMax, &records);
  for (const StoredRecord& stored : records) {
    journal::v1::Record record;
    Verdict verdict = Verdict::kIgnored;
    if (!record.ParseFromString(stored.bytes)) status = absl::DataLossError("a directory record cannot be parsed");
    if (status.ok()) status = fold_.Step(stored.position, record, &verdict);
    if (status.ok() && verdict == Verdict::kApplied) status = Apply(record.commit());
    if (!status.ok()) break;
  }
  if (!status.ok() && !NotNow(status)) {
    absl::MutexLock lock(&mutex_);
    status_ = status;
    return false;
  }
  revision_.store(fold_.revision, std::memory_order_release);
  position_.store(fold_.position, std::memory_order_release);
  return !records.empty();
}

absl::Status DirectoryFollower::Apply(const journal::v1::Commit& commit) {
  if (commit.events().empty()) return absl::OkStatus();
  for (int n = 0; n < commit.events_size(); ++n) {
    if (absl::Status status = ReadEvent(*domain_, commit, n, event_.get()); !status.ok()) return status;
    domain_->streams.front()->Evolve(*state_, *event_, ContextOf(commit, n));
  }
  directory::v1::Directory directory;
  directory.CopyFrom(*state_);
  const uint64_t version = directory.version();
  {
    absl::MutexLock lock(&mutex_);
    if (versions_.contains(version)) return absl::OkStatus();
    versions_[version] = std::make_shared<Reference>(std::move(directory));
    // Shards adopt within moments; a shard that is further behind waits for nothing, since it adopts the newest at
    // once.
    while (versions_.size() > limits::kDirectoryVersionsMax) versions_.erase(std::next(versions_.begin()));
  }
  on_version_();
  return absl::OkStatus();
}

std::shared_ptr<const Reference> DirectoryFollower::Latest() const {
  absl::MutexLock lock(&mutex_);
  return versions_.rbegin()->second;
}

std::shared_ptr<const Reference> DirectoryFollower::At(uint64_t version) const {
  absl::MutexLock lock(&mutex_);
  auto it = versions_.find(version);
  if (it != versions_.end()) return it->second;
  // Thrown away: decisions go on with the newest, which the shard adopts with its next record.
  return version < versions_.rbegin()->first ? versions_.rbegin()->second : nullptr;
}

absl::Status DirectoryFollower::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace shoujie
