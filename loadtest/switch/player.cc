#include "loadtest/switch/player.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "loadtest/switch/acts_agent.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

// Of the machine: how long a fact waits for the agent to have done his part, and an act for what comes by reaction.
constexpr absl::Duration kPatience = absl::Seconds(3);
constexpr absl::Duration kActPatience = absl::Seconds(10);
constexpr absl::Duration kLookAgain = absl::Milliseconds(4);
constexpr absl::Duration kOrdersEvery = absl::Milliseconds(50);

absl::Duration Or(const google::protobuf::Duration& duration, absl::Duration otherwise) {
  const absl::Duration said = ToDuration(duration);
  return said > absl::ZeroDuration() ? said : otherwise;
}

}  // namespace

Player::Player(Session* session, PlayerOptions options, Day day)
    : session_(session),
      options_(std::move(options)),
      day_(std::move(day)),
      intake_(&session->clock()),
      acts_(&session->clock()),
      desk_(this, &session->outbox(), session->options().source,
            Or(session->directory().policies().order_lease(), absl::Seconds(30)),
            // Between reading the clock and dialling.
            absl::Milliseconds(20) * session->clock().speed()) {
  for (const auto& plan : day_.contacts) {
    Track track = options_.scripted_agents ? MakeTrack(session_->directory(), plan, day_.ends) : MakeUnmanned(plan);
    AddPlay(plan, std::move(track), absl::StrFormat("%s-%05d", options_.run, plan.number));
  }
  if (!options_.scripted_agents) return;
  std::map<std::string, Track> presences;
  for (const auto& plan : day_.presences) {
    Act act = act::Presence(plan.state);
    act.at = plan.at;
    act.agent = plan.agent;
    presences[plan.agent].acts.push_back(std::move(act));
  }
  for (auto& [agent, track] : presences) AddPlay({}, std::move(track), absl::StrCat("presence-", agent));
}

Player::~Player() { Stop(); }

void Player::AddPlay(ContactPlan plan, Track track, std::string lane) {
  auto play = std::make_unique<Play>();
  play->scene.person = day_.people[plan.person];
  for (const auto& site : session_->directory().sites()) {
    if (site.id() != plan.site) continue;
    play->scene.head = site.head();
    play->scene.coordinator = site.coordinator();
  }
  play->scene.plan = std::move(plan);
  play->lane = lane;
  steps_ += track.facts.size() + track.acts.size();
  play->hands_left = !track.facts.empty() + !track.acts.empty();
  play->track = std::move(track);
  if (play->hands_left > 0) ++open_;
  by_lane_.emplace(std::move(lane), plays_.size());
  plays_.push_back(std::move(play));
}

void Player::Start() {
  for (size_t i = 0; i < plays_.size(); ++i) {
    if (!plays_[i]->track.facts.empty()) intake_.Push(plays_[i]->track.facts[0].at, i);
    if (!plays_[i]->track.acts.empty()) acts_.Push(plays_[i]->track.acts[0].at, i);
  }
  threads_.emplace_back([this] { Intake(); });
  threads_.emplace_back([this] { Orders(); });
  if (!options_.scripted_agents) threads_.emplace_back([this] { WatchPeople(); });
  for (int i = 0; i < options_.agent_threads; ++i) threads_.emplace_back([this] { Agents(); });
}

