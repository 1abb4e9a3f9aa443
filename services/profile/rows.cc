#include "services/profile/rows.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/time.h"
#include "shoujie/profile/v1/events.pb.h"
#include "shoujie/profile/v1/service.pb.h"

namespace shoujie::profile {
namespace {

void Project(v1::CustomerRow& row, const v1::Event& event, const EventContext& at) {
  if (event.has_customer_created()) {
    const auto& created = event.customer_created();
    row.set_name(std::string(at.stream));
    row.set_class_(created.details().class_());
    row.set_language(created.details().language());
    *row.mutable_created_at() = created.at();
    *row.mutable_updated_at() = created.at();
  } else if (event.has_customer_updated()) {
    const auto& updated = event.customer_updated();
    const auto& changed = updated.changed();
    const auto is_changed = [&](const char* field) {
      return std::find(changed.begin(), changed.end(), field) != changed.end();
    };
    if (is_changed("class")) row.set_class_(updated.details().class_());
    if (is_changed("language")) row.set_language(updated.details().language());
    *row.mutable_updated_at() = updated.at();
  }
  row.set_version(at.version);
}

std::vector<std::string> IndexKeys(const v1::CustomerRow& row) {
  const std::string sort = absl::StrCat(ReverseSortKey(ToTime(row.created_at())), "/", row.name());
  std::vector<std::string> keys = {CustomerIndexPrefix(v1::CUSTOMER_CLASS_UNSPECIFIED) + sort};
  if (row.class_() != v1::CUSTOMER_CLASS_UNSPECIFIED) keys.push_back(CustomerIndexPrefix(row.class_()) + sort);
  return keys;
}

}  // namespace

std::unique_ptr<RowType> CustomerRows() {
  return std::make_unique<TypedRows<v1::CustomerRow, v1::Event>>("customers", &Project, &IndexKeys);
}

std::string CustomerIndexPrefix(v1::CustomerClass only) {
  return only == v1::CUSTOMER_CLASS_UNSPECIFIED ? "customers/all/"
                                                : absl::StrCat("customers/class/", static_cast<int>(only), "/");
}

}  // namespace shoujie::profile
