#include "services/runtime/node/request_header.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/request_id.h"

namespace shoujie {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status CheckName(absl::string_view name) {
  const bool ok = !name.empty() && name.size() <= limits::kNameBytesMax &&
                  std::count(name.begin(), name.end(), '/') == 1 && name.front() != '/' && name.back() != '/' &&
                  std::all_of(name.begin(), name.end(), [](unsigned char c) {
                    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/';
                  });
  if (ok) return absl::OkStatus();
  return Invalid("NAME_INVALID",
                 "This is no resource name. Write it like \"tickets/0413-000127-6-T1\": a collection, a slash and an "
                 "id, at most 128 "
                 "characters.",
                 "资源名称无效。请写成 \"tickets/0413-000127-6-T1\"：集合、斜杠和编号，最多 128 个字符。");
}

absl::StatusOr<RequestHeader> RequestHeaders::Read(const Message& request) {
  const auto* type = request.GetDescriptor();
  Fields fields;
  {
    absl::MutexLock lock(&mutex_);
    auto [it, fresh] = fields_.try_emplace(type);
    if (fresh) {
      auto field = [type](const char* name, FieldDescriptor::CppType cpp) {
        const auto* f = type->FindFieldByName(name);
        return f && f->cpp_type() == cpp && !f->is_repeated() ? f : nullptr;
      };
      it->second = {
          field("request_id", FieldDescriptor::CPPTYPE_STRING), field("etag", FieldDescriptor::CPPTYPE_STRING),
          field("occurred_at", FieldDescriptor::CPPTYPE_MESSAGE), field("customer", FieldDescriptor::CPPTYPE_STRING)};
    }
    fields = it->second;
  }
  const auto* reflection = request.GetReflection();
  RequestHeader header;
  std::string scratch;
  if (fields.id == nullptr || reflection->GetStringReference(request, fields.id, &scratch).empty()) {
    return Invalid("REQUEST_ID_MISSING",
                   "The command has no request_id. Send a UUIDv7 and keep it for repeats: after a lost answer it takes "
                   "effect once.",
                   "命令缺少 request_id。请附上 UUIDv7 并在重发时保持不变，以便在应答丢失后重发时只生效一次。");
  }
  auto id = ParseRequestId(reflection->GetStringReference(request, fields.id, &scratch));
  if (!id.ok()) return id.status();
  header.id = *std::move(id);
  if (fields.etag) header.etag = reflection->GetString(request, fields.etag);
  if (fields.customer) header.customer = reflection->GetString(request, fields.customer);
  if (fields.occurred_at && reflection->HasField(request, fields.occurred_at)) {
    const auto& at =
        static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(request, fields.occurred_at));
    if (at.seconds() < google::protobuf::util::TimeUtil::kTimestampMinSeconds ||
        at.seconds() > google::protobuf::util::TimeUtil::kTimestampMaxSeconds || at.nanos() < 0 ||
        at.nanos() > 999'999'999) {
      return Invalid("TIME_INVALID",
                     "occurred_at is not an instant between the years 1 and 9999. Correct it, or leave it out.",
                     "occurred_at 不是公元 1 年至 9999 年之间的时刻。请改正或去掉。");
    }
    // Records keep milliseconds.
    header.occurred_at = absl::FromUnixMillis(at.seconds() * 1000 + at.nanos() / 1'000'000);
  }
  return header;
}

}  // namespace shoujie
