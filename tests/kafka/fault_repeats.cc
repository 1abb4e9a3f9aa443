// The same commands from several clients at once, at both nodes, before and after journals change hands; and commands
// that come too late.
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/request_id.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

using common::v1::CommandReply;

constexpr char kAddNote[] = "shoujie.router.v1.TicketService/AddNote";
constexpr size_t kAtOnce = 4;  // clients that send the same command
constexpr int kCommands = 150, kHandoverEvery = 5;
constexpr absl::Duration kWindow = absl::Hours(24 * 7);  // in which repeats are recognised

std::shared_ptr<router::v1::AddNoteRequest> Note(fault::Random& random, const std::string& ticket, absl::Time at) {
  auto note = std::make_shared<router::v1::AddNoteRequest>();
  note->set_request_id(MakeRequestId(at, random.Bytes(10)));
  note->set_name(ticket);
  note->set_text("客户再次来电催促");
  return note;
}

// Sends a command until it has a definite answer; the ledger holds all answers against each other.
absl::Status Send(ClusterTrial& trial, rpc::Client& client, size_t entry, const google::protobuf::Message& note) {
  absl::StatusOr<CommandReply> reply;
  for (const absl::Time until = absl::Now() + absl::Seconds(30); absl::Now() < until;) {
    reply = rpc::Call<CommandReply>(client, kAddNote, note);
    trial.ledger().Answered(entry, reply);
    if (reply.ok() || !fault::LeavesOpen(reply.status())) break;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return reply.status();
}

}  // namespace

bool Repeated(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("repeats ", n);
  fault::Random random = trial.run().RandomOf(n);
  std::vector<std::unique_ptr<rpc::Client>> clients;
  for (size_t k = 0; k < kAtOnce; ++k) clients.push_back(trial.nodes().Client(k % 2, absl::Seconds(5)));
  return trial.Round(after, {}, [&] {
    std::vector<std::pair<size_t, std::shared_ptr<router::v1::AddNoteRequest>>> sent;
    for (int i = 0; i < kCommands; ++i) {
      const std::string& ticket = trial.matters()[random.Below(trial.matters().size())].ticket;
      // Some of them as old as may be: they were sent long ago and come only now.
      auto note = Note(random, ticket, absl::Now() - (i % 3 == 0 ? kWindow - absl::Minutes(5) : absl::ZeroDuration()));
      const size_t entry = trial.ledger().Sent(note->request_id(), kAddNote, note, ticket);
      sent.emplace_back(entry, note);
      std::vector<std::thread> all;
      for (auto& client : clients) {
        all.emplace_back([&, client = client.get()] { Send(trial, *client, entry, *note).IgnoreError(); });
      }
      if (i % kHandoverEvery == 0) {
        trial.nodes().Promote(random.Below(2), "router", PartitionOf(ticket)).IgnoreError();
      }
      for (std::thread& one : all) one.join();
    }
    // All of them once more, where others own the journals by now.
    for (const auto& [entry, note] : sent) {
      if (absl::Status status = Send(trial, *clients[random.Below(2)], entry, *note); !status.ok()) {
        trial.Violation("NO_ANSWER", after, status.ToString());
      }
    }
    return true;
  });
}

bool TooLate(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("late commands ", n);
  fault::Random random = trial.run().RandomOf(n);
  return trial.Round(after, {}, [&] {
    for (size_t node = 0; node < 2; ++node) {
      const auto client = trial.nodes().Client(node);
      for (const load::Matter& matter : trial.matters()) {
        auto late = Note(random, matter.ticket, absl::Now() - kWindow - absl::Minutes(1));
        const size_t entry = trial.ledger().Sent(late->request_id(), kAddNote, late, matter.ticket);
        const absl::Status status = Send(trial, *client, entry, *late);
        if (ReasonOf(status) != "COMMAND_ID_TIME") trial.Violation("NOT_TOO_LATE", after, status.ToString());
        // The same id for something else is no repeat.
        auto note = Note(random, matter.ticket, absl::Now());
        const size_t first = trial.ledger().Sent(note->request_id(), kAddNote, note, matter.ticket);
        if (!Send(trial, *client, first, *note).ok()) continue;
        note = std::make_shared<router::v1::AddNoteRequest>(*note);
        note->set_text("另一条备注");
        const auto other = rpc::Call<CommandReply>(*trial.nodes().Client(1 - node), kAddNote, *note);
        if (other.ok() || (!fault::LeavesOpen(other.status()) && ReasonOf(other.status()).empty())) {
          trial.Violation("NOT_THE_SAME", after,
                          other.ok() ? "another command was answered" : other.status().ToString());
        }
      }
    }
    return true;
  });
}

}  // namespace shoujie::kafka
