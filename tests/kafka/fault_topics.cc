// Topics that are not what the nodes left: cut off, made anew, too narrow for a record; and records that nobody of this
// version wrote.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/whole_journal.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/fault/centre.h"
#include "tests/kafka/cluster_admin.h"
#include "tests/kafka/cluster_faults.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

namespace fs = std::filesystem;
using common::v1::CommandReply;

constexpr absl::Duration kNoticedWithin = absl::Seconds(30);
constexpr uint64_t kNarrow = 4096, kLongText = 12'000;  // bytes of a message, and of a note that does not fit
constexpr absl::Duration kNarrowFor = absl::Seconds(10);

std::string RouterTopic(const ClusterTrial& trial) { return trial.prefix() + ".router.journal"; }

// What a node says of a journal: why it is halted, or "" if it is not.
std::string HaltOf(ClusterTrial& trial, size_t node, uint32_t partition) {
  for (const auto& shard : trial.nodes().Shards(node)) {
    if (shard.service() == "router" && shard.partition() == partition) return shard.halted();
  }
  return "";
}

bool AwaitHalt(ClusterTrial& trial, size_t node, uint32_t partition, const std::string& with) {
  for (const absl::Time until = absl::Now() + kNoticedWithin; absl::Now() < until;) {
    if (absl::StrContains(HaltOf(trial, node, partition), with)) return true;
    absl::SleepFor(absl::Milliseconds(100));
  }
  return false;
}

void StopBroker(Brokers& brokers) {
  brokers.Signal(1, SIGTERM);
  brokers.AwaitEnd(1);
}

// Its start must be refused, because the journals are not those that its store was made from.
void MustRefuse(ClusterTrial& trial, size_t node, const std::string& after) {
  const int code = trial.nodes().process(node).Wait(absl::Minutes(1));
  const std::string log = trial.nodes().log(node);
  if (code == e2e::kRefusedStart &&
      (absl::StrContains(log, "JOURNAL_SHORT: ") || absl::StrContains(log, "JOURNAL_FOREIGN: "))) {
    return;
  }
  trial.Violation("NOT_REFUSED_START", after,
                  absl::StrCat("node ", trial.nodes().name(node), ", exit code ", code, ": ", log.substr(0, 2000)));
  trial.nodes().process(node).Signal(SIGKILL);
  trial.nodes().process(node).Wait(absl::Seconds(10));
}

// Of a stopped broker's directory: makes it forget what it knew of the ends of its logs, so that it looks.
void ForgetEnds(const std::string& data) {
  for (const char* file : {".kafka_cleanshutdown", "recovery-point-offset-checkpoint", "replication-offset-checkpoint",
                           "log-start-offset-checkpoint"}) {
    fs::remove(absl::StrCat(data, "/", file));
  }
}

// Cuts a partition's log in half.
void CutLog(const std::string& log) {
  for (const auto& file : fs::directory_iterator(log)) {
    const std::string kind = file.path().extension();
    if (kind == ".log") {
      fs::resize_file(file.path(), fs::file_size(file.path()) / 2);
    } else if (kind != ".metadata") {
      fs::remove(file.path());
    }
  }
}

// Appends one record to the journal as if its owner had written it in a later version. Its revision.
absl::StatusOr<uint64_t> AppendUnknown(ClusterTrial& trial, uint32_t partition) {
  KafkaJournals::Options options;
  options.cluster.bootstrap = trial.nodes().options().bootstrap;
  options.cluster.prefix = trial.prefix();
  options.topics = {{"router", limits::kPartitions}};
  options.allow_unsafe_topics = true;
  auto journals = KafkaJournals::Open(options);
  if (!journals.ok()) return journals.status();
  auto journal = (*journals)->Get({"router", partition});
  auto end = (*journals)->End({"router", partition});
  if (!journal.ok() || !end.ok()) return absl::UnavailableError("the journal cannot be read");
  WholeJournal whole(*journal, *end);
  Fold fold;
  while (fold.position < *end) {
    std::vector<StoredRecord> records;
    if (absl::Status status = whole.Read(fold.position, 1000, &records); !status.ok()) return status;
    for (const StoredRecord& stored : records) {
      journal::v1::Record record;
      Verdict verdict;
      if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("no record");
      if (absl::Status status = fold.Step(stored.position, record, &verdict); !status.ok()) return status;
    }
  }
  journal::v1::Record record;
  auto* commit = record.mutable_commit();
  commit->set_revision(fold.revision + 1);
  commit->set_term(fold.term);
  commit->set_stable(fold.revision);
  commit->set_command_id("of a later version");
  commit->set_principal("system/router");
  commit->set_recorded_at_ms(absl::ToUnixMillis(absl::Now()));
  commit->set_stream_id("tickets/later");
  commit->set_stream_version(1);
  commit->add_events()->set_body(std::string("\xfa\xff\x0f\x00", 4));  // a message in field 32 767, which nobody knows
  absl::Notification reported;
  Report report;
  auto writer = (*journal)->NewWriter([&](const Report& told) {
    report = told;
    reported.Notify();
  });
  writer->Send({record.SerializeAsString()});
  if (!reported.WaitForNotificationWithTimeout(kNoticedWithin) || !report.ok) {
    return absl::UnavailableError("the record was not written");
  }
  return fold.revision + 1;
}

}  // namespace

