#include "loadtest/generator/load.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "shoujie/common/v1/batch.pb.h"

namespace shoujie::load {
namespace {

constexpr int kResourceExhausted = 8;
constexpr size_t kStripes = 16;
constexpr double kBehindMax = 0.01;
constexpr int64_t kOverloadStep = 1'000'000, kOverloadLate = 50'000'000;  // ns

int64_t Now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

void SleepUntil(int64_t ns) {
  const timespec t = {ns / 1'000'000'000, ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) != 0) {
  }
}

// Answers of all threads, in stripes so that they don't wait for each other; and how many calls are out.
class Collector {
 public:
  Collector() {
    for (auto& stripe : stripes_) stripe = std::make_unique<Stripe>();
  }
  void Add(size_t which, Kind kind, int code, int64_t ns) {
    Stripe& stripe = *stripes_[which % kStripes];
    absl::MutexLock lock(&stripe.mutex);
    KindResult& result = stripe.kinds[kind];
    if (code == 0) {
      ++result.ok;
      result.latency.Record(ns);
    } else {
      ++result.failed[code];
      if (code == kResourceExhausted) result.refused_latency.Record(ns);
    }
  }
  void Started() { out_.fetch_add(1, std::memory_order_relaxed); }
  void Ended() {
    if (out_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    absl::MutexLock lock(&mutex_);
    idle_.Signal();
  }
  int out() const { return out_.load(std::memory_order_relaxed); }
  void AwaitIdle() {
    absl::MutexLock lock(&mutex_);
    while (out_.load(std::memory_order_acquire) > 0) idle_.WaitWithTimeout(&mutex_, absl::Milliseconds(20));
  }
  void Take(LoadResult* result) {
    LoadResult part;
    for (auto& stripe : stripes_) {
      absl::MutexLock lock(&stripe->mutex);
      part.kinds = stripe->kinds;
      result->Merge(part);
    }
  }

 private:
  struct Stripe {
    absl::Mutex mutex;
    std::array<KindResult, kKinds> kinds ABSL_GUARDED_BY(mutex);
  };
  std::array<std::unique_ptr<Stripe>, kStripes> stripes_;
  std::atomic<int> out_{0};
  absl::Mutex mutex_;
  absl::CondVar idle_;
};

// One of the calls that a closed loop keeps in flight.
struct Slot {
  const Workload* workload;
  Caller* caller;
  Collector* collector;
  size_t number;
  Random random;
  int64_t from, to;  // the window
  int batch;

  void Next() {
    const int64_t start = Now();
    if (start >= to) return collector->Ended();
    if (batch > 0) return NextBatch(start);
    MadeCall call = workload->Make(random);
    caller->Call(kMethods[call.kind], call.bytes, [this, start, kind = call.kind](int code) {
      const int64_t end = Now();
      if (end >= from && end < to) collector->Add(number, kind, code, end - start);
      Next();
    });
  }

