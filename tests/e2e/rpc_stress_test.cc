// Eight clients with sixty-four calls each in flight at once, commands and reads mixed, every tenth command repeated
// with its id while the first one may still be under way, and whatever the server refuses as too much asked again:
// every answer right, every command once, and a server that stays within bounds. What is counted afterwards comes from
// states, histories and proofs, not from the answers.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

constexpr int kThreads = 8, kInFlight = 64, kCallsPerThread = 2500;  // 20 000 in all
constexpr int kTicketCount = 16;

// A line of /proc/PID/status, in its unit.
int64_t ProcStatus(int pid, const std::string& field) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(in, line);) {
    if (!absl::StartsWith(line, field + ":")) continue;
    const std::vector<std::string> words =
        absl::StrSplit(line.substr(field.size() + 1), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t value = 0;
    if (!words.empty() && absl::SimpleAtoi(words[0], &value)) return value;
  }
  return -1;
}

// What one client thread saw.
struct Tally {
  uint64_t notes = 0, customers = 0, repeats = 0, reads = 0, finds = 0, busy = 0;
  std::map<std::string, uint64_t> notes_of;    // acknowledged, by ticket
  std::map<std::string, std::string> answers;  // request id → answer, of notes
  std::set<std::string> customer_names;
  std::vector<std::string> wrong;
};

class Client {
 public:
  // Waits for its connection: the server is there, but gRPC 1.51 may take a connection under way for one that failed,
  // when something that it calls in between sets errno (grpc/grpc#35064).
  Client(int number, const std::string& address, const std::string& token, const std::vector<std::string>& tickets)
      : number_(number),
        tickets_(tickets),
        client_({.target = address, .token = token, .timeout = absl::Minutes(2), .wait_for_ready = true}) {}

  Tally Run() {
    for (int i = 0; i < kCallsPerThread; ++i) {
      SendRefused();
      switch (i % 5) {
        case 0:
        case 1:
          Note(i);
          break;
        case 2:
          Customer(i);
          break;
        case 3:
          Read(i);
          break;
        default:
          Find(i);
      }
    }
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return in_flight_ == 0 || !refused_.empty(); });
      if (in_flight_ == 0 && refused_.empty()) return tally_;
      lock.unlock();
      SendRefused();
    }
  }

 private:
  // Blocks until there is room. `check` sees every answer but "busy", on which the same request is sent again later.
  template <typename Response>
  void Send(const std::string& method, std::shared_ptr<const google::protobuf::Message> request,
            std::function<void(absl::StatusOr<Response>)> check) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return in_flight_ < kInFlight; });
      ++in_flight_;
    }
    rpc::CallAsync<Response>(client_, "shoujie." + method, *request,
                             [this, method, request, check](absl::StatusOr<Response> response) {
                               std::lock_guard lock(mutex_);
                               if (ReasonOf(response.status()) == "SERVER_BUSY") {
                                 ++tally_.busy;
                                 refused_.push_back([this, method, request, check] { Send(method, request, check); });
                               } else {
                                 check(std::move(response));
                               }
                               --in_flight_;
                               changed_.notify_all();
                             });
  }
  template <typename Response, typename Request>
  void Call(const std::string& method, const Request& request, std::function<void(absl::StatusOr<Response>)> check) {
    Send<Response>(method, std::make_shared<Request>(request),
                   [this, method, check = std::move(check)](absl::StatusOr<Response> response) {
                     if (!response.ok()) return Wrong(absl::StrCat(method, ": ", response.status().ToString()));
                     check(std::move(response));
                   });
  }
  void SendRefused() {
    std::vector<std::function<void()>> again;
    {
      std::lock_guard lock(mutex_);
      again.swap(refused_);
    }
    if (!again.empty()) absl::SleepFor(absl::Milliseconds(2));  // as a client should
    for (const auto& send : again) send();
  }
  void Wrong(const std::string& what) {
    if (tally_.wrong.size() < 20) tally_.wrong.push_back(what);
  }

  void Note(int i) {
    router::v1::AddNoteRequest note;
    note.set_request_id(NewRequestId());
    note.set_name(tickets_[static_cast<size_t>(i * kThreads + number_) % tickets_.size()]);
    note.set_text(absl::StrCat("note ", number_, "/", i));
    const bool repeat = i % 10 == 0;
    for (int k = 0; k < (repeat ? 2 : 1); ++k) {
      Call<common::v1::CommandReply>(
          absl::StrCat(kTickets, "AddNote"), note,
          [this, id = note.request_id(), name = note.name()](absl::StatusOr<common::v1::CommandReply> reply) {
            if (reply->name() != name || reply->no_op()) Wrong("an answer for another ticket");
            const auto [it, fresh] = tally_.answers.emplace(id, reply->SerializeAsString());
            if (fresh) {
              ++tally_.notes;
              ++tally_.notes_of[name];
            } else {
              ++tally_.repeats;
              if (it->second != reply->SerializeAsString()) Wrong("a repeat was answered otherwise");
            }
          });
    }
  }
  profile::v1::IdentifierInput Phone(int i) const {
    profile::v1::IdentifierInput identifier;
    identifier.set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    identifier.set_value(absl::StrCat(13'900'000'000 + number_ * 100'000 + i));
    return identifier;
  }
  void Customer(int i) {
    profile::v1::CreateCustomerRequest create;
    create.set_request_id(NewRequestId());
    *create.mutable_identifier() = Phone(i);
    create.mutable_details()->set_display_name("客户");
    Call<common::v1::CommandReply>(absl::StrCat(kCustomers, "CreateCustomer"), create,
                                   [this](absl::StatusOr<common::v1::CommandReply> reply) {
                                     ++tally_.customers;
                                     if (!tally_.customer_names.insert(reply->name()).second) {
                                       Wrong("two customers of one number");
                                     }
                                   });
  }
  // A read never lags behind what this client was answered before.
  void Read(int i) {
    const std::string name = tickets_[static_cast<size_t>(i * kThreads + number_) % tickets_.size()];
    uint64_t least;
    {
      std::lock_guard lock(mutex_);
      least = tally_.notes_of[name];
    }
    common::v1::GetRequest get;
    get.set_name(name);
    Call<router::v1::Ticket>(absl::StrCat(kTickets, "GetTicket"), get,
                             [this, name, least](absl::StatusOr<router::v1::Ticket> ticket) {
                               ++tally_.reads;
                               if (ticket->name() != name) Wrong("another ticket");
                               if (ticket->notes() < least) Wrong("a read older than an answer before it");
                             });
  }
  void Find(int i) {
    profile::v1::FindCustomerRequest find;
    *find.mutable_identifier() = Phone(i - 2);  // made two calls ago, perhaps not answered yet
    Send<profile::v1::Customer>(
        absl::StrCat(kCustomers, "FindCustomer"), std::make_shared<profile::v1::FindCustomerRequest>(find),
        [this, phone = "+86" + find.identifier().value()](absl::StatusOr<profile::v1::Customer> customer) {
          ++tally_.finds;
          if (customer.ok()) {
            if (customer->identifiers(0).value().plain() != phone) Wrong("somebody else's customer");
          } else if (const std::string why = ReasonOf(customer.status());
                     why != "CUSTOMER_NOT_FOUND" && why != "QUERIES_FULL") {  // the queue of queries is bounded
            Wrong(customer.status().ToString());
          }
        });
  }

  const int number_;
  const std::vector<std::string>& tickets_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int in_flight_ = 0;
  std::vector<std::function<void()>> refused_;  // to be sent again
  Tally tally_;
  rpc::Client client_;  // first to go: it waits for its calls
};

