#include "services/interaction/domain/ownership.h"

#include <algorithm>

#include "services/interaction/domain/times.h"

namespace shoujie::interaction {
namespace {

using SkippedList = google::protobuf::RepeatedPtrField<v1::Skipped>;
using SeenList = google::protobuf::RepeatedPtrField<v1::SeenPresence>;

void Skip(SkippedList* skipped, const std::string& agent, v1::OwnerBasis place, v1::SkipReason reason) {
  auto* one = skipped->Add();
  one->set_agent(agent);
  one->set_place(place);
  one->set_reason(reason);
}

// Nothing speaks against him: UNSPECIFIED. Presence is what the caller had seen.
v1::SkipReason WhyNot(const Reference& reference, const std::string& id, const SeenList& seen) {
  if (id.empty()) return v1::SKIP_REASON_NOBODY;
  const auto* agent = reference.agent(id);
  if (!agent) return v1::SKIP_REASON_UNKNOWN_AGENT;
  if (!TakesNew(*agent)) return v1::SKIP_REASON_LEFT;
  for (const auto& one : seen) {
    if (one.agent() != id) continue;
    if (one.presence() == v1::PRESENCE_STATE_UNSPECIFIED) break;
    const bool present = one.presence() == v1::PRESENCE_STATE_AVAILABLE || one.presence() == v1::PRESENCE_STATE_BUSY;
    return present ? v1::SKIP_REASON_UNSPECIFIED : v1::SKIP_REASON_NOT_PRESENT;
  }
  return v1::SKIP_REASON_PRESENCE_UNKNOWN;
}

// R009: centre head, coordinator, receiver; the receiver holds the paper, so his presence is not asked.
void NameFaxOwner(Draft& draft, absl::Time at, const SeenList& seen) {
  const v1::Contact& contact = draft.contact();
  const auto* site = draft.reference().site(contact.site());
  SkippedList skipped;
  const std::pair<v1::OwnerBasis, std::string> places[] = {
      {v1::OWNER_BASIS_FAX_HEAD, site ? site->head() : ""},
      {v1::OWNER_BASIS_FAX_COORDINATOR, site ? site->coordinator() : ""},
      {v1::OWNER_BASIS_FAX_RECEIVER, contact.received_by()},
  };
  for (const auto& [place, agent] : places) {
    v1::SkipReason reason = WhyNot(draft.reference(), agent, seen);
    const bool holds_paper = place == v1::OWNER_BASIS_FAX_RECEIVER &&
                             (reason == v1::SKIP_REASON_NOT_PRESENT || reason == v1::SKIP_REASON_PRESENCE_UNKNOWN);
    if (reason == v1::SKIP_REASON_UNSPECIFIED || holds_paper) return NameOwner(draft, agent, place, at, skipped, seen);
    Skip(&skipped, agent, place, reason);
  }
  NameOwner(draft, HeadOf(draft.reference(), contact.site()), v1::OWNER_BASIS_HEAD_STANDS_IN, at, skipped, seen);
}

// Who should own it leaves, has left or is unknown to the directory: the head stands in, with the reason.
void NameOwnerOrHead(Draft& draft, const std::string& agent, v1::OwnerBasis basis, absl::Time at,
                     SkippedList skipped = {}, const SeenList& seen = {}) {
  const auto* known = draft.reference().agent(agent);
  const std::string head = HeadOf(draft.reference(), draft.contact().site());
  if (draft.context().history || (known && TakesNew(*known)) || head.empty()) {
    return NameOwner(draft, agent, basis, at, skipped, seen);
  }
  Skip(&skipped, agent, basis, known ? v1::SKIP_REASON_LEFT : v1::SKIP_REASON_UNKNOWN_AGENT);
  NameOwner(draft, head, v1::OWNER_BASIS_HEAD_STANDS_IN, at, skipped, seen);
}

void NameOwnerOnAccept(Draft& draft, const std::string& agent, absl::Time at) {
  const v1::Contact& contact = draft.contact();
  if (!contact.ticket().empty()) return;
  const bool nobody = contact.owner().empty();
  switch (contact.channel()) {
    case v1::CHANNEL_FAX:
      if (nobody || contact.owner_basis() == v1::OWNER_BASIS_HEAD_UNTIL_OPENED) {
        NameOwnerOrHead(draft, agent, v1::OWNER_BASIS_OPENED, at);
      }
      return;
    case v1::CHANNEL_VISIT:  // R006
      if (nobody || contact.owner_basis() == v1::OWNER_BASIS_GREETED) {
        NameOwnerOrHead(draft, agent, v1::OWNER_BASIS_HANDLES, at);
      }
      return;
    case v1::CHANNEL_EMAIL:
    case v1::CHANNEL_VOICEMAIL:
    case v1::CHANNEL_WEB:
      if (nobody || contact.owner_basis() == v1::OWNER_BASIS_HEAD_UNTIL_OPENED) {
        const bool opened = !contact.opened_by().empty();
        NameOwnerOrHead(draft, opened ? contact.opened_by() : agent, v1::OWNER_BASIS_OPENED, at);
      }
      return;
    case v1::CHANNEL_INTERNAL:
      if (nobody) NameOwnerOrHead(draft, agent, v1::OWNER_BASIS_CREATED, at);
      return;
    default: {
      // R005: the first by the stamps, in whichever order the facts came in.
      const auto* first = FirstAcceptance(contact.times());
      const bool earlier = contact.owner_basis() == v1::OWNER_BASIS_FIRST_ACCEPT && first && first->agent() == agent &&
                           contact.owner() != agent;
      if (nobody || earlier || contact.owner_basis() == v1::OWNER_BASIS_HEAD_UNTIL_OPENED) {
        NameOwnerOrHead(draft, agent, v1::OWNER_BASIS_FIRST_ACCEPT, at);
      }
    }
  }
}

absl::Status CheckOpen(const v1::Contact& contact) {
  if (contact.state() != v1::CONTACT_STATE_CLOSED) return absl::OkStatus();
  return Refused("CONTACT_CLOSED", "This contact is closed. Take a new one, or undo its disposition first.",
                 "该接触已结束。请另建接触，或先撤销其结束处理。");
}

absl::Status HandledByAnother(const v1::Contact& contact) {
  return Refused("ALREADY_ACCEPTED", "Another agent has this contact already. Leave it, or ask him to transfer it.",
                 "该接触已由其他客服受理，请勿重复受理，或请其转接。", {{"handler", contact.handler()}});
}

// An agent who acts: himself, or whom an operator names.
absl::StatusOr<std::string> ActingAgent(const Context& context, const std::string& named) {
  auto actor = ActorOf(context, named);
  if (!actor.ok()) return actor.status();
  if (actor->agent.empty()) {
    return Invalid("AGENT_NEEDED", "An operator says for which agent: fill in `agent`.",
                   "由操作员代为操作时，请填写 agent（工号）。");
  }
  if (absl::Status status = CheckTakesNew(context.reference, actor->agent); !status.ok()) return status;
  return actor->agent;
}

}  // namespace

void Begin(Draft& draft, const Beginning& beginning, absl::Time at) {
  v1::Event event;
  auto* received = event.mutable_received();
  *received->mutable_at() = ToProto(at);
  received->set_channel(beginning.channel);
  received->set_source(beginning.source);
  received->set_external_id(beginning.external_id);
  if (!beginning.identifier.empty()) received->mutable_identifier()->set_plain(beginning.identifier);
  received->set_site(beginning.site);
  received->set_category(beginning.category);
  received->set_received_by(beginning.received_by);
  received->set_by(draft.context().principal.id);
  received->set_history(draft.context().history);
  if (!draft.context().history) {
    received->set_after_hours(!draft.reference().IsOpen(beginning.site, at));
    if (beginning.channel == v1::CHANNEL_VISIT && draft.policies().has_greet_visitor_within()) {
      *received->mutable_greet_due() = ToProto(at + ToDuration(draft.policies().greet_visitor_within()));
    }
  }
  draft.Add(std::move(event));
  if (WaitsToBeOpened(draft.contact()) && !draft.context().history) {
    const std::string head = HeadOf(draft.reference(), beginning.site);
    if (!head.empty()) NameOwner(draft, head, v1::OWNER_BASIS_HEAD_UNTIL_OPENED, at);
  }
}

bool WaitsToBeOpened(const v1::Contact& contact) {
  switch (contact.channel()) {
    case v1::CHANNEL_EMAIL:
    case v1::CHANNEL_VOICEMAIL:
    case v1::CHANNEL_WEB:
      return true;
    case v1::CHANNEL_CHAT:
    case v1::CHANNEL_SOCIAL:
    case v1::CHANNEL_FAX:
      return contact.after_hours();
    case v1::CHANNEL_INTERNAL:
      return contact.received_by().empty();
    default:
      return false;
  }
}

void NameOwner(Draft& draft, std::string owner, v1::OwnerBasis basis, absl::Time at, const SkippedList& skipped,
               const SeenList& seen) {
  v1::Event event;
  auto* named = event.mutable_owner_named();
  *named->mutable_at() = ToProto(at);
  named->set_owner(std::move(owner));
  named->set_basis(basis);
  named->set_before(draft.contact().owner());
  named->set_by(draft.context().principal.id);
  *named->mutable_since() = draft.contact().times().started_at();
  *named->mutable_skipped() = skipped;
  *named->mutable_seen() = seen;
  draft.Add(std::move(event));
}

void Accept(Draft& draft, const std::string& agent, absl::Time at, bool by_switch, uint32_t rings) {
  const Context& context = draft.context();
  v1::Event event;
  auto* accepted = event.mutable_accepted();
  *accepted->mutable_at() = ToProto(at);
  accepted->set_agent(agent);
  accepted->set_by_switch(by_switch);
  accepted->set_rings(rings);
  accepted->set_ends_transfer(draft.contact().has_transfer() && draft.contact().transfer().to() == agent);
  if (const auto* known = context.reference.agent(agent); known && draft.contact().site().empty()) {
    accepted->set_site(known->site());
  }
  const bool first = draft.contact().times().acceptances_size() == 0;
  const bool had_ended = draft.contact().times().has_ended_at() && !draft.contact().times().phantom();
  if (first && had_ended && !context.history && draft.contact().disposition().empty()) {
    *accepted->mutable_wrap_up_due() = ToProto(context.recorded_at + ToDuration(draft.policies().wrap_up_limit()));
  }
  // The switch let somebody else in without a word to him (R087).
  const bool blind = !first && draft.contact().handler() != agent && !event.accepted().ends_transfer();
  draft.Add(std::move(event));
  NameOwnerOnAccept(draft, agent, at);
  if (blind && !context.history) draft.Flag(v1::FLAG_BLIND_TRANSFER, at, agent);

  // R062–R066: the window in which this site wants a ringing call to be picked up.
  const auto* site = context.reference.site(draft.contact().site());
  const uint32_t heard = std::max(rings, draft.contact().times().rings());
  if (!first || context.history || heard == 0 || !site || !site->has_answer_window()) return;
  const auto& window = site->answer_window();
  if (heard < window.rings_min()) draft.Flag(v1::FLAG_ANSWERED_EARLY, at, agent);
  if (window.rings_max() > 0 && heard > window.rings_max()) draft.Flag(v1::FLAG_ANSWERED_LATE, at, agent);
}

Decision<v1::Event> DecideCreate(const v1::Contact& contact, const v1::CreateContactRequest& request,
                                 const Context& context) {
  const bool operates = context.principal.Has(Right::kOperate);
  const bool adapter =
      !operates && context.principal.Has(Right::kFacts) && !context.reference.AgentOf(context.principal.id);
  Actor actor;
  if (!adapter) {
    auto acting = ActorOf(context, operates ? request.received_by() : "");
    if (!acting.ok()) return acting.status();
    actor = *std::move(acting);
  }
  if (context.version > 0) return std::vector<Decided<v1::Event>>{};  // the source repeats itself
  if (request.channel() == v1::CHANNEL_UNSPECIFIED || request.channel() == v1::CHANNEL_IMPORT ||
      !v1::Channel_IsValid(request.channel())) {
    return Invalid("CHANNEL_NEEDED", "Say through which channel the contact came.", "请填写接触渠道。");
  }
  if (request.channel() == v1::CHANNEL_PHONE && adapter) {
    return Invalid("USE_FACTS", "A switch reports calls as facts. Use ReportContactFact.",
                   "交换机的来电须以事实上报，请使用 ReportContactFact。");
  }
  for (const auto& [field, code] : {std::pair<absl::string_view, const std::string&>("source", request.source()),
                                    std::pair<absl::string_view, const std::string&>("site", request.site()),
                                    std::pair<absl::string_view, const std::string&>("category", request.category())}) {
    if (absl::Status status = CheckCode(field, code); !status.ok()) return status;
  }
  if (absl::Status status = CheckText("identifier", request.identifier()); !status.ok()) return status;
  const std::string& receiver = request.received_by().empty() ? actor.agent : request.received_by();
  if (!receiver.empty()) {
    if (absl::Status status = CheckTakesNew(context.reference, receiver); !status.ok()) return status;
  }
  Draft draft(contact, context);
  const absl::Time at = InstantOf(request, context);
  Beginning beginning{request.channel(),
                      request.source(),
                      request.external_id(),
                      request.identifier(),
                      request.site(),
                      request.category(),
                      request.received_by().empty() ? actor.agent : request.received_by()};
  if (const auto* agent = context.reference.agent(beginning.received_by); agent && beginning.site.empty()) {
    beginning.site = agent->site();
  }
  Begin(draft, beginning, at);
  const std::string& agent = beginning.received_by;
  if (request.channel() == v1::CHANNEL_FAX && draft.contact().owner().empty()) {
    NameFaxOwner(draft, at, request.seen());
  }
  // Notes of a call that was had already, and what starts inside, are with who writes them.
  const bool has_it = request.channel() == v1::CHANNEL_PHONE || request.channel() == v1::CHANNEL_INTERNAL;
  if (has_it && !agent.empty()) Accept(draft, agent, at, /*by_switch=*/false, /*rings=*/0);
  if (has_it && agent.empty() && request.channel() == v1::CHANNEL_PHONE) {
    return Invalid("AGENT_NEEDED", "A call noted on paper needs the agent who took it: fill in `received_by`.",
                   "补录来电时，请填写接听人工号（received_by）。");
  }
  return draft.Take();
}

Decision<v1::Event> DecideAccept(const v1::Contact& contact, const v1::AcceptContactRequest& request,
                                 const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto agent = ActingAgent(context, request.agent());
  if (!agent.ok()) return agent.status();
  Draft draft(contact, context);
  const bool receives = contact.has_transfer() && contact.transfer().to() == *agent;
  if (!receives) {
    if (contact.handler() == *agent) return draft.Take();
    if (absl::Status status = CheckOpen(contact); !status.ok()) return status;
    if (!contact.handler().empty()) return HandledByAnother(contact);
  }
  if (absl::Status status = CheckRoom(contact.times().acceptances_size()); !status.ok()) return status;
  Accept(draft, *agent, InstantOf(request, context), /*by_switch=*/false, /*rings=*/0);
  return draft.Take();
}

Decision<v1::Event> DecideOpen(const v1::Contact& contact, const v1::OpenContactRequest& request,
                               const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto agent = ActingAgent(context, request.agent());
  if (!agent.ok()) return agent.status();
  if (!WaitsToBeOpened(contact) && contact.channel() != v1::CHANNEL_FAX) {
    return Refused("NOT_OPENED_BUT_ACCEPTED",
                   "A conversation of this channel is accepted, not opened. Use AcceptContact.",
                   "该渠道的接触须受理而非开启，请使用 AcceptContact。");
  }
  Draft draft(contact, context);
  if (contact.handler() == *agent) return draft.Take();
  if (absl::Status status = CheckOpen(contact); !status.ok()) return status;
  if (!contact.handler().empty()) return HandledByAnother(contact);
  const absl::Time at = InstantOf(request, context);
  v1::Event event;
  *event.mutable_opened()->mutable_at() = ToProto(at);
  event.mutable_opened()->set_agent(*agent);
  draft.Add(std::move(event));
  // Opening is taking it: the first instant an agent had it is the acceptance that reports count.
  v1::Event accepted;
  *accepted.mutable_accepted()->mutable_at() = ToProto(at);
  accepted.mutable_accepted()->set_agent(*agent);
  draft.Add(std::move(accepted));
  const bool undecided = contact.owner().empty() || contact.owner_basis() == v1::OWNER_BASIS_HEAD_UNTIL_OPENED;
  if (undecided && contact.ticket().empty()) {  // R008: the head named nobody
    google::protobuf::RepeatedPtrField<v1::Skipped> skipped;
    const std::string head = HeadOf(context.reference, contact.site());
    if (head != *agent) {
      const v1::SkipReason why = WhyNot(context.reference, head, request.seen());
      const bool was_there = why == v1::SKIP_REASON_UNSPECIFIED || why == v1::SKIP_REASON_PRESENCE_UNKNOWN;
      Skip(&skipped, head, v1::OWNER_BASIS_DESIGNATED, was_there ? v1::SKIP_REASON_NOT_DESIGNATED : why);
    }
    NameOwner(draft, *agent, v1::OWNER_BASIS_OPENED, at, skipped, request.seen());
  }
  return draft.Take();
}

Decision<v1::Event> DecideGreet(const v1::Contact& contact, const v1::GreetVisitorRequest& request,
                                const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto agent = ActingAgent(context, request.agent());
  if (!agent.ok()) return agent.status();
  if (contact.channel() != v1::CHANNEL_VISIT) {
    return Refused("NOT_A_VISIT", "Only visitors are greeted. Accept or open this contact.",
                   "只有来访接触才有迎接操作，请受理或开启该接触。");
  }
  Draft draft(contact, context);
  if (!contact.greeted_by().empty()) return draft.Take();
  if (absl::Status status = CheckOpen(contact); !status.ok()) return status;
  const absl::Time at = InstantOf(request, context);
  const bool late = contact.has_greet_due() && at > ToTime(contact.greet_due());
  v1::Event event;
  *event.mutable_greeted()->mutable_at() = ToProto(at);
  event.mutable_greeted()->set_agent(*agent);
  draft.Add(std::move(event));
  if (late) draft.Flag(v1::FLAG_GREETED_LATE, at, *agent);
  if (contact.owner().empty()) NameOwner(draft, *agent, v1::OWNER_BASIS_GREETED, at);
  return draft.Take();
}

Decision<v1::Event> DecideDesignate(const v1::Contact& contact, const v1::DesignateOwnerRequest& request,
                                    const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (!WaitsToBeOpened(contact)) {
    return Refused("OWNER_FIXED",
                   "On this channel the first-contact owner follows from who took it; nobody designates him. Hand the "
                   "matter over in its ticket.",
                   "该渠道的首接责任人由受理行为确定，不能指定。请在工单中办理移交。", {{"owner", contact.owner()}});
  }
  if (!contact.ticket().empty()) {
    return Refused("TICKET_EXISTS", "The matter has a ticket: hand its ownership over there, with a reason.",
                   "该事项已立工单，请在工单中说明原因并移交责任。", {{"ticket", contact.ticket()}});
  }
  if (absl::Status status = CheckOpen(contact); !status.ok()) return status;
  const auto* site = context.reference.site(contact.site());
  const auto* by = context.reference.agent(actor->agent);
  const bool head =
      by && ((site && site->head() == by->id()) || HeadOf(context.reference, contact.site()) == by->id() ||
             (by->role() == directory::v1::AGENT_ROLE_HEAD && by->site() == contact.site()));
  if (!head && !actor->operates) {
    return Denied("HEAD_ONLY",
                  "The centre head designates the owner of a mail (R007). Open it instead, or ask the head.",
                  "邮件的首接责任人由中心负责人指定。请直接开启该邮件，或请负责人指定。");
  }
  if (absl::Status status = CheckTakesNew(context.reference, request.owner()); !status.ok()) return status;
  Draft draft(contact, context);
  if (contact.owner() == request.owner() && contact.owner_basis() == v1::OWNER_BASIS_DESIGNATED) return draft.Take();
  NameOwner(draft, request.owner(), v1::OWNER_BASIS_DESIGNATED, InstantOf(request, context));
  return draft.Take();
}

}  // namespace shoujie::interaction
