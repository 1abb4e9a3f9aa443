// Published tickets on a real broker, read by a plain consumer: under nodes that are killed, stand still and hand over,
// everything is there, in order, repeats word for word the same, and the same as what watchers are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "loadtest/generator/world.h"
#include "services/all_in_one/kafka_flags.h"
#include "services/all_in_one/modules.h"
#include "services/router/feed.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/topics.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/people.h"
#include "tests/kafka/centre.h"
#include "tests/kafka/nodes.h"

namespace shoujie::kafka {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kTickets[] = "shoujie.router.v1.TicketService/";

struct Consumed {
  uint32_t partition;
  std::string key, value;
  std::map<std::string, std::string> headers;

  const std::string& id() const { return headers.at("ce_id"); }
  bool operator==(const Consumed& o) const {
    return partition == o.partition && key == o.key && value == o.value && headers == o.headers;
  }
};

// Everything that is in the topic, by partition in its order.
std::vector<Consumed> Consume(const std::string& bootstrap, const std::string& topic_name) {
  Cluster cluster;
  cluster.bootstrap = bootstrap;
  const Context context{&cluster, nullptr};
  auto reader = NewReader(&context, ReadKind::kTellEnd);
  EXPECT_TRUE(reader.ok()) << reader.status();
  const TopicHandle topic(rd_kafka_topic_new(reader->get(), topic_name.c_str(), nullptr));
  std::vector<Consumed> all;
  for (int32_t p = 0; p < static_cast<int32_t>(limits::kPartitions); ++p) {
    EXPECT_EQ(rd_kafka_consume_start(topic.get(), p, 0), 0);
    for (const absl::Time until = absl::Now() + absl::Seconds(30);;) {
      const Message message(rd_kafka_consume(topic.get(), p, 1000));
      if (message == nullptr && absl::Now() < until) continue;
      if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        EXPECT_TRUE(message != nullptr && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) << "partition " << p;
        break;
      }
      Consumed& one = all.emplace_back();
      one.partition = static_cast<uint32_t>(p);
      one.key.assign(static_cast<const char*>(message->key), message->key_len);
      one.value.assign(static_cast<const char*>(message->payload), message->len);
      rd_kafka_headers_t* headers = nullptr;
      if (rd_kafka_message_headers(message.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        one.headers[name].assign(static_cast<const char*>(value), size);
      }
    }
    rd_kafka_consume_stop(topic.get(), p);
  }
  return all;
}

// Clients that hand tickets off and on, each repeating a command under its id, at one node after the other, until it
// has an answer.
class Departments {
 public:
  Departments(const Nodes& nodes, const std::vector<load::Matter>& matters) {
    constexpr size_t kClients = 6;
    for (size_t c = 0; c < kClients; ++c) {
      threads_.emplace_back([this, &nodes, &matters, c] {
        std::vector<std::unique_ptr<rpc::Client>> clients;
        for (size_t i = 0; i < nodes.size(); ++i) clients.push_back(nodes.Client(i, absl::Seconds(2), /*wait=*/false));
        for (size_t n = c; !stop_; n += kClients) HandOff(clients, matters[n % matters.size()].ticket);
      });
    }
  }
  ~Departments() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  uint64_t done() const { return done_; }

