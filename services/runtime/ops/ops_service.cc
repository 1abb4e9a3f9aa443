#include "services/runtime/ops/ops_service.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::ops {
namespace {

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t ms = absl::ToUnixMillis(time);
  out->set_seconds(ms / 1000);
  out->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

class Ops {
 public:
  Ops(Backend& backend, OpsOptions options)
      : backend_(backend), options_(std::move(options)), started_(backend.clock().Now()) {}

  absl::Status GetServerInfo(const v1::GetServerInfoRequest&, v1::ServerInfo* info) const {
    info->set_version(options_.version);
    info->set_data_format(options_.data_format);
    SetTime(backend_.clock().Now(), info->mutable_now());
    info->set_clock_speed(backend_.clock().Speed());
    if (options_.clock_start.has_value()) SetTime(*options_.clock_start, info->mutable_clock_start());
    SetTime(started_, info->mutable_started_at());
    for (const auto* module : backend_.modules()) info->add_services(module->domain.name);
    for (const auto& shard : backend_.Shards()) {
      info->set_shards(info->shards() + 1);
      if (!shard.halted.empty()) info->set_shards_halted(info->shards_halted() + 1);
      if (shard.halted.empty() && shard.phase == "serving") info->set_shards_serving(info->shards_serving() + 1);
    }
    return absl::OkStatus();
  }

  absl::Status ListShards(const v1::ListShardsRequest& request, v1::ListShardsResponse* response) const {
    for (const auto& shard : backend_.Shards()) {
      if (!request.service().empty() && shard.service != request.service()) continue;
      if (request.halted() && shard.halted.empty()) continue;
      auto* row = response->add_shards();
      row->set_name(absl::StrCat("shards/", shard.service, "/", shard.partition));
      row->set_service(shard.service);
      row->set_partition(shard.partition);
      row->set_phase(shard.phase);
      row->set_term(shard.term);
      row->set_revision(shard.revision);
      row->set_stored_revision(shard.stored_revision);
      row->set_adopted_version(shard.adopted_version);
      row->set_ignored_records(shard.ignored_records);
      row->set_halted(shard.halted);
    }
    return absl::OkStatus();
  }

  absl::Status CreateToken(const v1::CreateTokenRequest& request, v1::CreateTokenResponse* response) const {
    const auto rights = RightsFromNames(absl::StrJoin(request.rights(), ","));
    if (!rights.ok()) return rights.status();
    auto token = options_.create_token(request.principal(), *rights);
    if (!token.ok()) return token.status();
    response->set_token(*token);
    response->set_principal(request.principal());
    for (const auto name : absl::StrSplit(RightsToNames(*rights), ',')) response->add_rights(std::string(name));
    return absl::OkStatus();
  }

  absl::Status RevokeToken(const v1::RevokeTokenRequest& request, v1::RevokeTokenResponse* response) const {
    auto revoked = options_.revoke_token(request.principal());
    if (!revoked.ok()) return revoked.status();
    if (*revoked == 0) {
      return NotFound("TOKEN_UNKNOWN", "The principal has no token. Check its name.", "该主体没有令牌。请核对名称。");
    }
    response->set_revoked(static_cast<uint32_t>(*revoked));
    return absl::OkStatus();
  }

  absl::Status Checkpoint(const v1::CheckpointRequest& request, v1::CheckpointResponse* response) const {
    if (!absl::StartsWith(request.directory(), "/")) {
      return Invalid("DIRECTORY_RELATIVE", "Name the directory by its absolute path on the server's machine.",
                     "请使用服务器上目录的绝对路径。");
    }
    if (auto status = backend_.Checkpoint(request.directory()); !status.ok()) return status;
    response->set_directory(request.directory());
    return absl::OkStatus();
  }

 private:
  Backend& backend_;
  const OpsOptions options_;
  const absl::Time started_;
};

// `Handler` from a typed member.
template <typename Request, typename Response>
rpc::Handler Bind(std::shared_ptr<const Ops> ops, absl::Status (Ops::*act)(const Request&, Response*) const) {
  return [ops = std::move(ops), act](const google::protobuf::Message& request, google::protobuf::Message* response,
                                     const Principal&) {
    return (*ops.*act)(static_cast<const Request&>(request), static_cast<Response*>(response));
  };
}

}  // namespace

rpc::MountedService MakeOpsService(Backend& backend, OpsOptions options) {
  auto ops = std::make_shared<const Ops>(backend, std::move(options));
  return {v1::ServerInfo::descriptor()->file()->FindServiceByName("OpsService"),
          {{"GetServerInfo", Bind(ops, &Ops::GetServerInfo)},
           {"ListShards", Bind(ops, &Ops::ListShards)},
           {"CreateToken", Bind(ops, &Ops::CreateToken)},
           {"RevokeToken", Bind(ops, &Ops::RevokeToken)},
           {"Checkpoint", Bind(ops, &Ops::Checkpoint)}}};
}

}  // namespace shoujie::ops
