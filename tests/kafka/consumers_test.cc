// Departments' own programs (deploy/consumers), each as it would run somewhere else: it reads the topic, answers by
// gRPC, and does nothing twice, however often events come, wherever it was killed, and whether the centre is there or
// not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/contract/asyncapi.h"
#include "tests/e2e/support/desk.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/centre.h"
#include "tests/kafka/tickets_topic.h"

namespace shoujie::e2e {
namespace {

using contract::AsyncApi;
using kafka::TicketsTopic;
using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOwner[] = "agents/1005", kMember[] = "agents/1030", kDepartment[] = "logistics";
constexpr char kTaken[] = "enquiry-order-status", kNotOurs[] = "complaint-return-postage";

std::string Script(const std::string& path) { return absl::StrCat(SHOUJIE_SOURCE_DIR, "/", path); }

class DepartmentsProgram : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const Ran fetched = e2e::Run({Program(), "--fetch"}, {}, absl::Minutes(10));
    ASSERT_EQ(fetched.code, 0) << fetched.err;
    centre_.MakeTopics();
    StartServer("127.0.0.1:0");
    people_ = std::make_unique<People>(server_.get());
    std::ofstream(dir_ / "token") << people_->Token(kMember) << "\n";
    relayed_ = topic_.Exists();
    const absl::Status made = relayed_ ? absl::OkStatus() : topic_.Create(4);
    ASSERT_TRUE(made.ok()) << made;
  }
  void StartServer(const std::string& address) {
    std::vector<std::string> flags = centre_.Flags();
    flags.insert(flags.end(), {"--listen", address});
    server_ = std::make_unique<Server>(centre_.data(), std::move(flags));
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    if (people_ != nullptr) people_->Reconnect(server_.get());
  }
  static std::string Program() { return Script(absl::StrCat("deploy/consumers/", GetParam(), "/run")); }

