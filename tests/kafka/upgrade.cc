// A rolling upgrade with commands flowing (tests/kafka/upgrade): two nodes of an earlier build serve a centre that
// moved to Kafka with its history; clients never stop; one node after the other is replaced by this build; then what is
// new is enabled and used. Every step must go as it must, nothing may be lost or done twice.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "loadtest/generator/random.h"
#include "loadtest/generator/world.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/answers.h"
#include "tests/fault/checker.h"
#include "tests/fault/ledger.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/nodes.h"
#include "tests/kafka/workers.h"
#include "tests/support/process/server.h"

namespace shoujie {
namespace {

using common::v1::CommandReply;
using kafka::Nodes;

constexpr size_t kA = 0, kB = 1;
constexpr absl::Duration kSettled = absl::Seconds(60);
constexpr absl::Duration kBetween = absl::Seconds(3);     // of work between two steps
constexpr absl::Duration kNoService = absl::Seconds(1);   // P6b of graceful stops: at most so long
constexpr absl::Duration kFollowed = absl::Seconds(10);   // by shards, after the directory has a new version
constexpr absl::Duration kSettledBy = absl::Seconds(20);  // for commands that were left open
constexpr char kUrge[] = "shoujie.router.v1.TicketService/UrgeTicket";

struct Flags {
  std::string old;  // directory of the earlier build's programs
  std::string golden = "0.1.0-messages";
  int tickets = 48;
};

std::string Seconds(absl::Duration d) { return absl::StrFormat("%.2f s", absl::ToDoubleSeconds(d)); }

class Upgrade {
 public:
  explicit Upgrade(const Flags& flags)
      : flags_(flags), nodes_({.bootstrap = kafka::Brokers::Shared().bootstrap()}, {OldPlace(), OldPlace()}) {}

  int Run() {
    const bool done = Begin() && ReplaceB() && RefusedWhileAIsOld() && ReplaceA() && EnableAndUse() && End();
    workers_.reset();
    if (!done) std::fprintf(stderr, "%s", nodes_.Told().c_str());
    return done && wrong_ == 0 ? 0 : 1;
  }

 private:
  // The earlier build's server instead of this one's, with the same arguments.
  kafka::NodePlace OldPlace() const {
    kafka::NodePlace place;
    place.under = {"/bin/sh", "-c", absl::StrCat("exec ", flags_.old, "/shoujied \"$@\"")};
    return place;
  }
  // The golden directory's clock was a scaled one, and so is the cluster's: it shows what other clocks show.
  bool Start(size_t i) {
    nodes_.place(i).flags = {
        absl::StrCat("--clock=", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), ",x1")};
    return nodes_.Start(i);
  }
  void Say(const std::string& what) const {
    std::printf("%7.1f s  %s\n", absl::ToDoubleSeconds(absl::Now() - began_), what.c_str());
    std::fflush(stdout);
  }
  bool Wrong(const std::string& what) {
    ++wrong_;
    std::printf("WRONG      %s\n", what.c_str());
    std::fflush(stdout);
    return false;
  }
  bool Check(bool holds, const std::string& what) { return holds || Wrong(what); }
  std::string VersionOf(size_t i) const {
    auto info = rpc::Call<ops::v1::ServerInfo>(*nodes_.Client(i), "shoujie.ops.v1.OpsService/GetServerInfo",
                                               ops::v1::GetServerInfoRequest());
    return info.ok() ? info->version() : info.status().ToString();
  }
  // `shoujie ARGS…` of this build, as the operator at node `i`.
  e2e::Ran Cli(size_t i, std::vector<std::string> args) const {
    std::vector<std::string> argv = {e2e::Program("shoujie"), "--server", nodes_.address(i), "--token-file",
                                     nodes_.secrets() + "/operator.token"};
    argv.insert(argv.end(), args.begin(), args.end());
    return e2e::Run(std::move(argv), {"NO_COLOR=1", "LANG=C.UTF-8"});
  }

