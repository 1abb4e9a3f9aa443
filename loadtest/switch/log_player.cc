#include "loadtest/switch/log_player.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "loadtest/switch/progress.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::loadtest {
namespace {

constexpr absl::Duration kAskAgain = absl::Milliseconds(20);
constexpr absl::Duration kBehind = absl::Seconds(1);  // of the machine: worth a word
constexpr absl::Duration kSayEvery = absl::Seconds(5);
constexpr absl::Duration kAdoptWithin = absl::Seconds(20);

// The log's agents must be known before they answer: a version of the directory with them, adopted by every shard.
absl::Status PublishNames(Session& session, const CallLog& log) {
  directory::v1::MergeVersionRequest merge;
  merge.set_request_id(session.NewRequestId());
  *merge.mutable_additions() = log.names;
  merge.set_note("agents, site and categories of a call log that is played");
  auto reply = rpc::Call<common::v1::CommandReply>(session.operations(),
                                                   "shoujie.directory.v1.DirectoryService/MergeVersion", merge);
  if (!reply.ok()) return reply.status();
  common::v1::GetRequest get;
  get.set_name("directories/main");
  auto directory = rpc::Call<directory::v1::Directory>(session.operations(),
                                                       "shoujie.directory.v1.DirectoryService/GetDirectory", get);
  if (!directory.ok()) return directory.status();
  for (const absl::Time until = absl::Now() + kAdoptWithin; absl::Now() < until; absl::SleepFor(kAskAgain)) {
    ops::v1::ListShardsRequest list;
    list.set_service("interaction");
    auto shards =
        rpc::Call<ops::v1::ListShardsResponse>(session.operations(), "shoujie.ops.v1.OpsService/ListShards", list);
    if (!shards.ok()) return shards.status();
    const bool adopted = std::all_of(shards->shards().begin(), shards->shards().end(), [&](const auto& shard) {
      return shard.adopted_version() >= directory->version();
    });
    if (adopted) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("the server's shards did not adopt the log's agents; see its log");
}

std::string Utc(absl::Time at) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone()); }

absl::Status CheckClock(Session& session, const CallLog& log, Progress* progress) {
  const absl::Time now = session.Now(), first = log.facts.front().at, last = log.facts.back().at;
  if (now > last) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the log ends at ", Utc(last), ", the server's clock shows ", Utc(now), "; start the server with --clock=",
        Utc(first - absl::Minutes(1)), ",x1000 on a new data directory, or give --speed to report the past"));
  }
  const auto late = std::count_if(log.facts.begin(), log.facts.end(), [&](const auto& fact) { return fact.at < now; });
  if (late > 0) progress->Warn(absl::StrCat(late, " facts lie before the server's clock and are told late"));
  const absl::Duration wait = session.clock().Until(first);
  if (wait > absl::Seconds(30)) {
    progress->Warn(absl::StrCat("the log begins at ", Utc(first), ": by the server's clock in ",
                                absl::FormatDuration(absl::Trunc(wait, absl::Seconds(1)))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Duration Pacer::Wait(const std::vector<LogFact>& facts, size_t next, absl::Duration most) const {
  if (next >= facts.size()) return absl::ZeroDuration();
  return std::clamp(clock_->Until(facts[next].at), absl::ZeroDuration(), most);
}

absl::Status PlayLog(Session& session, const LogCommand& command, const std::atomic<bool>& stop) {
  Progress progress(command.quiet);
  auto log = ReadCallLog(command.log);
  if (!log.ok()) return log.status();
  session.tally().Count("log/rows", log->rows);
  session.tally().Count("log/rows bad", log->bad);
  session.tally().Count("log/calls", log->calls.size());
  if (log->facts.empty()) return absl::NotFoundError("no call of the log begins on those days");
  if (auto status = PublishNames(session, *log); !status.ok()) return status;

  ServerClock own(session.machine());
  const ServerClock* pace = &session.clock();
  if (command.speed > 0) {
    own.Set(log->facts.front().at, command.speed);
    pace = &own;
  } else if (auto status = CheckClock(session, *log, &progress); !status.ok()) {
    return status;
  }
  if (const size_t resumed = session.outbox().resumed(); resumed > 0) {
    progress.Warn(absl::StrCat("delivering ", resumed, " commands that an earlier switch left in the outbox"));
  }
  session.Start([](const OutboxEntry&, const absl::StatusOr<std::string>&) {}, pace);

  const Pacer pacer(pace);
  size_t next = 0;
  absl::Time say_at = absl::Now() + kSayEvery;
  absl::Status status;
  while (!stop && status.ok() && (next < log->facts.size() || session.outbox().pending() > 0)) {
    for (const size_t due = pacer.Due(log->facts, next); next < due && status.ok(); ++next) {
      auto request = LiveFact(*log, log->facts[next]);
      status = session.Report(request.external_id(), kReportFact, &request).status();
      if (status.ok()) session.tally().Count("facts/told");
    }
    if (status.ok()) status = session.courier().trouble();
    if (status.ok()) status = session.outbox().health();
    const size_t pending = session.outbox().pending();
    std::string words =
        absl::StrFormat("%s  x%.0f  %d of %d facts", Utc(pace->Now()), pace->speed(), next, log->facts.size());
    if (pending > 0) absl::StrAppend(&words, "  outbox ", pending);
    progress.Show(static_cast<double>(next - std::min(next, pending)) / static_cast<double>(log->facts.size()), words);
    if (absl::Now() >= say_at) {
      say_at = absl::Now() + kSayEvery;
      const absl::Duration lag = session.tally().RecentLag();
      if (auto silent = session.courier().silent_since(); silent && absl::Now() - *silent > kBehind) {
        progress.Warn(absl::StrCat("the server is away; ", pending, " facts wait in the outbox"));
      } else if (lag > kBehind) {
        progress.Warn(absl::StrCat("behind: facts are acknowledged up to ", absl::FormatDuration(lag), " late (",
                                   absl::FormatDuration(absl::Trunc(lag * pace->speed(), absl::Seconds(1))),
                                   " of the log's time), ", pending, " wait in the outbox"));
      }
    }
    if (next < log->facts.size()) {
      absl::SleepFor(pacer.Wait(log->facts, next, kAskAgain));
    } else {
      session.outbox().WaitEmpty(kAskAgain);
    }
  }
  session.Stop();
  if (!status.ok()) return status;
  return stop ? absl::CancelledError("stopped; what was not delivered is in the outbox") : absl::OkStatus();
}

}  // namespace shoujie::loadtest
