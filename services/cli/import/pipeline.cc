#include "services/cli/import/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace shoujie::importer {
namespace {

constexpr absl::Duration kRetryMax = absl::Seconds(2);
constexpr absl::Duration kStep = absl::Milliseconds(100);

bool MayComeBack(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

// The request itself is refused; another one may still be good.
bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
      return true;
    default:
      return false;
  }
}

void SetRequestId(const std::string& id, google::protobuf::Message* request) {
  request->GetReflection()->SetString(request, request->GetDescriptor()->FindFieldByName("request_id"), id);
}

// What is to be sent next.
google::protobuf::Message* NextRequest(const Batch& batch) {
  return batch.before ? batch.before.get() : batch.request.get();
}

// One batch per fact.
std::deque<Batch> RowByRow(const Batch& batch) {
  std::deque<Batch> rows;
  const auto* field = batch.request->GetDescriptor()->FindFieldByName("facts");
  const auto* reflection = batch.request->GetReflection();
  for (size_t i = 0; i < batch.lines.size(); ++i) {
    Batch row{batch.key, std::unique_ptr<google::protobuf::Message>(batch.request->New()), {batch.lines[i]}, true};
    row.request->CopyFrom(*batch.request);
    reflection->ClearField(row.request.get(), field);
    reflection->AddMessage(row.request.get(), field)
        ->CopyFrom(reflection->GetRepeatedMessage(*batch.request, field, static_cast<int>(i)));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Pipeline::Pipeline(const ImportOptions& options, ImportSink& sink, ImportSummary* summary)
    : options_(options), sink_(sink), summary_(summary), last_answer_(absl::Now()) {}

Pipeline::~Pipeline() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](size_t* in_flight) { return *in_flight == 0; }, &in_flight_));
}

void Pipeline::SendFirst(Slot* slot) {
  SetRequestId(sink_.NewRequestId(), NextRequest(slot->batches.front()));
  slot->attempt = 0;
  Send(slot);
}

void Pipeline::Send(Slot* slot) {
  {
    absl::MutexLock lock(&mutex_);
    ++in_flight_;
  }
  sink_.Record(*NextRequest(slot->batches.front()), [this, slot](absl::StatusOr<common::v1::CommandReply> reply) {
    absl::MutexLock lock(&mutex_);
    answers_.push_back({slot, std::move(reply)});
    --in_flight_;
  });
}

void Pipeline::CountReply(const Batch& batch, const common::v1::CommandReply& reply) {
  const uint64_t rows = batch.lines.size();
  const uint64_t recorded = reply.facts_recorded();
  const uint64_t added = batch.row_per_fact ? std::min(recorded, rows) : (recorded > 0 ? rows : 0);
  summary_->added += added;
  summary_->repeated += rows - added;
}

void Pipeline::NextOf(Slot* slot) {
  const std::string key = slot->batches.front().key;
  slot->batches.pop_front();
  if (slot->batches.empty() || !fatal_.ok()) {
    slots_.erase(key);
  } else {
    SendFirst(slot);
  }
}

void Pipeline::Handle(Answer answer) {
  Slot* slot = answer.slot;
  Batch& batch = slot->batches.front();
  const absl::Status& status = answer.reply.status();
  if (status.ok()) {
    last_answer_ = absl::Now();
    if (batch.before) {
      batch.fill(*answer.reply, batch.request.get());
      batch.before.reset();
      return SendFirst(slot);
    }
    CountReply(batch, *answer.reply);
    return NextOf(slot);
  }
  if (IsRefusal(status)) {
    last_answer_ = absl::Now();
    if (batch.row_per_fact && batch.lines.size() > 1) {
      std::deque<Batch> rows = RowByRow(batch);
      slot->batches.pop_front();
      slot->batches.insert(slot->batches.begin(), std::make_move_iterator(rows.begin()),
                           std::make_move_iterator(rows.end()));
      return SendFirst(slot);
    }
    for (uint64_t line : batch.lines) {
      ++summary_->bad;
      if (options_.on_bad) options_.on_bad(line, status);
    }
    return NextOf(slot);
  }
  const absl::Time now = absl::Now();
  if (!MayComeBack(status) || now - last_answer_ > options_.give_up_after) fatal_.Update(status);
  if (!fatal_.ok()) return NextOf(slot);
  slot->again = now + std::min(kRetryMax, options_.retry_first * (int64_t{1} << std::min(slot->attempt++, 10)));
  ++waiting_;
}

void Pipeline::Step() {
  std::vector<Answer> answers;
  {
    absl::MutexLock lock(&mutex_);
    if (answers_.empty()) {
      mutex_.AwaitWithTimeout(absl::Condition(
                                  +[](std::vector<Answer>* list) { return !list->empty(); }, &answers_),
                              waiting_ > 0 ? std::min(kStep, options_.retry_first) : kStep);
    }
    answers.swap(answers_);
  }
  for (Answer& answer : answers) Handle(std::move(answer));
  if (waiting_ == 0) return;
  const absl::Time now = absl::Now();
  std::vector<Slot*> due;
  for (auto& [key, slot] : slots_) {
    if (slot->again <= now || (!fatal_.ok() && slot->again != absl::InfiniteFuture())) due.push_back(slot.get());
  }
  for (Slot* slot : due) {
    slot->again = absl::InfiniteFuture();
    --waiting_;
    if (fatal_.ok()) {
      Send(slot);  // the same id and bytes
    } else {
      NextOf(slot);
    }
  }
}

absl::Status Pipeline::Submit(Batch batch) {
  while (fatal_.ok() && (slots_.size() >= options_.requests_in_flight_max || slots_.contains(batch.key))) Step();
  if (!fatal_.ok()) return fatal_;
  auto slot = std::make_unique<Slot>();
  Slot* raw = slot.get();
  const std::string key = batch.key;
  slot->batches.push_back(std::move(batch));
  slots_[key] = std::move(slot);
  SendFirst(raw);
  return absl::OkStatus();
}

absl::Status Pipeline::Finish() {
  while (!slots_.empty()) Step();
  return fatal_;
}

}  // namespace shoujie::importer