  // The golden journal on Kafka, moved there and served by the earlier build.
  bool Begin() {
    const std::string archive = absl::StrCat(SHOUJIE_SOURCE_DIR, "/tests/golden/", flags_.golden, ".tar.gz"),
                      old = flags_.old + "/shoujie";
    if (e2e::Ran ran = e2e::Run({"/usr/bin/tar", "-C", golden_.path(), "-xzf", archive}); ran.code != 0) {
      return Wrong(absl::StrCat("unpacking ", archive, ": ", ran.err));
    }
    const std::string& bootstrap = nodes_.options().bootstrap;
    e2e::Ran ran =
        e2e::Run({old, "admin", "topics", "create", "--kafka", bootstrap, "--replicas", "1", "--allow-unsafe-topics"});
    if (ran.code != 0) return Wrong(absl::StrCat("topics: ", ran.out, ran.err));
    ran = e2e::Run({old, "admin", "move", "--to-kafka", "--kafka", bootstrap, "--data", golden_ / "data", "--state",
                    nodes_.data(kA), "--allow-unsafe-topics"},
                   {}, absl::Minutes(5));
    if (ran.code != 0) return Wrong(absl::StrCat("move: ", ran.out, ran.err));
    std::filesystem::copy_file(nodes_.data(kA) + "/master.key", nodes_.secrets() + "/master.key");
    if (!Start(kA) || !Start(kB) || !nodes_.Settle(kSettled))
      return Wrong("the nodes of the earlier build do not settle");
    from_ = VersionOf(kA);
    auto streams = fault::ListStreams(*nodes_.Client(kA));
    if (!streams.ok()) return Wrong(streams.status().ToString());
    auto matters = load::MakeMatters(nodes_.address(kB), nodes_.token(), flags_.tickets);
    if (!matters.ok()) return Wrong(matters.status().ToString());
    matters_ = *std::move(matters);
    inherited_ = streams->size();
    for (const load::Matter& matter : matters_) streams->insert(streams->end(), {matter.ticket, matter.contact});
    auto before = fault::ReadHistories(*nodes_.Client(kA, absl::Minutes(1)), *streams);
    if (!before.ok()) return Wrong(before.status().ToString());
    before_ = *std::move(before);
    Say(absl::StrCat("two nodes of ", from_, " with ", inherited_, " streams of ", flags_.golden, "; clients begin"));
    workers_ = std::make_unique<kafka::Workers>(&nodes_, &matters_, &ledger_, kafka::WorkOptions{.intake = 1});
    absl::SleepFor(kBetween);
    work_began_ = absl::Now();
    return true;
  }

  bool Replace(size_t i) {
    const int code = nodes_.Stop(i);
    if (code != 0) return Wrong(absl::StrCat("node ", nodes_.name(i), " stopped with ", code));
    nodes_.place(i).under.clear();
    if (!Start(i)) return Wrong(absl::StrCat("node ", nodes_.name(i), " does not start with this build"));
    if (!nodes_.Settle(kSettled)) return Wrong("the nodes do not settle");
    to_ = VersionOf(i);
    Say(absl::StrCat("node ", nodes_.name(i), " runs ", to_));
    absl::SleepFor(kBetween);
    return true;
  }
  bool ReplaceB() { return Replace(kB); }
  bool ReplaceA() { return Replace(kA); }

  // A mixed cluster: what is new is refused, with the reason, and nothing of it is written.
  bool RefusedWhileAIsOld() {
    const e2e::Ran enable = Cli(kB, {"admin", "feature", "enable", "urging"});
    Check(enable.code == 1 && absl::StrContains(enable.err, "FEATURE_UNREADABLE") &&
              absl::StrContains(enable.err, "nodes: a"),
          absl::StrCat("enabling is not refused for node a: ", enable.code, " ", enable.out, enable.err));
    Say("enabling is refused: node a cannot read it");
    bool settled = false;
    const auto owners = nodes_.Owners(kB, nodes_.size(), &settled);
    size_t tried = 0;
    for (const load::Matter& matter : matters_) {
      const auto owner = owners.find({"router", kafka::PartitionOf(matter.ticket)});
      if (owner == owners.end() || owner->second != nodes_.name(kB) || ++tried > 3) continue;
      const e2e::Ran urge = Cli(kB, {"ticket", "urge", matter.ticket, "--reason", "the customer waits"});
      Check(urge.code == 1 && absl::StrContains(urge.err, "FEATURE_OFF"),
            absl::StrCat("urging is not refused: ", urge.code, " ", urge.out, urge.err));
    }
    Check(tried > 0, "node b owns none of the tickets");
    Say("urging is refused: the feature is off");
    return true;
  }

