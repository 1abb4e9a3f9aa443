#include "tests/kafka/late_records.h"

#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/whole_journal.h"
#include "services/runtime/shard/rows.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie::kafka {
namespace {

constexpr size_t kReadAtOnce = 1000;

absl::Status ReadOne(Journal& journal, const JournalId& id, Logs* logs) {
  Fold fold;
  std::vector<StoredRecord> records;
  while (true) {
    records.clear();
    if (absl::Status status = journal.Read(fold.position, kReadAtOnce, &records); !status.ok()) return status;
    if (records.empty()) return absl::OkStatus();
    for (const StoredRecord& stored : records) {
      journal::v1::Record record;
      Verdict verdict = Verdict::kIgnored;
      absl::Status judged = record.ParseFromString(stored.bytes) && (record.has_claim() || record.has_commit())
                                ? fold.Step(stored.position, record, &verdict)
                                : absl::DataLossError("no record of ours");
      if (!judged.ok()) {
        logs->broken.push_back(
            absl::StrCat(id.service, "/", id.partition, " at ", stored.position, ": ", judged.ToString()));
        return absl::OkStatus();
      }
      ++logs->records;
      if (record.has_claim()) {
        ++(verdict == Verdict::kClaimed ? logs->claims : logs->claims_overtaken);
      } else if (verdict != Verdict::kApplied) {
        logs->late.push_back({id, stored.position, rows::Sha256(stored.bytes)});
      }
    }
  }
}

}  // namespace

absl::StatusOr<Logs> ReadLogs(const std::string& bootstrap, const std::string& prefix) {
  KafkaJournals::Options options;
  options.cluster.bootstrap = bootstrap;
  options.cluster.prefix = prefix;
  options.topics = {{"directory", 1},
                    {"interaction", limits::kPartitions},
                    {"profile", limits::kPartitions},
                    {"router", limits::kPartitions}};
  options.allow_unsafe_topics = true;  // nothing is written
  auto journals = KafkaJournals::Open(options);
  if (!journals.ok()) return journals.status();
  Logs logs;
  for (const TopicSpec& topic : options.topics) {
    for (uint32_t p = 0; p < topic.partitions; ++p) {
      const JournalId id{topic.service, p};
      auto end = (*journals)->End(id);
      if (!end.ok()) return end.status();
      auto journal = (*journals)->Get(id);
      if (!journal.ok()) return journal.status();
      WholeJournal whole(*journal, *end);
      if (absl::Status status = ReadOne(whole, id, &logs); !status.ok()) return status;
    }
  }
  return logs;
}

}  // namespace shoujie::kafka
