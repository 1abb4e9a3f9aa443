// The fields that requests of commands have in common, read by reflection: request_id, name, etag, occurred_at, and
// `customer`, which names a customer that must exist. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace shoujie {

struct RequestHeader {
  std::string id;  // 16 bytes
  std::string etag;
  std::optional<absl::Time> occurred_at;
  std::string customer;  // resource name, as given
};

class RequestHeaders {
 public:
  // Typed errors: REQUEST_ID_MISSING, REQUEST_ID_INVALID (not a UUIDv7), TIME_INVALID.
  absl::StatusOr<RequestHeader> Read(const google::protobuf::Message& request);

 private:
  struct Fields {
    const google::protobuf::FieldDescriptor *id, *etag, *occurred_at, *customer;
  };
  absl::Mutex mutex_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Fields> fields_ ABSL_GUARDED_BY(mutex_);
};

// A resource name: 1 … kNameBytesMax characters of A-Z a-z 0-9 . _ - with one '/'. Typed error NAME_INVALID.
absl::Status CheckName(absl::string_view name);

}  // namespace shoujie
