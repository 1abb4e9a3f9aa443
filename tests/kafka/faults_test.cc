// Brokers that die, halt and come back under a working writer: the whole log is compared with a ledger of all reports.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/kafka/fixture.h"

namespace shoujie::kafka {
namespace {

struct Outcome {
  size_t sent = 0, acknowledged = 0, writers = 0;
  absl::Duration silence;  // the longest time between two acknowledgements
};

// A writer with a bounded window, replaced at each doubt as a shard would, while `fault` runs; then until all is quiet.
// Afterwards each acknowledged record lies in the log once, where its report says, and the records of one writer lie in
// the order in which they were sent, without a hole.
Outcome WriteThrough(const KafkaJournals::Options& options, const std::function<void()>& fault) {
  Outcome outcome;
  auto journals = Open(options);
  Journal& journal = **journals->Get({"router", 0});
  std::atomic<bool> over{false};
  std::map<std::string, int64_t> acknowledged;
  std::thread harm([&] {
    absl::SleepFor(absl::Seconds(1));
    fault();
    absl::SleepFor(absl::Seconds(1));
    over = true;
  });
  absl::Time last = absl::Now();
  while (!over) {
    const size_t number = outcome.writers++;
    Ledger ledger;
    auto writer = journal.NewWriter(ledger.Callback());
    size_t sent = 0, seen = 0;
    bool doubt = false;
    const auto take = [&] {
      const auto reports = ledger.reports();
      for (; seen < reports.size() && !doubt; ++seen) {
        doubt = !reports[seen].ok;
        if (doubt) break;
        EXPECT_EQ(reports[seen].sequence, seen) << "acknowledged out of order";
        acknowledged[absl::StrCat(number, ":", reports[seen].sequence)] = reports[seen].position;
        outcome.silence = std::max(outcome.silence, absl::Now() - last);
        last = absl::Now();
      }
    };
    while (!over && !doubt) {
      if (sent - ledger.size() < 64) {
        std::vector<std::string> records;
        for (int i = 0; i < 8; ++i, ++sent) records.push_back(absl::StrCat(number, ":", sent));
        writer->Send(std::move(records));
      } else {
        absl::SleepFor(absl::Milliseconds(1));
      }
      take();
    }
    if (!doubt) ledger.AwaitCount(sent);  // the last window
    take();
    outcome.sent += sent;
    writer.reset();
  }
  harm.join();
  outcome.acknowledged = acknowledged.size();
  journals.reset();

  // The log is read to the last place that was acknowledged: neither a high watermark, which a new leader may know
  // late, nor a slow read is its end.
  journals = Open(options);
  std::vector<StoredRecord> log;
  uint64_t end = 0;
  for (const auto& [bytes, position] : acknowledged) end = std::max(end, static_cast<uint64_t>(position) + 1);
  const absl::Status read = ReadUpTo(**journals->Get({"router", 0}), 0, end, &log);
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(log.size(), end) << "missing from position " << log.size() << " on";
  std::map<std::string, uint64_t> found;
  std::map<std::string, uint64_t> next;  // by writer
  for (const StoredRecord& record : log) {
    EXPECT_TRUE(found.emplace(record.bytes, record.position).second) << "twice: " << record.bytes;
    const size_t colon = record.bytes.find(':');
    uint64_t sequence = 0;
    EXPECT_TRUE(absl::SimpleAtoi(record.bytes.substr(colon + 1), &sequence));
    EXPECT_EQ(sequence, next[record.bytes.substr(0, colon)]++) << "a hole or a swap at " << record.position;
  }
  size_t lost = 0, elsewhere = 0;
  std::vector<int64_t> missing;
  for (const auto& [bytes, position] : acknowledged) {
    const auto it = found.find(bytes);
    if (it == found.end()) missing.push_back(position);
    elsewhere += it != found.end() && it->second != static_cast<uint64_t>(position);
  }
  lost = missing.size();
  std::sort(missing.begin(), missing.end());
  EXPECT_EQ(lost, 0u) << "acknowledged at " << (lost > 0 ? missing.front() : 0) << " to "
                      << (lost > 0 ? missing.back() : 0);
  EXPECT_EQ(elsewhere, 0u);
  std::cout << absl::StrFormat("%d sent, %d acknowledged, %d in the log, %d writers, %d lost, silent %.1f s\n",
                               outcome.sent, outcome.acknowledged, log.size(), outcome.writers, lost,
                               absl::ToDoubleSeconds(outcome.silence));
  return outcome;
}

TEST(Faults, ABrokerThatIsKilledAndComesBackLosesNothing) {
  Brokers brokers(1);
  const auto options = NewOptions(brokers);
  CreateTopics(options);
  const Outcome outcome = WriteThrough(options, [&] {
    for (int round = 0; round < 2; ++round) {
      brokers.Signal(1, SIGKILL);
      brokers.AwaitEnd(1);
      brokers.StartAgain(1);
      AwaitInSync(options, 1);
      absl::SleepFor(absl::Seconds(1));  // under load
    }
  });
  EXPECT_GT(outcome.acknowledged, 100u);
}

TEST(Faults, ABrokerThatHaltsForAWhileHoldsNobodyUpWhoReadsTheEnd) {
  Brokers brokers(1);
  const auto options = NewOptions(brokers);
  CreateTopics(options);
  const Outcome outcome = WriteThrough(options, [&] {
    auto journals = Open(options);
    Journal& journal = **journals->Get({"router", 1});
    Append(journal, {"a"});
    brokers.Signal(1, SIGSTOP);
    for (int i = 0; i < 8; ++i) {
      const absl::Time begun = absl::Now();
      std::vector<StoredRecord> none;
      EXPECT_TRUE(journal.Read(1, 10, &none).ok());
      EXPECT_TRUE(none.empty());
      EXPECT_LT(absl::Now() - begun, absl::Milliseconds(200));
      absl::SleepFor(absl::Seconds(1));
    }
    brokers.Signal(1, SIGCONT);
    Append(journal, {"b"});
    std::vector<StoredRecord> one;
    EXPECT_TRUE(journal.Read(1, 10, &one).ok());
    EXPECT_EQ(one.size(), 1u);
  });
  EXPECT_GT(outcome.acknowledged, 100u);
}

// Whoever reads a log back while the cluster halts must not take that for its end.
TEST(Faults, AReadThatIsHeldUpSaysSoAndGoesOn) {
  Brokers brokers(1);
  const auto options = NewOptions(brokers);
  CreateTopics(options);
  constexpr size_t kRecords = 40, kBytes = 1 << 20;  // five windows, and more than is fetched ahead
  {
    auto journals = Open(options);
    for (size_t i = 0; i < kRecords; i += 8) {
      std::vector<std::string> records;
      for (size_t k = i; k < i + 8; ++k) records.push_back(absl::StrCat(k, std::string(kBytes, 'x')));
      Append(**journals->Get({"router", 0}), std::move(records));
    }
  }
  auto journals = Open(options);
  Journal& journal = **journals->Get({"router", 0});
  std::vector<StoredRecord> log;
  ASSERT_TRUE(journal.Read(0, 1, &log).ok());
  brokers.Signal(1, SIGSTOP);
  absl::Status status;
  const absl::Time begun = absl::Now();
  while (status.ok() && log.size() < kRecords) {
    const size_t before = log.size();
    status = journal.Read(log.size(), 1000, &log);
    ASSERT_TRUE(!status.ok() || log.size() > before) << "nothing is not the answer where something is known to be";
  }
  EXPECT_TRUE(NotNow(status)) << status << ", " << log.size();
  EXPECT_LT(log.size(), kRecords);
  EXPECT_LT(absl::Now() - begun, absl::Seconds(10));
  std::thread cure([&] {
    absl::SleepFor(absl::Seconds(3));
    brokers.Signal(1, SIGCONT);
  });
  EXPECT_TRUE(ReadUpTo(journal, log.size(), kRecords, &log).ok());
  cure.join();
  ASSERT_EQ(log.size(), kRecords);
  for (size_t i = 0; i < kRecords; ++i) EXPECT_EQ(log[i].position, i);
}

TEST(Faults, ThreeBrokersWhoseLeaderIsKilledLoseNothing) {
  Brokers brokers(3);
  auto options = NewOptions(brokers);
  options.allow_unsafe_topics = false;  // three replicas are what production asks for
  CreateTopics(options, 3);
  const Outcome outcome = WriteThrough(options, [&] {
    for (int broker = 1; broker <= 3; ++broker) {  // one of them leads
      brokers.Signal(broker, SIGKILL);
      brokers.AwaitEnd(broker);
      absl::SleepFor(absl::Seconds(2));
      brokers.StartAgain(broker);
      AwaitInSync(options, 3);  // the next one may go
    }
  });
  EXPECT_GT(outcome.acknowledged, 100u);
}

}  // namespace
}  // namespace shoujie::kafka
