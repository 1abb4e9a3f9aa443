// Commands of an adapter on their way to the server, kept in a file until they are answered: intake never waits,
// neither for the server nor for the disk (architecture.md §5). Commands of one lane (one call, one order) are
// delivered one after the other in the order they were appended; lanes know nothing of each other. A command is given
// out for delivery only once it is durable, and given out again, with the same bytes and so the same request id, until
// `Done`, also after a restart. Thread-safe. For commands that are idempotent by request id or by content only; queries
// have no place here.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/switch/outbox_file.h"

namespace shoujie::loadtest {

struct OutboxEntry {
  uint64_t seq = 0;
  std::string lane;
  std::string method;
  std::string request;  // serialized, with its request id
  uint32_t attempts = 0;
};

class Outbox {
 public:
  // Commands that wait in memory and on disk; beyond it `Append` refuses, which a caller must report.
  static constexpr size_t kPendingMax = 1'000'000;

  // What an earlier process left is delivered first. Its held commands are released as they are.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(const std::string& folder);
  ~Outbox();

  // Returns its number. Delivered some time later, never before it is durable.
  // `held`: to be delivered only after `Release` (or as it is, if this process does not live to say so).
  absl::StatusOr<uint64_t> Append(std::string lane, std::string method, std::string request, bool held = false);
  // The held command with other bytes, free to go.
  absl::Status Release(uint64_t seq, std::string request);
  // Blocks until everything appended so far is durable.
  absl::Status Sync();

  // The next command to deliver; blocks, nothing: stopped. The caller ends it with exactly one of Done, Refuse, Retry.
  std::optional<OutboxEntry> Next();
  void Done(uint64_t seq);
  void Refuse(uint64_t seq, const std::string& reason);  // given up, kept in the file for people
  void Retry(uint64_t seq, absl::Duration pause);
  // The same with other bytes, for a request id that is too old to be taken.
  void RetryWith(uint64_t seq, std::string request);
  void Stop();  // `Next` gives out nothing more; what is in flight may still be ended

  bool Idle(const std::string& lane) const;  // nothing of it is undelivered
  size_t pending() const;
  size_t resumed() const { return resumed_; }        // left by an earlier process
  uint64_t first_seq() const { return first_seq_; }  // of this process
  uint64_t refused() const;                          // kept in the file
  absl::Status health() const;                       // a disk that failed
  void WaitEmpty(absl::Duration at_most) const;

 private:
  struct Item {
    OutboxEntry entry;
    bool held = false;
    bool out = false;    // given out, or pausing
    uint64_t frame = 0;  // count of the frame that holds it as it is now
  };

  Outbox() = default;
  void Offer(const std::string& lane);  // makes the head of the lane ready, if it may go
  void Finish(uint64_t seq);
  void SyncLoop();
  void Compact();
  void Fail(absl::Status status);
  absl::Status Write(const OutboxFrame& frame);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::unique_ptr<OutboxFile> file_;
  std::map<uint64_t, Item> items_;
  absl::flat_hash_map<std::string, std::deque<uint64_t>> lanes_;
  std::set<uint64_t> ready_;
  std::multimap<absl::Time, uint64_t> pausing_;
  std::map<uint64_t, OutboxFrame> dead_;
  uint64_t next_seq_ = 1;
  uint64_t written_ = 0, durable_ = 0;                     // counts of frames
  std::deque<std::pair<uint64_t, uint64_t>> not_durable_;  // frame count, seq
  size_t resumed_ = 0;
  uint64_t first_seq_ = 1;
  bool stopped_ = false, closing_ = false;
  absl::Status health_;
  std::thread syncer_;
};

}  // namespace shoujie::loadtest
