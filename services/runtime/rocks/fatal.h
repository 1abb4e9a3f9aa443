// The end of the process when storage failed. A write or fsync that failed is never retried: what the disk then holds
// is unknown, and only a restart, which reads what is really there, gives an answer (architecture §3).
#pragma once

#include "absl/strings/string_view.h"

namespace shoujie::rocks {

// The exit code (EX_IOERR), so that a supervisor can tell it from a crash.
inline constexpr int kExitStorageFailed = 74;

// One line on stderr, then out, without destructors.
[[noreturn]] void StorageFailed(absl::string_view where, absl::string_view why);

// The same for data that cannot be read, met where no caller waits for an error (compaction).
[[noreturn]] void StorageDamaged(absl::string_view where, absl::string_view why);

}  // namespace shoujie::rocks
