// Who becomes accountable when a ticket opens, or is opened again (R001, R004, R010).
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

struct Owner {
  std::string id;  // never empty
  v1::OwnerReason reason;
};

// The person named if he is there, else the centre head: of his own site, of `site`, else the first site's. Where a
// directory has no head at all, ownership stands with the person named all the same, and with "centre-head", a job
// number that any leader can transfer from, if nobody was named: an owner-less ticket cannot be represented.
Owner OwnerFor(absl::string_view named, absl::string_view site, const Reference& reference);
// What must follow when a ticket that was over runs again: whoever owned it may leave or have left meanwhile, and gets
// nothing new; it becomes the centre head's. Nothing: its owner is there, or nobody else is.
std::optional<v1::Event> InsteadOfGone(const v1::Ticket& ticket, const Reference& reference);
// The same for history: who opened it in the source, even if he has left since; else the head of the source's site (a
// site of the source's id), else the first site's.
Owner SourceOwnerFor(absl::string_view opener, absl::string_view source, const Reference& reference);

}  // namespace shoujie::router
