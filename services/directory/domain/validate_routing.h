// What routing must be (F069, F070): a table whose rows can match, rosters that name people who may sign, and chains
// that lead to somebody, never nobody.
//
// A row can never match if every case that it matches is matched by a row above it; a table has a gap if some case is
// matched by no row and there is no default department. Cases are told apart by the values that the table mentions, and
// "any other". Calendars are taken as independent of each other: "within one" and "outside of the same" leave no gap
// between them, two different ones do.
//
// Two rows of rosters are ambiguous if they are of the same department, site and duty role, and on duty at the same
// time: nobody could say who comes first. Looked at are the weeks of a year, not days that differ from them.
#pragma once

#include <vector>

#include "services/directory/domain/validate.h"

namespace shoujie::directory {

// Appends what it finds.
void ValidateRouting(const v1::Directory& directory, std::vector<Finding>* findings);

}  // namespace shoujie::directory
