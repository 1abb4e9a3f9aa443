#include "services/runtime/base/error.h"

#include <cstdint>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace shoujie {
namespace {
constexpr absl::string_view kDetailUrl = "type.googleapis.com/shoujie.common.v1.ErrorDetail";

// What callers gave comes back to them in errors. It must neither break the detail (protobuf takes no text that is not
// UTF-8) nor outgrow the 8 KiB of metadata that any gRPC client takes: of both they would see nothing but a failed
// call.
constexpr size_t kSentenceBytesMax = 640;
constexpr size_t kValuesBytesMax = 3 << 10;  // of all metadata together
constexpr absl::string_view kMalformed = "\xEF\xBF\xBD", kCut = "…";

// Bytes of the character that `text` begins with; 0 if it is malformed.
size_t CharacterBytes(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xc2 && lead < 0xe0   ? 2
                       : lead >= 0xe0 && lead < 0xf0 ? 3
                       : lead >= 0xf0 && lead < 0xf5 ? 4
                                                     : 0;
  if (bytes == 0 || bytes > text.size()) return 0;
  uint32_t rune = lead & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    rune = rune << 6 | (next & 0x3f);
  }
  const uint32_t least = bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
  return rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000) ? 0 : bytes;
}

// `text` in UTF-8 and at most so many bytes.
std::string Shown(absl::string_view text, size_t bytes_max) {
  std::string out;
  size_t whole = 0;  // where it may be cut, with room for the sign
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    absl::StrAppend(&out, bytes == 0 ? kMalformed : text.substr(0, bytes));
    if (out.size() > bytes_max) {
      out.resize(whole);
      if (bytes_max >= kCut.size()) absl::StrAppend(&out, kCut);
      return out;
    }
    if (out.size() + kCut.size() <= bytes_max) whole = out.size();
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}
}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view en, absl::string_view zh,
                   std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata) {
  common::v1::ErrorDetail detail;
  detail.set_reason(std::string(reason));
  detail.set_en(Shown(en, kSentenceBytesMax));
  detail.set_zh(Shown(zh, kSentenceBytesMax));
  size_t room = kValuesBytesMax;
  for (const auto& [key, value] : metadata) {
    auto* entry = detail.add_metadata();
    entry->set_key(std::string(key));
    entry->set_value(Shown(value, room));
    room -= entry->value().size();
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
