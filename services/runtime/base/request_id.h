// Ids of commands: UUIDs of version 7 (RFC 9562). The client makes one per command and keeps it for repeats; the time
// in it bounds how long a repeat is recognised.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie {

// The usual 36 characters, from `now` (milliseconds, by the clock of the server it is for) and 10 random bytes.
std::string MakeRequestId(absl::Time now, absl::string_view random);
// The 16 bytes. Typed error REQUEST_ID_INVALID for anything but a UUIDv7.
absl::StatusOr<std::string> ParseRequestId(absl::string_view text);

}  // namespace shoujie
