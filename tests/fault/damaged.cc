#include "tests/fault/damaged.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rocks/fatal.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "tests/fault/centre.h"
#include "tests/fault/clients.h"
#include "tests/support/process/server.h"

namespace shoujie::fault {
namespace {

namespace fs = std::filesystem;
using common::v1::CommandReply;

constexpr int kHeldCustomers = 8;
constexpr absl::Duration kRoundsBegin = absl::Minutes(2);  // on its clock: behind all that was recorded, before timers
constexpr size_t kRepeatedAfter = 24;

// Errors that say that data or keys are damaged. NOT_FOUND never does.
bool SaysDamage(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (reason.empty()) return false;
  return absl::IsDataLoss(status) || reason == "SHARD_HALTED" || reason == "LISTS_HALTED" ||
         reason == "TOKEN_UNKNOWN" || reason == "TOKEN_MISSING" || absl::StartsWith(reason, "KEY") ||
         absl::StartsWith(reason, "STORAGE_");
}

std::string Told(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason.empty() ? status.ToString() : reason;
}

std::string RefusalOf(const std::string& err) {
  for (absl::string_view line : absl::StrSplit(err, '\n')) {
    const size_t fatal = line.find("fatal: ");
    if (fatal != absl::string_view::npos)
      return std::string(line.substr(fatal + 7, line.find(':', fatal + 7) - fatal - 7));
    const absl::string_view begin = "shoujied: ";
    if (!absl::StartsWith(line, begin)) continue;
    const std::vector<std::string> parts = absl::StrSplit(line.substr(begin.size()), ':');
    const bool reason =
        std::all_of(parts[0].begin(), parts[0].end(), [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
    if (reason && !parts[0].empty()) return parts[0];
  }
  return "";
}

// Whether this is no answer because the server ended; the connection breaks a moment before the process can be reaped.
bool Gone(const absl::Status& status, e2e::Process& process) {
  return absl::IsUnavailable(status) && ReasonOf(status) == "SERVER_UNREACHABLE" &&
         process.Wait(absl::Seconds(3)) != -1;
}

// A server that ended by itself.
Judged Ended(e2e::Process& process) {
  const int code = process.Wait(absl::Seconds(20));
  const std::string err = process.err(), reason = RefusalOf(err);
  if (code == -1) return {Outcome::kWrong, "neither ready nor ended"};
  if ((code == e2e::kRefusedStart || code == rocks::kExitStorageFailed) && !reason.empty())
    return {Outcome::kAtStart, reason};
  return {Outcome::kWrong, absl::StrCat("ended with ", code, ": ", err.substr(0, 500))};
}

}  // namespace

std::string KindOf(const std::string& file) {
  const size_t slash = file.find('/');
  if (slash == std::string::npos) return file;
  const std::string folder = file.substr(0, slash), name = file.substr(slash + 1);
  if (absl::EndsWith(name, ".sst")) return folder + " SST";
  if (absl::EndsWith(name, ".log")) return folder + " WAL";
  for (const char* kind : {"MANIFEST", "OPTIONS", "CURRENT", "IDENTITY", "LOG", "LOCK"}) {
    if (absl::StartsWith(name, kind)) return absl::StrCat(folder, " ", kind);
  }
  return file;
}

std::string Undamaged::ClockFlag(absl::Duration later) const {
  return absl::StrCat("--clock=", absl::FormatTime(absl::RFC3339_sec, begin_ + later, absl::UTCTimeZone()), ",x1");
}

std::unique_ptr<Undamaged> Undamaged::Make(Run* run, int sessions) {
  auto made = std::unique_ptr<Undamaged>(new Undamaged);
  made->data_ = run->Path(absl::StrCat("undamaged-", sessions));
  made->begin_ = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  auto fail = [&](const std::string& why) {
    run->Violation("no data to begin with: " + why);
    return nullptr;
  };
  auto centre = MakeCentre(made->data_, kHeldCustomers, {made->ClockFlag(absl::ZeroDuration())});
  if (!centre.ok()) return fail(centre.status().ToString());
  Ledger ledger;
  for (int session = 1; session <= sessions; ++session) {
    const absl::Duration later = absl::Seconds(20 * session);
    e2e::Server server(made->data_, {made->ClockFlag(later)});
    if (server.address().empty()) return fail(server.process().err());
    Clients clients({.address = server.address(),
                     .token = TokenOf(made->data_),
                     .clients = 4,
                     .seed = static_cast<uint64_t>(session),
                     .ahead = made->begin_ + later - absl::Now()},
                    &centre->matters, &ledger);
    while (clients.acked() < 60 && clients.working() > 0) absl::SleepFor(absl::Milliseconds(1));
    clients.Stop();
    if (int code = server.Stop(); code != 0) return fail(absl::StrCat("exit code ", code));
  }
  for (const Entry& entry : ledger.entries()) {
    if (entry.fate != Fate::kAcked) return fail(absl::StrCat("a command was not acknowledged: ", entry.refusal));
    if (absl::EndsWith(entry.method, "/CreateCustomer")) {
      made->phones_.push_back(
          static_cast<const profile::v1::CreateCustomerRequest&>(*entry.request).identifier().value());
    }
  }
  made->commands_ = ledger.entries();
  {
    const std::string copy = run->Path("asked");
    CopyTree(made->data_, copy);
    e2e::Server server(copy, {made->ClockFlag(kRoundsBegin)});
    rpc::Client client({.target = server.address(), .token = TokenOf(copy)});
    auto streams = ListStreams(client);
    if (!streams.ok()) return fail(streams.status().ToString());
    made->streams_ = *std::move(streams);
    made->answers_ = AskAll(client, made->streams_, made->phones_);
    for (const auto& [question, answer] : made->answers_) {
      if (!answer.status.ok()) return fail(absl::StrCat(question, ": ", answer.status.ToString()));
    }
    server.Kill();
    RemoveTree(copy);
  }
  for (const auto& file : fs::recursive_directory_iterator(made->data_)) {
    if (file.is_regular_file() && file.file_size() > 0) {
      made->files_.push_back(fs::relative(file.path(), made->data_).string());
    }
  }
  std::sort(made->files_.begin(), made->files_.end());
  return made;
}

Judged Undamaged::Judge(const std::string& data) const {
  e2e::Server server(data, {ClockFlag(kRoundsBegin)});
  if (server.address().empty()) return Ended(server.process());
  {
    rpc::Client client({.target = server.address(), .token = TokenOf(data), .timeout = absl::Seconds(10)});
    std::string damage;
    const auto answers = AskAll(client, streams_, phones_);
    for (const auto& [question, answer] : answers) {
      const auto& before = answers_.at(question);
      if (answer.status.ok() && answer.text == before.text) continue;
      if (Gone(answer.status, server.process())) return Ended(server.process());
      if (answer.status.ok() || !SaysDamage(answer.status)) {
        return {Outcome::kWrong,
                absl::StrCat(question, " → ",
                             answer.status.ok()
                                 ? absl::StrCat("another answer: ", absl::CEscape(answer.text.substr(0, 300)))
                                 : answer.status.ToString())};
      }
      damage = Told(answer.status);
    }
    // Same command id, same answer (I9).
    for (size_t i = 0; i < kRepeatedAfter; ++i) {
      const Entry& entry = commands_[i * (commands_.size() - 1) / (kRepeatedAfter - 1)];
      auto reply = rpc::Call<CommandReply>(client, entry.method, *entry.request);
      if (reply.ok() && reply->SerializeAsString() == entry.reply) continue;
      if (Gone(reply.status(), server.process())) return Ended(server.process());
      if (reply.ok() || !SaysDamage(reply.status())) {
        return {Outcome::kWrong, absl::StrCat("repeating ", entry.method, " → ",
                                              reply.ok() ? reply->ShortDebugString() : reply.status().ToString())};
      }
      damage = Told(reply.status());
    }
    if (!damage.empty()) return {Outcome::kByRead, damage};
  }
  if (const int code = server.Stop(); code != 0) {
    const Judged ended = Ended(server.process());
    return ended.outcome == Outcome::kAtStart ? Judged{Outcome::kByRead, ended.reason} : ended;
  }
  Verification verification(data);
  switch (const int code = verification.Wait()) {
    case 0:
      return {Outcome::kHarmless, ""};
    case 6:
      return {Outcome::kByVerify, verification.what().substr(0, 200)};
    default:
      if (code > 0 && code < 128) return {Outcome::kByVerify, verification.what().substr(0, 200)};
      return {Outcome::kWrong, absl::StrCat("verify ended with ", code, ": ", verification.what())};
  }
}

}  // namespace shoujie::fault
