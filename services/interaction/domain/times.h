// When a contact happened, by the stamps of its source, and the figures that follow. One fold serves the contact's
// state and the row of its read model, so that a live call and an imported one give the same numbers. All durations are
// milliseconds and never negative. Pure functions; safe from any thread.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/interaction/v1/events.pb.h"

namespace shoujie::interaction {

void FoldTimes(v1::Times& times, const v1::Event& event);

v1::Outcome OutcomeOf(const v1::Times& times);
// Who accepted first by the stamps; nullptr if nobody did.
const v1::Times::Acceptance* FirstAcceptance(const v1::Times& times);
// Time in queue, all stays; an open stay ends with the acceptance or the end.
int64_t QueueMs(const v1::Times& times);
// First acceptance to the end, without the gap before a call-back.
int64_t TalkMs(const v1::Times& times);
// A hold that nobody ended ends with the contact; 0 if neither is known.
int64_t HoldMs(const v1::Times& times, const v1::Times::Hold& hold);
// The hold that is on now, or nullptr.
const v1::Times::Hold* OpenHold(const v1::Times& times);

}  // namespace shoujie::interaction
