// Names of the services that faults and their clients call.
#pragma once

namespace shoujie::fault {

inline constexpr char kTickets[] = "shoujie.router.v1.TicketService/";
inline constexpr char kContacts[] = "shoujie.interaction.v1.ContactService/";
inline constexpr char kCustomers[] = "shoujie.profile.v1.CustomerService/";

}  // namespace shoujie::fault
