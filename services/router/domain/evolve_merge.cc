#include "services/router/domain/evolve_merge.h"

#include <utility>

#include "services/router/domain/evolve_custody.h"
#include "services/router/domain/ticket.h"

namespace shoujie::router {
namespace {

using google::protobuf::Timestamp;

void Apply(v1::Ticket& ticket, const v1::MergeRequested& e, const Timestamp& now, const std::string& principal) {
  v1::Merge merge;
  merge.set_number(e.merge());
  merge.set_state(v1::MERGE_STATE_REQUESTED);
  merge.set_into(e.into());
  merge.set_by(principal);
  *merge.mutable_requested() = now;
  if (e.has_note()) *merge.mutable_note() = e.note();
  *ticket.mutable_merge() = std::move(merge);
}

void Apply(v1::Ticket& ticket, const v1::MergeDeclined& e) {
  ticket.mutable_merge()->set_state(v1::MERGE_STATE_DECLINED);
  ticket.mutable_merge()->set_reason(e.reason());
}

void Merged(v1::Ticket& ticket, const Timestamp& now) {
  auto& merge = *ticket.mutable_merge();
  merge.set_state(v1::MERGE_STATE_MERGED);
  merge.set_state_before(ticket.state());
  *merge.mutable_merged() = now;
  Hold(ticket, v1::CUSTODY_KIND_MERGED, Person(ticket.owner()), 0, now);
  ticket.clear_handler();
  StopWaiting(ticket, now);
  SetState(ticket, v1::TICKET_STATE_MERGED, now);
}

// What was held as merged stays so: custody is what was.
void Apply(v1::Ticket& ticket, const v1::TicketUnmerged& e, const Timestamp& now) {
  auto& merge = *ticket.mutable_merge();
  merge.set_state(v1::MERGE_STATE_UNMERGED);
  *merge.mutable_unmerged() = now;
  if (e.has_note()) *merge.mutable_note() = e.note();
  BackToOwner(ticket, now);
  SetState(ticket, e.state(), now);
}

void Apply(v1::Ticket& ticket, const v1::DuplicatesChanged& e, const Timestamp& now) {
  auto& duplicates = *ticket.mutable_duplicates();
  for (int i = 0; i < duplicates.size(); ++i) {
    if (duplicates[i].ticket() != e.duplicate()) continue;
    duplicates.DeleteSubrange(i, 1);
    break;
  }
  if (!e.linked()) return;
  auto& duplicate = *duplicates.Add();
  duplicate.set_ticket(e.duplicate());
  duplicate.set_merge(e.merge());
  duplicate.set_by(e.by());
  *duplicate.mutable_since() = now;
}

}  // namespace

void EvolveMerge(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                 const std::string& principal) {
  switch (event.event_case()) {
    case v1::Event::kMergeRequested:
      return Apply(ticket, event.merge_requested(), now, principal);
    case v1::Event::kMergeDeclined:
      return Apply(ticket, event.merge_declined());
    case v1::Event::kTicketMerged:
      return Merged(ticket, now);
    case v1::Event::kTicketUnmerged:
      return Apply(ticket, event.ticket_unmerged(), now);
    case v1::Event::kDuplicatesChanged:
      return Apply(ticket, event.duplicates_changed(), now);
    default:
      return;
  }
}

}  // namespace shoujie::router
