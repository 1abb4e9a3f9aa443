// What reports of tickets share: which rows they look at, and the parts that they may be split into. Not for lists,
// which read the index that their narrowest filter has.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/times.h"
#include "services/router/projection.h"
#include "services/runtime/base/error.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// INTERVAL, if what was asked for from `from` to `to` is none.
template <typename Request>
absl::Status CheckInterval(const Request& request) {
  if ((request.has_from() && !IsInstant(request.from())) || (request.has_to() && !IsInstant(request.to())) ||
      (request.has_from() && request.has_to() && FromProto(request.to()) <= FromProto(request.from()))) {
    return Invalid("INTERVAL",
                   "The interval is empty or no interval. Name a beginning and a later end, or leave them out.",
                   "统计区间无效，请填写开始时间和更晚的结束时间，或留空。");
  }
  return absl::OkStatus();
}

// Shows every row of `request.source` (all, if not said) that was opened in [from, to), in order of opening. Refuses an
// interval that is none and a grouping that there is not.
template <typename Request>
absl::Status ReadReportRows(const Request& request, const QueryContext& context,
                            absl::FunctionRef<void(const v1::TicketRow&)> show) {
  if (auto status = CheckInterval(request); !status.ok()) return status;
  if (!v1::HandoffGroup_IsValid(request.by())) {
    return Invalid("GROUP_UNKNOWN", "There is no such grouping. Choose one of the listed ones.",
                   "没有此分组方式，请选择已有的分组。");
  }
  const std::string prefix = request.source().empty() ? "opened/" : absl::StrCat("source/", request.source(), "/");
  // Keys are longer than a sort key alone, so the first instant of the interval is inside.
  const std::string after = request.has_from() ? absl::StrCat(prefix, SortKey(FromProto(request.from()))) : "";
  context.rows.Scan(prefix, after, [&](absl::string_view, const google::protobuf::Message& message) {
    const auto& row = static_cast<const v1::TicketRow&>(message);
    const absl::Time opened = FromProto(row.opened());
    if (request.has_to() && opened >= FromProto(request.to())) return false;
    const bool inside = (!request.has_from() || opened >= FromProto(request.from())) &&
                        (request.source().empty() || request.source() == row.source());
    if (inside) show(row);
    return true;
  });
  return absl::OkStatus();
}

// The key of the part that a row belongs to; empty: it has none.
inline std::string GroupOf(const v1::TicketRow& row, v1::HandoffGroup by) {
  switch (by) {
    case v1::HANDOFF_GROUP_DEPARTMENT:
      return row.last_department();
    case v1::HANDOFF_GROUP_OWNER:
      return row.owner();
    case v1::HANDOFF_GROUP_PRIORITY:
      return absl::StrCat(row.priority());
    case v1::HANDOFF_GROUP_SOURCE:
      return row.source();
    case v1::HANDOFF_GROUP_SITE:
      return row.site();
    case v1::HANDOFF_GROUP_QUEUE:
      return row.queue();
    default:
      return "";
  }
}

}  // namespace shoujie::router