void Player::Stop() {
  stopped_ = true;
  intake_.Stop();
  acts_.Stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Player::finished() const {
  if (!trouble().ok()) return true;
  return open_ == 0 && open_legs_ == 0 && ringing_ == 0 && session_->outbox().pending() == 0;
}

absl::Status Player::trouble() const {
  if (auto status = session_->courier().trouble(); !status.ok()) return status;
  if (auto status = session_->outbox().health(); !status.ok()) return status;
  absl::MutexLock lock(&const_cast<Player*>(this)->mutex_);
  return trouble_;
}

void Player::Fail(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  trouble_.Update(std::move(status));
}

double Player::progress() const { return steps_ == 0 ? 1 : static_cast<double>(steps_done_) / steps_; }

absl::Time Player::Soon() const { return session_->Now() + kLookAgain * session_->clock().speed(); }

void Player::Part(Play& play) {
  if (--play.hands_left == 0) --open_;
}

// ---- intake
// --------------------------------------------------------------------------------------------------------------------

void Player::Intake() {
  while (auto what = intake_.Pop()) {
    if (*what < plays_.size()) {
      IntakeStep(*what);
    } else {
      LegStep(*what - plays_.size());
    }
  }
}

bool Player::MayEmit(Play& play, const FactStep& step) {
  if (step.after_act < 0 || play.acts_done > step.after_act) return true;
  if (play.patient_until == absl::InfinitePast()) play.patient_until = absl::Now() + kPatience;
  return absl::Now() > play.patient_until;  // the customer has hung up; the agent was too slow
}

void Player::IntakeStep(size_t index) {
  Play& play = *plays_[index];
  const FactStep& step = play.track.facts[play.next_fact];
  if (!MayEmit(play, step)) return intake_.Push(Soon(), index);
  if (step.talk_if_accepted > absl::ZeroDuration() && play.accepted.exchange(false)) {
    // Somebody is talking: it ends later than if nobody had come.
    return intake_.Push(session_->Now() + step.talk_if_accepted, index);
  }
  const bool waited = play.patient_until != absl::InfinitePast() || step.talk_if_accepted > absl::ZeroDuration();
  play.patient_until = absl::InfinitePast();
  const absl::Time stamp = std::max(waited ? session_->Now() : step.at, play.last_stamp);
  play.last_stamp = stamp;
  if (step.fact.ended().release_party() == v1::RELEASE_PARTY_DROPPED && !play.scene.plan.withheld) {
    absl::MutexLock lock(&play.mutex);
    play.callback = Callback::kWaiting;
    play.dropped_at = stamp;
  }
  Emit(play.lane, play.scene.plan, play.scene.person, step, stamp);
  ++play.facts_out;
  ++steps_done_;
  if (++play.next_fact < play.track.facts.size()) {
    intake_.Push(std::max(play.track.facts[play.next_fact].at, stamp), index);
  } else {
    Part(play);
  }
}

void Player::LegStep(size_t index) {
  Leg leg;
  {
    absl::MutexLock lock(&mutex_);
    leg = legs_[index];
    ++legs_[index].next;
  }
  const FactStep& step = leg.facts[leg.next];
  Emit(leg.lane, leg.plan, leg.person, step, step.at);
  if (leg.next + 1 < leg.facts.size()) return intake_.Push(leg.facts[leg.next + 1].at, plays_.size() + index);
  --open_legs_;
  if (leg.play == SIZE_MAX) return;
  Play& play = *plays_[leg.play];
  absl::MutexLock lock(&play.mutex);
  play.callback = Callback::kOver;
}

void Player::Emit(const std::string& lane, const ContactPlan& plan, const Person& person, const FactStep& step,
                  absl::Time stamp) {
  const std::string identifier = plan.withheld ? "" : plan.channel == v1::CHANNEL_EMAIL ? person.email : person.phone;
  absl::Status status;
  if (step.fact.fact_case() == v1::Fact::FACT_NOT_SET) {
    v1::CreateContactRequest request;
    *request.mutable_occurred_at() = ToProto(stamp);
    request.set_channel(plan.channel);
    request.set_source(session_->options().source);
    request.set_external_id(lane);
    request.set_identifier(identifier);
    request.set_site(plan.site);
    status = session_->Report(lane, absl::StrCat(kContactService, "CreateContact"), &request).status();
  } else {
    v1::ReportContactFactRequest request;
    *request.mutable_occurred_at() = ToProto(stamp);
    request.set_source(session_->options().source);
    request.set_external_id(lane);
    request.set_identifier(identifier);
    request.set_site(plan.site);
    request.set_channel(plan.channel);
    // What the caller chose in the voice menu: the first word of the category.
    request.set_category(std::string(*absl::StrSplit(plan.category, '-').begin()));
    *request.mutable_fact() = step.fact;
    status = session_->Report(lane, kReportFact, &request).status();
  }
  if (!status.ok()) return Fail(std::move(status));
  session_->tally().Count("facts/told");
  if (step.fact.ended().release_party() != v1::RELEASE_PARTY_UNSPECIFIED && plan.agent.empty()) {
    session_->tally().Count("contacts/given up while waiting");
  }
}

void Player::Delivered(const OutboxEntry& entry, const absl::StatusOr<std::string>& reply) {
  auto it = by_lane_.find(entry.lane);
  if (it == by_lane_.end()) return;
  Play& play = *plays_[it->second];
  if (!reply.ok()) {
    absl::MutexLock lock(&play.mutex);
    if (play.contact.empty()) play.lost = true;
    return;
  }
  common::v1::CommandReply parsed;
  if (!parsed.ParseFromString(*reply) || parsed.name().empty()) return;
  {
    absl::MutexLock lock(&play.mutex);
    if (play.contact == parsed.name()) return;
    play.contact = parsed.name();
  }
  session_->tally().Count(
      absl::StrCat("contacts/", absl::AsciiStrToLower(v1::Channel_Name(play.scene.plan.channel).substr(8))));
  absl::MutexLock lock(&mutex_);
  by_contact_[parsed.name()] = it->second;
}

// ---- agents
// --------------------------------------------------------------------------------------------------------------------

void Player::Agents() {
  while (auto what = acts_.Pop()) AgentStep(*what);
}

Player::May Player::MayAct(Play& play, const Act& act, absl::Time* retry_at) {
  *retry_at = Soon();
  if (act.in_call && play.facts_out == static_cast<int>(play.track.facts.size())) return May::kSkip;
  if (act.after_fact >= 0 && play.facts_out <= act.after_fact) return May::kLater;
  if (!act.makes_contact && !session_->outbox().Idle(play.lane)) return May::kLater;
  absl::MutexLock lock(&play.mutex);
  if (play.lost) return May::kSkip;
  if (play.scene.contact.empty()) play.scene.contact = play.contact;
  if (!act.makes_contact && play.scene.contact.empty()) return May::kLater;
  if (!act.after_callback) return May::kNow;
  switch (play.callback) {
    case Callback::kNone:
      return May::kNow;
    case Callback::kTalking:
      return May::kLater;
    case Callback::kOver:
      play.scene.reached = true;
      return session_->outbox().Idle(play.lane) ? May::kNow : May::kLater;
    case Callback::kWaiting: {
      const auto& policies = session_->directory().policies();
      const absl::Time given_up = play.dropped_at + Or(policies.callback_not_after(), absl::Minutes(5)) +
                                  Or(policies.order_lease(), absl::Seconds(30));
      return session_->Now() < given_up ? May::kLater : May::kNow;
    }
  }
  return May::kNow;
}

void Player::AgentStep(size_t index) {
  Play& play = *plays_[index];
  const Act& act = play.track.acts[play.next_act];
  absl::Time retry_at;
  switch (MayAct(play, act, &retry_at)) {
    case May::kLater:
      return acts_.Push(retry_at, index);
    case May::kSkip:
      if (act.verb[0] != 0) session_->tally().Count("agents/acts left out");
      return NextAct(index, 1);
    case May::kNow:
      break;
  }
  const std::string agent = act.agent.empty() ? play.scene.owner : act.agent;
  if (!act.run) return NextAct(index, 1);
  const absl::Status status = act.run(*session_, play.scene, agent);
  if (stopped_ && !status.ok()) return;
  if (status.ok()) {
    session_->tally().Count(act.verb);
    if (!play.scene.customer.empty() && !play.customer_counted) {
      play.customer_counted = true;
      session_->tally().Count(play.scene.customer_is_new ? "customers/new" : "customers/known");
    }
    if (act.makes_contact && !play.scene.contact.empty()) {
      session_->tally().Count(
          absl::StrCat("contacts/", absl::AsciiStrToLower(v1::Channel_Name(play.scene.plan.channel).substr(8))));
    }
    play.act_patient_until = absl::InfinitePast();
    return NextAct(index, 1);
  }
  if (Judge(status) == Verdict::kHalt) return Fail(status);
  const std::string reason = ReasonOf(status);
  if (absl::IsNotFound(status) || reason == "ORDER_PENDING") {
    if (play.act_patient_until == absl::InfinitePast()) play.act_patient_until = absl::Now() + kActPatience;
    if (absl::Now() < play.act_patient_until) return acts_.Push(Soon(), index);
  }
  play.act_patient_until = absl::InfinitePast();
  session_->tally().Count(absl::StrCat("refused/", reason.empty() ? absl::StatusCodeToString(status.code()) : reason));
  // What goes on with something that did not come about is pointless.
  const bool all = act.for_ticket || act.makes_contact;
  NextAct(index, all ? play.track.acts.size() - play.next_act : 1);
}

void Player::NextAct(size_t index, size_t skip) {
  Play& play = *plays_[index];
  play.next_act += skip;
  play.acts_done += static_cast<int>(skip);
  steps_done_ += skip;
  if (play.next_act >= play.track.acts.size()) return Part(play);
  const Act& next = play.track.acts[play.next_act];
  acts_.Push(std::max(next.at, session_->Now() + next.gap), index);
}

// ---- orders
// --------------------------------------------------------------------------------------------------------------------

void Player::Orders() {
  while (!stopped_) {
    // An unreachable server: its orders wait, and so do we.
    desk_.Step().IgnoreError();
    ringing_ = desk_.ringing();
    absl::SleepFor(kOrdersEvery);
  }
}

void Player::WatchPeople() {
  std::vector<bool> taken(plays_.size());
  while (!stopped_) {
    for (size_t i = 0; i < plays_.size() && !stopped_; ++i) {
      Play& play = *plays_[i];
      const bool rings = !taken[i] && play.facts_out > 0 && play.facts_out < static_cast<int>(play.track.facts.size());
      if (!rings) continue;
      common::v1::GetRequest get;
      {
        absl::MutexLock lock(&play.mutex);
        get.set_name(play.contact);
      }
      if (get.name().empty()) continue;
      auto contact = rpc::Call<v1::Contact>(session_->operations(), absl::StrCat(kContactService, "GetContact"), get);
      if (!contact.ok() || contact->handler().empty()) continue;
      taken[i] = true;
      play.accepted = true;
      session_->tally().Count("contacts/accepted by people");
    }
    absl::SleepFor(kOrdersEvery * 4);
  }
}

absl::StatusOr<std::vector<v1::ListOrdersResponse::Entry>> Player::List() {
  std::vector<v1::ListOrdersResponse::Entry> orders;
  v1::ListOrdersRequest request;
  do {
    auto page =
        rpc::Call<v1::ListOrdersResponse>(session_->adapter(), absl::StrCat(kContactService, "ListOrders"), request);
    if (!page.ok()) return page.status();
    for (auto& entry : *page->mutable_orders()) orders.push_back(std::move(entry));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return orders;
}

absl::Status Player::Take(const std::string& contact, const std::string& order) {
  v1::TakeOrderRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(contact);
  request.set_order(order);
  return rpc::Call<common::v1::CommandReply>(session_->adapter(), absl::StrCat(kContactService, "TakeOrder"), request)
      .status();
}

absl::StatusOr<v1::OrderTarget> Player::Target(const std::string& contact, const std::string& order) {
  v1::GetOrderTargetRequest request;
  request.set_name(contact);
  request.set_order(order);
  return rpc::Call<v1::OrderTarget>(session_->adapter(), absl::StrCat(kContactService, "GetOrderTarget"), request);
}

size_t Player::PlayOf(const std::string& contact) {
  absl::MutexLock lock(&mutex_);
  auto it = by_contact_.find(contact);
  return it == by_contact_.end() ? SIZE_MAX : it->second;
}

OrderLine::Dialled Player::Dial(const std::string& contact, const v1::OrderTarget& target) {
  Random random(options_.seed, target.order());
  const absl::Duration rings = random.Seconds(4, 18);
  const size_t index = PlayOf(contact);
  if (index == SIZE_MAX || !plays_[index]->scene.plan.callback) {
    return {random.Percent(60) ? v1::ORDER_STATE_REACHED : v1::ORDER_STATE_NO_ANSWER, rings};
  }
  Play& play = *plays_[index];
  const auto& attempts = play.scene.plan.callback->attempts;
  absl::MutexLock lock(&play.mutex);
  const size_t n = play.dials++;
  return {n < attempts.size() ? attempts[n] : v1::ORDER_STATE_NO_ANSWER, rings};
}

void Player::Ended(const std::string& contact, const v1::OrderTarget& target, v1::OrderState result,
                   const std::string& call, absl::Time at) {
  session_->tally().Count(absl::StrCat("dial-backs/", result == v1::ORDER_STATE_REACHED     ? "reached"
                                                      : result == v1::ORDER_STATE_NO_ANSWER ? "no answer"
                                                      : result == v1::ORDER_STATE_TOO_LATE  ? "too late, not dialled"
                                                                                            : "busy"));
  if (result != v1::ORDER_STATE_REACHED) return;
  Leg leg;
  leg.lane = call;
  leg.play = PlayOf(contact);
  absl::Duration talk = absl::Seconds(60);
  if (leg.play == SIZE_MAX) {
    leg.person.phone = target.phone();
  } else {
    Play& play = *plays_[leg.play];
    leg.plan = play.scene.plan;
    leg.person = play.scene.person;
    if (leg.plan.callback) talk = leg.plan.callback->talk;
    absl::MutexLock lock(&play.mutex);
    play.callback = Callback::kTalking;
  }
  leg.facts = MakeCallbackLeg(target.agent(), at, talk);
  ++open_legs_;
  absl::MutexLock lock(&mutex_);
  legs_.push_back(std::move(leg));
  intake_.Push(at, plays_.size() + legs_.size() - 1);
}

}  // namespace shoujie::loadtest
