#include "services/router/dispute_rows.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/ticket.h"
#include "services/router/projection.h"
#include "services/router/supervision_rows.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

v1::RowAdjudication* FindAdjudication(v1::TicketRow& row, uint32_t number) {
  for (auto& one : *row.mutable_adjudications()) {
    if (one.number() == number) return &one;
  }
  return nullptr;
}

}  // namespace

void ProjectDispute(v1::TicketRow& row, const v1::Event& event, const google::protobuf::Timestamp& now,
                    absl::string_view principal) {
  switch (event.event_case()) {
    case v1::Event::kAdjudicationRequested: {
      const auto& e = event.adjudication_requested();
      auto& one = *row.add_adjudications();
      one.set_number(e.adjudication());
      one.set_episode(EpisodeOf(row));
      one.set_reason(e.reason());
      *one.mutable_parties() = e.parties();
      one.set_arbiter(e.arbiter());
      *one.mutable_deadline() = e.deadline();
      break;
    }
    case v1::Event::kAdjudicationOverdue:
      if (auto* one = FindAdjudication(row, event.adjudication_overdue().adjudication())) one->set_overdue(true);
      break;
    case v1::Event::kPingPongFound:
      row.set_ping_pongs(row.ping_pongs() + 1);
      break;
    case v1::Event::kHandoffStalled:
      row.set_stalls(row.stalls() + 1);
      row.set_stalling(true);
      break;
    case v1::Event::kProgressReported:
    case v1::Event::kHandoffCompleted:
    case v1::Event::kHandoffReturned:
    case v1::Event::kHandoffReassigned:
      row.clear_stalling();
      break;
    case v1::Event::kAdjudicationRuled: {
      const auto& e = event.adjudication_ruled();
      if (e.has_deadline()) {  // the active hand-off goes on with another one
        *row.mutable_due() = e.deadline();
        row.clear_overdue();
      }
      auto* one = FindAdjudication(row, e.adjudication());
      if (one == nullptr) break;
      *one->mutable_ruled() = now;
      one->set_ruled_by(std::string(principal));
      *one->mutable_parties() = e.parties();
      one->set_department(e.department());
      *one->mutable_precedents() = e.precedents();
      break;
    }
    default:
      break;
  }
}

bool HasFlag(const v1::TicketRow& row, v1::TicketFlag flag) {
  switch (flag) {
    case v1::TICKET_FLAG_PING_PONG:
      return row.ping_pongs() > 0;
    case v1::TICKET_FLAG_STALLING:
      return row.stalling();
    case v1::TICKET_FLAG_IN_DISPUTE: {
      const auto& all = row.adjudications();
      return !IsOver(row.state()) && std::any_of(all.begin(), all.end(), [&](const v1::RowAdjudication& one) {
        return !one.has_ruled() && one.episode() == EpisodeOf(row);
      });
    }
    case v1::TICKET_FLAG_SUPERVISED:
      return IsSupervised(row);
    case v1::TICKET_FLAG_FAST_LANE:
      return IsInFastLane(row);
    default:
      return true;
  }
}

void AddDisputeKeys(const v1::TicketRow& row, absl::string_view tail, std::vector<std::string>* keys) {
  for (int flag = v1::TICKET_FLAG_UNSPECIFIED + 1; flag <= v1::TicketFlag_MAX; ++flag) {
    if (HasFlag(row, static_cast<v1::TicketFlag>(flag))) keys->push_back(absl::StrCat("flag/", flag, tail));
  }
  for (const auto& one : row.adjudications()) {
    if (!one.has_ruled()) continue;
    const std::string end = absl::StrCat("/", ReverseSortKey(ToTime(one.ruled())), "/", row.name(), "/", one.number());
    keys->push_back(absl::StrCat("ruling", end));
    std::set<std::string> departments(one.parties().begin(), one.parties().end());
    if (!one.department().empty()) departments.insert(one.department());
    for (const auto& department : departments) keys->push_back(absl::StrCat("ruling-of/", department, end));
  }
}

const v1::RowAdjudication* RulingOf(const v1::TicketRow& row, absl::string_view key) {
  uint32_t number = 0;
  const size_t slash = key.rfind('/');
  if (slash == absl::string_view::npos || !absl::SimpleAtoi(key.substr(slash + 1), &number)) return nullptr;
  for (const auto& one : row.adjudications()) {
    if (one.number() == number && one.has_ruled()) return &one;
  }
  return nullptr;
}

}  // namespace shoujie::router
