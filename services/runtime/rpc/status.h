// A status as it crosses the wire: `google.rpc.Status` with `ErrorInfo` (reason, domain "shoujie", metadata) and one
// `LocalizedMessage` each for zh-CN and en (AIP-193), and back. Knows no gRPC; not for anything inside the process,
// where `absl::Status` with an `ErrorDetail` is enough. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie::rpc {

struct WireStatus {
  int code = 0;         // of gRPC, which are those of absl
  std::string message;  // "REASON: what is wrong and what to do", in English
  std::string details;  // google.rpc.Status, for `grpc-status-details-bin`
};

// A status without a detail gets its code's general sentences and nothing of its own message, which was not written for
// callers and may hold anything.
common::v1::ErrorDetail CallersDetail(const absl::Status& status);
WireStatus ToWire(const absl::Status& status);
// The status with its `ErrorDetail`. What no server of ours wrote (connection refused, deadline passed) gets a reason
// and sentences here: SERVER_UNREACHABLE, DEADLINE_EXCEEDED, METHOD_UNKNOWN, CANCELLED, else UNKNOWN_ERROR.
absl::Status FromWire(int code, absl::string_view message, absl::string_view details);

// Where NOT_OWNER says that the owner is, "host:port"; empty for every other answer.
std::string OwnerIn(const absl::Status& status);

}  // namespace shoujie::rpc
