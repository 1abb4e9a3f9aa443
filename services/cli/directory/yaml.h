// A message as YAML that people read and edit, and back: by reflection, so that a new field needs no line here. Keys
// are the protos' field names, enums their values' names (words as on the command line are taken, too), instants and
// durations as in protobuf's JSON; fields without a value are left out. What is written reads back as the same message,
// whatever its texts look like ("true", "2026-10-01", "0017"). Not for YAML of another shape than a message's. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace shoujie::cli {

inline constexpr size_t kYamlBytesMax = 4 << 20;
inline constexpr size_t kYamlValuesMax = 500'000;  // an alias counts as often as it stands for something

// Where something stands in a file, from 1.
struct Place {
  uint64_t line = 1, column = 1;
};
struct YamlMistake {
  Place at;
  absl::Status why;
};
// Where the values of a message stood, by path: "agents[3].site". Of what was left out there is none.
using Places = std::map<std::string, Place>;

// The message as protobuf's JSON with the protos' field names, without what has no value. Fields that this build does
// not know are not in it: `HasUnknown` says whether there are any.
nlohmann::ordered_json Compact(const google::protobuf::Message& message);
bool HasUnknown(const google::protobuf::Message& message);

std::string ToYaml(const google::protobuf::Message& message);

// Fills an empty message. Every mistake is told, each with its place and what would be right; then the whole is refused
// (YAML_INVALID). `places` may be null.
absl::Status FromYaml(absl::string_view yaml, google::protobuf::Message* message,
                      const std::function<void(const YamlMistake&)>& on_mistake, Places* places);

}  // namespace shoujie::cli
