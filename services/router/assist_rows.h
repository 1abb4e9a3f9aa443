// What assisting departments 协办 make of a ticket's row, and where they put it: into the lists and the queue of a
// department that has an open assist, as the same row. A part of projection.h.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

void ProjectAssist(v1::TicketRow& row, const v1::Event& event);

// Whether the department has an open assist on it.
bool Assists(const v1::TicketRow& row, absl::string_view department);

// Adds the index keys of departments that assist; who holds the ticket has its own. `sort`: of keys by opening.
void AddAssistKeys(const v1::TicketRow& row, absl::string_view sort, std::vector<std::string>* keys);

}  // namespace shoujie::router
