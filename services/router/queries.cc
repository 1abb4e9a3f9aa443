#include "services/router/queries.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/assist_rows.h"
#include "services/router/dispute_rows.h"
#include "services/router/domain/explain.h"
#include "services/router/domain/times.h"
#include "services/router/feed.h"
#include "services/router/page.h"
#include "services/router/projection.h"
#include "services/router/report_rows.h"
#include "services/runtime/base/error.h"

namespace shoujie::router {
namespace {

std::string PrefixFor(const v1::ListTicketsRequest& request) {
  if (request.order() == v1::TICKET_ORDER_NEXT_DUE) return absl::StrCat("queue/", request.department(), "/");
  if (!request.bulk().empty()) return absl::StrCat("bulk/", request.bulk(), "/");
  if (!request.customer().empty()) return absl::StrCat("customer/", request.customer(), "/");
  if (!request.in_hand_of().empty()) return absl::StrCat("hand/", request.in_hand_of(), "/");
  if (!request.owner().empty()) return absl::StrCat("owner/", request.owner(), "/");
  if (!request.department().empty()) return absl::StrCat("department/", request.department(), "/");
  if (request.flag() != v1::TICKET_FLAG_UNSPECIFIED) {
    return absl::StrCat("flag/", static_cast<int>(request.flag()), "/");
  }
  if (!request.source().empty()) return absl::StrCat("source/", request.source(), "/");
  if (request.state() != v1::TICKET_STATE_UNSPECIFIED) {
    return absl::StrCat("state/", static_cast<int>(request.state()), "/");
  }
  return "opened/";
}

bool IsOfDepartment(const v1::ListTicketsRequest& request, const v1::TicketRow& row) {
  const bool leads = request.part() != v1::DEPARTMENT_PART_ASSISTING && request.department() == row.department();
  return leads || (request.part() != v1::DEPARTMENT_PART_LEAD && Assists(row, request.department()));
}

bool Matches(const v1::ListTicketsRequest& request, const v1::TicketRow& row) {
  return (request.owner().empty() || request.owner() == row.owner()) &&
         (request.in_hand_of().empty() || request.in_hand_of() == row.in_hand_of()) &&
         (request.customer().empty() || request.customer() == row.customer()) &&
         (request.bulk().empty() || request.bulk() == row.bulk()) &&
         (request.department().empty() || IsOfDepartment(request, row)) &&
         (request.source().empty() || request.source() == row.source()) && HasFlag(row, request.flag()) &&
         (request.state() == v1::TICKET_STATE_UNSPECIFIED || request.state() == row.state());
}

// In the customer's eyes: a duplicate stands where the ticket stands that it goes on in.
v1::CustomerStage StageIn(const v1::TicketRow& row, const RowReader& rows) {
  if (row.merged_into().empty()) return StageOf(row.state());
  const auto other = rows.Get(row.merged_into());
  return StageOf(other == nullptr ? row.state() : static_cast<const v1::TicketRow&>(*other).state());
}

std::string FiltersOf(const v1::ListTicketsRequest& request) {
  return absl::StrCat(request.owner(), "|", request.department(), "|", static_cast<int>(request.state()), "|",
                      request.source(), "|", request.customer(), "|", request.bulk(), "|",
                      static_cast<int>(request.order()), "|", static_cast<int>(request.flag()), "|",
                      static_cast<int>(request.part()), "|", request.in_hand_of());
}

// HandoffSums of one part of a report.
struct HandoffSums {
  v1::ReportHandoffsResponse figures;
  std::map<uint32_t, uint32_t> priorities;
  std::set<std::string> departments;
  int64_t waiting_minutes = 0;
  std::vector<int64_t> resolved_after_minutes;

  void Add(const v1::TicketRow& row) {
    figures.set_tickets(figures.tickets() + 1);
    figures.set_handoffs(figures.handoffs() + row.handoffs());
    figures.set_tickets_handed_off(figures.tickets_handed_off() + (row.handoffs() > 0));
    figures.set_reopenings(figures.reopenings() + row.reopenings());
    figures.set_tickets_reopened(figures.tickets_reopened() + (row.reopenings() > 0));
    figures.set_refusals(figures.refusals() + row.refusals());
    figures.set_returns(figures.returns() + row.returns());
    figures.set_ping_pongs(figures.ping_pongs() + row.ping_pongs());
    figures.set_stalls(figures.stalls() + row.stalls());
    const auto& disputes = row.adjudications();
    figures.set_rulings(figures.rulings() +
                        static_cast<uint32_t>(std::count_if(disputes.begin(), disputes.end(),
                                                            [](const auto& dispute) { return dispute.has_ruled(); })));
    departments.insert(row.departments().begin(), row.departments().end());
    waiting_minutes += row.waiting_minutes();
    ++priorities[row.priority()];
    const absl::Duration after = FromProto(row.first_resolved()) - FromProto(row.opened());
    if (row.has_first_resolved() && after >= absl::ZeroDuration()) {
      resolved_after_minutes.push_back(absl::ToInt64Minutes(after));
    }
  }

  void Count(bool begun, bool overdue, bool noticed) {
    figures.set_supervisions(figures.supervisions() + begun);
    figures.set_supervisions_overdue(figures.supervisions_overdue() + overdue);
    figures.set_public_notices(figures.public_notices() + noticed);
  }
  void AddSupervisions(const v1::TicketRow& row) {
    for (const auto& one : row.supervisions()) Count(true, one.overdue(), one.has_noticed());
  }

