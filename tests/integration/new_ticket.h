// A ticket as it comes about: a call is answered and ends with the disposition "ticket", and the router reacts.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/integration/memory_node.h"

namespace shoujie {

// Answered and ended, with a ticket; its name. `record`: what the agent writes down of the caller, with his phone
// number.
inline std::string NewTicket(MemoryNode& node, const std::string& agent, const std::string& call,
                             const interaction::v1::RecordUpdate& record) {
  interaction::v1::ReportContactFactRequest fact;
  fact.set_source("switch-1");
  fact.set_external_id(call);
  fact.set_identifier(record.phone());
  fact.set_site("hangzhou");
  const auto report = [&](int64_t seconds_ago) {
    *fact.mutable_occurred_at() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now()) - seconds_ago * 1000);
    auto reply = node.Do("interaction", "adapters/switch-1", fact);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->name() : "";
  };
  fact.mutable_fact()->mutable_answered()->set_agent(agent);
  report(60);
  fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_CUSTOMER);
  const std::string contact = report(5);
  interaction::v1::DisposeContactRequest dispose;
  dispose.set_name(contact);
  dispose.set_disposition("ticket");
  dispose.set_gist("the screen stays black");
  *dispose.mutable_record() = record;
  auto reply = node.Do("interaction", "agents/" + agent, dispose);
  EXPECT_TRUE(reply.ok()) << reply.status();
  const std::string ticket = absl::StrCat("tickets/", contact.substr(9), "-T1");
  for (int i = 0; i < 2000 && !node.Get<router::v1::Ticket>("router", ticket).ok(); ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  return ticket;
}

// Of a caller who does not say his name.
inline std::string NewTicket(MemoryNode& node, const std::string& agent, const std::string& call) {
  interaction::v1::RecordUpdate record;
  record.set_anonymous(true);
  record.set_phone("1390000" + call);
  return NewTicket(node, agent, call, record);
}

// Does something to a ticket.
template <typename Request>
absl::Status Act(MemoryNode& node, const std::string& who, const std::string& ticket, Request request = {}) {
  request.set_name(ticket);
  return node.Do("router", who, request).status();
}

}  // namespace shoujie
