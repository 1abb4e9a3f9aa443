#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/owner.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

absl::Status CheckBulk(absl::string_view bulk) {
  const bool fits = bulk.size() <= kIdBytesMax && std::all_of(bulk.begin(), bulk.end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '-';
                    });
  if (fits) return absl::OkStatus();
  return Invalid("BULK_INVALID",
                 "The id of an act on many tickets is made of letters, digits and hyphens, at most 64. Use a UUID.",
                 "批量操作编号只能由字母、数字和连字符组成，最长 64 个字符。请使用 UUID。");
}

}  // namespace

Decision<v1::Event> DecideOpen(const v1::Ticket&, const v1::OpenTicketRequest& request, const Context& context) {
  if (context.version > 0) return Decision<v1::Event>(std::vector<Decided<v1::Event>>{});  // exactly one per matter
  const auto& needed = request.needed();
  const Owner owner = OwnerFor(needed.owner(), needed.site(), context.reference);

  v1::Event event;
  auto& opened = *event.mutable_ticket_opened();
  opened.set_contact(needed.contact());
  opened.set_owner(owner.id);
  opened.set_owner_reason(owner.reason);
  opened.set_named_owner(needed.owner());
  opened.set_channel(needed.channel());
  opened.set_category(needed.category());
  opened.set_product(needed.product());
  opened.set_customer(needed.customer());
  if (needed.has_card()) *opened.mutable_card() = needed.card();
  opened.set_site(needed.site());
  opened.set_reason(needed.reason());
  opened.set_clocks(context.reference.enabled("clocks"));
  if (needed.has_gist()) *opened.mutable_gist() = needed.gist();
  const absl::Time since =
      needed.has_owner_since() ? std::min(FromProto(needed.owner_since()), context.now) : context.now;
  *opened.mutable_owner_since() = ToProto(since);
  // In effect since the contact's first instant: "who owned it then?" has an answer for every instant.
  return std::vector{Decided<v1::Event>(std::move(event), since)};
}

Decision<v1::Event> DecideSetCustomer(const v1::Ticket& ticket, const v1::SetCustomerRequest& request,
                                      const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  if (ticket.customer() == request.customer()) return Decision<v1::Event>(std::vector<Decided<v1::Event>>{});
  v1::Event event;
  event.mutable_customer_changed()->set_customer(request.customer());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideTransfer(const v1::Ticket& ticket, const v1::TransferOwnershipRequest& request,
                                   const Context& context) {
  if (auto actor = RequireOwnerSide(ticket, context); !actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  const v1::OwnerReason reason = request.reason();
  if (!v1::OwnerReason_IsValid(reason) || reason < v1::OWNER_REASON_LEAVE || reason >= v1::OWNER_REASON_CORRECTION) {
    return Invalid("REASON_MISSING",
                   "Say why ownership moves: leave, shift hand-over, leader's decision, agent left, workload or "
                   "conflict of interest.",
                   "请填写移交原因：请假、交接班、领导决定、人员离职、工作量或利益冲突。");
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  if (auto status = RequirePresent(request.to(), context.reference); !status.ok()) return status;
  if (auto status = CheckBulk(request.bulk()); !status.ok()) return status;
  if (request.to() == ticket.owner()) {
    return Refused("ALREADY_OWNER", "This person already owns the ticket. Leave it as it is, or name somebody else.",
                   "该人员已是首接责任人，无需移交，或请指定其他人。", {{"owner", ticket.owner()}});
  }
  if (ticket.ownership_size() >= kOwnershipLinksMax) {
    return Refused("OWNERSHIP_LIMIT", "This ticket changed hands too often. Close it, or keep its owner.",
                   "该工单移交次数已达上限，请办结或保持现有责任人。", {{"max", absl::StrCat(kOwnershipLinksMax)}});
  }
  v1::Event event;
  auto& transferred = *event.mutable_ownership_transferred();
  transferred.set_from(ticket.owner());
  transferred.set_to(request.to());
  transferred.set_reason(reason);
  if (!request.note().empty()) transferred.mutable_note()->set_plain(request.note());
  std::vector events = {Decided<v1::Event>(std::move(event))};
  if (!request.bulk().empty()) {
    v1::Event joined;
    joined.mutable_bulk_joined()->set_bulk(request.bulk());
    events.emplace_back(std::move(joined));
  }
  return events;
}

Decision<v1::Event> DecideUndo(const v1::Ticket& ticket, const v1::UndoLastRequest& request, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  if (!ticket.has_last_act()) {
    return Refused("NOTHING_TO_UNDO",
                   "Only a closing or a transfer that is the last act can be taken back. Reopen or transfer instead.",
                   "只能撤销最近一次的办结或移交；请改用重新打开或移交。", {{"ticket", ticket.name()}});
  }
  const auto& act = ticket.last_act();
  if (!request.bulk().empty() && request.bulk() != act.bulk()) {
    return Refused(
        "BULK_NOT_LAST",
        "The last act on this ticket is not part of that act on many. See its history, and take back this one "
        "ticket if that is what you want.",
        "该工单最近一次操作不属于这次批量操作。请查看其历史，如确需撤销请单独撤销。",
        {{"bulk", request.bulk()}, {"ticket", ticket.name()}});
  }
  const auto& window = context.reference.policies().undo_window();
  const bool in_time =
      context.now - FromProto(act.at()) <= absl::Seconds(window.seconds()) + absl::Nanoseconds(window.nanos());
  const bool author = act.by() == context.principal.id;
  if (!(author && in_time) && !Leads(*actor, ticket.owner(), context.reference)) {
    return Denied("UNDO_NOT_YOURS",
                  "An act is taken back by its author within the undo window, later by a leader. Ask a leader.",
                  "本人只能在撤销时限内撤销自己的操作，此后由班组长撤销，请联系班组长。",
                  {{"windowSeconds", absl::StrCat(window.seconds())}});
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;

  v1::Event event;
  auto& corrected = *event.mutable_corrected();
  corrected.set_act(act.kind());
  corrected.set_episode(EpisodeOf(ticket));
  corrected.set_state(ticket.state());
  corrected.set_owner(ticket.owner());
  corrected.set_customer(ticket.customer());
  if (!request.note().empty()) corrected.mutable_note()->set_plain(request.note());
  if (act.kind() == v1::ACT_KIND_CLOSE) {
    corrected.set_state(act.state_before());
  } else {
    const auto& before = ticket.ownership(ticket.ownership_size() - 2);
    if (auto status = RequirePresent(before.owner(), context.reference); !status.ok()) return status;
    corrected.set_owner(before.owner());
  }
  std::vector events = {Decided<v1::Event>(std::move(event))};
  if (act.kind() == v1::ACT_KIND_CLOSE) {
    if (auto transferred = InsteadOfGone(ticket, context.reference)) events.emplace_back(*std::move(transferred));
  }
  return events;
}

}  // namespace shoujie::router
