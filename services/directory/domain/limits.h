// How much a directory may hold where going through it costs more than reading it. These bound a validation, and what
// follows from a directory for each ticket, not what a centre may be like.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoujie::directory {

inline constexpr size_t kCalendarDaysMax = 1000;     // days of one calendar that differ from its week
inline constexpr size_t kSlaPoliciesMax = 200;       // rows of the table
inline constexpr size_t kSlaCasesMax = 1'000'000;    // that its rows tell apart: a validation goes through them
inline constexpr size_t kClockWarningsMax = 8;       // of one clock
inline constexpr size_t kRoutingRulesMax = 256;      // rows of the table
inline constexpr size_t kRoutingStepsMax = 200'000;  // in going through the cases that its rows tell apart
inline constexpr size_t kRostersMax = 500;           // rows
inline constexpr uint32_t kCapacityMax = 500;        // open hand-offs of one member: no further are counted for him
inline constexpr unsigned kNoticeDaysMax = 250;      // working days until a public notice
inline constexpr size_t kPlaybookStepsMax = 50;
inline constexpr size_t kPlaybookTextBytesMax = 2000;  // of a step, in one language

}  // namespace shoujie::directory
