// A journal from its first record to an end that was fixed before: for whoever must read all of it and must not take a
// slow cluster for an end (verification, moving, comparing a log with a ledger). Reads wait for the cluster, a bounded
// time; what does not come by then is UNAVAILABLE and says where. Not for owners: it cannot be written or watched.
// Thread-safe as the journal below it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"

namespace shoujie::kafka {

class WholeJournal : public Journal {
 public:
  // `below` outlives it. `end`: the position after the last record that is told.
  WholeJournal(Journal* below, uint64_t end, absl::Duration patience = absl::Seconds(60))
      : below_(below), end_(end), patience_(patience) {}

  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)>) override { return nullptr; }
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    if (position >= end_) return absl::OkStatus();
    const size_t before = out->size();
    absl::Status status;
    for (const absl::Time until = absl::Now() + patience_;; absl::SleepFor(absl::Milliseconds(5))) {
      status = below_->Read(position, records_max, out);
      if (!status.ok() && !NotNow(status)) return status;
      if (out->size() > before) break;
      if (absl::Now() >= until) {
        return status.ok() ? absl::UnavailableError(absl::StrCat("position ", position, " of ", end_, " did not come"))
                           : status;
      }
    }
    while (out->size() > before && out->back().position >= end_) out->pop_back();
    return absl::OkStatus();
  }
  std::shared_ptr<void> Watch(std::function<void()>) override { return nullptr; }
  bool exclusive() const override { return below_->exclusive(); }

 private:
  Journal* const below_;
  const uint64_t end_;
  const absl::Duration patience_;
};

}  // namespace shoujie::kafka
