#include "services/router/reactions.h"

#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::router {

std::vector<std::unique_ptr<google::protobuf::Message>> OnInteraction(const ForeignEvent& foreign) {
  std::vector<std::unique_ptr<google::protobuf::Message>> commands;
  const auto& event = static_cast<const interaction::v1::Event&>(foreign.event);
  const auto set_customer = [&](const std::string& ticket, const std::string& customer) {
    auto set = std::make_unique<v1::SetCustomerRequest>();
    set->set_name(ticket);
    set->set_customer(customer);
    commands.push_back(std::move(set));
  };
  if (event.has_attributed() && !event.attributed().ticket().empty()) {
    set_customer(event.attributed().ticket(), event.attributed().customer());
  }
  if (event.has_attribution_refused() && !event.attribution_refused().ticket().empty()) {
    set_customer(event.attribution_refused().ticket(), "");
  }
  if (!event.has_ticket_needed()) return commands;
  auto open = std::make_unique<v1::OpenTicketRequest>();
  open->set_name(event.ticket_needed().ticket());
  *open->mutable_needed() = event.ticket_needed();
  commands.push_back(std::move(open));
  return commands;
}

}  // namespace shoujie::router
