#include "tests/kafka/cluster_trial.h"

#include <signal.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "loadtest/generator/world.h"
#include "nlohmann/json.hpp"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/answers.h"
#include "tests/kafka/late_records.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

using common::v1::CommandReply;

constexpr int kTicketsUsual = 48, kTicketsBrief = 24;
constexpr absl::Duration kSettledWithin = absl::Seconds(40);
constexpr absl::Duration kReactedWithin = absl::Seconds(20);
constexpr absl::Duration kBefore = absl::Seconds(1);      // of a strike, from which on gaps count
constexpr absl::Duration kAfterwards = absl::Seconds(1);  // of work once all is served
constexpr absl::Duration kNoService = absl::Seconds(1);   // what the table calls so
constexpr size_t kRepeated = 40;  // of the commands that were answered: the last ones and some others
constexpr size_t kJournals = 3 * limits::kPartitions + 1;

std::string TicketOf(const std::string& contact) {
  return absl::StrCat("tickets/", contact.substr(absl::string_view("contacts/").size()), "-T1");
}

uint64_t Take(std::map<std::string, uint64_t>& found, const std::string& kind) {
  const auto it = found.find(kind);
  return it == found.end() ? 0 : found.extract(it).mapped();
}

std::string Seconds(absl::Duration d) { return absl::StrFormat("%.2f s", absl::ToDoubleSeconds(d)); }

Nodes::Options OptionsOf(const TrialSetup& setup, const Brokers& brokers) {
  Nodes::Options options;
  options.bootstrap = brokers.bootstrap();
  options.membership = setup.membership;
  options.prefix = Brokers::NewName();
  options.replicas = setup.replicas;
  return options;
}

}  // namespace

ClusterTrial::ClusterTrial(fault::Run* run, Brokers* brokers, TrialSetup setup)
    : run_(run),
      brokers_(brokers),
      tickets_(setup.tickets > 0      ? setup.tickets
               : run->options().brief ? kTicketsBrief
                                      : kTicketsUsual),
      nodes_(OptionsOf(setup, *brokers), std::move(setup.places)) {}

ClusterTrial::~ClusterTrial() { workers_.reset(); }

std::vector<std::string> ClusterTrial::Columns() {
  return {"fault",     "rounds",       "acknowledged", "lost",       "doubled",      "others",
          "left open", "cause lasted", "over 1 s",     "no service", "written late", "ignored"};
}

void ClusterTrial::Violation(const std::string& kind, const std::string& after, const std::string& what) {
  ++sums_.found[kind];
  run_->Violation(absl::StrCat(kind, " after ", after, ": ", what));
}

bool ClusterTrial::Begin() {
  if (std::string wrong = nodes_.MakeTopics(); !wrong.empty()) {
    return Violation("NO_START", "nothing", wrong), false;
  }
  if (!nodes_.StartAll() || !nodes_.Settle(absl::Seconds(60))) {
    return Violation("NO_START", "nothing", nodes_.Told()), false;
  }
  auto matters = load::MakeMatters(nodes_.address(nodes_.size() - 1), nodes_.token(), tickets_);
  if (!matters.ok()) return Violation("NO_START", "nothing", matters.status().ToString()), false;
  matters_ = *std::move(matters);
  std::vector<std::string> streams;
  for (const load::Matter& matter : matters_) {
    streams.push_back(matter.ticket);
    streams.push_back(matter.contact);
  }
  auto before = fault::ReadHistories(*nodes_.Client(0), streams);
  if (!before.ok()) return Violation("NO_START", "nothing", before.status().ToString()), false;
  before_ = *std::move(before);
  return true;
}

bool ClusterTrial::Round(const std::string& after, WorkOptions work, const std::function<bool()>& strike) {
  work.seed = run_->options().seed * 100 + ++works_;
  workers_ = std::make_unique<Workers>(&nodes_, &matters_, &ledger_, std::move(work));
  absl::SleepFor(2 * kBefore);
  struck_ = absl::Now();
  cured_ = absl::InfiniteFuture();
  const bool done = strike();
  if (cured_ == absl::InfiniteFuture()) Cured();
  const bool served = done && AwaitService(after);
  absl::SleepFor(kAfterwards);
  workers_->Stop();
  if (served) {
    gaps_ = workers_->Gaps(struck_ - kBefore);
    for (const auto& [partition, gap] : gaps_) sums_.gaps.push_back(gap);
    sums_.cause = std::max(sums_.cause, cured_ - struck_);
    ++sums_.rounds;
    Check(after);
  }
  workers_.reset();
  return served;
}

