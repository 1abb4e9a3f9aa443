#include "services/runtime/rpc/status.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/runtime/base/error.h"

namespace shoujie::rpc {
namespace {

constexpr absl::string_view kDomain = "shoujie";

// What a status without a detail says to callers.
absl::Status General(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return Error(code, "CANCELLED", "The call was cancelled. Repeat it with the same request id if it still matters.",
                   "调用已取消。如仍需要，请用同一请求号重试。");
    case absl::StatusCode::kDeadlineExceeded:
      return Error(code, "DEADLINE_EXCEEDED",
                   "The answer did not come in time; the command may have been carried out. Repeat it with the same "
                   "request id.",
                   "未能及时答复，命令可能已执行。请用同一请求号重试。");
    case absl::StatusCode::kUnavailable:
      return Error(code, "UNAVAILABLE", "The server cannot answer now. Repeat the call with the same request id.",
                   "服务器暂时无法答复。请用同一请求号重试。");
    case absl::StatusCode::kResourceExhausted:
      return Error(code, "BUSY", "The server has too much to do. Wait a little and repeat the call.",
                   "服务器繁忙。请稍候重试。");
    case absl::StatusCode::kNotFound:
      return Error(code, "NOT_FOUND", "There is no such resource. Check its name.", "没有该资源。请核对名称。");
    case absl::StatusCode::kUnimplemented:
      return Error(code, "METHOD_UNKNOWN", "The server does not offer this method. Check that client and server match.",
                   "服务器没有该方法。请核对客户端与服务器的版本。");
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Error(code, "INVALID_ARGUMENT", "The request is not valid. Check its fields.", "请求无效。请检查各字段。");
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return Error(code, "REFUSED", "The request does not fit the state of things. Read the resource again.",
                   "请求与当前状态不符。请重新读取后再试。");
    case absl::StatusCode::kPermissionDenied:
      return Error(code, "ACCESS_DENIED", "The token does not allow this.", "令牌无权执行此操作。");
    case absl::StatusCode::kUnauthenticated:
      return Error(
          code, "UNAUTHENTICATED",
          "The call needs a valid token. Send metadata \"authorization: Bearer TOKEN\"; an operator can make you one.",
          "调用需要有效的令牌。请发送元数据“authorization: Bearer 令牌”；令牌由运维人员签发。");
    default:
      return Error(code, "INTERNAL", "The server failed inside; nothing is said here for safety. See its log.",
                   "服务器内部出错，为安全起见不在此说明。请查看服务器日志。");
  }
}

}  // namespace

common::v1::ErrorDetail CallersDetail(const absl::Status& status) {
  auto detail = DetailOf(status);
  if (detail.reason().empty()) detail = DetailOf(General(status.code()));
  return detail;
}

WireStatus ToWire(const absl::Status& status) {
  if (status.ok()) return {};
  const auto detail = CallersDetail(status);

  WireStatus wire;
  wire.code = static_cast<int>(status.code());
  wire.message = absl::StrCat(detail.reason(), ": ", detail.en());
  google::rpc::Status out;
  out.set_code(wire.code);
  out.set_message(wire.message);
  google::rpc::ErrorInfo info;
  info.set_reason(detail.reason());
  info.set_domain(std::string(kDomain));
  for (const auto& entry : detail.metadata()) (*info.mutable_metadata())[entry.key()] = entry.value();
  out.add_details()->PackFrom(info);
  google::rpc::LocalizedMessage text;
  text.set_locale("zh-CN");
  text.set_message(detail.zh());
  out.add_details()->PackFrom(text);
  text.set_locale("en");
  text.set_message(detail.en());
  out.add_details()->PackFrom(text);
  wire.details = out.SerializeAsString();
  return wire;
}

absl::Status FromWire(int code, absl::string_view message, absl::string_view details) {
  if (code == 0) return absl::OkStatus();
  const auto absl_code = static_cast<absl::StatusCode>(code);
  google::rpc::Status in;
  common::v1::ErrorDetail detail;
  if (!details.empty() && in.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    for (const auto& any : in.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::LocalizedMessage text;
      if (any.Is<google::rpc::ErrorInfo>() && any.UnpackTo(&info)) {
        detail.set_reason(info.reason());
        for (const auto& [key, value] : info.metadata()) {
          auto* entry = detail.add_metadata();
          entry->set_key(key);
          entry->set_value(value);
        }
      } else if (any.Is<google::rpc::LocalizedMessage>() && any.UnpackTo(&text)) {
        (text.locale() == "zh-CN" ? detail.mutable_zh() : detail.mutable_en())->assign(text.message());
      }
    }
    std::sort(detail.mutable_metadata()->begin(), detail.mutable_metadata()->end(),
              [](const auto& a, const auto& b) { return a.key() < b.key(); });
  }
  if (detail.reason().empty()) {
    detail = DetailOf(absl_code == absl::StatusCode::kUnavailable
                          ? Error(absl_code, "SERVER_UNREACHABLE",
                                  "The server cannot be reached. Check that it runs and that its address is right.",
                                  "无法连接服务器。请确认服务器已启动且地址正确。")
                          : General(absl_code));
    if (detail.reason() == "INTERNAL") detail.set_reason("UNKNOWN_ERROR");
    if (!message.empty()) {
      auto* entry = detail.add_metadata();
      entry->set_key("transport");
      entry->set_value(std::string(message));
    }
  }
  return ErrorFrom(absl_code, detail);
}

std::string OwnerIn(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kUnavailable) return "";
  const auto detail = DetailOf(status);
  if (detail.reason() != "NOT_OWNER") return "";
  for (const auto& entry : detail.metadata()) {
    if (entry.key() == "address") return entry.value();
  }
  return "";
}

}  // namespace shoujie::rpc
