#include "services/runtime/base/principal.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

constexpr std::pair<Right, absl::string_view> kRightNames[] = {
    {Right::kAgent, "agent"},     {Right::kFacts, "facts"}, {Right::kOrders, "orders"},
    {Right::kPublish, "publish"}, {Right::kRead, "read"},   {Right::kOperate, "operate"},
};

}  // namespace

absl::string_view RightName(Right right) {
  for (const auto& [value, name] : kRightNames) {
    if (value == right) return name;
  }
  return "";
}

std::string RightsToNames(uint32_t rights) {
  std::vector<absl::string_view> names;
  for (const auto& [right, name] : kRightNames) {
    if (rights & static_cast<uint32_t>(right)) names.push_back(name);
  }
  return absl::StrJoin(names, ",");
}

absl::StatusOr<uint32_t> RightsFromNames(absl::string_view names) {
  uint32_t rights = 0;
  for (const absl::string_view given : absl::StrSplit(names, ',')) {
    uint32_t found = 0;
    for (const auto& [right, name] : kRightNames) {
      if (given == name) found = static_cast<uint32_t>(right);
    }
    if (found == 0) {
      const std::string all = RightsToNames(~0u);
      return Invalid("RIGHTS_UNKNOWN",
                     absl::StrCat("There is no right \"", given, "\" to give. Use one or more of ", all, "."),
                     absl::StrCat("不存在可授予的权限“", given, "”。可用权限：", all, "。"), {{"right", given}});
    }
    rights |= found;
  }
  return rights;
}

}  // namespace shoujie
