#include "loadtest/switch/summary.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

namespace shoujie::loadtest {
namespace {

std::map<std::string, uint64_t> Figures(Session& session) {
  auto figures = session.tally().counts();
  const auto counts = session.courier().counts();
  figures["facts/delivered"] = counts.delivered;
  if (counts.repeated > 0) figures["facts/repeated"] = counts.repeated;
  if (counts.restamped > 0) figures["facts/under a new request id"] = counts.restamped;
  if (counts.refused > 0) figures["facts/refused"] = counts.refused;
  for (const auto& [reason, n] : counts.refused_by_reason) figures[absl::StrCat("refused/fact: ", reason)] = n;
  if (const size_t pending = session.outbox().pending(); pending > 0) figures["facts/undelivered"] = pending;
  return figures;
}

}  // namespace

std::string SummaryTable(Session& session) {
  const auto figures = Figures(session);
  size_t width = 0;
  for (const auto& [what, n] : figures) width = std::max(width, what.size());
  std::string table, group;
  for (const auto& [what, n] : figures) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(what, absl::MaxSplits('/', 1));
    absl::StrAppendFormat(&table, "%-10s  %-*s %8d\n", parts.first == group ? "" : parts.first,
                          static_cast<int>(width) - 6, parts.second, n);
    group = parts.first;
  }
  const auto lag = session.tally().lag();
  absl::StrAppendFormat(&table, "%-10s  %-*s %8s (median %s, 99%% within %s)\n", "lag", static_cast<int>(width) - 6,
                        "longest", absl::FormatDuration(lag.most), absl::FormatDuration(lag.p50),
                        absl::FormatDuration(lag.p99));
  return table;
}

std::string SummaryJson(Session& session) {
  nlohmann::ordered_json json;
  for (const auto& [what, n] : Figures(session)) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(what, absl::MaxSplits('/', 1));
    json[parts.first][parts.second] = n;
  }
  const auto lag = session.tally().lag();
  json["lag_ms"] = {{"p50", absl::ToInt64Milliseconds(lag.p50)},
                    {"p99", absl::ToInt64Milliseconds(lag.p99)},
                    {"max", absl::ToInt64Milliseconds(lag.most)}};
  return json.dump(2) + "\n";
}

}  // namespace shoujie::loadtest
