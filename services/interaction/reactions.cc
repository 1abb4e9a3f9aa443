#include "services/interaction/reactions.h"

#include <utility>

#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/profile/v1/events.pb.h"

namespace shoujie::interaction {

std::vector<std::unique_ptr<google::protobuf::Message>> OnProfile(const ForeignEvent& foreign) {
  std::vector<std::unique_ptr<google::protobuf::Message>> commands;
  const auto& event = static_cast<const profile::v1::Event&>(foreign.event);
  if (event.has_card_received()) {
    auto take = std::make_unique<v1::TakeCustomerCardRequest>();
    take->set_name(event.card_received().contact());
    *take->mutable_card() = event.card_received().card();
    commands.push_back(std::move(take));
  } else if (event.has_link_refused()) {
    auto refuse = std::make_unique<v1::RefuseAttributionRequest>();
    refuse->set_name(event.link_refused().contact());
    refuse->set_customer(event.link_refused().customer());
    refuse->set_reason(event.link_refused().reason());
    commands.push_back(std::move(refuse));
  }
  return commands;
}

}  // namespace shoujie::interaction
