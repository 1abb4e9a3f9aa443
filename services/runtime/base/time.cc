#include "services/runtime/base/time.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace shoujie {
namespace {

constexpr int64_t kSecondsOfYear1 = -62'135'596'800, kSecondsOfYear9999 = 253'402'300'799;
constexpr int64_t kMsMax = 9'999'999'999'999;

int64_t MsOf(absl::Time time) { return std::clamp<int64_t>(absl::ToUnixMillis(time), 0, kMsMax); }

}  // namespace

google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t ms = absl::ToUnixMillis(time);
  int64_t seconds = ms / 1000, rest = ms % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1'000'000));
  return timestamp;
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  const int64_t seconds = std::clamp(timestamp.seconds(), kSecondsOfYear1, kSecondsOfYear9999);
  return absl::FromUnixMillis(seconds * 1000 + timestamp.nanos() / 1'000'000);
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  const int64_t ms = absl::ToInt64Milliseconds(duration);
  google::protobuf::Duration proto;
  proto.set_seconds(ms / 1000);
  proto.set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
  return proto;
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string SortKey(absl::Time time) { return absl::StrFormat("%013d", MsOf(time)); }
std::string ReverseSortKey(absl::Time time) { return absl::StrFormat("%013d", kMsMax - MsOf(time)); }

}  // namespace shoujie
