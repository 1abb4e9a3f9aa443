// Rows of tickets for lists and reports, folded from the same events as the state, on every node that answers lists.
// Without personal data: rows hold job numbers, departments, states, instants and counts.
#pragma once

#include <string>
#include <vector>

#include "services/runtime/domain.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

void Project(v1::TicketRow& row, const v1::Event& event, const EventContext& at);

// Indexes; the sort part is the opening, so lists go by age:
//   opened/<instant>/<name>                 all tickets
//   owner/<job number>/<instant>/<name>     department/<id>/…  (holds it now, or assists)   state/<number>/…
//   queue/<department>/<next due instant>/<name>   the same tickets as department/…, by what is due first: where it
//                                                  assists, the assist's deadline
//   hand/<job number>/<instant>/<name>      with an open hand-off that he has in hand: what his load is counted by
//   source/<id>/<instant>/<name>            of history; live tickets have none
// A department's keys have those of the fast lane first (supervision_rows.h); and there are those of disputes
// (dispute_rows.h) and of public notices.
std::vector<std::string> IndexKeys(const v1::TicketRow& row);

// Which opening of the ticket runs: 1, and one more with each reopening.
inline uint32_t EpisodeOf(const v1::TicketRow& row) { return row.reopenings() + 1; }

// An instant as a key part whose byte order is the order of time: milliseconds since 1970, 15 digits; earlier: zeros.
std::string SortKey(absl::Time time);

}  // namespace shoujie::router
