// What playbooks must be: steps that can be read in one go, somebody who keeps them, and a day to look at them again.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/directory/domain/validate.h"

namespace shoujie::directory {

// Appends what it finds; references are the caller's to follow.
void ValidatePlaybooks(const v1::Directory& directory, std::vector<Finding>* findings);

// Whether each playbook that is new or changed is kept by somebody, and to be reviewed today or later, in whatever time
// zone. Those that stand as they were may be overdue, or nobody's since their owner left: nothing else waits for them.
absl::Status CheckReviews(const v1::Directory& state, const v1::Directory& content, absl::Time now);

}  // namespace shoujie::directory
