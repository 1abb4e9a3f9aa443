// What most readers of a journal need of most records: enough for the reader rule and to see whether the rest concerns
// them, taken from the stored bytes without parsing them. Reactions read every record of other services and act on few.
// Whoever applies a record parses it whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/runtime/journal/reader_rule.h"

namespace shoujie {

struct CommitHead {
  CommitNumbers numbers;
  bool history = false;
  // Of its events, in order: the field of the service's Event that comes first, which is the one that is set; 0 if the
  // bytes are not laid out as usual.
  std::vector<int> kinds;
};

// Nothing if the record is no commit, or not one that can be read: parse it to see.
std::optional<CommitHead> ReadCommitHead(absl::string_view record);

// The field that comes first in the bytes of a message; 0 if there is none.
int FirstField(absl::string_view message);

}  // namespace shoujie
