// The log that others read: what a service publishes, one partition for each of its journals' partitions. Not a
// journal: nobody owns it, nothing of ours is decided by it, and its oldest records may be gone. A record may be there
// twice. Written by node/relay.h alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/journal/journal.h"

namespace shoujie {

struct PublishedRecord {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// As a JournalWriter: appends in the order of `Send`, between a beginning and a doubt. What it was given first must
// have been reported before it is given more: a log that refused the first of several records could take the next.
class PublishedWriter {
 public:
  virtual ~PublishedWriter() = default;
  virtual void Send(std::vector<PublishedRecord> records) = 0;  // never blocks
};

// Thread-safe; `Check` and `Newest` wait for the cluster, a bounded time.
class PublishedLog {
 public:
  virtual ~PublishedLog() = default;
  // Whether the log is there and fit to be written: TOPIC_MISSING, TOPIC_UNSAFE, or the cluster's errors.
  virtual absl::Status Check() = 0;
  // This header of the newest records of a partition, at most so many, oldest first; "" of one that has none.
  virtual absl::StatusOr<std::vector<std::string>> Newest(uint32_t partition, const std::string& header,
                                                          size_t records_max) = 0;
  // `on_report`: as of Journal::NewWriter.
  virtual std::unique_ptr<PublishedWriter> NewWriter(uint32_t partition,
                                                     std::function<void(const Report&)> on_report) = 0;
};

}  // namespace shoujie
