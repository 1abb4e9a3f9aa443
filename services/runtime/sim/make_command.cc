#include "services/runtime/sim/make_command.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/number.h"
#include "services/runtime/shard/rows.h"

namespace shoujie::sim {

std::string RequestId(absl::Time at, uint64_t number) {
  std::string id;
  rows::AppendBig64(&id, static_cast<uint64_t>(absl::ToUnixMillis(at)) << 16 | 0x7000 | (number >> 52 & 0xfff));
  rows::AppendBig64(&id, 0x8000000000000000 | (number & 0xfffffffffffff));
  return id;
}

absl::StatusOr<Command> MakeCommand(const ServiceDomain& domain, const google::protobuf::Message& request,
                                    std::string id, Principal principal, KeyRing& keys) {
  const auto* descriptor = request.GetDescriptor();
  Command command;
  for (const auto& type : domain.streams) {
    const auto commands = type->commands();
    if (std::find(commands.begin(), commands.end(), descriptor) != commands.end()) command.type = type.get();
  }
  if (command.type == nullptr) return absl::InternalError("no stream takes this request");
  auto address = command.type->Route(request);
  if (!address.ok()) return address.status();
  command.address = *std::move(address);
  command.slot = command.address.stream.empty() ? SlotOfIdentifier(command.address.slot_key, keys.slot_key())
                                                : SlotOfStream(command.address.stream, keys.slot_key());
  command.payload_mac = keys.PayloadMac(rows::TimeOfRequestId(id), request.SerializeAsString());
  command.id = std::move(id);
  command.principal = std::move(principal);
  const auto* reflection = request.GetReflection();
  if (const auto* field = descriptor->FindFieldByName("etag")) command.etag = reflection->GetString(request, field);
  const auto* field = descriptor->FindFieldByName("occurred_at");
  if (field != nullptr && reflection->HasField(request, field)) {
    const auto& at = static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(request, field));
    command.occurred_at = absl::FromUnixMillis(google::protobuf::util::TimeUtil::TimestampToMilliseconds(at));
  }
  command.request.reset(request.New());
  command.request->CopyFrom(request);
  return command;
}

}  // namespace shoujie::sim
