#include "loadtest/floors/ingest.h"

#include <time.h>

#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "loadtest/floors/clock.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rocks/sorted_file.h"
#include "services/runtime/store/rocks_side_store.h"

namespace shoujie::load {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<rocks::Resources> MakeResources() {
  return std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);
}

absl::StatusOr<Rows> ReadRows(const std::string& data) {
  rocks::Options options;
  options.name = "store";
  options.tail = rocks::Tail::kDerived;
  options.resources = MakeResources();
  auto database = rocks::Database::Open(data + "/store", options);
  if (!database.ok()) return database.status();
  Rows rows;
  const auto all = (*database)->Scan("", "");
  for (; all->Valid(); all->Next()) {
    // The copy of a cluster's keys is no projection of a journal.
    if (absl::StartsWith(all->key(), absl::string_view("keys\0", 5))) continue;
    rows.emplace_back(std::string(all->key()), std::string(all->value()));
  }
  if (absl::Status status = all->status(); !status.ok()) return status;
  return rows;
}

// rows[from, to) in files of the size that a rebuild makes.
absl::Status WriteFiles(const Rows& rows, size_t from, size_t to, const std::string& name,
                        const std::shared_ptr<rocks::Resources>& resources, std::vector<std::string>* files) {
  std::unique_ptr<rocks::SortedFile> file;
  for (size_t i = from; i < to; ++i) {
    if (file != nullptr && file->bytes() > kSideFileBytesMax) {
      if (absl::Status status = file->Finish(); !status.ok()) return status;
      file.reset();
    }
    if (file == nullptr) {
      auto made = rocks::SortedFile::Create(absl::StrCat(name, "-", files->size(), ".sst"), resources, false);
      if (!made.ok()) return made.status();
      file = *std::move(made);
      files->push_back(file->path());
    }
    file->Put(rows[i].first, rows[i].second);
  }
  return file == nullptr ? absl::OkStatus() : file->Finish();
}

absl::StatusOr<IngestResult> Measure(const Rows& rows, const std::string& scratch, size_t threads) {
  auto resources = MakeResources();
  rocks::Options options;
  options.name = "floor";
  options.tail = rocks::Tail::kDerived;
  options.resources = resources;
  auto database = rocks::Database::Open(scratch + "/db", options);
  if (!database.ok()) return database.status();
  IngestResult result;
  result.rows = rows.size();
  for (const auto& [key, value] : rows) result.bytes += key.size() + value.size();

  const double begin = Seconds(CLOCK_MONOTONIC), cpu_begin = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::vector<std::vector<std::string>> files(threads);
  std::vector<absl::Status> statuses(threads);
  std::vector<std::thread> workers;
  for (size_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      statuses[t] = WriteFiles(rows, rows.size() * t / threads, rows.size() * (t + 1) / threads,
                               absl::StrCat(scratch, "/part-", t), resources, &files[t]);
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::vector<std::string> all;
  for (size_t t = 0; t < threads; ++t) {
    if (!statuses[t].ok()) return statuses[t];
    all.insert(all.end(), files[t].begin(), files[t].end());
  }
  if (all.empty()) return absl::FailedPreconditionError("there are no rows");
  if (absl::Status status = (*database)->Ingest(all); !status.ok()) return status;
  result.seconds = Seconds(CLOCK_MONOTONIC) - begin;
  result.cpu_seconds = Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
  return result;
}

}  // namespace

absl::StatusOr<IngestResult> IngestFloor(const std::string& data, const std::string& scratch, size_t threads) {
  auto rows = ReadRows(data);
  if (!rows.ok()) return rows.status();
  std::filesystem::create_directories(scratch);
  auto result = Measure(*rows, scratch, threads);
  std::filesystem::remove_all(scratch);
  return result;
}

}  // namespace shoujie::load
