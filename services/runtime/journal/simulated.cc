#include "services/runtime/journal/simulated.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/journal/gate.h"

namespace shoujie {

struct SimulatedJournal::Sent {
  uint64_t sequence;
  std::string bytes;
};

// Outlives its writer while records are in flight. Fields but `gate` and `on_report` are guarded by the journal's
// mutex.
struct SimulatedJournal::WriterState {
  std::function<void(const Report&)> on_report;
  Gate gate;
  bool dead = false;
  bool reporting = false;  // one thread at a time hands out reports, so that they keep their order
  uint64_t next_sequence = 0;
  std::deque<Sent> records;
  std::deque<Report> late;  // not yet due
  std::deque<Report> due;
};

class SimulatedJournal::Writer : public JournalWriter {
 public:
  Writer(SimulatedJournal* journal, std::shared_ptr<WriterState> state) : journal_(journal), state_(std::move(state)) {}
  ~Writer() override {
    state_->gate.Close();
    journal_->GiveUp(state_);
  }
  void Send(std::vector<std::string> records) override {
    const std::shared_ptr<WriterState> state = state_;  // a report may destroy this writer before `Give` returns
    journal_->Give(state, std::move(records));
  }

 private:
  SimulatedJournal* const journal_;
  const std::shared_ptr<WriterState> state_;
};

SimulatedJournal::SimulatedJournal(Options options) : SimulatedJournal(std::move(options), false) {}

SimulatedJournal::SimulatedJournal(Options options, bool at_once)
    : options_(std::move(options)), at_once_(at_once), outcomes_(options_.outcomes), random_(options_.seed) {}

SimulatedJournal::~SimulatedJournal() = default;

std::unique_ptr<SimulatedJournal> SimulatedJournal::Reliable(std::function<absl::Time()> now) {
  Options options;
  options.outcomes = Outcomes::Clean();
  options.exclusive = true;
  options.now = std::move(now);
  return std::unique_ptr<SimulatedJournal>(new SimulatedJournal(std::move(options), true));
}

std::unique_ptr<JournalWriter> SimulatedJournal::NewWriter(std::function<void(const Report&)> on_report) {
  auto state = std::make_shared<WriterState>();
  state->on_report = std::move(on_report);
  return std::make_unique<Writer>(this, std::move(state));
}

absl::Status SimulatedJournal::Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) {
  absl::MutexLock lock(&mutex_);
  for (uint64_t at = position; at < log_.size() && records_max > 0; ++at, --records_max) out->push_back(log_[at]);
  return absl::OkStatus();
}

std::shared_ptr<void> SimulatedJournal::Watch(std::function<void()> on_append) {
  return watchers_.Add(std::move(on_append));
}

void SimulatedJournal::Give(const std::shared_ptr<WriterState>& writer, std::vector<std::string> records) {
  if (records.empty()) return;
  {
    absl::MutexLock lock(&mutex_);
    if (!at_once_) {
      if (writer->records.empty() && writer->late.empty()) net_.push_back(writer);
      for (std::string& bytes : records) writer->records.push_back({writer->next_sequence++, std::move(bytes)});
      return;
    }
    for (const std::string& bytes : records) {
      writer->due.push_back({writer->next_sequence++, true, static_cast<int64_t>(Land(bytes)), absl::OkStatus()});
    }
  }
  watchers_.Notify();
  HandOut(writer);
}

// Calls `on_report` for everything due. A call may send, which makes more due, and may destroy the writer.
void SimulatedJournal::HandOut(const std::shared_ptr<WriterState>& writer) {
  {
    absl::MutexLock lock(&mutex_);
    if (writer->reporting) return;
    writer->reporting = true;
  }
  for (;;) {
    Report report;
    {
      absl::MutexLock lock(&mutex_);
      if (writer->due.empty()) {
        writer->reporting = false;
        return;
      }
      report = std::move(writer->due.front());
      writer->due.pop_front();
    }
    writer->gate.Run([&] { writer->on_report(report); });
  }
}

void SimulatedJournal::GiveUp(const std::shared_ptr<WriterState>& writer) {
  absl::MutexLock lock(&mutex_);
  writer->dead = true;
  writer->late.clear();
  if (!writer->records.empty() && Chance(outcomes_.cut_permille)) {
    const auto keep = static_cast<std::ptrdiff_t>(Draw(writer->records.size()));
    writer->records.erase(writer->records.begin() + keep, writer->records.end());
  }
  if (writer->records.empty()) net_.erase(std::remove(net_.begin(), net_.end(), writer), net_.end());
}

