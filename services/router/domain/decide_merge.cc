#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/ticket.h"
#include "services/runtime/base/limits.h"

namespace shoujie::router {
namespace {

using Events = std::vector<Decided<v1::Event>>;

// Whether a stream may have this name; whether there is one, its slot says.
bool IsTicketName(absl::string_view name) {
  constexpr absl::string_view kTickets = "tickets/";
  if (!absl::StartsWith(name, kTickets) || name.size() > limits::kNameBytesMax) return false;
  name.remove_prefix(kTickets.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

const v1::Duplicate* FindDuplicate(const v1::Ticket& ticket, absl::string_view name) {
  for (const auto& duplicate : ticket.duplicates()) {
    if (duplicate.ticket() == name) return &duplicate;
  }
  return nullptr;
}

// Whether who merges the duplicate may also burden this ticket's owner with it.
bool MayLink(const v1::Ticket& ticket, const v1::LinkDuplicateRequest& request, const Reference& reference) {
  if (request.leads()) return true;
  const auto actor = ActorOf(Principal{request.by(), 0}, reference);
  return actor.ok() && (Is(*actor, ticket.owner()) || Leads(*actor, ticket.owner(), reference));
}

}  // namespace

absl::Status RequireUnmerged(const v1::Ticket& ticket) {
  if (IsMerged(ticket)) {
    return Refused("TICKET_MERGED",
                   "This ticket is a duplicate and goes on in another one. Act on that one, or unmerge this one first.",
                   "该工单已并入其他工单，请在目标工单上办理，或先撤销并单。",
                   {{"ticket", ticket.name()}, {"into", ticket.merge().into()}});
  }
  if (IsMerging(ticket)) {
    return Refused("TICKET_MERGING",
                   "This ticket is just being merged into another one. Read it in a moment, and repeat this if it was "
                   "declined.",
                   "该工单正在并入其他工单，请稍后查看；如并单未成，请重试。",
                   {{"ticket", ticket.name()}, {"into", ticket.merge().into()}});
  }
  return absl::OkStatus();
}

Decision<v1::Event> DecideMerge(const v1::Ticket& ticket, const v1::MergeTicketRequest& request,
                                const Context& context) {
  auto actor = RequireOwnerSide(ticket, context);
  if (!actor.ok()) return actor.status();
  if (IsMerged(ticket)) {
    return Refused("MERGE_MERGED", "This ticket is merged already. Unmerge it first if it belongs elsewhere.",
                   "该工单已并入其他工单；如应并入别处，请先撤销并单。",
                   {{"ticket", ticket.name()}, {"into", ticket.merge().into()}});
  }
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (auto status = RequireNoHandoff(ticket); !status.ok()) return status;
  if (auto status = RequireNoAssists(ticket); !status.ok()) return status;
  if (const auto* open = OpenAdjudication(ticket)) {
    return Refused("ADJUDICATION_OPEN", "A ruling on this ticket is awaited. Merge it once a leader has ruled.",
                   "该工单正在等待裁定，请在裁定之后再并单。",
                   {{"adjudication", absl::StrCat(open->number())}, {"arbiter", open->arbiter()}});
  }
  if (!ticket.duplicates().empty()) {
    return Refused("MERGE_HAS_DUPLICATES",
                   "Other tickets go on in this one. Merge the other way about, or unmerge those first.",
                   "已有其他工单并入该工单，请反向并单，或先撤销那些并单。",
                   {{"first", ticket.duplicates(0).ticket()}, {"duplicates", absl::StrCat(ticket.duplicates_size())}});
  }
  if (auto status = RequireSupervisor(ticket, *actor, context.reference); !status.ok()) return status;
  if (!IsTicketName(request.into())) {
    return Invalid("MERGE_INTO", "Name the ticket that it goes on in, as \"tickets/\" and its number.",
                   "请以 tickets/工单号 的形式填写目标工单。");
  }
  if (request.into() == context.stream) {
    return Invalid("MERGE_SELF", "A ticket cannot be merged with itself. Name the other one.",
                   "工单不能并入自身，请填写另一工单。", {{"ticket", ticket.name()}});
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  if (ticket.merge().number() >= kMergesMax) {
    return Refused("MERGE_LIMIT", "This ticket was merged too often. Ask a leader to decide where it goes on.",
                   "该工单并单次数已达上限，请由班组长决定如何办理。", {{"max", absl::StrCat(kMergesMax)}});
  }
  v1::Event event;
  auto& requested = *event.mutable_merge_requested();
  requested.set_merge(ticket.merge().number() + 1);
  requested.set_into(request.into());
  if (!request.note().empty()) requested.mutable_note()->set_plain(request.note());
  v1::LinkDuplicateRequest link;
  link.set_name(request.into());
  link.set_duplicate(std::string(context.stream));
  link.set_merge(requested.merge());
  link.set_by(context.principal.id);
  link.set_leads(Leads(*actor, ticket.owner(), context.reference));
  Decided<v1::Event> decided(std::move(event));
  decided.Send(std::move(link));
  return One(std::move(decided));
}

Decision<v1::Event> DecideUnmerge(const v1::Ticket& ticket, const v1::UnmergeTicketRequest& request,
                                  const Context& context) {
  if (auto actor = RequireOwnerSide(ticket, context); !actor.ok()) return actor.status();
  if (!IsMerged(ticket)) {
    if (auto status = RequireUnmerged(ticket); !status.ok()) return status;  // it has asked
    return Refused("NOT_MERGED", "This ticket is not merged. Leave it as it is.", "该工单未并入其他工单，无需撤销。",
                   {{"ticket", ticket.name()}});
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  v1::Event event;
  auto& unmerged = *event.mutable_ticket_unmerged();
  unmerged.set_merge(ticket.merge().number());
  unmerged.set_into(ticket.merge().into());
  unmerged.set_state(ticket.merge().state_before());
  if (!request.note().empty()) unmerged.mutable_note()->set_plain(request.note());
  v1::UnlinkDuplicateRequest unlink;
  unlink.set_name(ticket.merge().into());
  unlink.set_duplicate(std::string(context.stream));
  unlink.set_merge(ticket.merge().number());
  Decided<v1::Event> decided(std::move(event));
  decided.Send(std::move(unlink));
  return One(std::move(decided));
}

Decision<v1::Event> DecideAcceptMerge(const v1::Ticket& ticket, const v1::AcceptMergeRequest& request, const Context&) {
  const auto& merge = ticket.merge();
  if (!IsMerging(ticket) || merge.into() != request.into() || merge.number() != request.merge()) return Events{};
  v1::Event event;
  event.mutable_ticket_merged()->set_merge(merge.number());
  event.mutable_ticket_merged()->set_into(merge.into());
  return One(std::move(event));
}

Decision<v1::Event> DecideMergeDeclined(const v1::Ticket& ticket, const common::v1::MessageDeclined& declined,
                                        const Context&) {
  const auto& merge = ticket.merge();
  // The only question that a ticket asks; the answer is to the one that is open.
  if (declined.type() != v1::LinkDuplicateRequest::descriptor()->full_name() || !IsMerging(ticket) ||
      declined.to() != merge.into()) {
    return Events{};
  }
  v1::Event event;
  event.mutable_merge_declined()->set_merge(merge.number());
  event.mutable_merge_declined()->set_into(merge.into());
  event.mutable_merge_declined()->set_reason(declined.reason());
  return One(std::move(event));
}

Decision<v1::Event> DecideLinkDuplicate(const v1::Ticket& ticket, const v1::LinkDuplicateRequest& request,
                                        const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  if (IsMerged(ticket) || IsMerging(ticket)) {
    return Refused("MERGE_INTO_MERGED",
                   "That ticket is merged itself, or asks to be. Merge into the one that it goes on in.",
                   "目标工单已并入或正在并入其他工单，请并入最终的工单。", {{"into", ticket.merge().into()}});
  }
  if (IsOver(ticket)) {
    return Refused("MERGE_INTO_CLOSED", "That ticket is closed. Reopen it, then merge into it.",
                   "目标工单已办结，请先重新打开再并单。", {{"ticket", ticket.name()}});
  }
  if (!MayLink(ticket, request, context.reference)) {
    return Denied(
        "NOT_OWNER_OR_LEADER",
        "Only who may act for the owners of both tickets, or leads the duplicate's, merges them. Ask a leader.",
        "只有同时代表两张工单首接责任人的人员，或重复工单责任人的上级，才能并单，请联系班组长。",
        {{"owner", ticket.owner()}});
  }
  if (ticket.duplicates_size() >= kDuplicatesMax && FindDuplicate(ticket, request.duplicate()) == nullptr) {
    return Refused("DUPLICATE_LIMIT", "Too many tickets go on in that one. Ask a leader to open one for the incident.",
                   "并入目标工单的工单数量已达上限，请由班组长为该事件另建工单。",
                   {{"max", absl::StrCat(kDuplicatesMax)}});
  }
  v1::Event event;
  auto& changed = *event.mutable_duplicates_changed();
  changed.set_duplicate(request.duplicate());
  changed.set_merge(request.merge());
  changed.set_linked(true);
  changed.set_by(request.by());
  v1::AcceptMergeRequest accept;
  accept.set_name(request.duplicate());
  accept.set_into(std::string(context.stream));
  accept.set_merge(request.merge());
  Decided<v1::Event> decided(std::move(event));
  decided.Send(std::move(accept));
  return One(std::move(decided));
}

Decision<v1::Event> DecideUnlinkDuplicate(const v1::Ticket& ticket, const v1::UnlinkDuplicateRequest& request,
                                          const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  const auto* duplicate = FindDuplicate(ticket, request.duplicate());
  if (duplicate == nullptr || duplicate->merge() != request.merge()) return Events{};
  v1::Event event;
  auto& changed = *event.mutable_duplicates_changed();
  changed.set_duplicate(request.duplicate());
  changed.set_merge(request.merge());
  changed.set_by(duplicate->by());
  return One(std::move(event));
}

}  // namespace shoujie::router
