// How a contact ends: answered on the spot, on as a ticket, or one of the typed ends (R011–R021, R050–R054). No contact
// ends without one of them, a missed call or a ticket; a mistake is taken back, not covered up.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

// Flags a call that its agent released first, unless such a call is his to release (R073).
void JudgeRelease(Draft& draft, absl::Time at);

Decision<v1::Event> DecideDispose(const v1::Contact&, const v1::DisposeContactRequest&, const Context&);
Decision<v1::Event> DecideUndo(const v1::Contact&, const v1::UndoDispositionRequest&, const Context&);
Decision<v1::Event> DecideTimer(const v1::Contact&, const common::v1::TimerFired&, const Context&);

}  // namespace shoujie::interaction
