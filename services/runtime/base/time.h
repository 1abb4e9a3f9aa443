// Instants and durations between protobuf and absl, in whole milliseconds: that is what records keep. `SortKey` makes
// an instant a string whose byte order is the order of time, for index keys. Pure; not for zones and calendars.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace shoujie {

google::protobuf::Timestamp ToProto(absl::Time time);  // rounded down to milliseconds
// An instant outside the years 1 to 9999, which no request can bring in but a damaged record can, becomes their bound:
// differences of instants never overflow.
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration ToDuration(const google::protobuf::Duration& duration);

// 13 digits of milliseconds since 1970, and the same counted backwards from the year 2286, for "newest first". Instants
// outside those bounds sort like the bound.
std::string SortKey(absl::Time time);
std::string ReverseSortKey(absl::Time time);

}  // namespace shoujie
