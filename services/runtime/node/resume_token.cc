#include "services/runtime/node/resume_token.h"

#include "absl/strings/escaping.h"
#include "services/runtime/base/error.h"
#include "services/runtime/journal/crc32c.h"
#include "shoujie/journal/v1/positions.pb.h"

namespace shoujie {
namespace {

constexpr size_t kSumBytes = 4;

std::string SumOf(absl::string_view bytes) {
  const uint32_t sum = Crc32c(bytes);
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>(sum >> shift));
  return text;
}

}  // namespace

std::string ResumeTokenOf(const std::vector<uint64_t>& revisions) {
  journal::v1::Positions positions;
  for (uint64_t revision : revisions) positions.add_revisions(revision);
  std::string bytes = positions.SerializeAsString();
  bytes += SumOf(bytes);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::vector<uint64_t>> RevisionsIn(absl::string_view token, size_t partitions) {
  std::string bytes;
  journal::v1::Positions positions;
  if (absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() >= kSumBytes) {
    const auto body = absl::string_view(bytes).substr(0, bytes.size() - kSumBytes);
    if (absl::string_view(bytes).substr(body.size()) == SumOf(body) &&
        positions.ParseFromArray(body.data(), static_cast<int>(body.size())) &&
        positions.revisions_size() == static_cast<int>(partitions)) {
      return std::vector<uint64_t>(positions.revisions().begin(), positions.revisions().end());
    }
  }
  return Invalid(
      "RESUME_TOKEN_INVALID",
      "This is no resume token of this cluster. Give the last one that you got, unchanged; or list what there "
      "is and watch from now on, without a token.",
      "续传标记无效。请原样使用最近一次收到的标记；或先查询列表，再不带标记重新订阅。");
}

}  // namespace shoujie
