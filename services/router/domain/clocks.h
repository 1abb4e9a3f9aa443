// SLA clocks of a ticket (F071, F072, F076, F079–F084): which start, stop, pause and go on because of what happened,
// and what becomes of them when nothing does.
//
// A clock goes by what its start recorded: policy, target, warnings, pause rule. A policy that is published later makes
// no difference to it. Working time is counted here, on the calendar of the adopted directory, and recorded as the
// instants at which the clock will warn and be due; so timers and replays need no calendar. If another calendar is in
// force at the next act or timer, the dates are made anew (`ClockRedated`) before anything is judged by them.
//
// In time is who does it at the due instant or before. A clock is judged once; it runs on after a breach until what it
// waits for has happened. What was judged stays judged: where the end of a clock is taken back, another one goes on
// from it. Tickets of before the feature "clocks" and imported ones have none.
#pragma once

#include <string>
#include <vector>

#include "services/router/domain/decide.h"
#include "services/router/domain/supervision.h"

namespace shoujie::router {

// Adds to what was decided the events of clocks that follow from it, in their places. `events` must not be empty.
void FollowWithClocks(const v1::Ticket& before, const Context& context, std::vector<Decided<v1::Event>>* events);

// A rule of tickets whose events may concern clocks, and through their breaches supervision.
template <typename Request, Decision<v1::Event> (*decide)(const v1::Ticket&, const Request&, const Context&)>
Decision<v1::Event> WithClocks(const v1::Ticket& ticket, const Request& request, const Context& context) {
  auto decided = decide(ticket, request, context);
  if (!decided.ok() || decided->empty()) return decided;
  FollowWithClocks(ticket, context, &*decided);
  FollowWithSupervision(ticket, context, &*decided);
  return decided;
}

// "clock/<number>": one timer for each clock that runs and is not judged, at its next warning or its due instant; the
// attempt is how often its dates were made.
void AddClockTimers(const v1::Ticket& ticket, std::vector<Timer>* timers);
// What a clock's timer that is wanted makes: dates made anew, a breach or a warning. Empty: it is no clock's.
std::vector<Decided<v1::Event>> DecideClockTimer(const v1::Ticket& ticket, const std::string& timer,
                                                 const Context& context);

// Whether the customer's answer is awaited.
bool IsWaiting(const v1::Ticket& ticket);
// The clock of this number; nullptr: there is none.
const v1::Clock* FindClock(const v1::Ticket& ticket, uint32_t number);
// The one of this kind that runs; nullptr: none does.
const v1::Clock* RunningClock(const v1::Ticket& ticket, directory::v1::ClockKind kind);
// Whether time may count for it now: it has a run that has not ended.
bool IsCounting(const v1::Clock& clock);

}  // namespace shoujie::router
