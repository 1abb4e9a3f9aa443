// What the directory says of a ticket's clocks: its row of the policy table, the calendar a target is counted on, and
// dates on it. Pure functions of a ticket and one directory version; for clocks that run and for what explains them.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/runtime/calendar/calendar.h"
#include "services/runtime/calendar/sla_table.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// What a row of the table would look at now.
SlaCase CaseOf(const v1::Ticket& ticket, const Reference& reference);

// The id of the calendar that a target of a clock against this party is counted on; empty: round the clock, also where
// the directory names none.
std::string CalendarIdFor(directory::v1::ClockCalendar which, const v1::Ticket& ticket, const v1::Party& party,
                          const Reference& reference);
// Round the clock for an empty id, and for one that the version does not have (any more).
const Calendar& CalendarOf(const std::string& id, const Reference& reference);

// Working time that a clock has from `from` on; of a same-day target what is left of the working day, or the next one.
// Zero: there is no such time.
absl::Duration LengthOf(const directory::v1::ClockTarget& target, absl::Time from, const Calendar& calendar);

// When a clock of this target warns and is due, so much of it having been spent by `from`, if time counts from then on.
// Only warnings above `warned_percent`.
v1::ClockDates DatesFrom(absl::Time from, absl::Duration spent, absl::Duration target,
                         const google::protobuf::RepeatedField<uint32_t>& warn_percent, uint32_t warned_percent,
                         const Calendar& calendar);

// The same of a clock's run that has not ended, against `target`, on the calendar as this version has it.
v1::ClockDates DatesOf(const v1::Clock& clock, absl::Duration target, const Reference& reference);
// The dates of a clock as they stand, or made anew if they were counted by an older version. None of one that is judged
// or does not count.
v1::ClockDates DatesNow(const v1::Clock& clock, const Reference& reference);

}  // namespace shoujie::router
