#include "loadtest/measure/figure.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"

namespace shoujie::load {
namespace {

// Columns as wide as people see them: bytes that go on a UTF-8 character do not count.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string TargetText(const Figure& figure) {
  if (figure.target == 0) return "";
  return absl::StrFormat("%s %.4g", figure.at_most ? "≤" : "≥", figure.target);
}

}  // namespace

double Ratios::Median() const {
  if (all.empty()) return 0;
  std::vector<double> sorted = all;
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
double Ratios::Low() const { return all.empty() ? 0 : *std::min_element(all.begin(), all.end()); }
double Ratios::High() const { return all.empty() ? 0 : *std::max_element(all.begin(), all.end()); }

std::string Figure::Verdict() const {
  if (voided) return "void";
  if (target == 0 || ratios.all.empty()) return "-";
  return (at_most ? ratios.Median() <= target : ratios.Median() >= target) ? "holds" : "misses";
}

std::string RunHeader(const std::string& more) {
  utsname system;
  uname(&system);
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return absl::StrFormat("%s, %d cores, Linux %s, load before the run %.1f, %s",
                         absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone()),
                         std::thread::hardware_concurrency(), system.release, load, more);
}

std::string ToTable(const std::vector<Figure>& figures) {
  std::vector<std::vector<std::string>> rows = {
      {"figure", "what", "floor", "value", "ratio", "spread", "target", "verdict", "CPU, memory"}};
  for (const Figure& f : figures) {
    const auto& all = f.ratios.all;
    rows.push_back(
        {f.id, f.what, f.floor, f.value, all.empty() ? "" : absl::StrFormat("%.3f", f.ratios.Median()),
         all.size() < 2 ? "" : absl::StrFormat("%.3f–%.3f (%d)", f.ratios.Low(), f.ratios.High(), all.size()),
         TargetText(f), f.Verdict(), f.cpu_memory});
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&out, i == 0 ? "| " : " | ", row[i], std::string(widths[i] - Width(row[i]), ' '));
    }
    absl::StrAppend(&out, " |\n");
  };
  line(rows[0]);
  for (size_t i = 0; i < widths.size(); ++i) absl::StrAppend(&out, "|", std::string(widths[i] + 2, '-'));
  absl::StrAppend(&out, "|\n");
  for (size_t i = 1; i < rows.size(); ++i) line(rows[i]);
  out += "\n";
  for (const Figure& f : figures) {
    if (!f.configuration.empty()) absl::StrAppend(&out, f.id, ": ", f.configuration, "\n");
  }
  for (const Figure& f : figures) {
    if (!f.in_the_way.empty() && f.Verdict() == "misses") {
      absl::StrAppend(&out, "What stands in the way of ", f.id, ": ", f.in_the_way, "\n");
    }
  }
  return out;
}

std::string ToJson(const std::vector<Figure>& figures, const std::string& header) {
  nlohmann::ordered_json json;
  json["run"] = header;
  for (const Figure& f : figures) {
    nlohmann::ordered_json one;
    one["figure"] = f.id;
    one["what"] = f.what;
    one["floor"] = f.floor;
    one["value"] = f.value;
    one["ratio"] = f.ratios.Median();
    one["ratios"] = f.ratios.all;
    one["target"] = f.target;
    one["at_most"] = f.at_most;
    one["verdict"] = f.Verdict();
    one["cpu_memory"] = f.cpu_memory;
    one["configuration"] = f.configuration;
    if (f.Verdict() == "misses") one["in_the_way"] = f.in_the_way;
    json["figures"].push_back(std::move(one));
  }
  return json.dump(2) + "\n";
}

std::string Short(double number) {
  if (number >= 1e6) return absl::StrFormat("%.2f M", number / 1e6);
  if (number >= 1e4) return absl::StrFormat("%.1f k", number / 1e3);
  if (number >= 1e3) return absl::StrFormat("%.2f k", number / 1e3);
  if (number >= 10) return absl::StrFormat("%.0f", number);
  return absl::StrFormat("%.2f", number);
}

std::string ShortTime(double ns) {
  if (ns >= 1e9) return absl::StrFormat("%.2f s", ns / 1e9);
  if (ns >= 1e7) return absl::StrFormat("%.1f ms", ns / 1e6);
  if (ns >= 1e6) return absl::StrFormat("%.2f ms", ns / 1e6);
  return absl::StrFormat("%.0f µs", ns / 1e3);
}

}  // namespace shoujie::load
