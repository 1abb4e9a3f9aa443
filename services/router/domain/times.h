// Instants of the domain: whole milliseconds, as they stand in protos and as Abseil calculates with them.
#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace shoujie::router {

inline absl::Time FromProto(const google::protobuf::Timestamp& t) {
  return absl::FromUnixSeconds(t.seconds()) + absl::Milliseconds(t.nanos() / 1'000'000);
}

// Rounds down to the millisecond.
inline google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t ms = absl::ToUnixMillis(time);
  const int64_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
  google::protobuf::Timestamp t;
  t.set_seconds(seconds);
  t.set_nanos(static_cast<int32_t>(ms - seconds * 1000) * 1'000'000);
  return t;
}

// To the millisecond.
inline bool Same(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return FromProto(a) == FromProto(b);
}

// Whether the proto says an instant that a calendar has (years 1 to 9999).
inline bool IsInstant(const google::protobuf::Timestamp& t) {
  return t.seconds() >= -62'135'596'800 && t.seconds() <= 253'402'300'799 && t.nanos() >= 0 &&
         t.nanos() < 1'000'000'000;
}

}  // namespace shoujie::router
