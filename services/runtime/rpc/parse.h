// Requests as they come: bytes. gRPC's own parser would answer UNIMPLEMENTED without a word, so size, form, UTF-8, the
// range of times and fields that only the runtime may fill are checked here, each with a typed error: REQUEST_TOO_LARGE,
// MALFORMED_REQUEST, INVALID_UTF8, TIME_INVALID (which name the field) and SEALED_FIELD. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace shoujie::rpc {

// `limits::kRequestBytesMax` as a typed error; asked before the bytes are copied.
absl::Status CheckRequestSize(size_t bytes);
absl::Status ParseRequest(const std::string& bytes, google::protobuf::Message* request);

}  // namespace shoujie::rpc