TEST(RpcStress, EveryAnswerIsRightAndEveryCommandTookEffectOnce) {
  TempDir dir;
  Server server(dir / "data", {"--threads", "2"});
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  People people(&server);
  std::vector<std::string> tickets;
  for (int i = 0; i < kTicketCount; ++i) {
    tickets.push_back(NewTicket(people, "1005", absl::StrCat(i), absl::StrCat(13'800'000'000 + i)).ticket);
  }
  const int pid = server.process().pid();
  std::vector<Tally> tallies(kThreads);
  std::vector<std::thread> threads;
  const std::string token = people.Token("agents/1005");
  const absl::Time begin = absl::Now();
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back(
        [&, t] { tallies[static_cast<size_t>(t)] = Client(t, server.address(), token, tickets).Run(); });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);

  uint64_t notes = 0, customers = 0, repeats = 0, reads = 0, finds = 0, busy = 0;
  std::map<std::string, uint64_t> notes_of;
  std::set<std::string> names, ids;
  for (const Tally& tally : tallies) {
    for (const auto& wrong : tally.wrong) ADD_FAILURE() << wrong;
    notes += tally.notes;
    customers += tally.customers;
    repeats += tally.repeats;
    reads += tally.reads;
    finds += tally.finds;
    busy += tally.busy;
    for (const auto& [name, count] : tally.notes_of) notes_of[name] += count;
    names.insert(tally.customer_names.begin(), tally.customer_names.end());
    for (const auto& [id, answer] : tally.answers) ids.insert(id);
  }
  std::printf("%llu calls in %.1f s: %.0f a second, %llu times refused before\n",
              static_cast<unsigned long long>(notes + customers + repeats + reads + finds), seconds,
              static_cast<double>(notes + customers + repeats + reads + finds) / seconds,
              static_cast<unsigned long long>(busy));
  EXPECT_GT(busy, 0u) << "more calls were in flight than the server takes";
  EXPECT_EQ(notes, kThreads * kCallsPerThread * 2u / 5);
  EXPECT_EQ(ids.size(), notes);
  EXPECT_EQ(repeats, kThreads * kCallsPerThread / 10u);
  EXPECT_EQ(customers, kThreads * kCallsPerThread / 5u);
  EXPECT_EQ(names.size(), customers);
  EXPECT_EQ(reads, kThreads * kCallsPerThread / 5u);
  EXPECT_EQ(finds, kThreads * kCallsPerThread / 5u);

  // What stands is what was acknowledged.
  for (const std::string& name : tickets) {
    auto ticket = Get<router::v1::Ticket>(people.As("agents/1005"), absl::StrCat(kTickets, "GetTicket"), name);
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    EXPECT_EQ(ticket->notes(), notes_of[name]);
    EXPECT_EQ(ticket->etag(), absl::StrCat(notes_of[name] + 1));
  }
  uint64_t listed = 0;
  profile::v1::ListCustomersRequest list;
  list.set_page_size(1000);
  do {
    auto page = rpc::Call<profile::v1::ListCustomersResponse>(
        people.As(kOperator), absl::StrCat("shoujie.", kCustomers, "ListCustomers"), list);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->lagging_partitions_size(), 0);
    listed += static_cast<uint64_t>(page->customers_size());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, customers);

  // A server that took a thread or a megabyte for each call would not end here.
  EXPECT_LT(ProcStatus(pid, "Threads"), 100);
  EXPECT_LT(ProcStatus(pid, "VmHWM"), 1500 * 1024) << "KiB";
  ASSERT_EQ(server.Stop(), 0);
  EXPECT_EQ(server.process().err().find("\"level\":\"error\""), std::string::npos);
  const Ran proof = e2e::Run({Program("shoujie"), "verify", "all", "--data", dir / "data"});
  EXPECT_EQ(proof.code, 0) << proof.out << proof.err;
}

}  // namespace
}  // namespace shoujie::e2e
