// What rows of tickets say of disputes and of buck-passing, and how lists find it: a part of the projection
// (projection.h). Without personal data: the grounds of a ruling stand on the ticket alone.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// After what `Project` makes of the event; `now`: the instant at which it takes effect, `principal`: who did it.
void ProjectDispute(v1::TicketRow& row, const v1::Event& event, const google::protobuf::Timestamp& now,
                    absl::string_view principal);

// Whether the row has what a list was asked for.
bool HasFlag(const v1::TicketRow& row, v1::TicketFlag flag);

//   flag/<number>/<instant>/<name>                       tickets that have it
//   ruling/<newest first>/<name>/<ruling>                rulings
//   ruling-of/<department>/<newest first>/<name>/<ruling>   of each party, and of who has to do it
// `tail`: the part of a ticket's keys behind what it is found by.
void AddDisputeKeys(const v1::TicketRow& row, absl::string_view tail, std::vector<std::string>* keys);
// The ruling that a key of the last two kinds is of; nullptr: the row has none of that number.
const v1::RowAdjudication* RulingOf(const v1::TicketRow& row, absl::string_view key);

}  // namespace shoujie::router