bool SimulatedJournal::Deliver() {
  std::shared_ptr<WriterState> writer;
  bool landed = false;
  {
    absl::MutexLock lock(&mutex_);
    if (net_.empty()) return false;
    writer = net_[Draw(net_.size())];
    const bool a_report = !writer->late.empty() && (writer->records.empty() || Chance(500));
    if (a_report) {
      writer->due.push_back(std::move(writer->late.front()));
      writer->late.pop_front();
    } else if (!writer->dead || outcomes_.straggler_permille == 0 || !Chance(outcomes_.straggler_permille)) {
      landed = DeliverRecord(*writer);
    }
    if (writer->records.empty() && writer->late.empty()) net_.erase(std::find(net_.begin(), net_.end(), writer));
  }
  if (landed) watchers_.Notify();
  HandOut(writer);
  return true;
}

bool SimulatedJournal::DeliverRecord(WriterState& writer) {
  const Outcomes& o = outcomes_;
  if (o.overtaken_permille > 0 && writer.records.size() > 1 && Chance(o.overtaken_permille)) {
    std::swap(writer.records[0], writer.records[1]);
  }
  const Sent sent = std::move(writer.records.front());
  writer.records.pop_front();
  Report report{sent.sequence, true, -1, absl::OkStatus()};
  const auto fail = [&](absl::string_view why) {
    report.ok = false;
    report.why = absl::UnavailableError(why);
  };
  const uint64_t x = Draw(1000);
  uint64_t limit = 0;
  bool landed = true;
  if (x < (limit += o.lost_permille)) {
    fail("simulated: not landed");
    landed = false;
  } else if (x < (limit += o.landed_with_error_permille)) {
    Land(sent.bytes);
    fail("simulated: landed, but reported as an error");
    report.position = 7;  // the position in a report of an error is garbage
  } else if (x < (limit += o.twice_permille)) {
    Land(sent.bytes);
    report.position = static_cast<int64_t>(Land(sent.bytes));
  } else if (x < (limit += o.place_unknown_permille)) {
    Land(sent.bytes);
  } else {
    report.position = static_cast<int64_t>(Land(sent.bytes));
  }
  if (writer.dead || (o.no_report_permille > 0 && Chance(o.no_report_permille))) return landed;
  // Reports of landed records keep their order among themselves.
  const bool overtakes = !report.ok && Chance(500);
  if (overtakes || (writer.late.empty() && !Chance(o.late_report_permille))) {
    writer.due.push_back(std::move(report));
  } else {
    writer.late.push_back(std::move(report));
  }
  return landed;
}

void SimulatedJournal::DeliverAll() {
  while (Deliver()) {
  }
}

void SimulatedJournal::Seed(uint64_t seed) {
  absl::MutexLock lock(&mutex_);
  random_ = seed;
}

void SimulatedJournal::SetOutcomes(const Outcomes& outcomes) {
  absl::MutexLock lock(&mutex_);
  outcomes_ = outcomes;
}

size_t SimulatedJournal::in_flight() const {
  absl::MutexLock lock(&mutex_);
  size_t count = 0;
  for (const auto& writer : net_) count += writer->records.size() + writer->late.size();
  return count;
}

uint64_t SimulatedJournal::end() const {
  absl::MutexLock lock(&mutex_);
  return log_.size();
}

std::vector<StoredRecord> SimulatedJournal::records() const {
  absl::MutexLock lock(&mutex_);
  return log_;
}

uint64_t SimulatedJournal::Plant(std::string bytes) {
  uint64_t at;
  {
    absl::MutexLock lock(&mutex_);
    at = Land(bytes);
  }
  watchers_.Notify();
  return at;
}

void SimulatedJournal::Replace(uint64_t position, std::string bytes) {
  absl::MutexLock lock(&mutex_);
  log_.at(position).bytes = std::move(bytes);
}

void SimulatedJournal::TruncateTo(uint64_t position) {
  absl::MutexLock lock(&mutex_);
  if (position < log_.size()) log_.resize(position);
}

uint64_t SimulatedJournal::Land(const std::string& bytes) {
  const uint64_t at = log_.size();
  log_.push_back({at, options_.now ? options_.now() : absl::UnixEpoch() + absl::Milliseconds(at), bytes});
  return at;
}

// SplitMix64; the remainder's bias does not matter at these sizes.
uint64_t SimulatedJournal::Draw(uint64_t below) {
  uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (z ^ (z >> 31)) % below;
}

}  // namespace shoujie
