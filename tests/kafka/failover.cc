// How long nobody serves when a node of a cluster dies, stops or stands still, and whether anything is lost or done
// twice: real nodes on a real broker, clients that work all the time and keep a ledger. Prints a table; exit status 0
// if every figure is within its limit (quality.md, P6b) and the ledger holds.
//
// A partition's gap is the time from the last acknowledgement by the node that fails to the first one by whoever owns
// it then, on its busiest ticket. Clients are connected to a node that lives, which passes their commands on.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "loadtest/generator/random.h"
#include "loadtest/generator/world.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/answers.h"
#include "tests/fault/centre.h"
#include "tests/fault/checker.h"
#include "tests/fault/ledger.h"
#include "tests/kafka/broker.h"
#include "tests/support/process/process.h"
#include "tests/support/process/server.h"

namespace shoujie {
namespace {

using common::v1::CommandReply;
using fault::Ledger;

constexpr absl::Duration kSession = absl::Seconds(6);
constexpr char kAddNote[] = "shoujie.router.v1.TicketService/AddNote";

struct Flags {
  int nodes = 2;
  int rounds = 3;
  int tickets = 48;
  std::string membership = "group";
  std::vector<std::string> faults = {"SIGTERM", "SIGKILL", "SIGSTOP"};
};

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  close(fd);
  return ntohs(address.sin_port);
}

uint32_t PartitionOf(const std::string& ticket) {
  uint32_t slot = 0;
  if (!absl::SimpleAtoi(ticket.substr(ticket.find('/') + 1, 4), &slot)) slot = 0;
  return slot % limits::kPartitions;
}

class Cluster {
 public:
  Cluster(const Flags& flags, std::string bootstrap) : flags_(flags), bootstrap_(std::move(bootstrap)) {
    for (int i = 0; i < flags.nodes; ++i) {
      nodes_.push_back({std::string(1, static_cast<char>('a' + i)), absl::StrCat("127.0.0.1:", FreePort()), nullptr});
    }
  }
  bool Start(size_t i) {
    Node& node = nodes_[i];
    std::vector<std::string> argv = {e2e::Program("shoujied"),
                                     "--journal",
                                     "kafka",
                                     "--kafka",
                                     bootstrap_,
                                     "--allow-unsafe-topics",
                                     "--data",
                                     dir_ / node.name,
                                     "--secrets",
                                     dir_ / "secrets",
                                     "--listen",
                                     node.address,
                                     "--node",
                                     node.name};
    if (flags_.membership == "static") {
      std::vector<std::string> peers;
      for (const Node& each : nodes_) peers.push_back(absl::StrCat(each.name, "=", each.address));
      argv.insert(argv.end(), {"--peers", absl::StrJoin(peers, ",")});
    }
    node.process = std::make_unique<e2e::Process>(std::move(argv));
    if (!node.process->WaitForLine("ready grpc=", absl::Seconds(180)).empty()) return true;
    std::fprintf(stderr, "node %s did not start: %s\n", node.name.c_str(), node.process->err().c_str());
    return false;
  }
  e2e::Process& process(size_t i) { return *nodes_[i].process; }
  const std::string& address(size_t i) const { return nodes_[i].address; }
  const std::string& name(size_t i) const { return nodes_[i].name; }
  std::string token() const { return fault::TokenOf(dir_ / "secrets"); }
  std::unique_ptr<rpc::Client> Client(size_t i, absl::Duration timeout = absl::Seconds(20)) const {
    return std::make_unique<rpc::Client>(
        rpc::ClientOptions{.target = address(i), .token = token(), .timeout = timeout, .wait_for_ready = true});
  }
  // By partition of the router: the owner as node `i` knows it; empty if it could not be asked.
  std::map<uint32_t, std::string> Owners(size_t i, bool* settled) const {
    std::map<uint32_t, std::string> owners;
    *settled = false;
    auto answer = rpc::Call<ops::v1::ListOwnersResponse>(
        *Client(i, absl::Seconds(5)), "shoujie.ops.v1.OpsService/ListOwners", ops::v1::ListOwnersRequest());
    if (!answer.ok()) return owners;
    *settled = answer->nodes_size() == flags_.nodes;
    for (const auto& row : answer->owners()) {
      *settled &= !row.owner().empty() && row.owner() == row.wanted();
      const std::vector<std::string> parts = absl::StrSplit(row.name(), '/');
      uint32_t partition = 0;
      if (parts[1] == "router" && absl::SimpleAtoi(parts[2], &partition)) owners[partition] = row.owner();
    }
    return owners;
  }
  // Until every shard is owned by whom it should be, as every node knows.
  bool Settle(absl::Duration limit) const {
    for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(100))) {
      bool all = true;
      for (size_t i = 0; i < nodes_.size() && all; ++i) Owners(i, &all);
      if (all) return true;
    }
    return false;
  }
  std::string log(size_t i) const { return nodes_[i].process->err(); }
  std::string secrets() const { return dir_ / "secrets"; }

 private:
  struct Node {
    std::string name, address;
    std::unique_ptr<e2e::Process> process;
  };
  const Flags& flags_;
  const std::string bootstrap_;
  e2e::TempDir dir_;
  std::vector<Node> nodes_;
};