  void NextBatch(int64_t start) {
    common::v1::ExecuteBatchRequest request;
    std::vector<Kind> kinds;
    for (int i = 0; i < batch; ++i) {
      MadeCall call = workload->Make(random);
      kinds.push_back(call.kind);
      auto* command = request.add_commands();
      command->set_method(kMethods[call.kind] + 1);
      command->set_request(std::move(call.bytes));
    }
    caller->CallForAnswer("/shoujie.common.v1.BatchService/ExecuteBatch", request.SerializeAsString(),
                          [this, start, kinds = std::move(kinds)](int code, const std::string& bytes) {
                            const int64_t end = Now();
                            common::v1::ExecuteBatchResponse response;
                            const bool whole = code == 0 && response.ParseFromString(bytes) &&
                                               response.outcomes_size() == static_cast<int>(kinds.size());
                            for (size_t i = 0; i < kinds.size() && end >= from && end < to; ++i) {
                              const int each = whole ? response.outcomes(static_cast<int>(i)).code() : code ? code : -1;
                              collector->Add(number, kinds[i], each, end - start);
                            }
                            Next();
                          });
  }
};

}  // namespace

void LoadResult::Merge(const LoadResult& other) {
  seconds += other.seconds;
  planned += other.planned;
  started += other.started;
  unsent += other.unsent;
  sent_meanwhile += other.sent_meanwhile;
  ok_meanwhile += other.ok_meanwhile;
  behind = behind || other.behind;
  for (int kind = 0; kind < kKinds; ++kind) {
    kinds[kind].ok += other.kinds[kind].ok;
    for (const auto& [code, count] : other.kinds[kind].failed) kinds[kind].failed[code] += count;
    kinds[kind].latency.Merge(other.kinds[kind].latency);
    kinds[kind].refused_latency.Merge(other.kinds[kind].refused_latency);
  }
}

uint64_t LoadResult::ok(bool commands, bool reads) const {
  uint64_t sum = 0;
  for (int kind = 0; kind < kKinds; ++kind) {
    if (IsCommand(kind) ? commands : reads) sum += kinds[kind].ok;
  }
  return sum;
}
uint64_t LoadResult::failed() const {
  uint64_t sum = 0;
  for (const auto& kind : kinds) {
    for (const auto& [code, count] : kind.failed) sum += count;
  }
  return sum;
}
uint64_t LoadResult::failed(int code) const {
  uint64_t sum = 0;
  for (const auto& kind : kinds) {
    auto it = kind.failed.find(code);
    if (it != kind.failed.end()) sum += it->second;
  }
  return sum;
}
std::string LoadResult::failures() const {
  std::map<int, uint64_t> codes;
  for (const auto& kind : kinds) {
    for (const auto& [code, count] : kind.failed) codes[code] += count;
  }
  const auto one = [](std::string* out, const std::pair<const int, uint64_t>& entry) {
    absl::StrAppend(out, absl::StatusCodeToString(static_cast<absl::StatusCode>(entry.first)), " ", entry.second);
  };
  return codes.empty() ? "0" : absl::StrCat(failed(), " (", absl::StrJoin(codes, ", ", one), ")");
}
Histogram LoadResult::latency(bool commands, bool reads) const {
  Histogram merged;
  for (int kind = 0; kind < kKinds; ++kind) {
    if (IsCommand(kind) ? commands : reads) merged.Merge(kinds[kind].latency);
  }
  return merged;
}

LoadResult Run(const ClosedLoop& loop, const Workload& workload, Caller& caller, const AtWindow& at_window) {
  Collector collector;
  const int64_t from = Now() + absl::ToInt64Nanoseconds(loop.warm_up);
  const int64_t to = from + absl::ToInt64Nanoseconds(loop.window);
  std::vector<std::unique_ptr<Slot>> slots;
  for (int i = 0; i < loop.in_flight; ++i) {
    const auto n = static_cast<uint64_t>(i);
    slots.push_back(std::make_unique<Slot>(
        Slot{&workload, &caller, &collector, n, Random(loop.seed * 1'000'003 + n * 7'919), from, to, loop.batch}));
    collector.Started();
  }
  for (auto& slot : slots) slot->Next();
  SleepUntil(from);
  if (at_window) at_window();
  SleepUntil(to);
  if (at_window) at_window();
  collector.AwaitIdle();
  LoadResult result;
  collector.Take(&result);
  result.seconds = absl::ToDoubleSeconds(loop.window);
  return result;
}

LoadResult Run(const OpenLoop& loop, const Workload& workload, Caller& caller, const AtWindow& at_window) {
  prctl(PR_SET_TIMERSLACK, 1);
  Collector collector;
  LoadResult result;
  std::atomic<uint64_t> ok_meanwhile{0};
  Random random(loop.seed);
  const int64_t begin = Now() + 1'000'000;
  const int64_t from = begin + absl::ToInt64Nanoseconds(loop.warm_up);
  const int64_t to = from + absl::ToInt64Nanoseconds(loop.window);
  double next = static_cast<double>(begin);
  bool in_window = false;
  for (uint64_t n = 0;; ++n) {
    next += random.Gap() * 1e9 / loop.rate;
    const auto intended = static_cast<int64_t>(next);
    if (intended >= to) break;
    const bool counts = intended >= from;
    int64_t now = Now();
    if (intended > now) {
      SleepUntil(loop.overload ? intended + kOverloadStep : intended);
      now = Now();
    }
    if (now >= from && !in_window) {
      in_window = true;
      if (at_window) at_window();
    }
    if (counts) {
      ++result.planned;
      if (now < to) ++result.started;
    }
    // Far behind: what is left cannot be made up for, and would only lengthen the run.
    if (now > to + (loop.overload ? 0 : (to - from) / 4)) break;
    const bool late = loop.overload && now - intended > kOverloadLate;
    if (late || collector.out() >= loop.in_flight_max) {
      if (counts) ++result.unsent;
      continue;
    }
    const MadeCall call = workload.Make(random);
    const int64_t start = loop.overload ? Now() : intended;
    if (now >= from && now < to) ++result.sent_meanwhile;
    collector.Started();
    caller.Call(kMethods[call.kind], call.bytes, [&, n, start, counts, kind = call.kind](int code) {
      const int64_t end = Now();
      if (counts) collector.Add(n, kind, code, end - start);
      if (code == 0 && end >= from && end < to) ok_meanwhile.fetch_add(1, std::memory_order_relaxed);
      collector.Ended();
    });
  }
  SleepUntil(to);
  if (!in_window && at_window) at_window();
  if (at_window) at_window();
  collector.AwaitIdle();
  collector.Take(&result);
  result.ok_meanwhile = ok_meanwhile;
  result.seconds = absl::ToDoubleSeconds(loop.window);
  // What was planned is known beforehand, also where the generator gave up.
  const double planned = std::max(static_cast<double>(result.planned), loop.rate * result.seconds * 0.97);
  result.behind = static_cast<double>(result.started) - static_cast<double>(result.unsent) < (1 - kBehindMax) * planned;
  return result;
}

}  // namespace shoujie::load
