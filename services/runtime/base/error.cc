#include "services/runtime/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace shoujie {
namespace {
constexpr absl::string_view kDetailUrl = "type.googleapis.com/shoujie.common.v1.ErrorDetail";
}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view en, absl::string_view zh,
                   std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata) {
  common::v1::ErrorDetail detail;
  detail.set_reason(std::string(reason));
  detail.set_en(std::string(en));
  detail.set_zh(std::string(zh));
  for (const auto& [key, value] : metadata) {
    auto* entry = detail.add_metadata();
    entry->set_key(std::string(key));
    entry->set_value(std::string(value));
  }
  return ErrorFrom(code, detail);
}

absl::Status ErrorFrom(absl::StatusCode code, const common::v1::ErrorDetail& detail) {
  absl::Status status(code, absl::StrCat(detail.reason(), ": ", detail.en()));
  status.SetPayload(kDetailUrl, absl::Cord(detail.SerializeAsString()));
  return status;
}

common::v1::ErrorDetail DetailOf(const absl::Status& status) {
  common::v1::ErrorDetail detail;
  if (auto payload = status.GetPayload(kDetailUrl)) detail.ParseFromString(std::string(*payload));
  return detail;
}

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason(); }

}  // namespace shoujie