// One client that adds notes to one ticket, one after the other, and repeats each until it has a definite answer.
class Worker {
 public:
  Worker(std::string ticket, std::unique_ptr<rpc::Client> client, bool on_it, Ledger* ledger, uint64_t seed)
      : ticket_(std::move(ticket)),
        on_it_(on_it),
        client_(std::move(client)),
        ledger_(ledger),
        random_(seed),
        thread_([this] { Run(); }) {}
  ~Worker() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const std::string& ticket() const { return ticket_; }
  bool on_it() const { return on_it_; }  // connected to the node that fails
  std::vector<absl::Time> acks() const {
    absl::MutexLock lock(&mutex_);
    return acks_;
  }

 private:
  void Run() {
    while (!stop_) {
      auto note = std::make_shared<router::v1::AddNoteRequest>();
      note->set_request_id(MakeRequestId(absl::Now(), random_.Bytes(10)));
      note->set_name(ticket_);
      note->set_text("客户再次来电催促");
      const size_t entry = ledger_->Sent(note->request_id(), kAddNote, note, ticket_);
      while (true) {
        auto reply = rpc::Call<CommandReply>(*client_, kAddNote, *note);
        ledger_->Answered(entry, reply);
        if (reply.ok()) {
          absl::MutexLock lock(&mutex_);
          acks_.push_back(absl::Now());
        }
        if (reply.ok() || !fault::LeavesOpen(reply.status())) break;
        if (stop_) return;
        absl::SleepFor(absl::Milliseconds(10));
      }
      if (random_.Below(4) == 0) Read();
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  // What it shows is held against the histories: nobody may see less than was acknowledged before (I7, I8).
  void Read() {
    common::v1::GetRequest get;
    get.set_name(ticket_);
    const size_t reading = ledger_->Asked(ticket_);
    auto ticket = rpc::Call<router::v1::Ticket>(*client_, "shoujie.router.v1.TicketService/GetTicket", get);
    uint64_t version = 0;
    if (ticket.ok() && absl::SimpleAtoi(ticket->etag(), &version)) ledger_->Shown(reading, version);
  }

  const std::string ticket_;
  const bool on_it_;
  const std::unique_ptr<rpc::Client> client_;
  Ledger* const ledger_;
  load::Random random_;
  std::atomic<bool> stop_{false};
  mutable absl::Mutex mutex_;
  std::vector<absl::Time> acks_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

struct Round {
  std::string fault;
  size_t partitions = 0;
  std::vector<absl::Duration> gaps;
  uint64_t acked = 0;
  std::vector<fault::Finding> findings;
};

class Failover {
 public:
  explicit Failover(const Flags& flags) : flags_(flags), cluster_(flags, kafka::Brokers::Shared().bootstrap()) {}

  int Run() {
    const e2e::Ran made = e2e::Run({e2e::Program("shoujie"), "admin", "topics", "create", "--kafka",
                                    kafka::Brokers::Shared().bootstrap(), "--replicas", "1", "--allow-unsafe-topics"});
    if (made.code != 0) {
      std::fprintf(stderr, "topics: %s%s\n", made.out.c_str(), made.err.c_str());
      return 1;
    }
    std::filesystem::create_directory(cluster_.secrets());
    for (size_t i = 0; i < static_cast<size_t>(flags_.nodes); ++i) {
      if (!cluster_.Start(i)) return 1;
    }
    if (!cluster_.Settle(absl::Seconds(60))) return Complain("the nodes do not settle");
    auto matters = load::MakeMatters(cluster_.address(1), cluster_.token(), flags_.tickets);
    if (!matters.ok()) return Complain(matters.status().ToString());
    for (const load::Matter& matter : *matters) tickets_.push_back(matter.ticket);
    auto before = fault::ReadHistories(*cluster_.Client(1), tickets_);
    if (!before.ok()) return Complain(before.status().ToString());
    before_ = *std::move(before);

    std::vector<Round> rounds;
    for (const std::string& fault : flags_.faults) {
      for (int n = 0; n < flags_.rounds; ++n) {
        Round round{fault, 0, {}, 0, {}};
        if (!One(&round)) return 1;
        rounds.push_back(std::move(round));
      }
    }
    for (size_t i = 0; i < static_cast<size_t>(flags_.nodes); ++i) {
      cluster_.process(i).Signal(SIGTERM);
      const int code = cluster_.process(i).Wait(absl::Seconds(30));
      if (code != 0)
        Complain(absl::StrCat("node ", cluster_.name(i), " stopped with ", code, ": ", cluster_.process(i).err()));
    }
    return Table(rounds);
  }

 private:
  // How the nodes stand, to be told when something is wrong.
  std::string Shards() const {
    std::string all;
    for (size_t i = 0; i < static_cast<size_t>(flags_.nodes); ++i) {
      const e2e::Ran ran =
          e2e::Run({e2e::Program("shoujie"), "--server", cluster_.address(i), "--token-file",
                    cluster_.secrets() + "/operator.token", "admin", "shards", "--service", "router", "-o", "wide"});
      absl::StrAppend(&all, "node ", cluster_.name(i), "\n", ran.out, ran.err, cluster_.log(i));
    }
    return all;
  }
  static int Complain(const std::string& what) {
    std::fprintf(stderr, "failover: %s\n", what.c_str());
    return 1;
  }

  bool One(Round* round) {
    bool settled = false;
    const auto owners = cluster_.Owners(1, &settled);
    const uint64_t acked_before = ledger_.counts().acked;
    std::vector<std::unique_ptr<Worker>> workers;
    for (const std::string& ticket : tickets_) {
      // On a node that lives; of a zombie, every third client stays with it.
      const bool on_it = round->fault == "SIGSTOP" && workers.size() % 3 == 0;
      workers.push_back(std::make_unique<Worker>(ticket, cluster_.Client(on_it ? 0 : 1, absl::Seconds(on_it ? 30 : 2)),
                                                 on_it, &ledger_, ++seed_));
    }
    absl::SleepFor(absl::Seconds(2));
    const absl::Time at = absl::Now();
    if (round->fault == "SIGTERM") {
      cluster_.process(0).Signal(SIGTERM);
    } else if (round->fault == "SIGKILL") {
      cluster_.process(0).Signal(SIGKILL);
    } else {
      cluster_.process(0).Signal(SIGSTOP);
    }
    absl::SleepFor(round->fault == "SIGTERM" ? absl::Seconds(4) : 2 * kSession);
    if (round->fault == "SIGSTOP") {
      cluster_.process(0).Signal(SIGCONT);
      absl::SleepFor(absl::Seconds(3));
    } else {
      const int code = cluster_.process(0).Wait(absl::Seconds(20));
      if (round->fault == "SIGTERM" && code != 0) {
        return Complain(absl::StrCat("the node stopped with ", code, ": ", cluster_.process(0).err())), false;
      }
      if (!cluster_.Start(0)) return false;
    }
    if (!cluster_.Settle(absl::Seconds(60))) return Complain("the nodes do not settle again"), false;
    absl::SleepFor(absl::Seconds(1));
    for (auto& worker : workers) worker->Stop();

    // By partition: the longest time without an acknowledgement by anybody, from a second before the fault to the end:
    // the node's return and the handing back are in it, too.
    std::map<uint32_t, std::vector<absl::Time>> acks;
    for (const auto& worker : workers) {
      if (worker->on_it()) continue;
      const uint32_t partition = PartitionOf(worker->ticket());
      const auto owner = owners.find(partition);
      if (owner == owners.end() || owner->second != cluster_.name(0)) continue;
      for (const absl::Time ack : worker->acks()) {
        if (ack >= at - absl::Seconds(1)) acks[partition].push_back(ack);
      }
    }
    for (auto& [partition, times] : acks) {
      std::sort(times.begin(), times.end());
      absl::Duration longest;
      for (size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
      round->gaps.push_back(times.size() < 2 ? absl::InfiniteDuration() : longest);
    }
    std::sort(round->gaps.begin(), round->gaps.end());
    round->partitions = acks.size();
    round->acked = ledger_.counts().acked - acked_before;

    // What was left open is repeated, everything is read back at both ends.
    const auto client = cluster_.Client(1);
    for (const size_t n : ledger_.unanswered()) {
      const fault::Entry entry = ledger_.entries()[n];
      for (const absl::Time limit = absl::Now() + absl::Seconds(20); absl::Now() < limit;) {
        auto reply = rpc::Call<CommandReply>(*client, entry.method, *entry.request);
        ledger_.Answered(n, reply);
        if (reply.ok() || !fault::LeavesOpen(reply.status())) break;
      }
    }
    for (size_t i = 0; i < 2; ++i) {
      auto histories = fault::ReadHistories(*cluster_.Client(i, absl::Minutes(1)), tickets_);
      if (!histories.ok()) {
        std::fprintf(stderr, "%s", Shards().c_str());
        return Complain(absl::StrCat("histories by node ", cluster_.name(i), " after ", round->fault, ": ",
                                     histories.status().ToString())),
               false;
      }
      for (fault::Finding& finding : fault::Check({ledger_.entries(), *histories, before_, true, ledger_.readings()})) {
        round->findings.push_back(std::move(finding));
      }
    }
    for (const std::string& what : ledger_.contradictions()) round->findings.push_back({"OTHER_ANSWER", what});
    return true;
  }

  int Table(const std::vector<Round>& rounds) const {
    std::printf("\n%d nodes, membership: %s, %zu tickets, 1 broker, session time-out %s\n", flags_.nodes,
                flags_.membership.c_str(), tickets_.size(), absl::FormatDuration(kSession).c_str());
    std::printf("%-8s %10s %10s %10s %10s %8s %6s %8s %8s\n", "fault", "partitions", "gap p50", "gap max", "limit",
                "acked", "lost", "doubled", "others");
    bool good = true;
    for (const Round& round : rounds) {
      uint64_t lost = 0, doubled = 0, others = 0;
      for (const fault::Finding& finding : round.findings) {
        lost += finding.kind == "LOST";
        doubled += finding.kind == "DOUBLED";
        others += finding.kind != "LOST" && finding.kind != "DOUBLED";
      }
      const absl::Duration limit = round.fault == "SIGTERM" ? absl::Seconds(1) : 1.2 * kSession;
      const absl::Duration most = round.gaps.empty() ? absl::InfiniteDuration() : round.gaps.back();
      const auto seconds = [](absl::Duration d) { return absl::ToDoubleSeconds(d); };
      std::printf("%-8s %10zu %8.2f s %8.2f s %8.2f s %8llu %6llu %8llu %8llu\n", round.fault.c_str(), round.partitions,
                  seconds(round.gaps.empty() ? most : round.gaps[round.gaps.size() / 2]), seconds(most), seconds(limit),
                  static_cast<unsigned long long>(round.acked), static_cast<unsigned long long>(lost),
                  static_cast<unsigned long long>(doubled), static_cast<unsigned long long>(others));
      for (size_t i = 0; i < round.findings.size() && i < 5; ++i) {
        std::printf("  %s: %s\n", round.findings[i].kind.c_str(), round.findings[i].what.c_str());
      }
      good &= round.findings.empty() && most <= limit;
    }
    return good ? 0 : 1;
  }

  const Flags& flags_;
  Cluster cluster_;
  Ledger ledger_;
  std::vector<std::string> tickets_;
  std::vector<fault::Recorded> before_;
  uint64_t seed_ = 0;
};

}  // namespace
}  // namespace shoujie

int main(int argc, char** argv) {
  shoujie::Flags flags;
  CLI::App app("How long nobody serves when a node of a cluster fails, and whether anything is lost or done twice.");
  app.add_option("--nodes", flags.nodes)->check(CLI::Range(2, 5))->capture_default_str();
  app.add_option("--rounds", flags.rounds, "of each fault")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--tickets", flags.tickets)->check(CLI::Range(8, 1000))->capture_default_str();
  app.add_option("--membership", flags.membership)->check(CLI::IsMember({"group", "static"}))->capture_default_str();
  app.add_option("--faults", flags.faults, "SIGTERM SIGKILL SIGSTOP")
      ->check(CLI::IsMember({"SIGTERM", "SIGKILL", "SIGSTOP"}));
  CLI11_PARSE(app, argc, argv);
  return shoujie::Failover(flags).Run();
}
