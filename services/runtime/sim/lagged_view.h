// One machine's view of a log: it writes to the log itself and reads it a little behind, as far as the simulator has
// let it fetch. What was just reported to a writer may therefore not be readable yet, and a foreign claim may lie in
// the log unseen. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "services/runtime/journal/simulated.h"

namespace shoujie::sim {

class LaggedView : public Journal {
 public:
  explicit LaggedView(SimulatedJournal* log) : log_(log) {}

  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override {
    return log_->NewWriter(std::move(on_report));
  }
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    if (position >= readable_) return absl::OkStatus();
    return log_->Read(position, std::min<size_t>(records_max, readable_ - position), out);
  }
  std::shared_ptr<void> Watch(std::function<void()> on_append) override {
    const uint64_t id = next_++;
    watchers_[id] = std::move(on_append);
    return std::shared_ptr<void>(nullptr, [this, id](void*) { watchers_.erase(id); });
  }
  uint64_t EndHint() const override { return log_->end(); }
  bool exclusive() const override { return false; }

  // Up to `records` more can be read from now on. False: there were none.
  bool Fetch(uint64_t records) {
    const uint64_t before = readable_;
    readable_ = std::min(log_->end(), readable_ + records);
    if (readable_ == before) return false;
    for (const auto& [id, on_append] : watchers_) on_append();
    return true;
  }
  uint64_t readable() const { return readable_; }

 private:
  SimulatedJournal* log_;
  uint64_t readable_ = 0;
  uint64_t next_ = 0;
  std::map<uint64_t, std::function<void()>> watchers_;
};

}  // namespace shoujie::sim
