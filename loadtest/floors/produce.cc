#include "loadtest/floors/produce.h"

#include <librdkafka/rdkafka.h>
#include <time.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "loadtest/floors/clock.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie::load {
namespace {

constexpr char kPrefix[] = "floor";
constexpr char kService[] = "b4";

kafka::Cluster ClusterAt(const std::string& bootstrap, const std::string& prefix) {
  kafka::Cluster cluster;
  cluster.bootstrap = bootstrap;
  cluster.prefix = prefix;
  return cluster;
}

}  // namespace

struct ProduceFloor::Impl {
  kafka::Cluster cluster;
  kafka::Context context;
  kafka::Handle producer;
  kafka::TopicHandle topic;
  const std::vector<std::string>* records;
  size_t next = 0;
  int64_t in_flight = 0;  // of this thread: reports come from inside rd_kafka_poll
  uint64_t landed = 0;
  std::string error;

  void Reported(const rd_kafka_message_t* message) {
    --in_flight;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++landed;
    } else if (error.empty()) {
      error = rd_kafka_err2str(message->err);
    }
  }
};

ProduceFloor::ProduceFloor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProduceFloor::~ProduceFloor() {
  rd_kafka_purge(impl_->producer.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

absl::StatusOr<std::unique_ptr<ProduceFloor>> ProduceFloor::Open(const std::string& bootstrap,
                                                                 const std::vector<std::string>* records) {
  auto impl = std::make_unique<Impl>();
  impl->cluster = ClusterAt(bootstrap, kPrefix);
  impl->records = records;
  const std::vector<kafka::TopicSpec> specs = {{kService, limits::kPartitions}};
  auto topics = kafka::Topics::Connect(impl->cluster);
  if (!topics.ok()) return topics.status();
  if (auto made = (*topics)->Create(specs, 1); !made.ok()) return made.status();
  impl->context = {&impl->cluster, impl.get()};
  static constexpr kafka::ProducerCallbacks kCallbacks = {
      [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        static_cast<Impl*>(static_cast<kafka::Context*>(opaque)->owner)->Reported(message);
      },
      [](rd_kafka_t*, int, const char*, void*) {}};
  auto producer = kafka::NewProducer(&impl->context, kCallbacks);
  if (!producer.ok()) return producer.status();
  impl->producer = *std::move(producer);
  impl->topic.reset(
      rd_kafka_topic_new(impl->producer.get(), kafka::TopicName(impl->cluster, specs[0]).c_str(), nullptr));
  return std::unique_ptr<ProduceFloor>(new ProduceFloor(std::move(impl)));
}

absl::StatusOr<FloorResult> ProduceFloor::Run(int in_flight, absl::Duration time) {
  Impl& impl = *impl_;
  FloorResult result;
  impl.landed = 0;
  const double begin = Seconds(CLOCK_MONOTONIC), cpu_begin = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  double now = begin;
  for (const double limit = begin + absl::ToDoubleSeconds(time); now < limit && impl.error.empty();) {
    while (impl.in_flight < in_flight) {
      const std::string& record = (*impl.records)[impl.next % impl.records->size()];
      const auto partition = static_cast<int32_t>(impl.next++ % limits::kPartitions);
      if (rd_kafka_produce(impl.topic.get(), partition, RD_KAFKA_MSG_F_COPY, const_cast<char*>(record.data()),
                           record.size(), nullptr, 0, nullptr) != 0) {
        impl.error = rd_kafka_err2str(rd_kafka_last_error());
        break;
      }
      ++impl.in_flight;
    }
    rd_kafka_poll(impl.producer.get(), 1);
    now = Seconds(CLOCK_MONOTONIC);
  }
  result.seconds = now - begin;
  result.records = impl.landed;
  result.cpu_seconds = Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
  while (impl.in_flight > 0 && Seconds(CLOCK_MONOTONIC) < now + 10) rd_kafka_poll(impl.producer.get(), 10);
  if (!impl.error.empty()) return absl::UnavailableError(absl::StrCat("B4: ", impl.error));
  return result;
}

absl::StatusOr<std::vector<std::string>> ReadProduced(const std::string& bootstrap,
                                                      const std::vector<std::string>& services, size_t records_max) {
  KafkaJournals::Options options;
  options.cluster = ClusterAt(bootstrap, "shoujie");
  options.allow_unsafe_topics = true;
  for (const std::string& service : services) options.topics.push_back({service, limits::kPartitions});
  auto journals = KafkaJournals::Open(std::move(options));
  if (!journals.ok()) return journals.status();
  const size_t each = std::max<size_t>(1, records_max / (services.size() * limits::kPartitions));
  std::vector<std::string> records;
  for (const std::string& service : services) {
    for (uint32_t p = 0; p < limits::kPartitions; ++p) {
      auto journal = (*journals)->Get({service, p});
      if (!journal.ok()) return journal.status();
      auto end = (*journals)->End({service, p});
      if (!end.ok()) return end.status();
      std::vector<StoredRecord> stored;
      const absl::Status read = (*journal)->Read(*end > each ? *end - each : 0, each, &stored);
      if (!read.ok()) return read;
      for (StoredRecord& record : stored) records.push_back(std::move(record.bytes));
    }
  }
  if (records.empty()) return absl::NotFoundError("the journals on the cluster are empty");
  return records;
}

}  // namespace shoujie::load
