// A ticket's whole life by real principals on a real server: from the ring to the second closing, with time travel, and
// with the proof that somebody was accountable at every instant. What was acknowledged outlives Ctrl-C and kill -9.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using router::v1::Ticket;

// What stands after each version of the ticket of `ThroughTheCommandLine`.
struct Expected {
  const char* event;
  const char* owner;
  const char* holder;  // of the custody that runs
  router::v1::CustodyKind kind;
  router::v1::TicketState state;
};
constexpr auto kOwns = router::v1::CUSTODY_KIND_OWNER, kOffered = router::v1::CUSTODY_KIND_OFFERED,
               kSigned = router::v1::CUSTODY_KIND_SIGNED, kClosed = router::v1::CUSTODY_KIND_CLOSED;
constexpr Expected kLife[] = {
    {"ticket_opened", "1005", "1005", kOwns, router::v1::TICKET_STATE_NEW},
    {"handoff_offered", "1005", "tech", kOffered, router::v1::TICKET_STATE_OFFERED},
    {"handoff_refused", "1005", "1005", kOwns, router::v1::TICKET_STATE_ACTIVE},
    {"handoff_offered", "1005", "warehouse", kOffered, router::v1::TICKET_STATE_OFFERED},
    {"handoff_signed", "1005", "warehouse", kSigned, router::v1::TICKET_STATE_SIGNED},
    {"progress_reported", "1005", "warehouse", kSigned, router::v1::TICKET_STATE_SIGNED},
    {"urged", "1005", "warehouse", kSigned, router::v1::TICKET_STATE_SIGNED},
    {"handoff_completed", "1005", "1005", kOwns, router::v1::TICKET_STATE_ACTIVE},
    {"ticket_closed", "1005", "1005", kClosed, router::v1::TICKET_STATE_CLOSED},
    {"ticket_reopened", "1005", "1005", kOwns, router::v1::TICKET_STATE_ACTIVE},
    {"ownership_transferred", "1006", "1006", kOwns, router::v1::TICKET_STATE_ACTIVE},
    {"ownership_transferred", "1007", "1007", kOwns, router::v1::TICKET_STATE_ACTIVE},
    {"ticket_closed", "1007", "1007", kClosed, router::v1::TICKET_STATE_CLOSED},
};

std::string Iso(absl::Time at) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", at, absl::UTCTimeZone()); }

const router::v1::Custody& Running(const Ticket& ticket) { return *ticket.episodes().rbegin()->custody().rbegin(); }

void ExpectStands(const Ticket& ticket, const Expected& expected) {
  EXPECT_EQ(ticket.owner(), expected.owner);
  EXPECT_EQ(Running(ticket).party().id(), expected.holder);
  EXPECT_EQ(Running(ticket).kind(), expected.kind);
  EXPECT_EQ(ticket.state(), expected.state);
}

class TicketLife : public testing::Test {
 protected:
  void SetUp() override { Start(); }
  void Start() {
    const absl::Time before = absl::Now();
    server_ = std::make_unique<Server>(dir_ / "data", std::vector<std::string>{},
                                       std::vector<std::string>{"TMPDIR=" + dir_.path()});
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    started_in_ = absl::Now() - before;
    if (people_) {
      people_->Reconnect(server_.get());
    } else {
      people_ = std::make_unique<People>(server_.get());
    }
  }

