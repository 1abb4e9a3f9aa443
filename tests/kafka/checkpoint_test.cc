// A new node that starts from another's checkpoint: it does not read the journals from their beginning, stands by, and
// owns when its turn comes. Real nodes on a real broker, under clients that never stop.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "loadtest/generator/world.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/e2e/support/people.h"
#include "tests/kafka/centre.h"

namespace shoujie::e2e {
namespace {

namespace fs = std::filesystem;

std::string FreeAddress() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  close(fd);
  return absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
}

// A node of the centre's cluster.
class ClusterNode {
 public:
  ClusterNode(const Centre& centre, std::string name, std::string data)
      : name_(std::move(name)), data_(std::move(data)), secrets_(centre.dir_ / "secrets"), address_(FreeAddress()) {
    std::vector<std::string> argv = {Program("shoujied"), "--data", data_,    "--secrets", secrets_,
                                     "--listen",          address_, "--node", name_};
    for (const std::string& flag : centre.Flags()) argv.push_back(flag);
    process_ = std::make_unique<Process>(std::move(argv));
    ready_ = !process_->WaitForLine("ready grpc=", absl::Seconds(120)).empty();
    EXPECT_TRUE(ready_) << process_->err();
  }
  bool ready() const { return ready_; }
  const std::string& name() const { return name_; }
  const std::string& data() const { return data_; }
  const std::string& address() const { return address_; }
  std::string token() const { return std::string(absl::StripAsciiWhitespace(ReadFile(secrets_ + "/operator.token"))); }
  std::unique_ptr<rpc::Client> Client(absl::Duration timeout = absl::Seconds(10)) const {
    return std::make_unique<rpc::Client>(
        rpc::ClientOptions{.target = address_, .token = token(), .timeout = timeout, .wait_for_ready = true});
  }
  Ran Cli(std::vector<std::string> args) const {
    std::vector<std::string> argv = {Program("shoujie"), "--server", address_, "--token-file",
                                     secrets_ + "/operator.token"};
    for (auto& arg : args) argv.push_back(std::move(arg));
    return e2e::Run(std::move(argv), {"NO_COLOR=1", "LANG=C.UTF-8"});
  }
  Process& process() { return *process_; }
  void Stop() {
    process_->Signal(SIGTERM);
    EXPECT_EQ(process_->Wait(absl::Seconds(30)), 0) << process_->err();
  }
  void Kill() {
    process_->Signal(SIGKILL);
    process_->Wait(absl::Seconds(30));
  }
  // How many shards each node owns, as this one knows; empty while not all are owned by whom they should be.
  std::map<std::string, int> Owners(int nodes) const {
    std::map<std::string, int> owned;
    auto answer = rpc::Call<ops::v1::ListOwnersResponse>(
        *Client(absl::Seconds(5)), "shoujie.ops.v1.OpsService/ListOwners", ops::v1::ListOwnersRequest());
    if (!answer.ok() || answer->nodes_size() != nodes) return {};
    for (const auto& row : answer->owners()) {
      if (row.owner().empty() || row.owner() != row.wanted()) return {};
      ++owned[row.owner()];
    }
    return owned;
  }
  std::map<std::string, int> Settled(int nodes) const {
    std::map<std::string, int> owned;
    EXPECT_TRUE(Eventually([&] { return !(owned = Owners(nodes)).empty(); }, absl::Seconds(60))) << name_;
    return owned;
  }

 private:
  const std::string name_, data_, secrets_, address_;
  std::unique_ptr<Process> process_;
  bool ready_ = false;
};

// Adds notes to its tickets in turn and repeats each until it is acknowledged.
class Client {
 public:
  Client(const ClusterNode& node, std::vector<std::string> tickets)
      : tickets_(std::move(tickets)), client_(node.Client(absl::Seconds(2))), thread_([this] { Run(); }) {}
  ~Client() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int acknowledged() const { return acknowledged_; }
  const std::map<std::string, int>& by_ticket() const { return by_ticket_; }  // once stopped

 private:
  void Run() {
    for (size_t n = 0; !stop_; ++n) {
      router::v1::AddNoteRequest note;
      note.set_request_id(NewRequestId());
      note.set_name(tickets_[n % tickets_.size()]);
      note.set_text("客户再次来电催促");
      while (true) {  // also when told to stop: an open outcome would leave the count open
        auto reply = rpc::Call<common::v1::CommandReply>(*client_, absl::StrCat("shoujie.", kTickets, "AddNote"), note);
        if (reply.ok()) break;
        absl::SleepFor(absl::Milliseconds(20));
        if (++failures_ > 5000) return;
      }
      ++by_ticket_[note.name()];
      ++acknowledged_;
    }
  }

