#include "services/runtime/shard/event.h"

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

// An Event is one oneof; of a kind that is not known nothing of it is set.
bool IsKnown(const google::protobuf::Message& event) {
  const auto* descriptor = event.GetDescriptor();
  return descriptor->oneof_decl_count() == 0 || event.GetReflection()->HasOneof(event, descriptor->oneof_decl(0));
}

absl::Status Broken(absl::string_view service, uint64_t revision, int n) {
  return Error(absl::StatusCode::kDataLoss, "EVENT_BROKEN",
               absl::StrCat("Event ", n, " of revision ", revision, " of ", service,
                            " cannot be parsed. Restore the journal from a good copy."),
               absl::StrCat(service, " 版次 ", revision, " 的事件 ", n, " 无法解析。请用完好的副本恢复日志。"),
               {{"service", std::string(service)}, {"revision", absl::StrCat(revision)}});
}

absl::Status Unknown(absl::string_view service, uint64_t revision, int n) {
  return Error(absl::StatusCode::kFailedPrecondition, "EVENT_UNKNOWN",
               absl::StrCat("Event ", n, " of revision ", revision, " of ", service,
                            " is of a kind that this version does not know. Run the version that wrote it, or a newer "
                            "one."),
               absl::StrCat(service, " 版次 ", revision, " 的事件 ", n,
                            " 属于本版本未知的类型。请运行写入该事件的版本或更新的版本。"),
               {{"service", std::string(service)}, {"revision", absl::StrCat(revision)}});
}

}  // namespace

absl::Status ReadEvent(absl::string_view service, Upcast upcast, const journal::v1::Commit& commit, int n,
                       google::protobuf::Message* event) {
  if (!event->ParseFromString(commit.events(n).body())) return Broken(service, commit.revision(), n);
  if (!IsKnown(*event)) return Unknown(service, commit.revision(), n);
  if (upcast != nullptr) upcast(*event);
  return absl::OkStatus();
}

}  // namespace shoujie
