#include "services/router/supervision_rows.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/ticket.h"
#include "services/router/projection.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

v1::RowSupervision* FindSupervision(v1::TicketRow& row, uint32_t number) {
  for (auto& one : *row.mutable_supervisions()) {
    if (one.number() == number) return &one;
  }
  return nullptr;
}

void Begin(v1::TicketRow& row, const v1::SupervisionBegun& e, const google::protobuf::Timestamp& now) {
  auto& one = *row.add_supervisions();
  one.set_number(e.supervision());
  one.set_episode(EpisodeOf(row));
  one.set_cause(e.cause());
  one.set_supervisor(e.supervisor());
  one.set_department(e.department());
  one.set_handoff(e.handoff());
  *one.mutable_begun() = now;
  *one.mutable_deadline() = e.deadline();
}

void EndWith(v1::TicketRow& row, uint32_t handoff, const google::protobuf::Timestamp& now) {
  for (auto& one : *row.mutable_supervisions()) {
    if (one.handoff() == handoff && !one.has_ended()) *one.mutable_ended() = now;
  }
}

}  // namespace

void ProjectSupervision(v1::TicketRow& row, const v1::Event& event, const google::protobuf::Timestamp& now,
                        absl::string_view principal) {
  switch (event.event_case()) {
    case v1::Event::kSupervisionBegun:
      Begin(row, event.supervision_begun(), now);
      break;
    case v1::Event::kSupervisionAnswered:
      if (auto* one = FindSupervision(row, event.supervision_answered().supervision()))
        one->set_answers(one->answers() + 1);
      break;
    case v1::Event::kSupervisionOverdue:
      if (auto* one = FindSupervision(row, event.supervision_overdue().supervision())) {
        one->set_overdue(true);
        one->set_overdue_department(event.supervision_overdue().department());
      }
      break;
    case v1::Event::kSupervisionLifted:
      if (auto* one = FindSupervision(row, event.supervision_lifted().supervision())) *one->mutable_ended() = now;
      break;
    case v1::Event::kPublicNoticeMade:
      if (auto* one = FindSupervision(row, event.public_notice_made().supervision())) {
        *one->mutable_noticed() = now;
        one->set_responsible(event.public_notice_made().responsible());
      }
      break;
    case v1::Event::kTicketPrioritized:
      row.set_priority(event.ticket_prioritized().priority());
      row.set_lane(event.ticket_prioritized().lane());
      row.clear_acted_by();
      row.clear_acted();
      break;
    case v1::Event::kHandoffRefused:
      EndWith(row, event.handoff_refused().handoff(), now);
      break;
    case v1::Event::kHandoffCompleted:
      EndWith(row, event.handoff_completed().handoff(), now);
      break;
    case v1::Event::kHandoffReturned:
      EndWith(row, event.handoff_returned().handoff(), now);
      break;
    case v1::Event::kHandoffWithdrawn:
      EndWith(row, event.handoff_withdrawn().handoff(), now);
      break;
    case v1::Event::kHandoffReassigned:
      EndWith(row, event.handoff_reassigned().handoff(), now);
      break;
    default:
      break;
  }
  // What is due by itself is nobody's act.
  if (row.lane() != v1::LANE_FAST || absl::StartsWith(principal, "system/")) return;
  row.set_acted_by(std::string(principal));
  *row.mutable_acted() = now;
}

bool IsSupervised(const v1::TicketRow& row) {
  if (row.supervisions().empty() || IsOver(row.state()) || row.state() == v1::TICKET_STATE_MERGED) return false;
  const auto& last = *row.supervisions().rbegin();
  return !last.has_ended() && last.episode() == EpisodeOf(row);
}

bool IsInFastLane(const v1::TicketRow& row) {
  return row.lane() == v1::LANE_FAST && !IsOver(row.state()) && row.state() != v1::TICKET_STATE_MERGED;
}

// Sorts before every digit, so that keys of other rows need not change.
absl::string_view LaneKey(const v1::TicketRow& row) { return IsInFastLane(row) ? "!" : ""; }

void AddSupervisionKeys(const v1::TicketRow& row, std::vector<std::string>* keys) {
  for (const auto& one : row.supervisions()) {
    if (!one.has_noticed()) continue;
    const std::string end =
        absl::StrCat("/", ReverseSortKey(ToTime(one.noticed())), "/", row.name(), "/", one.number());
    keys->push_back(absl::StrCat("notice", end));
    keys->push_back(absl::StrCat("notice-of/", one.overdue_department(), end));
  }
}

const v1::RowSupervision* NoticedOf(const v1::TicketRow& row, absl::string_view key) {
  uint32_t number = 0;
  const size_t slash = key.rfind('/');
  if (slash == absl::string_view::npos || !absl::SimpleAtoi(key.substr(slash + 1), &number)) return nullptr;
  for (const auto& one : row.supervisions()) {
    if (one.number() == number && one.has_noticed()) return &one;
  }
  return nullptr;
}

}  // namespace shoujie::router
