#include "services/interaction/domain/facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/attribution.h"
#include "services/interaction/domain/conversation.h"
#include "services/interaction/domain/disposition.h"
#include "services/interaction/domain/orders.h"
#include "services/interaction/domain/ownership.h"
#include "services/interaction/domain/record.h"
#include "services/interaction/domain/times.h"
#include "services/runtime/base/identifier.h"
#include "services/runtime/base/limits.h"

namespace shoujie::interaction {
namespace {

bool Same(const google::protobuf::Timestamp& stamp, absl::Time at) { return ToTime(stamp) == at; }

// Shared by facts of the present and of the past.
template <typename Request>
absl::StatusOr<Address> RouteCall(const Request& request) {
  if (!request.name().empty()) return Address{.stream = request.name()};
  if (request.source().empty() || request.external_id().empty()) {
    return Invalid("CALL_ID_NEEDED", "A fact names its call by `source` and `external_id`. Fill in both.",
                   "事实须以 source 和 external_id 指明来电。请填写这两项。");
  }
  if (request.external_id().size() > kExternalIdBytesMax) {
    return Invalid("CALL_ID_TOO_LONG", "`external_id` is longer than 128 bytes. Use the source's own short id.",
                   "external_id 超过 128 字节，请使用来源系统的短编号。");
  }
  const std::string key = SourceKey(request.source(), request.external_id());
  return Address{.slot_key = request.identifier().empty() ? key : SlotKeyOf(request.identifier()),
                 .key = UniqueKey{"call", key},
                 .may_create = true};
}

absl::Status AfterEnd(const v1::Contact& contact) {
  return Refused(
      "CALL_ENDED",
      "This fact is stamped after the end of its call. A call-back goes on under its own call id; report its "
      "result first.",
      "该事实的时间晚于来电结束时间。回拨须使用其自身的呼叫编号，请先上报回拨结果。",
      {{"endedAt", absl::FormatTime(ToTime(contact.times().ended_at()), absl::UTCTimeZone())}});
}

void ApplyOffered(Draft& draft, const v1::Fact::Offered& fact, absl::Time at) {
  for (const auto& offer : draft.contact().offers()) {
    if (Same(offer.at(), at) && offer.group() == fact.group()) return;
  }
  v1::Event event;
  auto* offered = event.mutable_offered();
  *offered->mutable_at() = ToProto(at);
  offered->set_group(fact.group());
  *offered->mutable_agents() = fact.agents();
  offered->set_rings(fact.rings());
  const auto* site = draft.reference().site(draft.contact().site());
  const bool waits = draft.contact().handler().empty() && !draft.contact().times().has_ended_at();
  if (!draft.context().history && site && site->answer_window().has_alarm_after() && draft.contact().offers().empty() &&
      waits) {
    *offered->mutable_alarm_due() = ToProto(at + ToDuration(site->answer_window().alarm_after()));
  }
  draft.Add(std::move(event));
}

void ApplyAnswered(Draft& draft, const v1::Fact::Answered& fact, absl::Time at) {
  for (const auto& acceptance : draft.contact().times().acceptances()) {
    if (acceptance.agent() == fact.agent() && acceptance.by_switch() && Same(acceptance.at(), at)) return;
  }
  const bool taken = !draft.contact().handler().empty();
  Accept(draft, fact.agent(), at, /*by_switch=*/true, fact.rings());
  // The end of the call was told first: what follows from it is made up for.
  const v1::Times& times = draft.contact().times();
  if (!taken && !draft.context().history && times.has_ended_at() && draft.contact().orders().empty() &&
      times.release_party() == v1::RELEASE_PARTY_DROPPED && draft.contact().channel() == v1::CHANNEL_PHONE) {
    PlaceFirstOrder(draft, ToTime(times.ended_at()));
  }
}

void ApplyHeld(Draft& draft, absl::Time at) {
  for (const auto& hold : draft.contact().times().holds()) {
    if (hold.held_by_switch() && Same(hold.held_at(), at)) return;
  }
  v1::Event event;
  *event.mutable_held()->mutable_at() = ToProto(at);
  event.mutable_held()->set_by_switch(true);
  event.mutable_held()->set_by(draft.contact().handler());
  draft.Add(std::move(event));
}

void ApplyResumed(Draft& draft, absl::Time at) {
  for (const auto& hold : draft.contact().times().holds()) {
    if (hold.resumed_by_switch() && Same(hold.resumed_at(), at)) return;
  }
  v1::Event event;
  *event.mutable_resumed()->mutable_at() = ToProto(at);
  event.mutable_resumed()->set_by_switch(true);
  draft.Add(std::move(event));
  JudgeHolds(draft, at);
}

absl::Status Apply(Draft& draft, const v1::Fact& fact, absl::Time at) {
  const v1::Times& times = draft.contact().times();
  if (fact.fact_case() == v1::Fact::kEnded) {
    // The first end stands; a switch that says it again, or otherwise, changes nothing, and neither does the end of a
    // call that was dialled back since.
    const bool of_earlier_leg = times.has_leg_started_at() && at < ToTime(times.leg_started_at());
    if (!times.has_ended_at() && !of_earlier_leg) {
      End(draft, at, fact.ended().release_party(), fact.ended().abrupt(), fact.ended().phantom());
    }
    return absl::OkStatus();
  }
  // Queues keep a clock of their own, and nothing follows from what they say late.
  const bool of_queue = fact.has_queued() || fact.has_left_queue();
  if (!draft.context().history && !of_queue && times.has_ended_at() && at > ToTime(times.ended_at())) {
    return AfterEnd(draft.contact());
  }
  const int parts =
      std::max({times.stays_size(), times.acceptances_size(), times.holds_size(), draft.contact().offers_size()});
  if (absl::Status status = CheckRoom(parts); !status.ok()) return status;
  switch (fact.fact_case()) {
    case v1::Fact::kOffered:
      ApplyOffered(draft, fact.offered(), at);
      break;
    case v1::Fact::kQueued: {
      for (const auto& stay : times.stays()) {
        if (stay.has_queued_at() && Same(stay.queued_at(), at)) return absl::OkStatus();
      }
      v1::Event event;
      *event.mutable_queued()->mutable_at() = ToProto(at);
      draft.Add(std::move(event));
      break;
    }
    case v1::Fact::kLeftQueue: {
      for (const auto& stay : times.stays()) {
        if (stay.has_left_at() && Same(stay.left_at(), at)) return absl::OkStatus();
      }
      v1::Event event;
      *event.mutable_left_queue()->mutable_at() = ToProto(at);
      draft.Add(std::move(event));
      break;
    }
    case v1::Fact::kAnswered:
      if (fact.answered().agent().empty()) {
        return Invalid("AGENT_NEEDED", "An answered call names the agent who answered. Fill in `agent`.",
                       "已接听的来电须注明接听人工号。请填写 agent。");
      }
      ApplyAnswered(draft, fact.answered(), at);
      break;
    case v1::Fact::kHeld:
      ApplyHeld(draft, at);
      break;
    case v1::Fact::kResumed:
      ApplyResumed(draft, at);
      break;
    default:
      return Invalid("FACT_NEEDED", "Say what happened: `fact` is empty or of a kind this server does not know.",
                     "请填写事实内容：fact 为空或为本服务器不支持的类型。");
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status BeginFromFact(Draft& draft, const Request& request, const v1::Fact& first, absl::Time at) {
  for (const auto& [field, code] : {std::pair<absl::string_view, const std::string&>("source", request.source()),
                                    std::pair<absl::string_view, const std::string&>("site", request.site()),
                                    std::pair<absl::string_view, const std::string&>("category", request.category())}) {
    if (absl::Status status = CheckCode(field, code); !status.ok()) return status;
  }
  if (absl::Status status = CheckText("identifier", request.identifier()); !status.ok()) return status;
  const v1::Channel channel = request.channel() == v1::CHANNEL_UNSPECIFIED ? v1::CHANNEL_PHONE : request.channel();
  Beginning beginning{channel,        request.source(),  request.external_id(), request.identifier(),
                      request.site(), request.category()};
  if (beginning.site.empty()) {
    const std::string agent = first.has_answered()               ? first.answered().agent()
                              : first.offered().agents().empty() ? ""
                                                                 : first.offered().agents(0);
    if (const auto* known = draft.reference().agent(agent)) beginning.site = known->site();
  }
  Begin(draft, beginning, at);
  return absl::OkStatus();
}

// What a source knows of a contact of the past besides its facts. Nobody is linked: the customer's card and clocks are
// of what happens now, and his list of contacts comes from rows.
absl::Status AddKnown(Draft& draft, const v1::RecordContactFactsRequest& request, absl::Time at) {
  if (!request.customer().empty()) {
    if (!IsCustomerName(request.customer())) return CustomerUnknown();
    v1::Event event;
    auto* attributed = event.mutable_attributed();
    *attributed->mutable_at() = ToProto(at);
    attributed->set_customer(request.customer());
    attributed->set_by(draft.context().principal.id);
    draft.Add(std::move(event));
  }
  return WriteRecord(draft, request.record(), {}, at, draft.context().principal.id);
}

}  // namespace

absl::StatusOr<Address> RouteFact(const v1::ReportContactFactRequest& request) { return RouteCall(request); }
absl::StatusOr<Address> RouteHistory(const v1::RecordContactFactsRequest& request) { return RouteCall(request); }

// The slot of the caller's identifier; withheld: of the source's id, else of the command's.
absl::StatusOr<Address> RouteCreate(const v1::CreateContactRequest& request) {
  if (!request.name().empty()) {
    return Invalid("NAME_IS_ALLOTTED", "A new contact's number is allotted by the server. Leave `name` out.",
                   "新接触的编号由服务器分配，请不要填写 name。");
  }
  Address address{.may_create = true};
  if (!request.identifier().empty()) address.slot_key = SlotKeyOf(request.identifier());
  if (!request.external_id().empty()) {
    const std::string key = SourceKey(request.source(), request.external_id());
    address.key = UniqueKey{"call", key};
    if (address.slot_key.empty()) address.slot_key = key;
  }
  if (address.slot_key.empty()) address.slot_key = request.request_id();
  return address;
}

void End(Draft& draft, absl::Time at, v1::ReleaseParty party, bool abrupt, bool phantom) {
  const Context& context = draft.context();
  const bool history = context.history;
  const bool taken = !draft.contact().handler().empty();
  const std::string handler = draft.contact().handler();
  v1::Event event;
  auto* ended = event.mutable_ended();
  *ended->mutable_at() = ToProto(at);
  ended->set_release_party(party);
  ended->set_phantom(phantom);
  if (taken && !phantom && !history && draft.contact().disposition().empty()) {
    // A fact that was late must not make its agent late.
    *ended->mutable_wrap_up_due() =
        ToProto(std::max(at, context.recorded_at) + ToDuration(draft.policies().wrap_up_limit()));
  }
  draft.Add(std::move(event));
  if (phantom) return;
  if (!taken && draft.contact().greeted_by().empty() && OutcomeOf(draft.contact().times()) == v1::OUTCOME_ABANDONED) {
    v1::Event missed;
    *missed.mutable_missed_call()->mutable_at() = ToProto(at);
    missed.mutable_missed_call()->set_after_hours(draft.contact().after_hours());
    draft.Add(std::move(missed));
  }
  if (history) return;
  JudgeHolds(draft, at);
  JudgeRelease(draft, at);
  if (abrupt) draft.Flag(v1::FLAG_ABRUPT_HANG_UP, at, handler);
  if (party == v1::RELEASE_PARTY_DROPPED && taken && draft.contact().channel() == v1::CHANNEL_PHONE) {
    PlaceFirstOrder(draft, at);
  }
}

Decision<v1::Event> DecideFact(const v1::Contact& contact, const v1::ReportContactFactRequest& request,
                               const Context& context) {
  if (request.fact().fact_case() == v1::Fact::FACT_NOT_SET) {
    return Invalid("FACT_NEEDED", "Say what happened: `fact` is empty or of a kind this server does not know.",
                   "请填写事实内容：fact 为空或为本服务器不支持的类型。");
  }
  const absl::Time at = InstantOf(request, context);
  Draft draft(contact, context);
  if (context.version == 0) {
    if (!request.name().empty()) return CheckExists(context);
    if (absl::Status status = BeginFromFact(draft, request, request.fact(), at); !status.ok()) return status;
  }
  if (absl::Status status = Apply(draft, request.fact(), at); !status.ok()) return status;
  return draft.Take();
}

Decision<v1::Event> DecideHistory(const v1::Contact& contact, const v1::RecordContactFactsRequest& request,
                                  const Context& context) {
  if (request.facts_size() > static_cast<int>(limits::kFactsPerCommandMax)) {
    return Invalid("TOO_MANY_FACTS", "One command takes 1000 facts at most. Send the rest in another one.",
                   "一次命令最多 1000 条事实，请分批发送。");
  }
  if (context.version == 0 && !request.name().empty()) return CheckExists(context);
  Draft draft(contact, context);
  uint64_t last = contact.last_fact();
  uint32_t recorded = 0, repeated = 0;
  for (const auto& fact : request.facts()) {
    if (fact.number() <= last) {
      ++repeated;
      continue;
    }
    if (!fact.has_occurred_at() || fact.fact().fact_case() == v1::Fact::FACT_NOT_SET) {
      return Invalid("FACT_NEEDED", "A fact of the past says what happened and when. Fill in `fact` and `occurred_at`.",
                     "历史事实须注明内容和发生时间。请填写 fact 和 occurred_at。",
                     {{"number", absl::StrCat(fact.number())}});
    }
    const absl::Time at = ToTime(fact.occurred_at());
    if (at > context.recorded_at + limits::kFutureFactsMax) {
      return Invalid("TIME_IN_FUTURE", "A fact of the past lies in the future. Check the source's clock.",
                     "历史事实的时间在未来，请检查来源时钟。", {{"number", absl::StrCat(fact.number())}});
    }
    draft.SetEffective(at);
    if (context.version == 0 && draft.empty()) {
      if (absl::Status status = BeginFromFact(draft, request, fact.fact(), at); !status.ok()) return status;
      if (absl::Status status = AddKnown(draft, request, at); !status.ok()) return status;
    }
    if (absl::Status status = Apply(draft, fact.fact(), at); !status.ok()) return status;
    last = fact.number();
    ++recorded;
  }
  if (recorded == 0) return std::vector<Decided<v1::Event>>{};
  v1::Event event;
  auto* counts = event.mutable_facts_recorded();
  counts->set_recorded(recorded);
  counts->set_repeated(repeated);
  counts->set_last_number(last);
  counts->set_source(request.source());
  draft.Add(std::move(event));
  return draft.Take();
}

}  // namespace shoujie::interaction
