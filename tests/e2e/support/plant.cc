#include "tests/e2e/support/plant.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "services/runtime/journal/crc32c.h"
#include "services/runtime/journal/shard_prefix.h"
#include "services/runtime/shard/rows.h"

namespace shoujie::e2e {
namespace {

// The format that services/runtime/journal/embedded.h describes.
std::string Key(const JournalId& id, uint64_t position) {
  std::string key = ShardPrefix(id);
  rocks::AppendBigEndian64(&key, position);
  return key;
}
std::string Value(const std::string& key, const Kept& kept) {
  std::string value;
  rocks::AppendBigEndian64(&value, static_cast<uint64_t>(absl::ToUnixMillis(kept.append_time)));
  rocks::AppendBigEndian32(&value, Crc32c(kept.bytes, Crc32c(value, Crc32c(key))));
  return value + kept.bytes;
}

}  // namespace

std::unique_ptr<rocks::Database> OpenDatabase(const std::string& path) {
  auto database = rocks::Database::Open(path, {.name = "planted"});
  if (database.ok()) return *std::move(database);
  std::fprintf(stderr, "%s\n", database.status().ToString().c_str());
  std::abort();
}

journal::v1::Record Kept::record() const {
  journal::v1::Record record;
  if (!record.ParseFromString(bytes)) std::abort();
  return record;
}
void Kept::Set(const journal::v1::Record& record) { bytes = record.SerializeAsString(); }

PlantedJournal::PlantedJournal(const std::string& data, JournalId id)
    : database_(OpenDatabase(data + "/journal")), id_(std::move(id)) {
  for (const auto rows = database_->Scan(Key(id_, 0), Key(id_, UINT64_MAX)); rows->Valid(); rows->Next()) {
    records.push_back({absl::FromUnixMillis(static_cast<int64_t>(rocks::ReadBigEndian64(rows->value()))),
                       std::string(rows->value().substr(12))});
    if (Value(std::string(rows->key()), records.back()) != rows->value()) std::abort();  // the format has changed
  }
  before_ = records.size();
}

size_t PlantedJournal::Find(const std::string& stream, uint64_t version) const {
  for (size_t i = 0; i < records.size(); ++i) {
    const auto record = records[i].record();
    if (record.commit().stream_id() == stream && record.commit().stream_version() == version) return i;
  }
  return records.size();
}

void PlantedJournal::Rechain(size_t from) {
  uint64_t revision = 0;
  std::map<std::string, std::pair<uint64_t, std::string>> streams;  // version and hash
  for (size_t i = 0; i < records.size(); ++i) {
    auto record = records[i].record();
    if (i >= from && record.has_claim()) record.mutable_claim()->set_last(revision);
    if (record.has_commit()) {
      auto& commit = *record.mutable_commit();
      auto& [version, hash] = streams[commit.stream_id()];
      ++revision;
      ++version;
      if (i >= from) {
        commit.set_revision(revision);
        commit.set_stable(std::min(commit.stable(), revision - 1));
        if (!commit.stream_id().empty()) {
          commit.set_stream_version(version);
          commit.set_prev_hash(hash);
        }
      }
    }
    if (i >= from) records[i].Set(record);
    if (record.has_commit()) streams[record.commit().stream_id()].second = rows::Sha256(records[i].bytes);
  }
}

void PlantedJournal::Write() {
  rocks::Batch batch;
  for (size_t i = 0; i < std::max(before_, records.size()); ++i) {
    const std::string key = Key(id_, i);
    i < records.size() ? batch.Put(key, Value(key, records[i])) : batch.Delete(key);
  }
  database_->Write(std::move(batch), /*synced=*/true);
  before_ = records.size();
}

void PlantedJournal::Punch(size_t position) {
  rocks::Batch batch;
  batch.Delete(Key(id_, position));
  database_->Write(std::move(batch), /*synced=*/true);
}

void PlantRow(const std::string& data, const JournalId& id, const std::string& key,
              const std::function<std::optional<std::string>(std::optional<std::string>)>& change) {
  const auto database = OpenDatabase(data + "/store");
  const std::string full = ShardPrefix(id) + key;
  auto before = database->Get(full);
  if (!before.ok()) std::abort();
  const auto after = change(*before);
  rocks::Batch batch;
  after ? batch.Put(full, *after) : batch.Delete(full);
  database->Write(std::move(batch), /*synced=*/true);
}

}  // namespace shoujie::e2e
