// The log: JSON lines on stderr, written by a thread of its own; a full queue drops the oldest line rather than hold
// anybody up.
//
//   LogInfo("shard serving", {{"service", "router"}, {"partition", 17}});
//   {"ts":"2026-11-25T02:00:00.123Z","level":"info","msg":"shard serving","service":"router","partition":17}
//
// Never personal data: `message` is a literal, and fields hold names of resources and principals, codes, numbers and
// paths. Text of a request or state, and messages of statuses without a detail, do not belong here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie::ops {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

class LogValue {
 public:
  LogValue(const char* text) : value_(std::string(text)) {}
  LogValue(std::string text) : value_(std::move(text)) {}
  LogValue(absl::string_view text) : value_(std::string(text)) {}
  LogValue(bool value) : value_(value) {}
  LogValue(double value) : value_(value) {}
  LogValue(int value) : value_(static_cast<int64_t>(value)) {}
  LogValue(long value) : value_(static_cast<int64_t>(value)) {}
  LogValue(unsigned value) : value_(static_cast<int64_t>(value)) {}
  LogValue(unsigned long value) : value_(static_cast<int64_t>(value)) {}
  LogValue(absl::Duration seconds) : value_(absl::ToDoubleSeconds(seconds)) {}
  const auto& value() const { return value_; }

 private:
  std::variant<std::string, bool, int64_t, double> value_;
};
using LogFields = std::initializer_list<std::pair<absl::string_view, LogValue>>;

// Starts the log; protobuf's own messages go through it, too. Before this call lines go to stderr at once.
void StartLog(Level level);
// Writes what is queued and stops; later lines go to stderr at once. For the end of a program.
void StopLog();

void Log(Level level, const char* message, LogFields fields);
inline void LogInfo(const char* message, LogFields fields = {}) { Log(Level::kInfo, message, fields); }
inline void LogWarn(const char* message, LogFields fields = {}) { Log(Level::kWarn, message, fields); }
inline void LogError(const char* message, LogFields fields = {}) { Log(Level::kError, message, fields); }

// One line without its end, for tests.
std::string FormatLogLine(absl::Time at, Level level, const char* message, LogFields fields);

}  // namespace shoujie::ops
