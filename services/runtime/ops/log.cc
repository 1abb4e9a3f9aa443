#include "services/runtime/ops/log.h"

#include <atomic>
#include <cstdio>
#include <memory>

#include "absl/synchronization/mutex.h"
#include "google/protobuf/stubs/logging.h"
#include "nlohmann/json.hpp"
#include "spdlog/async.h"
#include "spdlog/async_logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace shoujie::ops {
namespace {

constexpr size_t kQueueLinesMax = 8192;

const char* NameOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
    default:
      return "info";
  }
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    default:
      return spdlog::level::off;
  }
}

struct Running {
  std::shared_ptr<spdlog::details::thread_pool> thread;
  std::shared_ptr<spdlog::async_logger> logger;
};

// Kept for ever: lines may come until the very end of the process.
struct State {
  absl::Mutex mutex;
  std::shared_ptr<Running> running ABSL_GUARDED_BY(mutex);
  std::atomic<Level> level{Level::kInfo};
};
State& TheState() {
  static auto* state = new State;
  return *state;
}

void FromProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& text) {
  // Names of fields and types; protobuf puts no contents into its messages.
  Log(level >= google::protobuf::LOGLEVEL_ERROR ? Level::kWarn : Level::kInfo, "protobuf", {{"text", text}});
}

}  // namespace

std::string FormatLogLine(absl::Time at, Level level, const char* message, LogFields fields) {
  nlohmann::ordered_json line;
  line["ts"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", at, absl::UTCTimeZone());
  line["level"] = NameOf(level);
  line["msg"] = message;
  for (const auto& [key, value] : fields) {
    std::visit([&, k = std::string(key)](const auto& v) { line[k] = v; }, value.value());
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void StartLog(Level level) {
  auto running = std::make_shared<Running>();
  running->thread = std::make_shared<spdlog::details::thread_pool>(kQueueLinesMax, 1);
  running->logger =
      std::make_shared<spdlog::async_logger>("shoujie", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                             running->thread, spdlog::async_overflow_policy::overrun_oldest);
  running->logger->set_pattern("%v");
  running->logger->set_level(ToSpdlog(level));
  running->logger->flush_on(spdlog::level::debug);
  auto& state = TheState();
  state.level = level;
  {
    absl::MutexLock lock(&state.mutex);
    state.running = std::move(running);
  }
  google::protobuf::SetLogHandler(&FromProtobuf);
}

void StopLog() {
  std::shared_ptr<Running> running;
  absl::MutexLock lock(&TheState().mutex);
  running.swap(TheState().running);  // the last owner joins the thread once the queue is empty
}

void Log(Level level, const char* message, LogFields fields) {
  auto& state = TheState();
  if (level < state.level.load(std::memory_order_relaxed)) return;
  const std::string line = FormatLogLine(absl::Now(), level, message, fields);
  std::shared_ptr<Running> running;
  {
    absl::MutexLock lock(&state.mutex);
    running = state.running;
  }
  if (running == nullptr) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  running->logger->log(ToSpdlog(level), line);
}

}  // namespace shoujie::ops
