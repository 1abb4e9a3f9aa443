#include "services/router/domain/assists.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/error.h"

namespace shoujie::router {
namespace {

std::string TimerOf(const v1::Assist& assist) { return absl::StrCat("assist/", assist.number()); }

}  // namespace

bool IsOpen(const v1::Assist& assist) {
  return assist.state() == v1::ASSIST_STATE_OFFERED || assist.state() == v1::ASSIST_STATE_SIGNED;
}

const v1::Assist* OpenAssistOf(const v1::Ticket& ticket, absl::string_view department) {
  for (const auto& assist : ticket.assists()) {
    if (IsOpen(assist) && assist.department() == department) return &assist;
  }
  return nullptr;
}

absl::Status RequireNoAssists(const v1::Ticket& ticket) {
  std::string open;
  for (const auto& assist : ticket.assists()) {
    if (IsOpen(assist)) absl::StrAppend(&open, open.empty() ? "" : ", ", assist.number(), " ", assist.department());
  }
  if (open.empty()) return absl::OkStatus();
  return Refused("ASSISTS_OPEN",
                 "Departments that assist have not finished. Wait for their results, or withdraw what is not needed "
                 "any more.",
                 "尚有协办未办结：请等待协办部门反馈，或撤回不再需要的协办。",
                 {{"assists", open}, {"ticket", ticket.name()}});
}

void AddAssistTimers(const v1::Ticket& ticket, std::vector<Timer>* timers) {
  for (const auto& assist : ticket.assists()) {
    if (IsOpen(assist) && !assist.overdue()) timers->push_back({TimerOf(assist), FromProto(assist.deadline())});
  }
}

std::vector<Decided<v1::Event>> DecideAssistTimer(const v1::Ticket& ticket, const std::string& timer) {
  for (const auto& assist : ticket.assists()) {
    if (timer != TimerOf(assist)) continue;
    v1::Event event;
    auto& overdue = *event.mutable_assist_overdue();
    overdue.set_assist(assist.number());
    overdue.set_department(assist.department());
    *overdue.mutable_deadline() = assist.deadline();
    return One(std::move(event));
  }
  return {};
}

}  // namespace shoujie::router
