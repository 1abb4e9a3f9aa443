// Messages as people and scripts read them, by reflection: JSON with the protos' field names, a table with a row per
// message, and an indented page of one message. Pure.
//
// JSON differs from protobuf's own in what scripts stumble over: fields without a value are there, 64-bit numbers are
// numbers, a `Personal` field is its text (null while it is sealed), bytes are hexadecimal, a recorded event is its
// oneof.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace shoujie::cli {

nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// One line for a field of a message by its path ("handler", "times.started_at"): enums as words, times in `zone`, small
// messages and lists joined. Empty if it is not set.
std::string Cell(const google::protobuf::Message& message, const std::string& path, absl::TimeZone zone);

// The page of one message; fields without a value are left out unless `defaults`.
std::string Page(const google::protobuf::Message& message, absl::TimeZone zone, bool defaults);

// Aligned columns, two spaces apart; `header` is left out if it is empty. `bold`: the header by terminal codes.
std::string Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows, bool bold);

// One recorded event: "handoff-offered" and its fields in one line, each value at most `value_width` columns wide.
struct EventText {
  std::string kind;
  std::string fields;
};
EventText DescribeEvent(const google::protobuf::Message& any, absl::TimeZone zone, size_t value_width);

}  // namespace shoujie::cli
