#include "services/runtime/node/rebuild.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/node/node.h"
#include "services/runtime/store/store.h"

namespace shoujie {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(2);
// Of journals that are far away: while one waits for the cluster, the others work.
constexpr size_t kReadersPerProcessor = 2;

// What a follower of journals writes goes into a copy that is made beside its store.
class WritesBeside : public Store {
 public:
  explicit WritesBeside(SideStore* side) : side_(side) {}
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override { return side_->Get(key); }
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return side_->Scan(from, to, visit);
  }
  void Write(std::vector<Row> rows, std::function<void()> done) override {
    if (status_.ok()) status_ = side_->Put(std::move(rows));
    if (done) done();
  }
  std::unique_ptr<StoreReader> Snapshot() const override { return nullptr; }  // nobody asks it
  const absl::Status& status() const { return status_; }

 private:
  SideStore* const side_;
  absl::Status status_;
};

absl::Status OneAtRest(const RebuildTask& task, const RebuildEnv& env, RebuildSum* sum) {
  const std::unique_ptr<SideStore> side = env.side_store(task.id);
  Rebuilder rebuilder(task.domain, task.id, task.journal, env.keys, side.get());
  absl::Status status = ReadOn(rebuilder, *task.journal, *env.clock);
  if (status.ok()) status = side->Prepare();
  if (status.ok()) status = side->Replace([] { return absl::OkStatus(); });
  sum->records += rebuilder.revision();
  sum->events += rebuilder.events();
  return status;
}

}  // namespace

absl::Status ReadOn(Rebuilder& rebuilder, const Journal& journal, const Clock& clock, const ReadOnOptions& options) {
  const uint64_t end = journal.EndHint(), last = options.revision_max;
  absl::Duration limit = clock.Boot() + options.patience;
  while (rebuilder.revision() < last) {
    bool moved = false;
    const absl::Status status = rebuilder.Advance(last, &moved);
    if (!status.ok() && !NotNow(status)) return status;
    if (options.between && !options.between()) return absl::CancelledError("the process stops");
    if (moved) {
      limit = clock.Boot() + options.patience;
      continue;
    }
    const bool at_end = status.ok() && (journal.exclusive() || rebuilder.position() >= end);
    if (at_end && last == UINT64_MAX) return absl::OkStatus();
    if (clock.Boot() >= limit) {
      return Error(absl::StatusCode::kUnavailable, "REBUILD_UNREADABLE",
                   absl::StrCat("The journal cannot be read on at position ", rebuilder.position(),
                                ". Look at the log and at the brokers, then rebuild again."),
                   absl::StrCat("日志在位置 ", rebuilder.position(), " 处无法继续读取。请查看日志与消息集群后重试。"),
                   {{"position", absl::StrCat(rebuilder.position())}});
    }
    absl::SleepFor(kPause);
  }
  return absl::OkStatus();
}

