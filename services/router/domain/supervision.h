// Supervision 督办 and public notices 通报 (F083): whether a ticket stands under one, who may end it or act against it,
// when one begins by itself, and what becomes of a deadline that nobody answers. Pure functions of a ticket and one
// directory version; the acts themselves are in decide_supervision.cc.
//
// A supervision moves neither owner nor custody, and no clock. It ends by its supervisor, with the one hand-off that it
// was begun for, or with the episode; a closing that is taken back takes its end back, too. What the directory said
// when its deadline passed is recorded and stays.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/router/domain/checks.h"
#include "services/runtime/calendar/calendar.h"
#include "services/runtime/domain.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

inline constexpr char kSupervisionFeature[] = "supervision";

// The one that stands; nullptr: none does. At most one at a time.
const v1::Supervision* StandingSupervision(const v1::Ticket& ticket);
// Whether the actor may lift it and act against it: the supervisor, a head or an operator, and he neither owns the
// ticket nor works for the department that has it.
bool MayLift(const Actor& actor, const v1::Supervision& supervision, const v1::Ticket& ticket,
             const Reference& reference);
// SUPERVISED, unless none stands or the actor may lift it: what nobody else does meanwhile.
absl::Status RequireSupervisor(const v1::Ticket& ticket, const Actor& actor, const Reference& reference);
// Whether he may be the supervisor: stands above the owner, is not the owner himself, and does not work for the
// department that has the ticket.
bool MaySupervise(const directory::v1::Agent& agent, const v1::Ticket& ticket, const Reference& reference);

// Who has to answer: the department that has the ticket and who works on it there, else the owner.
struct Answerable {
  std::string department;  // empty: the owner
  std::string responsible;
};
Answerable AnswerableFor(const v1::Ticket& ticket);

// Adds to what was decided the supervision that begins by it: the notices or breaches of the episode, counted since the
// last supervision began, are as many as the directory says, and somebody is there who can supervise.
void FollowWithSupervision(const v1::Ticket& before, const Context& context, std::vector<Decided<v1::Event>>* events);

// The end of so many whole working days after the deadline; the day of the deadline counts only if all its work lies
// behind it. InfiniteFuture beyond the calendar's horizon.
absl::Time PublicNoticeAt(absl::Time deadline, uint32_t days, const Calendar& calendar);
// "tickets/…/notices/1".
std::string NoticeName(absl::string_view ticket, uint32_t supervision);

// "supervision/<number>" at the deadline of the answer, then "public-notice/<number>"; neither once it was answered.
void AddSupervisionTimers(const v1::Ticket& ticket, std::vector<Timer>* timers);
// What such a timer that is wanted makes. Empty: it is no timer of these.
std::vector<Decided<v1::Event>> DecideSupervisionTimer(const v1::Ticket& ticket, const std::string& timer,
                                                       const Context& context);

}  // namespace shoujie::router
