#include "tests/sim/flow_workload.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/directory/sample.h"
#include "services/interaction/domain/domain.h"
#include "services/router/domain/domain.h"
#include "services/router/domain/explain.h"
#include "services/router/reactions.h"
#include "services/runtime/base/error.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/router/v1/events.pb.h"

namespace shoujie::testing {
namespace {

using google::protobuf::Message;
namespace in = interaction::v1;
namespace ro = router::v1;

constexpr size_t kLive = 8;  // more than the world has commands under way

class ReopenerOwns : public StreamType {
 public:
  explicit ReopenerOwns(std::unique_ptr<StreamType> inner) : inner_(std::move(inner)) {}
  absl::string_view collection() const override { return inner_->collection(); }
  std::unique_ptr<Message> NewState() const override { return inner_->NewState(); }
  std::vector<const google::protobuf::Descriptor*> commands() const override { return inner_->commands(); }
  absl::StatusOr<Address> Route(const Message& command) const override { return inner_->Route(command); }
  absl::StatusOr<std::vector<AnyDecided>> Decide(const Message& state, const Message& command,
                                                 const Context& context) const override {
    return inner_->Decide(state, command, context);
  }
  void Evolve(Message& state, const Message& event, const EventContext& at) const override {
    inner_->Evolve(state, event, at);
    if (!static_cast<const ro::Event&>(event).has_ticket_reopened() || !absl::StartsWith(at.principal, "agents/")) {
      return;
    }
    auto& ticket = static_cast<ro::Ticket&>(state);
    const std::string who(at.principal.substr(7));
    auto& custody = *ticket.mutable_episodes()->rbegin()->mutable_custody()->rbegin();
    *ticket.mutable_ownership()->rbegin()->mutable_to() = custody.from();
    auto& link = *ticket.add_ownership();
    link.set_owner(who);
    *link.mutable_from() = custody.from();
    custody.mutable_party()->set_id(who);
    ticket.set_owner(who);
  }
  std::vector<Timer> Timers(const Message& state) const override { return inner_->Timers(state); }
  std::vector<UniqueKey> Keys(const Message& event) const override { return inner_->Keys(event); }
  absl::Status Check(const Message& state, absl::Time until) const override { return inner_->Check(state, until); }

 private:
  std::unique_ptr<StreamType> inner_;
};

Principal PrincipalOf(const std::string& who) {
  const Right right = absl::StartsWith(who, "agents/") ? Right::kAgent : Right::kFacts;
  return {who, static_cast<uint32_t>(right)};
}

// Of a machine that has not seen the reaction, or the first directory, yet.
bool IsEarly(absl::string_view reason) {
  static constexpr absl::string_view kEarly[] = {"TICKET_NOT_FOUND", "AGENT_UNKNOWN", "DISPOSITION_UNKNOWN",
                                                 "DEPARTMENT_UNKNOWN", "CATEGORY_UNKNOWN"};
  return std::find(std::begin(kEarly), std::end(kEarly), reason) != std::end(kEarly);
}

}  // namespace

FlowWorkload::FlowWorkload(bool reopener_owns) : interaction_(interaction::Domain()), router_(router::Domain()) {
  router_.reactions.push_back({"interaction", std::make_shared<in::Event>(), &router::OnInteraction});
  for (auto& type : router_.streams) {
    if (reopener_owns && type->collection() == "tickets") type = std::make_unique<ReopenerOwns>(std::move(type));
  }
}

// The sample, whose departments may refuse whatever time passes; each version has one of the two policies.
directory::v1::Directory FlowWorkload::Directory(sim::Random& random) {
  auto directory = flows::WithComplaints(directory::SampleDirectory(),
                                         random.Chance(500) ? flows::kComplaintTarget : flows::kComplaintLater);
  for (auto& department : *directory.mutable_departments()) {
    *department.mutable_refuse_window() = google::protobuf::util::TimeUtil::HoursToDuration(24 * 60);
  }
  directory.add_features()->set_name("clocks");
  auto version = directory;
  version.set_version(versions_.size() + 1);
  versions_.push_back(std::make_unique<Reference>(std::move(version)));
  return directory;
}

sim::Intent FlowWorkload::Next(sim::Random& random, absl::Time now) {
  std::vector<size_t> free;
  for (const size_t i : live_) {
    if (!all_[i].busy) free.push_back(i);
  }
  if (free.empty() || live_.size() < kLive) {
    Played& played = all_.emplace_back();
    const uint64_t number = all_.size();
    if (random.Chance(600)) {
      played.flow = flows::NewRework(number);
    } else {
      played.flow = flows::NewPausedClock(number, absl::Minutes(random.Between(0, 120)));
    }
    live_.push_back(all_.size() - 1);
    free = {all_.size() - 1};
  }
  sim::Intent intent;
  intent.tag = random.Pick(free);
  Played& played = all_[intent.tag];
  flows::Step step = played.flow->Next(now);
  while (step.publishes) {  // versions come by themselves here
    played.flow->Done({});
    step = played.flow->Next(now);
  }
  intent.service = absl::StartsWith(step.request->GetDescriptor()->full_name(), "shoujie.router.") ? 1 : 0;
  intent.principal = PrincipalOf(step.who);
  intent.request = std::move(step.request);
  played.refused = step.refused;
  played.already = step.already;
  played.busy = true;
  return intent;
}

void FlowWorkload::Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) {
  Played& played = all_[intent.tag];
  played.busy = false;
  const std::string reason = answer.ok() ? "" : ReasonOf(answer.status());
  if (IsEarly(reason)) {
    played.doubtful = true;  // once more
    return;
  }
  if (reason != played.refused && !(played.doubtful && reason == played.already)) {
    wrong_.push_back(absl::StrCat("F ", played.flow->name(), ", step ", played.flow->done(), ": ",
                                  answer.ok() ? "was done" : answer.status().ToString()));
  }
  played.doubtful = false;
  played.flow->Done(answer.ok() ? *answer : common::v1::CommandReply());
  if (!played.flow->over()) return;
  ++over_;
  live_.erase(std::find(live_.begin(), live_.end(), intent.tag));
}

