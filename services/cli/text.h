// Words, times and durations as people type and read them. Pure, but for the local time zone of `LocalZone`. Not for
// protocols: requests hold timestamps and enums.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"

namespace shoujie::cli {

// "as_of_version" → "as-of-version"; "HandoffOffered" → "handoff-offered".
std::string Kebab(absl::string_view name);

// RESOLUTION_CODE_WITHDRAWN_BY_CUSTOMER → "withdrawn-by-customer"; the 0 value → "".
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);
// The value of a word as EnumWord makes it; '_' for '-', upper case and the full name are taken too. nullptr: there is
// none.
const google::protobuf::EnumValueDescriptor* FindEnumValue(const google::protobuf::EnumDescriptor& type,
                                                           absl::string_view word);
// "solved|answered|…", without the 0 value.
std::string EnumChoices(const google::protobuf::EnumDescriptor& type);

// "90s", "10m", "1h30m", "2d", "500ms"; at most 10 000 years.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);
// An instant of the years 1 to 9999: RFC 3339, or in `zone` "2026-11-25", "2026-11-25 10:00", "2026-11-25T10:00:30", or
// relative to `now`: "now", "+2h", "now-10m". `now` is only asked when it is needed.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::TimeZone zone,
                                     const std::function<absl::StatusOr<absl::Time>()>& now);
std::string TimeText(absl::Time time,
                     absl::TimeZone zone);  // "2026-11-25 10:00:00.123+08:00"

// Columns that a terminal needs for it: Chinese characters take two.
size_t DisplayWidth(absl::string_view text);
// Its first columns, and "…" where it was longer.
std::string Shorten(absl::string_view text, size_t width);
// Without anything that could steer a terminal: control characters become spaces.
std::string OneLine(absl::string_view text);

}  // namespace shoujie::cli
