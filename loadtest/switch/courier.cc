#include "loadtest/switch/courier.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "services/runtime/base/error.h"

namespace shoujie::loadtest {

Verdict Judge(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (reason == "COMMAND_ID_TIME") return Verdict::kRestamp;
  if (reason == "ORDER_CLOSED") return Verdict::kAnswered;  // it has a result: nothing is left to say
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Verdict::kAnswered;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return Verdict::kRepeat;
    case absl::StatusCode::kResourceExhausted: {
      // The size of a command, or of its contact, does not change by waiting.
      const bool final = reason == "REQUEST_TOO_LARGE" || reason == "METADATA_TOO_LARGE" || reason == "CONTACT_FULL";
      return final ? Verdict::kRefused : Verdict::kRepeat;
    }
    case absl::StatusCode::kUnauthenticated:
      return Verdict::kHalt;
    case absl::StatusCode::kPermissionDenied:
      return reason == "ACCESS_DENIED" ? Verdict::kHalt : Verdict::kRefused;
    default:
      return Verdict::kRefused;
  }
}

absl::Duration PauseBefore(uint32_t attempt) {
  return std::min(absl::Milliseconds(20) * (1u << std::min(attempt - 1, 6u)), absl::Seconds(1));
}

Courier::Courier(Outbox* outbox, Sink* sink, int threads, Delivered delivered, Restamp restamp)
    : outbox_(outbox), sink_(sink), delivered_(std::move(delivered)), restamp_(std::move(restamp)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Courier::~Courier() {
  outbox_->Stop();
  for (auto& thread : threads_) thread.join();
}

Courier::Counts Courier::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}
absl::Status Courier::trouble() const {
  absl::MutexLock lock(&mutex_);
  return trouble_;
}
std::optional<absl::Time> Courier::silent_since() const {
  absl::MutexLock lock(&mutex_);
  return silent_since_;
}

void Courier::Run() {
  while (auto entry = outbox_->Next()) {
    const auto reply = sink_->Send(entry->method, entry->request);
    const Verdict verdict = Judge(reply.status());
    {
      absl::MutexLock lock(&mutex_);
      if (entry->attempts > 1) ++counts_.repeated;
      if (verdict != Verdict::kRepeat) {
        silent_since_.reset();
      } else if (!silent_since_) {
        silent_since_ = absl::Now();
      }
      if (verdict == Verdict::kAnswered) ++counts_.delivered;
      if (verdict == Verdict::kRestamp) ++counts_.restamped;
      if (verdict == Verdict::kRefused) {
        ++counts_.refused;
        const std::string reason = ReasonOf(reply.status());
        ++counts_.refused_by_reason[reason.empty() ? absl::StatusCodeToString(reply.status().code()) : reason];
      }
      if (verdict == Verdict::kHalt) trouble_ = reply.status();
    }
    switch (verdict) {
      case Verdict::kAnswered:
        delivered_(*entry, reply);
        outbox_->Done(entry->seq);
        break;
      case Verdict::kRepeat:
        outbox_->Retry(entry->seq, PauseBefore(entry->attempts));
        break;
      case Verdict::kRestamp:
        outbox_->RetryWith(entry->seq, restamp_(*entry));
        break;
      case Verdict::kRefused:
        delivered_(*entry, reply);
        outbox_->Refuse(entry->seq, reply.status().ToString());
        break;
      case Verdict::kHalt:
        outbox_->Retry(entry->seq, absl::Seconds(1));
        outbox_->Stop();
        break;
    }
  }
}

}  // namespace shoujie::loadtest
