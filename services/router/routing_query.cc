#include "services/router/routing_query.h"

#include <memory>
#include <utility>

#include "services/router/domain/explain_routing.h"
#include "services/router/domain/times.h"
#include "services/router/loads.h"
#include "services/runtime/base/error.h"

namespace shoujie::router {

absl::Status ExplainRouting(const v1::ExplainRoutingRequest& request, v1::ExplainRoutingResponse* response,
                            const QueryContext& context) {
  v1::Ticket ticket;
  if (auto status = context.get(request.name(), &ticket); !status.ok()) return status;
  if (request.has_at() && !IsInstant(request.at())) {
    return Invalid("INSTANT", "The instant lies outside any calendar. Give one between the years 1 and 9999.",
                   "时间超出日历范围，请填写公元 1 年至 9999 年之间的时间。");
  }
  std::shared_ptr<const Reference> version;
  const Reference* as = &context.reference;
  if (request.as_version() != 0) {
    auto found = context.reference_of(request.as_version());
    if (!found.ok()) return found.status();
    version = *std::move(found);
    as = version.get();
  }
  const absl::Time at = request.has_at() ? FromProto(request.at()) : context.now;
  // What people have in hand at another instant is not known.
  v1::RouteLoads loads;
  if (!request.has_at()) loads = LoadsNow("", *as, context.now, context.rows_of);
  for (auto& line : ExplainRoute(ticket, request.duty_role(), *as, at, loads)) *response->add_lines() = std::move(line);
  return absl::OkStatus();
}

}  // namespace shoujie::router
