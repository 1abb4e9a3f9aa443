// The read model of contacts and presences: one row each, without anything personal, folded from the same events as the
// state and, for all that has to do with time, by the same code (`domain/times.h`).
//
//   day/<first instant>/<name>            every contact
//   owner/<agent>/<first instant>/<name>  handler/<agent>/…  state/<number>/…  missed/…
//   order/<not before>/<name>             contacts with an order that nobody has carried out
//   presence/<agent>
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "services/runtime/domain.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {

std::unique_ptr<RowType> ContactRows();
std::unique_ptr<RowType> PresenceRows();

void ProjectContact(v1::ContactRow& row, const v1::Event& event, const EventContext& at);
std::vector<std::string> ContactIndexKeys(const v1::ContactRow& row);

}  // namespace shoujie::interaction
