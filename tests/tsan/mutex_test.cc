// The tsan tree sees what the locks of absl order: without tests/tsan/mutex.cc the first three would be reported as
// races.
#include "absl/synchronization/mutex.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace shoujie {
namespace {

void InThreads(int count, const std::function<void()>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body);
  for (std::thread& thread : threads) thread.join();
}

TEST(AbslUnderTsan, MutexOrdersAccesses) {
  absl::Mutex mutex;
  std::vector<int> numbers;
  InThreads(4, [&] {
    for (int i = 0; i < 1000; ++i) {
      absl::MutexLock lock(&mutex);
      numbers.push_back(i);
    }
    absl::ReaderMutexLock lock(&mutex);
    EXPECT_GE(numbers.size(), 1000u);
  });
  EXPECT_EQ(numbers.size(), 4000u);
}

TEST(AbslUnderTsan, ConditionsAndCondVarsOrderAccesses) {
  absl::Mutex mutex;
  absl::CondVar changed;
  int turn = 0;
  const auto is_two = [&] { return turn == 2; };
  std::thread first([&] {
    absl::MutexLock lock(&mutex);
    turn = 1;
    changed.SignalAll();
    mutex.Await(absl::Condition(&is_two));
    turn = 3;
  });
  {
    absl::MutexLock lock(&mutex);
    while (turn != 1) changed.WaitWithTimeout(&mutex, absl::Seconds(10));
    turn = 2;
  }
  first.join();
  EXPECT_EQ(turn, 3);
}

TEST(AbslUnderTsan, ANotificationOrdersAccesses) {
  absl::Notification ready;
  auto value = std::make_unique<int>(0);
  std::thread writer([&] {
    *value = 7;
    ready.Notify();
  });
  ready.WaitForNotification();
  EXPECT_EQ(*value, 7);
  writer.join();
}

#ifdef __SANITIZE_THREAD__
void Race() {
  absl::Mutex mine[2];
  int number = 0;
  std::thread other([&] {
    absl::MutexLock lock(&mine[0]);
    ++number;
  });
  {
    absl::MutexLock lock(&mine[1]);
    ++number;
  }
  other.join();
}

TEST(AbslUnderTsanDeathTest, ARaceUnderDifferentLocksIsStillReported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto race_and_end = [] {
    Race();
    std::exit(0);
  };
  EXPECT_EXIT(race_and_end(), testing::ExitedWithCode(66), "data race");
}
#endif

}  // namespace
}  // namespace shoujie
