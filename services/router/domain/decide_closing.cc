#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/owner.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/ticket.h"
#include "services/runtime/base/number.h"

namespace shoujie::router {
namespace {

constexpr absl::string_view kContacts = "contacts/";

bool IsContact(absl::string_view name) {
  if (!absl::StartsWith(name, kContacts)) return false;
  const auto number = Number::Parse(name.substr(kContacts.size()));
  return number && number->ToString() == name.substr(kContacts.size());
}

}  // namespace

Decision<v1::Event> DecideClose(const v1::Ticket& ticket, const v1::CloseTicketRequest& request,
                                const Context& context) {
  auto actor = RequireOwnerSide(ticket, context);
  if (!actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  if (IsOver(ticket)) {
    return Refused("ALREADY_CLOSED", "The ticket is closed already. Read its last episode for the resolution.",
                   "工单已办结，处理结果请见最近一个处理阶段。", {{"ticket", ticket.name()}});
  }
  if (auto status = RequireNoHandoff(ticket); !status.ok()) return status;
  if (auto status = RequireNoAssists(ticket); !status.ok()) return status;
  const v1::ResolutionCode code = request.code();
  if (!v1::ResolutionCode_IsValid(code) || code == v1::RESOLUTION_CODE_UNSPECIFIED ||
      code == v1::RESOLUTION_CODE_IN_SOURCE) {
    return Invalid("RESOLUTION_MISSING", "A ticket is closed only with a resolution code. Choose one.",
                   "办结工单必须选择处理结果代码。请选择一个。");
  }
  if (code == v1::RESOLUTION_CODE_UNRESOLVED && !Leads(*actor, ticket.owner(), context.reference)) {
    return Denied("UNRESOLVED_NEEDS_LEADER",
                  "Only a leader or centre head may close a ticket unresolved. Ask a leader.",
                  "未解决办结须由班组长或中心负责人批准，请联系班组长。", {{"owner", ticket.owner()}});
  }
  if (code == v1::RESOLUTION_CODE_UNRESOLVED) {
    if (auto status = RequireSupervisor(ticket, *actor, context.reference); !status.ok()) return status;
  }
  if (auto status =
          RequireText(request.result(), "RESULT_MISSING", "Write down the result and what the customer was told.",
                      "请填写处理结果及对客户的答复。");
      !status.ok()) {
    return status;
  }
  const std::string& record = request.record().empty() ? ticket.contact() : request.record();
  if (record.empty() || (!request.record().empty() && !IsContact(record))) {
    return Invalid("RECORD_MISSING",
                   "Name the contact whose record documents the result, as \"contacts/\" and its number.",
                   "请填写记录处理结果的接触编号（contacts/编号）。");
  }
  v1::Event event;
  auto& closed = *event.mutable_ticket_closed();
  closed.set_episode(EpisodeOf(ticket));
  closed.set_code(code);
  closed.mutable_result()->set_plain(request.result());
  closed.set_record(record);
  closed.set_customer(ticket.customer());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideReopen(const v1::Ticket& ticket, const v1::ReopenTicketRequest& request,
                                 const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  // Any agent may: whoever takes the customer's next call must not bounce him to the owner (R002, R025).
  if (auto actor = ActorOf(context); !actor.ok()) return actor.status();
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  if (!IsOver(ticket)) {
    return Refused("NOT_CLOSED", "The ticket is not closed. Add a note to it instead.",
                   "工单尚未办结，请直接添加备注。", {{"ticket", ticket.name()}});
  }
  const v1::ReopenReason reason = request.reason();
  if (!v1::ReopenReason_IsValid(reason) || reason == v1::REOPEN_REASON_UNSPECIFIED ||
      reason == v1::REOPEN_REASON_IN_SOURCE) {
    return Invalid("REASON_MISSING", "Say why the ticket is reopened: not solved, customer dissatisfied or new facts.",
                   "请填写重新打开的原因：未解决、客户不满意或有新情况。");
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  if (ticket.episodes_size() >= kEpisodesMax) {
    return Refused("EPISODE_LIMIT", "This ticket was reopened too often. Open a new contact for the matter.",
                   "该工单重新打开次数已达上限，请为此事项登记新的接触。", {{"max", absl::StrCat(kEpisodesMax)}});
  }
  v1::Event event;
  auto& reopened = *event.mutable_ticket_reopened();
  reopened.set_episode(EpisodeOf(ticket) + 1);
  reopened.set_reason(reason);
  reopened.set_customer(ticket.customer());
  if (!request.note().empty()) reopened.mutable_note()->set_plain(request.note());
  std::vector events = {Decided<v1::Event>(std::move(event))};
  if (auto transferred = InsteadOfGone(ticket, context.reference)) events.emplace_back(*std::move(transferred));
  return events;
}

}  // namespace shoujie::router
