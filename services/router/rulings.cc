#include "services/router/rulings.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/dispute_rows.h"
#include "services/router/domain/disputes.h"
#include "services/router/page.h"
#include "services/runtime/reference.h"

namespace shoujie::router {
namespace {

std::string PrefixFor(const v1::ListRulingsRequest& request) {
  return request.department().empty() ? "ruling/" : absl::StrCat("ruling-of/", request.department(), "/");
}

// Whether the category is this one or below it, in the tree as the directory has it now.
bool IsWithin(std::string category, const std::string& wanted, const Reference& reference) {
  const int depth_max = reference.directory().categories_size();
  for (int depth = 0; depth <= depth_max; ++depth) {
    if (category == wanted) return true;
    const auto* row = reference.category(category);
    if (row == nullptr || row->parent().empty()) return false;
    category = row->parent();
  }
  return false;
}

}  // namespace

absl::Status ListRulings(const v1::ListRulingsRequest& request, v1::ListRulingsResponse* response,
                         const QueryContext& context) {
  PageOrder order;
  order.size = request.page_size();
  order.token = request.page_token();
  order.prefix = PrefixFor(request);
  order.filters = absl::StrCat(request.department(), "|", request.category());
  const auto take = [&](absl::string_view key, const v1::TicketRow& row) {
    const auto* ruled = RulingOf(row, key);
    const bool fits = ruled != nullptr &&
                      (request.category().empty() || IsWithin(row.category(), request.category(), context.reference));
    if (!fits) return Taken::kNo;
    auto& ruling = *response->add_rulings();
    ruling.set_name(RulingName(row.name(), ruled->number()));
    ruling.set_ticket(row.name());
    ruling.set_category(row.category());
    ruling.set_site(row.site());
    ruling.set_reason(ruled->reason());
    *ruling.mutable_parties() = ruled->parties();
    ruling.set_department(ruled->department());
    ruling.set_ruled_by(ruled->ruled_by());
    *ruling.mutable_ruled() = ruled->ruled();
    *ruling.mutable_precedents() = ruled->precedents();
    return Taken::kYes;
  };
  if (auto status = ReadPage(order, context.rows, take, response->mutable_next_page_token()); !status.ok()) {
    return status;
  }
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

}  // namespace shoujie::router
