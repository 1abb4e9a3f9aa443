// What a play ends with: a small table, or one JSON object with the same figures.
#pragma once

#include <string>

#include "loadtest/switch/session.h"

namespace shoujie::loadtest {

std::string SummaryTable(Session& session);
std::string SummaryJson(Session& session);

}  // namespace shoujie::loadtest