RebuildSum RebuildAtRest(const std::vector<RebuildTask>& tasks, const RebuildEnv& env) {
  RebuildSum all;
  all.stores = tasks.size();
  size_t readers = std::max(1u, std::thread::hardware_concurrency());
  if (!tasks.empty() && !tasks.front().journal->exclusive()) readers *= kReadersPerProcessor;
  all.threads = std::min(tasks.size(), readers);
  const absl::Duration begun = env.clock->Boot();
  std::atomic<size_t> next{0};
  absl::Mutex mutex;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < all.threads; ++i) {
    threads.emplace_back([&] {
      for (size_t n = next++; n < tasks.size(); n = next++) {
        RebuildSum one;
        const absl::Status status = OneAtRest(tasks[n], env, &one);
        absl::MutexLock lock(&mutex);
        all.records += one.records;
        all.events += one.events;
        if (status.ok()) continue;
        ++all.failed;
        all.why = status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.took = env.clock->Boot() - begun;
  return all;
}

absl::Status Node::RebuildAtStart() {
  if (!env_.side_store) return absl::OkStatus();
  std::vector<RebuildTask> tasks;
  for (const auto& [name, mounted] : mounted_) {
    if (!mounted.served) continue;
    const ServiceDomain& domain = mounted.module->domain;
    for (uint32_t p = 0; p < mounted.partitions; ++p) {
      const JournalId id{name, p};
      auto row = env_.store(id)->Get(rows::PlaceKey());
      if (!row.ok()) return row.status();
      if (*row) {
        const auto place = rows::Place::Decode(**row);
        if (place && place->state_version == domain.state_version) continue;
      } else if (env_.peers) {
        continue;  // whether it will be followed here is not known yet
      }
      auto journal = env_.journal(id);
      if (!journal.ok()) return journal.status();
      std::vector<StoredRecord> first;
      if (!*row && ((*journal)->Read(0, 1, &first).ok() && first.empty() && (*journal)->EndHint() == 0)) continue;
      tasks.push_back({&domain, id, *journal});
    }
  }
  if (tasks.empty()) return absl::OkStatus();
  // A store that could not be made again is emptied where it must not be used, and its shard meets the same record.
  const RebuildSum sum = RebuildAtRest(tasks, {env_.side_store, env_.keys, env_.clock});
  if (env_.rebuilt) env_.rebuilt(sum);
  return absl::OkStatus();
}

absl::Status Node::OpenLists(const ServiceDomain& domain, const std::vector<Journal*>& journals, ReadModel* lists) {
  absl::Status status = lists->Open();
  if (absl::IsFailedPrecondition(status)) {  // of another version, or of newer journals
    status = env_.drop_store({domain.name + ".lists", 0});
    if (status.ok()) status = lists->Open();
  }
  if (!status.ok() || !lists->empty() || !RebuildLists(domain, journals)) return status;
  return lists->Open();
}

bool Node::RebuildLists(const ServiceDomain& domain, const std::vector<Journal*>& journals) {
  if (!env_.side_store) return false;
  const JournalId id{domain.name + ".lists", 0};
  const std::unique_ptr<SideStore> side = env_.side_store(id);
  WritesBeside beside(side.get());
  ReadModel made(
      &domain, journals, &beside, Relays(domain), [] {}, [] {});
  absl::Duration limit = env_.clock->Boot() + kRebuildPatience;
  for (uint64_t left = made.behind(); beside.status().ok() && made.status().ok() && env_.clock->Boot() < limit;) {
    if (made.Poll()) continue;
    const uint64_t behind = made.behind();
    if (behind == 0) break;
    if (std::exchange(left, behind) != behind) limit = env_.clock->Boot() + kRebuildPatience;
    absl::SleepFor(kPause);
  }
  // Any prefix of the journals will do: the model reads on from there. What fails is met again by it.
  if (made.empty() || !beside.status().ok() || !side->Prepare().ok()) return false;
  return side->Replace([] { return absl::OkStatus(); }).ok();
}

absl::Status Node::StartRebuild(const std::string& what, uint64_t events_per_second_max) {
  if (!rebuilds_) {
    return Refused("REBUILD_UNAVAILABLE",
                   "The stores of this server cannot be made beside the live ones. Ask one with a data directory.",
                   "本服务器无法旁路重建存储，请向带数据目录的服务器发出该命令。");
  }
  std::vector<LiveRebuilds::Target> targets;
  for (auto& [name, mounted] : mounted_) {
    for (auto& shard : mounted.shards) {
      if (what != "all" && what != name && what != absl::StrCat(name, "/", shard->id().partition)) continue;
      targets.push_back({{&mounted.module->domain, shard->id(), &shard->journal()}, shard.get()});
    }
  }
  if (targets.empty()) {
    return NotFound("SHARD_UNKNOWN",
                    "There is no such shard here. Name one like router/17, a service like router, or all.",
                    "没有该分片。请写成 router/17，或写服务名 router，或写 all。", {{"name", what}});
  }
  return rebuilds_->Start(std::move(targets), events_per_second_max);
}

LiveRebuilds::Progress Node::rebuild() const { return rebuilds_ ? rebuilds_->progress() : LiveRebuilds::Progress(); }

}  // namespace shoujie
