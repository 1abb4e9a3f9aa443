#include "tests/e2e/support/desk.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::e2e {
namespace {

common::v1::CommandReply Must(absl::StatusOr<common::v1::CommandReply> reply) {
  if (reply.ok()) return *std::move(reply);
  std::fprintf(stderr, "%s\n", reply.status().ToString().c_str());
  std::abort();
}

}  // namespace

std::string AnsweredCall(People& people, const std::string& agent, const std::string& external_id,
                         const std::string& phone) {
  interaction::v1::ReportContactFactRequest fact;
  fact.set_source("switch-1");
  fact.set_external_id(external_id);
  fact.set_identifier(phone);
  fact.set_site("hangzhou");
  auto& line = people.As(kSwitch);
  const absl::Time now = absl::Now();
  *fact.mutable_occurred_at() = Stamp(now - absl::Seconds(90));
  fact.mutable_fact()->mutable_offered()->add_agents(agent);
  Must(Do(line, absl::StrCat(kContacts, "ReportContactFact"), fact));
  *fact.mutable_occurred_at() = Stamp(now - absl::Seconds(80));
  fact.mutable_fact()->mutable_answered()->set_agent(agent);
  Must(Do(line, absl::StrCat(kContacts, "ReportContactFact"), fact));
  *fact.mutable_occurred_at() = Stamp(now - absl::Seconds(10));
  fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_CUSTOMER);
  return Must(Do(line, absl::StrCat(kContacts, "ReportContactFact"), fact)).name();
}

Matter NewTicket(People& people, const std::string& agent, const std::string& external_id, const std::string& phone,
                 const std::string& category) {
  Matter matter;
  matter.contact = AnsweredCall(people, agent, external_id, phone);
  interaction::v1::DisposeContactRequest dispose;
  dispose.set_name(matter.contact);
  dispose.set_disposition("ticket");
  dispose.set_gist("the screen stays black");
  dispose.mutable_record()->set_customer_name("王女士");
  dispose.mutable_record()->set_phone(phone);
  dispose.mutable_record()->set_type(interaction::v1::MATTER_TYPE_FAULT);
  dispose.mutable_record()->set_category(category);
  Must(Do(people.As("agents/" + agent), absl::StrCat(kContacts, "DisposeContact"), dispose));
  matter.ticket = absl::StrCat("tickets/", matter.contact.substr(9), "-T1");
  const bool there = Eventually([&] {
    return Get<router::v1::Ticket>(people.As(kOperator), absl::StrCat(kTickets, "GetTicket"), matter.ticket).ok();
  });
  if (!there) {
    std::fprintf(stderr, "%s did not appear\n", matter.ticket.c_str());
    std::abort();
  }
  return matter;
}

}  // namespace shoujie::e2e