bool ClusterTrial::AwaitService(const std::string& after, absl::Duration limit) {
  std::string missing;
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(100))) {
    std::set<std::string> served;
    missing.clear();
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_.running(i)) continue;
      const auto shards = nodes_.Shards(i);
      if (shards.empty()) absl::StrAppend(&missing, "node ", nodes_.name(i), " does not answer; ");
      for (const auto& shard : shards) {
        if (shard.phase() == "serving") served.insert(shard.name());
        if (!shard.halted().empty() && halted_.count({shard.service(), shard.partition()}) == 0) {
          return Violation("HALTED", after, absl::StrCat(shard.name(), ": ", shard.halted())), false;
        }
      }
    }
    if (served.size() < kJournals - halted_.size()) absl::StrAppend(&missing, served.size(), " journals are served");
    if (missing.empty()) return true;
  }
  Violation("NO_SERVICE", after, missing);
  std::fprintf(stderr, "%s", nodes_.Told().c_str());
  return false;
}

bool ClusterTrial::StartAgain(size_t node) {
  if (nodes_.Start(node)) return true;
  Violation("NO_START", "the fault", absl::StrCat("node ", nodes_.name(node), ": ", nodes_.log(node).substr(0, 2000)));
  return false;
}

void ClusterTrial::StopNode(size_t node) {
  const int code = nodes_.Stop(node);
  if (code != 0) {
    Violation("NO_STOP", "SIGTERM",
              absl::StrCat("node ", nodes_.name(node), " ended with ", code, ": ", nodes_.log(node)));
  }
}

// What was left open is repeated, and some of what was answered, at one node after the other.
void ClusterTrial::Settle(const std::string& after) {
  std::vector<size_t> again = ledger_.unanswered();
  sums_.unanswered += again.size();
  const std::vector<fault::Entry> entries = ledger_.entries();
  fault::Random random(entries.size() + run_->options().seed);
  for (size_t i = 0; i < kRepeated && !entries.empty(); ++i) {
    const size_t n = i < kRepeated / 2 && i < entries.size() ? entries.size() - 1 - i : random.Below(entries.size());
    if (entries[n].fate == fault::Fate::kAcked) again.push_back(n);
  }
  std::vector<std::unique_ptr<rpc::Client>> clients;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_.running(i)) clients.push_back(nodes_.Client(i, absl::Seconds(5)));
  }
  const absl::Time limit = absl::Now() + kSettledWithin;
  size_t turn = 0;
  for (const size_t n : again) {
    absl::Status last;
    do {
      auto reply = rpc::Call<CommandReply>(*clients[turn++ % clients.size()], entries[n].method, *entries[n].request);
      ledger_.Answered(n, reply);
      last = reply.status();
    } while (!last.ok() && fault::LeavesOpen(last) && absl::Now() < limit);
    if (!last.ok() && fault::LeavesOpen(last)) {
      Violation("NO_ANSWER", after, absl::StrCat(entries[n].method, " ", entries[n].stream, ": ", last.ToString()));
      break;
    }
  }
  const std::vector<std::string> contradictions = ledger_.contradictions();
  for (; contradictions_said_ < contradictions.size(); ++contradictions_said_) {
    Violation("OTHER_ANSWER", after, contradictions[contradictions_said_]);
  }
}

// All of which something is known, those included that reactions must have made.
std::vector<std::string> ClusterTrial::Streams(const std::string& after) {
  std::set<std::string> streams, caused;
  for (const load::Matter& matter : matters_) {
    streams.insert(matter.ticket);
    streams.insert(matter.contact);
  }
  for (const fault::Entry& entry : ledger_.entries()) {
    if (entry.fate != fault::Fate::kAcked) continue;
    streams.insert(entry.stream);
    if (absl::EndsWith(entry.method, "/DisposeContact")) caused.insert(TicketOf(entry.stream));
  }
  const auto client = nodes_.Client(nodes_.running(0) ? 0 : 1);
  const absl::Time limit = absl::Now() + kReactedWithin;
  for (const std::string& ticket : caused) {
    common::v1::GetRequest get;
    get.set_name(ticket);
    absl::Status status;
    do {
      status = rpc::Call<router::v1::Ticket>(*client, "shoujie.router.v1.TicketService/GetTicket", get).status();
      if (!status.ok()) absl::SleepFor(absl::Milliseconds(20));
    } while (!status.ok() && absl::Now() < limit);
    if (status.ok()) {
      streams.insert(ticket);
    } else {
      Violation("NO_REACTION", after, absl::StrCat(ticket, ": ", status.ToString()));
    }
  }
  std::vector<std::string> all;
  for (const std::string& stream : streams) {
    const auto of = [&](const char* collection, const char* service) {
      return absl::StartsWith(stream, collection) && halted_.count({service, PartitionOf(stream)}) > 0;
    };
    if (!of("tickets/", "router") && !of("contacts/", "interaction")) all.push_back(stream);
  }
  return all;
}

