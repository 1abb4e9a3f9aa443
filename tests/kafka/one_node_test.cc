// One node on a real cluster, from the outside: what a centre does and what goes wrong with it. Programs and brokers
// are processes, and are killed.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/topics.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/kafka/centre.h"
#include "tests/support/process/readme.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;

TEST(OneNode, TheReadmesWalkWorksOnKafka) {
  Centre centre(Brokers::Shared());
  centre.MakeTopics();
  Server& server = centre.Start();
  ASSERT_FALSE(server.address().empty());
  std::vector<std::string> env = centre.Env();
  for (const std::string& one :
       {"SHOUJIE_SERVER=" + server.address(), "SHOUJIE_TOKEN_FILE=" + server.token_file(),
        "KEY=" + server.data() + "/master.key", "TRY=" + centre.dir_.path()}) {
    env.push_back(one);
  }
  const Ran ran = e2e::RunReadmeWalk(std::move(env));
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.out, "proven from the journal alone")) << ran.out;
  EXPECT_TRUE(absl::StrContains(ran.out, "verified: nothing is wrong")) << ran.out;
  EXPECT_EQ(server.Stop(), 0);
  centre.ExpectVerified();
}

// The state directory is a projection: without it all is made again from the cluster, and every answer is the same.
TEST(OneNode, ARestartAndALostStateDirectoryChangeNoAnswer) {
  Centre centre(Brokers::Shared());
  centre.MakeTopics();
  Server& server = centre.Start();
  People people(&server);
  const Matter matter = NewTicket(people, "1005", "1", "13912345678");
  const std::string id = NewRequestId();
  auto first = AddNote(people, matter.ticket, "the screen stays black", id);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto ask = [&] {
    auto ticket = Get<router::v1::Ticket>(people.As(kOperator), absl::StrCat(kTickets, "GetTicket"), matter.ticket);
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    auto repeated = AddNote(people, matter.ticket, "the screen stays black", id);
    EXPECT_TRUE(repeated.ok()) << repeated.status();
    if (repeated.ok()) {
      EXPECT_EQ(repeated->SerializeAsString(), first->SerializeAsString());
    }
    return ticket.ok() ? ticket->SerializeAsString() : "";
  };
  const std::string before = ask();
  for (const char* what : {"stop", "kill", "lose the state"}) {
    SCOPED_TRACE(what);
    if (what == std::string("kill")) {
      centre.server().Kill();
    } else {
      EXPECT_EQ(centre.server().Stop(), 0);
    }
    if (what == std::string("lose the state")) {
      std::filesystem::remove_all(centre.data() + "/store");
      std::filesystem::remove_all(centre.data() + "/lists");
    }
    people.Reconnect(&centre.Start());
    EXPECT_EQ(ask(), before);
  }
  EXPECT_EQ(centre.server().Stop(), 0);
  centre.ExpectVerified();
}

TEST(OneNode, WhatCannotBeTrustedIsRefusedAtTheStart) {
  Centre centre(Brokers::Shared());
  centre.ExpectRefused("TOPIC_MISSING", centre.Flags(), centre.data());
  centre.MakeTopics();
  std::vector<std::string> strict = centre.Flags();
  strict.pop_back();
  centre.ExpectRefused("TOPIC_UNSAFE", strict, centre.data());
  {
    Server& server = centre.Start();
    People people(&server);
    NewTicket(people, "1005", "1", "13912345678");
    EXPECT_EQ(server.Stop(), 0);
  }
  // The state of one installation on the topics of another; journals of its own; no state and another master key.
  Centre other(Brokers::Shared());
  other.MakeTopics();
  other.ExpectRefused("JOURNAL_FOREIGN", other.Flags(), centre.data());
  centre.ExpectRefused("JOURNAL_FOREIGN", {}, centre.data());
  centre.ExpectRefused("MASTER_KEY_MISSING", centre.Flags(), other.data());
  // Another number of partitions.
  Centre narrow(Brokers::Shared());
  {
    kafka::Cluster cluster;
    cluster.bootstrap = Brokers::Shared().bootstrap();
    cluster.prefix = narrow.prefix();
    auto topics = kafka::Topics::Connect(cluster);
    ASSERT_TRUE(topics.ok()) << topics.status();
    ASSERT_TRUE((*topics)->Create({{"router", 32}}, 1).ok());
  }
  EXPECT_EQ(narrow.Topics("create", {"--replicas", "1", "--allow-unsafe-topics"}).code, 1) << "it stays as it is";
  narrow.ExpectRefused("TOPIC_UNSAFE", narrow.Flags(), narrow.data());
  const Ran checked = narrow.Topics("check", {"--allow-unsafe-topics", "-o", "json"});
  EXPECT_EQ(checked.code, 1);
  EXPECT_TRUE(absl::StrContains(checked.err, "partitions is 32, must be 64")) << checked.err;
  bool found = false;
  const json told = json::parse(checked.out);
  for (const json& topic : told["topics"]) found = found || topic["state"] == "wrong";
  EXPECT_TRUE(found) << checked.out;
  // A topic that was made anew: the store knows better.
  {
    kafka::Cluster cluster;
    cluster.bootstrap = Brokers::Shared().bootstrap();
    cluster.prefix = centre.prefix();
    const kafka::Context context{&cluster, nullptr};
    auto admin = kafka::NewAdmin(&context);
    ASSERT_TRUE(admin.ok());
    rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(kafka::JournalTopic(cluster, "interaction").c_str());
    rd_kafka_queue_t* queue = rd_kafka_queue_new(admin->get());
    rd_kafka_DeleteTopics(admin->get(), &topic, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
    ASSERT_NE(event, nullptr);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(topic);
  }
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(centre.Topics("check").out, "missing"); }));
  centre.MakeTopics();
  centre.ExpectRefused("JOURNAL_SHORT", centre.Flags(), centre.data());
}

