// A data directory with history and live matters moves to a cluster: everything is answered as before.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/kafka/centre.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;

TEST(MoveToKafka, ReportsTicketsRepeatsAndProofsAreUnchanged) {
  Centre centre(Brokers::Shared());
  centre.MakeTopics();
  TempDir old;
  auto server = std::make_unique<Server>(old / "data");
  ASSERT_FALSE(server->address().empty()) << server->process().err();
  People people(server.get());
  const Matter matter = NewTicket(people, "1005", "1", "13912345678");
  const std::string id = NewRequestId();
  auto first = AddNote(people, matter.ticket, "the screen stays black", id);
  ASSERT_TRUE(first.ok()) << first.status();
  if (!SharedData().empty()) {
    const Ran ran = server->Cli({"import", "technion", SharedData() + "/technion_bank_feb1999/calls.tsv.gz"});
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  const auto answers = [&](Server& of) {
    std::string all;
    for (const std::vector<std::string>& question : {std::vector<std::string>{"report", "contacts", "-o", "json"},
                                                     {"ticket", "get", matter.ticket, "-o", "json"},
                                                     {"ticket", "history", matter.ticket, "-o", "json"},
                                                     {"ticket", "list", "--owner", "1005", "-o", "json"}}) {
      const Ran ran = of.Cli(question);
      EXPECT_EQ(ran.code, 0) << question[0] << ran.err;
      all += ran.out;
    }
    auto repeated = AddNote(people, matter.ticket, "the screen stays black", id);
    EXPECT_TRUE(repeated.ok()) << repeated.status();
    if (repeated.ok()) {
      EXPECT_EQ(repeated->SerializeAsString(), first->SerializeAsString());
    }
    EXPECT_FALSE(AddNote(people, matter.ticket, "something else", id).ok()) << "the payload's mark is known";
    return all;
  };
  const std::string before = answers(*server);
  EXPECT_TRUE(absl::StrContains(before, "the screen stays black"));
  EXPECT_EQ(server->Stop(), 0);
  server.reset();

  std::vector<std::string> move = {Program("shoujie"), "admin",   "move",        "--to-kafka",           "--data",
                                   old / "data",       "--state", centre.data(), "--allow-unsafe-topics"};
  {
    std::vector<std::string> env = centre.Env();
    Process interrupted(move, env);
    // The keys are there, the journals are not, or not all of them.
    EXPECT_TRUE(Eventually([&] { return absl::StrContains(interrupted.err(), "keys: "); }, absl::Seconds(60)));
    const bool cut_short = interrupted.running();
    interrupted.Signal(SIGKILL);
    interrupted.Wait(absl::Seconds(30));
    if (cut_short) centre.ExpectRefused("MOVE_UNFINISHED", centre.Flags(), centre.data());
    std::cout << (cut_short ? "killed on the way\n" : "was over before it could be killed\n");
  }
  std::vector<std::string> told = move;
  told.insert(told.end(), {"-o", "json"});
  const Ran moved = e2e::Run(told, centre.Env(), absl::Minutes(5));
  ASSERT_EQ(moved.code, 0) << moved.err;
  std::cout << moved.out;
  EXPECT_EQ(json::parse(moved.out)["journals"], 3 * 64 + 1);

  people.Reconnect(&centre.Start());
  EXPECT_EQ(answers(centre.server()), before);
  ASSERT_TRUE(AddNote(people, matter.ticket, "after the move").ok());
  NewTicket(people, "1005", "2", "13912345679");
  EXPECT_EQ(centre.server().Stop(), 0);
  centre.ExpectVerified();
  const Ran verified = e2e::Run({Program("shoujie"), "verify", "all", "--data", old / "data"}, {}, absl::Minutes(10));
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;

  const Ran again = e2e::Run(move, centre.Env());
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(absl::StrContains(again.err, "TOPIC_NOT_EMPTY")) << again.err;
}

}  // namespace
}  // namespace shoujie::e2e
