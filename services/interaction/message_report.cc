#include "services/interaction/message_report.h"

#include <algorithm>

#include "absl/time/time.h"
#include "services/interaction/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::interaction {
namespace {

constexpr absl::Duration kWithin = absl::Hours(15 * 24);  // of `replied_within_15_days`: part of the figure's name

bool IsWritten(v1::Channel channel) {
  switch (channel) {
    case v1::CHANNEL_EMAIL:
    case v1::CHANNEL_FAX:
    case v1::CHANNEL_VOICEMAIL:
    case v1::CHANNEL_SOCIAL:
    case v1::CHANNEL_WEB:
      return true;
    default:
      return false;
  }
}

}  // namespace

void MessageReport::Add(const v1::ContactRow& row) {
  if (!IsWritten(row.channel()) || row.times().phantom()) return;
  if (!request_.source().empty() && row.source() != request_.source()) return;
  if (!request_.site().empty() && row.site() != request_.site()) return;
  if (request_.channel() != v1::CHANNEL_UNSPECIFIED && row.channel() != request_.channel()) return;
  counts_.set_messages(counts_.messages() + 1);
  if (!row.customer().empty()) ++customers_[row.customer()];
  const v1::Times& times = row.times();
  if (!times.has_ended_at() || FirstAcceptance(times) == nullptr) return;
  const absl::Duration took = std::max(ToTime(times.ended_at()) - ToTime(times.started_at()), absl::ZeroDuration());
  counts_.set_replied(counts_.replied() + 1);
  if (took <= kWithin) counts_.set_replied_within_15_days(counts_.replied_within_15_days() + 1);
  reply_seconds_.push_back(absl::ToInt64Seconds(took));
}

void MessageReport::Write(v1::ReportMessagesResponse* response) const {
  *response = counts_;
  response->set_customers(static_cast<uint32_t>(customers_.size()));
  response->set_customers_with_several(static_cast<uint32_t>(
      std::count_if(customers_.begin(), customers_.end(), [](const auto& customer) { return customer.second > 1; })));
  if (reply_seconds_.empty()) return;
  std::vector<int64_t> sorted = reply_seconds_;
  std::sort(sorted.begin(), sorted.end());
  response->set_reply_p50_s(static_cast<uint32_t>(sorted[sorted.size() * 5 / 10]));
  response->set_reply_p90_s(static_cast<uint32_t>(sorted[sorted.size() * 9 / 10]));
}

}  // namespace shoujie::interaction
