#include "loadtest/switch/acts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "loadtest/switch/acts_agent.h"
#include "loadtest/switch/acts_ticket.h"
#include "services/runtime/base/time.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

constexpr absl::Duration kRing = absl::Seconds(3);

class TrackMaker {
 public:
  TrackMaker(const directory::v1::Directory& directory, const ContactPlan& plan, absl::Time ends)
      : directory_(directory), plan_(plan), ends_(ends) {}

  Track Make() {
    switch (plan_.channel) {
      case v1::CHANNEL_PHONE:
        Call();
        break;
      case v1::CHANNEL_CHAT:
        Chat();
        break;
      case v1::CHANNEL_VISIT:
        Visit();
        break;
      case v1::CHANNEL_FAX:
        Fax();
        break;
      default:
        Mail();
    }
    const bool disposed = done_at_ > absl::InfinitePast();
    if (plan_.ticket && disposed) AddTicketActs(*plan_.ticket, done_at_ + absl::Seconds(20), ends_, &track_.acts);
    return std::move(track_);
  }

 private:
  void FactAt(absl::Time at, v1::Fact fact, int after_act = -1) {
    track_.facts.push_back({at, std::move(fact), after_act});
  }
  int LastFact() const { return static_cast<int>(track_.facts.size()) - 1; }
  int LastAct() const { return static_cast<int>(track_.acts.size()) - 1; }
  Act& AddAct(Act act, absl::Time at, const std::string& agent) {
    act.at = at;
    act.agent = agent;
    track_.acts.push_back(std::move(act));
    return track_.acts.back();
  }
  Act& InCall(Act act, absl::Time at, const std::string& agent, int after_fact) {
    Act& added = AddAct(std::move(act), at, agent);
    added.in_call = true;
    added.after_fact = after_fact;
    return added;
  }

  const directory::v1::Disposition* Disposition(directory::v1::DispositionKind kind) const {
    for (const auto& row : directory_.dispositions()) {
      if (row.kind() == kind && row.source().empty()) return &row;
    }
    return nullptr;
  }

  void Call() {
    v1::Fact offered, queued, left, answered, ended;
    offered.mutable_offered()->set_group(plan_.site);
    if (!plan_.agent.empty()) offered.mutable_offered()->add_agents(plan_.agent);
    queued.mutable_queued();
    left.mutable_left_queue();
    const absl::Time picked = plan_.at + plan_.wait;
    if (plan_.wait > absl::ZeroDuration()) {
      FactAt(plan_.at, queued);
      FactAt(picked, left);
    }
    if (plan_.agent.empty()) {  // nobody was there in time
      ended.mutable_ended()->set_release_party(v1::RELEASE_PARTY_CUSTOMER);
      FactAt(picked + absl::Seconds(1), ended);
      return;
    }
    FactAt(picked, offered);
    const absl::Time talks = picked + kRing * plan_.rings;
    answered.mutable_answered()->set_agent(plan_.agent);
    answered.mutable_answered()->set_rings(plan_.rings);
    FactAt(talks, answered);
    const int taken = LastFact();
    std::string agent = plan_.agent;
    absl::Time ends = talks + plan_.talk;

    const bool matter = plan_.ending == Ending::kAnswered || plan_.ending == Ending::kTicket ||
                        plan_.ending == Ending::kDropped || plan_.ending == Ending::kOutOfScope;
    if (matter && !plan_.withheld) AddAct(act::Recognise(), talks + absl::Seconds(2), agent).after_fact = taken;
    if (plan_.rings > 5) InCall(act::Prompt(v1::PROMPT_KIND_APOLOGY_SLOW_ANSWER), talks, agent, taken);
    if (plan_.hold) Hold(talks, agent, taken);
    if (plan_.consult) {
      const absl::Time asks = talks + plan_.consult->after;
      InCall(act::StartConsult(*plan_.consult), asks, agent, taken);
      InCall(act::EndConsult(*plan_.consult), asks + plan_.consult->length, agent, taken);
    }
    if (plan_.transfer) {
      const absl::Time moves = talks + plan_.transfer->after;
      InCall(act::Transfer(*plan_.transfer), moves, agent, taken);
      v1::Fact to;
      to.mutable_answered()->set_agent(plan_.transfer->to);
      to.mutable_answered()->set_rings(1);
      FactAt(moves + kRing, to, LastAct());
      agent = plan_.transfer->to;
    }
    const int conversation = LastFact();
    if (plan_.ending == Ending::kSilent || plan_.ending == Ending::kNoisy) ends = Script(talks, agent, taken);
    if (plan_.ending == Ending::kPrivate) InCall(act::TakeMessage(), talks + plan_.talk / 2, agent, taken);
    if (matter) {
      AddAct(act::WriteRecord(), talks + (ends - talks) * 0.8, agent).after_fact = conversation;
      if (plan_.ending != Ending::kDropped) {
        InCall(act::Prompt(v1::PROMPT_KIND_CLOSING_QUESTION), talks + (ends - talks) * 0.9, agent, conversation);
      }
    }
    InCall(act::Pass(), ends, agent, conversation);
    ended.mutable_ended()->set_release_party(plan_.ending == Ending::kDropped ? v1::RELEASE_PARTY_DROPPED
                                             : plan_.agent_hangs_up           ? v1::RELEASE_PARTY_AGENT
                                                                              : v1::RELEASE_PARTY_CUSTOMER);
    FactAt(ends, ended, LastAct());
    Dispose(ends + plan_.wrap_up, agent, LastFact());
    if (plan_.ending == Ending::kPrivate) {
      AddAct(act::ConfirmMessage(), done_at_ + absl::Minutes(5), plan_.colleague).for_ticket = true;
    }
  }

