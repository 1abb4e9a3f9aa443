// A journal in memory for unit tests and the simulator. Two manners:
//
// * `Reliable`: what is sent lands and is reported before `Send` returns. For unit tests; may be used by many threads.
// * seeded: what writers send waits "in the net" until a driver calls `Deliver`, which draws what becomes of one
// record. The
//   outcomes are those of design/journal_model.py: landed, lost, landed although an error is reported, landed twice,
//   landed at an unknown place; a destroyed writer's records may still land; a record may land without the one before
//   it. One seed and one order of calls give one log. Call it from one thread.
//
// Not durable, and nothing is ever trimmed: not for long runs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/watchers.h"

namespace shoujie {

class SimulatedJournal : public Journal {
 public:
  // Chances in 1/1000 for each record that is delivered; what remains is "landed and reported with its position".
  struct Outcomes {
    uint32_t lost_permille = 30;               // error reported, not landed: leaves a hole in front of the next
    uint32_t landed_with_error_permille = 30;  // error reported, landed
    uint32_t twice_permille = 20;              // landed twice, the second position is reported
    uint32_t place_unknown_permille = 20;      // landed, position -1
    uint32_t no_report_permille = 0;           // landed or lost as drawn, but no report ever comes
    uint32_t overtaken_permille = 0;           // the writer's next record lands first
    uint32_t late_report_permille = 100;       // the report waits for a later `Deliver`; reports of errors may overtake
    // When a writer is destroyed: chance that its records in flight from some drawn one on never land.
    uint32_t cut_permille = 300;
    uint32_t straggler_permille = 0;  // a record of a destroyed writer waits for a later `Deliver`

    static Outcomes Clean() { return {0, 0, 0, 0, 0, 0, 0, 0, 0}; }
  };

  struct Options {
    uint64_t seed = 1;
    Outcomes outcomes;
    bool exclusive = false;           // what `exclusive()` answers
    std::function<absl::Time()> now;  // the log's clock; without it, 1 ms passes per record that lands
  };

  explicit SimulatedJournal(Options options);
  static std::unique_ptr<SimulatedJournal> Reliable(std::function<absl::Time()> now = nullptr);
  ~SimulatedJournal() override;

  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override;
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override;
  std::shared_ptr<void> Watch(std::function<void()> on_append) override;
  uint64_t EndHint() const override { return end(); }
  bool exclusive() const override { return options_.exclusive; }

  // Draws a writer with something in the net and what becomes of its next record or report. False: the net is empty.
  bool Deliver();
  // Delivers until the net is empty.
  void DeliverAll();
  // What is drawn from now on follows from this seed.
  void Seed(uint64_t seed);
  // From now on other chances: `Outcomes::Clean()` heals the journal.
  void SetOutcomes(const Outcomes& outcomes);

  size_t in_flight() const;  // records and reports in the net
  uint64_t end() const;      // records that landed
  std::vector<StoredRecord> records() const;
  // What a stranger's writer did: `bytes` land at the end.
  uint64_t Plant(std::string bytes);
  // Damage, for tests of readers: the record is replaced / the log ends before `position`.
  void Replace(uint64_t position, std::string bytes);
  void TruncateTo(uint64_t position);

 private:
  SimulatedJournal(Options options, bool at_once);

  struct Sent;
  struct WriterState;
  class Writer;

  uint64_t Land(const std::string& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Give(const std::shared_ptr<WriterState>& writer, std::vector<std::string> records);
  void GiveUp(const std::shared_ptr<WriterState>& writer);
  void HandOut(const std::shared_ptr<WriterState>& writer);
  bool DeliverRecord(WriterState& writer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t Draw(uint64_t below) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Chance(uint32_t permille) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Draw(1000) < permille; }

  const Options options_;
  const bool at_once_;
  Watchers watchers_;
  mutable absl::Mutex mutex_;
  Outcomes outcomes_ ABSL_GUARDED_BY(mutex_);
  uint64_t random_ ABSL_GUARDED_BY(mutex_);
  std::vector<StoredRecord> log_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<WriterState>> net_ ABSL_GUARDED_BY(mutex_);  // writers with something in flight
};

}  // namespace shoujie
