// What a directory must be before it may be published: every id once, every reference to something that is there, every
// post filled by somebody who has not left, zones, hours and policies that can be kept. All mistakes are found at once,
// so that a publisher does not correct them one refusal at a time.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::directory {

struct Finding {
  std::string reason;  // DUPLICATE_ID, UNKNOWN_REFERENCE, …
  std::string path;    // "teams[2].site"
  std::string value;   // id or name that is wrong
};

// The row with that id; nullptr: there is none.
template <typename Rows>
auto* FindRow(const Rows& rows, const std::string& id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id() == id; });
  return found == rows.end() ? nullptr : &*found;
}

// An IANA name: "localtime" and paths would load too, and mean something else on every machine.
bool IsZone(const std::string& name);
// Member, head or deputy: may sign for it.
bool WorksFor(const v1::Agent& agent, const v1::Department& department);

// In the order of the message's fields; empty: it may be published.
std::vector<Finding> Validate(const v1::Directory& directory);

// What is wrong and what to do, in English and Chinese; empty for a reason that no finding has.
std::pair<absl::string_view, absl::string_view> TextOf(absl::string_view reason);

// INVALID_ARGUMENT with the first finding's reason; metadata: path, value, findings (how many), all (the first twenty).
absl::Status StatusOf(const std::vector<Finding>& findings);

}  // namespace shoujie::directory
