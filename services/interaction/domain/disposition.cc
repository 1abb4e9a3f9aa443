#include "services/interaction/domain/disposition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/interaction/domain/conversation.h"
#include "services/interaction/domain/facts.h"
#include "services/interaction/domain/orders.h"
#include "services/interaction/domain/ownership.h"
#include "services/interaction/domain/record.h"
#include "services/runtime/base/number.h"

namespace shoujie::interaction {
namespace {

using directory::v1::Disposition;

bool IsScripted(const Disposition& disposition) {
  return disposition.kind() == directory::v1::DISPOSITION_KIND_SILENT ||
         disposition.kind() == directory::v1::DISPOSITION_KIND_NOISY;
}

// R068–R070: so many prompts, each with its wait before the next and before hanging up.
struct Script {
  uint32_t done = 0;
  bool waited = false;
};
Script ScriptOf(const v1::Contact& contact, const Disposition& disposition, absl::Time end) {
  const bool silent = disposition.kind() == directory::v1::DISPOSITION_KIND_SILENT;
  const absl::Duration spacing = ToDuration(disposition.prompt_spacing());
  std::vector<absl::Time> prompts, all;
  for (const auto& prompt : contact.prompts()) {
    const absl::Time at = ToTime(prompt.at());
    if (prompt.kind() == (silent ? v1::PROMPT_KIND_SILENCE : v1::PROMPT_KIND_NOISE)) prompts.push_back(at);
    if (prompt.kind() <= v1::PROMPT_KIND_ANNOUNCE_RELEASE) all.push_back(at);
  }
  std::sort(prompts.begin(), prompts.end());
  Script script;
  absl::Time last = absl::InfinitePast();
  for (absl::Time at : prompts) {
    if (at - last < spacing) continue;
    ++script.done;
    last = at;
  }
  script.waited = all.empty() || end - *std::max_element(all.begin(), all.end()) >= spacing;
  return script;
}

absl::Status CheckScript(Draft& draft, const Disposition& disposition, absl::Time now) {
  const v1::Times& times = draft.contact().times();
  const absl::Time end = times.has_ended_at() ? ToTime(times.ended_at()) : now;
  const Script script = ScriptOf(draft.contact(), disposition, end);
  if (script.done >= disposition.prompts_required() && script.waited) return absl::OkStatus();
  if (times.has_ended_at()) {  // nothing can be made up for; the agent's fault only if he hung up
    if (times.release_party() == v1::RELEASE_PARTY_AGENT) {
      draft.Flag(v1::FLAG_PROMPTS_MISSING, now, draft.contact().handler());
    }
    return absl::OkStatus();
  }
  return Refused("PROMPTS_MISSING",
                 "Speak the prompts of this disposition first, wait after each of them, and record them (R068-R070).",
                 "请先按规定播报提示语，每次之后等待规定时间，并作记录，再结束该通话。",
                 {{"required", absl::StrCat(disposition.prompts_required())},
                  {"done", absl::StrCat(script.done)},
                  {"spacing", absl::FormatDuration(ToDuration(disposition.prompt_spacing()))}});
}

// What the kind of disposition leaves open is filled in; what contradicts it is refused.
absl::StatusOr<v1::ReceptionType> ReceptionOf(const v1::Contact& contact, const Disposition& disposition,
                                              const v1::DisposeContactRequest& request) {
  v1::ReceptionType type = request.reception_type();
  const bool ticket = disposition.kind() == directory::v1::DISPOSITION_KIND_TICKET;
  const bool answered = disposition.kind() == directory::v1::DISPOSITION_KIND_ANSWERED;
  if (type == v1::RECEPTION_TYPE_UNSPECIFIED) {
    if (ticket) type = v1::RECEPTION_TYPE_OTHER_DEPARTMENT;
    if (answered) type = v1::RECEPTION_TYPE_ON_THE_SPOT;
    if (answered && !contact.consults().empty()) type = v1::RECEPTION_TYPE_CONSULT;
    if (ticket && request.study_reason() != v1::STUDY_REASON_UNSPECIFIED) type = v1::RECEPTION_TYPE_INTERNAL_STUDY;
  }
  const bool later = type == v1::RECEPTION_TYPE_INTERNAL_STUDY || type == v1::RECEPTION_TYPE_OTHER_DEPARTMENT;
  if (later != ticket && type != v1::RECEPTION_TYPE_UNSPECIFIED) {
    return Refused(
        "RECEPTION_TYPE_CONTRADICTS",
        "What is answered on the spot or by a consult ends here; internal study and other departments go on as "
        "a ticket. Choose the disposition that fits (R011-R018).",
        "当场答复或经咨询答复的在此结束；内部研究或其他部门处理的须转为工单。请选择相符的结束类型。",
        {{"disposition", disposition.id()}});
  }
  if (type == v1::RECEPTION_TYPE_CONSULT && contact.consults().empty()) {
    return Refused("CONSULT_NOT_RECORDED",
                   "No consult was recorded during this contact. Record it, or choose on the spot.",
                   "该接触没有咨询记录，请先记录咨询，或选择当场答复。");
  }
  if (type == v1::RECEPTION_TYPE_INTERNAL_STUDY && request.study_reason() == v1::STUDY_REASON_UNSPECIFIED) {
    return Refused("STUDY_REASON_NEEDED",
                   "Internal study needs its reason. Give one: no authority, or cannot be answered on the spot (R016).",
                   "请填写内部研究的原因：无权表态或无法当场答复。");
  }
  return type;
}

absl::Status CheckDemands(const v1::Contact& contact, const Disposition& disposition,
                          const v1::DisposeContactRequest& request) {
  std::vector<std::string> missing = MissingNow(contact, disposition.kind());
  if (disposition.kind() == directory::v1::DISPOSITION_KIND_ANSWERED && request.result().empty()) {
    missing.push_back("result");
  }
  if (disposition.kind() == directory::v1::DISPOSITION_KIND_OUT_OF_SCOPE && request.referral().empty()) {
    missing.push_back("referral");  // R053
  }
  if (missing.empty()) return absl::OkStatus();
  return Refused(
      "DISPOSITION_DEMANDS",
      "This disposition cannot do without what `missing` names. Fill it in, or choose the disposition that fits.",
      "该结束类型缺少必填内容（见 missing），请补填或改选相符的类型。",
      {{"disposition", disposition.id()}, {"missing", absl::StrJoin(missing, ",")}});
}

void NeedTicket(Draft& draft, const Disposition& disposition, const v1::DisposeContactRequest& request, absl::Time at) {
  if (draft.contact().owner().empty()) {
    NameOwner(draft, HeadOf(draft.reference(), draft.contact().site()), v1::OWNER_BASIS_HEAD_STANDS_IN, at);
  }
  const v1::Contact& contact = draft.contact();
  const v1::Record& record = contact.record();
  v1::Event event;
  auto* needed = event.mutable_ticket_needed();
  needed->set_ticket(absl::StrCat("tickets/", NumberOf(draft.context().stream), "-T1"));
  needed->set_contact(std::string(draft.context().stream));
  needed->set_owner(contact.owner());
  *needed->mutable_owner_since() = contact.times().started_at();
  needed->set_channel(contact.channel());
  needed->set_category(!record.sub_type().empty()   ? record.sub_type()
                       : !record.category().empty() ? record.category()
                                                    : contact.category());
  needed->set_product(record.product());
  needed->set_customer(contact.customer());
  if (contact.has_card()) *needed->mutable_card() = contact.card();
  needed->set_site(contact.site());
  needed->set_reason(
      request.study_reason() == v1::STUDY_REASON_UNSPECIFIED
          ? disposition.id()
          : std::string(absl::StripPrefix(v1::StudyReason_Name(request.study_reason()), "STUDY_REASON_")));
  if (!request.gist().empty()) {
    needed->mutable_gist()->set_plain(request.gist());
  } else if (record.has_matter()) {
    *needed->mutable_gist() = record.matter();
  }
  draft.Add(std::move(event));
}

absl::Status CheckDisposable(const v1::Contact& contact) {
  if (!contact.disposition().empty()) {
    return Refused("ALREADY_DISPOSED", "This contact has its disposition. Undo it first if it was a mistake.",
                   "该接触已作结束处理；如有误，请先撤销。", {{"disposition", contact.disposition()}});
  }
  if (contact.handler().empty()) {
    return contact.state() == v1::CONTACT_STATE_CLOSED
               ? Refused(
                     "MISSED_CALL",
                     "Nobody took this call; it ended as a missed call and needs no disposition. Leave it as it is.",
                     "该来电无人接听，已记为未接来电，无需结束处理。")
               : Refused("NOT_ACCEPTED", "Nobody has accepted this contact yet. Accept it first.",
                         "该接触尚无人受理，请先受理。");
  }
  if (contact.history()) {
    return Refused(
        "CONTACT_IS_HISTORY",
        "This contact came in as history of another system and ended there. Create a new contact for what happens now.",
        "该接触为其他系统的历史数据，已在原系统结束。如有新情况，请新建接触。");
  }
  return absl::OkStatus();
}

}  // namespace

void JudgeRelease(Draft& draft, absl::Time at) {
  const v1::Contact& contact = draft.contact();
  if (contact.times().release_party() != v1::RELEASE_PARTY_AGENT || contact.disposition().empty()) return;
  switch (static_cast<directory::v1::DispositionKind>(contact.disposition_kind())) {
    case directory::v1::DISPOSITION_KIND_SILENT:
    case directory::v1::DISPOSITION_KIND_NOISY:
    case directory::v1::DISPOSITION_KIND_NUISANCE:
    case directory::v1::DISPOSITION_KIND_SALES:
    case directory::v1::DISPOSITION_KIND_PRIVATE:
      return;
    default:
      draft.Flag(v1::FLAG_AGENT_RELEASED_FIRST, at, contact.handler());
  }
}

Decision<v1::Event> DecideDispose(const v1::Contact& contact, const v1::DisposeContactRequest& request,
                                  const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (absl::Status status = CheckDisposable(contact); !status.ok()) return status;
  if (absl::Status status = CheckAnswersFor(contact, *actor, context.reference); !status.ok()) return status;
  const Disposition* disposition = context.reference.disposition(request.disposition());
  if (!disposition) {
    return Invalid("DISPOSITION_UNKNOWN", "There is no such disposition in the directory. Choose one of its list.",
                   "目录中没有该结束类型，请从列表中选择。", {{"disposition", request.disposition()}});
  }
  const bool ticket = disposition->kind() == directory::v1::DISPOSITION_KIND_TICKET;
  if (disposition->kind() == directory::v1::DISPOSITION_KIND_DROPPED && HasOpenOrder(contact)) {
    return Refused("ORDER_PENDING",
                   "The customer is being called back. Wait for the result, or until the order expires.",
                   "正在回拨客户，请等待结果或指令到期后再处理。");
  }
  for (const auto& [field, code] :
       {std::pair<absl::string_view, const std::string&>("result", request.result()),
        std::pair<absl::string_view, const std::string&>("department", request.department())}) {
    if (absl::Status status = CheckCode(field, code); !status.ok()) return status;
  }
  if (!request.department().empty() && !context.reference.department(request.department())) {
    return Invalid("DEPARTMENT_UNKNOWN", "There is no such department in the directory. Choose one of its list.",
                   "目录中没有该部门，请从列表中选择。", {{"department", request.department()}});
  }
  for (const auto& [field, text] : {std::pair<absl::string_view, const std::string&>("referral", request.referral()),
                                    std::pair<absl::string_view, const std::string&>("gist", request.gist())}) {
    if (absl::Status status = CheckText(field, text); !status.ok()) return status;
  }

  Draft draft(contact, context);
  const absl::Time at = InstantOf(request, context);
  const std::string by = actor->agent.empty() ? contact.handler() : actor->agent;
  v1::RecordUpdate update = request.record();
  if (disposition->kind() == directory::v1::DISPOSITION_KIND_ANSWERED && contact.record().answerer().empty() &&
      !update.has_answerer()) {
    update.set_answerer(contact.handler());
  }
  if (context.reference.agent(update.answerer()) == nullptr) update.clear_answerer();
  if (absl::Status status = WriteRecord(draft, update, request.read_back(), at, by); !status.ok()) return status;
  if (absl::Status status = CheckDemands(draft.contact(), *disposition, request); !status.ok()) return status;
  auto reception = ReceptionOf(draft.contact(), *disposition, request);
  if (!reception.ok()) return reception.status();
  if (IsScripted(*disposition)) {
    if (absl::Status status = CheckScript(draft, *disposition, at); !status.ok()) return status;
  }

  v1::Event event;
  auto* disposed = event.mutable_disposed();
  *disposed->mutable_at() = ToProto(at);
  disposed->set_disposition(disposition->id());
  disposed->set_kind(disposition->kind());
  disposed->set_result(request.result());
  disposed->set_reception_type(*reception);
  disposed->set_study_reason(request.study_reason());
  disposed->set_apologised(request.apologised());
  if (!request.referral().empty()) disposed->mutable_referral()->set_plain(request.referral());
  disposed->set_department(request.department());
  disposed->set_by(by);
  disposed->set_customer(contact.customer());
  v1::Contact probe = draft.contact();
  probe.set_disposition_kind(disposition->kind());
  if (!MissingLater(probe).empty()) {
    const absl::Time closes = context.reference.ClosesAt(contact.site(), at);
    *disposed->mutable_record_due() = ToProto(
        closes == absl::InfiniteFuture() ? at + ToDuration(context.reference.policies().wrap_up_limit()) : closes);
  }
  draft.Add(std::move(event));

  const auto* site = context.reference.site(contact.site());
  const bool slow = site && site->answer_window().apology_after_rings() > 0 &&
                    contact.times().rings() > site->answer_window().apology_after_rings();
  const bool said =
      request.apologised() || std::any_of(contact.prompts().begin(), contact.prompts().end(), [](const auto& prompt) {
        return prompt.kind() == v1::PROMPT_KIND_APOLOGY_SLOW_ANSWER;
      });
  if ((slow && !said) || (*reception == v1::RECEPTION_TYPE_INTERNAL_STUDY && !request.apologised())) {
    draft.Flag(v1::FLAG_APOLOGY_MISSING, at, contact.handler());
  }
  if (ticket) NeedTicket(draft, *disposition, request, at);
  // Where no switch reports the end, the disposition is it.
  if (!contact.times().has_ended_at() && !IsSwitched(contact)) {
    End(draft, at, v1::RELEASE_PARTY_SYSTEM, /*abrupt=*/false, /*phantom=*/false);
  }
  JudgeRelease(draft, at);
  return draft.Take();
}

Decision<v1::Event> DecideUndo(const v1::Contact& contact, const v1::UndoDispositionRequest& request,
                               const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (contact.disposition().empty()) {
    return Refused("NOT_DISPOSED",
                   "This contact has no disposition that could be taken back. Read the contact again, and dispose of "
                   "it when it is done.",
                   "该接触尚无可撤销的结束处理。请重新读取该接触，处理完后再作结束处理。");
  }
  if (!contact.ticket().empty()) {
    return Refused(
        "TICKET_EXISTS",
        "The disposition has opened a ticket and cannot be taken back. Close the ticket with the right result, "
        "or hand it over.",
        "该结束处理已生成工单，不能撤销。请以正确结果办结该工单，或办理移交。", {{"ticket", contact.ticket()}});
  }
  const bool author = actor->agent == contact.disposed_by();
  const bool leads = Leads(context.reference, actor->agent, contact.disposed_by());
  const absl::Time until = ToTime(contact.disposed_at()) + ToDuration(context.reference.policies().undo_window());
  if (!actor->operates && !leads) {
    if (!author) {
      return Denied(
          "NOT_YOURS",
          "Only the author, his leader or the centre head takes a disposition back. Ask one of them to do it.",
          "只有本人、其班长或中心负责人可以撤销结束处理。请由其操作。", {{"author", contact.disposed_by()}});
    }
    if (context.now > until) {
      return Refused("UNDO_TOO_LATE", "Your time for taking this back is over. Ask your leader to do it.",
                     "本人撤销时限已过，请由班长撤销。", {{"until", absl::FormatTime(until, absl::UTCTimeZone())}});
    }
  }
  if (absl::Status status = CheckText("reason", request.reason()); !status.ok()) return status;
  Draft draft(contact, context);
  const absl::Time at = InstantOf(request, context);
  v1::Event event;
  auto* corrected = event.mutable_corrected();
  *corrected->mutable_at() = ToProto(at);
  corrected->set_disposition(contact.disposition());
  corrected->set_by(actor->agent.empty() ? context.principal.id : actor->agent);
  corrected->set_author(contact.disposed_by());
  corrected->set_customer(contact.customer());
  if (!request.reason().empty()) corrected->mutable_reason()->set_plain(request.reason());
  if (contact.times().has_ended_at()) {
    *corrected->mutable_wrap_up_due() = ToProto(at + ToDuration(context.reference.policies().wrap_up_limit()));
  }
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideTimer(const v1::Contact& contact, const common::v1::TimerFired& fired,
                                const Context& context) {
  Draft draft(contact, context);
  const std::vector<Timer> asked = Timers(contact);
  const bool stands = std::any_of(asked.begin(), asked.end(), [&](const Timer& timer) {
    return timer.name == fired.timer() && timer.attempt == fired.attempt() && timer.due <= context.now;
  });
  if (!stands) return draft.Take();
  const absl::Time at = context.now;
  v1::Event event;
  if (fired.timer() == "answer") {
    draft.Flag(v1::FLAG_ANSWER_ALARM, at, "");
  } else if (fired.timer() == "greet") {
    draft.Flag(v1::FLAG_GREETED_LATE, at, "");
  } else if (fired.timer() == "wrap_up") {
    auto* overdue = event.mutable_wrap_up_overdue();
    *overdue->mutable_at() = ToProto(at);
    overdue->set_agent(contact.handler());
    draft.Add(std::move(event));
  } else if (fired.timer() == "record") {
    auto* incomplete = event.mutable_record_incomplete();
    *incomplete->mutable_at() = ToProto(at);
    incomplete->set_agent(contact.disposed_by());
    for (const auto& field : MissingLater(contact)) incomplete->add_missing(field);
    draft.Add(std::move(event));
  } else {
    for (const auto& order : contact.orders()) {
      if (fired.timer() != absl::StrCat("order/", order.id())) continue;
      CloseOrder(draft, order, v1::ORDER_STATE_TOO_LATE, at);
      break;
    }
  }
  return draft.Take();
}

}  // namespace shoujie::interaction