std::vector<std::string> FlowWorkload::CheckFlow(const Played& played, const ro::Ticket* ticket, absl::Time now) const {
  const flows::Flow& flow = *played.flow;
  if (ticket == nullptr) {
    if (flow.done() < flow.opened_by()) return {};
    return {absl::StrCat(flow.name(), ": there is no ", flow.ticket())};
  }
  std::vector<std::string> wrong = flow.Check(*ticket, flow.done(), now);
  // Refused, or so the client was told, and done.
  if (!wrong.empty() && played.doubtful && flow.Check(*ticket, flow.done() + 1, now).empty()) return {};
  return wrong;
}

void FlowWorkload::CheckVerdicts(const ro::Ticket& ticket, absl::Time now, std::vector<std::string>* wrong) const {
  for (const auto& clock : ticket.clocks()) {
    if (clock.verdict() == ro::CLOCK_VERDICT_UNSPECIFIED) continue;
    const auto would = router::JudgeBy(ticket, clock, now, *versions_[clock.directory_version() - 1]);
    if (would.policy != nullptr && would.verdict == clock.verdict()) continue;
    wrong->push_back(absl::StrCat("F ", ticket.name(), ": clock ", clock.number(), " was judged ",
                                  ro::ClockVerdict_Name(clock.verdict()), " and is explained as ",
                                  ro::ClockVerdict_Name(would.verdict)));
  }
}

std::vector<std::string> FlowWorkload::Check(const sim::States& states, absl::Time now) const {
  std::vector<std::string> wrong = wrong_;
  std::map<std::string, ro::Ticket> tickets;
  states.ForEach(1, [&](const std::string& stream, const rows::StateValue& value) {
    ro::Ticket& ticket = tickets[stream];
    if (!ticket.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    CheckVerdicts(ticket, now, &wrong);
  });
  size_t found = 0;
  for (const Played& played : all_) {
    const auto it = tickets.find(played.flow->ticket());
    found += it != tickets.end();
    for (const std::string& what : CheckFlow(played, it == tickets.end() ? nullptr : &it->second, now)) {
      wrong.push_back(absl::StrCat("F ", what));
    }
  }
  if (found != tickets.size()) {
    wrong.push_back(absl::StrCat("F ", tickets.size(), " tickets, of which ", found, " belong to a flow"));
  }
  states.ForEach(0, [&](const std::string& stream, const rows::StateValue& value) {
    in::Contact contact;
    if (!absl::StartsWith(stream, "contacts/")) return;
    if (!contact.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    if (contact.ticket().empty() || tickets.count(contact.ticket()) > 0) return;
    wrong.push_back(absl::StrCat("F ", stream, " needed ", contact.ticket(), " and has none"));
  });
  return wrong;
}

}  // namespace shoujie::testing