  bool EnableAndUse() {
    e2e::Ran enable;
    // Nodes ask each other every half second.
    for (const absl::Time limit = absl::Now() + kFollowed; absl::Now() < limit;
         absl::SleepFor(absl::Milliseconds(100))) {
      enable = Cli(kA, {"admin", "feature", "enable", "urging"});
      if (enable.code != 1) break;
    }
    if (enable.code != 0) return Wrong(absl::StrCat("enabling is refused: ", enable.out, enable.err));
    // Node b reads it in a moment.
    e2e::Ran list;
    for (const absl::Time limit = absl::Now() + kFollowed; absl::Now() < limit;) {
      list = Cli(kB, {"admin", "feature", "list", "-o", "json"});
      if (absl::StrContains(list.out, "\"enabled\": true")) break;
    }
    Check(absl::StrContains(list.out, "\"enabled\": true"), absl::StrCat("the list: ", list.out, list.err));
    Say("enabled");
    bool settled = false;
    const auto owners = nodes_.Owners(kA, nodes_.size(), &settled);
    std::map<std::string, size_t> urged;  // by owner
    for (size_t n = 0; n < matters_.size(); ++n) {
      auto request = std::make_shared<router::v1::UrgeTicketRequest>();
      request->set_request_id(MakeRequestId(absl::Now(), random_.Bytes(10)));
      request->set_name(matters_[n].ticket);
      request->set_reason("the customer waits");
      const size_t entry = ledger_.Sent(request->request_id(), kUrge, request, request->name());
      const auto client = nodes_.Client(n % 2 == 0 ? kA : kB);
      absl::StatusOr<CommandReply> reply = absl::UnknownError("");
      for (const absl::Time limit = absl::Now() + kFollowed; absl::Now() < limit;) {
        reply = rpc::Call<CommandReply>(*client, kUrge, *request);
        // Its shard follows the directory in a moment; until then nothing was done.
        if (reply.ok() || (!fault::LeavesOpen(reply.status()) && ReasonOf(reply.status()) != "FEATURE_OFF")) break;
        absl::SleepFor(absl::Milliseconds(20));
      }
      ledger_.Answered(entry, reply);
      const auto owner = owners.find({"router", kafka::PartitionOf(matters_[n].ticket)});
      if (reply.ok() && owner != owners.end()) ++urged[owner->second];
      Check(reply.ok(), absl::StrCat(matters_[n].ticket, ": ", reply.status().ToString()));
    }
    Check(urged["a"] > 0 && urged["b"] > 0, absl::StrCat("urged on a: ", urged["a"], ", on b: ", urged["b"]));
    common::v1::GetRequest get;
    get.set_name(matters_[0].ticket);
    auto ticket = rpc::Call<router::v1::Ticket>(*nodes_.Client(kB), "shoujie.router.v1.TicketService/GetTicket", get);
    Check(ticket.ok() && ticket->urges() == 1, "the ticket does not show that it was urged");
    Say(absl::StrCat("urged: ", urged["a"], " tickets of node a, ", urged["b"], " of node b"));
    absl::SleepFor(kBetween);
    return true;
  }

