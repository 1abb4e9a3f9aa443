// The shortest way to what a test is about: a call that was answered and became a ticket of the built-in sample centre.
#pragma once

#include <string>

#include "tests/e2e/support/people.h"

namespace shoujie::e2e {

inline constexpr char kSwitch[] = "adapters/switch-1";
inline constexpr char kTickets[] = "router.v1.TicketService/";
inline constexpr char kContacts[] = "interaction.v1.ContactService/";
inline constexpr char kCustomers[] = "profile.v1.CustomerService/";
inline constexpr char kDirectory[] = "directory.v1.DirectoryService/";

struct Matter {
  std::string contact;  // "contacts/…"
  std::string ticket;   // "tickets/…-T1"
};

// A call that the agent has answered and the caller has ended; its disposition is missing.
std::string AnsweredCall(People& people, const std::string& agent, const std::string& external_id,
                         const std::string& phone);
// The same, disposed of as a ticket, which is there when this returns. `category`: id in the directory.
Matter NewTicket(People& people, const std::string& agent, const std::string& external_id, const std::string& phone,
                 const std::string& category = "");

}  // namespace shoujie::e2e
