#include "services/router/assist_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/router/domain/times.h"
#include "services/router/projection.h"
#include "services/router/supervision_rows.h"

namespace shoujie::router {
namespace {

v1::RowAssist* FindAssist(v1::TicketRow& row, uint32_t number) {
  for (auto& assist : *row.mutable_assists()) {
    if (assist.number() == number) return &assist;
  }
  return nullptr;
}

void Begin(v1::TicketRow& row, const v1::AssistRequested& e) {
  auto& assist = *row.add_assists();
  assist.set_number(e.assist());
  assist.set_department(e.department());
  assist.set_state(v1::ASSIST_STATE_OFFERED);
  *assist.mutable_deadline() = e.deadline();
  auto& all = *row.mutable_assisting_departments();
  if (std::find(all.begin(), all.end(), e.department()) == all.end()) *all.Add() = e.department();
}

void End(v1::TicketRow& row, uint32_t number) {
  auto& assists = *row.mutable_assists();
  for (int i = 0; i < assists.size(); ++i) {
    if (assists[i].number() == number) return assists.DeleteSubrange(i, 1);
  }
}

}  // namespace

void ProjectAssist(v1::TicketRow& row, const v1::Event& event) {
  switch (event.event_case()) {
    case v1::Event::kAssistRequested:
      return Begin(row, event.assist_requested());
    case v1::Event::kAssistSigned:
      if (auto* assist = FindAssist(row, event.assist_signed().assist())) assist->set_state(v1::ASSIST_STATE_SIGNED);
      return;
    case v1::Event::kAssistOverdue:
      if (auto* assist = FindAssist(row, event.assist_overdue().assist())) assist->set_overdue(true);
      return;
    case v1::Event::kAssistRefused:
      return End(row, event.assist_refused().assist());
    case v1::Event::kAssistCompleted:
      return End(row, event.assist_completed().assist());
    case v1::Event::kAssistWithdrawn:
      return End(row, event.assist_withdrawn().assist());
    default:
      return;
  }
}

bool Assists(const v1::TicketRow& row, absl::string_view department) {
  return std::any_of(row.assists().begin(), row.assists().end(),
                     [&](const v1::RowAssist& assist) { return assist.department() == department; });
}

void AddAssistKeys(const v1::TicketRow& row, absl::string_view sort, std::vector<std::string>* keys) {
  for (const auto& assist : row.assists()) {
    if (assist.department() == row.department()) continue;
    keys->push_back(absl::StrCat("department/", assist.department(), "/", LaneKey(row), sort));
    keys->push_back(absl::StrCat("queue/", assist.department(), "/", LaneKey(row),
                                 SortKey(FromProto(assist.deadline())), "/", row.name()));
  }
}

}  // namespace shoujie::router