void ClusterTrial::Check(const std::string& after) {
  Settle(after);
  const std::vector<std::string> streams = Streams(after);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_.running(i)) continue;
    auto histories = fault::ReadHistories(*nodes_.Client(i, absl::Minutes(1)), streams);
    if (!histories.ok()) {
      Violation("UNREADABLE", after, absl::StrCat("by node ", nodes_.name(i), ": ", histories.status().ToString()));
      continue;
    }
    for (const fault::Finding& finding :
         fault::Check({ledger_.entries(), *histories, before_, true, ledger_.readings()})) {
      Violation(finding.kind, after, absl::StrCat("by node ", nodes_.name(i), ": ", finding.what));
    }
    histories_ = *std::move(histories);
  }
  const uint64_t acked = ledger_.counts().acked;
  sums_.acked += acked - acked_before_;
  acked_before_ = acked;
}

void ClusterTrial::Row(const std::string& fault) {
  auto logs = ReadLogs(nodes_.options().bootstrap, prefix());
  uint64_t late = 0, ignored = 0;
  if (!logs.ok()) {
    Violation("UNREADABLE", fault, absl::StrCat("the journals: ", logs.status().ToString()));
  } else {
    for (const std::string& broken : logs->broken) {
      const bool meant = std::any_of(halted_.begin(), halted_.end(), [&](const Nodes::Journal& j) {
        return absl::StartsWith(broken, absl::StrCat(j.first, "/", j.second, " "));
      });
      if (!meant) Violation("BROKEN", fault, broken);
    }
    std::set<std::string> shown;
    for (const fault::Recorded& record : histories_) shown.insert(record.hash);
    for (const LateRecord& record : logs->late) {
      const std::string journal = absl::StrCat(record.journal.service, "/", record.journal.partition);
      if (!late_told_.emplace(journal, record.position).second) continue;
      ++late;
      ignored += shown.count(record.hash) == 0;
      if (shown.count(record.hash) > 0) {
        Violation("COUNTED_LATE", fault, absl::StrCat(journal, " at ", record.position));
      }
    }
  }
  Sums sums = TakeSums();
  const uint64_t lost = Take(sums.found, "LOST"), doubled = Take(sums.found, "DOUBLED");
  uint64_t others = 0;
  for (const auto& [kind, n] : sums.found) others += n;
  std::sort(sums.gaps.begin(), sums.gaps.end());
  const auto over = std::count_if(sums.gaps.begin(), sums.gaps.end(), [](absl::Duration g) { return g > kNoService; });
  run_->Row({fault, absl::StrCat(sums.rounds), absl::StrCat(sums.acked), absl::StrCat(lost), absl::StrCat(doubled),
             absl::StrCat(others), absl::StrCat(sums.unanswered), Seconds(sums.cause),
             absl::StrCat(over, " of ", sums.gaps.size()), sums.gaps.empty() ? "-" : Seconds(sums.gaps.back()),
             absl::StrCat(late), absl::StrCat(ignored)});
}

void ClusterTrial::Rounds(const std::string& fault, int times, const WorkOptions& work,
                          const std::function<bool(const std::string& after)>& strike) {
  if (!Begin()) return;
  bool going_on = true;
  for (int n = 0; n < times && going_on; ++n) {
    const std::string after = absl::StrCat(fault, " ", n);
    going_on = Round(after, work, [&] { return strike(after); });
    run_->Progress(n + 1, times, fault);
  }
  End();
  Row(fault);
}

void ClusterTrial::End() {
  if (std::exchange(ended_, true)) return;
  workers_.reset();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_.running(i)) nodes_.process(i).Signal(SIGTERM);
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_.running(i)) StopNode(i);
  }
  Verify();
}

void ClusterTrial::Verify() {
  std::vector<std::unique_ptr<e2e::Process>> proofs;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    proofs.push_back(std::make_unique<e2e::Process>(
        std::vector<std::string>{e2e::Program("shoujie"), "verify", "all", "--data", nodes_.data(i),
                                 "--master-key-file", nodes_.secrets() + "/master.key", "-o", "json"},
        nodes_.Env()));
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const int code = proofs[i]->Wait(absl::Minutes(5));
    if (code == 0) continue;
    std::string what = proofs[i]->err().substr(0, 600);
    const auto json = nlohmann::json::parse(proofs[i]->out(), nullptr, false);
    if (json.is_object() && json.contains("findings")) what = json["findings"].dump().substr(0, 1000);
    Violation("NOT_VERIFIED", "the last stop", absl::StrCat("node ", nodes_.name(i), ", exit code ", code, ": ", what));
  }
}

}  // namespace shoujie::kafka
