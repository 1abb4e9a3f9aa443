#include "services/runtime/node/cloud_event.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace shoujie {

using google::protobuf::FieldDescriptor;

absl::StatusOr<PublishedRecord> ToRecord(const google::protobuf::Message& event) {
  const auto* descriptor = event.GetDescriptor();
  const auto* reflection = event.GetReflection();
  PublishedRecord record;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const bool message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated();
    if (message && field->name() == "data") {
      if (!google::protobuf::util::MessageToJsonString(reflection->GetMessage(event, field), &record.value).ok()) {
        return absl::InternalError(absl::StrCat("data of ", descriptor->full_name(), " has no JSON"));
      }
      continue;
    }
    std::string value;
    if (message && field->message_type() == google::protobuf::Timestamp::descriptor()) {
      if (!reflection->HasField(event, field)) continue;
      google::protobuf::Timestamp time;
      time.CopyFrom(reflection->GetMessage(event, field));
      value = google::protobuf::util::TimeUtil::ToString(time);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated()) {
      value = reflection->GetString(event, field);
    } else {
      return absl::InternalError(absl::StrCat(field->full_name(), " is no attribute of a CloudEvent"));
    }
    if (value.empty()) continue;  // attributes are absent or say something
    if (field->name() == "subject") record.key = value.substr(value.find('/') + 1);
    record.headers.emplace_back(
        field->name() == "datacontenttype" ? "content-type" : absl::StrCat("ce_", field->name()), std::move(value));
  }
  return record;
}

std::string IdOf(const PublishedRecord& record) {
  for (const auto& [name, value] : record.headers) {
    if (name == kIdHeader) return value;
  }
  return "";
}

}  // namespace shoujie
