#include "services/runtime/shard/outbox.h"

#include <algorithm>
#include <utility>

#include "services/runtime/base/limits.h"
#include "services/runtime/shard/refusals.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {

absl::Status Outbox::Reset(const StoreReader& view) {
  lanes_.clear();
  next_ = absl::ZeroDuration();
  absl::Status broken;
  absl::Status scanned = view.Scan(rows::SentPrefix(), rows::PrefixEnd(rows::SentPrefix()),
                                   [&](absl::string_view key, absl::string_view value) {
                                     const auto to = rows::DecodeSentKey(key);
                                     const auto pair = rows::SentValue::Decode(value);
                                     if (!to || !pair) {
                                       broken = RowBroken();
                                       return false;
                                     }
                                     Lane& lane = lanes_[*to];
                                     lane.counted = pair->sent;
                                     lane.heard = lane.asked = pair->acked;
                                     if (mutation_ == Mutation::kMessagesNotSought)
                                       lane.heard = lane.asked = pair->sent;
                                     lane.next = lane.heard + 1;
                                     return true;
                                   });
  return scanned.ok() ? broken : scanned;
}

void Outbox::Counted(const journal::v1::Commit& commit) {
  for (const auto& sent : commit.sent()) {
    Lane& lane = lanes_[sent.to_partition()];
    lane.counted = std::max(lane.counted, sent.seq());
    next_ = absl::ZeroDuration();
  }
}

void Outbox::Heard(uint32_t from, uint64_t up_to, absl::Duration boot) {
  auto it = lanes_.find(from);
  if (it == lanes_.end()) return;
  Lane& lane = it->second;
  // Nobody can have taken what was not sent: such a letter is not of this cluster.
  if (up_to <= lane.heard || up_to > lane.counted) return;
  lane.heard = up_to;
  lane.next = std::max(lane.next, up_to + 1);
  lane.pause = limits::kMessageRepeatAfter;
  lane.repeat_at = lane.next > up_to + 1 ? boot + lane.pause : absl::InfiniteDuration();
  next_ = absl::ZeroDuration();
}

std::vector<journal::v1::Acked> Outbox::Unrecorded() {
  std::vector<journal::v1::Acked> all;
  if (mutation_ == Mutation::kAckUnrecorded) return all;
  for (auto& [to, lane] : lanes_) {
    if (lane.heard == lane.asked) continue;
    lane.asked = lane.heard;
    auto& acked = all.emplace_back();
    acked.set_to_partition(to);
    acked.set_up_to(lane.heard);
  }
  return all;
}

absl::Status Outbox::Fill(const StoreReader& view, uint32_t to, Lane* lane, journal::v1::Letter* letter) const {
  const uint64_t last = std::min(lane->counted, lane->heard + limits::kMessagesWindow);
  size_t bytes = 0;
  for (; lane->next <= last; ++lane->next) {
    if (static_cast<size_t>(letter->messages_size()) >= limits::kLetterMessagesMax ||
        bytes >= limits::kLetterBytesMax) {
      break;
    }
    auto row = view.Get(rows::MessageKey(to, lane->next));
    if (!row.ok()) return row.status();
    if (!*row || !letter->add_messages()->ParseFromString(**row)) return RowBroken();
    bytes += (*row)->size();
  }
  return absl::OkStatus();
}

absl::Status Outbox::Collect(const StoreReader& view, absl::Duration boot, std::vector<journal::v1::Letter>* out) {
  if (boot < next_) return absl::OkStatus();
  next_ = absl::InfiniteDuration();
  for (auto& [to, lane] : lanes_) {
    if (lane.repeat_at <= boot) {  // all that is not acknowledged, from the first on
      lane.pause = std::min(lane.pause * 2, limits::kMessageRepeatAtLast);
      lane.repeat_at = absl::InfiniteDuration();
      lane.next = lane.heard + 1;
    }
    journal::v1::Letter letter;
    if (absl::Status status = Fill(view, to, &lane, &letter); !status.ok()) return status;
    if (letter.messages_size() > 0) {
      letter.set_service(id_.service);
      letter.set_from_partition(id_.partition);
      letter.set_to_partition(to);
      out->push_back(std::move(letter));
      lane.pause = std::max(lane.pause, limits::kMessageRepeatAfter);
      if (mutation_ != Mutation::kMessageNotRepeated) lane.repeat_at = boot + lane.pause;
    }
    if (lane.next <= std::min(lane.counted, lane.heard + limits::kMessagesWindow)) next_ = boot;
    next_ = std::min(next_, lane.repeat_at);
  }
  return absl::OkStatus();
}

}  // namespace shoujie
