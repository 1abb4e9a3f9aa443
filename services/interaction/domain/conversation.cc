#include "services/interaction/domain/conversation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/interaction/domain/facts.h"
#include "services/interaction/domain/orders.h"
#include "services/interaction/domain/times.h"

namespace shoujie::interaction {
namespace {

// The acting handler of a conversation that is going on.
absl::StatusOr<Actor> Handler(const v1::Contact& contact, const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (absl::Status status = CheckHandles(contact, *actor); !status.ok()) return status;
  if (actor->agent.empty()) actor->agent = contact.handler();
  if (contact.state() == v1::CONTACT_STATE_ACTIVE) return actor;
  return Refused("CONTACT_NOT_ACTIVE", "The conversation is over. Write its record and disposition.",
                 "通话（会话）已结束，请填写记录并作结束处理。");
}

const v1::Consult* OpenConsult(const v1::Contact& contact) {
  if (contact.consults().empty()) return nullptr;
  const auto& last = contact.consults(contact.consults_size() - 1);
  return last.has_ended_at() ? nullptr : &last;
}

}  // namespace

bool IsSwitched(const v1::Contact& contact) {
  return contact.channel() == v1::CHANNEL_PHONE && !contact.external_id().empty();
}

void JudgeHolds(Draft& draft, absl::Time at) {
  const v1::Times& times = draft.contact().times();
  bool without_consent = false, longer = false;
  for (const auto& hold : times.holds()) {
    const bool over = hold.has_held_at() && (hold.has_resumed_at() || times.has_ended_at());
    if (!over) continue;
    without_consent |= !hold.consented();
    longer |= hold.announced_ms() > 0 && HoldMs(times, hold) > hold.announced_ms();
  }
  const std::string handler = draft.contact().handler();
  if (without_consent) draft.Flag(v1::FLAG_HOLD_WITHOUT_CONSENT, at, handler);
  if (longer) draft.Flag(v1::FLAG_HOLD_LONGER_THAN_SAID, at, handler);
}

Decision<v1::Event> DecideHold(const v1::Contact& contact, const v1::HoldContactRequest& request,
                               const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  const v1::Times::Hold* open = OpenHold(contact.times());
  if (open && open->consented()) {
    return Refused("ALREADY_ON_HOLD", "The customer is waiting already. Resume first.",
                   "客户已在等待中，请先恢复通话。");
  }
  if (!request.consented()) {
    return Refused("HOLD_CONSENT_NEEDED", "Say why, ask the customer, and hold only when he agrees (R078, R079).",
                   "请先说明原因并征得客户同意，再让客户等候。");
  }
  if (request.reason().empty()) {
    return Invalid("HOLD_REASON_NEEDED",
                   "A hold needs its reason as a code. Tell the customer first, then give it here (R079).",
                   "保持须填写原因代码。请先向客户说明原因，再在此填写。");
  }
  const absl::Duration announced = ToDuration(request.announced_wait());
  if (announced <= absl::ZeroDuration()) {
    return Invalid("HOLD_WAIT_NOT_ANNOUNCED", "Tell the customer how long he will wait, and give it here (R081).",
                   "请准确告知客户需等待的时间，并在此填写。");
  }
  if (absl::Status status = CheckCode("reason", request.reason()); !status.ok()) return status;
  if (absl::Status status = CheckRoom(contact.times().holds_size()); !status.ok()) return status;
  Draft draft(contact, context);
  v1::Event event;
  auto* held = event.mutable_held();
  *held->mutable_at() = ToProto(InstantOf(request, context));
  held->set_consented(true);
  held->set_reason(request.reason());
  held->set_announced_ms(absl::ToInt64Milliseconds(announced));
  held->set_by(actor->agent);
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideResume(const v1::Contact& contact, const v1::ResumeContactRequest& request,
                                 const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  Draft draft(contact, context);
  if (!OpenHold(contact.times())) return draft.Take();
  const absl::Time at = InstantOf(request, context);
  v1::Event event;
  *event.mutable_resumed()->mutable_at() = ToProto(at);
  event.mutable_resumed()->set_by(actor->agent);
  draft.Add(std::move(event));
  JudgeHolds(draft, at);
  return draft.Take();
}

Decision<v1::Event> DecideStartConsult(const v1::Contact& contact, const v1::StartConsultRequest& request,
                                       const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  if (absl::Status status = CheckTakesNew(context.reference, request.agent()); !status.ok()) return status;
  if (request.agent() == actor->agent) {
    return Invalid("CONSULT_ONESELF", "A consult asks somebody else. Name another colleague.",
                   "咨询对象不能是本人。请指定其他同事。");
  }
  if (request.question().empty()) {
    return Invalid("CONSULT_QUESTION_NEEDED", "Say what the colleague was asked.", "请填写向同事咨询的问题。");
  }
  if (OpenConsult(contact)) {
    return Refused("CONSULT_OPEN", "A consult is going on. End it first.", "已有咨询在进行，请先结束。");
  }
  if (absl::Status status = CheckText("question", request.question()); !status.ok()) return status;
  if (absl::Status status = CheckRoom(contact.consults_size()); !status.ok()) return status;
  Draft draft(contact, context);
  v1::Event event;
  auto* started = event.mutable_consult_started();
  *started->mutable_at() = ToProto(InstantOf(request, context));
  started->set_agent(request.agent());
  started->set_by(actor->agent);
  started->mutable_question()->set_plain(request.question());
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideEndConsult(const v1::Contact& contact, const v1::EndConsultRequest& request,
                                     const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  const v1::Consult* open = OpenConsult(contact);
  if (!open)
    return Refused("NO_CONSULT", "No consult is going on. Start one first.", "当前没有进行中的咨询，请先发起。");
  if (request.answerer() != open->agent() && request.answerer() != contact.handler()) {
    return Invalid("ANSWERER_NEEDED",
                   "Say who answered the customer: the colleague who was asked, or the handler (R014).",
                   "请填写答复人：被咨询的同事或当前处理人。");
  }
  Draft draft(contact, context);
  v1::Event event;
  auto* ended = event.mutable_consult_ended();
  *ended->mutable_at() = ToProto(InstantOf(request, context));
  ended->set_agent(open->agent());
  ended->set_answerer(request.answerer());
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideTransfer(const v1::Contact& contact, const v1::TransferContactRequest& request,
                                   const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  std::vector<std::string> missing;
  if (request.customer_name().empty() && !request.anonymous()) missing.push_back("customer_name");
  if (request.gist().empty()) missing.push_back("gist");
  if (request.responsible().empty()) missing.push_back("responsible");
  if (!request.has_deadline()) missing.push_back("deadline");
  if (!missing.empty()) {
    return Refused(
        "TRANSFER_BLIND",
        "A contact is transferred warm only: tell the receiver the customer's name and the gist, and name who "
        "is responsible and until when (R023, R087).",
        "只允许咨询后转接：请告知接收人客户姓名和大概事项，并明确责任人和处理时限。",
        {{"missing", absl::StrJoin(missing, ",")}});
  }
  for (const auto* agent : {&request.to(), &request.responsible()}) {
    if (absl::Status status = CheckTakesNew(context.reference, *agent); !status.ok()) return status;
  }
  if (request.to() == contact.handler()) {
    return Invalid("TRANSFER_TO_ONESELF",
                   "This agent has the contact already. Name somebody else, or go on without a transfer.",
                   "该接触已由此客服处理。请指定其他人，或无需转接继续处理。");
  }
  if (ToTime(request.deadline()) <= context.now) {
    return Invalid("DEADLINE_PASSED", "The deadline of a transfer lies in the future. Give a later instant.",
                   "转接的处理时限须晚于当前时间。请填写更晚的时间。");
  }
  for (const auto& [field, text] :
       {std::pair<absl::string_view, const std::string&>("customer_name", request.customer_name()),
        std::pair<absl::string_view, const std::string&>("gist", request.gist())}) {
    if (absl::Status status = CheckText(field, text); !status.ok()) return status;
  }
  Draft draft(contact, context);
  v1::Event event;
  auto* transfer = event.mutable_transfer_offered()->mutable_transfer();
  transfer->set_to(request.to());
  transfer->set_by(actor->agent);
  transfer->set_escalation(request.escalation());
  if (!request.customer_name().empty()) transfer->mutable_customer_name()->set_plain(request.customer_name());
  transfer->set_anonymous(request.anonymous());
  transfer->mutable_gist()->set_plain(request.gist());
  transfer->set_responsible(request.responsible());
  *transfer->mutable_deadline() = request.deadline();
  *transfer->mutable_at() = ToProto(InstantOf(request, context));
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecidePrompt(const v1::Contact& contact, const v1::RecordPromptRequest& request,
                                 const Context& context) {
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  if (request.kind() == v1::PROMPT_KIND_UNSPECIFIED || !v1::PromptKind_IsValid(request.kind())) {
    return Invalid("PROMPT_KIND_NEEDED", "Say which prompt was spoken.", "请填写所用的提示语类型。");
  }
  if (absl::Status status = CheckRoom(contact.prompts_size()); !status.ok()) return status;
  Draft draft(contact, context);
  v1::Event event;
  auto* prompt = event.mutable_prompted()->mutable_prompt();
  prompt->set_kind(request.kind());
  *prompt->mutable_at() = ToProto(InstantOf(request, context));
  prompt->set_by(actor->agent);
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideEnd(const v1::Contact& contact, const v1::EndContactRequest& request,
                              const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  Draft draft(contact, context);
  if (contact.times().has_ended_at()) return draft.Take();
  auto actor = Handler(contact, context);
  if (!actor.ok()) return actor.status();
  if (IsSwitched(contact)) {
    return Refused("SWITCH_SAYS_WHEN", "The switch reports the end of this call. Hang up there.",
                   "该通话的结束由交换机上报，请在话机上挂断。");
  }
  const bool says = request.release_party() == v1::RELEASE_PARTY_CUSTOMER ||
                    request.release_party() == v1::RELEASE_PARTY_AGENT ||
                    request.release_party() == v1::RELEASE_PARTY_SYSTEM;
  if (!says) {
    return Invalid("RELEASE_PARTY_NEEDED", "Say who ended the conversation: customer, agent or system (R073).",
                   "请填写结束方：客户、客服或系统。");
  }
  End(draft, InstantOf(request, context), request.release_party(), /*abrupt=*/false, /*phantom=*/false);
  return draft.Take();
}

Decision<v1::Event> DecideTakeMessage(const v1::Contact& contact, const v1::TakeMessageRequest& request,
                                      const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (absl::Status status = CheckHandles(contact, *actor); !status.ok()) return status;
  if (absl::Status status = CheckTakesNew(context.reference, request.for_agent()); !status.ok()) return status;
  if (request.text().empty()) {
    return Invalid("MESSAGE_EMPTY", "A message for a colleague needs its text. Write what he shall know.",
                   "请填写给同事的留言内容。");
  }
  if (absl::Status status = CheckText("text", request.text()); !status.ok()) return status;
  if (absl::Status status = CheckRoom(contact.messages_size()); !status.ok()) return status;
  Draft draft(contact, context);
  v1::Event event;
  auto* message = event.mutable_message_taken()->mutable_message();
  message->set_id(absl::StrCat(NumberOf(context.stream), "-M", contact.messages_size() + 1));
  message->set_for_agent(request.for_agent());
  message->set_by(actor->agent.empty() ? contact.handler() : actor->agent);
  message->mutable_text()->set_plain(request.text());
  *message->mutable_at() = ToProto(InstantOf(request, context));
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideConfirmMessage(const v1::Contact& contact, const v1::ConfirmMessageRequest& request,
                                         const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  auto message = std::find_if(contact.messages().begin(), contact.messages().end(),
                              [&](const auto& one) { return one.id() == request.message(); });
  if (message == contact.messages().end()) {
    return NotFound("MESSAGE_UNKNOWN",
                    "This contact holds no such message. Read the contact and take an id from its messages.",
                    "该接触没有此留言。请读取该接触，并使用其中的留言编号。", {{"message", request.message()}});
  }
  if (message->for_agent() != actor->agent && !actor->operates) {
    return Denied("MESSAGE_FOR_ANOTHER",
                  "Only the colleague it is for confirms that he got the message. Let him confirm it himself.",
                  "只有留言的收件人才能确认收到。请由其本人确认。", {{"agent", message->for_agent()}});
  }
  Draft draft(contact, context);
  if (message->has_received_at()) return draft.Take();
  v1::Event event;
  auto* received = event.mutable_message_received();
  *received->mutable_at() = ToProto(InstantOf(request, context));
  received->set_id(request.message());
  received->set_by(actor->agent);
  draft.Add(std::move(event));
  return draft.Take();
}

}  // namespace shoujie::interaction
