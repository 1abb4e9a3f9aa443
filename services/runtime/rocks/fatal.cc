#include "services/runtime/rocks/fatal.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace shoujie::rocks {

namespace {

[[noreturn]] void End(const std::string& line) {
  // Not by a stream: the process may be in any state.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kExitStorageFailed);
}

}  // namespace

void StorageFailed(absl::string_view where, absl::string_view why) {
  End(absl::StrCat("shoujie: fatal: STORAGE_FAILED: writing to ", where, " failed: ", why,
                   ". Nothing that was acknowledged is lost. Free or repair the disk, then start again (exit code ",
                   kExitStorageFailed, ").\n"));
}

void StorageDamaged(absl::string_view where, absl::string_view why) {
  End(absl::StrCat("shoujie: fatal: STORAGE_DAMAGED: the ", where, " database cannot be read: ", why,
                   ". Check the disk; restore the data directory from a checkpoint (exit code ", kExitStorageFailed,
                   ").\n"));
}

}  // namespace shoujie::rocks
