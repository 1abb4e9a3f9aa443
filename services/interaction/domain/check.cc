#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/contact.h"
#include "services/interaction/domain/times.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::interaction {

absl::Status CheckContact(const v1::Contact& contact, absl::Time) {
  auto broken = [&](absl::string_view what) { return absl::InternalError(absl::StrCat(contact.name(), ": ", what)); };
  const bool has_ticket = !contact.ticket().empty();
  const bool disposed = !contact.disposition().empty();
  const v1::Times& times = contact.times();
  if (!times.has_started_at()) return broken("has no first instant");
  if (!contact.handler().empty() && contact.owner().empty()) return broken("was accepted and has no owner");
  if (has_ticket && contact.owner().empty()) return broken("has a ticket and no owner");
  const bool wants_ticket = contact.disposition_kind() == directory::v1::DISPOSITION_KIND_TICKET;
  if (has_ticket != wants_ticket) return broken("its ticket and its disposition disagree");
  const bool may_close = disposed || contact.history() || times.phantom() || contact.handler().empty();
  if (contact.state() == v1::CONTACT_STATE_CLOSED && !may_close) return broken("is closed without a disposition");
  if (contact.state() == v1::CONTACT_STATE_CLOSED && !times.has_ended_at()) return broken("is closed and goes on");
  if (contact.state() == v1::CONTACT_STATE_WRAP_UP && disposed) return broken("has its disposition and wraps up");
  const auto open = std::count_if(contact.orders().begin(), contact.orders().end(),
                                  [](const auto& order) { return order.state() == v1::ORDER_STATE_PENDING; });
  if (open > 1) return broken("has more than one open order");
  return absl::OkStatus();
}

}  // namespace shoujie::interaction
