// Stores that are made again from their journals: at a start, however often it is killed, and while the server serves.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "loadtest/generator/world.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/shard/rows.h"
#include "shoujie/common/v1/batch.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/plant.h"

namespace shoujie::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using router::v1::Ticket;

// Of copies that were being made.
bool NothingLeft(const std::string& data) { return !fs::exists(data + "/rebuild") || fs::is_empty(data + "/rebuild"); }

void ExpectVerified(const std::string& data) {
  const Ran ran = Run({Program("shoujie"), "verify", "all", "--data", data}, {"NO_COLOR=1"}, absl::Minutes(5));
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

absl::StatusOr<common::v1::CommandReply> AddNote(People& people, const std::string& ticket, const std::string& text) {
  router::v1::AddNoteRequest note;
  note.set_name(ticket);
  note.set_text(text);
  return Do(people.As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note);
}

// So many notes that the store of the ticket's shard is handed over in files, not in one write.
void MakeHot(rpc::Client& agent, const std::string& ticket, int notes) {
  router::v1::AddNoteRequest note;
  note.set_name(ticket);
  note.set_text("the customer called again and asked when somebody will come");
  for (int made = 0; made < notes;) {
    common::v1::ExecuteBatchRequest batch;
    for (int i = 0; i < 250; ++i, ++made) {
      note.set_request_id(NewRequestId());
      auto* command = batch.add_commands();
      command->set_method(absl::StrCat("shoujie.", kTickets, "AddNote"));
      command->set_request(note.SerializeAsString());
    }
    auto done =
        rpc::Call<common::v1::ExecuteBatchResponse>(agent, "shoujie.common.v1.BatchService/ExecuteBatch", batch);
    ASSERT_TRUE(done.ok()) << done.status();
    for (const auto& outcome : done->outcomes()) ASSERT_EQ(outcome.code(), 0) << outcome.error().en();
  }
}

JournalId HomeOf(const std::string& ticket) {
  const auto number = Number::Parse(ticket.substr(ticket.find('/') + 1));
  return {"router", number->slot % limits::kPartitions};
}

TEST(Rebuild, AStartThatIsKilledWhileItRebuildsLosesNothing) {
  const TempDir dir;
  const std::string data = dir / "data";
  {
    Server server(data);
    ASSERT_FALSE(server.address().empty()) << server.process().err();
    const auto tickets = load::MakeHistory(server.address(), server.token(), 4000);
    ASSERT_TRUE(tickets.ok()) << tickets.status();
    People people(&server);
    MakeHot(people.As("agents/1005"), NewTicket(people, "1005", "1", "13912345678").ticket, 6000);
    ASSERT_EQ(server.Stop(), 0);
  }
  int served = 0;
  for (const int ms : {0, 20, 40, 70, 100, 150, 200, 300, 400, 600}) {
    fs::remove_all(data + "/store");
    Process process({Program("shoujied"), "--data", data, "--listen", "127.0.0.1:0"});
    served += !process.WaitForLine("ready grpc=", absl::Milliseconds(ms)).empty();
    process.Signal(SIGKILL);
    process.Wait(absl::Seconds(20));
    // What was left is gone on with, not begun anew.
    Server again(data);
    ASSERT_FALSE(again.address().empty()) << "killed after " << ms << " ms: " << again.process().err();
    EXPECT_TRUE(NothingLeft(data));
    ASSERT_EQ(again.Stop(), 0);
  }
  EXPECT_LT(served, 10) << "no start was killed on its way";
  ExpectVerified(data);
}

class LiveRebuild : public testing::Test {
 protected:
  LiveRebuild() {
    Start();
    people_ = std::make_unique<People>(server_.get());
    ticket_ = NewTicket(*people_, "1005", "1", "13912345678").ticket;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(AddNote(*people_, ticket_, absl::StrCat("note ", i)).ok());
  }
  void Start() {
    server_ = std::make_unique<Server>(data_);
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    if (people_) people_->Reconnect(server_.get());
  }
  std::string Shown() {
    auto ticket = Get<Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), ticket_);
    return ticket.ok() ? ticket->SerializeAsString() : ticket.status().ToString();
  }
  int Version() {
    auto ticket = Get<Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), ticket_);
    return ticket.ok() ? std::stoi(ticket->etag()) : -1;
  }
  // What the operator is told: stores rebuilt, rows that differed.
  json Rebuilt(const std::string& what) {
    const Ran ran = server_->Cli({"admin", "rebuild", what, "-o", "json"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    return json::parse(ran.out, nullptr, false);
  }
  static uint64_t Differing(const json& rebuild) {
    uint64_t all = 0;
    for (const json& store : rebuild["results"]) {
      all += store.value("differing", uint64_t{0});
    }
    return all;
  }
  // Stops, changes a row of the ticket's shard, starts.
  void Damage(const std::string& key, const std::function<std::optional<std::string>(std::optional<std::string>)>& by) {
    ASSERT_EQ(server_->Stop(), 0);
    PlantRow(data_, HomeOf(ticket_), key, by);
    Start();
  }

  const TempDir dir_;
  const std::string data_ = dir_ / "data";
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  std::string ticket_;
};

TEST_F(LiveRebuild, WhatIsWholeIsMadeAgainUnderClientsAndNothingChanges) {
  const int before = Version();
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  rpc::Client& agent = people_->As("agents/1005");
  std::thread client([&] {
    while (!stop) {
      router::v1::AddNoteRequest note;
      note.set_name(ticket_);
      note.set_text("meanwhile");
      const auto reply = Do(agent, absl::StrCat(kTickets, "AddNote"), note);
      ASSERT_TRUE(reply.ok()) << reply.status();
      ++acknowledged;
    }
  });
  const json all = Rebuilt("all");
  const json one = Rebuilt(absl::StrCat("router/", HomeOf(ticket_).partition));
  stop = true;
  client.join();
  EXPECT_EQ(all["results"].size(), 3 * limits::kPartitions + 1) << all.dump(2);
  EXPECT_EQ(one["results"].size(), 1u);
  EXPECT_EQ(Differing(all) + Differing(one), 0u) << all.dump(2);
  EXPECT_GT(acknowledged, 10);
  EXPECT_EQ(Version(), before + acknowledged) << "a note got lost";
  EXPECT_EQ(server_->Stop(), 0);
  ExpectVerified(data_);
}

TEST_F(LiveRebuild, ARowThatTellsSomethingElseIsRepairedAlsoInWhatTheShardHasInMemory) {
  const std::string before = Shown();
  Damage(rows::StateKey(ticket_), [](std::optional<std::string> value) -> std::optional<std::string> {
    auto row = rows::StateValue::Decode(*value);
    Ticket ticket;
    EXPECT_TRUE(ticket.ParseFromString(row->state));
    ticket.set_owner("1999");
    row->state = ticket.SerializeAsString();
    return row->Encode();
  });
  EXPECT_NE(Shown(), before);
  AddNote(*people_, ticket_, "the shard has read the wrong row").status().IgnoreError();
  EXPECT_GE(Differing(Rebuilt("router")), 1u);
  ASSERT_TRUE(AddNote(*people_, ticket_, "and goes on").ok());
  auto ticket = Get<Ticket>(people_->As(kOperator), absl::StrCat(kTickets, "GetTicket"), ticket_);
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(ticket->owner(), "1005");
  EXPECT_EQ(Differing(Rebuilt("router")), 0u);
  EXPECT_EQ(server_->Stop(), 0);
  ExpectVerified(data_);
}

TEST_F(LiveRebuild, AShardThatHaltedOnABrokenRowComesBack) {
  Damage(rows::StateKey(ticket_), [](std::optional<std::string>) { return "no state"; });
  EXPECT_FALSE(AddNote(*people_, ticket_, "in vain").ok());
  EXPECT_FALSE(AddNote(*people_, ticket_, "in vain").ok()) << "the shard has halted";
  EXPECT_GE(Differing(Rebuilt(absl::StrCat("router/", HomeOf(ticket_).partition))), 1u);
  EXPECT_TRUE(Eventually([&] { return AddNote(*people_, ticket_, "served again").ok(); }));
  EXPECT_EQ(server_->Stop(), 0);
  ExpectVerified(data_);
}

TEST_F(LiveRebuild, AServerThatIsKilledWhileItRebuildsStartsWithTheOldRowsOrTheNew) {
  MakeHot(people_->As("agents/1005"), ticket_, 5000);
  const std::string before = Shown();
  for (const int ms : {5, 30, 60, 100, 150, 250}) {
    ASSERT_EQ(server_->Cli({"server", "rebuild", "router"}).code, 0);
    absl::SleepFor(absl::Milliseconds(ms));
    server_->Kill();
    Start();
    EXPECT_EQ(Shown(), before) << "killed after " << ms << " ms";
  }
  EXPECT_EQ(Differing(Rebuilt("all")), 0u);
  EXPECT_EQ(server_->Stop(), 0);
  EXPECT_TRUE(NothingLeft(data_));
  ExpectVerified(data_);
}

TEST_F(LiveRebuild, WhatIsAskedWronglyIsSaid) {
  EXPECT_EQ(server_->Cli({"admin", "rebuild", "router/64"}).code, 3);
  EXPECT_EQ(server_->Cli({"admin", "rebuild", "nothing"}).code, 3);
  EXPECT_EQ(people_->Cli("agents/1005", {"admin", "rebuild", "all"}).code, 4) << "operators alone";
  const Ran slow = server_->Cli({"server", "rebuild", "all"});
  EXPECT_EQ(slow.code, 0) << slow.err;
  const Ran second = server_->Cli({"admin", "rebuild", "all"});
  EXPECT_TRUE(second.code == 0 || absl::StrContains(second.err, "REBUILD_RUNNING")) << second.err;
  EXPECT_EQ(server_->Stop(), 0) << "a rebuild under way does not hold up the stop";
  ExpectVerified(data_);
}

TEST_F(LiveRebuild, ACheckpointThatCannotBeMadeLeavesNothing) {
  fs::create_directory(dir_ / "taken");
  for (const std::string& where : {dir_ / "taken", dir_ / "no/parent", std::string("relative")}) {
    const Ran ran = server_->Cli({"admin", "checkpoint", where});
    EXPECT_EQ(ran.code, 1) << where << ran.out << ran.err;
  }
  EXPECT_TRUE(fs::is_empty(dir_ / "taken"));
  fs::create_directory(dir_ / "small");
  if (::mount("none", (dir_ / "small").c_str(), "tmpfs", 0, "size=32k") == 0) {
    const Ran ran = server_->Cli({"admin", "checkpoint", dir_ / "small/copy"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_TRUE(absl::StrContains(ran.err, "CHECKPOINT_FAILED")) << ran.err;
    EXPECT_TRUE(fs::is_empty(dir_ / "small")) << "the disk is as full as it was before";
    ::umount((dir_ / "small").c_str());
  }
  EXPECT_TRUE(AddNote(*people_, ticket_, "it serves on").ok());
  ASSERT_EQ(server_->Cli({"admin", "checkpoint", dir_ / "copy"}).code, 0);
  fs::copy_file(data_ + "/master.key", dir_ / "copy/master.key");
  ExpectVerified(dir_ / "copy");
}

}  // namespace
}  // namespace shoujie::e2e
