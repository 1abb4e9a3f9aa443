// The feed against a model, under seeds: journals that grow, rows that are stored late, restarts that read again what
// was not stored, watchers that are quick, slow, cut off and back with their last token. Whatever happens, each
// consumer gets exactly what lies behind the place he began at, in the order of each partition, each event once.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/feed.h"
#include "services/runtime/node/resume_token.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/store/memory_store.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie {
namespace {

constexpr uint32_t kRandomPartitions = 3;
constexpr size_t kLagMax = 40;  // events: a burst is more
const std::vector<std::string> kTopics = {"tech", "warehouse"};

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) { Start(); }
  ~World() {
    for (Consumer& consumer : consumers_) consumer.stream.reset();  // before the feed
  }

  void Step() {
    const uint32_t what = Below(100);
    if (what < 40) {
      Grow();
    } else if (what < 55) {
      Store(Below(kRandomPartitions));
    } else if (what < 85) {
      if (!consumers_.empty()) Take(consumers_[Below(consumers_.size())], 1 + Below(3));
    } else if (what < 90) {
      if (consumers_.size() < 12) Begin();
    } else if (what < 94) {
      if (!consumers_.empty()) consumers_[Below(consumers_.size())].stream.reset();  // cut off; back at his next turn
    } else if (what < 96) {
      time_.Advance(absl::Milliseconds(1 + Below(3000)));
      feed_->Look();
    } else if (what < 97) {
      Restart();
    } else {
      for (int i = 0; i < 30; ++i) Grow();  // a burst, of which slow watchers fall behind
    }
  }
  void Finish() {
    for (uint32_t p = 0; p < kRandomPartitions; ++p) {
      ReadAgain(p);
      Store(p);
    }
    for (Consumer& consumer : consumers_) {
      for (int i = 0; i < 3; ++i) Take(consumer, 100'000);  // also of one who is told first that he is slow
      for (uint32_t p = 0; p < kRandomPartitions; ++p) {
        std::vector<std::string> expected;
        for (uint64_t revision = consumer.from[p] + 1; revision <= journals_[p].size(); ++revision) {
          const Record& record = journals_[p][revision - 1];
          if (record.topic != consumer.topic) continue;
          expected.insert(expected.end(), record.ids.begin(), record.ids.end());
        }
        EXPECT_EQ(consumer.got[p], expected) << consumer.topic << ", partition " << p;
      }
    }
  }
  size_t consumers() const { return consumers_.size(); }
  int slow() const { return slow_; }
  int restarts() const { return restarts_; }

 private:
  struct Record {
    std::string topic;
    std::vector<std::string> ids;
  };
  struct Consumer {
    std::string topic, token;
    std::vector<uint64_t> from;
    std::unique_ptr<AnswerStream> stream;
    std::map<uint32_t, std::vector<std::string>> got;
  };

  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  void Start() {
    feed_ = std::make_unique<Feed>(
        kRandomPartitions, &store_, &clock_, [] { return absl::OkStatus(); }, [] {}, kLagMax);
    for (uint32_t p = 0; p < kRandomPartitions; ++p) {
      feed_->Begin(p, stored_[p]);
      read_[p] = stored_[p];
    }
  }
  void Grow() {
    const auto p = static_cast<uint32_t>(Below(kRandomPartitions));
    Record record{kTopics[Below(kTopics.size())], {}};
    const size_t events = Below(4);  // none: a record that is not published
    for (size_t n = 0; n < events; ++n) record.ids.push_back(absl::StrCat(p, "-", journals_[p].size() + 1, "-", n));
    journals_[p].push_back(std::move(record));
    ReadAgain(p);
  }
  // The follower reads on to the journal's end, one record or all at once.
  void ReadAgain(uint32_t p) {
    std::vector<Feed::Event> events;
    for (uint64_t revision = read_[p] + 1; revision <= journals_[p].size(); ++revision) {
      const Record& record = journals_[p][revision - 1];
      for (const std::string& id : record.ids) events.push_back({{record.topic}, revision, Bytes(id)});
    }
    read_[p] = journals_[p].size();
    feed_->Append(p, read_[p], events);
  }
  void Store(size_t p) {
    std::vector<Row> rows;
    for (uint64_t revision = stored_[p] + 1; revision <= read_[p]; ++revision) {
      const Record& record = journals_[p][revision - 1];
      for (size_t n = 0; n < record.ids.size(); ++n) {
        rows.push_back({Feed::RowKey(record.topic, static_cast<uint32_t>(p), revision, static_cast<uint32_t>(n)),
                        *Bytes(record.ids[n])});
      }
    }
    store_.Write(std::move(rows), [] {});
    stored_[p] = read_[p];
    feed_->Stored(static_cast<uint32_t>(p), stored_[p]);
  }
  void Restart() {
    ++restarts_;
    for (Consumer& consumer : consumers_) consumer.stream.reset();
    feed_.reset();
    Start();
    for (uint32_t p = 0; p < kRandomPartitions; ++p) {
      if (Below(2) == 0) ReadAgain(p);  // else with the next record
    }
  }
  static std::shared_ptr<const std::string> Bytes(const std::string& id) {
    router::v1::TicketEvent event;
    event.set_id(id);
    return std::make_shared<const std::string>(event.SerializeAsString());
  }

  void Begin() {
    Consumer& consumer = consumers_.emplace_back();
    consumer.topic = kTopics[Below(kTopics.size())];
    const bool from_start = Below(2) == 0;
    consumer.from = from_start ? std::vector<uint64_t>(kRandomPartitions, 0)
                               : std::vector<uint64_t>(read_, read_ + kRandomPartitions);
    consumer.token = ResumeTokenOf(consumer.from);
  }
  void Take(Consumer& consumer, size_t answers) {
    for (size_t i = 0; i < answers; ++i) {
      if (consumer.stream == nullptr) {
        auto stream = feed_->Open(
            {consumer.topic, consumer.token, false}, [] { return absl::OkStatus(); }, [] {});
        ASSERT_TRUE(stream.ok()) << stream.status();
        consumer.stream = *std::move(stream);
      }
      router::v1::WatchTicketsResponse answer;
      auto step = consumer.stream->Next(&answer);
      if (!step.ok()) {
        const std::string reason = ReasonOf(step.status());
        ASSERT_TRUE(reason == "WATCH_SLOW" || reason == "WATCH_BEHIND") << step.status();
        slow_ += reason == "WATCH_SLOW";
        if (reason == "WATCH_SLOW") consumer.token = DetailOf(step.status()).metadata(0).value();
        consumer.stream.reset();
        return;
      }
      if (*step == AnswerStream::Step::kLater) return;
      for (const auto& event : answer.events()) {
        consumer.got[static_cast<uint32_t>(event.id()[0] - '0')].push_back(event.id());
      }
      consumer.token = answer.resume_token();
    }
  }

  std::mt19937 random_;
  sim::TrueTime time_;
  sim::ManualClock clock_{&time_};
  MemoryStore store_;
  std::vector<Record> journals_[kRandomPartitions];
  uint64_t read_[kRandomPartitions] = {}, stored_[kRandomPartitions] = {};
  std::unique_ptr<Feed> feed_;
  std::vector<Consumer> consumers_;
  int slow_ = 0, restarts_ = 0;
};

TEST(FeedRandomTest, EveryConsumerGetsWhatLiesBehindHisPlaceOnceAndInOrder) {
  int slow = 0, restarts = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    World world(seed);
    for (int i = 0; i < 1500; ++i) world.Step();
    world.Finish();
    EXPECT_GT(world.consumers(), 0u);
    slow += world.slow();
    restarts += world.restarts();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(restarts, 0) << "what the test is for";
  EXPECT_GT(slow, 0) << "what the test is for";
}

}  // namespace
}  // namespace shoujie
