#include "services/runtime/ops/metrics.h"

#include <array>
#include <atomic>
#include <exception>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/exposer.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace shoujie::ops {
namespace {

constexpr size_t kCodes = 17;  // of gRPC
const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                          0.2,   0.5,   1,     2,    5,    10,   30};

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

// Asks the backend at each scrape: nothing has to be kept in step.
class ShardNumbers : public prometheus::Collectable {
 public:
  explicit ShardNumbers(const Backend& backend) : backend_(backend) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const auto shards = backend_.Shards();
    using Info = Backend::ShardInfo;
    const auto family = [&](const char* name, const char* help, prometheus::MetricType type, auto value,
                            bool published_only = false) {
      prometheus::MetricFamily out{name, help, type, {}};
      for (const auto& shard : shards) {
        if (published_only && !shard.published) continue;
        prometheus::ClientMetric metric;
        metric.label = {{"service", shard.service}, {"partition", absl::StrCat(shard.partition)}};
        if (type == prometheus::MetricType::Counter) {
          metric.counter.value = value(shard);
        } else {
          metric.gauge.value = value(shard);
        }
        out.metric.push_back(std::move(metric));
      }
      return out;
    };
    using prometheus::MetricType;
    return {
        family("shoujie_shard_revision", "Last record that counts.", MetricType::Gauge,
               [](const Info& s) { return static_cast<double>(s.revision); }),
        family("shoujie_shard_stored_revision", "Last record in the store.", MetricType::Gauge,
               [](const Info& s) { return static_cast<double>(s.stored_revision); }),
        family("shoujie_shard_adopted_version", "Directory version in force.", MetricType::Gauge,
               [](const Info& s) { return static_cast<double>(s.adopted_version); }),
        family("shoujie_shard_ignored_records_total", "Records that the reader rule ignored.", MetricType::Counter,
               [](const Info& s) { return static_cast<double>(s.ignored_records); }),
        family("shoujie_shard_behind_records", "Records of the journal that are not in the store here yet.",
               MetricType::Gauge, [](const Info& s) { return static_cast<double>(s.behind); }),
        family("shoujie_shard_replaced_total", "Times that another node's claim ended this one's.", MetricType::Counter,
               [](const Info& s) { return static_cast<double>(s.replaced); }),
        family("shoujie_shard_backs_off", "1 if it was replaced twice within a minute; look who claims.",
               MetricType::Gauge, [](const Info& s) { return s.backs_off ? 1.0 : 0.0; }),
        family("shoujie_shard_serving", "1 if the shard takes commands.", MetricType::Gauge,
               [](const Info& s) { return s.halted.empty() && s.phase == "serving" ? 1.0 : 0.0; }),
        family("shoujie_shard_halted", "1 if the shard has halted and needs an operator.", MetricType::Gauge,
               [](const Info& s) { return s.halted.empty() ? 0.0 : 1.0; }),
        family(
            "shoujie_published_running",
            "1 if events go to the topic; 0: the feature is not enabled, or the topic is not to be had.",
            MetricType::Gauge, [](const Info& s) { return s.published->running ? 1.0 : 0.0; }, /*published_only=*/true),
        family(
            "shoujie_published_lag_records", "Records of the owner's journal whose events may not be in the topic yet.",
            MetricType::Gauge, [](const Info& s) { return static_cast<double>(s.published->lag_records); },
            /*published_only=*/true),
    };
  }

 private:
  const Backend& backend_;
};

}  // namespace

struct Metrics::Impl {
  struct OfMethod {
    std::array<std::atomic<prometheus::Counter*>, kCodes> calls{};
    prometheus::Histogram* seconds = nullptr;
  };

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter().Name("shoujie_rpc_calls_total").Help("Answered calls.").Register(*registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("shoujie_rpc_seconds")
                                                           .Help("From the arrival of a call to its answer.")
                                                           .Register(*registry);
  absl::Mutex mutex;
  absl::node_hash_map<std::string, OfMethod> methods
      ABSL_GUARDED_BY(mutex);  // never erased: entries stay where they are
  std::shared_ptr<ShardNumbers> shards;
  std::unique_ptr<prometheus::Exposer> exposer;

  OfMethod& Of(absl::string_view method) {
    {
      absl::ReaderMutexLock lock(&mutex);
      if (auto it = methods.find(method); it != methods.end()) return it->second;
    }
    absl::MutexLock lock(&mutex);
    auto& entry = methods[std::string(method)];
    if (entry.seconds == nullptr) entry.seconds = &seconds.Add({{"method", std::string(method)}}, kSeconds);
    return entry;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::Observe(const rpc::CallRecord& call) {
  auto& method = impl_->Of(call.method);
  const auto code = static_cast<size_t>(call.code) < kCodes ? static_cast<size_t>(call.code) : 2;
  auto* counter = method.calls[code].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Twice is harmless: the family answers the same counter for the same labels.
    counter = &impl_->calls.Add({{"method", std::string(call.method)}, {"code", CodeName(call.code)}});
    method.calls[code].store(counter, std::memory_order_release);
  }
  counter->Increment();
  if (!call.stream) method.seconds->Observe(absl::ToDoubleSeconds(call.took));
}

void Metrics::WatchShards(const Backend& backend) {
  impl_->shards = std::make_shared<ShardNumbers>(backend);
  if (impl_->exposer != nullptr) impl_->exposer->RegisterCollectable(impl_->shards);
}

absl::Status Metrics::Expose(const std::string& listen) {
  try {  // the library tells a port in use by an exception
    impl_->exposer = std::make_unique<prometheus::Exposer>(listen, 1);
  } catch (const std::exception&) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve metrics on ", listen, ": is the address right, and free?"));
  }
  impl_->exposer->RegisterCollectable(impl_->registry);
  if (impl_->shards != nullptr) impl_->exposer->RegisterCollectable(impl_->shards);
  return absl::OkStatus();
}

std::string Metrics::Text() const {
  auto families = impl_->registry->Collect();
  if (impl_->shards != nullptr) {
    for (auto& family : impl_->shards->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace shoujie::ops
