#include "services/router/page.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie::router {
namespace {

constexpr int kRowsScannedMax = 10'000;  // by one page

}  // namespace

absl::Status ReadPage(const PageOrder& order, const RowReader& rows,
                      absl::FunctionRef<Taken(absl::string_view key, const v1::TicketRow& row)> take,
                      std::string* next_page_token) {
  if (order.size < 0) {
    return Invalid("PAGE_SIZE", "The page size is negative. Leave it out for the default.",
                   "每页条数不能为负，可留空使用默认值。");
  }
  // A token belongs to its filters: "<filters>\n<last key>".
  const std::string filters = absl::StrCat(order.filters, "\n");
  std::string after = order.after;
  if (!order.token.empty()) {
    std::string token;
    after.clear();
    if (absl::WebSafeBase64Unescape(order.token, &token) && absl::StartsWith(token, filters)) {
      after = token.substr(filters.size());
    }
    if (!absl::StartsWith(after, order.prefix)) {
      return Invalid("PAGE_TOKEN", "This page token belongs to another list. Ask for the first page without a token.",
                     "翻页标记不属于此列表，请不带标记重新查询第一页。");
    }
  }
  const int wanted = order.size == 0 ? static_cast<int>(limits::kPageSizeDefault)
                                     : std::min(order.size, static_cast<int32_t>(limits::kPageSizeMax));
  int scanned = 0, taken = 0;
  std::string last;
  bool more = false;
  rows.Scan(order.prefix, after, [&](absl::string_view key, const google::protobuf::Message& row) {
    if (taken == wanted || scanned == kRowsScannedMax) {
      more = true;
      return false;
    }
    ++scanned;
    last = std::string(key);
    const Taken one = take(key, static_cast<const v1::TicketRow&>(row));
    taken += one == Taken::kYes;
    return one != Taken::kEnd;
  });
  if (more) *next_page_token = absl::WebSafeBase64Escape(absl::StrCat(filters, last));
  return absl::OkStatus();
}

}  // namespace shoujie::router