  // The agent asks and announces; the switch sees the key a moment later.
  void Hold(absl::Time talks, const std::string& agent, int taken) {
    const absl::Time from = talks + plan_.hold->after;
    const absl::Time to = from + plan_.hold->length;
    InCall(act::Hold(*plan_.hold), from, agent, taken);
    v1::Fact held, resumed;
    held.mutable_held();
    resumed.mutable_resumed();
    FactAt(from + absl::Seconds(1), held, LastAct());
    FactAt(to, resumed);
    InCall(act::Resume(), to + absl::Seconds(1), agent, LastFact());
  }

  // R068-R070: the prompts of the directory, each with its wait before what comes next; one wait more than demanded,
  // since nobody counts seconds well.
  absl::Time Script(absl::Time talks, const std::string& agent, int taken) {
    const bool silent = plan_.ending == Ending::kSilent;
    const auto* row =
        Disposition(silent ? directory::v1::DISPOSITION_KIND_SILENT : directory::v1::DISPOSITION_KIND_NOISY);
    const absl::Duration wait = (row ? ToDuration(row->prompt_spacing()) : absl::Seconds(5)) + absl::Seconds(2);
    absl::Time at = talks + absl::Seconds(3);
    for (uint32_t i = 0; i < (row ? row->prompts_required() : 1); ++i, at += wait) {
      InCall(act::Prompt(silent ? v1::PROMPT_KIND_SILENCE : v1::PROMPT_KIND_NOISE), at, agent, taken).gap = wait;
    }
    InCall(act::Prompt(v1::PROMPT_KIND_ANNOUNCE_RELEASE), at, agent, taken).gap = wait;
    InCall(act::Pass(), at + wait, agent, taken).gap = wait;
    return at + wait;
  }

  void Dispose(absl::Time at, const std::string& agent, int after_fact) {
    using directory::v1::DispositionKind;
    static constexpr DispositionKind kKinds[] = {
        directory::v1::DISPOSITION_KIND_ANSWERED,     directory::v1::DISPOSITION_KIND_TICKET,
        directory::v1::DISPOSITION_KIND_SILENT,       directory::v1::DISPOSITION_KIND_NOISY,
        directory::v1::DISPOSITION_KIND_NUISANCE,     directory::v1::DISPOSITION_KIND_WRONG_NUMBER,
        directory::v1::DISPOSITION_KIND_SALES,        directory::v1::DISPOSITION_KIND_PRIVATE,
        directory::v1::DISPOSITION_KIND_OUT_OF_SCOPE, directory::v1::DISPOSITION_KIND_DROPPED,
        directory::v1::DISPOSITION_KIND_ANSWERED};
    const auto* row = Disposition(kKinds[static_cast<int>(plan_.ending)]);
    const auto* answered = Disposition(directory::v1::DISPOSITION_KIND_ANSWERED);
    const auto* wrong = Disposition(directory::v1::DISPOSITION_KIND_WRONG_NUMBER);
    const std::string id = row ? row->id() : "";
    if (plan_.corrects && wrong) {  // one key too fast, and taken back
      AddAct(act::Dispose(wrong->id(), ""), at, agent).after_fact = after_fact;
      AddAct(act::Undo(), at + absl::Seconds(10), agent).after_fact = after_fact;
      at += absl::Seconds(20);
    }
    Act& act = AddAct(act::Dispose(id, answered ? answered->id() : id), at, agent);
    act.after_fact = after_fact;
    act.after_callback = plan_.ending == Ending::kDropped;
    done_at_ = at;
  }

