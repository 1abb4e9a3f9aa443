// Brokers that die, halt and come back under a working writer: the whole log is compared with a ledger of all reports.
#include <signal.h>

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

  journals = Open(options);
  std::vector<StoredRecord> log;
  // Brokers that were just killed answer slowly, and a read that goes on may find nothing for a moment.
  int64_t end = 0;
  for (const auto& [bytes, position] : acknowledged) end = std::max(end, position + 1);
  Journal& again = **journals->Get({"router", 0});
  auto asked = Topics::Connect(options.cluster);
  auto ends = (*asked)->EndsOf(JournalTopic(options.cluster, "router"), 0);
  const uint64_t broker_end = ends.ok() ? ends->end : 0;
  size_t passes = 0, first_pass = 0;
  for (const absl::Time until = absl::Now() + absl::Seconds(60);
       log.size() < static_cast<size_t>(end) && absl::Now() < until;) {
    const absl::Status status = ReadAll(again, log.size(), &log);
    if (!status.ok()) {
      ADD_FAILURE() << status;
      break;
    }
    if (passes++ == 0) first_pass = log.size();
  }
  std::cout << absl::StrFormat("the broker's end %d, acknowledged up to %d, read %d at first, %d in %d passes\n",
                               broker_end, end, first_pass, log.size(), passes);
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
  for (const auto& [bytes, position] : acknowledged) {
    const auto it = found.find(bytes);
    lost += it == found.end();
    elsewhere += it != found.end() && it->second != static_cast<uint64_t>(position);
  }
  EXPECT_EQ(lost, 0u);
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
      absl::SleepFor(absl::Seconds(3));
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
      absl::SleepFor(absl::Seconds(6));
    }
  });
  EXPECT_GT(outcome.acknowledged, 100u);
}

}  // namespace
}  // namespace shoujie::kafka
