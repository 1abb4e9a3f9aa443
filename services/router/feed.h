// What of a ticket is published, and as what: the one place where router events become the contract of
// proto/shoujie/router/v1/feed.proto. Pure. Every kind of router event is either published here or named as private; a
// test walks them all.
//
// A published change tells what happened and how the ticket stands, by ids. Never free text, names, phones or the
// customer: a department that needs to reach him asks by GetContactDetails, with a purpose, and that is recorded.
#pragma once

#include <optional>
#include <vector>

#include "services/runtime/domain.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/feed.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// `row` is the ticket after the event. Nothing: the event is private, or tells of another system's past.
std::optional<v1::TicketEvent> Publish(const v1::TicketRow& row, const v1::Event& event, const EventContext& at);
// Who is told: the departments concerned.
std::vector<std::string> Topics(const v1::TicketEvent& event);

// Kinds of router events that are nobody else's business, with the reason beside each in feed.cc.
const std::vector<v1::Event::EventCase>& PrivateKinds();

v1::CustomerStage StageOf(v1::TicketState state);

}  // namespace shoujie::router