  void Finish(v1::ReportHandoffsResponse* out) {
    *out = figures;
    out->set_departments(static_cast<uint32_t>(departments.size()));
    out->set_waiting_for_customer_min(static_cast<double>(waiting_minutes));
    for (const auto& [priority, count] : priorities) (*out->mutable_by_priority())[absl::StrCat(priority)] = count;
    auto& sorted = resolved_after_minutes;
    if (sorted.empty()) return;
    std::sort(sorted.begin(), sorted.end());
    out->set_open_to_first_resolved_p50_min(static_cast<uint32_t>(sorted[sorted.size() * 5 / 10]));
    out->set_open_to_first_resolved_p90_min(static_cast<uint32_t>(sorted[sorted.size() * 9 / 10]));
  }
};

}  // namespace

absl::Status ListTickets(const v1::ListTicketsRequest& request, v1::ListTicketsResponse* response,
                         const QueryContext& context) {
  if (!v1::TicketState_IsValid(request.state())) {
    return Invalid("STATE_UNKNOWN", "There is no such ticket state. Choose one of the listed states.",
                   "没有此工单状态，请选择已有的状态。");
  }
  if (!v1::TicketFlag_IsValid(request.flag())) {
    return Invalid("FLAG_UNKNOWN", "There is no such flag of tickets. Choose one of the listed ones.",
                   "没有此工单标记，请选择已有的标记。");
  }
  if (!v1::TicketOrder_IsValid(request.order()) ||
      (request.order() == v1::TICKET_ORDER_NEXT_DUE && request.department().empty())) {
    return Invalid("ORDER", "Lists go by what is due next only within one department. Name the department.",
                   "只有单个部门的列表可以按到期时间排序，请填写部门。");
  }
  if (!v1::DepartmentPart_IsValid(request.part()) ||
      (request.part() != v1::DEPARTMENT_PART_UNSPECIFIED && request.department().empty())) {
    return Invalid("PART", "A part is a department's: it leads or it assists. Name the department, and one of the two.",
                   "主办或协办须针对一个部门，请填写部门并选择其一。");
  }
  PageOrder order;
  order.size = request.page_size();
  order.token = request.page_token();
  order.prefix = PrefixFor(request);
  order.filters = FiltersOf(request);
  const auto take = [&](absl::string_view, const v1::TicketRow& row) {
    if (!Matches(request, row)) return Taken::kNo;
    *response->add_tickets() = row;
    return Taken::kYes;
  };
  if (auto status = ReadPage(order, context.rows, take, response->mutable_next_page_token()); !status.ok()) {
    return status;
  }
  for (auto& row : *response->mutable_tickets()) row.set_stage(StageIn(row, context.rows));
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

absl::Status ReportHandoffs(const v1::ReportHandoffsRequest& request, v1::ReportHandoffsResponse* response,
                            const QueryContext& context) {
  HandoffSums whole;
  std::map<std::string, HandoffSums> parts;
  const absl::Status read = ReadReportRows(request, context, [&](const v1::TicketRow& row) {
    whole.Add(row);
    whole.AddSupervisions(row);
    if (request.by() == v1::HANDOFF_GROUP_UNSPECIFIED) return;
    HandoffSums& part = parts[GroupOf(row, request.by())];
    part.Add(row);
    if (request.by() != v1::HANDOFF_GROUP_DEPARTMENT) return part.AddSupervisions(row);
    // Who had to answer need not be who signed last, nor who had the ticket when the deadline passed.
    for (const auto& one : row.supervisions()) {
      parts[one.department()].Count(true, false, false);
      if (one.overdue()) parts[one.overdue_department()].Count(false, true, one.has_noticed());
    }
  });
  if (!read.ok()) return read;
  whole.Finish(response);
  for (auto& [key, sums] : parts) {
    auto* group = response->add_groups();
    sums.Finish(group);
    group->set_group(key.empty() ? "-" : key);
  }
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

absl::Status ExplainClocks(const v1::ExplainClocksRequest& request, v1::ExplainClocksResponse* response,
                           const QueryContext& context) {
  v1::Ticket ticket;
  if (auto status = context.get(request.name(), &ticket); !status.ok()) return status;
  if (request.clock() > static_cast<uint32_t>(ticket.clocks_size())) {
    return NotFound("CLOCK_NOT_FOUND", "This ticket has no such clock. Leave the number out for all of them.",
                    "该工单没有此时钟；如需查看全部时钟，请不填编号。", {{"clock", absl::StrCat(request.clock())}});
  }
  std::map<uint64_t, std::shared_ptr<const Reference>> versions;
  ExplainedBy by;
  by.as = &context.reference;
  const auto need = [&](uint64_t version) -> absl::Status {
    if (version == 0 || by.versions.contains(version)) return absl::OkStatus();
    auto reference = context.reference_of(version);
    if (!reference.ok()) return reference.status();
    by.versions[version] = reference->get();
    versions.emplace(version, *std::move(reference));
    return absl::OkStatus();
  };
  if (request.as_version() != 0) {
    if (auto status = need(request.as_version()); !status.ok()) return status;
    by.as = by.versions[request.as_version()];
  }
  for (const uint64_t version : VersionsOf(ticket, request.clock())) {
    if (auto status = need(version); !status.ok()) return status;
  }
  for (auto& line : Explain(ticket, request.clock(), context.now, by)) *response->add_lines() = std::move(line);
  return absl::OkStatus();
}

}  // namespace shoujie::router
