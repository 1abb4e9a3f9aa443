// How much a directory may hold where going through it costs more than reading it. These bound a validation and the
// clocks of tickets, not what a centre may be like.
#pragma once

#include <cstddef>

namespace shoujie::directory {

inline constexpr size_t kCalendarDaysMax = 1000;   // days of one calendar that differ from its week
inline constexpr size_t kSlaPoliciesMax = 200;     // rows of the table
inline constexpr size_t kSlaCasesMax = 1'000'000;  // that its rows tell apart: a validation goes through them
inline constexpr size_t kClockWarningsMax = 8;     // of one clock

}  // namespace shoujie::directory
