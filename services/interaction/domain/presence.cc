#include "services/interaction/domain/presence.h"

#include "absl/strings/strip.h"

namespace shoujie::interaction {

Decision<v1::Event> DecidePresence(const v1::Presence& presence, const v1::SetPresenceRequest& request,
                                   const Context& context) {
  absl::string_view agent = request.name();
  if (!absl::ConsumePrefix(&agent, "presences/") || agent.empty()) {
    return Invalid("PRESENCE_NAME", "Name the presence by the job number, as in presences/1001.",
                   "请以工号指明在岗状态，例如 presences/1001。");
  }
  const bool adapter = context.principal.Has(Right::kFacts);
  if (!adapter) {
    auto actor = ActorOf(context);
    if (!actor.ok()) return actor.status();
    if (!actor->operates && actor->agent != agent && !Leads(context.reference, actor->agent, agent)) {
      return Denied("NOT_YOURS",
                    "An agent's presence is said by himself, his leader or the switch. Ask one of them to say it.",
                    "在岗状态只能由本人、其班长或交换机设置。请由其设置。");
    }
  }
  // Whoever is leaving is there for what he still has; that he is free would promise more.
  const auto* known = context.reference.agent(agent);
  const bool finishes = known != nullptr && !known->left() && request.state() != v1::PRESENCE_STATE_AVAILABLE;
  if (absl::Status status = CheckTakesNew(context.reference, agent); !status.ok() && !finishes) return status;
  if (request.state() == v1::PRESENCE_STATE_UNSPECIFIED || !v1::PresenceState_IsValid(request.state())) {
    return Invalid("PRESENCE_STATE_NEEDED", "Say the presence: available, busy, break, away or offline.",
                   "请填写在岗状态：空闲、忙碌、小休、离开或离线。");
  }
  if (absl::Status status = CheckCode("reason", request.reason()); !status.ok()) return status;
  const absl::Time at = InstantOf(request, context);
  if (request.has_until() && ToTime(request.until()) <= at) {
    return Invalid("PRESENCE_UNTIL_PAST", "The presence would be over before it begins. Give a later `until`, or none.",
                   "在岗状态的截止时间早于其开始。请填写更晚的截止时间，或不填写。");
  }
  // Late news of a switch never replaces newer news.
  const bool stale = context.version > 0 && at < ToTime(presence.since());
  const bool same = presence.state() == request.state() && presence.reason() == request.reason() &&
                    presence.has_until() == request.has_until() && ToTime(presence.until()) == ToTime(request.until());
  if (stale || same) return std::vector<Decided<v1::Event>>{};
  v1::Event event;
  auto* set = event.mutable_presence_set();
  *set->mutable_at() = ToProto(at);
  set->set_agent(std::string(agent));
  set->set_state(request.state());
  set->set_reason(request.reason());
  set->set_by(context.principal.id);
  if (request.has_until()) *set->mutable_until() = ToProto(ToTime(request.until()));
  std::vector<Decided<v1::Event>> events;
  events.emplace_back(std::move(event));
  return events;
}

void EvolvePresence(v1::Presence& presence, const v1::Event& event, const EventContext& at) {
  if (!event.has_presence_set()) return;
  presence.set_name(std::string(at.stream));
  presence.set_agent(event.presence_set().agent());
  presence.set_state(event.presence_set().state());
  presence.set_reason(event.presence_set().reason());
  *presence.mutable_since() = event.presence_set().at();
  presence.clear_until();
  if (event.presence_set().has_until()) *presence.mutable_until() = event.presence_set().until();
}

}  // namespace shoujie::interaction
