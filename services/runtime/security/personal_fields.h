// Where the Personal fields of a message type are: found once per type by its descriptor, then walked without looking
// at fields that cannot lead to one. Messages inside `google.protobuf.Any` are not looked into. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie {

// The fields of one type that are Personal or lead to one. Never destroyed.
struct PersonalFields {
  struct Field {
    const google::protobuf::FieldDescriptor* field;
    const PersonalFields* inner;  // null: the field is a Personal itself
  };
  std::vector<Field> fields;
};
const PersonalFields& PersonalFieldsOf(const google::protobuf::Descriptor* type);

// Calls `visit` for every Personal that is present, in field order; `path` = field numbers joined with ".", repeated
// fields followed by their index. Ends at the first error.
absl::Status VisitPersonal(google::protobuf::Message* message,
                           absl::FunctionRef<absl::Status(common::v1::Personal*, const std::string& path)> visit);
// True if `predicate` is true for one of them.
bool AnyPersonal(const google::protobuf::Message& message,
                 absl::FunctionRef<bool(const common::v1::Personal&)> predicate);

}  // namespace shoujie
