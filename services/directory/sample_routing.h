// The sample's routing table and duty rosters.
#pragma once

#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::directory {

// To a directory that has the sample's departments, categories and calendars.
void AddRouting(v1::Directory* directory);

}  // namespace shoujie::directory
