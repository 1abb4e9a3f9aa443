// Agents who leave (R004). A leave has two steps. Announced, nothing new comes to the agent any more, in any shard that
// has adopted the version that says so; he still acts on what he has. Completed, he has left: only once a node that
// follows all tickets clears it (`LeaveClearance`), that is once every shard of the router has adopted that version and
// none holds an open ticket of his. So nobody who has left owns an open ticket, whatever was under way. Taking a leave
// back (ActivateAgent) makes its clearance void.
//
// People of imports are not ours: they have left at once. So has everybody while the feature `leaving` is off. Pure.
#pragma once

#include "services/runtime/domain.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/directory/v1/events.pb.h"

namespace shoujie::directory {

Decision<v1::Event> DecideDeactivate(const v1::Directory& state, const v1::DeactivateAgentRequest& request,
                                     const Context& context);
Decision<v1::Event> DecideCompleteLeave(const v1::Directory& state, const v1::CompleteLeaveRequest& request,
                                        const Context& context);
Decision<v1::Event> DecideActivate(const v1::Directory& state, const v1::ActivateAgentRequest& request,
                                   const Context& context);

// Whether `content` leaves leaves alone: a publication neither announces nor completes one, nor removes somebody of
// ours who has not left, unless it may (`removes_agents`). It may call people back.
absl::Status CheckPeople(const v1::Directory& state, const v1::Directory& content, bool removes_agents);

}  // namespace shoujie::directory
