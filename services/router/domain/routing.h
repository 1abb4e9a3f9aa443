// Where an offer goes that names no department, and who of a department is responsible (F069, F070, R169–R171).
//
//  * The first row of the routing table that matches says the department and the duty role; if none does, it is the
//    default department.
//  * Of the department: the highest-ranked person on duty of that role, else on any other roster, one who speaks the
//    customer's language and has the row's skill before others; else the highest-ranked one on call; else the head,
//    else a deputy. Then it waits for who is on duty next, and says until when.
//  * If nobody of the department is there, the same for the one that it falls back to, and so on, at last for the
//    default department.
//
// A directory that was validated always leads to somebody. Pure: a function of a ticket, a directory version and an
// instant, so that it can be asked again under another one (F089). Where people sit at their desks is not known here:
// "there" is who has not left and does not leave.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/runtime/calendar/routing_table.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// What the offer says itself.
struct RouteAsked {
  std::string department;  // only this one is looked at; empty: the table says it
  std::string duty_role;   // before the row's
};
struct Route {
  const directory::v1::Department* department = nullptr;  // none: it leads to nobody
  std::string responsible;                                // job number; never empty where there is a department
  v1::Routing record;                                     // how it came to that
};
Route RouteOf(const v1::Ticket& ticket, const RouteAsked& asked, const Reference& reference, absl::Time at);

// What a row of the table would look at.
RouteCase RouteCaseOf(const v1::Ticket& ticket, const Reference& reference, absl::Time at);

// Whether the department has a row of rosters of this duty role.
bool HasDutyRole(const std::string& department, const std::string& duty_role, const Reference& reference);

}  // namespace shoujie::router
