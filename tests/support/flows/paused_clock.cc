// Flow 3 of the domain page, as far as tickets go.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/support/flows/flow.h"

namespace shoujie::flows {
namespace {

namespace in = interaction::v1;
namespace ro = router::v1;

const ro::Clock* ResolveClock(const ro::Ticket& ticket) {
  for (const auto& clock : ticket.clocks()) {
    if (clock.kind() == directory::v1::CLOCK_KIND_RESOLVE) return &clock;
  }
  return nullptr;
}

class PausedClock : public Flow {
 public:
  PausedClock(uint64_t number, absl::Duration called, Cast who) : Flow("paused", number, std::move(who)) {
    Say("complaints have two hours", "operators/first").step.publishes = kComplaintTarget;
    Answered(0, cast().agent, called);
    Say<in::DisposeContactRequest>("a complaint goes on as a ticket", "agents/" + cast().agent,
                                   [this](in::DisposeContactRequest& dispose, absl::Time) {
                                     dispose.set_name(contact(0));
                                     dispose.set_disposition("ticket");
                                     dispose.set_gist("it came damaged");
                                     dispose.mutable_record()->set_anonymous(true);
                                     dispose.mutable_record()->set_type(in::MATTER_TYPE_COMPLAINT);
                                     dispose.mutable_record()->set_category("complaint-damaged");
                                   });
    OpensHere();
    Offer("warehouse");
    Sign(cast().storekeeper, "warehouse");
    Act<ro::AwaitCustomerRequest>("the warehouse waits for a photo", cast().storekeeper,
                                  [](auto& wait, absl::Time) { wait.set_reason("a photo of the damage"); });
    awaited_ = steps();
    Say("another policy is published meanwhile", "operators/first").step.publishes = kComplaintLater;
    Act<ro::AwaitCustomerRequest>("nobody waits twice", cast().agent, [](auto& wait, absl::Time) {
      wait.set_reason("a photo of the damage");
    }).step.refused = "ALREADY_WAITING";
    Act<ro::EndWaitRequest>("a colleague takes the customer's answer", cast().colleague,
                            [](auto& end, absl::Time) { end.set_note("the photo has come"); });
    answered_ = steps();
    Act<ro::ReportProgressRequest>("the warehouse has sent another one, too late", cast().storekeeper,
                                   [](auto& progress, absl::Time) { progress.set_text("sent"); })
        .step.after = [](const ro::Ticket& ticket) {
      const ro::Clock* clock = ResolveClock(ticket);
      return clock != nullptr && clock->verdict() == ro::CLOCK_VERDICT_BREACHED;
    };
    Complete(cast().storekeeper);
    Told(1, /*satisfied=*/true);
    Close(1);
  }

 private:
  void CheckMore(const ro::Ticket& ticket, size_t done, std::vector<std::string>* wrong) const override {
    const auto need = [&](bool holds, const char* what) {
      if (!holds) wrong->push_back(absl::StrCat(name(), ": ", what));
    };
    const ro::Clock* clock = ResolveClock(ticket);
    if (clock == nullptr) return need(false, "no clock resolves the complaint");
    const absl::Duration target = ToDuration(clock->target());
    need(target == kComplaintTarget || target == kComplaintLater, "the target is of neither policy");
    need(clock->judged() <= 1, "judged more than once");
    const auto& pauses = ticket.episodes(0).pauses();
    need(pauses.size() == (done >= awaited_ ? 1 : 0) && ticket.waits() == static_cast<uint32_t>(pauses.size()),
         "the customer was awaited once");
    if (pauses.empty()) return;
    need(pauses[0].has_to() == (done >= answered_), "the customer is awaited until somebody takes his answer");
    // Judged before the pause, or by what was left after it: to the millisecond.
    if (!clock->has_breached()) return;
    const absl::Time due = ToTime(clock->breached()), from = ToTime(pauses[0].from());
    const absl::Time plain = ToTime(clock->started()) + target;
    if (due <= from) return need(due == plain, "breached before the pause, and not when the time was over");
    need(pauses[0].has_to() && due == plain + (ToTime(pauses[0].to()) - from), "the pause counted");
  }

  size_t awaited_ = 0, answered_ = 0;  // steps by which the wait has begun, has ended
};

}  // namespace

std::unique_ptr<Flow> NewPausedClock(uint64_t number, absl::Duration called, Cast cast) {
  return std::make_unique<PausedClock>(number, called, std::move(cast));
}

directory::v1::Directory WithComplaints(directory::v1::Directory directory, absl::Duration target) {
  auto* policies = directory.mutable_sla_policies();
  policies->erase(std::remove_if(policies->begin(), policies->end(),
                                 [](const auto& policy) {
                                   return std::find(policy.categories().begin(), policy.categories().end(),
                                                    "complaint") != policy.categories().end();
                                 }),
                  policies->end());
  auto* policy = policies->Add();
  policy->set_id("complaint");
  policy->add_categories("complaint");
  auto* clock = policy->add_targets();
  clock->set_kind(directory::v1::CLOCK_KIND_RESOLVE);
  *clock->mutable_target() = ToProto(target);
  clock->set_calendar(directory::v1::CLOCK_CALENDAR_ALWAYS);
  clock->add_warn_percent(75);
  // First: the row that matches everything is behind it.
  for (int i = policies->size() - 1; i > 0; --i) policies->SwapElements(i, i - 1);
  return directory;
}

}  // namespace shoujie::flows
