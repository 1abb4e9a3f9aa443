// The shard between threads: clients post and read, one thread steps, the log reports and the store writes where they
// like.
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

TEST_F(ShardTest, ClientsOfManyThreadsAreAllAnsweredOnce) {
  constexpr int kThreads = 3, kEach = 150;
  const std::string name = OpenCase("+86 1");
  std::atomic<bool> stop{false};
  std::thread runner([&] {
    while (!stop.load()) {
      desk->shard->Step();
      book->shard->Step();
      std::this_thread::yield();
    }
  });
  std::atomic<int> answered{0}, shown{0};
  absl::BlockingCounter left(kThreads * kEach * 2);
  std::vector<std::thread> clients;
  for (int t = 0; t < kThreads; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        auto command = sim::MakeCommand(desk_domain, Add(name, 1), sim::RequestId(clock.Now(), 1000 + t * kEach + i),
                                        principal, keys);
        command->done = [&](Reply reply) {
          answered += reply.ok();
          left.DecrementCount();
        };
        desk->shard->Post(*std::move(command));
        const uint64_t must_show = desk->shard->revision();
        desk->shard->Read([&, must_show](absl::Status status) {
          shown += status.ok() && desk->shard->stored_revision() >= must_show;
          left.DecrementCount();
        });
      }
    });
  }
  for (auto& client : clients) client.join();
  left.Wait();
  stop = true;
  runner.join();
  EXPECT_EQ(answered.load(), kThreads * kEach);
  EXPECT_EQ(shown.load(), kThreads * kEach);
  Settle();
  EXPECT_EQ(CaseOf(name).total(), kThreads * kEach);
}

}  // namespace
}  // namespace shoujie::testing
