#include "tests/sim/flow_workload.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/directory/sample.h"
#include "services/interaction/domain/domain.h"
#include "services/router/domain/explain.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/contact.pb.h"

namespace shoujie::testing {
namespace {

namespace in = interaction::v1;
namespace ro = router::v1;

constexpr size_t kRouter = 1;  // index into the domains
// Longer than any time that a run lets pass.
constexpr absl::Duration kRefuseWindow = absl::Hours(24 * 60);

Principal PrincipalOf(const std::string& who) {
  const Right right = absl::StartsWith(who, "agents/") ? Right::kAgent : Right::kFacts;
  return {who, static_cast<uint32_t>(right)};
}

}  // namespace

FlowWorkload::FlowWorkload(Broken broken) : interaction_(interaction::Domain()), router_(BrokenRouter(broken)) {}

// The sample, whose departments may refuse whatever time has passed, with one of the two policies for complaints: the
// one that a step publishes, or any if versions come by themselves.
directory::v1::Directory FlowWorkload::Directory(sim::Random& random) {
  const absl::Duration any = random.Chance(500) ? flows::kComplaintTarget : flows::kComplaintLater;
  auto directory =
      flows::WithComplaints(directory::SampleDirectory(), std::exchange(publishes_, std::nullopt).value_or(any));
  for (auto& department : *directory.mutable_departments()) {
    *department.mutable_refuse_window() = ToProto(kRefuseWindow);
  }
  directory.add_features()->set_name("clocks");
  auto version = directory;
  version.set_version(versions_.size() + 1);
  versions_.push_back(std::make_unique<Reference>(std::move(version)));
  return directory;
}

// Complaints are of some minutes ago, or so late that little of their time is left to be lived through.
void FlowWorkload::Begin(sim::Random& random, size_t lane) {
  Played& played = all_.emplace_back();
  played.lane = lane;
  lanes_[lane] = &played;
  const uint64_t number = all_.size();
  if (!PausesClocks(lane)) {
    played.flow = flows::NewRework(number);
    return;
  }
  const absl::Duration called = random.Chance(500) ? absl::Minutes(random.Below(120))
                                                   : flows::kComplaintTarget - absl::Seconds(random.Below(120));
  played.flow = flows::NewPausedClock(number, called);
}

sim::Intent FlowWorkload::Next(sim::Random& random, absl::Time now) {
  sim::Intent intent;
  std::vector<size_t> free;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (lanes_[lane] == nullptr || !lanes_[lane]->busy) free.push_back(lane);
  }
  if (free.empty()) return intent;  // all wait for their answers
  const size_t lane = random.Pick(free);
  if (lanes_[lane] == nullptr) Begin(random, lane);
  Played& played = *lanes_[lane];
  flows::Step step = played.flow->Next(now);
  if (step.publishes) {
    publishes_ = step.publishes;
    intent.publishes = true;
    played.flow->Done({});
    return intent;
  }
  if (played.flow->done() + 1 == played.flow->opened_by()) played.versions_asked = versions_.size();
  intent.service = absl::StartsWith(step.request->GetDescriptor()->full_name(), "shoujie.router.") ? kRouter : 0;
  intent.principal = PrincipalOf(step.who);
  intent.request = std::move(step.request);
  intent.tag = lane;
  intent.certain = true;
  played.refused = step.refused;
  played.busy = true;
  return intent;
}

void FlowWorkload::Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) {
  Played& played = *lanes_[intent.tag];
  played.busy = false;
  const std::string reason = answer.ok() ? "" : ReasonOf(answer.status());
  // The reaction that makes the ticket is still to come: asked for once more, as another command.
  if (reason == "TICKET_NOT_FOUND" && played.versions_known == 0) return;
  if (intent.service == kRouter && played.versions_known == 0) played.versions_known = versions_.size();
  if (reason != played.refused) {
    wrong_.push_back(absl::StrCat("F ", played.flow->name(), ", step ", played.flow->done(), ": ",
                                  answer.ok() ? "was done" : answer.status().ToString()));
  }
  played.flow->Done(answer.ok() ? *answer : common::v1::CommandReply());
  if (!played.flow->over()) return;
  ++over_[PausesClocks(played.lane) ? kPausedClock : kRework];
  lanes_[intent.tag] = nullptr;
}

std::vector<std::string> FlowWorkload::CheckFlow(const Played& played, const ro::Ticket* ticket, absl::Time now) const {
  const flows::Flow& flow = *played.flow;
  if (ticket == nullptr) {
    if (flow.done() < flow.opened_by()) return {};
    return {absl::StrCat(flow.name(), ": there is no ", flow.ticket())};
  }
  std::vector<std::string> wrong = flow.Check(*ticket, flow.done(), now);
  for (const auto& clock : ticket->clocks()) {
    const bool first = clock.kind() == directory::v1::CLOCK_KIND_RESOLVE && clock.episode() == 1;
    if (!first || played.versions_known == 0) continue;
    const uint64_t version = clock.directory_version();
    if (version >= played.versions_asked && version <= played.versions_known) continue;
    wrong.push_back(absl::StrCat(flow.name(), ": clock ", clock.number(), " goes by version ", version,
                                 ", and it began with one of ", played.versions_asked, " … ", played.versions_known));
  }
  return wrong;
}

void FlowWorkload::CheckClocks(const ro::Ticket& ticket, absl::Time now, std::vector<std::string>* wrong) const {
  const auto said = [&](const ro::Clock& clock, const auto&... what) {
    wrong->push_back(absl::StrCat("F ", ticket.name(), ": clock ", clock.number(), " ", what...));
  };
  for (const auto& clock : ticket.clocks()) {
    if (clock.directory_version() == 0 || clock.directory_version() > versions_.size()) {
      said(clock, "goes by a version that nobody published");
      continue;
    }
    const auto would = router::JudgeBy(ticket, clock, now, *versions_[clock.directory_version() - 1]);
    if (would.policy == nullptr || would.target != ToDuration(clock.target())) {
      said(clock, "has a target of ", absl::FormatDuration(ToDuration(clock.target())), ", its version has ",
           absl::FormatDuration(would.target));
    }
    if (clock.verdict() == ro::CLOCK_VERDICT_UNSPECIFIED || would.verdict == clock.verdict()) continue;
    said(clock, "was judged ", ro::ClockVerdict_Name(clock.verdict()), " and is explained as ",
         ro::ClockVerdict_Name(would.verdict));
  }
}

std::vector<std::string> FlowWorkload::Check(const sim::States& states, absl::Time now) const {
  std::vector<std::string> wrong = wrong_;
  std::map<std::string, ro::Ticket> tickets;
  states.ForEach(kRouter, [&](const std::string& stream, const rows::StateValue& value) {
    ro::Ticket& ticket = tickets[stream];
    if (!ticket.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    CheckClocks(ticket, now, &wrong);
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
