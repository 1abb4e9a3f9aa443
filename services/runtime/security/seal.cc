#include "services/runtime/security/seal.h"

#include <zstd.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/personal_fields.h"

namespace shoujie {
namespace {

using common::v1::Personal;

constexpr size_t kCompressFrom = 64;  // bytes; shorter text never gets smaller
constexpr int kCompressLevel = 1;

// The first byte inside the box, so that it is authenticated too.
enum Form : char { kRaw = 0, kZstd = 1 };

std::string Additional(absl::string_view subject, absl::string_view origin, uint64_t key) {
  std::string out;
  out.reserve(subject.size() + origin.size() + 24);
  crypto::AppendPart(&out, subject);
  crypto::AppendPart(&out, origin);
  crypto::AppendBigEndian64(&out, key);
  return out;
}

// Making a context costs more than to compress a text of this size.
struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::string Pack(const std::string& text) {
  if (text.size() > kCompressFrom) {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> context(ZSTD_createCCtx());
    std::string packed(1 + ZSTD_compressBound(text.size()), kZstd);
    const size_t size =
        ZSTD_compressCCtx(context.get(), &packed[1], packed.size() - 1, text.data(), text.size(), kCompressLevel);
    if (!ZSTD_isError(size) && size < text.size()) {
      packed.resize(1 + size);
      return packed;
    }
  }
  std::string packed(1, kRaw);
  packed += text;
  return packed;
}

std::optional<std::string> Unpack(absl::string_view packed) {
  if (packed.empty()) return std::nullopt;
  const char form = packed[0];
  packed.remove_prefix(1);
  if (form == kRaw) return std::string(packed);
  if (form != kZstd) return std::nullopt;
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > limits::kTransportBytesMax) {
    return std::nullopt;
  }
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  std::string text(size, '\0');
  if (ZSTD_decompressDCtx(context.get(), &text[0], text.size(), packed.data(), packed.size()) != size) {
    return std::nullopt;
  }
  return text;
}

absl::Status Broken(const Personal& personal) {
  return Error(
      absl::StatusCode::kDataLoss, "SEAL_BROKEN",
      absl::StrCat("The sealed field ", personal.origin(),
                   " cannot be opened: its bytes or its place were changed. Restore the data from a good copy."),
      absl::StrCat("加密字段 ", personal.origin(), " 无法打开：内容或所在位置被改动。请用完好的副本恢复数据。"),
      {{"origin", personal.origin()}});
}

absl::StatusOr<std::string> OpenWith(const Personal& personal, const std::string& key) {
  auto packed = crypto::Open(key, Additional(personal.subject(), personal.origin(), personal.key()), personal.box());
  if (!packed) return Broken(personal);
  auto text = Unpack(*packed);
  if (!text) return Broken(personal);
  return *std::move(text);
}

}  // namespace

bool HoldsPersonal(const google::protobuf::Descriptor* type) {
  return type == Personal::descriptor() || !PersonalFieldsOf(type).fields.empty();
}

bool HasPlain(const google::protobuf::Message& message) {
  return AnyPersonal(message, [](const Personal& personal) { return !personal.plain().empty(); });
}

absl::Status SealMessage(google::protobuf::Message* message, const std::string& subject, uint64_t key,
                         const std::string& origin_prefix, KeyRing& keys) {
  std::string data_key;  // fetched at the first plain field: most messages have none
  return VisitPersonal(message, [&](Personal* personal, const std::string& path) -> absl::Status {
    // Plain text wins over a box beside it: it is what was decided last, and it must not go on in the clear.
    if (personal->plain().empty()) return absl::OkStatus();
    if (data_key.empty()) {
      auto found = keys.DataKey(key);
      if (!found.ok()) return found.status();
      data_key = *std::move(found);
    }
    std::string origin = path.empty() ? origin_prefix : absl::StrCat(origin_prefix, ".", path);
    personal->set_box(crypto::Seal(data_key, keys.Random(crypto::kNonceBytes), Additional(subject, origin, key),
                                   Pack(personal->plain())));
    personal->set_subject(subject);
    personal->set_key(key);
    personal->set_origin(std::move(origin));
    personal->clear_plain();
    return absl::OkStatus();
  });
}

absl::Status OpenMessage(google::protobuf::Message* message, KeyRing& keys) {
  uint64_t key = 0;  // fields of one message mostly share theirs
  std::string data_key;
  return VisitPersonal(message, [&](Personal* personal, const std::string&) -> absl::Status {
    if (personal->box().empty()) return absl::OkStatus();
    if (data_key.empty() || key != personal->key()) {
      auto found = keys.DataKey(personal->key());
      if (!found.ok()) return found.status();
      data_key = *std::move(found);
      key = personal->key();
    }
    auto text = OpenWith(*personal, data_key);
    if (!text.ok()) return text.status();
    personal->Clear();
    personal->set_plain(*std::move(text));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::string> OpenPersonal(const Personal& personal, KeyRing& keys) {
  if (personal.box().empty()) return personal.plain();
  auto key = keys.DataKey(personal.key());
  if (!key.ok()) return key.status();
  return OpenWith(personal, *key);
}

void RedactMessage(google::protobuf::Message* message) {
  VisitPersonal(message, [](Personal* personal, const std::string&) {
    personal->Clear();
    return absl::OkStatus();
  }).IgnoreError();
}

}  // namespace shoujie
