#include "loadtest/floors/batch.h"

#include <time.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "loadtest/floors/clock.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {

absl::StatusOr<std::unique_ptr<BatchFloor>> BatchFloor::Open(const std::string& directory, const Written* written) {
  rocks::Options options;
  options.name = "floor";
  options.resources = std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);
  auto database = rocks::Database::Open(directory, options);
  if (!database.ok()) return database.status();
  return std::unique_ptr<BatchFloor>(new BatchFloor(*std::move(database), written));
}

FloorResult BatchFloor::Run(size_t group, absl::Duration time) {
  FloorResult result;
  const auto& commands = written_->commands;
  const double begin = Seconds(CLOCK_MONOTONIC), cpu_begin = Seconds(CLOCK_THREAD_CPUTIME_ID);
  double now = begin;
  for (const double limit = begin + absl::ToDoubleSeconds(time); now < limit;) {
    const double start = now;
    rocks::Batch batch;
    for (size_t i = 0; i < group; ++i, ++next_) {
      const WrittenCommand& command = commands[next_ % commands.size()];
      const size_t pass = next_ / commands.size();
      std::string salt;
      if (pass > 0) rocks::AppendBigEndian32(&salt, static_cast<uint32_t>(pass));
      batch.Put(absl::StrCat(command.record_key, salt), command.record_value);
      for (const auto& [key, value] : command.rows) {
        // States and places are overwritten, as they really are; ids and history are new with every command.
        const char letter = key[key.find('\0') + 5];
        const bool overwritten = letter == 'S' || letter == 'P';
        batch.Put(overwritten ? key : absl::StrCat(key, salt), value);
      }
    }
    database_->Write(std::move(batch), /*synced=*/true);
    now = Seconds(CLOCK_MONOTONIC);
    result.group_latency.Record(static_cast<int64_t>((now - start) * 1e9));
    result.records += group;
    ++result.groups;
  }
  result.seconds = now - begin;
  result.cpu_seconds = Seconds(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
  return result;
}

absl::StatusOr<double> OpenBare(const std::string& data) {
  auto resources = std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);
  std::vector<std::unique_ptr<rocks::Database>> databases;
  const double begin = Seconds(CLOCK_MONOTONIC);
  for (const char* name : {"journal", "keys", "store", "lists"}) {
    rocks::Options options;
    options.name = name;
    const std::string which = name;
    options.tail = which == "store" || which == "lists" ? rocks::Tail::kDerived : rocks::Tail::kTruth;
    options.resources = resources;
    auto database = rocks::Database::Open(absl::StrCat(data, "/", name), options);
    if (!database.ok()) return database.status();
    databases.push_back(*std::move(database));
  }
  for (const auto& database : databases) {
    const auto first = database->Scan("", "");
    if (auto status = first->status(); !status.ok()) return status;
  }
  return (Seconds(CLOCK_MONOTONIC) - begin) * 1e3;
}

}  // namespace shoujie::load
