#include "services/runtime/rpc/caller.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/forwarder.h"

namespace shoujie::rpc {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

absl::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

absl::string_view Find(const Metadata& metadata, const char* key) {
  const auto entry = metadata.find(key);
  return entry == metadata.end() ? "" : View(entry->second);
}

// W3C trace context: nothing but its fixed form is passed on, since it gets into records.
bool IsTraceparent(absl::string_view text) {
  return text.size() == 55 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

absl::Status CheckMetadata(const Metadata& metadata) {
  size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size();
  if (bytes <= limits::kMetadataBytesMax) return absl::OkStatus();
  return Invalid(
      "METADATA_TOO_LARGE",
      absl::StrCat("The call's metadata have ", bytes, " bytes; at most ", limits::kMetadataBytesMax,
                   " are allowed. Send less metadata."),
      absl::StrCat("调用的元数据有 ", bytes, " 字节，最多允许 ", limits::kMetadataBytesMax, " 字节。请减少元数据。"),
      {{"bytesMax", absl::StrCat(limits::kMetadataBytesMax)}});
}

// Without saying by its time how much of a token is right.
bool IsToken(absl::string_view given, absl::string_view secret) {
  if (secret.empty() || given.size() != secret.size()) return false;
  unsigned char differs = 0;
  for (size_t i = 0; i < secret.size(); ++i) differs |= static_cast<unsigned char>(given[i] ^ secret[i]);
  return differs == 0;
}

absl::Status Authenticate(const ServerOptions& options, const Metadata& metadata, Caller* caller) {
  absl::string_view token = Find(metadata, "authorization");
  if (!absl::ConsumePrefix(&token, "Bearer ")) token = "";
  if (IsToken(token, options.node_token)) {
    caller->hop = true;
    const absl::string_view id = Find(metadata, kHopPrincipal);
    if (id.empty()) {
      caller->principal = {"system/node", static_cast<uint32_t>(Right::kSystem)};
      return absl::OkStatus();
    }
    uint32_t rights = 0;
    if (!absl::SimpleAtoi(Find(metadata, kHopRights), &rights)) rights = 0;
    caller->principal = {std::string(id), rights & ~static_cast<uint32_t>(Right::kSystem)};
    return absl::OkStatus();
  }
  auto principal = options.authenticate(token);
  if (principal.ok()) {
    caller->principal = *std::move(principal);
    return absl::OkStatus();
  }
  if (absl::IsUnauthenticated(principal.status())) return principal.status();
  return absl::UnauthenticatedError("");  // rpc/status.h has the words
}

}  // namespace

absl::StatusOr<Caller> CallerOf(const ServerOptions& options, const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (absl::Status status = CheckMetadata(metadata); !status.ok()) return status;
  Caller caller;
  if (absl::Status status = Authenticate(options, metadata, &caller); !status.ok()) return status;
  const absl::string_view trace = Find(metadata, "traceparent");
  if (IsTraceparent(trace)) caller.traceparent = std::string(trace);
  return caller;
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

bool Write(const google::protobuf::Message& message, grpc::ByteBuffer* out) {
  bool own = false;
  return grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message, out, &own).ok();
}

absl::Status ServerStopping() {
  return Error(absl::StatusCode::kUnavailable, "SERVER_STOPPING",
               "The server is stopping; nothing was done. Repeat the call with the same request id once it is back.",
               "服务器正在停止，未做任何更改。请待其恢复后用相同的 request_id 重发。");
}

}  // namespace shoujie::rpc
