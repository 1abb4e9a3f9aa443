// The built-in reference data of a home appliance maker's service centre: two sites in two time zones, forty agents,
// four departments, dispositions, categories, products and policies. Published as version 1 on the first start of a
// data directory, so that everything can be tried at once; a real centre publishes its own in its place. Not for tests
// of rules: they make the few rows they need.
#pragma once

#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::directory {

v1::Directory SampleDirectory();

}  // namespace shoujie::directory
