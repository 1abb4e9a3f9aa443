#include "tests/fault/trial.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "tests/fault/answers.h"

namespace shoujie::fault {
namespace {

using common::v1::CommandReply;

constexpr absl::Duration kSettledWithin = absl::Seconds(20);
constexpr size_t kRepeated = 40;  // of the commands that were answered, the last ones and some others
constexpr absl::Duration kReactedWithin = absl::Seconds(20);

std::string TicketOf(const std::string& contact) {
  return absl::StrCat("tickets/", contact.substr(absl::string_view("contacts/").size()), "-T1");
}

}  // namespace

Trial::Trial(Run* run, const std::string& name) : run_(run), data_(run->Path(name)) {
  CopyTree(run->centre().data, data_);
}

Trial::~Trial() {
  server_.reset();
  clients_.reset();
  verification_.reset();
  RemoveTree(data_);
  RemoveTree(data_ + ".image");
}

bool Trial::StartServer(const Start& start) {
  server_.reset();  // first: the directory is locked
  server_ = std::make_unique<e2e::Server>(data_, start.flags, start.env, start.under);
  return !server_->address().empty();
}

bool Trial::MustStart(const std::string& after) { return MustStart(after, Start()); }

bool Trial::MustStart(const std::string& after, const Start& start) {
  if (StartServer(start)) return true;
  Say("NO_START", after,
      absl::StrCat("exit code ", server_->process().Wait(absl::Seconds(1)), ": ",
                   server_->process().err().substr(0, 800)));
  return false;
}

void Trial::StopServer() {
  const int code = server_->Stop();
  ended_at_ms_ = absl::ToUnixMillis(absl::Now());
  if (code != 0) Say("NO_STOP", "SIGTERM", absl::StrCat("exit code ", code, ": ", server_->process().err()));
  server_.reset();
}

Clients& Trial::Work(ClientsOptions options) {
  options.address = server_->address();
  options.token = TokenOf(data_);
  options.seed = run_->options().seed * 100 + ++works_;
  options.ahead = ahead_;
  clients_ = std::make_unique<Clients>(std::move(options), &run_->centre().matters, &ledger_);
  return *clients_;
}

void Trial::Rest() {
  if (clients_ == nullptr) return;
  clients_->Stop();
  ended_at_ms_ = absl::ToUnixMillis(absl::Now());
  clients_.reset();
}

void Trial::WorkFor(absl::Duration time, ClientsOptions options) {
  Clients& clients = Work(std::move(options));
  for (const absl::Time until = absl::Now() + time; absl::Now() < until && clients.working() > 0;) {
    absl::SleepFor(std::min(absl::Milliseconds(5), until - absl::Now()));
  }
}

std::unique_ptr<rpc::Client> Trial::Operator() const {
  return std::make_unique<rpc::Client>(
      rpc::ClientOptions{.target = server_->address(), .token = TokenOf(data_), .timeout = absl::Seconds(20)});
}

void Trial::Say(const std::string& kind, const std::string& after, const std::string& what) {
  ++found_[kind];
  run_->Violation(absl::StrCat(kind, " after ", after, ": ", what));
}

void Trial::Settle(rpc::Client& client, const std::string& after) {
  std::vector<size_t> open = ledger_.unanswered();
  settled_ += open.size();
  const std::vector<Entry> entries = ledger_.entries();
  std::vector<size_t> again;
  Random random(entries.size());
  for (size_t n = entries.size(); n-- > 0 && again.size() < kRepeated / 2;) again.push_back(n);
  for (size_t i = 0; i < kRepeated / 2 && !entries.empty(); ++i) again.push_back(random.Below(entries.size()));
  for (const size_t n : again) {
    if (entries[n].fate == Fate::kAcked) open.push_back(n);
  }
  const absl::Time limit = absl::Now() + kSettledWithin;
  for (const size_t n : open) {
    absl::Status last;
    do {
      auto reply = rpc::Call<CommandReply>(client, entries[n].method, *entries[n].request);
      ledger_.Answered(n, reply);
      last = reply.status();
      if (reply.ok() && entries[n].fate == Fate::kUnanswered && ahead_ == absl::ZeroDuration() &&
          google::protobuf::util::TimeUtil::TimestampToMilliseconds(reply->recorded_at()) <= ended_at_ms_) {
        ++had_taken_effect_;
      }
    } while (!last.ok() && LeavesOpen(last) && absl::Now() < limit);
    if (!last.ok() && LeavesOpen(last)) {
      return Say("NO_ANSWER", after, absl::StrCat(entries[n].method, ": ", last.ToString()));
    }
  }
  const std::vector<std::string> contradictions = ledger_.contradictions();
  for (; contradictions_said_ < contradictions.size(); ++contradictions_said_) {
    Say("OTHER_ANSWER", after, contradictions[contradictions_said_]);
  }
}

void Trial::Check(const std::string& after) {
  const auto client = Operator();
  Settle(*client, after);
  Question question{ledger_.entries(), {}, run_->centre().histories, true, ledger_.readings()};
  // Every contact that was disposed of as a ticket has one, by reaction.
  std::set<std::string> tickets;
  uint64_t disposed = 0;
  for (const Entry& entry : question.entries) {
    if (entry.fate != Fate::kAcked || !absl::EndsWith(entry.method, "/DisposeContact")) continue;
    ++disposed;
    tickets.insert(TicketOf(entry.stream));
  }
  std::set<std::string> listed;
  for (const absl::Time limit = absl::Now() + kReactedWithin;; absl::SleepFor(absl::Milliseconds(10))) {
    auto streams = ListStreams(*client);
    if (!streams.ok()) return Say("UNREADABLE", after, streams.status().ToString());
    listed = {streams->begin(), streams->end()};
    if (std::includes(listed.begin(), listed.end(), tickets.begin(), tickets.end()) || absl::Now() > limit) break;
  }
  std::set<std::string> wanted = tickets;
  for (const Entry& entry : question.entries) {
    if (entry.fate == Fate::kAcked) wanted.insert(entry.stream);
  }
  for (const Recorded& record : question.before) wanted.insert(record.stream);
  for (const std::string& stream : wanted) {
    if (listed.count(stream) == 0) Say("NOT_LISTED", after, stream);
  }
  wanted.insert(listed.begin(), listed.end());
  auto histories = ReadHistories(*client, {wanted.begin(), wanted.end()});
  if (!histories.ok()) return Say("UNREADABLE", after, histories.status().ToString());
  question.histories = *std::move(histories);
  for (const Finding& finding : fault::Check(question)) {
    if (!others_ || finding.kind != "FOREIGN") Say(finding.kind, after, finding.what);
  }
  histories_ = std::move(question.histories);

  // Reports count what was acknowledged, no more and no less.
  auto reports = ReadReports(*client);
  if (!reports.ok()) return Say("UNREADABLE", after, reports.status().ToString());
  const auto count = [&](const char* collection) {
    return std::count_if(wanted.begin(), wanted.end(), [&](const auto& s) { return absl::StartsWith(s, collection); });
  };
  if (reports->contacts.contacts() != count("contacts/") || reports->handoffs.tickets() != count("tickets/") ||
      reports->contacts.by_disposition().at("ticket") != disposed + run_->centre().matters.size()) {
    Say("REPORT", after,
        absl::StrCat(reports->contacts.contacts(), " contacts of ", count("contacts/"), ", ",
                     reports->handoffs.tickets(), " tickets of ", count("tickets/"), ", ",
                     reports->contacts.by_disposition().at("ticket"), " disposed of as tickets of ",
                     disposed + run_->centre().matters.size()));
  }
}

void Trial::BeginVerify() {
  CopyTree(data_, data_ + ".image");
  verification_ = std::make_unique<Verification>(data_ + ".image");
}

void Trial::EndVerify(const std::string& after) {
  if (verification_ == nullptr) return;
  const int code = verification_->Wait();
  if (code != 0) Say("NOT_VERIFIED", after, absl::StrCat("exit code ", code, ": ", verification_->what()));
  verified_records_ += verification_->records();
  verification_.reset();
}

void Trial::Verify(const std::string& after) {
  BeginVerify();
  EndVerify(after);
}

}  // namespace shoujie::fault
