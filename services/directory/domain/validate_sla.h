// What a table of SLA policies must be: rows that can match, one that always does, targets that can be kept.
//
// A target is refused as one that can never be met, if
//  * it is not longer than zero, or never passes on some calendar that it may be counted on (`Calendar::kHorizon`);
//  * its parts may each be in time and it be late all the same: signing and the first reply together may take longer
//    than the department is given for the whole (CUSTODY), or dispatch and the department's share longer than the
//    resolution is given. Only targets of one row that are counted on the same kind of calendar can be compared; of a
//    same-day target the length is not known before it starts.
//
// A row can never match if every case that it matches is matched by a row above it. Cases are told apart by the values
// that the table mentions, and "any other": so all of them can be gone through.
#pragma once

#include <vector>

#include "services/directory/domain/validate.h"

namespace shoujie::directory {

// Appends what it finds.
void ValidateSla(const v1::Directory& directory, std::vector<Finding>* findings);

}  // namespace shoujie::directory
