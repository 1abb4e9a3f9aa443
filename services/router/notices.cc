#include "services/router/notices.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/times.h"
#include "services/router/page.h"
#include "services/router/report_rows.h"
#include "services/router/supervision_rows.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

void Tell(const v1::TicketRow& row, const v1::RowSupervision& one, v1::PublicNotice* notice) {
  notice->set_name(NoticeName(row.name(), one.number()));
  notice->set_ticket(row.name());
  notice->set_department(one.overdue_department());
  notice->set_responsible(one.responsible());
  *notice->mutable_deadline() = one.deadline();
  *notice->mutable_noticed() = one.noticed();
  notice->set_supervisor(one.supervisor());
  notice->set_cause(one.cause());
  notice->set_category(row.category());
  notice->set_site(row.site());
}

}  // namespace

absl::Status ListPublicNotices(const v1::ListPublicNoticesRequest& request, v1::ListPublicNoticesResponse* response,
                               const QueryContext& context) {
  if (auto status = CheckInterval(request); !status.ok()) return status;
  PageOrder order;
  order.size = request.page_size();
  order.token = request.page_token();
  order.prefix = request.department().empty() ? "notice/" : absl::StrCat("notice-of/", request.department(), "/");
  order.filters = absl::StrCat(request.department(), "|", request.from().seconds(), ".", request.from().nanos(), "|",
                               request.to().seconds(), ".", request.to().nanos());
  // Keys are longer than a sort key alone: what was made at `to` lies behind it, and what is later before.
  if (request.has_to()) order.after = absl::StrCat(order.prefix, ReverseSortKey(FromProto(request.to())));
  const auto take = [&](absl::string_view key, const v1::TicketRow& row) {
    const auto* one = NoticedOf(row, key);
    if (one == nullptr) return Taken::kNo;
    const absl::Time noticed = FromProto(one->noticed());
    if (request.has_from() && noticed < FromProto(request.from())) return Taken::kEnd;
    if (request.has_to() && noticed >= FromProto(request.to())) return Taken::kNo;
    Tell(row, *one, response->add_notices());
    return Taken::kYes;
  };
  if (auto status = ReadPage(order, context.rows, take, response->mutable_next_page_token()); !status.ok()) {
    return status;
  }
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

}  // namespace shoujie::router
