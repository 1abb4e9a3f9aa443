#include "services/router/customer_view.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/router/feed.h"
#include "services/runtime/base/time.h"
#include "services/runtime/reference.h"

namespace shoujie::router {
namespace {

constexpr char kTime[] = "%Y-%m-%d %H:%M";

struct Words {
  const char* en;
  const char* zh;
};

Words Of(v1::CustomerStep step) {
  switch (step) {
    case v1::CUSTOMER_STEP_RECEIVED:
      return {"We have received your matter.", "您的事项已受理。"};
    case v1::CUSTOMER_STEP_WORK_BEGUN:
      return {"A specialist has begun to work on it.", "专业人员已开始处理。"};
    case v1::CUSTOMER_STEP_WORK_DONE:
      return {"The specialist's work is done.", "专业人员已处理完成。"};
    case v1::CUSTOMER_STEP_QUESTION_ASKED:
      return {"We have asked you something and need your answer.", "我们有问题需要您答复。"};
    case v1::CUSTOMER_STEP_ANSWER_RECEIVED:
      return {"We have your answer and go on.", "已收到您的答复，继续处理。"};
    case v1::CUSTOMER_STEP_MORE_TIME:
      return {"It needs more time than we thought.", "处理所需时间比预计的长。"};
    case v1::CUSTOMER_STEP_CLOSED:
      return {"Your matter has been closed.", "您的事项已办结。"};
    case v1::CUSTOMER_STEP_REOPENED:
      return {"We work on your matter again.", "您的事项已重新受理。"};
    default:
      return {"", ""};
  }
}

const v1::Clock* RunningResolveClock(const v1::Ticket& ticket) {
  for (const auto& clock : ticket.clocks()) {
    if (clock.kind() == directory::v1::CLOCK_KIND_RESOLVE && !clock.has_ended()) return &clock;
  }
  return nullptr;
}

std::vector<v1::CustomerChange> ChangesOf(const v1::Ticket& ticket) {
  std::vector<v1::CustomerChange> changes;
  const auto add = [&](v1::CustomerStep step, const google::protobuf::Timestamp& at) -> v1::CustomerChange& {
    auto& change = changes.emplace_back();
    change.set_step(step);
    *change.mutable_at() = at;
    change.set_en(Of(step).en);
    change.set_zh(Of(step).zh);
    return change;
  };
  // Changes of one instant stay in the order in which they are told here.
  for (const auto& episode : ticket.episodes()) {
    add(episode.number() == 1 ? v1::CUSTOMER_STEP_RECEIVED : v1::CUSTOMER_STEP_REOPENED, episode.opened());
    for (const auto& handoff : ticket.handoffs()) {
      if (handoff.episode() != episode.number()) continue;
      if (handoff.has_signed_()) add(v1::CUSTOMER_STEP_WORK_BEGUN, handoff.signed_());
      if (handoff.state() == v1::HANDOFF_STATE_DONE) add(v1::CUSTOMER_STEP_WORK_DONE, handoff.ended());
    }
    for (const auto& pause : episode.pauses()) {
      add(v1::CUSTOMER_STEP_QUESTION_ASKED, pause.from());
      if (pause.has_to()) add(v1::CUSTOMER_STEP_ANSWER_RECEIVED, pause.to());
    }
    for (const auto& clock : ticket.clocks()) {
      if (clock.kind() != directory::v1::CLOCK_KIND_RESOLVE || clock.episode() != episode.number()) continue;
      for (const auto& extension : clock.extensions()) {
        if (!extension.approved()) continue;
        *add(v1::CUSTOMER_STEP_MORE_TIME, extension.answered()).mutable_put_off() = extension.time();
      }
    }
    if (episode.has_closed()) add(v1::CUSTOMER_STEP_CLOSED, episode.closed());
  }
  std::stable_sort(changes.begin(), changes.end(), [](const v1::CustomerChange& a, const v1::CustomerChange& b) {
    return FromProto(a.at()) < FromProto(b.at());
  });
  return changes;
}

// By when, if anybody has said so and that has not passed.
void SetEta(const v1::Ticket& ticket, absl::Time now, v1::CustomerView* view) {
  if (IsOver(ticket) || IsMerged(ticket) || ticket.has_awaiting_since() ||
      ticket.state() == v1::TICKET_STATE_AWAITING_CUSTOMER)
    return;
  if (const auto* clock = RunningResolveClock(ticket)) {
    const bool ahead = clock->dates().has_due() && FromProto(clock->dates().due()) > now;
    if (ahead && clock->verdict() != v1::CLOCK_VERDICT_BREACHED) {
      *view->mutable_eta() = clock->dates().due();
      view->set_eta_basis(v1::ETA_BASIS_RESOLVE_CLOCK);
      return;
    }
    view->set_late(clock->dates().has_due() || clock->verdict() == v1::CLOCK_VERDICT_BREACHED);
  }
  const auto* handoff = ActiveHandoff(ticket);
  if (handoff != nullptr && handoff->has_deadline() && FromProto(handoff->deadline()) > now) {
    *view->mutable_eta() = handoff->deadline();
    view->set_eta_basis(v1::ETA_BASIS_DEPARTMENT_DEADLINE);
  }
}

Words StageWords(v1::CustomerStage stage) {
  switch (stage) {
    case v1::CUSTOMER_STAGE_RECEIVED:
      return Of(v1::CUSTOMER_STEP_RECEIVED);
    case v1::CUSTOMER_STAGE_WAITING_FOR_CUSTOMER:
      return {"We need your answer to go on.", "需要您的答复才能继续处理。"};
    case v1::CUSTOMER_STAGE_RESOLVED:
      return {"Your matter has been solved.", "您的事项已解决。"};
    case v1::CUSTOMER_STAGE_CLOSED:
      return Of(v1::CUSTOMER_STEP_CLOSED);
    default:
      return {"Your matter is being worked on.", "您的事项正在处理中。"};
  }
}

}  // namespace

v1::CustomerView ViewOf(const v1::Ticket& ticket, absl::Time now, const absl::TimeZone& zone) {
  v1::CustomerView view;
  view.set_ticket(ticket.name());
  // A department's hand-off hides from the state that the customer was asked; he is waited for all the same.
  view.set_stage(ticket.has_awaiting_since() && !IsOver(ticket) ? v1::CUSTOMER_STAGE_WAITING_FOR_CUSTOMER
                                                                : StageOf(ticket.state()));
  view.set_time_zone(zone.name());
  SetEta(ticket, now, &view);
  for (auto& change : ChangesOf(ticket)) *view.add_changes() = std::move(change);
  if (!view.changes().empty()) *view.mutable_since() = view.changes(view.changes_size() - 1).at();

  if (IsMerged(ticket)) {
    view.set_en(absl::StrCat("Your matter goes on together with another one: ", ticket.merge().into(), "."));
    view.set_zh(absl::StrCat("您的事项已与另一事项合并处理：", ticket.merge().into(), "。"));
    return view;
  }
  const Words words = StageWords(view.stage());
  view.set_en(words.en);
  view.set_zh(words.zh);
  if (view.late()) {
    absl::StrAppend(view.mutable_en(), " It takes longer than we said.");
    absl::StrAppend(view.mutable_zh(), "处理时间已超出预计。");
  }
  if (view.has_eta()) {
    const std::string when = absl::FormatTime(kTime, FromProto(view.eta()), zone);
    absl::StrAppend(view.mutable_en(), " We expect it to be done by ", when, ".");
    absl::StrAppend(view.mutable_zh(), "预计 ", when, " 前完成。");
  }
  return view;
}

absl::Status GetCustomerView(const v1::GetCustomerViewRequest& request, v1::CustomerView* response,
                             const QueryContext& context) {
  v1::Ticket ticket;
  if (auto status = context.get(request.name(), &ticket); !status.ok()) return status;
  absl::TimeZone zone = absl::UTCTimeZone();
  if (const auto* site = context.reference.site(ticket.site()); site != nullptr) {
    absl::LoadTimeZone(site->time_zone(), &zone);
  }
  *response = ViewOf(ticket, context.now, zone);
  return absl::OkStatus();
}

}  // namespace shoujie::router
