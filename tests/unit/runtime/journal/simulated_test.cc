#include "services/runtime/journal/simulated.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace shoujie {
namespace {

// Sends and delivers under `seed`, destroying the first writer half-way; says all that happened.
std::string Story(uint64_t seed) {
  SimulatedJournal::Options options;
  options.seed = seed;
  SimulatedJournal journal(options);
  std::string story;
  const auto tell = [&story](const char* who) {
    return [&story, who](const Report& r) {
      story += who + std::to_string(r.sequence) + (r.ok ? "ok" : "no") + std::to_string(r.position) + " ";
    };
  };
  auto a = journal.NewWriter(tell("a"));
  auto b = journal.NewWriter(tell("b"));
  for (int i = 0; i < 100; ++i) {
    if (a != nullptr) a->Send({"a" + std::to_string(i)});
    if (i % 2 == 0) b->Send({"b" + std::to_string(i)});
    if (i % 3 != 0) journal.Deliver();
    if (i == 50) a = nullptr;
  }
  journal.DeliverAll();
  for (const auto& record : journal.records()) story += record.bytes + " ";
  return story;
}

TEST(SimulatedJournalTest, OneSeedGivesOneStory) {
  EXPECT_EQ(Story(5), Story(5));
  EXPECT_NE(Story(5), Story(6));
}

TEST(SimulatedJournalTest, NothingLandsBeforeItIsDelivered) {
  SimulatedJournal journal{SimulatedJournal::Options()};
  auto writer = journal.NewWriter([](const Report&) {});
  writer->Send({"a", "b"});
  EXPECT_EQ(journal.end(), 0u);
  EXPECT_EQ(journal.in_flight(), 2u);
  journal.DeliverAll();
  EXPECT_EQ(journal.in_flight(), 0u);
  EXPECT_FALSE(journal.Deliver());
}

TEST(SimulatedJournalTest, EveryOutcomeHappensAndReportsAreAsTheySay) {
  SimulatedJournal::Options options;
  options.seed = 11;
  SimulatedJournal journal(options);
  std::map<uint64_t, Report> reports;
  std::vector<uint64_t> ok_order;
  auto writer = journal.NewWriter([&](const Report& r) {
    EXPECT_TRUE(reports.emplace(r.sequence, r).second) << "reported twice";
    if (r.ok) ok_order.push_back(r.sequence);
  });
  constexpr uint64_t kCount = 2000;
  for (uint64_t i = 0; i < kCount; ++i) writer->Send({std::to_string(i)});
  journal.DeliverAll();
  ASSERT_EQ(reports.size(), kCount);
  EXPECT_TRUE(std::is_sorted(ok_order.begin(), ok_order.end()));
  std::map<std::string, int> landed;
  const auto log = journal.records();
  for (const auto& record : log) ++landed[record.bytes];
  std::set<std::string> seen;
  for (const auto& [sequence, report] : reports) {
    const int times = landed[std::to_string(sequence)];
    if (!report.ok) {
      seen.insert(times == 0 ? "lost" : "landed with error");
    } else if (report.position < 0) {
      EXPECT_EQ(times, 1);
      seen.insert("place unknown");
    } else {
      EXPECT_EQ(log[static_cast<size_t>(report.position)].bytes, std::to_string(sequence));
      seen.insert(times == 2 ? "twice" : "landed");
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"landed", "landed with error", "lost", "place unknown", "twice"}));
}

TEST(SimulatedJournalTest, RecordsOfADestroyedWriterMayLandAndMayNot) {
  std::set<uint64_t> ends;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedJournal::Options options;
    options.seed = seed;
    options.outcomes = SimulatedJournal::Outcomes::Clean();
    options.outcomes.cut_permille = 500;
    SimulatedJournal journal(options);
    auto writer = journal.NewWriter([](const Report&) { FAIL() << "a report to a destroyed writer"; });
    writer->Send({"a", "b", "c"});
    writer.reset();
    journal.DeliverAll();
    ends.insert(journal.end());
  }
  EXPECT_EQ(ends, (std::set<uint64_t>{0, 1, 2, 3}));
}

TEST(SimulatedJournalTest, AStragglerLandsBehindWhatALaterWriterSent) {
  size_t behind = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedJournal::Options options;
    options.seed = seed;
    options.outcomes = SimulatedJournal::Outcomes::Clean();
    options.outcomes.straggler_permille = 900;
    SimulatedJournal journal(options);
    auto old = journal.NewWriter([](const Report&) {});
    old->Send({"old"});
    old.reset();
    auto next = journal.NewWriter([](const Report&) {});
    next->Send({"new"});
    journal.DeliverAll();
    ASSERT_EQ(journal.end(), 2u) << "late, not lost";
    behind += journal.records()[1].bytes == "old";
  }
  EXPECT_GT(behind, 35u);
}

TEST(SimulatedJournalTest, WhatIsDrawnFollowsFromTheLastSeed) {
  const auto ends = [](uint64_t first, uint64_t last) {
    SimulatedJournal::Options options;
    options.seed = first;
    SimulatedJournal journal(options);
    journal.Seed(last);
    auto writer = journal.NewWriter([](const Report&) {});
    for (int i = 0; i < 200; ++i) writer->Send({std::to_string(i)});
    journal.DeliverAll();
    std::string log;
    for (const auto& record : journal.records()) log += record.bytes + " ";
    return log;
  };
  EXPECT_EQ(ends(1, 9), ends(2, 9));
  EXPECT_NE(ends(1, 9), ends(1, 8));
}

TEST(SimulatedJournalTest, HealedItIsCleanFromThen) {
  SimulatedJournal journal{SimulatedJournal::Options()};
  journal.SetOutcomes(SimulatedJournal::Outcomes::Clean());
  int64_t next = 0;
  auto writer = journal.NewWriter([&](const Report& r) {
    EXPECT_TRUE(r.ok);
    EXPECT_EQ(r.position, next++);
  });
  for (int i = 0; i < 500; ++i) writer->Send({"x"});
  journal.DeliverAll();
  EXPECT_EQ(next, 500);
}

TEST(SimulatedJournalTest, PlantingsAreSeenByReaders) {
  auto journal = SimulatedJournal::Reliable();
  int woken = 0;
  auto watch = journal->Watch([&] { ++woken; });
  EXPECT_EQ(journal->Plant("a"), 0u);
  EXPECT_EQ(journal->Plant("b"), 1u);
  EXPECT_EQ(woken, 2);
  journal->Replace(0, "c");
  journal->TruncateTo(1);
  const auto records = journal->records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].bytes, "c");
}

}  // namespace
}  // namespace shoujie
