// Typed errors (AIP-193). Every refusal names a reason in UPPER_SNAKE_CASE, says in English and Chinese what is wrong
// and what to do, and carries metadata. Inside the process it is an `absl::Status` with an `ErrorDetail` payload;
// `rpc/` turns it into `google.rpc.Status` with `ErrorInfo` and `LocalizedMessage`. Not for broken invariants: those
// are `CHECK`s.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie {

// `en` and `zh` are whole sentences for people; neither may hold personal data. `metadata` keys are lowerCamelCase.
// What is not UTF-8 is shown as U+FFFD, and what is long is cut with "…", so that whatever a caller gave fits into an
// answer.
absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view en, absl::string_view zh,
                   std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {});

// A status that carries this detail as it is (what came over the wire, with metadata known only at run time).
absl::Status ErrorFrom(absl::StatusCode code, const common::v1::ErrorDetail& detail);

// Shorthands for the codes that the domain uses; same arguments.
inline absl::Status Invalid(absl::string_view reason, absl::string_view en, absl::string_view zh,
                            std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {}) {
  return Error(absl::StatusCode::kInvalidArgument, reason, en, zh, metadata);
}
inline absl::Status Refused(absl::string_view reason, absl::string_view en, absl::string_view zh,
                            std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {}) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, en, zh, metadata);
}
inline absl::Status NotFound(absl::string_view reason, absl::string_view en, absl::string_view zh,
                             std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {}) {
  return Error(absl::StatusCode::kNotFound, reason, en, zh, metadata);
}
inline absl::Status Denied(absl::string_view reason, absl::string_view en, absl::string_view zh,
                           std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {}) {
  return Error(absl::StatusCode::kPermissionDenied, reason, en, zh, metadata);
}

// The detail of a status made by `Error`, or an empty one (reason "") of any other status.
common::v1::ErrorDetail DetailOf(const absl::Status& status);
std::string ReasonOf(const absl::Status& status);

}  // namespace shoujie
