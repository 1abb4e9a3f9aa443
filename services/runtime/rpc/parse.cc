#include "services/runtime/rpc/parse.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/security/personal_fields.h"

namespace shoujie::rpc {
namespace {

constexpr int kDepthMax = 100;  // protobuf's own

bool ValidUtf8(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xf0 && lead <= 0xf4  ? 4
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                                                        : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t rune = lead & (0xff >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      rune = rune << 6 | (next & 0x3f);
    }
    const uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000)) return false;
    i += length;
  }
  return true;
}

// The path of the first string that is not UTF-8; empty if there is none; nothing if the wire format itself is broken.
std::optional<std::string> BadString(const google::protobuf::Descriptor& type, const std::string& bytes, int depth) {
  google::protobuf::Empty wire;
  if (depth > kDepthMax || !wire.ParseFromString(bytes)) return std::nullopt;
  const auto& fields = wire.GetReflection()->GetUnknownFields(wire);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& raw = fields.field(i);
    const auto* field = type.FindFieldByNumber(raw.number());
    if (field == nullptr || raw.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (field->type() == google::protobuf::FieldDescriptor::TYPE_STRING && !ValidUtf8(raw.length_delimited())) {
      return field->name();
    }
    if (field->type() == google::protobuf::FieldDescriptor::TYPE_MESSAGE) {
      auto inner = BadString(*field->message_type(), raw.length_delimited(), depth + 1);
      if (!inner.has_value()) return std::nullopt;
      if (!inner->empty()) return absl::StrCat(field->name(), ".", *inner);
    }
  }
  return std::string();
}

constexpr int64_t kSecondsOfYear1 = -62'135'596'800, kSecondsOfYear9999 = 253'402'300'799;
constexpr int64_t kSecondsOfDurationMax = 315'576'000'000;
constexpr int32_t kNanosMax = 999'999'999;

// The path of the first Timestamp or Duration that is out of its type's range: arithmetic on it would wrap around.
std::string BadTime(const google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const auto* reflection = message.GetReflection();
  const auto bad = [](const google::protobuf::Message& value) -> std::string {
    if (value.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
      const auto& at = static_cast<const google::protobuf::Timestamp&>(value);
      const bool ok = at.seconds() >= kSecondsOfYear1 && at.seconds() <= kSecondsOfYear9999 && at.nanos() >= 0 &&
                      at.nanos() <= kNanosMax;
      return ok ? "" : ".";
    }
    if (value.GetDescriptor() == google::protobuf::Duration::descriptor()) {
      const auto& d = static_cast<const google::protobuf::Duration&>(value);
      const bool ok = d.seconds() >= -kSecondsOfDurationMax && d.seconds() <= kSecondsOfDurationMax &&
                      d.nanos() >= -kNanosMax && d.nanos() <= kNanosMax;
      return ok ? "" : ".";
    }
    const std::string inner = BadTime(value);
    return inner.empty() ? "" : "." + inner;
  };
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const std::string found = bad(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                         : reflection->GetMessage(message, field));
      if (!found.empty()) return found == "." ? field->name() : field->name() + found;
    }
  }
  return "";
}

}  // namespace

absl::Status CheckRequestSize(size_t bytes) {
  if (bytes <= limits::kRequestBytesMax) return absl::OkStatus();
  return Invalid(
      "REQUEST_TOO_LARGE",
      absl::StrCat("The request has ", bytes, " bytes; at most ", limits::kRequestBytesMax,
                   " are allowed. Send less in one request."),
      absl::StrCat("请求有 ", bytes, " 字节，最多允许 ", limits::kRequestBytesMax, " 字节。请减少单次请求的内容。"),
      {{"bytes", absl::StrCat(bytes)}, {"bytesMax", absl::StrCat(limits::kRequestBytesMax)}});
}

absl::Status ParseRequest(const std::string& bytes, google::protobuf::Message* request) {
  if (request->ParseFromString(bytes)) {
    // What only the runtime makes: under a key that does not exist it would be recorded and never be readable.
    if (AnyPersonal(*request, [](const common::v1::Personal& p) {
          return !p.box().empty() || !p.subject().empty() || p.key() != 0 || !p.origin().empty();
        })) {
      return Invalid("SEALED_FIELD",
                     "The request holds a personal field that is sealed already. Send personal data as plain text; the "
                     "server seals it.",
                     "请求中含有已加密的个人数据字段。请以明文发送个人数据，由服务器加密。");
    }
    const std::string bad = BadTime(*request);
    if (bad.empty()) return absl::OkStatus();
    return Invalid(
        "TIME_INVALID",
        absl::StrCat("The time in field ", bad,
                     " is out of range: instants lie between the years 1 and 9999, durations within 10 000 years. "
                     "Correct it, or leave it out."),
        absl::StrCat("字段 ", bad,
                     " 的时间超出范围：时刻须在公元 1 年至 9999 年之间，时长不超过一万年。请改正或去掉。"),
        {{"field", bad}});
  }
  const auto bad = BadString(*request->GetDescriptor(), bytes, 0);
  if (bad.has_value() && !bad->empty()) {
    return Invalid("INVALID_UTF8", absl::StrCat("The text in field ", *bad, " is not UTF-8. Send text as UTF-8."),
                   absl::StrCat("字段 ", *bad, " 的文本不是 UTF-8 编码。请以 UTF-8 发送文本。"), {{"field", *bad}});
  }
  return Invalid(
      "MALFORMED_REQUEST",
      absl::StrCat("The bytes are no ", request->GetDescriptor()->full_name(),
                   ". Check that client and server use the same protos."),
      absl::StrCat("请求内容不是有效的 ", request->GetDescriptor()->full_name(), "。请核对客户端与服务器的协议版本。"),
      {{"type", request->GetDescriptor()->full_name()}});
}

}  // namespace shoujie::rpc
