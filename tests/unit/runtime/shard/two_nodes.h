// Two nodes, a and b, on one log whose records and reports come when the test delivers them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {

class TwoNodesTest : public ShardTest {
 protected:
  TwoNodesTest() {
    SimulatedJournal::Options options;
    options.outcomes = SimulatedJournal::Outcomes::Clean();
    options.now = [this] { return time.Now(); };
    log = std::make_unique<SimulatedJournal>(options);
    a = std::make_unique<Node>(&desk_domain, log.get(), &keys, &clock, &published, nullptr, "a");
    b = std::make_unique<Node>(&desk_domain, log.get(), &keys, &clock, &published, nullptr, "b");
  }
  void Run(Node& node) {
    for (int i = 0; i < 4; ++i) {
      node.shard->Step();
      log->DeliverAll();
    }
    node.shard->Step();
  }
  // Owns and waits out whatever lease there may be.
  void Serve(Node& node) {
    node.shard->Own();
    Run(node);
    time.Advance(limits::kLease + limits::kLeaseMargin);
    Run(node);
    ASSERT_EQ(node.shard->phase(), Shard::Phase::kServing);
  }
  std::shared_ptr<std::optional<Reply>> PostTo(Node& node, const google::protobuf::Message& request,
                                               std::string id = "") {
    auto answer = std::make_shared<std::optional<Reply>>();
    Command command = Make(request, std::move(id));
    command.done = [answer](Reply reply) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(reply);
    };
    node.shard->Post(std::move(command));
    return answer;
  }

  std::unique_ptr<SimulatedJournal> log;
  std::unique_ptr<Node> a, b;
};

}  // namespace shoujie::testing
