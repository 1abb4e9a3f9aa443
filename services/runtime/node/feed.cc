#include "services/runtime/node/feed.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/resume_token.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {
namespace {

std::string RowPrefix(absl::string_view topic, uint32_t partition) {
  std::string key = absl::StrCat("F", topic, absl::string_view("\0", 1));
  key.push_back(static_cast<char>(partition >> 8));
  key.push_back(static_cast<char>(partition));
  return key;
}

std::string RowsFrom(absl::string_view topic, uint32_t partition, uint64_t revision) {
  std::string key = RowPrefix(topic, partition);
  rows::AppendBig64(&key, revision);
  return key;
}

absl::Status Slow(const std::string& token, size_t lag_max) {
  return Error(
      absl::StatusCode::kResourceExhausted, "WATCH_SLOW",
      "This watcher takes events more slowly than they come, and was left behind. Nothing is lost: watch again "
      "with the resume token given here, and take what comes without waiting for other things.",
      "订阅方接收过慢，已落后过多。事件不会丢失：请使用此处给出的续传标记重新订阅，并及时接收。",
      {{"resumeToken", token}, {"eventsMax", absl::StrCat(lag_max)}});
}

absl::Status NotReadSoFar() {
  return Error(
      absl::StatusCode::kUnavailable, "WATCH_BEHIND",
      "This node has not read the journals as far as the resume token says. Ask again in a moment, or another "
      "node. If none ever has, the token is of another cluster: list what there is, and watch without a token.",
      "本节点尚未读到续传标记所示的位置。请稍候重试，或改问其他节点；若始终如此，则该标记属于另一集群："
      "请先查询列表，再不带标记重新订阅。");
}

// The events of one answer: those of a record are never parted, since a token cannot say half a record.
class Page {
 public:
  explicit Page(google::protobuf::Message* answer)
      : answer_(*answer), events_(answer->GetDescriptor()->FindFieldByName("events")) {}
  bool full() const { return count_ >= limits::kWatchPageEventsMax || bytes_ >= limits::kWatchPageBytesMax; }
  bool empty() const { return count_ == 0; }
  absl::Status Add(absl::string_view bytes) {
    ++count_;
    bytes_ += bytes.size();
    auto* event = answer_.GetReflection()->AddMessage(&answer_, events_);
    if (event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
    return absl::DataLossError("a published event cannot be parsed");
  }
  void Close(const std::string& token) {
    answer_.GetReflection()->SetString(&answer_, answer_.GetDescriptor()->FindFieldByName("resume_token"), token);
  }

 private:
  google::protobuf::Message& answer_;
  const google::protobuf::FieldDescriptor* const events_;
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace

class Feed::Watcher : public AnswerStream {
 public:
  Watcher(Feed* feed, std::string topic, std::vector<uint64_t> at, std::function<absl::Status()> still)
      : feed_(*feed),
        topic_(std::move(topic)),
        still_(std::move(still)),
        opened_(feed->clock_->Boot()),
        at_(std::move(at)) {
    ++feed_.watchers_;
  }
  ~Watcher() override {
    --feed_.watchers_;
    absl::MutexLock lock(&feed_.mutex_);
    const auto topic = feed_.topics_.find(topic_);
    if (!live_) --feed_.catching_up_;
    topic->second.watchers.erase(this);
    if (topic->second.watchers.empty()) feed_.topics_.erase(topic);
  }

  absl::StatusOr<Step> Next(google::protobuf::Message* answer) override {
    if (absl::Status status = feed_.status_(); !status.ok()) return status;
    if (absl::Status status = still_(); !status.ok()) return status;
    Page page(answer);
    if (!IsLive()) {
      if (absl::Status status = CatchUp(&page); !status.ok()) return status;
    }
    if (page.empty()) {
      if (absl::Status status = TakeTail(&page); !status.ok()) return status;
    }
    const absl::Duration now = feed_.clock_->Boot();
    // The first answer comes at once: from its token on nothing is missed.
    if (page.empty() && answered_ && now - *answered_ < limits::kWatchHeartbeat) return Step::kLater;
    answered_ = now;
    page.Close(ResumeTokenOf(at_));
    return Step::kAnswer;
  }

 private:
  friend class Feed;

  bool IsLive() const {
    absl::MutexLock lock(&feed_.mutex_);
    return live_;
  }

  // What the rows have behind his place, and over to the tail if it goes on where they end.
  absl::Status CatchUp(Page* page) {
    std::vector<uint64_t> stored;
    bool ahead = false;
    {
      absl::MutexLock lock(&feed_.mutex_);
      stored = feed_.stored_;
      for (size_t p = 0; p < at_.size(); ++p) ahead |= at_[p] > feed_.read_[p];
    }
    if (ahead && feed_.clock_->Boot() - opened_ > limits::kListWait) return NotReadSoFar();
    // Taken after `stored` was looked at, so it has all of that, and no row behind it is looked at.
    const std::unique_ptr<StoreReader> snapshot = feed_.store_->Snapshot();
    for (uint32_t p = 0; p < at_.size(); ++p) {
      if (at_[p] >= stored[p]) continue;
      const size_t prefix = RowPrefix(topic_, p).size();
      uint64_t last = at_[p];
      bool more = false;
      absl::Status added;
      absl::Status scanned = snapshot->Scan(RowsFrom(topic_, p, at_[p] + 1), RowsFrom(topic_, p, stored[p] + 1),
                                            [&](absl::string_view key, absl::string_view value) {
                                              const uint64_t revision = rows::ReadBig64(key.substr(prefix));
                                              more = page->full() && revision != last;
                                              if (more) return false;
                                              last = revision;
                                              added = page->Add(value);
                                              return added.ok();
                                            });
      if (!scanned.ok()) return scanned;
      if (!added.ok()) return added;
      at_[p] = more ? last : stored[p];
      if (more) return absl::OkStatus();
    }
    bool live = true;
    {
      absl::MutexLock lock(&feed_.mutex_);
      const Topic& topic = feed_.topics_.find(topic_)->second;
      for (size_t p = 0; p < at_.size(); ++p) live &= at_[p] >= topic.gone[p];
      if (live && !ahead) {
        live_ = true;
        next_ = topic.first;
        --feed_.catching_up_;
      }
    }
    if (!live) feed_.hurry_();
    return absl::OkStatus();
  }

  absl::Status TakeTail(Page* page) {
    std::vector<std::shared_ptr<const std::string>> taken;
    {
      absl::MutexLock lock(&feed_.mutex_);
      if (!live_) return absl::OkStatus();
      const Topic& topic = feed_.topics_.find(topic_)->second;
      if (next_ < topic.first) return Slow(ResumeTokenOf(at_), feed_.lag_max_);
      const Item* record = nullptr;  // whose events are being taken
      for (; next_ < topic.end(); ++next_) {
        const Item& item = topic.tail[next_ - topic.first];
        const bool same = record != nullptr && record->partition == item.partition && record->revision == item.revision;
        if (taken.size() >= limits::kWatchPageEventsMax && !same) break;
        if (!same && item.revision <= at_[item.partition]) continue;  // known from the rows
        record = &item;
        at_[item.partition] = item.revision;
        taken.push_back(item.bytes);
      }
      if (next_ == topic.end()) {
        for (size_t p = 0; p < at_.size(); ++p) at_[p] = std::max(at_[p], feed_.read_[p]);
      }
    }
    for (const auto& bytes : taken) {
      if (absl::Status status = page->Add(*bytes); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  Feed& feed_;
  const std::string topic_;
  const std::function<absl::Status()> still_;
  const absl::Duration opened_;
  std::vector<uint64_t> at_;  // by partition: all events up to this revision were given
  std::optional<absl::Duration> answered_;
  // Guarded by the feed's mutex.
  bool live_ = false;
  uint64_t next_ = 0;  // item of the tail
};

Feed::Feed(size_t partitions, const Store* store, const Clock* clock, std::function<absl::Status()> status,
           std::function<void()> hurry, size_t lag_max)
    : store_(store),
      clock_(clock),
      status_(std::move(status)),
      hurry_(std::move(hurry)),
      lag_max_(lag_max),
      read_(partitions, 0),
      stored_(partitions, 0) {}

std::string Feed::RowKey(absl::string_view topic, uint32_t partition, uint64_t revision, uint32_t n) {
  std::string key = RowsFrom(topic, partition, revision);
  key.push_back(static_cast<char>(n >> 8));
  key.push_back(static_cast<char>(n));
  return key;
}

void Feed::Run(const Wakes& wakes) {
  for (const WakeStream& wake : wakes) wake();
}

void Feed::Topic::DropFirst() {
  gone[tail.front().partition] = std::max(gone[tail.front().partition], tail.front().revision);
  tail.pop_front();
  ++first;
}

void Feed::Begin(uint32_t partition, uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  read_[partition] = stored_[partition] = revision;
}

void Feed::Append(uint32_t partition, uint64_t read, const std::vector<Event>& events) {
  Wakes wakes;
  {
    absl::MutexLock lock(&mutex_);
    read_[partition] = read;
    std::set<Topic*> touched;
    for (const Event& event : events) {
      for (const std::string& name : event.topics) {
        const auto topic = topics_.find(name);
        if (topic == topics_.end()) continue;
        topic->second.tail.push_back({partition, event.revision, event.bytes});
        if (topic->second.tail.size() > lag_max_) topic->second.DropFirst();
        touched.insert(&topic->second);
      }
    }
    for (const Topic* topic : touched) {
      for (const auto& [watcher, wake] : topic->watchers) wakes.push_back(wake);
    }
  }
  Run(wakes);
}

void Feed::Look() {
  const absl::Duration now = clock_->Boot();
  if (now - looked_ < limits::kWatchLookEvery) return;
  looked_ = now;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [name, topic] : topics_) {
      uint64_t taken = topic.end();  // by all; whoever still reads rows finds there what is dropped here
      for (const auto& [watcher, wake] : topic.watchers) {
        if (watcher->live_) taken = std::min(taken, watcher->next_);
      }
      while (topic.first < taken) topic.DropFirst();
    }
  }
  WakeAll();
}

void Feed::Stored(uint32_t partition, uint64_t revision) {
  {
    absl::MutexLock lock(&mutex_);
    stored_[partition] = revision;
    if (catching_up_ == 0) return;
  }
  WakeAll();
}

void Feed::WakeAll() {
  Wakes wakes;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, topic] : topics_) {
      for (const auto& [watcher, wake] : topic.watchers) wakes.push_back(wake);
    }
  }
  Run(wakes);
}

absl::StatusOr<std::unique_ptr<AnswerStream>> Feed::Open(const WatchOrder& order, std::function<absl::Status()> still,
                                                         WakeStream wake) {
  absl::MutexLock lock(&mutex_);
  std::vector<uint64_t> at = order.from_start ? std::vector<uint64_t>(read_.size(), 0) : read_;
  if (!order.resume_token.empty()) {
    auto revisions = RevisionsIn(order.resume_token, read_.size());
    if (!revisions.ok()) return revisions.status();
    at = *std::move(revisions);
  }
  auto [topic, fresh] = topics_.try_emplace(order.topic);
  if (fresh) topic->second.gone = read_;
  auto watcher = std::make_unique<Watcher>(this, order.topic, std::move(at), std::move(still));
  topic->second.watchers.emplace(watcher.get(), std::move(wake));
  ++catching_up_;
  return watcher;
}

size_t Feed::kept() const {
  absl::MutexLock lock(&mutex_);
  size_t all = 0;
  for (const auto& [name, topic] : topics_) all += topic.tail.size();
  return all;
}

}  // namespace shoujie
