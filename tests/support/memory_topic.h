// A feed's topic in memory, whose records land when a test says so, in the order they were sent, also those of writers
// that are gone: what the relay must live with. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/published_log.h"

namespace shoujie {

class MemoryTopic {
 public:
  // `at_once`: every record lands and is reported within `Send`.
  explicit MemoryTopic(uint32_t partitions, bool at_once = false) : at_once_(at_once), partitions_(partitions) {}

  std::unique_ptr<PublishedLog> Open() { return std::make_unique<Log>(this); }

  // What is in a partition.
  std::vector<PublishedRecord> records(uint32_t p) const {
    absl::MutexLock lock(&mutex_);
    return partitions_[p].landed;
  }
  std::vector<std::string> Ids(uint32_t p) const { return Headers(p, "ce_id"); }
  // Writers that sent something which has not landed, the oldest first, and how much; those that are gone included.
  std::vector<size_t> UnderWay(uint32_t p) const {
    absl::MutexLock lock(&mutex_);
    std::vector<size_t> counts;
    for (const auto& writer : partitions_[p].writers) {
      if (!writer->sent.empty()) counts.push_back(writer->sent.size());
    }
    return counts;
  }
  // The oldest record of the writer `w` of those with something under way lands; reported if the writer is there.
  void Land(uint32_t p, size_t w = 0) { Settle(p, w, /*ok=*/true, /*lands=*/true); }
  void LandAll(uint32_t p) {
    while (!UnderWay(p).empty()) Land(p);
  }
  // It is reported as a doubt, whether it landed or not. What is not landed by `Land` is lost.
  void Refuse(uint32_t p, size_t w = 0, bool lands = false) { Settle(p, w, /*ok=*/false, lands); }

  void Answer(absl::Status check, absl::Status newest = absl::OkStatus()) {
    absl::MutexLock lock(&mutex_);
    check_ = std::move(check);
    newest_ = std::move(newest);
  }
  int asked() const {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }

 private:
  struct Writer {
    absl::Mutex reporting;
    std::function<void(const Report&)> on_report ABSL_GUARDED_BY(reporting);  // null: the writer is gone
    std::deque<PublishedRecord> sent;  // the rest is guarded by the topic's mutex
    uint64_t settled = 0;
  };
  struct Partition {
    std::vector<PublishedRecord> landed;
    std::vector<std::shared_ptr<Writer>> writers;
  };
  class Handle : public PublishedWriter {
   public:
    Handle(MemoryTopic* topic, uint32_t p, std::shared_ptr<Writer> writer)
        : topic_(topic), p_(p), writer_(std::move(writer)) {}
    ~Handle() override {
      absl::MutexLock lock(&writer_->reporting);
      writer_->on_report = nullptr;
    }
    void Send(std::vector<PublishedRecord> records) override {
      {
        absl::MutexLock lock(&topic_->mutex_);
        for (auto& record : records) writer_->sent.push_back(std::move(record));
      }
      if (topic_->at_once_) topic_->LandAll(p_);
    }

   private:
    MemoryTopic* const topic_;
    const uint32_t p_;
    const std::shared_ptr<Writer> writer_;
  };
  class Log : public PublishedLog {
   public:
    explicit Log(MemoryTopic* topic) : topic_(topic) {}
    absl::Status Check() override {
      absl::MutexLock lock(&topic_->mutex_);
      return topic_->check_;
    }
    absl::StatusOr<std::vector<std::string>> Newest(uint32_t p, const std::string& header, size_t max) override {
      {
        absl::MutexLock lock(&topic_->mutex_);
        ++topic_->asked_;
        if (!topic_->newest_.ok()) return topic_->newest_;
      }
      std::vector<std::string> all = topic_->Headers(p, header);
      if (all.size() > max) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(max));
      return all;
    }
    std::unique_ptr<PublishedWriter> NewWriter(uint32_t p, std::function<void(const Report&)> on_report) override {
      auto writer = std::make_shared<Writer>();
      writer->on_report = std::move(on_report);
      absl::MutexLock lock(&topic_->mutex_);
      topic_->partitions_[p].writers.push_back(writer);
      return std::make_unique<Handle>(topic_, p, std::move(writer));
    }

   private:
    MemoryTopic* const topic_;
  };

  std::vector<std::string> Headers(uint32_t p, const std::string& header) const {
    std::vector<std::string> values;
    for (const PublishedRecord& record : records(p)) {
      for (const auto& [name, value] : record.headers) {
        if (name == header) values.push_back(value);
      }
    }
    return values;
  }
  void Settle(uint32_t p, size_t w, bool ok, bool lands) {
    std::shared_ptr<Writer> writer;
    Report report;
    {
      absl::MutexLock lock(&mutex_);
      for (const auto& one : partitions_[p].writers) {
        if (!one->sent.empty() && w-- == 0) writer = one;
      }
      if (writer == nullptr) return;
      if (lands) partitions_[p].landed.push_back(writer->sent.front());
      writer->sent.pop_front();
      report.ok = ok;
      report.sequence = writer->settled++;
      report.position = ok ? static_cast<int64_t>(partitions_[p].landed.size()) - 1 : -1;
      if (!ok) report.why = absl::UnavailableError("a doubt");
      if (!ok && !lands) writer->sent.clear();  // nothing lands behind what did not
    }
    absl::MutexLock lock(&writer->reporting);
    if (writer->on_report) writer->on_report(report);
  }

  const bool at_once_;
  mutable absl::Mutex mutex_;
  std::vector<Partition> partitions_ ABSL_GUARDED_BY(mutex_);
  absl::Status check_ ABSL_GUARDED_BY(mutex_), newest_ ABSL_GUARDED_BY(mutex_);
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoujie
