// Disputes between departments (F073, F074): how often a ticket was given back, whether a department may do so once
// more, who is in dispute, who can rule. Pure functions of a ticket and one directory version; the acts themselves are
// in decide_disputes.cc.
//
// The budget is the ticket's: refusals and returns of its present episode, by whichever department, since a leader has
// ruled. How large it is depends on the department that wants to give the ticket back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/router/domain/decide.h"
#include "services/runtime/reference.h"

namespace shoujie::router {

inline constexpr char kDisputesFeature[] = "disputes";

// Refusals and returns of the present episode since the last ruling in it.
uint32_t GivenBack(const v1::Ticket& ticket);
// The same as it was when the hand-off of this number, of this episode, ended.
uint32_t GivenBackBefore(const v1::Ticket& ticket, uint32_t episode, uint32_t handoff);
// How many of them this department finds enough; nothing: it may give back as often as it likes.
std::optional<uint32_t> RefusalBudget(const directory::v1::Department* department, const Reference& reference);
// Whether the department may refuse or return this hand-off; if not, it is told how to ask for a ruling.
absl::Status RequireMayGiveBack(const v1::Ticket& ticket, const v1::Handoff& handoff,
                                const directory::v1::Department* department, const Context& context);
// HANDOFF_RULED of a hand-off under a ruling: nobody gives it back or takes it away but by another ruling.
absl::Status RequireNotRuled(const v1::Handoff& handoff);

// The dispute that awaits its ruling; nullptr: there is none.
const v1::Adjudication* OpenAdjudication(const v1::Ticket& ticket);
// Departments of the present episode that gave the ticket back or have it, in order, and `more` that are not empty.
std::vector<std::string> PartiesOf(const v1::Ticket& ticket, const std::vector<std::string>& more);
// Departments that the agent works for, as a member, head or deputy.
std::vector<std::string> WorksFor(const directory::v1::Agent& agent, const Reference& reference);
// Whether he is neither the owner nor of a department in dispute.
bool IsImpartial(const directory::v1::Agent& agent, const v1::Ticket& ticket, const std::vector<std::string>& parties,
                 const Reference& reference);
// The head of the ticket's site, else of the owner's, else of any, who is there and impartial; empty: there is none.
std::string ArbiterFor(const v1::Ticket& ticket, const std::vector<std::string>& parties, const Reference& reference);

// "tickets/…/rulings/1": how a ruling is cited.
std::string RulingName(absl::string_view ticket, uint32_t number);
bool IsRulingName(absl::string_view name);

// How often a ruling gave a hand-off another deadline: what tells its timers apart.
uint32_t DeadlinesGiven(const v1::Ticket& ticket, const v1::Handoff& handoff);
// "adjudication/<number>" at the deadline of the ruling; "stall/<number>" of the signed hand-off (stalling.h).
void AddDisputeTimers(const v1::Ticket& ticket, std::vector<Timer>* timers);
// What such a timer that is wanted makes. Empty: it is no timer of these.
std::vector<Decided<v1::Event>> DecideDisputeTimer(const v1::Ticket& ticket, const std::string& timer);

}  // namespace shoujie::router