  template <typename Request>
  void Act(const std::string& who, const std::string& method, Request request) {
    const auto reply = Do(people_->As(who), absl::StrCat(kTickets, method), std::move(request));
    ASSERT_TRUE(reply.ok()) << reply.status();
  }
  // A new ticket, offered to the department.
  std::string Offer(const std::string& category = kTaken) {
    const int n = ++tickets_;
    const std::string ticket =
        NewTicket(*people_, "1005", absl::StrCat(n), absl::StrCat("1380013", 8000 + n), category).ticket;
    router::v1::OfferHandoffRequest offer;
    offer.set_name(ticket);
    offer.set_department(kDepartment);
    *offer.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
    offer.set_gist("where is the parcel");
    Act(kOwner, "OfferHandoff", offer);
    return ticket;
  }
  router::v1::Ticket Read(const std::string& ticket) {
    auto read = Get<router::v1::Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), ticket);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *std::move(read) : router::v1::Ticket();
  }
  void ExpectDoneOnce(const std::string& name) {
    const router::v1::Ticket ticket = Read(name);
    ASSERT_THAT(ticket.handoffs(), SizeIs(1)) << name;
    EXPECT_EQ(ticket.handoffs(0).state(), router::v1::HANDOFF_STATE_DONE) << name;
    EXPECT_EQ(ticket.handoffs(0).signed_by(), kMember);
    EXPECT_EQ(ticket.handoffs(0).progress_reports(), 1u) << name;
    EXPECT_EQ(ticket.contact_details_reads(), 1u) << name;
    EXPECT_EQ(ticket.owner(), "1005");
  }

  // Until so many events that concern the department are in the topic.
  void AwaitTold(size_t events) {
    if (!relayed_) Relay(events);
    EXPECT_TRUE(Eventually([&] { return Told().size() >= events; })) << "the centre tells what happened";
    EXPECT_THAT(Told(), SizeIs(events));
  }
  // Ids of what concerns the department.
  std::set<std::string> Told() {
    std::set<std::string> ids;
    const auto all = topic_.Read();
    EXPECT_TRUE(all.ok()) << all.status();
    for (const auto& placed : all.ok() ? *all : std::vector<TicketsTopic::Placed>()) {
      const json change = json::parse(placed.record.value, nullptr, false);
      if (change.is_discarded() || !change.contains("departments")) continue;
      for (const auto& [name, value] : placed.record.headers) {
        if (name == "ce_id") ids.insert(value);
      }
    }
    return ids;
  }
  // Where the build itself does not write the topic: brings there what a watcher is told.
  void Relay(size_t events) {
    router::v1::WatchTicketsRequest request;
    request.set_department(kDepartment);
    request.set_resume_token(resume_token_);
    request.set_from_start(resume_token_.empty());
    router::v1::WatchTicketsResponse answer;
    std::vector<TicketsTopic::Placed> records;
    const auto* service = router::v1::WatchTicketsRequest::descriptor()->file()->FindServiceByName("TicketService");
    const absl::Status status = people_->As(kMember).Stream(
        *service->FindMethodByName("WatchTickets"), request, &answer,
        [&] {
          for (const auto& event : answer.events()) records.push_back({.record = contract::RecordOf(event)});
          resume_token_ = answer.resume_token();
          return events_ + records.size() < events;
        },
        absl::Seconds(60));
    ASSERT_TRUE(status.ok()) << status;
    events_ += records.size();
    const absl::Status appended = topic_.Append(records);
    ASSERT_TRUE(appended.ok()) << appended;
  }
  // The same records once more, as from one who does not know that they are there.
  void Repeat() {
    const auto all = topic_.Read();
    ASSERT_TRUE(all.ok()) << all.status();
    const absl::Status appended = topic_.Append(*all);
    ASSERT_TRUE(appended.ok()) << appended;
  }

  // What is in the topic is what the document says: by our own reading of it, and by one that is not ours.
  void ExpectDocumented() {
    const auto all = topic_.Read();
    ASSERT_TRUE(all.ok()) << all.status();
    const AsyncApi document = AsyncApi::OfTickets();
    std::ofstream records(dir_ / "records");
    for (const auto& [partition, record] : *all) {
      if (record.key == "x") continue;
      EXPECT_THAT(document.Check(record), IsEmpty()) << record.value;
      const std::map<std::string, std::string> headers(record.headers.begin(), record.headers.end());
      records << json{{"headers", headers}, {"value", json::parse(record.value)}}.dump() << "\n";
    }
    records.close();
    if (GetParam() == "node") ExpectParsed({dir_ / "records"});
  }
  static void ExpectParsed(std::vector<std::string> records) {
    std::vector<std::string> argv = {Script("tests/contract/asyncapi/run"),
                                     Script("proto/shoujie/router/v1/tickets.asyncapi.yaml")};
    argv.insert(argv.end(), records.begin(), records.end());
    const Ran ran = e2e::Run(std::move(argv), {}, absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  }

  std::vector<std::string> Argv(std::vector<std::string> more) {
    std::vector<std::string> argv = {Program(),          "--kafka",      centre_.brokers().bootstrap(),
                                     "--topic",          topic_.name(),  "--server",
                                     server_->address(), "--token-file", dir_ / "token",
                                     "--department",     kDepartment,    "--state",
                                     dir_ / "state",     "--refuse",     kNotOurs};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  // The counts on the last line. How much of the news of its own acts it has seen by its end is a matter of chance.
  static json CountsIn(const std::string& out) {
    const std::vector<std::string> lines = absl::StrSplit(out, '\n', absl::SkipEmpty());
    json counts = lines.empty() ? json() : json::parse(lines.back(), nullptr, false);
    if (!counts.is_object()) return out;
    EXPECT_EQ(counts["records"], counts["unreadable"].get<int>() + counts["passed"].get<int>() +
                                     counts["dropped"].get<int>() + counts["taken"].get<int>());
    for (const char* by_chance : {"records", "passed", "taken"}) counts.erase(by_chance);
    return counts;
  }
  json RunUntilIdle(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--until-idle", "2"});
    const Ran ran = e2e::Run(Argv(std::move(more)), {}, absl::Minutes(3));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    return CountsIn(ran.out);
  }
  static json Counts(int dropped, json acts = json::object(), int unreadable = 0) {
    return {{"unreadable", unreadable}, {"dropped", dropped}, {"acts", std::move(acts)}, {"declined", 0}};
  }

  const TempDir dir_;
  Centre centre_{Brokers::Shared()};
  const TicketsTopic topic_{centre_.brokers().bootstrap(), centre_.prefix() + ".tickets.v1"};
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  int tickets_ = 0;
  bool relayed_ = false;  // the build itself writes the topic
  size_t events_ = 0;     // that were brought to the topic
  std::string resume_token_;
};

TEST_P(DepartmentsProgram, AnswersEachOfferOnceHoweverOftenItIsTold) {
  std::vector<std::string> done = {Offer(), Offer(), Offer()};
  const std::string refused = Offer(kNotOurs);
  AwaitTold(4);
  EXPECT_EQ(RunUntilIdle(), Counts(0, {{"details", 3}, {"sign", 3}, {"progress", 3}, {"done", 3}, {"refuse", 1}}));
  for (const std::string& ticket : done) ExpectDoneOnce(ticket);
  const router::v1::Ticket back = Read(refused);
  ASSERT_THAT(back.handoffs(), SizeIs(1));
  EXPECT_EQ(back.handoffs(0).state(), router::v1::HANDOFF_STATE_REFUSED);
  EXPECT_EQ(back.handoffs(0).reason(), router::v1::HANDOFF_REASON_NOT_OUR_DUTY);

  // It is told of its own acts, and of nothing to do.
  AwaitTold(4 + 3 * 3 + 1);
  EXPECT_EQ(RunUntilIdle(), Counts(0));
  // Everything once more; behind it something new, and what nobody can read.
  Repeat();
  done.push_back(Offer());
  AwaitTold(15);
  const absl::Status appended = topic_.Append({{.record = {.key = "x", .headers = {{"ce_id", "1"}}, .value = "{"}}});
  ASSERT_TRUE(appended.ok()) << appended;
  EXPECT_EQ(RunUntilIdle(), Counts(14, {{"details", 1}, {"sign", 1}, {"progress", 1}, {"done", 1}}, 1));
  for (const std::string& ticket : done) ExpectDoneOnce(ticket);
  // The offsets are lost: all that is in the topic comes again.
  const json again = RunUntilIdle({"--group", "another"});
  EXPECT_GE(again["dropped"], 29);
  EXPECT_EQ(again["acts"], json::object());

  ExpectDocumented();
  EXPECT_EQ(server_->Stop(), 0);
  centre_.ExpectVerified();
}

TEST_P(DepartmentsProgram, KilledWhereverItIsItDoesEachActOnce) {
  std::vector<std::string> done = {Offer(), Offer(), Offer(), Offer()};
  // An offer that does not stand any more when it is read.
  const std::string withdrawn = Offer();
  router::v1::WithdrawHandoffRequest withdraw;
  withdraw.set_name(withdrawn);
  Act(kOwner, "WithdrawHandoff", withdraw);
  AwaitTold(6);
  for (const char* act : {"details", "sign", "done"}) {
    Process program(Argv({}));
    EXPECT_NE(program.WaitForLine(absl::StrCat(R"({"act":")", act, "\""), absl::Seconds(60)), "") << program.err();
    program.Signal(SIGKILL);
    EXPECT_EQ(program.Wait(absl::Seconds(30)), 128 + SIGKILL);
  }
  // The centre is away while the program begins, and comes back.
  const std::string address = server_->address();
  server_->Kill();
  Process program(Argv({"--until-idle", "4"}));
  EXPECT_EQ(program.WaitForLine("{", absl::Seconds(3)), "") << "nobody has answered";
  EXPECT_TRUE(program.running()) << program.err();
  StartServer(address);
  EXPECT_EQ(program.Wait(absl::Minutes(2)), 0) << program.out() << program.err();
  const json counts = CountsIn(program.out());
  EXPECT_EQ(counts["unreadable"], 0) << program.out();
  for (const std::string& ticket : done) ExpectDoneOnce(ticket);
  EXPECT_EQ(Read(withdrawn).contact_details_reads(), 0u);
  AwaitTold(6 + 4 * 3);
  const json last = RunUntilIdle();
  EXPECT_EQ(last["acts"], json::object()) << "nothing is left to do";
  for (const std::string& ticket : done) ExpectDoneOnce(ticket);
  EXPECT_EQ(server_->Stop(), 0);
  centre_.ExpectVerified();
}

INSTANTIATE_TEST_SUITE_P(In, DepartmentsProgram, testing::Values("python", "java", "node"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shoujie::e2e
