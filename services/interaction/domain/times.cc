#include "services/interaction/domain/times.h"

#include <algorithm>

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {
namespace {

using google::protobuf::Timestamp;

int64_t Ms(const Timestamp& stamp) { return absl::ToUnixMillis(ToTime(stamp)); }
int64_t Between(const Timestamp& from, const Timestamp& to) { return std::max<int64_t>(0, Ms(to) - Ms(from)); }

void Began(v1::Times& times, const Timestamp& at) {
  if (!times.has_started_at() || Ms(at) < Ms(times.started_at())) *times.mutable_started_at() = at;
}

// Facts may come in any order: an end without a beginning waits for it, and the other way round.
void Queued(v1::Times& times, const Timestamp& at) {
  for (auto& stay : *times.mutable_stays()) {
    if (!stay.has_queued_at() && Ms(at) <= Ms(stay.left_at())) {
      *stay.mutable_queued_at() = at;
      return;
    }
  }
  *times.add_stays()->mutable_queued_at() = at;
}
void LeftQueue(v1::Times& times, const Timestamp& at) {
  for (int i = times.stays_size() - 1; i >= 0; --i) {
    auto& stay = *times.mutable_stays(i);
    if (!stay.has_left_at() && Ms(stay.queued_at()) <= Ms(at)) {
      *stay.mutable_left_at() = at;
      return;
    }
  }
  *times.add_stays()->mutable_left_at() = at;
}

void Accepted(v1::Times& times, const v1::Accepted& event) {
  times.set_rings(std::max(times.rings(), event.rings()));
  for (auto& acceptance : *times.mutable_acceptances()) {
    if (event.by_switch() && !acceptance.by_switch() && acceptance.agent() == event.agent()) {
      *acceptance.mutable_at() = event.at();
      acceptance.set_by_switch(true);
      return;
    }
  }
  auto* acceptance = times.add_acceptances();
  acceptance->set_agent(event.agent());
  *acceptance->mutable_at() = event.at();
  acceptance->set_by_switch(event.by_switch());
}

void Held(v1::Times& times, const v1::Held& event) {
  for (auto& hold : *times.mutable_holds()) {
    const bool same = event.by_switch() && !hold.held_by_switch() && hold.has_held_at() && !hold.has_resumed_at();
    const bool waits = !hold.has_held_at() && Ms(event.at()) <= Ms(hold.resumed_at());
    if (same || waits) {
      *hold.mutable_held_at() = event.at();
      hold.set_held_by_switch(event.by_switch());
      return;
    }
    // The agent asked and announced after the switch had seen the key.
    if (!event.by_switch() && hold.held_by_switch() && hold.has_held_at() && !hold.has_resumed_at()) {
      hold.set_consented(event.consented());
      hold.set_reason(event.reason());
      hold.set_announced_ms(event.announced_ms());
      return;
    }
  }
  auto* hold = times.add_holds();
  *hold->mutable_held_at() = event.at();
  hold->set_held_by_switch(event.by_switch());
  hold->set_consented(event.consented());
  hold->set_reason(event.reason());
  hold->set_announced_ms(event.announced_ms());
}
void Resumed(v1::Times& times, const v1::Resumed& event) {
  for (int i = times.holds_size() - 1; i >= 0; --i) {
    auto& hold = *times.mutable_holds(i);
    const bool open = hold.has_held_at() && !hold.has_resumed_at() && Ms(hold.held_at()) <= Ms(event.at());
    const bool confirms = event.by_switch() && hold.has_resumed_at() && !hold.resumed_by_switch();
    if (open || confirms) {
      *hold.mutable_resumed_at() = event.at();
      hold.set_resumed_by_switch(event.by_switch());
      return;
    }
  }
  auto* hold = times.add_holds();
  *hold->mutable_resumed_at() = event.at();
  hold->set_resumed_by_switch(event.by_switch());
}

}  // namespace

void FoldTimes(v1::Times& times, const v1::Event& event) {
  switch (event.event_case()) {
    case v1::Event::kReceived:
      return Began(times, event.received().at());
    case v1::Event::kOffered:
      times.set_rings(std::max(times.rings(), event.offered().rings()));
      return Began(times, event.offered().at());
    case v1::Event::kQueued:
      Queued(times, event.queued().at());
      return Began(times, event.queued().at());
    case v1::Event::kLeftQueue:
      LeftQueue(times, event.left_queue().at());
      return Began(times, event.left_queue().at());
    case v1::Event::kAccepted:
      Accepted(times, event.accepted());
      return Began(times, event.accepted().at());
    case v1::Event::kHeld:
      return Held(times, event.held());
    case v1::Event::kResumed:
      return Resumed(times, event.resumed());
    case v1::Event::kEnded:
      *times.mutable_ended_at() = event.ended().at();
      times.set_release_party(event.ended().release_party());
      times.set_phantom(event.ended().phantom());
      return;
    case v1::Event::kOrderClosed:
      if (event.order_closed().state() == v1::ORDER_STATE_REACHED && times.has_ended_at()) {
        times.set_talk_before_ms(TalkMs(times));
        *times.mutable_leg_started_at() = event.order_closed().at();
        times.clear_ended_at();
        times.clear_release_party();
      }
      return;
    default:
      return;
  }
}

v1::Outcome OutcomeOf(const v1::Times& times) {
  if (times.phantom()) return v1::OUTCOME_PHANTOM;
  if (times.acceptances_size() > 0) return v1::OUTCOME_ANSWERED;
  return times.has_ended_at() ? v1::OUTCOME_ABANDONED : v1::OUTCOME_UNSPECIFIED;
}

const v1::Times::Acceptance* FirstAcceptance(const v1::Times& times) {
  const v1::Times::Acceptance* first = nullptr;
  for (const auto& acceptance : times.acceptances()) {
    if (!first || Ms(acceptance.at()) < Ms(first->at())) first = &acceptance;
  }
  return first;
}

int64_t QueueMs(const v1::Times& times) {
  int64_t total = 0;
  const auto* accepted = FirstAcceptance(times);
  for (const auto& stay : times.stays()) {
    if (!stay.has_queued_at()) continue;
    if (stay.has_left_at()) {
      total += Between(stay.queued_at(), stay.left_at());
    } else if (accepted && Ms(accepted->at()) >= Ms(stay.queued_at())) {
      total += Between(stay.queued_at(), accepted->at());
    } else if (times.has_ended_at()) {
      total += Between(stay.queued_at(), times.ended_at());
    }
  }
  return total;
}

int64_t TalkMs(const v1::Times& times) {
  const auto* accepted = FirstAcceptance(times);
  if (!accepted || !times.has_ended_at()) return times.talk_before_ms();
  const Timestamp& from = times.has_leg_started_at() ? times.leg_started_at() : accepted->at();
  return times.talk_before_ms() + Between(from, times.ended_at());
}

int64_t HoldMs(const v1::Times& times, const v1::Times::Hold& hold) {
  if (!hold.has_held_at()) return 0;
  if (hold.has_resumed_at()) return Between(hold.held_at(), hold.resumed_at());
  return times.has_ended_at() ? Between(hold.held_at(), times.ended_at()) : 0;
}

const v1::Times::Hold* OpenHold(const v1::Times& times) {
  for (const auto& hold : times.holds()) {
    if (hold.has_held_at() && !hold.has_resumed_at()) return &hold;
  }
  return nullptr;
}

}  // namespace shoujie::interaction