// The log ends before the place of the nodes' stores: they refuse it. With the right log everything is there again.
void TopicCut(fault::Run& run, const char* name, int) {
  Brokers brokers(1);
  ClusterTrial trial(&run, &brokers);
  if (!trial.Begin()) return;
  const std::string log =
      absl::StrCat(brokers.data(1), "/", RouterTopic(trial), "-", PartitionOf(trial.matters().front().ticket));
  const TempDir kept;
  trial.Round(name, {}, [&] {
    for (size_t i = 0; i < 2; ++i) trial.StopNode(i);
    StopBroker(brokers);
    fault::CopyTree(log, kept / "log");
    CutLog(log);
    ForgetEnds(brokers.data(1));
    brokers.StartAgain(1);
    for (size_t i = 0; i < 2; ++i) {
      trial.nodes().Launch(i);
      MustRefuse(trial, i, name);
    }
    StopBroker(brokers);
    fault::RemoveTree(log);
    fault::CopyTree(kept / "log", log);
    ForgetEnds(brokers.data(1));
    brokers.StartAgain(1);
    return trial.StartAgain(0) && trial.StartAgain(1);
  });
  trial.End();
  trial.Row(name);
}

// A topic that is deleted and made anew under running nodes: nothing is acknowledged on it, and its journals halt with
// a reason; nor does a start take it for the old one. What was in it is lost by the operator's hand: nothing else is
// left to be judged.
void TopicAnew(fault::Run& run, const char* name, int) {
  Brokers brokers(1);
  ClusterTrial trial(&run, &brokers);
  if (!trial.Begin()) return;
  const auto acked = [&] {
    const std::vector<fault::Entry> entries = trial.ledger().entries();
    return std::count_if(entries.begin(), entries.end(), [](const fault::Entry& entry) {
      return entry.fate == fault::Fate::kAcked && absl::StartsWith(entry.stream, "tickets/");
    });
  };
  const uint32_t partition = PartitionOf(trial.matters().front().ticket);
  Workers workers(&trial.nodes(), &trial.matters(), &trial.ledger(), {.intake = 0});
  absl::SleepFor(absl::Seconds(2));
  absl::Status done = DeleteTopic(brokers.bootstrap(), RouterTopic(trial));
  const auto before = acked();
  const absl::Time gone = absl::Now();
  if (done.ok()) {
    if (const std::string wrong = trial.nodes().MakeTopics(); !wrong.empty()) done = absl::UnknownError(wrong);
  }
  if (!done.ok()) trial.Violation("NOTHING_DONE", name, done.ToString());
  bool halted = done.ok();
  for (size_t i = 0; i < 2 && halted; ++i) {
    halted = AwaitHalt(trial, i, partition, "journal");
    if (!halted) trial.Violation("NOT_HALTED", name, absl::StrCat("node ", trial.nodes().name(i)));
  }
  const absl::Duration noticed = absl::Now() - gone;
  workers.Stop();
  const auto lost = acked() - before;
  if (lost > 0) trial.Violation("LOST", name, absl::StrCat(lost, " were acknowledged on the new topic"));
  for (size_t i = 0; i < 2; ++i) {
    trial.nodes().process(i).Signal(SIGTERM);
    trial.nodes().process(i).Wait(absl::Seconds(40));
    trial.nodes().Launch(i);
    MustRefuse(trial, i, name);
  }
  run.Row({name, "1", absl::StrCat(before), absl::StrCat(lost), "0", absl::StrCat(run.violations()), "-",
           absl::StrCat("noticed in ", absl::FormatDuration(absl::Trunc(noticed, absl::Milliseconds(100)))), "-", "-",
           "-", "-"});
}

// The broker refuses records that are larger than the topic allows since an operator's mistake: they stay open, all
// others go on, and once it is mended nothing is missing.
bool TopicNarrow(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("a narrow topic ", n);
  return trial.Round(after, {.text_bytes = kLongText}, [&] {
    for (const uint64_t bytes : {kNarrow, uint64_t{kMessageBytesMin}}) {
      absl::Status set = SetMessageBytes(trial.nodes().options().bootstrap, RouterTopic(trial), bytes, 1);
      if (!set.ok()) return trial.Violation("NOTHING_DONE", after, set.ToString()), false;
      if (bytes == kNarrow) absl::SleepFor(kNarrowFor);
    }
    return true;
  });
}

// A record of a later version: its journal halts on every node, with where and why; all others serve.
void RecordUnknown(fault::Run& run, const char* name, int) {
  Brokers brokers(1);
  ClusterTrial trial(&run, &brokers);
  if (!trial.Begin()) return;
  std::set<uint32_t> used;
  for (const load::Matter& matter : trial.matters()) used.insert(PartitionOf(matter.ticket));
  uint32_t partition = 0;
  while (used.count(partition) > 0) ++partition;
  trial.Halted({"router", partition});
  trial.Round(name, {.intake = 0}, [&] {
    auto revision = AppendUnknown(trial, partition);
    if (!revision.ok()) return trial.Violation("NOTHING_DONE", name, revision.status().ToString()), false;
    for (size_t i = 0; i < 2; ++i) {
      if (!AwaitHalt(trial, i, partition, absl::StrCat("revision ", *revision))) {
        trial.Violation("NOT_HALTED", name,
                        absl::StrCat("node ", trial.nodes().name(i), ": ", HaltOf(trial, i, partition)));
      }
    }
    // A restart changes nothing about it.
    trial.StopNode(0);
    return trial.StartAgain(0);
  });
  trial.Row(name);
}

}  // namespace shoujie::kafka