  bool End() {
    workers_->Stop();
    const auto gaps = workers_->Gaps(work_began_);
    const auto client = nodes_.Client(kB);
    for (const size_t n : ledger_.unanswered()) {
      const fault::Entry entry = ledger_.entries()[n];
      for (const absl::Time limit = absl::Now() + kSettledBy; absl::Now() < limit;) {
        auto reply = rpc::Call<CommandReply>(*client, entry.method, *entry.request);
        ledger_.Answered(n, reply);
        if (reply.ok() || !fault::LeavesOpen(reply.status())) break;
      }
    }
    std::vector<fault::Finding> findings;
    for (const size_t i : {kA, kB}) {
      auto streams = fault::ListStreams(*nodes_.Client(i, absl::Minutes(1)));
      if (!streams.ok()) return Wrong(streams.status().ToString());
      auto histories = fault::ReadHistories(*nodes_.Client(i, absl::Minutes(1)), *streams);
      if (!histories.ok()) return Wrong(histories.status().ToString());
      for (fault::Finding& finding : fault::Check({ledger_.entries(), *histories, before_, true, ledger_.readings()})) {
        findings.push_back(std::move(finding));
      }
    }
    for (const std::string& what : ledger_.contradictions()) findings.push_back({"OTHER_ANSWER", what});
    for (const size_t i : {kA, kB}) {
      const int code = nodes_.Stop(i);
      Check(code == 0, absl::StrCat("node ", nodes_.name(i), " stopped with ", code));
    }
    for (const size_t i : {kA, kB}) {
      const e2e::Ran ran = e2e::Run({e2e::Program("shoujie"), "verify", "all", "--data", nodes_.data(i),
                                     "--master-key-file", nodes_.secrets() + "/master.key"},
                                    nodes_.Env(), absl::Minutes(10));
      Check(ran.code == 0 && absl::StrContains(ran.out, "verified: nothing is wrong"),
            absl::StrCat("verify of node ", nodes_.name(i), ": ", ran.code, " ", ran.out, ran.err));
    }
    Say("verified on both nodes");

    std::vector<absl::Duration> all;
    for (const auto& [partition, gap] : gaps) all.push_back(gap);
    std::sort(all.begin(), all.end());
    const absl::Duration longest = all.empty() ? absl::InfiniteDuration() : all.back();
    uint64_t lost = 0, doubled = 0;
    for (const fault::Finding& finding : findings) {
      lost += finding.kind == "LOST";
      doubled += finding.kind == "DOUBLED";
    }
    const auto counts = ledger_.counts();
    std::printf("\n%-28s %s\n%-28s %s\n%-28s %zu\n", "from", from_.c_str(), "to", to_.c_str(), "streams inherited",
                inherited_);
    std::printf("%-28s %llu\n%-28s %llu\n%-28s %llu\n%-28s %llu\n", "commands acknowledged",
                static_cast<unsigned long long>(counts.acked), "lost", static_cast<unsigned long long>(lost), "doubled",
                static_cast<unsigned long long>(doubled), "other findings",
                static_cast<unsigned long long>(findings.size() - lost - doubled));
    std::printf("%-28s p50 %s, max %s (limit %s), %zu partitions\n", "time without service",
                Seconds(all.empty() ? longest : all[all.size() / 2]).c_str(), Seconds(longest).c_str(),
                Seconds(kNoService).c_str(), all.size());
    for (size_t i = 0; i < findings.size() && i < 10; ++i) {
      std::printf("  %s: %s\n", findings[i].kind.c_str(), findings[i].what.c_str());
    }
    return findings.empty() && longest <= kNoService;
  }

  const Flags& flags_;
  const absl::Time began_ = absl::Now();
  Nodes nodes_;
  TempDir golden_;
  std::vector<load::Matter> matters_;
  std::vector<fault::Recorded> before_;
  fault::Ledger ledger_;
  std::unique_ptr<kafka::Workers> workers_;
  load::Random random_{1};
  absl::Time work_began_;
  std::string from_, to_;
  size_t inherited_ = 0;
  int wrong_ = 0;
};

}  // namespace
}  // namespace shoujie

int main(int argc, char** argv) {
  shoujie::Flags flags;
  CLI::App app("Two nodes of an earlier build are replaced by this one under clients that never stop.");
  app.add_option("--old", flags.old, "directory with the earlier build's shoujied and shoujie")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--golden", flags.golden, "of tests/golden: what the cluster begins with")->capture_default_str();
  app.add_option("--tickets", flags.tickets)->check(CLI::Range(8, 1000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return shoujie::Upgrade(flags).Run();
}
