// P7: bytes on disk, of journals against the same records compressed by zstd, and of stores against the latest states.
#include <zstd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "loadtest/measure/bench.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/shard/rows.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie::load {
namespace {

constexpr int kLevel = 3;
constexpr size_t kStoredHeader = 12;  // append time and checksum, see runtime/journal/embedded.h

// Compresses a stream and counts what comes out.
class ZstdCounter {
 public:
  ZstdCounter() : context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize(), '\0') {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
  }
  ~ZstdCounter() { ZSTD_freeCCtx(context_); }
  void Add(absl::string_view bytes) { Run(bytes, ZSTD_e_continue); }
  double Finish() {
    Run("", ZSTD_e_end);
    return total_;
  }

 private:
  void Run(absl::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t left;
    do {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(context_, &out, &in, directive);
      total_ += static_cast<double>(out.pos);
    } while (directive == ZSTD_e_end ? left > 0 : in.pos < in.size);
  }

  ZSTD_CCtx* const context_;
  std::string out_;
  double total_ = 0;
};

double TableBytes(const std::string& directory) {
  double sum = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() == ".sst") sum += static_cast<double>(file.file_size());
  }
  return sum;
}

absl::StatusOr<std::unique_ptr<rocks::Database>> OpenAs(const std::string& path) {
  rocks::Options options;
  options.name = "measured";
  options.tail = rocks::Tail::kDerived;
  return rocks::Database::Open(path, options);
}

// Everything compacted, as it comes to rest.
absl::StatusOr<double> AtRest(std::unique_ptr<rocks::Database> database, const std::string& path) {
  database->Scrub("", std::string(4, '\xff'));
  database.reset();
  return TableBytes(path);
}

struct JournalSize {
  double records = 0, events = 0, raw = 0, zstd = 0, disk = 0;
};

absl::StatusOr<JournalSize> SizeOfJournals(const std::string& path) {
  auto database = OpenAs(path);
  if (!database.ok()) return database.status();
  JournalSize size;
  ZstdCounter zstd;
  {  // an iterator must end before its database
    const auto scan = (*database)->Scan("", "");
    for (; scan->Valid(); scan->Next()) {
      journal::v1::Record record;
      const absl::string_view bytes = scan->value().substr(kStoredHeader);
      if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::DataLossError("record");
      size.records += 1;
      size.events += record.commit().events_size();
      size.raw += static_cast<double>(bytes.size());
      zstd.Add(bytes);
    }
    if (auto status = scan->status(); !status.ok()) return status;
  }
  size.zstd = zstd.Finish();
  auto disk = AtRest(*std::move(database), path);
  if (!disk.ok()) return disk.status();
  size.disk = *disk;
  return size;
}

// Rows of router as plain bytes, by the letter that begins their key; "lists" for the read model's.
struct StoreSize {
  double tickets = 0, states = 0, disk = 0, disk_without_ids = 0;
  std::map<std::string, double> raw;
};

absl::Status CopyRows(const rocks::Database& from, const std::string& service, const std::function<bool(char)>& wanted,
                      rocks::Database* to, StoreSize* size) {
  const std::string prefix = service + '\0';
  const auto scan = from.Scan(prefix, service + '\1');
  for (; scan->Valid(); scan->Next()) {
    const absl::string_view key = scan->key().substr(service.size() + kShardPrefixTail);
    if (!wanted(key[0])) continue;
    rocks::Batch batch;
    batch.Put(scan->key(), scan->value());
    to->Write(std::move(batch), /*synced=*/false);
    if (size == nullptr) continue;
    const bool lists = absl::EndsWith(service, ".lists");
    size->raw[lists ? "lists" : std::string(1, key[0])] +=
        static_cast<double>(scan->key().size() + scan->value().size());
    if (lists || key[0] != 'S') continue;
    if (auto state = rows::StateValue::Decode(scan->value())) {
      size->tickets += 1;
      size->states += static_cast<double>(state->state.size());
    }
  }
  return scan->status();
}

absl::StatusOr<StoreSize> SizeOfStores(const Bench& bench, const std::string& checkpoint) {
  StoreSize size;
  for (const bool with_ids : {true, false}) {
    const std::string path = bench.Path(with_ids ? "p7-all" : "p7-without-ids");
    auto copy = OpenAs(path);
    if (!copy.ok()) return copy.status();
    for (const auto& [database, service] :
         {std::pair<const char*, const char*>("store", "router"), {"lists", "router.lists"}}) {
      auto from = OpenAs(checkpoint + "/" + database);
      if (!from.ok()) return from.status();
      const auto wanted = [&](char letter) { return with_ids || letter != 'D' || service[6] != '\0'; };
      if (auto status = CopyRows(**from, service, wanted, copy->get(), with_ids ? &size : nullptr); !status.ok()) {
        return status;
      }
    }
    auto disk = AtRest(*std::move(copy), path);
    if (!disk.ok()) return disk.status();
    (with_ids ? size.disk : size.disk_without_ids) = *disk;
    std::filesystem::remove_all(path);
  }
  return size;
}

Figure Line(const char* id, const char* what, double floor, double value, double target) {
  Figure figure;
  figure.id = id;
  figure.what = what;
  figure.floor = absl::StrFormat("%.0f B", floor);
  figure.value = absl::StrFormat("%.0f B", value);
  figure.ratios.Add(value, floor);
  figure.at_most = true;
  figure.target = target;
  return figure;
}

}  // namespace

absl::Status MeasureP7(Bench& bench, std::vector<Figure>* out) {
  if (auto status = bench.Prepare(); !status.ok()) return status;
  if (auto written = bench.written(); !written.ok()) return written.status();  // there are commands to be measured
  auto checkpoint = bench.Checkpoint("p7");
  if (!checkpoint.ok()) return checkpoint.status();
  auto journal = SizeOfJournals(*checkpoint + "/journal");
  if (!journal.ok()) return journal.status();
  auto store = SizeOfStores(bench, *checkpoint);
  if (!store.ok()) return store.status();
  std::filesystem::remove_all(*checkpoint);

  Figure bytes = Line("P7 journal", "journal bytes per event at rest, against zstd of the records",
                      journal->zstd / journal->events, journal->disk / journal->events, 1.25);
  bytes.configuration = absl::StrFormat(
      "%s events in %s records of all services, %.0f B a record as written, zstd level %d over all as "
      "one stream, tables fully compacted, write-ahead log not counted",
      Short(journal->events), Short(journal->records), journal->raw / journal->records, kLevel);
  out->push_back(std::move(bytes));
  Figure all = Line("P7 store", "store and list bytes per ticket at rest, against its latest state",
                    store->states / store->tickets, store->disk / store->tickets, 2);
  all.configuration =
      absl::StrFormat("%s tickets; plain bytes a ticket by kind of row (runtime/shard/rows.h):", Short(store->tickets));
  for (const auto& [letter, raw] : store->raw) {
    absl::StrAppend(&all.configuration, absl::StrFormat(" %s %.0f", letter, raw / store->tickets));
  }
  out->push_back(std::move(all));
  out->push_back(Line("P7 store-D", "the same without command ids, which go after 7 days",
                      store->states / store->tickets, store->disk_without_ids / store->tickets, 2));
  return absl::OkStatus();
}

}  // namespace shoujie::load
