// What rows of tickets say of supervision 督办, public notices 通报 and the fast lane, and how lists find it: a part of
// the projection (projection.h). Without personal data: reasons, answers and findings stand on the ticket alone.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// After what `Project` makes of the event; `now`: the instant at which it takes effect, `principal`: who did it.
void ProjectSupervision(v1::TicketRow& row, const v1::Event& event, const google::protobuf::Timestamp& now,
                        absl::string_view principal);

bool IsSupervised(const v1::TicketRow& row);
bool IsInFastLane(const v1::TicketRow& row);  // and not closed or merged
// What stands before the sort part of a department's keys: tickets of the fast lane come before the rest, among
// themselves in the usual order.
absl::string_view LaneKey(const v1::TicketRow& row);

//   notice/<newest first>/<name>/<supervision>                   public notices
//   notice-of/<department>/<newest first>/<name>/<supervision>
void AddSupervisionKeys(const v1::TicketRow& row, std::vector<std::string>* keys);
// The supervision that such a key is of; nullptr: the row has none of that number that was noticed.
const v1::RowSupervision* NoticedOf(const v1::TicketRow& row, absl::string_view key);

}  // namespace shoujie::router
