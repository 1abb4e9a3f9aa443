#include "services/runtime/rocks/fatal.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace shoujie::rocks {

void StorageFailed(absl::string_view where, absl::string_view why) {
  const std::string line =
      absl::StrCat("shoujie: fatal: STORAGE_FAILED: writing to ", where, " failed: ", why,
                   ". Nothing that was acknowledged is lost. Free or repair the disk, then start again (exit code ",
                   kExitStorageFailed, ").\n");
  // Not by a stream: the process may be in any state.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kExitStorageFailed);
}

}  // namespace shoujie::rocks
