#include "services/profile/service.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "services/profile/domain/domain.h"
#include "services/profile/domain/identifiers.h"
#include "services/profile/reactions.h"
#include "services/profile/rows.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"

namespace shoujie::profile {
namespace {

absl::Status AnswerFind(const v1::FindCustomerRequest& request, v1::Customer* response, const QueryContext& context) {
  auto key = KeyOf(request.identifier());
  if (!key.ok()) return key.status();
  const std::string name = context.find(key->value, *key);
  if (name.empty()) {
    return NotFound("CUSTOMER_NOT_FOUND", "No customer has this identifier. Create one, or look for another.",
                    "没有客户使用该标识。请新建客户，或改用其他标识查找。");
  }
  return context.get(name, response);
}

absl::Status AnswerList(const v1::ListCustomersRequest& request, v1::ListCustomersResponse* response,
                        const QueryContext& context) {
  const std::string prefix = CustomerIndexPrefix(request.class_());
  if (!request.page_token().empty() && !absl::StartsWith(request.page_token(), prefix)) {
    return Invalid("PAGE_TOKEN_INVALID", "The page token is not of this list. Begin without one.",
                   "分页标记不属于该列表。请不带标记重新开始。");
  }
  const int size =
      request.page_size() <= 0 ? limits::kPageSizeDefault : std::min<int>(request.page_size(), limits::kPageSizeMax);
  std::string last;
  context.rows.Scan(prefix, request.page_token(), [&](absl::string_view key, const google::protobuf::Message& row) {
    if (response->customers_size() == size) {
      response->set_next_page_token(last);
      return false;
    }
    *response->add_customers() = static_cast<const v1::CustomerRow&>(row);
    last = std::string(key);
    return true;
  });
  for (uint32_t partition : context.rows.Lagging()) response->add_lagging_partitions(partition);
  return absl::OkStatus();
}

}  // namespace

ServiceModule Service() {
  ServiceModule module;
  module.domain = Domain();
  module.domain.reactions.push_back({"interaction",
                                     std::make_shared<interaction::v1::Event>(),
                                     &OnInteraction,
                                     {interaction::v1::Event::kAttributed, interaction::v1::Event::kAttributionRefused,
                                      interaction::v1::Event::kDisposed, interaction::v1::Event::kCorrected}});
  module.domain.reactions.push_back(
      {"router",
       std::make_shared<router::v1::Event>(),
       &OnRouter,
       {router::v1::Event::kTicketClosed, router::v1::Event::kTicketReopened, router::v1::Event::kCorrected}});
  module.domain.rows.push_back(CustomerRows());
  module.rpc.push_back(v1::FindCustomerRequest::descriptor()->file()->FindServiceByName("CustomerService"));
  module.queries.push_back(MakeQuery("FindCustomer", &AnswerFind));
  module.queries.push_back(MakeQuery("ListCustomers", &AnswerList));
  return module;
}

}  // namespace shoujie::profile
