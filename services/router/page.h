// One page of a list over rows in the order of an index, with the token of the next one. For lists that are found by a
// prefix of index keys; not for reports, which look at everything.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

struct PageOrder {
  int32_t size = 0;     // 0: the default; above the limit: the limit
  std::string token;    // of the page before; empty: the first one
  std::string filters;  // what the list was asked for: a token belongs to it
  std::string prefix;   // of the index keys
  std::string after;    // of the first page: keys up to here are passed over
};
enum class Taken {
  kYes,  // it is on the page
  kNo,   // it does not fit
  kEnd,  // neither does anything behind it
};

// Shows rows until the page is full, or very many were looked at, and says how to go on; an empty token: nothing is
// left. Errors: PAGE_SIZE, PAGE_TOKEN (of another list).
absl::Status ReadPage(const PageOrder& order, const RowReader& rows,
                      absl::FunctionRef<Taken(absl::string_view key, const v1::TicketRow& row)> take,
                      std::string* next_page_token);

}  // namespace shoujie::router
