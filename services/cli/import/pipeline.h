// Sends batches with a bounded number in flight, one of a key at a time, and counts what the server says. What is not
// answered is sent again under the same id; a batch that is refused is sent row by row, so that one bad row costs no
// good one. Used by one thread; answers may come from any.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/cli/import/format.h"
#include "services/cli/import/import.h"

namespace shoujie::importer {

class Pipeline {
 public:
  // Counts into `summary`. All three must outlive it.
  Pipeline(const ImportOptions& options, ImportSink& sink, ImportSummary* summary);
  ~Pipeline();  // waits for what is in flight

  // Blocks while there is no room, or while a batch of this key is in flight. Not OK: the import cannot go on.
  absl::Status Submit(Batch batch);
  // Waits until everything is answered.
  absl::Status Finish();
  const absl::Status& status() const { return fatal_; }

 private:
  struct Slot {
    std::deque<Batch> batches;  // the first is in flight or waits to be sent again
    int attempt = 0;
    absl::Time again = absl::InfiniteFuture();  // when to send once more
  };
  struct Answer {
    Slot* slot;
    absl::StatusOr<common::v1::CommandReply> reply;
  };

  void SendFirst(Slot* slot);  // under a new id
  void Send(Slot* slot);
  void Handle(Answer answer);
  void CountReply(const Batch& batch, const common::v1::CommandReply& reply);
  void NextOf(Slot* slot);
  // Takes answers, sends what is due again; waits for either if there was nothing to do.
  void Step();

  const ImportOptions& options_;
  ImportSink& sink_;
  ImportSummary* summary_;
  absl::flat_hash_map<std::string, std::unique_ptr<Slot>> slots_;  // by key
  absl::Status fatal_;
  absl::Time last_answer_;
  size_t waiting_ = 0;  // slots to be sent again

  absl::Mutex mutex_;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mutex_);
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoujie::importer
