// Makes the content of a next version out of the one in force. Pure; nothing here validates what comes out.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::directory {

// Adds the rows of `additions` whose id `content` does not hold. Answers how many; FAILED_PRECONDITION (ID_TAKEN) if an
// id is there as a row of another source, or of our own: it would be taken for another person or thing.
absl::StatusOr<int> Merge(const v1::Directory& additions, v1::Directory* content);

// Puts `successor` in every post of `agent`, or vacates it if that is empty. On rosters he stands in for him only where
// he may sign for the department.
void HandPostsOver(const std::string& agent, const std::string& successor, v1::Directory* content);

v1::Agent* FindAgent(v1::Directory* content, const std::string& id);

}  // namespace shoujie::directory
