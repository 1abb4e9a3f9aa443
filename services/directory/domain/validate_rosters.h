// What rosters and departments' chains of fallbacks must be; a part of `ValidateRouting`.
#pragma once

#include <vector>

#include "services/directory/domain/validate.h"

namespace shoujie::directory {

// Appends what it finds.
void ValidateRosters(const v1::Directory& directory, std::vector<Finding>* findings);

// The department and those that it falls back to, in order, the policies' default department at last. Each once; of a
// cycle as far as it goes.
std::vector<const v1::Department*> FallbacksOf(const v1::Directory& directory, const std::string& department);

}  // namespace shoujie::directory