TEST(OneNode, AClusterThatIsAwayIsWaitedForAtTheStartAndLater) {
  Brokers brokers(1);
  Centre centre(brokers);
  centre.MakeTopics();
  brokers.Signal(1, SIGKILL);
  brokers.AwaitEnd(1);
  std::vector<std::string> argv = {Program("shoujied"), "--data", centre.data(), "--listen", "127.0.0.1:0"};
  for (const std::string& flag : centre.Flags()) argv.push_back(flag);
  {
    Process waiting(argv);
    EXPECT_EQ(waiting.WaitForLine("ready", absl::Seconds(20)), "");
    EXPECT_TRUE(waiting.running());
    EXPECT_TRUE(absl::StrContains(waiting.err(), "KAFKA_UNAVAILABLE")) << waiting.err();
    waiting.Signal(SIGTERM);
    EXPECT_EQ(waiting.Wait(absl::Seconds(30)), 0) << "whoever waits can be stopped";
  }
  std::thread cure([&] {
    absl::SleepFor(absl::Seconds(5));
    brokers.StartAgain(1);
  });
  Server& server = centre.Start();  // waits
  cure.join();
  ASSERT_FALSE(server.address().empty());
  People people(&server);
  const Matter matter = NewTicket(people, "1005", "1", "13912345678");
  ASSERT_TRUE(AddNote(people, matter.ticket, "before").ok());

  brokers.Signal(1, SIGKILL);
  brokers.AwaitEnd(1);
  // Nobody is told anything that may turn out wrong; each has its answer in its time.
  std::vector<std::string> ids;
  std::vector<absl::StatusOr<common::v1::CommandReply>> answers(64);
  std::vector<std::thread> clients;
  for (size_t i = 0; i < answers.size(); ++i) ids.push_back(NewRequestId());
  rpc::Client& client = people.As("agents/1005");
  const absl::Time begun = absl::Now();
  for (size_t i = 0; i < answers.size(); ++i) {
    clients.emplace_back([&, i] {
      router::v1::AddNoteRequest note;
      note.set_name(matter.ticket);
      note.set_text(absl::StrCat("note ", i));
      note.set_request_id(ids[i]);
      answers[i] = Do(client, absl::StrCat(kTickets, "AddNote"), note);
    });
  }
  for (std::thread& one : clients) one.join();
  EXPECT_LT(absl::Now() - begun, absl::Seconds(60));
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer.ok());
    EXPECT_TRUE(answer.status().code() == absl::StatusCode::kUnavailable ||
                answer.status().code() == absl::StatusCode::kDeadlineExceeded ||
                answer.status().code() == absl::StatusCode::kResourceExhausted)
        << answer.status();
  }
  EXPECT_TRUE(server.process().running());
  brokers.StartAgain(1);
  // The same request ids, each once, without a restart.
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_TRUE(Eventually([&] { return AddNote(people, matter.ticket, absl::StrCat("note ", i), ids[i]).ok(); },
                           absl::Seconds(60)));
  }
  common::v1::ListHistoryRequest request;
  request.set_name(matter.ticket);
  auto history = History(people.As(kOperator), absl::StrCat(kTickets, "ListTicketHistory"), request);
  ASSERT_TRUE(history.ok()) << history.status();
  std::map<std::string, int> times;
  for (const auto& entry : *history) ++times[entry.command_id()];
  for (const std::string& id : ids) EXPECT_EQ(times[absl::StrReplaceAll(id, {{"-", ""}})], 1) << id;
  EXPECT_EQ(centre.server().Stop(), 0);
  centre.ExpectVerified();
}

