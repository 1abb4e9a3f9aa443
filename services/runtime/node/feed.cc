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
  explicit Page(google::protobuf::Message* answer) : answer_(*answer) {}
  bool full() const { return count_ >= limits::kWatchPageEventsMax || bytes_ >= limits::kWatchPageBytesMax; }
  bool empty() const { return count_ == 0; }
  absl::Status Add(absl::string_view bytes) {
    ++count_;
    bytes_ += bytes.size();
    if (events_ == nullptr) events_ = answer_.GetDescriptor()->FindFieldByName("events");
    auto* event = answer_.GetReflection()->AddMessage(&answer_, events_);
    if (event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
    return absl::DataLossError("a published event cannot be parsed");
  }
  void Close(const std::string& token) {
    answer_.GetReflection()->SetString(&answer_, answer_.GetDescriptor()->FindFieldByName("resume_token"), token);
  }

 private:
  google::protobuf::Message& answer_;
  const google::protobuf::FieldDescriptor* events_ = nullptr;
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace

// Its token holds for everybody who took all before it: of each partition was given what lies before its next event in
// the tail.
class Feed::Stretch : public SharedAnswer {
 public:
  Stretch(const Topic& topic, uint64_t begin, std::vector<uint64_t> read)
      : begin_(begin), end_(begin), to_(std::move(read)) {
    size_t bytes = 0;
    for (; end_ < topic.end(); ++end_) {
      const Item& item = topic.At(end_);
      const bool same =
          !items_.empty() && items_.back().partition == item.partition && items_.back().revision == item.revision;
      if (full_ && !same) break;
      items_.push_back(item);
      bytes += item.bytes->size();
      full_ = items_.size() >= limits::kWatchPageEventsMax || bytes >= limits::kWatchPageBytesMax;
    }
    for (uint64_t n = end_; n < topic.end(); ++n) {
      const Item& left = topic.At(n);
      to_[left.partition] = std::min(to_[left.partition], left.revision - 1);
    }
  }

  absl::Status Fill(google::protobuf::Message* answer) const override {
    Page page(answer);
    for (const Item& item : items_) {
      if (absl::Status status = page.Add(*item.bytes); !status.ok()) return status;
    }
    page.Close(ResumeTokenOf(to_));
    return absl::OkStatus();
  }

  // Whether one who was given everything up to `at` is to get just this, and the token does not lead him back.
  bool NewTo(const std::vector<uint64_t>& at) const {
    for (size_t p = 0; p < at.size(); ++p) {
      if (at[p] > to_[p]) return false;
    }
    return std::all_of(items_.begin(), items_.end(),
                       [&](const Item& item) { return item.revision > at[item.partition]; });
  }
  uint64_t begin() const { return begin_; }
  uint64_t end() const { return end_; }
  bool full() const { return full_; }  // what came since would not be in it
  const std::vector<Item>& items() const { return items_; }
  const std::vector<uint64_t>& to() const { return to_; }

 private:
  const uint64_t begin_;
  uint64_t end_;
  bool full_ = false;
  std::vector<Item> items_;
  std::vector<uint64_t> to_;  // by partition, for the token
};

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
    Given given;
    auto step = Take(answer, &given);
    if (!step.ok() || given.shared == nullptr) return step;
    if (absl::Status status = given.shared->Fill(answer); !status.ok()) return status;
    return step;
  }

  absl::StatusOr<Step> Take(google::protobuf::Message* answer, Given* given) override {
    if (absl::Status status = feed_.status_(); !status.ok()) return status;
    if (absl::Status status = still_(); !status.ok()) return status;
    Page page(answer);
    if (!live_) {
      if (absl::Status status = CatchUp(&page); !status.ok()) return status;
    }
    if (page.empty() && live_) {
      if (absl::Status status = TakeTail(&page, given); !status.ok()) return status;
    }
    const bool nothing = page.empty() && given->shared == nullptr;
    const absl::Duration now = feed_.clock_->Boot();
    // The first answer comes at once: from its token on nothing is missed.
    if (nothing && answered_ && now - *answered_ < limits::kWatchHeartbeat) return Step::kLater;
    answered_ = now;
    if (given->shared == nullptr) page.Close(ResumeTokenOf(at_));
    return Step::kAnswer;
  }

 private:
  friend class Feed;

  bool Knows(const Item& item) const { return item.revision <= at_[item.partition]; }
  void KnowsUpTo(const std::vector<uint64_t>& revisions) {
    for (size_t p = 0; p < at_.size(); ++p) at_[p] = std::max(at_[p], revisions[p]);
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

  // The stretch that begins at his place: with all others who stand there, or without what the rows gave him.
  absl::Status TakeTail(Page* page, Given* given) {
    std::shared_ptr<const Stretch> stretch;
    {
      absl::MutexLock lock(&feed_.mutex_);
      Topic& topic = feed_.topics_.find(topic_)->second;
      if (next_ < topic.first) return Slow(ResumeTokenOf(at_), feed_.lag_max_);
      while (next_ < topic.end() && Knows(topic.At(next_))) ++next_;
      if (next_ == topic.end()) {
        KnowsUpTo(feed_.read_);
      } else {
        stretch = topic.StretchFrom(next_, feed_.read_);
        next_ = stretch->end();
      }
      given->more = next_ < topic.end();
    }
    if (stretch == nullptr) return absl::OkStatus();
    if (stretch->NewTo(at_)) {
      at_ = stretch->to();
      given->shared = std::move(stretch);
      return absl::OkStatus();
    }
    for (const Item& item : stretch->items()) {
      if (Knows(item)) continue;
      if (absl::Status status = page->Add(*item.bytes); !status.ok()) return status;
    }
    KnowsUpTo(stretch->to());
    return absl::OkStatus();
  }

  Feed& feed_;
  const std::string topic_;
  const std::function<absl::Status()> still_;
  const absl::Duration opened_;
  std::vector<uint64_t> at_;  // by partition: all events up to this revision were given
  std::optional<absl::Duration> answered_;
  // Written by his own calls alone, under the feed's mutex, since others look.
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

void Feed::AddWakes(const Topic& topic, Wakes* wakes) {
  wakes->reserve(wakes->size() + topic.watchers.size());
  for (const auto& [watcher, wake] : topic.watchers) wakes->push_back(wake);
}

void Feed::Run(const Wakes& wakes) {
  for (const auto& wake : wakes) (*wake)();
}

std::shared_ptr<const Feed::Stretch> Feed::Topic::StretchFrom(uint64_t begin, const std::vector<uint64_t>& read) {
  const auto made =
      std::find_if(stretches.begin(), stretches.end(), [&](const auto& stretch) { return stretch->begin() == begin; });
  if (made != stretches.end()) {
    // A write to a caller costs more than another stretch: what came since goes with it, if it can.
    if ((*made)->end() == end() || (*made)->full()) return *made;
    stretches.erase(made);
  }
  stretches.push_front(std::make_shared<Stretch>(*this, begin, read));
  if (stretches.size() > limits::kWatchStretchesMax) stretches.pop_back();
  return stretches.front();
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
    for (const Topic* topic : touched) AddWakes(*topic, &wakes);
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
      if (topic.tail.empty()) topic.stretches.clear();
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
    for (const auto& [name, topic] : topics_) AddWakes(topic, &wakes);
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
  topic->second.watchers.emplace(watcher.get(), std::make_shared<WakeStream>(std::move(wake)));
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
