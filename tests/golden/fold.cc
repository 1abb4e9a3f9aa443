#include "tests/golden/fold.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/runtime/base/limits.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/security/seal.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie::golden {
namespace {

std::string KindOf(const std::string& service, const google::protobuf::Message& event) {
  const auto* set = event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->oneof_decl(0));
  return absl::StrCat(service, ".", set == nullptr ? "?" : set->name());
}

absl::StatusOr<std::string> LineOf(const ServiceModule& module, absl::string_view stream, absl::string_view row,
                                   KeyRing& keys) {
  const auto type = std::find_if(module.domain.streams.begin(), module.domain.streams.end(),
                                 [&](const auto& t) { return t->collection() == stream.substr(0, stream.find('/')); });
  if (type == module.domain.streams.end()) return absl::DataLossError(absl::StrCat("kind of ", stream));
  const auto value = rows::StateValue::Decode(row);
  auto state = (*type)->NewState();
  if (!value || !state->ParseFromString(value->state)) return absl::DataLossError(absl::StrCat("state of ", stream));
  if (absl::Status opened = OpenMessage(state.get(), keys); !opened.ok()) return opened;
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (auto status = google::protobuf::util::MessageToJsonString(*state, &json, options); !status.ok()) {
    return absl::InternalError(std::string(status.message()));
  }
  nlohmann::ordered_json line;
  line["service"] = module.domain.name;
  line["stream"] = std::string(stream);
  line["version"] = value->version;
  line["state"] = nlohmann::ordered_json::parse(json);
  return line.dump();
}

absl::Status AddLines(const ServiceModule& module, const StoreReader& store, KeyRing& keys,
                      std::vector<std::string>* out) {
  absl::Status status;
  const std::string prefix = rows::StateKey("");
  absl::Status scanned =
      store.Scan(prefix, rows::PrefixEnd(prefix), [&](absl::string_view key, absl::string_view value) {
        auto line = LineOf(module, key.substr(prefix.size()), value, keys);
        if (line.ok()) out->push_back(*std::move(line));
        status = line.status();
        return status.ok();
      });
  return scanned.ok() ? status : scanned;
}

absl::Status FoldShard(EmbeddedData& data, const ServiceModule& module, uint32_t partition, Folded* out) {
  const JournalId id{module.domain.name, partition};
  auto journal = data.journal(id);
  if (!journal.ok()) return journal.status();
  MemoryStore store;
  Projector projector(&module.domain, id, &store, &data.keys());
  rows::Place place;
  shoujie::Fold fold;
  const std::unique_ptr<google::protobuf::Message> event(module.domain.event->New());
  for (std::vector<StoredRecord> records;; records.clear()) {
    if (absl::Status read = (*journal)->Read(fold.position, limits::kReadRecordsMax, &records); !read.ok()) return read;
    if (records.empty()) break;
    for (const StoredRecord& stored : records) {
      ++out->records;
      journal::v1::Record record;
      if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("a record cannot be parsed");
      Verdict verdict;
      if (absl::Status judged = fold.Step(stored.position, record, &verdict); !judged.ok()) return judged;
      if (verdict != Verdict::kApplied) continue;
      const auto& commit = record.commit();
      auto rows = projector.Apply(commit, stored.bytes);
      if (!rows.ok()) return rows.status();
      for (Row& row : projector.PlaceRows(commit, rows::Sha256(stored.bytes), stored.position, &place)) {
        rows->push_back(std::move(row));
      }
      store.Write(*std::move(rows), [] {});
      for (int n = 0; n < commit.events_size(); ++n) {
        if (absl::Status read = ReadEvent(module.domain, commit, n, event.get()); !read.ok()) return read;
        ++out->events[KindOf(module.domain.name, *event)];
      }
    }
  }
  return AddLines(module, store, data.keys(), &out->states);
}

}  // namespace

absl::StatusOr<Folded> Fold(EmbeddedData& data, const std::vector<ServiceModule>& modules) {
  Folded out;
  for (const ServiceModule& module : modules) {
    for (uint32_t p = 0; p < (module.domain.slotted ? limits::kPartitions : 1); ++p) {
      if (absl::Status status = FoldShard(data, module, p, &out); !status.ok()) return status;
    }
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> StatesInStores(EmbeddedData& data, const std::vector<ServiceModule>& modules) {
  std::vector<std::string> states;
  for (const ServiceModule& module : modules) {
    for (uint32_t p = 0; p < (module.domain.slotted ? limits::kPartitions : 1); ++p) {
      const absl::Status added = AddLines(module, *data.store({module.domain.name, p}), data.keys(), &states);
      if (!added.ok()) return added;
    }
  }
  return states;
}

std::vector<std::string> KindsOf(const std::vector<ServiceModule>& modules) {
  std::vector<std::string> kinds;
  for (const ServiceModule& module : modules) {
    const auto* oneof = module.domain.event->GetDescriptor()->oneof_decl(0);
    for (int i = 0; i < oneof->field_count(); ++i) {
      kinds.push_back(absl::StrCat(module.domain.name, ".", oneof->field(i)->name()));
    }
  }
  return kinds;
}

}  // namespace shoujie::golden