TEST(OneNode, AnImportThroughKillsOfServerAndBrokerEqualsTheTruth) {
  if (SharedData().empty()) {
    GTEST_SKIP() << "the real input is not on this machine: set SHOUJIE_SHARED_DATA to its folder";
  }
  const std::string folder = SharedData() + "/technion_bank_feb1999";
  std::ifstream in(folder + "/truth.json");
  const json truth = json::parse(in);
  const uint64_t rows = truth["import"]["rows"];
  Brokers brokers(1);
  Centre centre(brokers);
  centre.MakeTopics();
  centre.Start();
  const auto importing = [&] {
    return std::make_unique<Process>(std::vector<std::string>{Program("shoujie"), "--server", centre.server().address(),
                                                              "--token-file", centre.server().token_file(), "import",
                                                              "technion", folder + "/calls.tsv.gz", "-o", "json"});
  };
  // Somewhere in the middle; where exactly must not matter.
  auto first = importing();
  ASSERT_NE(first->WaitForLine("never printed", absl::Milliseconds(1500)), "never printed");
  brokers.Signal(1, SIGKILL);
  brokers.AwaitEnd(1);
  brokers.StartAgain(1);
  ASSERT_NE(first->WaitForLine("never printed", absl::Milliseconds(1500)), "never printed");
  centre.server().Kill();
  first->Signal(SIGKILL);
  first->Wait(absl::Seconds(30));
  centre.Start();
  const auto import = [&] {
    const Ran ran =
        centre.server().Cli({"import", "technion", folder + "/calls.tsv.gz", "-o", "json"}, absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out, nullptr, false);
  };
  const json resumed = import();
  std::cout << "resumed: " << resumed["new"] << " new, " << resumed["repeated"] << " repeated of " << rows << "\n";
  EXPECT_EQ(resumed["new"].get<uint64_t>() + resumed["repeated"].get<uint64_t>(), rows);
  const json again = import();
  EXPECT_EQ(again["repeated"], rows);
  const Ran ran = centre.server().Cli({"report", truth["report"], "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json report = json::parse(ran.out);
  for (const auto& [key, value] : truth["figures"].items()) {
    ASSERT_TRUE(report.contains(key)) << key;
    if (value.is_number_float()) {
      EXPECT_NEAR(report[key].get<double>(), value.get<double>(), 0.005) << key;
    } else {
      EXPECT_EQ(report[key], value) << key;
    }
  }
  EXPECT_EQ(centre.server().Stop(), 0);
  centre.ExpectVerified();
}

TEST(AdminTopics, MakesWhatIsMissingOnceAndNamesWhatIsUnsafe) {
  Centre centre(Brokers::Shared());
  const Ran missing = centre.Topics("check", {"--allow-unsafe-topics"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_TRUE(absl::StrContains(missing.err, "TOPIC_MISSING")) << missing.err;
  const Ran many = centre.Topics("create");
  EXPECT_EQ(many.code, 1);
  EXPECT_TRUE(absl::StrContains(many.err, "TOPIC_REPLICAS")) << many.err;
  for (const bool first : {true, false}) {
    const Ran made = centre.Topics("create", {"--replicas", "1", "--allow-unsafe-topics", "-o", "json"});
    EXPECT_EQ(made.code, 0) << made.err;
    const json answer = json::parse(made.out);
    EXPECT_EQ(answer["brokers"], 1);
    ASSERT_EQ(answer["topics"].size(), 6u) << "a journal of each service, keys, and what is published: " << answer;
    for (const json& topic : answer["topics"]) {
      EXPECT_EQ(topic["made"], first) << topic;
      EXPECT_EQ(topic["state"], "unsafe") << topic;
      EXPECT_EQ(topic["replication_factor"], 1);
      EXPECT_EQ(topic["settings"]["cleanup.policy"],
                topic["topic"] == centre.prefix() + ".keys" ? "compact" : "delete");
      for (const json& finding : topic["findings"]) EXPECT_EQ(finding["unsafe_only"], true) << finding;
    }
  }
  const Ran unsafe = centre.Topics("check");
  EXPECT_EQ(unsafe.code, 1);
  EXPECT_TRUE(absl::StrContains(unsafe.err, "TOPIC_UNSAFE")) << unsafe.err;
  EXPECT_EQ(centre.Topics("check", {"--kafka-set", "acks=1"}).code, 1);
  EXPECT_EQ(centre.Topics("check", {"--kafka-set", "nonsense"}).code, 1);
}

}  // namespace
}  // namespace shoujie::e2e
