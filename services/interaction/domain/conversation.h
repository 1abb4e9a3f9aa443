// What agents do while they have a contact: hold, consult, transfer, prompts, messages for colleagues, the end of a
// contact that no switch reports on.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

Decision<v1::Event> DecideHold(const v1::Contact&, const v1::HoldContactRequest&, const Context&);
Decision<v1::Event> DecideResume(const v1::Contact&, const v1::ResumeContactRequest&, const Context&);
Decision<v1::Event> DecideStartConsult(const v1::Contact&, const v1::StartConsultRequest&, const Context&);
Decision<v1::Event> DecideEndConsult(const v1::Contact&, const v1::EndConsultRequest&, const Context&);
Decision<v1::Event> DecideTransfer(const v1::Contact&, const v1::TransferContactRequest&, const Context&);
Decision<v1::Event> DecidePrompt(const v1::Contact&, const v1::RecordPromptRequest&, const Context&);
Decision<v1::Event> DecideEnd(const v1::Contact&, const v1::EndContactRequest&, const Context&);
Decision<v1::Event> DecideTakeMessage(const v1::Contact&, const v1::TakeMessageRequest&, const Context&);
Decision<v1::Event> DecideConfirmMessage(const v1::Contact&, const v1::ConfirmMessageRequest&, const Context&);

// Flags holds that are over and lasted longer than the customer was told, or were without his consent (R078, R081).
void JudgeHolds(Draft& draft, absl::Time at);

// Whether a switch reports on this contact: it says when it ends.
bool IsSwitched(const v1::Contact& contact);

}  // namespace shoujie::interaction
