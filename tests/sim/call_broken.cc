#include "tests/sim/call_broken.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "services/router/domain/domain.h"
#include "services/router/reactions.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/sim/call_disputes.h"
#include "tests/sim/call_routing.h"
#include "tests/sim/call_steps.h"
#include "tests/sim/call_supervision.h"

namespace shoujie::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
namespace ro = router::v1;

// A ticket whose fold goes wrong in one place; everything else as it is.
class Forgetful : public StreamType {
 public:
  Forgetful(std::unique_ptr<StreamType> inner, Broken broken) : inner_(std::move(inner)), broken_(broken) {}
  absl::string_view collection() const override { return inner_->collection(); }
  std::unique_ptr<Message> NewState() const override { return inner_->NewState(); }
  std::vector<const google::protobuf::Descriptor*> commands() const override { return inner_->commands(); }
  absl::StatusOr<Address> Route(const Message& command) const override { return inner_->Route(command); }
  absl::StatusOr<std::vector<AnyDecided>> Decide(const Message& state, const Message& command,
                                                 const Context& context) const override {
    const auto* type = command.GetDescriptor();
    const bool refuses =
        type == ro::RefuseHandoffRequest::descriptor() || type == ro::ReturnHandoffRequest::descriptor();
    if (refuses && broken_ == Broken::kRefusalForgotten) {
      ro::Ticket forgetful = static_cast<const ro::Ticket&>(state);
      ForgetRefusals(&forgetful);
      return inner_->Decide(forgetful, command, context);
    }
    if (broken_ == Broken::kSupervisedTwice && type == ro::SuperviseTicketRequest::descriptor()) {
      ro::Ticket forgetful = static_cast<const ro::Ticket&>(state);
      ForgetSupervision(&forgetful);
      return inner_->Decide(forgetful, command, context);
    }
    if (broken_ == Broken::kParentFirst && Ends(command)) {
      ro::Ticket childless = static_cast<const ro::Ticket&>(state);
      for (auto& assist : *childless.mutable_assists()) assist.set_state(ro::ASSIST_STATE_DONE);
      return inner_->Decide(childless, command, context);
    }
    if (broken_ == Broken::kMergeUnchecked && command.GetDescriptor() == ro::LinkDuplicateRequest::descriptor()) {
      ro::Ticket unasked = static_cast<const ro::Ticket&>(state);
      if (unasked.state() == ro::TICKET_STATE_MERGED) unasked.set_state(ro::TICKET_STATE_ACTIVE);
      unasked.clear_merge();
      return inner_->Decide(unasked, command, context);
    }
    auto decided = inner_->Decide(state, command, context);
    if (!decided.ok() || broken_ != Broken::kBreachTwice) return decided;
    for (size_t i = 0; i < decided->size(); ++i) {
      const auto& event = static_cast<const ro::Event&>(*(*decided)[i].event);
      if (!event.has_clock_breached()) continue;
      AnyDecided again{std::make_unique<ro::Event>(event), (*decided)[i].effective_at, {}};
      decided->insert(decided->begin() + static_cast<std::ptrdiff_t>(++i), std::move(again));
    }
    return decided;
  }
  void Evolve(Message& state, const Message& event, const EventContext& at) const override {
    inner_->Evolve(state, event, at);
    auto& ticket = static_cast<ro::Ticket&>(state);
    const auto& what = static_cast<const ro::Event&>(event);
    switch (broken_) {
      case Broken::kOwnerForgotten:
        if (what.has_ownership_transferred()) ticket.clear_owner();
        return;
      case Broken::kCustodyGap:
        if (what.has_ticket_opened() && ticket.ownership_size() > 0) {
          *ticket.mutable_ownership(0)->mutable_from() += TimeUtil::SecondsToDuration(1);
        }
        return;
      case Broken::kPauseForgotten:
        if (what.has_clock_paused()) {
          ClockOf(&ticket, what.clock_paused().clock())->mutable_runs()->rbegin()->clear_to();
        }
        return;
      case Broken::kRoutedToNobody:
        if (what.handoff_offered().has_routing()) ticket.mutable_handoffs()->rbegin()->clear_responsible();
        return;
      case Broken::kCapacityForgotten:
        if (what.handoff_offered().has_routing()) GiveToWhoIsFull(&*ticket.mutable_handoffs()->rbegin());
        return;
      case Broken::kDuplicateForgotten:
        if (what.has_duplicates_changed()) ticket.clear_duplicates();
        return;
      case Broken::kReopenerOwns:
        if (what.has_ticket_reopened()) Own(&ticket, at.principal);
        return;
      case Broken::kTargetReplaced:
        if (what.has_clock_resumed()) {
          auto& target = *ClockOf(&ticket, what.clock_resumed().clock())->mutable_target();
          target.set_seconds(2 * target.seconds());
        }
        return;
      case Broken::kNothing:
      case Broken::kTicketForgotten:
      case Broken::kBreachTwice:
      case Broken::kRefusalForgotten:
      case Broken::kParentFirst:
      case Broken::kMergeUnchecked:
      case Broken::kSupervisedTwice:
        return;  // not in the fold
    }
  }
  std::vector<Timer> Timers(const Message& state) const override { return inner_->Timers(state); }
  std::vector<UniqueKey> Keys(const Message& event) const override { return inner_->Keys(event); }
  absl::Status Check(const Message& state, absl::Time until) const override { return inner_->Check(state, until); }

 private:
  static bool Ends(const Message& command) {
    return command.GetDescriptor() == ro::CloseTicketRequest::descriptor() ||
           command.GetDescriptor() == ro::CompleteHandoffRequest::descriptor();
  }
  static ro::Clock* ClockOf(ro::Ticket* ticket, uint32_t number) {
    return ticket->mutable_clocks(static_cast<int>(number) - 1);
  }
  // The agent has had it since the last custody began.
  static void Own(ro::Ticket* ticket, absl::string_view principal) {
    if (!absl::ConsumePrefix(&principal, "agents/")) return;
    const std::string who(principal);
    auto& custody = *ticket->mutable_episodes()->rbegin()->mutable_custody()->rbegin();
    *ticket->mutable_ownership()->rbegin()->mutable_to() = custody.from();
    auto& link = *ticket->add_ownership();
    link.set_owner(who);
    *link.mutable_from() = custody.from();
    custody.mutable_party()->set_id(who);
    ticket->set_owner(who);
  }

  std::unique_ptr<StreamType> inner_;
  const Broken broken_;
};

std::vector<std::unique_ptr<Message>> OverlookSome(const ForeignEvent& foreign) {
  if (TimeUtil::TimestampToMilliseconds(Stamp(foreign.at.recorded_at)) % 4 == 0) return {};
  return router::OnInteraction(foreign);
}

}  // namespace

ServiceDomain BrokenRouter(Broken broken) {
  ServiceDomain domain = router::Domain();
  domain.reactions.push_back({"interaction", std::make_shared<interaction::v1::Event>(),
                              broken == Broken::kTicketForgotten ? &OverlookSome : &router::OnInteraction});
  if (broken == Broken::kNothing || broken == Broken::kTicketForgotten) return domain;
  for (auto& type : domain.streams) {
    if (type->collection() == "tickets") type = std::make_unique<Forgetful>(std::move(type), broken);
  }
  return domain;
}

}  // namespace shoujie::testing