  // Runs and must succeed.
  std::string Cli(const std::string& who, std::vector<std::string> args) {
    const Ran ran = people_->Cli(who, args);
    EXPECT_EQ(ran.code, 0) << who << ": " << testing::PrintToString(args) << "\n" << ran.err;
    return ran.out;
  }
  // Runs and must be refused for that reason.
  void Refused(const std::string& who, std::vector<std::string> args, const std::string& reason) {
    const Ran ran = people_->Cli(who, args);
    EXPECT_NE(ran.code, 0) << testing::PrintToString(args);
    EXPECT_NE(ran.err.find("[" + reason + "]"), std::string::npos) << ran.err;
  }
  json CliJson(const std::string& who, std::vector<std::string> args) {
    args.insert(args.end(), {"-o", "json"});
    return json::parse(Cli(who, std::move(args)), nullptr, false);
  }
  Ticket TicketNow(const std::string& name) {
    auto ticket = Get<Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), name);
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    return ticket.value_or(Ticket());
  }
  std::vector<common::v1::HistoryEntry> HistoryOf(const std::string& name,
                                                  common::v1::ListHistoryRequest request = {}) {
    request.set_name(name);
    auto history = History(people_->As(kOperator), absl::StrCat(kTickets, "ListTicketHistory"), request);
    EXPECT_TRUE(history.ok()) << history.status();
    return history.value_or(std::vector<common::v1::HistoryEntry>());
  }
  std::vector<std::string> Listed(std::vector<std::string> filter) {
    std::vector<std::string> args = {"ticket", "list"};
    args.insert(args.end(), filter.begin(), filter.end());
    std::vector<std::string> names;
    const json answer = CliJson("agents/1005", args);
    for (const auto& row : answer["tickets"]) names.push_back(row["name"]);
    return names;
  }
  // Of the running server, over a checkpoint that is made beside the data.
  Ran VerifyLive(std::vector<std::string> what) {
    std::vector<std::string> args = {Program("shoujie"),    "--server", server_->address(), "--token-file",
                                     server_->token_file(), "verify"};
    args.insert(args.end(), what.begin(), what.end());
    args.insert(args.end(), {"--master-key-file", server_->data() + "/master.key"});
    return e2e::Run(std::move(args), {"TMPDIR=" + dir_.path()});
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  absl::Duration started_in_;
};

