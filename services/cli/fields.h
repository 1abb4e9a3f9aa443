// Flags and positional arguments of a command, made from the fields of its request by reflection, so that a new field
// needs no line here. "due_time" becomes --due-time; enums take words (--code solved), timestamps RFC 3339 or "+2h",
// durations "10m", booleans
// --anonymous or --no-anonymous, lists repeated flags or commas; a nested message takes JSON (or @FILE, or - for stdin)
// as a whole, or its fields with dots (--record.phone …).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace CLI {
class App;
}

namespace shoujie::cli {

struct Argument {
  std::string label;       // "TICKET"
  std::string field;       // path in the request: "name", "identifier.value"
  std::string collection;  // put before a bare number: "tickets/"
  bool optional = false;
  std::string fallback;  // of an optional one
};

struct FieldSpec {
  std::vector<Argument> arguments;
  std::vector<std::string> flatten;  // nested messages whose fields need no prefix
  std::vector<std::string> skip;
  std::vector<std::string> required;  // flags that must be given
};

// What values may need.
struct ValueContext {
  absl::TimeZone zone;
  std::function<absl::StatusOr<absl::Time>()> now;
};

class FieldFlags {
 public:
  // Adds the flags to `app`, which must not outlive this object.
  FieldFlags(CLI::App* app, const google::protobuf::Descriptor& request, FieldSpec spec);
  ~FieldFlags();
  // Writes what the command line said into `request`, an empty one. INVALID_ARGUMENT names the flag. A field
  // "time_zone" of the request is also the zone of its times that name none.
  absl::Status Fill(google::protobuf::Message* request, ValueContext context) const;

 private:
  struct Value;
  using Path = std::vector<const google::protobuf::FieldDescriptor*>;
  void AddField(CLI::App* app, const Path& path, const std::string& flag, int depth);
  void AddArgument(CLI::App* app, const Path& path, const Argument& argument);

  FieldSpec spec_;
  std::vector<std::unique_ptr<Value>> values_;
};

// The path of fields that `dotted` names in `type`; empty if there is none.
std::vector<const google::protobuf::FieldDescriptor*> FindPath(const google::protobuf::Descriptor& type,
                                                               const std::string& dotted);

}  // namespace shoujie::cli
