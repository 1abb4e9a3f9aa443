// Calendars as the directory publishes them, made into what clocks run on. Pure; whether a published calendar is a good
// one is the directory's to say (services/directory/domain/validate.h), so that what comes from an adopted version can
// always be made.
#pragma once

#include "absl/status/statusor.h"
#include "services/runtime/calendar/calendar.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie {

// Hours may come in any order. Errors: those of `Calendar::Make`, and CALENDAR_DAY (no date, or one that is given
// twice).
absl::StatusOr<Calendar> MakeCalendar(const directory::v1::Calendar& calendar);
// When the people of a row of rosters are on duty by its own shifts. Errors: those of the other.
absl::StatusOr<Calendar> MakeShifts(const directory::v1::Roster& roster);

// Counts every instant.
const Calendar& RoundTheClock();

}  // namespace shoujie