  // Channels that an adapter reports: the contact is created, then somebody takes it.
  void Created(absl::Time at) { track_.facts.push_back({at, v1::Fact(), -1}); }

  void Chat() {
    Created(plan_.at);
    if (plan_.agent.empty()) return;
    const absl::Time talks = plan_.at + plan_.wait + absl::Seconds(2);
    AddAct(act::Accept(), talks, plan_.agent);
    AddAct(act::Recognise(), talks + absl::Seconds(2), plan_.agent);
    AddAct(act::WriteRecord(), talks + plan_.talk * 0.8, plan_.agent);
    AddAct(act::End(v1::RELEASE_PARTY_CUSTOMER), talks + plan_.talk, plan_.agent);
    Dispose(talks + plan_.talk + plan_.wrap_up, plan_.agent, LastFact());
  }

  void Mail() {
    Created(plan_.at);
    if (plan_.agent.empty()) return;
    const absl::Time opens = plan_.at + plan_.wait;
    if (opens > ends_) return;  // tomorrow's
    if (!plan_.designated.empty()) {
      AddAct(act::Designate(plan_.designated), plan_.at + plan_.wait * 0.3, HeadOf(plan_.site));
    }
    AddAct(act::Open(), opens, plan_.agent);
    AddAct(act::Recognise(), opens + absl::Seconds(2), plan_.agent);
    AddAct(act::WriteRecord(), opens + plan_.talk * 0.8, plan_.agent);
    Dispose(opens + plan_.talk + plan_.wrap_up, plan_.agent, LastFact());
  }

  void Fax() {
    if (plan_.agent.empty()) return;
    AddAct(act::Create(), plan_.at, plan_.agent).makes_contact = true;
    AddAct(act::Open(), plan_.at + absl::Seconds(30), plan_.agent);
    AddAct(act::WriteRecord(), plan_.at + plan_.talk, plan_.agent);
    Dispose(plan_.at + plan_.talk + plan_.wrap_up + absl::Seconds(30), plan_.agent, -1);
  }

  void Visit() {
    if (plan_.agent.empty()) return;
    AddAct(act::Create(), plan_.at, plan_.agent).makes_contact = true;
    AddAct(act::Greet(), plan_.at + absl::Seconds(plan_.rings * 15), plan_.agent);
    const absl::Time talks = plan_.at + plan_.wait + absl::Seconds(60);
    AddAct(act::Accept(), talks, plan_.agent);
    AddAct(act::Recognise(), talks + absl::Seconds(2), plan_.agent);
    AddAct(act::WriteRecord(), talks + plan_.talk * 0.8, plan_.agent);
    AddAct(act::End(v1::RELEASE_PARTY_CUSTOMER), talks + plan_.talk, plan_.agent);
    Dispose(talks + plan_.talk + plan_.wrap_up, plan_.agent, -1);
  }

  std::string HeadOf(const std::string& id) const {
    for (const auto& site : directory_.sites()) {
      if (site.id() == id) return site.head();
    }
    return "";
  }

  const directory::v1::Directory& directory_;
  const ContactPlan& plan_;
  const absl::Time ends_;
  absl::Time done_at_ = absl::InfinitePast();  // its disposition
  Track track_;
};

}  // namespace

Track MakeTrack(const directory::v1::Directory& directory, const ContactPlan& plan, absl::Time ends) {
  return TrackMaker(directory, plan, ends).Make();
}

Track MakeUnmanned(const ContactPlan& plan) {
  Track track;
  v1::Fact offered, ended;
  switch (plan.channel) {
    case v1::CHANNEL_PHONE:
      offered.mutable_offered()->set_group(plan.site);
      ended.mutable_ended()->set_release_party(v1::RELEASE_PARTY_CUSTOMER);
      track.facts.push_back({plan.at, offered});
      track.facts.push_back({plan.at + absl::Minutes(2), ended, -1, std::max(plan.talk, absl::Minutes(1))});
      break;
    case v1::CHANNEL_FAX:
    case v1::CHANNEL_VISIT:
      break;  // whoever receives them notes them
    default:
      track.facts.push_back({plan.at, v1::Fact()});
  }
  return track;
}

std::vector<FactStep> MakeCallbackLeg(const std::string& agent, absl::Time at, absl::Duration talk) {
  v1::Fact answered, ended;
  answered.mutable_answered()->set_agent(agent);
  ended.mutable_ended()->set_release_party(v1::RELEASE_PARTY_CUSTOMER);
  return {{at, answered, -1}, {at + talk, ended, -1}};
}

}  // namespace shoujie::loadtest
