#include "tests/fault/run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"

namespace shoujie::fault {
namespace {

constexpr int kCentreCustomers = 60;
constexpr size_t kViolationsShown = 40;

// Columns on a screen: of UTF-8 the bytes that begin a character.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

const Centre& Run::centre() {
  if (centre_ == nullptr) {
    auto made = MakeCentre(Path("base"), kCentreCustomers, centre_flags_);
    if (!made.ok()) {
      std::fprintf(stderr, "fault: no data to begin with: %s\n", made.status().ToString().c_str());
      std::exit(70);
    }
    centre_ = std::make_unique<Centre>(*std::move(made));
  }
  return *centre_;
}

void Run::Progress(int round, int of, const std::string& line) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  if (round < of && now - said_ < absl::Seconds(2)) return;
  said_ = now;
  std::fprintf(stderr, "%s %d/%d: %s\n", fault_.c_str(), round, of, line.c_str());
}

void Run::Violation(const std::string& what) {
  absl::MutexLock lock(&mutex_);
  violations_.push_back(what);
  if (violations_.size() <= kViolationsShown) std::fprintf(stderr, "VIOLATION %s: %s\n", fault_.c_str(), what.c_str());
}

size_t Run::violations() const {
  absl::MutexLock lock(&mutex_);
  return violations_.size();
}

std::string Run::Table() const {
  std::string out = absl::StrFormat("%s, seed %d, %s\n", fault_, options_.seed,
                                    absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone()));
  if (!skipped_.empty()) absl::StrAppend(&out, "skipped: ", skipped_, "\n");
  if (!skipped_.empty() && rows_.empty()) return out;
  std::vector<std::vector<std::string>> all = {columns_};
  all.insert(all.end(), rows_.begin(), rows_.end());
  std::vector<size_t> widths(columns_.size());
  for (const auto& row : all) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (const auto& row : all) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - Width(row[i]), ' ');
      absl::StrAppend(&line, i > 0 ? "  " : "", i == 0 ? row[i] + pad : pad + row[i]);
    }
    absl::StrAppend(&out, line, "\n");
  }
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < std::min(violations_.size(), kViolationsShown); ++i) {
    absl::StrAppend(&out, "VIOLATION ", violations_[i], "\n");
  }
  return absl::StrCat(out, violations_.size(), " violations\n");
}

std::string Run::Json() const {
  nlohmann::ordered_json json = {{"fault", fault_}, {"seed", options_.seed}};
  if (!skipped_.empty()) json["skipped"] = skipped_;
  json["rows"] = nlohmann::ordered_json::array();
  for (const auto& row : rows_) {
    nlohmann::ordered_json one;
    for (size_t i = 0; i < row.size(); ++i) one[columns_[i]] = row[i];
    json["rows"].push_back(std::move(one));
  }
  absl::MutexLock lock(&mutex_);
  json["violations"] = violations_;
  return json.dump(2) + "\n";
}

}  // namespace shoujie::fault
