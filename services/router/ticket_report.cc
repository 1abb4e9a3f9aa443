#include "services/router/ticket_report.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/router/domain/times.h"
#include "services/router/report_rows.h"
#include "services/runtime/reference.h"

namespace shoujie::router {
namespace {

constexpr char kNone[] = "-";

// One ticket more in the count that it belongs to.
void Judge(const v1::TicketRow& row, v1::ResolveClockCounts* counts) {
  if (row.state() == v1::TICKET_STATE_MERGED) {
    counts->set_merged(counts->merged() + 1);
  } else if (!row.has_closed()) {
    counts->set_open(counts->open() + 1);
  } else if (!row.has_resolve_due()) {
    counts->set_no_target(counts->no_target() + 1);
  } else if (FromProto(row.closed()) <= FromProto(row.resolve_due())) {
    counts->set_met(counts->met() + 1);
  } else {
    counts->set_breached(counts->breached() + 1);
  }
}

// TicketSums of one part of a report.
class TicketSums {
 public:
  void Add(const v1::TicketRow& row) {
    figures_.set_tickets(figures_.tickets() + 1);
    Judge(row, figures_.mutable_resolve_clock());
    Judge(row, &departments_[row.last_department()]);
    held_by_.insert(row.departments().begin(), row.departments().end());
    if (!row.queue().empty()) queues_.insert(row.queue());
    if (!row.intake().empty()) ++(*figures_.mutable_by_source())[row.intake()];
    if (row.has_closed()) {
      const absl::Duration took = FromProto(row.closed()) - FromProto(row.opened());
      took_seconds_.push_back(std::max<int64_t>(0, absl::ToInt64Seconds(took)));
    }
    figures_.set_handoffs(figures_.handoffs() + row.handoffs());
    figures_.set_reopenings(figures_.reopenings() + row.reopenings());
    figures_.set_tickets_reopened(figures_.tickets_reopened() + (row.reopenings() > 0));
  }

  void Finish(const Reference& reference, v1::ReportTicketsResponse* out) {
    *out = figures_;
    out->mutable_resolve_clock();  // also of no tickets
    out->set_queues(static_cast<uint32_t>(queues_.size()));
    out->set_departments(static_cast<uint32_t>(held_by_.size()));
    for (const auto& [id, counts] : departments_) {
      const auto* department = reference.department(id);
      std::string name = department && !department->display_name().empty() ? department->display_name() : id;
      if (name.empty()) name = std::string(kNone);
      // Two departments of one name are told apart by their ids.
      if (out->by_department().contains(name)) name = id;
      (*out->mutable_by_department())[name] = counts;
    }
    auto& sorted = took_seconds_;
    if (sorted.empty()) return;
    std::sort(sorted.begin(), sorted.end());
    out->set_open_to_close_p50_s(static_cast<uint32_t>(sorted[sorted.size() * 5 / 10]));
    out->set_open_to_close_p90_s(static_cast<uint32_t>(sorted[sorted.size() * 9 / 10]));
  }

 private:
  v1::ReportTicketsResponse figures_;
  std::map<std::string, v1::ResolveClockCounts> departments_;  // by id
  std::set<std::string> held_by_, queues_;
  std::vector<int64_t> took_seconds_;
};

}  // namespace

absl::Status ReportTickets(const v1::ReportTicketsRequest& request, v1::ReportTicketsResponse* response,
                           const QueryContext& context) {
  TicketSums whole;
  std::map<std::string, TicketSums> parts;
  const absl::Status read = ReadReportRows(request, context, [&](const v1::TicketRow& row) {
    whole.Add(row);
    if (request.by() != v1::HANDOFF_GROUP_UNSPECIFIED) parts[GroupOf(row, request.by())].Add(row);
  });
  if (!read.ok()) return read;
  whole.Finish(context.reference, response);
  for (auto& [key, sums] : parts) {
    auto* group = response->add_groups();
    sums.Finish(context.reference, group);
    group->set_group(key.empty() ? kNone : key);
  }
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

}  // namespace shoujie::router
