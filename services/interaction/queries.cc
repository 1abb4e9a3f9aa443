#include "services/interaction/queries.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/interaction/message_report.h"
#include "services/interaction/report.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {
namespace {

int PageSize(int asked) { return asked <= 0 ? limits::kPageSizeDefault : std::min<int>(asked, limits::kPageSizeMax); }

absl::Status CheckToken(absl::string_view token, absl::string_view prefix) {
  if (token.empty() || absl::StartsWith(token, prefix)) return absl::OkStatus();
  return Invalid("PAGE_TOKEN_INVALID", "The page token is not of this list. Begin without one.",
                 "分页标记不属于该列表。请不带标记重新开始。");
}

bool Fits(const v1::ContactRow& row, const v1::ListContactsRequest& request) {
  return (request.owner().empty() || row.owner() == request.owner()) &&
         (request.handler().empty() || row.handler() == request.handler()) &&
         (request.customer().empty() || row.customer() == request.customer()) &&
         (request.state() == v1::CONTACT_STATE_UNSPECIFIED || row.state() == request.state()) &&
         (request.site().empty() || row.site() == request.site()) && (!request.missed() || row.missed());
}

absl::Status AnswerList(const v1::ListContactsRequest& request, v1::ListContactsResponse* response,
                        const QueryContext& context) {
  std::string prefix = "day/";  // the narrowest index that the filter has
  if (!request.customer().empty()) {
    prefix = absl::StrCat("customer/", request.customer(), "/");
  } else if (!request.owner().empty()) {
    prefix = absl::StrCat("owner/", request.owner(), "/");
  } else if (!request.handler().empty()) {
    prefix = absl::StrCat("handler/", request.handler(), "/");
  } else if (request.missed()) {
    prefix = "missed/";
  } else if (request.state() != v1::CONTACT_STATE_UNSPECIFIED) {
    prefix = absl::StrCat("state/", static_cast<int>(request.state()), "/");
  }
  if (absl::Status status = CheckToken(request.page_token(), prefix); !status.ok()) return status;
  std::string after = request.page_token();
  if (after.empty() && request.has_from()) after = absl::StrCat(prefix, SortKey(ToTime(request.from())));
  const std::string until = request.has_to() ? absl::StrCat(prefix, SortKey(ToTime(request.to()))) : "";
  const int size = PageSize(request.page_size());
  std::string last;
  context.rows.Scan(prefix, after, [&](absl::string_view key, const google::protobuf::Message& message) {
    if (!until.empty() && key >= until) return false;
    const auto& row = static_cast<const v1::ContactRow&>(message);
    if (!Fits(row, request)) return true;
    if (response->contacts_size() == size) {
      response->set_next_page_token(last);
      return false;
    }
    *response->add_contacts() = row;
    last = std::string(key);
    return true;
  });
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

absl::Status AnswerReport(const v1::ReportContactsRequest& request, v1::ReportContactsResponse* response,
                          const QueryContext& context) {
  auto report = ContactReport::Make(request, context.reference);
  if (!report.ok()) return report.status();
  const std::string prefix = "day/";
  const std::string after = request.has_from() ? absl::StrCat(prefix, SortKey(ToTime(request.from()))) : "";
  const std::string until = request.has_to() ? absl::StrCat(prefix, SortKey(ToTime(request.to()))) : "";
  context.rows.Scan(prefix, after, [&](absl::string_view key, const google::protobuf::Message& row) {
    if (!until.empty() && key >= until) return false;
    report->Add(static_cast<const v1::ContactRow&>(row));
    return true;
  });
  report->Write(response);
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

absl::Status AnswerMessages(const v1::ReportMessagesRequest& request, v1::ReportMessagesResponse* response,
                            const QueryContext& context) {
  MessageReport report(request);
  const std::string prefix = "day/";
  const std::string after = request.has_from() ? absl::StrCat(prefix, SortKey(ToTime(request.from()))) : "";
  const std::string until = request.has_to() ? absl::StrCat(prefix, SortKey(ToTime(request.to()))) : "";
  context.rows.Scan(prefix, after, [&](absl::string_view key, const google::protobuf::Message& row) {
    if (!until.empty() && key >= until) return false;
    report.Add(static_cast<const v1::ContactRow&>(row));
    return true;
  });
  report.Write(response);
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

// Orders that may be taken now: due, not too late, and held by nobody else.
absl::Status AnswerOrders(const v1::ListOrdersRequest& request, v1::ListOrdersResponse* response,
                          const QueryContext& context) {
  const std::string prefix = "order/";
  if (absl::Status status = CheckToken(request.page_token(), prefix); !status.ok()) return status;
  const int size = PageSize(request.page_size());
  std::string last;
  context.rows.Scan(prefix, request.page_token(), [&](absl::string_view key, const google::protobuf::Message& message) {
    const auto& row = static_cast<const v1::ContactRow&>(message);
    const v1::Order& order = row.order();
    if (context.now < ToTime(order.not_before())) return false;  // so are all that follow
    const bool held =
        order.has_lease_until() && context.now < ToTime(order.lease_until()) && order.holder() != context.principal.id;
    if (context.now >= ToTime(order.not_after()) || held) return true;
    if (response->orders_size() == size) {
      response->set_next_page_token(last);
      return false;
    }
    auto* entry = response->add_orders();
    entry->set_contact(row.name());
    *entry->mutable_order() = order;
    entry->set_source(row.source());
    last = std::string(key);
    return true;
  });
  return absl::OkStatus();
}

absl::Status AnswerTarget(const v1::GetOrderTargetRequest& request, v1::OrderTarget* response,
                          const QueryContext& context) {
  v1::Contact contact;
  if (absl::Status status = context.get(request.name(), &contact); !status.ok()) return status;
  for (const auto& order : contact.orders()) {
    if (order.id() != request.order()) continue;
    const bool holds = order.state() == v1::ORDER_STATE_PENDING && order.holder() == context.principal.id &&
                       context.now < ToTime(order.lease_until()) && context.now < ToTime(order.not_after());
    if (!holds) {
      return Denied("ORDER_NOT_HELD", "Only the adapter that holds this order sees whom to call. Take it first.",
                    "只有领取该指令的适配器才能看到被叫号码，请先领取。", {{"order", request.order()}});
    }
    response->set_order(order.id());
    response->set_kind(order.kind());
    response->set_agent(order.agent());
    // The number that the customer gave in the call outranks the one he called from.
    response->set_phone(contact.record().has_phone() ? contact.record().phone().plain() : contact.identifier().plain());
    *response->mutable_not_after() = order.not_after();
    return absl::OkStatus();
  }
  return NotFound("ORDER_UNKNOWN", "This contact has no such order. List the open orders.",
                  "该接触没有此指令，请重新列出待执行指令。", {{"order", request.order()}});
}

absl::Status AnswerPresences(const v1::ListPresencesRequest& request, v1::ListPresencesResponse* response,
                             const QueryContext& context) {
  const std::string prefix = "presence/";
  if (absl::Status status = CheckToken(request.page_token(), prefix); !status.ok()) return status;
  const int size = PageSize(request.page_size());
  std::string last;
  context.rows.Scan(prefix, request.page_token(), [&](absl::string_view key, const google::protobuf::Message& message) {
    const auto& row = static_cast<const v1::PresenceRow&>(message);
    const auto* agent = context.reference.agent(row.agent());
    if (!request.site().empty() && (!agent || agent->site() != request.site())) return true;
    if (response->presences_size() == size) {
      response->set_next_page_token(last);
      return false;
    }
    *response->add_presences() = row;
    last = std::string(key);
    return true;
  });
  return absl::OkStatus();
}

}  // namespace

std::vector<Query> Queries() {
  std::vector<Query> queries;
  queries.push_back(MakeQuery("ListContacts", &AnswerList));
  queries.push_back(MakeQuery("ReportContacts", &AnswerReport));
  queries.push_back(MakeQuery("ReportMessages", &AnswerMessages));
  queries.push_back(MakeQuery("ListOrders", &AnswerOrders));
  queries.push_back(MakeQuery("GetOrderTarget", &AnswerTarget));
  queries.push_back(MakeQuery("ListPresences", &AnswerPresences));
  return queries;
}

}  // namespace shoujie::interaction
