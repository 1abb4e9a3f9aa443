#include "services/router/rulings.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/dispute_rows.h"
#include "services/router/domain/disputes.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/reference.h"

namespace shoujie::router {
namespace {

constexpr int kRowsScannedMax = 10'000;  // by one page

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
  if (request.page_size() < 0) {
    return Invalid("PAGE_SIZE", "The page size is negative. Leave it out for the default.",
                   "每页条数不能为负，可留空使用默认值。");
  }
  // A token belongs to its filters: "<filters>\n<last key>".
  const std::string prefix = PrefixFor(request);
  const std::string filters = absl::StrCat(request.department(), "|", request.category(), "\n");
  std::string after;
  if (!request.page_token().empty()) {
    std::string token;
    if (absl::WebSafeBase64Unescape(request.page_token(), &token) && absl::StartsWith(token, filters)) {
      after = token.substr(filters.size());
    }
    if (!absl::StartsWith(after, prefix)) {
      return Invalid("PAGE_TOKEN", "This page token belongs to another list. Ask for the first page without a token.",
                     "翻页标记不属于此列表，请不带标记重新查询第一页。");
    }
  }
  const int wanted = request.page_size() == 0
                         ? static_cast<int>(limits::kPageSizeDefault)
                         : std::min(request.page_size(), static_cast<int32_t>(limits::kPageSizeMax));
  int scanned = 0;
  std::string last;
  bool more = false;
  context.rows.Scan(prefix, after, [&](absl::string_view key, const google::protobuf::Message& message) {
    if (response->rulings_size() == wanted || scanned == kRowsScannedMax) {
      more = true;
      return false;
    }
    ++scanned;
    last = std::string(key);
    const auto& row = static_cast<const v1::TicketRow&>(message);
    const auto* ruled = RulingOf(row, key);
    const bool fits = ruled != nullptr &&
                      (request.category().empty() || IsWithin(row.category(), request.category(), context.reference));
    if (!fits) return true;
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
    return true;
  });
  if (more) response->set_next_page_token(absl::WebSafeBase64Escape(absl::StrCat(filters, last)));
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

}  // namespace shoujie::router
