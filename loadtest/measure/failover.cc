// P6b: how long nobody serves when a node dies or leaves, by the method and the program of tests/kafka/failover: two
// nodes on a broker of their own, the longest gap between two acknowledgements of any partition that changed hands.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "loadtest/measure/bench.h"
#include "nlohmann/json.hpp"

namespace shoujie::load {
namespace {

struct Rounds {
  Ratios ratios;
  double longest = 0, sum = 0;
  uint64_t acknowledged = 0, partitions = 0, findings = 0;
};

}  // namespace

absl::Status MeasureP6b(Bench& bench, std::vector<Figure>* out) {
  const int rounds = std::min(bench.options().pairs, 5);
  bench.Say(absl::StrFormat("P6b: %d rounds each of SIGKILL and SIGTERM on nodes of their own", rounds));
  const e2e::Ran ran = e2e::Run(
      {e2e::Program("failover"), "--rounds", absl::StrCat(rounds), "--faults", "SIGKILL", "SIGTERM", "-o", "json"}, {},
      absl::Minutes(3) + rounds * absl::Minutes(2));
  const size_t at = ran.out.find("{\"nodes\"");
  const auto json =
      nlohmann::json::parse(at == std::string::npos ? "" : ran.out.substr(at, ran.out.find('\n', at) - at), nullptr,
                            /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InternalError("failover: " + ran.out + ran.err);
  const double session = json["session_seconds"];
  for (const char* fault : {"SIGKILL", "SIGTERM"}) {
    const bool killed = fault == std::string("SIGKILL");
    const double unit = killed ? session : 1.0;
    Rounds all;
    for (const auto& round : json["rounds"]) {
      if (round["fault"] != fault) continue;
      const double gap = round["gap_seconds_max"];
      all.ratios.Add(gap, unit);
      all.longest = std::max(all.longest, gap);
      all.sum += gap;
      all.acknowledged += round["acknowledged"].get<uint64_t>();
      all.partitions = std::max(all.partitions, round["partitions"].get<uint64_t>());
      all.findings +=
          round["lost"].get<uint64_t>() + round["doubled"].get<uint64_t>() + round["other_findings"].get<uint64_t>();
    }
    const auto n = static_cast<double>(std::max<size_t>(all.ratios.all.size(), 1));
    Figure figure;
    figure.id = killed ? "P6b kill" : "P6b stop";
    figure.what =
        killed ? "failover with a warm standby, kill -9: longest gap between acknowledgements" : "the same, SIGTERM";
    figure.floor = killed ? absl::StrFormat("session time-out %.1f s", session) : "1 s";
    figure.value = absl::StrFormat("%.2f s", all.sum / n);
    figure.ratios = all.ratios;
    figure.at_most = true;
    figure.target = killed ? 1.2 : 1.0;
    figure.voided = all.findings > 0;
    figure.configuration = absl::StrFormat(
        "%d nodes (%s), one broker, %d tickets, %d partitions change hands, longest %.2f s, %d acknowledged, %d lost "
        "or "
        "doubled",
        json["nodes"].get<int>(), json["membership"].get<std::string>(), json["tickets"].get<int>(), all.partitions,
        all.longest, all.acknowledged, all.findings);
    figure.in_the_way =
        killed
            ? "beyond the time-out: the group's rebalance, then the claims of all partitions at once and the catching "
              "up of reactions before commands are answered"
            : "the claims of all partitions that one node hands over at once, on cores that the brokers share";
    out->push_back(std::move(figure));
  }
  return absl::OkStatus();
}

}  // namespace shoujie::load