TEST_F(TicketLife, ThroughTheCommandLine) {
  // A call comes in, is answered, gets its record and goes on as a ticket.
  const std::vector<std::string> call = {"contact", "report-fact",  "--source",    "switch-1", "--external-id",
                                         "77",      "--identifier", "13800138000", "--site",   "hangzhou"};
  auto fact = [&](std::vector<std::string> more) {
    std::vector<std::string> args = call;
    args.insert(args.end(), more.begin(), more.end());
    return CliJson(kSwitch, args)["name"].get<std::string>();
  };
  fact({"--fact.offered", R"({"agents":["1005"]})", "--occurred-at", "now-90s"});
  fact({"--fact.answered.agent", "1005", "--occurred-at", "now-80s"});
  const std::string contact = fact({"--fact.ended.release-party", "customer", "--occurred-at", "now-10s"});
  ASSERT_EQ(contact.rfind("contacts/", 0), 0u) << contact;
  const std::string owner = "agents/1005";
  Cli(owner, {"contact", "record", contact, "--customer-name", "王女士", "--phone", "13800138000", "--type", "fault",
              "--matter", "screen stays black", "--read-back", "phone"});
  Refused("agents/1006", {"contact", "dispose", contact, "ticket"}, "NOT_YOURS");
  Cli(owner, {"contact", "dispose", contact, "ticket", "--department", "tech", "--gist", "screen stays black"});
  const std::string ticket = absl::StrCat("tickets/", contact.substr(9), "-T1");
  ASSERT_TRUE(Eventually([&] { return people_->Cli(owner, {"ticket", "get", ticket}).code == 0; }));
  EXPECT_EQ(Listed({"--owner", "1005"}), std::vector<std::string>{ticket});
  EXPECT_EQ(Listed({"--owner", "1005", "--state", "new"}), std::vector<std::string>{ticket});

  // Tech refuses with evidence, the warehouse does it.
  Cli(owner, {"handoff", "offer", ticket, "--department", "tech", "--deadline", "+4h", "--gist", "look at the board"});
  EXPECT_EQ(Listed({"--department", "tech", "--state", "offered"}), std::vector<std::string>{ticket});
  Refused("agents/1035", {"handoff", "refuse", ticket, "--reason", "not-our-duty"}, "EVIDENCE_MISSING");
  Cli("agents/1035", {"handoff", "refuse", ticket, "--reason", "not-our-duty", "--evidence", "the part is in stock"});
  EXPECT_EQ(Listed({"--department", "tech"}), std::vector<std::string>{});
  Cli(owner, {"handoff", "offer", ticket, "--department", "warehouse", "--deadline", "+4h", "--gist", "send the part"});
  Refused("agents/1035", {"handoff", "sign", ticket}, "NOT_OF_DEPARTMENT");
  Cli("agents/1033", {"handoff", "sign", ticket});
  EXPECT_EQ(Listed({"--department", "warehouse", "--state", "signed"}), std::vector<std::string>{ticket});
  Cli("agents/1033", {"handoff", "progress", ticket, "the part was found"});
  Refused(owner, {"ticket", "close", ticket, "--code", "solved", "--result", "told"}, "HANDOFF_ACTIVE");
  // The customer calls again; a new centre has every feature of its build from the start.
  Cli("agents/1008", {"ticket", "urge", ticket, "--reason", "called again, needs it today"});
  EXPECT_EQ(CliJson(owner, {"ticket", "get", ticket})["urges"], 1);
  Cli("agents/1033", {"handoff", "done", ticket, "--result", "the part is on its way"});
  Cli(owner, {"ticket", "close", ticket, "--code", "solved", "--result", "the customer knows"});
  EXPECT_EQ(Listed({"--state", "closed"}), std::vector<std::string>{ticket});

  // Reopened; the owner goes on leave; the next one leaves the centre for good, which is not over before it is handed
  // over from him.
  Cli("agents/1008", {"ticket", "reopen", ticket, "--reason", "not-solved", "--note", "still black"});
  Refused(owner, {"ticket", "transfer", ticket, "1006"}, "REASON_MISSING");
  Cli(owner, {"ticket", "transfer", ticket, "1006", "--reason", "leave"});
  Refused(kOperator, {"directory", "leave", "1006", "--reason", "moved away"}, "LEAVE_OPEN");
  EXPECT_EQ(TicketNow(ticket).owner(), "1006") << "ownership moved without an explicit act";
  EXPECT_EQ(Listed({"--owner", "1006"}), std::vector<std::string>{ticket});
  Cli("agents/1003", {"ticket", "transfer", ticket, "1007", "--reason", "agent-left"});
  Refused("agents/1003", {"ticket", "transfer", ticket, "1006", "--reason", "leave"}, "AGENT_LEAVING");
  Cli(kOperator, {"directory", "leave", "1006"});
  ASSERT_TRUE(Eventually([&] {
    return people_->Cli("agents/1006", {"ticket", "note", ticket, "x"}).err.find("AGENT_LEFT") != std::string::npos;
  }));
  Cli("agents/1007", {"ticket", "close", ticket, "--code", "solved", "--result", "the lamp shines"});
  EXPECT_EQ(Listed({"--owner", "1005"}), std::vector<std::string>{});
  EXPECT_EQ(Listed({"--owner", "1007", "--state", "closed"}), std::vector<std::string>{ticket});

  // The history says what happened and who did it, each record with the hash of the one before.
  const auto history = HistoryOf(ticket);
  ASSERT_EQ(history.size(), std::size(kLife));
  for (size_t i = 0; i < history.size(); ++i) {
    ASSERT_GE(history[i].events_size(), 1) << i;
    router::v1::Event event;
    // What follows for clocks stands behind the act, in the same record.
    for (int n = 1; n < history[i].events_size(); ++n) {
      ASSERT_TRUE(history[i].events(n).UnpackTo(&event));
      EXPECT_TRUE(event.has_clock_started() || event.has_clock_ended()) << event.ShortDebugString();
    }
    ASSERT_TRUE(history[i].events(0).UnpackTo(&event));
    EXPECT_EQ(event.GetDescriptor()->FindFieldByNumber(static_cast<int>(event.event_case()))->name(), kLife[i].event);
    EXPECT_EQ(history[i].version(), i + 1);
    EXPECT_EQ(history[i].prev_hash(), i == 0 ? "" : history[i - 1].hash());
  }
  EXPECT_EQ(history[2].principal(), "agents/1035");

  // Time travel, three ways: the right owner and holder at each instant.
  for (size_t i = 0; i < history.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("version ", i + 1));
    const std::string method = absl::StrCat(kTickets, "GetTicket");
    auto& client = people_->As("agents/1005");
    common::v1::GetRequest by_version, by_effect, by_knowledge;
    by_version.set_as_of_version(i + 1);
    auto then = Get<Ticket>(client, method, ticket, by_version);
    ASSERT_TRUE(then.ok()) << then.status();
    ExpectStands(*then, kLife[i]);
    *by_effect.mutable_as_of() = history[i].effective_at();
    then = Get<Ticket>(client, method, ticket, by_effect);
    ASSERT_TRUE(then.ok()) << then.status();
    ExpectStands(*then, kLife[i]);
    *by_knowledge.mutable_as_of_recorded() = history[i].recorded_at();
    then = Get<Ticket>(client, method, ticket, by_knowledge);
    ASSERT_TRUE(then.ok()) << then.status();
    ExpectStands(*then, kLife[i]);

    common::v1::ListHistoryRequest until;
    until.set_as_of_version(i + 1);
    EXPECT_EQ(HistoryOf(ticket, until).size(), i + 1);
    until.Clear();
    *until.mutable_as_of() = history[i].effective_at();
    EXPECT_EQ(HistoryOf(ticket, until).size(), i + 1);
    until.Clear();
    *until.mutable_as_of_recorded() = history[i].recorded_at();
    EXPECT_EQ(HistoryOf(ticket, until).size(), i + 1);
  }
  // He was accountable from the first ring, though nobody knew of a ticket yet.
  const std::string ring = Iso(Instant(history[0].effective_at()) + absl::Seconds(1));
  EXPECT_EQ(CliJson(owner, {"ticket", "get", ticket, "--as-of", ring})["owner"], "1005");
  Refused(owner, {"ticket", "get", ticket, "--as-known-at", ring}, "NOT_THEN");
  Refused(owner, {"ticket", "get", ticket, "--as-of", Iso(Instant(history[0].effective_at()) - absl::Seconds(1))},
          "NOT_THEN");
  EXPECT_EQ(CliJson(owner, {"ticket", "get", ticket, "--as-of-version", "5"})["handler"]["id"], "1033");
  EXPECT_EQ(CliJson(owner, {"ticket", "history", ticket, "--as-of-version", "5"})["entries"].size(), 5u);

  // Custody: without a gap to the millisecond, and for each party what the history says.
  const Ticket last = TicketNow(ticket);
  absl::Time at = Instant(last.open_time());
  std::map<std::string, absl::Duration> held, from_history;
  for (const auto& episode : last.episodes()) {
    for (const auto& custody : episode.custody()) {
      EXPECT_EQ(Instant(custody.from()), at);
      if (!custody.has_to()) continue;
      at = Instant(custody.to());
      held[absl::StrCat(custody.party().id(), "/", custody.kind())] += at - Instant(custody.from());
    }
  }
  EXPECT_FALSE(Running(last).has_to());
  for (size_t i = 0; i + 1 < history.size(); ++i) {
    from_history[absl::StrCat(kLife[i].holder, "/", kLife[i].kind)] +=
        Instant(history[i + 1].effective_at()) - Instant(history[i].effective_at());
  }
  EXPECT_EQ(held, from_history);
  absl::Duration sum;
  for (const auto& [party, duration] : held) sum += duration;
  EXPECT_EQ(sum, Instant(history.back().effective_at()) - Instant(history.front().effective_at()));

  // Proven on the live server, by Ctrl-C and restart nothing is lost, and proven again at rest.
  Ran proof = VerifyLive({"ticket", ticket.substr(8)});
  EXPECT_EQ(proof.code, 0) << proof.out << proof.err;
  proof = VerifyLive({"all"});
  EXPECT_EQ(proof.code, 0) << proof.out << proof.err;
  const json contact_before = CliJson(owner, {"contact", "get", contact});
  const absl::Time interrupted = absl::Now();
  server_->process().Signal(SIGINT);
  EXPECT_EQ(server_->process().Wait(absl::Seconds(60)), 0) << server_->process().err();
  // Five seconds is the grace for calls; connections that are merely open must not use it up.
  EXPECT_LT(absl::Now() - interrupted, absl::Milliseconds(4900));
  Start();
  ASSERT_FALSE(server_->address().empty());
  RecordProperty("second_start_ms", static_cast<int>(absl::ToInt64Milliseconds(started_in_)));
  std::printf("second start ready in %lld ms\n", static_cast<long long>(absl::ToInt64Milliseconds(started_in_)));
  EXPECT_EQ(TicketNow(ticket).SerializeAsString(), last.SerializeAsString());
  EXPECT_EQ(CliJson(owner, {"contact", "get", contact}), contact_before);
  const auto after = HistoryOf(ticket);
  ASSERT_EQ(after.size(), history.size());
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].SerializeAsString(), history[i].SerializeAsString());
  EXPECT_EQ(Listed({"--owner", "1007", "--state", "closed"}), std::vector<std::string>{ticket});
  ASSERT_EQ(server_->Stop(), 0);
  for (const std::vector<std::string>& what : {std::vector<std::string>{"all"}, {"ticket", ticket}}) {
    std::vector<std::string> argv = {Program("shoujie"), "verify"};
    argv.insert(argv.end(), what.begin(), what.end());
    argv.insert(argv.end(), {"--data", dir_ / "data"});
    const Ran at_rest = e2e::Run(argv);
    EXPECT_EQ(at_rest.code, 0) << at_rest.out << at_rest.err;
  }
}

