#include "services/runtime/data_directory/kafka_data.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rocks/database.h"

namespace shoujie {
namespace {

const JournalId kKeysCopy = {"keys", 0};

}  // namespace

KafkaData::KafkaData(Options options, const Clock* clock)
    : options_(std::move(options)), disk_(options_.path, limits::kDiskFreeBytesMin, clock) {}

absl::StatusOr<std::unique_ptr<KafkaData>> KafkaData::Open(Options given, const Clock* clock) {
  std::unique_ptr<KafkaData> data(new KafkaData(std::move(given), clock));
  const Options& options = data->options_;
  // First the cluster: which one it is decides whether the directory is ours.
  KafkaJournals::Options journals;
  journals.cluster = options.cluster;
  journals.topics = options.journals;
  journals.topics.push_back(kafka::KeysTopic());
  journals.allow_unsafe_topics = options.allow_unsafe_topics;
  auto opened = KafkaJournals::Open(std::move(journals));
  if (!opened.ok()) return opened.status();
  data->journals_ = *std::move(opened);
  data->home_ = absl::StrCat("kafka ", data->journals_->cluster_id(), " ", options.cluster.prefix);
  auto directory = DataDirectory::Open(options.path, options.scaled_clock, data->home_);
  if (!directory.ok()) return directory.status();
  data->directory_ = *std::move(directory);
  // All at once: each journal that is followed waits for the next fetch, and they wait together.
  for (const kafka::TopicSpec& spec : options.journals) {
    for (uint32_t partition = 0; partition < spec.partitions; ++partition) {
      if (auto journal = data->journals_->Get({spec.service, partition}); !journal.ok()) return journal.status();
    }
  }
  if (absl::Status status = CheckRoom(options.path, clock); !status.ok()) return status;
  auto stores = LocalStores::Open(*data->directory_,
                                  std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes));
  if (!stores.ok()) return stores.status();
  data->stores_ = *std::move(stores);

  KafkaKeys::Options keys;
  keys.cluster = &options.cluster;
  keys.copy = data->stores_->store(kKeysCopy);
  keys.empty_copy = [stores = data->stores_.get()] { return stores->DropStore(kKeysCopy); };
  keys.clock = clock;
  keys.read_only = options.read_only;
  keys.master_key_file =
      options.master_key_file.empty() ? data->directory_->master_key_file() : options.master_key_file;
  auto ring = KafkaKeys::Open(std::move(keys));
  if (!ring.ok()) return ring.status();
  data->keys_ = *std::move(ring);
  return data;
}

absl::Status KafkaData::Checkpoint(const std::string& directory) {
  return MakeCheckpoint(directory, options_.scaled_clock, home_, [&] { return stores_->Checkpoint(directory); });
}

}  // namespace shoujie
