#include "loadtest/floors/rows.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/all_in_one/modules.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/journal/shard_prefix.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie::load {
namespace {

struct Timed {
  absl::Time at;
  WrittenCommand command;
};

absl::Status ReadShard(EmbeddedData& data, const ServiceModule& module, uint32_t partition, std::vector<Timed>* out) {
  const JournalId id{module.domain.name, partition};
  const std::string prefix = ShardPrefix(id);
  auto journal = data.journal(id);
  if (!journal.ok()) return journal.status();
  MemoryStore rebuilt;
  Projector projector(&module.domain, id, &rebuilt, &data.keys());
  rows::Place place;
  Fold fold;
  std::vector<StoredRecord> records;
  do {
    records.clear();
    if (auto status = (*journal)->Read(fold.position, limits::kReadRecordsMax, &records); !status.ok()) return status;
    for (const StoredRecord& stored : records) {
      journal::v1::Record record;
      if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("record");
      Verdict verdict;
      if (auto status = fold.Step(stored.position, record, &verdict); !status.ok()) return status;
      if (verdict != Verdict::kApplied) continue;
      auto rows = projector.Apply(record.commit(), stored.bytes);
      if (!rows.ok()) return rows.status();
      for (Row& row : projector.PlaceRows(record.commit(), rows::Sha256(stored.bytes), stored.position, &place)) {
        rows->push_back(std::move(row));
      }
      if (record.commit().command_id().size() == 16 && !record.commit().has_cause()) {
        Timed timed{stored.append_time, {}};
        timed.command.record_key = prefix;
        rocks::AppendBigEndian64(&timed.command.record_key, stored.position);
        timed.command.record_value = absl::StrCat(std::string(12, '\0'), stored.bytes);  // time and checksum
        for (const Row& row : *rows) {
          if (row.value) timed.command.rows.emplace_back(absl::StrCat(prefix, row.key), *row.value);
        }
        out->push_back(std::move(timed));
      }
      rebuilt.Write(*std::move(rows), [] {});
    }
  } while (!records.empty());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Written> ReadWritten(const std::string& path, const std::string& master_key_file, size_t commands_max) {
  const std::unique_ptr<Clock> clock = MakeSystemClock();
  auto data = EmbeddedData::Open(path, clock.get(), false, master_key_file);
  if (!data.ok()) return data.status();
  std::vector<Timed> all;
  for (const ServiceModule& module : AllModules()) {
    if (module.domain.name != "router" && module.domain.name != "interaction") continue;
    for (uint32_t p = 0; p < limits::kPartitions; ++p) {
      if (auto status = ReadShard(**data, module, p, &all); !status.ok()) return status;
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Timed& a, const Timed& b) { return a.at < b.at; });
  if (all.size() > commands_max) all.erase(all.begin(), all.end() - static_cast<int64_t>(commands_max));
  Written written;
  for (Timed& timed : all) {
    written.records.push_back(timed.command.record_value);
    written.commands.push_back(std::move(timed.command));
  }
  return written;
}

}  // namespace shoujie::load