 private:
  template <typename Request>
  void Act(const std::vector<std::unique_ptr<rpc::Client>>& clients, const char* method, const std::string& ticket,
           Request request) {
    request.set_name(ticket);
    request.set_request_id(e2e::NewRequestId());
    for (size_t at = 0; !stop_; ++at) {
      auto reply =
          rpc::Call<common::v1::CommandReply>(*clients[at % clients.size()], absl::StrCat(kTickets, method), request);
      done_ += reply.ok();
      if (reply.ok() || !(absl::IsUnavailable(reply.status()) || absl::IsDeadlineExceeded(reply.status()))) return;
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  // What a stop or a fault left half done refuses the next act, which is fine: whatever is recorded is what is
  // published.
  void HandOff(const std::vector<std::unique_ptr<rpc::Client>>& clients, const std::string& ticket) {
    router::v1::OfferHandoffRequest offer;
    offer.set_department("tech");
    *offer.mutable_deadline() = e2e::Stamp(absl::Now() + absl::Hours(4));
    offer.set_gist("please look at it");
    Act(clients, "OfferHandoff", ticket, std::move(offer));
    Act(clients, "SignHandoff", ticket, router::v1::SignHandoffRequest());
    router::v1::CompleteHandoffRequest complete;
    complete.set_result("replaced");
    Act(clients, "CompleteHandoff", ticket, std::move(complete));
  }

  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> done_{0};
  std::vector<std::thread> threads_;
};

class PublishedOnNodes : public testing::Test {
 protected:
  PublishedOnNodes()
      : nodes_({.bootstrap = Brokers::Shared().bootstrap(), .prefix = Brokers::NewName()}, std::vector<NodePlace>(2)) {}

  std::vector<Consumed> Topic() const {
    return Consume(nodes_.options().bootstrap, nodes_.options().prefix + ".tickets.v1");
  }
  // The ids of what must be published of a ticket, from its history, in order.
  std::vector<std::string> Expected(rpc::Client& client, const std::string& ticket) const {
    std::vector<std::string> ids;
    common::v1::ListHistoryRequest request;
    request.set_name(ticket);
    auto history = e2e::History(client, "router.v1.TicketService/ListTicketHistory", request);
    EXPECT_TRUE(history.ok()) << history.status();
    if (!history.ok()) return ids;
    const auto& hidden = router::PrivateKinds();
    for (const auto& entry : *history) {
      for (int n = 0; n < entry.events_size(); ++n) {
        router::v1::Event event;
        EXPECT_TRUE(entry.events(n).UnpackTo(&event));
        if (std::find(hidden.begin(), hidden.end(), event.event_case()) == hidden.end()) {
          ids.push_back(absl::StrCat(ticket, "@", entry.version(), ".", n));
        }
      }
    }
    return ids;
  }
  // What a department's watcher is told, from the first event on, until there are so many.
  std::vector<router::v1::TicketEvent> Watched(size_t node, size_t count) const {
    std::vector<router::v1::TicketEvent> events;
    router::v1::WatchTicketsRequest request;
    request.set_department("tech");
    request.set_from_start(true);
    router::v1::WatchTicketsResponse answer;
    const auto* tickets = request.GetDescriptor()->file()->FindServiceByName("TicketService");
    (void)nodes_.Client(node)->Stream(
        *tickets->FindMethodByName("WatchTickets"), request, &answer,
        [&] {
          events.insert(events.end(), answer.events().begin(), answer.events().end());
          return events.size() < count;
        },
        absl::Minutes(1));
    return events;
  }

  Nodes nodes_;
};

TEST_F(PublishedOnNodes, EverythingIsThereInOrderWhateverBecomesOfTheOwners) {
  ASSERT_EQ(nodes_.MakeTopics(), "");
  ASSERT_TRUE(nodes_.StartAll()) << nodes_.Told();
  ASSERT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();
  auto matters = load::MakeMatters(nodes_.address(0), nodes_.token(), 40);
  ASSERT_TRUE(matters.ok()) << matters.status();
  {
    Departments departments(nodes_, *matters);
    const auto work = [&](uint64_t acts) {
      const uint64_t until = departments.done() + acts;
      EXPECT_TRUE(e2e::Eventually([&] { return departments.done() >= until; }, absl::Minutes(2))) << nodes_.Told();
    };
    work(150);
    nodes_.process(0).Signal(SIGKILL);
    nodes_.process(0).Wait(absl::Seconds(10));
    work(100);
    ASSERT_TRUE(nodes_.Start(0)) << nodes_.Told();
    ASSERT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();
    work(100);
    nodes_.process(1).Signal(SIGSTOP);  // and then it writes what it had in hand
    absl::SleepFor(absl::Seconds(9));
    nodes_.process(1).Signal(SIGCONT);
    ASSERT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();
    work(100);
    EXPECT_EQ(nodes_.Stop(1), 0) << nodes_.log(1);
    work(50);
    ASSERT_TRUE(nodes_.Start(1)) << nodes_.Told();
    work(50);
  }
  ASSERT_TRUE(nodes_.Settle(absl::Minutes(1))) << nodes_.Told();

  std::map<std::string, std::vector<std::string>> expected;  // by ticket
  size_t published = 0;
  const auto client = nodes_.Client(0, absl::Minutes(1));
  for (const load::Matter& matter : *matters) {
    expected[matter.ticket] = Expected(*client, matter.ticket);
    published += expected[matter.ticket].size();
  }
  ASSERT_GT(published, matters->size() + 300);
  std::vector<Consumed> topic;
  std::map<std::string, Consumed> by_id;
  EXPECT_TRUE(e2e::Eventually(
      [&] {
        topic = Topic();
        by_id.clear();
        for (const Consumed& one : topic) by_id.emplace(one.id(), one);
        return by_id.size() >= published;
      },
      absl::Minutes(1)))
      << by_id.size() << " of " << published << "\n"
      << nodes_.Told();
  std::map<std::string, std::vector<std::string>> told;  // first copies, by ticket
  std::map<std::string, std::string> last;
  size_t repeats = 0;
  for (const Consumed& one : topic) {
    const std::string& ticket = one.headers.at("ce_subject");
    EXPECT_EQ(one.key, ticket.substr(8));
    EXPECT_EQ(one.partition, PartitionOf(ticket));
    EXPECT_EQ(one.headers.at("content-type"), "application/json");
    EXPECT_EQ(one.headers.at("ce_specversion"), "1.0");
    EXPECT_EQ(one.headers.at("ce_source"), "/shoujie/router");
    EXPECT_TRUE(absl::StartsWith(one.headers.at("ce_type"), "shoujie.ticket."));
    EXPECT_EQ(one.headers.count("ce_time"), 1u);
    EXPECT_EQ(json::parse(one.value)["ticket"], ticket);
    EXPECT_TRUE(one == by_id.at(one.id())) << "a repeat in other words: " << one.id();
    auto& ids = told[ticket];
    // By id, and by sequence: whichever a reader drops repeats by, the same is left.
    const bool news = std::find(ids.begin(), ids.end(), one.id()) == ids.end();
    EXPECT_EQ(news, one.headers.at("ce_sequence") > last[ticket]) << one.id();
    repeats += !news;
    if (!news) continue;
    ids.push_back(one.id());
    last[ticket] = one.headers.at("ce_sequence");
  }
  EXPECT_EQ(told, expected);
  std::printf("%zu events of %zu tickets, %zu repeats\n", published, matters->size(), repeats);

  // What watchers are told: the same events of theirs, in the same words and order.
  std::map<std::string, std::vector<std::string>> of_tech;
  size_t count = 0;
  for (const auto& [ticket, ids] : told) {
    for (const std::string& id : ids) {
      const json departments = json::parse(by_id.at(id).value).value("departments", json::array());
      if (std::find(departments.begin(), departments.end(), "tech") == departments.end()) continue;
      of_tech[ticket].push_back(id);
      ++count;
    }
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    std::map<std::string, std::vector<std::string>> watched;
    for (const auto& event : Watched(i, count)) {
      watched[event.subject()].push_back(event.id());
      std::string data;
      ASSERT_TRUE(google::protobuf::util::MessageToJsonString(event.data(), &data).ok());
      ASSERT_EQ(by_id.count(event.id()), 1u) << event.id();
      EXPECT_EQ(by_id.at(event.id()).value, data);
      EXPECT_EQ(by_id.at(event.id()).headers.at("ce_sequence"), event.sequence());
      EXPECT_EQ(by_id.at(event.id()).headers.at("ce_type"), event.type());
    }
    EXPECT_EQ(watched, of_tech) << "node " << nodes_.name(i);
  }
  for (size_t i = nodes_.size(); i-- > 0;) EXPECT_EQ(nodes_.Stop(i), 0) << nodes_.log(i);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const e2e::Ran ran = e2e::Run({e2e::Program("shoujie"), "verify", "all", "--data", nodes_.data(i),
                                   "--master-key-file", nodes_.secrets() + "/master.key"},
                                  nodes_.Env(), absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  }
}

// The topic is for others: without it the centre works all the same, and what was published meanwhile goes out when it
// is made.
TEST(PublishedOnOneNode, ATopicThatIsMadeLaterGetsEverything) {
  e2e::Centre centre(Brokers::Shared());
  {
    Cluster cluster;
    cluster.bootstrap = Brokers::Shared().bootstrap();
    cluster.prefix = centre.prefix();
    std::vector<TopicSpec> without = AllTopics(AllModules());
    without.erase(std::remove_if(without.begin(), without.end(),
                                 [](const TopicSpec& spec) { return spec.kind == TopicKind::kPublished; }),
                  without.end());
    auto topics = Topics::Connect(cluster);
    ASSERT_TRUE(topics.ok()) << topics.status();
    ASSERT_TRUE((*topics)->Create(without, 1).ok());
  }
  e2e::Server& server = centre.Start();
  e2e::People people(&server);
  const e2e::Matter matter = e2e::NewTicket(people, "1005", "1", "13912345678");
  EXPECT_TRUE(e2e::Eventually([&] { return absl::StrContains(server.process().err(), "TOPIC_MISSING"); }))
      << server.process().err();
  EXPECT_EQ(centre.Topics("check", {"--allow-unsafe-topics"}).code, 1);
  const e2e::Ran made = centre.Topics("create", {"--replicas", "1", "--allow-unsafe-topics", "-o", "json"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr(centre.prefix() + ".tickets.v1"));
  EXPECT_THAT(made.out, HasSubstr("\"retention.ms\": \"2592000000\""));
  std::vector<Consumed> topic;
  EXPECT_TRUE(e2e::Eventually(
      [&] {
        topic = Consume(centre.brokers().bootstrap(), centre.prefix() + ".tickets.v1");
        return !topic.empty();
      },
      absl::Seconds(40)));
  ASSERT_EQ(topic.size(), 1u);
  EXPECT_EQ(topic[0].headers.at("ce_subject"), matter.ticket);
  EXPECT_EQ(topic[0].headers.at("ce_type"), "shoujie.ticket.opened.v1");
  EXPECT_EQ(server.Stop(), 0);
  // A start finds it there, and repeats nothing.
  e2e::Server& again = centre.Start();
  people.Reconnect(&again);
  auto note = AddNote(people, matter.ticket, "called again");
  EXPECT_TRUE(note.ok()) << note.status();
  absl::SleepFor(absl::Seconds(2));
  EXPECT_EQ(Consume(centre.brokers().bootstrap(), centre.prefix() + ".tickets.v1").size(), 1u);
  EXPECT_EQ(again.Stop(), 0);
  centre.ExpectVerified();
}

}  // namespace
}  // namespace shoujie::kafka
