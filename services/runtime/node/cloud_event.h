// A published event as a record of a Kafka topic: CloudEvents 1.0, Kafka protocol binding, binary content mode. The
// event is any message in the form of a CloudEvent: attributes as fields of their names, `data` a message. Pure: the
// same event is the same record, byte for byte, whoever makes it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/runtime/journal/published_log.h"

namespace shoujie {

inline constexpr char kIdHeader[] = "ce_id";

// Attributes become headers "ce_<name>" (`datacontenttype`: "content-type"), the value is `data` as JSON, the key is
// the subject without its collection: "0413-000127-6-T1". INTERNAL: the message has not that form.
absl::StatusOr<PublishedRecord> ToRecord(const google::protobuf::Message& event);
// What stands in kIdHeader; "" if there is none.
std::string IdOf(const PublishedRecord& record);

}  // namespace shoujie
