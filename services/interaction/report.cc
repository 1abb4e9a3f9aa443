#include "services/interaction/report.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "services/interaction/domain/times.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::interaction {
namespace {

constexpr int64_t kServiceLevelMs = 20'000;  // of `answered_within_20s`: part of the figure's name

// Whole hundredths of a second, half up: what the mean of whole milliseconds is said in.
double MeanSeconds(int64_t total_ms, int64_t n) {
  if (n == 0) return 0;
  const int64_t hundredths = (2 * total_ms + 10 * n) / (20 * n);
  return static_cast<double>(hundredths) / 100;
}
double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

// "ABANDONED" of OUTCOME_ABANDONED, in lower case.
std::string Word(absl::string_view name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string OutcomeWord(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_UNSPECIFIED ? "open" : Word(v1::Outcome_Name(outcome), "OUTCOME_");
}

void Count(google::protobuf::Map<std::string, uint32_t>* map, const std::string& key) { ++(*map)[key]; }

}  // namespace

absl::StatusOr<ContactReport> ContactReport::Make(const v1::ReportContactsRequest& request,
                                                  const Reference& reference) {
  ContactReport report(request, reference);
  if (!request.time_zone().empty()) {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(request.time_zone(), &zone)) {
      return Invalid("TIME_ZONE_UNKNOWN", "There is no such time zone. Use an IANA name such as Asia/Shanghai.",
                     "没有该时区，请使用 IANA 名称，例如 Asia/Shanghai。");
    }
    report.zone_ = zone;
  }
  return report;
}

absl::TimeZone ContactReport::ZoneOf(const v1::ContactRow& row) {
  if (zone_) return *zone_;
  const std::string key = row.source() + "\n" + row.site();
  auto it = zones_.find(key);
  if (it != zones_.end()) return it->second;
  std::string name;
  for (const auto& source : reference_.directory().sources()) {
    if (source.id() == row.source()) name = source.time_zone();
  }
  if (const auto* site = reference_.site(row.site()); site && name.empty()) name = site->time_zone();
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!name.empty()) absl::LoadTimeZone(name, &zone);
  return zones_.emplace(key, zone).first->second;
}

void ContactReport::Add(const v1::ContactRow& row) {
  if (!request_.source().empty() && row.source() != request_.source()) return;
  if (!request_.site().empty() && row.site() != request_.site()) return;
  if (!request_.agent().empty() && row.answered_by() != request_.agent()) return;
  if (request_.channel() != v1::CHANNEL_UNSPECIFIED && row.channel() != request_.channel()) return;

  const v1::Times& times = row.times();
  const int64_t queue_ms = QueueMs(times);
  const bool answered = row.outcome() == v1::OUTCOME_ANSWERED;
  const bool abandoned = row.outcome() == v1::OUTCOME_ABANDONED;
  counts_.set_contacts(counts_.contacts() + 1);
  Count(counts_.mutable_by_outcome(), OutcomeWord(row.outcome()));
  if (queue_ms > 0) counts_.set_queued(counts_.queued() + 1);
  if (queue_ms > 0 && abandoned) counts_.set_abandoned_in_queue(counts_.abandoned_in_queue() + 1);
  if (answered) {
    if (queue_ms <= kServiceLevelMs) counts_.set_answered_within_20s(counts_.answered_within_20s() + 1);
    waits_ms_.push_back(queue_ms);
    talk_ms_ += TalkMs(times);
    Count(counts_.mutable_by_agent(), row.answered_by());
  }
  const absl::Time began = ToTime(times.started_at());
  Count(counts_.mutable_by_day(), absl::FormatTime("%Y-%m-%d", began, ZoneOf(row)));
  if (!row.category().empty()) Count(counts_.mutable_by_category(), row.category());
  Count(counts_.mutable_by_channel(), Word(v1::Channel_Name(row.channel()), "CHANNEL_"));
  if (!row.site().empty()) Count(counts_.mutable_by_site(), row.site());
  if (!row.disposition().empty()) Count(counts_.mutable_by_disposition(), row.disposition());

  if (row.missed()) counts_.set_missed(counts_.missed() + 1);
  if (abandoned) {
    const bool early = ToTime(times.ended_at()) - began <= ToDuration(reference_.policies().abandon_alarm());
    if (early) counts_.set_abandoned_before_alarm(counts_.abandoned_before_alarm() + 1);
    if (!early) counts_.set_abandoned_after_alarm(counts_.abandoned_after_alarm() + 1);
  }
  for (const auto& hold : times.holds()) {
    if (!hold.has_held_at()) continue;
    const int64_t ms = HoldMs(times, hold);
    counts_.set_holds(counts_.holds() + 1);
    hold_ms_ += ms;
    hold_max_ms_ = std::max(hold_max_ms_, ms);
    if (hold.announced_ms() > 0 && ms > hold.announced_ms()) {
      counts_.set_holds_longer_than_said(counts_.holds_longer_than_said() + 1);
    }
  }
  if (row.has_disposed_at() && times.has_ended_at()) {
    wrap_up_ms_ +=
        std::max<int64_t>(0, absl::ToInt64Milliseconds(ToTime(row.disposed_at()) - ToTime(times.ended_at())));
    ++wrap_ups_;
  }
  if (!row.ticket().empty()) counts_.set_tickets(counts_.tickets() + 1);
  if (!row.incomplete_agent().empty()) Count(counts_.mutable_incomplete_by_agent(), row.incomplete_agent());
  for (int flag : row.flags()) {
    Count(counts_.mutable_flags(), Word(v1::Flag_Name(static_cast<v1::Flag>(flag)), "FLAG_"));
  }
}

void ContactReport::Write(v1::ReportContactsResponse* response) const {
  *response = counts_;
  response->set_agents(static_cast<uint32_t>(counts_.by_agent().size()));
  std::vector<int64_t> waits = waits_ms_;
  std::sort(waits.begin(), waits.end());
  const auto n = static_cast<int64_t>(waits.size());
  int64_t wait_ms = 0;
  for (int64_t ms : waits) wait_ms += ms;
  response->set_wait_answered_mean_s(MeanSeconds(wait_ms, n));
  response->set_wait_answered_p90_s(n == 0 ? 0 : Seconds(waits[static_cast<size_t>(n * 9 / 10)]));
  response->set_talk_mean_s(MeanSeconds(talk_ms_, n));
  response->set_hold_mean_s(MeanSeconds(hold_ms_, counts_.holds()));
  response->set_hold_max_s(Seconds(hold_max_ms_));
  response->set_wrap_up_mean_s(MeanSeconds(wrap_up_ms_, wrap_ups_));
}

}  // namespace shoujie::interaction
