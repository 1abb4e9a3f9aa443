#include "services/runtime/kafka/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/catch_up.h"
#include "services/runtime/kafka/published.h"
#include "services/runtime/kafka/reader.h"
#include "services/runtime/kafka/reports.h"
#include "services/runtime/kafka/writer.h"

namespace shoujie {

struct KafkaJournals::Machinery {
  explicit Machinery(const kafka::Cluster* cluster) : catch_up(cluster) {}

  std::unique_ptr<kafka::Topics> topics;
  kafka::CatchUp catch_up;
  kafka::ReportThreads threads;
  std::unique_ptr<kafka::Tails> tails;
};

class KafkaJournals::One : public Journal {
 public:
  One(KafkaJournals* all, kafka::Tail* tail) : all_(all), tail_(tail) {}

  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override {
    return kafka::NewWriter(&all_->options_.cluster, &all_->machinery_->threads, tail_->topic(), tail_->partition(),
                            std::move(on_report), [tail = tail_](uint64_t offset) { tail->Landed(offset); });
  }

  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    kafka::Tail::Found found;
    if (absl::Status status = tail_->Read(position, records_max, out, &found); !status.ok()) {
      if (NotNow(status)) tail_->Hungry();
      return status;
    }
    if (found != kafka::Tail::Found::kBehind) return absl::OkStatus();
    const size_t before = out->size();
    absl::Status status =
        all_->machinery_->catch_up.Read(tail_->topic(), tail_->partition(), position, records_max, out);
    if (out->size() == before) tail_->Hungry();
    return status;
  }

  std::shared_ptr<void> Watch(std::function<void()> on_append) override {
    return tail_->watchers().Add(std::move(on_append));
  }
  bool exclusive() const override { return false; }

  uint64_t EndHint() const override { return tail_->end(); }
  uint64_t end() const { return tail_->end(); }

 private:
  KafkaJournals* const all_;
  kafka::Tail* const tail_;
};

KafkaJournals::KafkaJournals(Options options)
    : options_(std::move(options)), machinery_(std::make_unique<Machinery>(&options_.cluster)) {}

KafkaJournals::~KafkaJournals() = default;

absl::StatusOr<std::unique_ptr<KafkaJournals>> KafkaJournals::Open(Options options) {
  std::unique_ptr<KafkaJournals> journals(new KafkaJournals(std::move(options)));
  const Options& with = journals->options_;
  auto topics = kafka::Topics::Connect(with.cluster, with.connect_timeout);
  if (!topics.ok()) return topics.status();
  auto findings = (*topics)->Check(with.topics);
  if (!findings.ok()) return findings.status();
  if (absl::Status status = kafka::RefusalOf(*findings, with.allow_unsafe_topics); !status.ok()) return status;
  journals->weak_ = *std::move(findings);
  journals->cluster_id_ = (*topics)->cluster_id();
  journals->machinery_->topics = *std::move(topics);
  auto tails = kafka::Tails::Start(&with.cluster, [m = journals->machinery_.get()] { m->catch_up.StopIdle(); });
  if (!tails.ok()) return tails.status();
  journals->machinery_->tails = *std::move(tails);
  return journals;
}

absl::StatusOr<KafkaJournals::One*> KafkaJournals::Find(const JournalId& id) {
  absl::MutexLock lock(&mutex_);
  if (const auto it = journals_.find(id); it != journals_.end()) return it->second.get();
  const bool known = std::any_of(options_.topics.begin(), options_.topics.end(), [&id](const auto& spec) {
    return spec.service == id.service && id.partition < spec.partitions;
  });
  if (!known) {
    return NotFound("JOURNAL_UNKNOWN", absl::StrCat("There is no journal ", id.service, "/", id.partition, " here."),
                    absl::StrCat("没有日志 ", id.service, "/", id.partition, "。"));
  }
  const std::string topic = kafka::JournalTopic(options_.cluster, id.service);
  auto ends = machinery_->topics->EndsOf(topic, id.partition);
  if (!ends.ok()) return ends.status();
  if (ends->first != 0) return kafka::JournalOutOfRange(topic, id.partition, 0);
  auto tail = machinery_->tails->Follow(topic, id.partition, ends->end);
  if (!tail.ok()) return tail.status();
  auto& journal = journals_[id];
  journal = std::make_unique<One>(this, *tail);
  return journal.get();
}

absl::StatusOr<Journal*> KafkaJournals::Get(const JournalId& id) {
  auto found = Find(id);
  if (!found.ok()) return found.status();
  return static_cast<Journal*>(*found);
}

absl::StatusOr<uint64_t> KafkaJournals::End(const JournalId& id) {
  auto found = Find(id);
  if (!found.ok()) return found.status();
  return (*found)->end();
}

std::unique_ptr<PublishedLog> KafkaJournals::Published(const std::string& feed, uint32_t partitions) {
  return kafka::NewPublishedLog(&options_.cluster, &machinery_->threads, machinery_->topics.get(),
                                kafka::PublishedTopic(feed, partitions), options_.allow_unsafe_topics);
}

}  // namespace shoujie