  const std::vector<std::string> tickets_;
  const std::unique_ptr<rpc::Client> client_;
  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_{0};
  int failures_ = 0;
  std::map<std::string, int> by_ticket_;
  std::thread thread_;
};

TEST(Checkpoint, ANewNodeStartsFromAnothersStandsByAndThenOwns) {
  Centre centre(Brokers::Shared());
  centre.MakeTopics();
  fs::create_directory(centre.dir_ / "secrets");
  auto a = std::make_unique<ClusterNode>(centre, "a", centre.dir_ / "a");
  auto b = std::make_unique<ClusterNode>(centre, "b", centre.dir_ / "b");
  ASSERT_TRUE(a->ready() && b->ready());
  ASSERT_EQ(b->Settled(2).size(), 2u);
  auto matters = load::MakeMatters(b->address(), b->token(), 40);
  ASSERT_TRUE(matters.ok()) << matters.status();
  std::vector<std::string> tickets;
  std::map<std::string, int> before;
  for (const load::Matter& matter : *matters) {
    tickets.push_back(matter.ticket);
    auto ticket = Get<router::v1::Ticket>(*b->Client(), absl::StrCat(kTickets, "GetTicket"), matter.ticket);
    ASSERT_TRUE(ticket.ok() && absl::SimpleAtoi(ticket->etag(), &before[matter.ticket]));
  }
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(std::make_unique<Client>(*b, tickets));
  const auto acknowledged = [&] {
    int all = 0;
    for (const auto& client : clients) all += client->acknowledged();
    return all;
  };
  const auto goes_on = [&] {
    const int then = acknowledged();
    return Eventually([&] { return acknowledged() > then + 40; }, absl::Seconds(40));
  };
  ASSERT_TRUE(goes_on());

  const std::string copy = centre.dir_ / "c";
  ASSERT_EQ(a->Cli({"admin", "checkpoint", copy}).code, 0);
  const Ran again = a->Cli({"admin", "checkpoint", copy});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(absl::StrContains(again.err, "CHECKPOINT_FAILED")) << again.err;
  ASSERT_TRUE(goes_on()) << "after the checkpoint";
  fs::copy(copy, centre.dir_ / "copy", fs::copy_options::recursive);
  const Ran proof = e2e::Run({Program("shoujie"), "verify", "all", "--data", centre.dir_ / "copy", "--master-key-file",
                              centre.dir_ / "secrets/master.key"},
                             centre.Env(), absl::Minutes(5));
  EXPECT_EQ(proof.code, 0) << proof.out << proof.err;

  // It belongs to this cluster and to no other.
  Centre other(Brokers::Shared());
  other.MakeTopics();
  other.ExpectRefused("JOURNAL_FOREIGN", other.Flags(), copy);

  auto c = std::make_unique<ClusterNode>(centre, "c", copy);
  ASSERT_TRUE(c->ready());
  const auto owned = c->Settled(3);
  EXPECT_GT(owned.count("c") ? owned.at("c") : 0, 0) << "a fair share is its own";
  ASSERT_TRUE(goes_on()) << "with three nodes";
  a->Stop();
  EXPECT_EQ(c->Settled(2).size(), 2u);
  ASSERT_TRUE(goes_on()) << "without a";

  // The clients' node dies last; who follows is the new one.
  for (auto& client : clients) client->Stop();
  b->Kill();
  EXPECT_EQ(c->Settled(1).size(), 1u);
  clients.push_back(std::make_unique<Client>(*c, tickets));
  ASSERT_TRUE(goes_on()) << "c alone";
  clients.back()->Stop();

  std::map<std::string, int> notes = before;
  for (const auto& client : clients) {
    for (const auto& [ticket, n] : client->by_ticket()) notes[ticket] += n;
  }
  for (const std::string& name : tickets) {
    auto ticket = Get<router::v1::Ticket>(*c->Client(), absl::StrCat(kTickets, "GetTicket"), name);
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    EXPECT_EQ(ticket->etag(), absl::StrCat(notes[name])) << name;
  }
  c->Stop();
  const Ran verified = e2e::Run(
      {Program("shoujie"), "verify", "all", "--data", copy, "--master-key-file", centre.dir_ / "secrets/master.key"},
      centre.Env(), absl::Minutes(5));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace shoujie::e2e
