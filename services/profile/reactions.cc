#include "services/profile/reactions.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/number.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/profile/v1/link.pb.h"
#include "shoujie/router/v1/events.pb.h"

namespace shoujie::profile {
namespace {

using Commands = std::vector<std::unique_ptr<google::protobuf::Message>>;

// The link of the matter that a contact or ticket belongs to; empty: it has no number.
std::string LinkOf(absl::string_view stream) {
  const auto number = Number::Parse(stream.substr(stream.find('/') + 1));
  return number ? absl::StrCat("links/", number->ToString()) : "";
}

Commands SetOpen(const ForeignEvent& foreign, const std::string& customer, bool open) {
  Commands commands;
  const std::string link = LinkOf(foreign.at.stream);
  if (customer.empty() || link.empty()) return commands;
  auto set = std::make_unique<v1::SetLinkOpenRequest>();
  set->set_name(link);
  set->set_open(open);
  commands.push_back(std::move(set));
  return commands;
}

Commands Move(const ForeignEvent& foreign, const std::string& customer, bool open) {
  Commands commands;
  const std::string link = LinkOf(foreign.at.stream);
  if (link.empty()) return commands;
  auto move = std::make_unique<v1::MoveLinkRequest>();
  move->set_name(link);
  move->set_contact(std::string(foreign.at.stream));
  move->set_customer(customer);
  move->set_open(open);
  commands.push_back(std::move(move));
  return commands;
}

}  // namespace

Commands OnInteraction(const ForeignEvent& foreign) {
  const auto& event = static_cast<const interaction::v1::Event&>(foreign.event);
  switch (event.event_case()) {
    case interaction::v1::Event::kAttributed:
      return Move(foreign, event.attributed().customer(), event.attributed().open());
    case interaction::v1::Event::kAttributionRefused:
      // The contact's word counts: a refusal of the past may have met a customer that there is by now.
      return Move(foreign, "", false);
    case interaction::v1::Event::kDisposed:
      // With a ticket the matter goes on.
      return SetOpen(foreign, event.disposed().customer(),
                     event.disposed().kind() == static_cast<uint32_t>(directory::v1::DISPOSITION_KIND_TICKET));
    case interaction::v1::Event::kCorrected:
      return SetOpen(foreign, event.corrected().customer(), true);
    default:
      return {};
  }
}

Commands OnRouter(const ForeignEvent& foreign) {
  const auto& event = static_cast<const router::v1::Event&>(foreign.event);
  switch (event.event_case()) {
    case router::v1::Event::kTicketClosed:
      return SetOpen(foreign, event.ticket_closed().customer(), false);
    case router::v1::Event::kTicketReopened:
      return SetOpen(foreign, event.ticket_reopened().customer(), true);
    case router::v1::Event::kCorrected:
      if (event.corrected().act() != router::v1::ACT_KIND_CLOSE) return {};
      return SetOpen(foreign, event.corrected().customer(), true);
    default:
      return {};
  }
}

}  // namespace shoujie::profile
