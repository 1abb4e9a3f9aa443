#include "services/runtime/node/live_rebuild.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {
namespace {

constexpr int kNice = 10;
constexpr int kPassesMax = 4;
constexpr absl::Duration kRereadAwaited = absl::Seconds(20);

// How many rows of the live store differ from the copy, with those that cannot be read.
uint64_t CountDiffering(const StoreReader& live, const StoreReader& side, uint64_t* rows) {
  uint64_t equal = 0, differing = 0;
  const absl::Status read = live.Scan("", "", [&](absl::string_view key, absl::string_view value) {
    const auto expected = side.Get(key);
    expected.ok() && *expected&&** expected == value ? ++equal : ++differing;
    return true;
  });
  *rows = 0;
  const absl::Status made = side.Scan("", "", [&](absl::string_view, absl::string_view) {
    ++*rows;
    return true;
  });
  if (!read.ok() || !made.ok()) ++differing;
  return std::max(differing, *rows - std::min(*rows, equal));
}

// The revision that the rows stand at; nothing if they do not say.
std::optional<uint64_t> RevisionOf(const StoreReader& rows) {
  const auto row = rows.Get(rows::PlaceKey());
  if (!row.ok() || !*row) return std::nullopt;
  const auto place = rows::Place::Decode(**row);
  return place ? std::optional<uint64_t>(place->revision) : std::nullopt;
}

}  // namespace

absl::Status LiveRebuilds::Start(std::vector<Target> targets, uint64_t events_per_second_max) {
  absl::MutexLock lock(&mutex_);
  if (progress_.running) {
    return Refused("REBUILD_RUNNING", "Stores are being rebuilt already. Wait until that is done, then ask again.",
                   "正在重建存储，请等待其完成后再试。");
  }
  if (thread_.joinable()) thread_.join();  // it has ended
  progress_ = Progress();
  progress_.running = true;
  progress_.stores = targets.size();
  thread_ = std::thread([this, targets = std::move(targets), events_per_second_max] {
    pthread_setname_np(pthread_self(), "rebuild");
    setpriority(PRIO_PROCESS, 0, kNice);  // of this thread alone
    Run(targets, events_per_second_max);
  });
  return absl::OkStatus();
}

LiveRebuilds::Progress LiveRebuilds::progress() const {
  absl::MutexLock lock(&mutex_);
  return progress_;
}

void LiveRebuilds::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void LiveRebuilds::Run(const std::vector<Target>& targets, uint64_t events_per_second_max) {
  for (const Target& target : targets) {
    if (stop_) break;
    LiveRebuilt one;
    one.id = target.task.id;
    {
      absl::MutexLock lock(&mutex_);
      progress_.current = one.id;
      progress_.current_revision = progress_.current_of = 0;
    }
    const absl::Duration begun = env_.clock->Boot();
    One(target, events_per_second_max, &one);
    one.took = env_.clock->Boot() - begun;
    absl::MutexLock lock(&mutex_);
    progress_.done.push_back(std::move(one));
  }
  absl::MutexLock lock(&mutex_);
  progress_.running = false;
}

void LiveRebuilds::One(const Target& target, uint64_t events_per_second_max, LiveRebuilt* out) {
  for (int pass = 0; pass < kPassesMax; ++pass) {
    uint64_t differing = 0;
    out->status = Pass(target, events_per_second_max, out, &differing);
    out->differing += differing;
    const bool halted = target.shard->phase() == Shard::Phase::kHalted;
    if (!out->status.ok() || (differing == 0 && !halted)) return;
    // What the shard holds in memory may come from what was wrong.
    target.shard->Reread();
    if (differing == 0) return;
    const absl::Duration limit = env_.clock->Boot() + kRereadAwaited;
    while (!target.shard->reread() && !stop_ && env_.clock->Boot() < limit) absl::SleepFor(absl::Milliseconds(2));
  }
  out->status = Error(absl::StatusCode::kDataLoss, "REBUILD_DIFFERS",
                      "The store differs from its journal again as soon as it is made. Check memory and disk, and run "
                      "`shoujie verify all`.",
                      "存储重建后又与日志不一致。请检查内存与磁盘，并运行 shoujie verify all。");
}

absl::Status LiveRebuilds::Pass(const Target& target, uint64_t events_per_second_max, LiveRebuilt* out,
                                uint64_t* differing) {
  const std::unique_ptr<SideStore> side = env_.side_store(target.task.id);
  Journal& journal = *target.task.journal;
  Rebuilder rebuilder(target.task.domain, target.task.id, &journal, env_.keys, side.get());
  const absl::Duration begun = env_.clock->Boot();
  const auto rate = static_cast<double>(events_per_second_max > 0 ? events_per_second_max : kRebuildEventsPerSecond);
  ReadOnOptions options;
  options.between = [&] {
    {
      absl::MutexLock lock(&mutex_);
      progress_.current_revision = rebuilder.revision();
      progress_.current_of = std::max(options.revision_max, rebuilder.revision());
    }
    const absl::Duration due = begun + absl::Seconds(static_cast<double>(rebuilder.events()) / rate);
    while (!stop_ && env_.clock->Boot() < due) absl::SleepFor(absl::Milliseconds(2));
    return !stop_.load();
  };
  // Never beyond the live store, which only moves on.
  const auto follow = [&]() -> absl::Status {
    do {
      options.revision_max = target.shard->stored_revision();
      if (absl::Status status = ReadOn(rebuilder, journal, *env_.clock, options); !status.ok()) return status;
    } while (target.shard->stored_revision() > rebuilder.revision() + limits::kClaimWithinRecords);
    return absl::OkStatus();
  };
  if (absl::Status status = follow(); !status.ok()) return status;
  {
    const auto live = target.shard->store().Snapshot();
    const std::optional<uint64_t> shown = RevisionOf(*live);
    if (shown && *shown >= rebuilder.revision()) {
      options.revision_max = *shown;
      if (absl::Status status = ReadOn(rebuilder, journal, *env_.clock, options); !status.ok()) return status;
      *differing = CountDiffering(*live, *side, &out->rows);
    } else if (rebuilder.revision() > 0) {
      *differing = 1;  // the row that says where it stands
    }
  }
  if (absl::Status status = side->Prepare(); !status.ok()) return status;
  if (absl::Status status = follow(); !status.ok()) return status;
  if (absl::Status status = side->Prepare(); !status.ok()) return status;
  out->revision = rebuilder.revision();
  out->events = rebuilder.events();
  if (rebuilder.revision() == 0) return absl::OkStatus();  // nothing was ever recorded
  return side->Replace([&] {
    ReadOnOptions last;
    last.revision_max = target.shard->stored_revision();
    last.patience = kRebuildPatienceAtLast;
    const absl::Status status = ReadOn(rebuilder, journal, *env_.clock, last);
    out->revision = rebuilder.revision();
    out->events = rebuilder.events();
    return status;
  });
}

}  // namespace shoujie