// Agents write notes as fast as they can; the server dies at any moment. Every note that was acknowledged is there,
// once; every note that was not is there at most once, and repeating it with its id makes it there once.
TEST_F(TicketLife, KillLosesNothingAcknowledged) {
  const std::string ticket = NewTicket(*people_, "1005", "78", "13800138001").ticket;
  const std::string contact = "contacts/" + ticket.substr(8, ticket.size() - 8 - 3);
  std::vector<router::v1::AddNoteRequest> acknowledged, unknown;
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
      const auto client = std::make_shared<rpc::Client>(
          rpc::ClientOptions{.target = server_->address(), .token = people_->Token("agents/1005")});
      writers.emplace_back([&, client] {
        while (!stop) {
          router::v1::AddNoteRequest note;
          note.set_request_id(NewRequestId());
          note.set_name(ticket);
          note.set_text("note");
          const auto reply = Do(*client, absl::StrCat(kTickets, "AddNote"), note);
          std::lock_guard lock(mutex);
          (reply.ok() ? acknowledged : unknown).push_back(note);
          if (!reply.ok()) return;
        }
      });
    }
    const size_t wanted = acknowledged.size() + 40 * static_cast<size_t>(round + 1);
    Eventually([&] {
      std::lock_guard lock(mutex);
      return acknowledged.size() >= wanted;
    });
    server_->Kill();
    stop = true;
    for (auto& writer : writers) writer.join();
    Start();
    ASSERT_FALSE(server_->address().empty());
  }
  ASSERT_GE(acknowledged.size(), 120u);
  ASSERT_FALSE(unknown.empty());
  // A repeat is answered as the first time, and whatever was in doubt is done now.
  for (const auto& note : unknown)
    ASSERT_TRUE(Do(people_->As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note).ok());
  ASSERT_TRUE(Do(people_->As("agents/1005"), absl::StrCat(kTickets, "AddNote"), acknowledged.front()).ok());
  std::map<std::string, int> recorded;
  for (const auto& entry : HistoryOf(ticket)) ++recorded[entry.command_id()];
  for (const auto* notes : {&acknowledged, &unknown}) {
    for (const auto& note : *notes) {
      std::string id = note.request_id();
      id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
      EXPECT_EQ(recorded[id], 1) << id;
    }
  }
  EXPECT_EQ(TicketNow(ticket).notes(), acknowledged.size() + unknown.size());
  ASSERT_EQ(server_->Stop(), 0);
  const Ran proof = e2e::Run({Program("shoujie"), "verify", "all", "--data", dir_ / "data"});
  EXPECT_EQ(proof.code, 0) << proof.out << proof.err;
}

}  // namespace
}  // namespace shoujie::e2e
