// What an agent does with a contact, one function for each of his keys. `at`, `agent` and what to wait for are filled
// in by the track.
#pragma once

#include <string>

#include "loadtest/switch/acts.h"

namespace shoujie::loadtest::act {

Act Pass();       // says the last word: nothing that the server hears of
Act Recognise();  // finds the customer of the number, or creates him, and attributes the contact
Act Accept();
Act Open();
Act Create();  // of paper and walk-ins: by the agent who receives it
Act Greet();
Act Designate(std::string owner);
Act Prompt(interaction::v1::PromptKind kind);
Act Hold(HoldPlan hold);
Act Resume();
Act StartConsult(ConsultPlan consult);
Act EndConsult(ConsultPlan consult);
Act Transfer(TransferPlan transfer);
Act End(interaction::v1::ReleaseParty party);
Act TakeMessage();
Act ConfirmMessage();
Act WriteRecord();
// `if_reached`: of a dropped call that was dialled back.
Act Dispose(std::string disposition, std::string if_reached);
Act Undo();
Act Presence(interaction::v1::PresenceState state);

}  // namespace shoujie::loadtest::act
