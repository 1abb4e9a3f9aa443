// Where an offer goes that names no department, and who of a department is responsible (F069, F070, F078, R169–R171).
//
//  * The first row of the routing table that matches says the department and the duty role; if none does, it is the
//    default department.
//  * Of the department: somebody on duty of that role, else on any other roster; else somebody on call; else the head,
//    else a deputy. Then, if nobody is on duty, it waits for who is next, and says until when.
//  * Of several on duty: one who speaks the customer's language and has the row's skill before others; then who has the
//    smallest part in hand of what he may have; then the highest-ranked one. Without capacities in the directory it is
//    so the highest-ranked one; who has no bound counts as having nothing in hand.
//  * Passed over is who has as much in hand as he may, and who is on duty and has said that he is away. Whoever is on
//    call, head or deputy need not be at his desk; heads and deputies are bound by a number of their own only.
//  * If nobody of the department can take it, the same for the one that it falls back to, and so on, at last for the
//    default department. If nobody down there can either, loads and presence are not asked: of the first department
//    that has anybody it is who comes first then, and the record says so.
//
// A directory that was validated always leads to somebody. Pure: a function of a ticket, a directory version, an
// instant and the loads that came with the offer, so that it can be asked again under another one (F089). The loads are
// hints: what is not known of somebody does not speak against him.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/runtime/calendar/routing_table.h"
#include "services/runtime/reference.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/routing.pb.h"
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
// The record keeps of `loads` what was looked at; with it as `loads` the same comes out again.
Route RouteOf(const v1::Ticket& ticket, const RouteAsked& asked, const Reference& reference, absl::Time at,
              const v1::RouteLoads& loads = v1::RouteLoads::default_instance());

// On duty, and not at his desk.
bool IsAway(interaction::v1::PresenceState presence);

// What a row of the table would look at.
RouteCase RouteCaseOf(const v1::Ticket& ticket, const Reference& reference, absl::Time at);

// Whether the department has a row of rosters of this duty role.
bool HasDutyRole(const std::string& department, const std::string& duty_role, const Reference& reference);

}  // namespace shoujie::router
