#include "services/runtime/ops/ops_service.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "shoujie/journal/v1/record.pb.h"
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
    for (const auto* module : backend_.modules()) {
      if (backend_.Serves(*module)) info->add_services(module->domain.name);
    }
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
      *response->add_shards() = RowOf(shard);
    }
    return absl::OkStatus();
  }

  absl::Status ListOwners(const v1::ListOwnersRequest& request, v1::ListOwnersResponse* response) const {
    if (!options_.owners) {  // alone
      for (const auto& shard : backend_.Shards()) {
        if (!request.service().empty() && shard.service != request.service()) continue;
        auto* row = response->add_owners();
        row->set_name(NameOf(shard.service, shard.partition));
        row->set_owner("local");
        row->set_wanted("local");
        row->set_term(shard.term);
      }
      return absl::OkStatus();
    }
    for (const auto& one : options_.owners()) {
      if (!request.service().empty() && one.service != request.service()) continue;
      auto* row = response->add_owners();
      row->set_name(NameOf(one.service, one.partition));
      row->set_owner(one.owner);
      row->set_address(one.address);
      row->set_term(one.term);
      row->set_wanted(one.wanted);
      for (const std::string& standby : one.standbys) row->add_standbys(standby);
      row->set_pinned(one.pinned);
    }
    for (std::string& node : options_.nodes()) response->add_nodes(std::move(node));
    return absl::OkStatus();
  }

  absl::Status ListLag(const v1::ListLagRequest& request, v1::ListLagResponse* response) const {
    for (const auto& shard : backend_.Shards()) {
      if (!request.service().empty() && shard.service != request.service()) continue;
      if (request.behind() && shard.behind == 0) continue;
      auto* row = response->add_shards();
      row->set_name(NameOf(shard.service, shard.partition));
      row->set_phase(shard.phase);
      row->set_revision(shard.revision);
      row->set_stored_revision(shard.stored_revision);
      row->set_behind(shard.behind);
    }
    return absl::OkStatus();
  }

  absl::Status ListFeatures(const v1::ListFeaturesRequest&, v1::ListFeaturesResponse* response) const {
    const auto reference = options_.reference();
    for (const Feature& feature : kFeatures) {
      auto* row = response->add_features();
      row->set_name(std::string(feature.name));
      row->set_since(std::string(feature.since));
      row->set_description(std::string(feature.what));
      for (const auto* module : backend_.modules()) {
        for (const std::string& kind : GuardedBy(feature.name, *module->domain.event->GetDescriptor())) {
          row->add_events(absl::StrCat(module->domain.name, ".", kind));
        }
      }
      for (const std::string& field : GuardedBy(feature.name, *journal::v1::Commit::descriptor())) {
        row->add_events(absl::StrCat("record.", field));
      }
      if (!options_.cannot_read) continue;
      for (std::string& node : options_.cannot_read(feature.name)) row->add_unreadable_for(std::move(node));
    }
    for (const auto& enabled : reference->directory().features()) {
      auto& rows = *response->mutable_features();
      auto row =
          std::find_if(rows.begin(), rows.end(), [&](const v1::Feature& one) { return one.name() == enabled.name(); });
      if (row == rows.end()) {  // of a newer build than this one
        rows.Add()->set_name(enabled.name());
        row = std::prev(rows.end());
      }
      row->set_enabled(true);
      *row->mutable_enabled_at() = enabled.enabled_at();
      row->set_enabled_by(enabled.enabled_by());
      row->set_directory_version(enabled.version());
    }
    return absl::OkStatus();
  }

  absl::Status ListAdoption(const v1::ListAdoptionRequest& request, v1::ListAdoptionResponse* response) const {
    response->set_newest(options_.reference()->version());
    response->set_version(request.version() != 0 ? request.version() : response->newest());
    bool everywhere = true;
    for (const auto& one : backend_.Adoptions()) {
      auto* row = response->add_shards();
      row->set_name(NameOf(one.service, one.partition));
      row->set_service(one.service);
      row->set_partition(one.partition);
      row->set_adopted_version(one.version);
      row->set_adopted(one.version >= response->version());
      everywhere = everywhere && row->adopted();
    }
    for (const auto* module : backend_.modules()) {
      if (module->domain.slotted && !backend_.Serves(*module)) response->add_elsewhere(module->domain.name);
    }
    response->set_everywhere(everywhere && !response->shards().empty() && response->elsewhere().empty());
    return absl::OkStatus();
  }

  absl::Status PromoteShard(const v1::PromoteShardRequest& request, v1::Shard* response) const {
    if (!options_.promote) {
      return Refused("NO_CLUSTER",
                     "This server shares its journals with no other: it owns every shard already. Ask a node "
                     "of a cluster.",
                     "本服务器未与其他节点共享日志，已负责所有分片。请向集群中的节点发出该命令。");
    }
    const std::vector<std::string> parts =
        absl::StrSplit(absl::StripPrefix(request.name(), "shards/"), '/');  // "router/17" will do
    uint32_t partition = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &partition)) {
      return Invalid("SHARD_NAME_INVALID", "This is no name of a shard. Write it like shards/router/17.",
                     "分片名称无效，请写成 shards/router/17。", {{"name", request.name()}});
    }
    if (absl::Status status = options_.promote(parts[0], partition); !status.ok()) return status;
    for (const auto& shard : backend_.Shards()) {
      if (shard.service == parts[0] && shard.partition == partition) *response = RowOf(shard);
    }
    return absl::OkStatus();
  }

  absl::Status StartRebuild(const v1::StartRebuildRequest& request, v1::Rebuild* response) const {
    if (!options_.start_rebuild) {
      return Refused("REBUILD_UNAVAILABLE",
                     "The stores of this server cannot be made beside the live ones. Ask one with a data directory.",
                     "本服务器无法旁路重建存储，请向带数据目录的服务器发出该命令。");
    }
    const std::string what(absl::StripPrefix(request.name(), "shards/"));
    if (absl::Status status = options_.start_rebuild(what, request.events_per_second_max()); !status.ok()) {
      return status;
    }
    *response = options_.rebuild();
    return absl::OkStatus();
  }

  absl::Status GetRebuild(const v1::GetRebuildRequest&, v1::Rebuild* response) const {
    if (options_.rebuild) *response = options_.rebuild();
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
  static std::string NameOf(const std::string& service, uint32_t partition) {
    return absl::StrCat("shards/", service, "/", partition);
  }
  static v1::Shard RowOf(const Backend::ShardInfo& shard) {
    v1::Shard row;
    row.set_name(NameOf(shard.service, shard.partition));
    row.set_service(shard.service);
    row.set_partition(shard.partition);
    row.set_phase(shard.phase);
    row.set_term(shard.term);
    row.set_revision(shard.revision);
    row.set_stored_revision(shard.stored_revision);
    row.set_adopted_version(shard.adopted_version);
    row.set_ignored_records(shard.ignored_records);
    row.set_halted(shard.halted);
    row.set_owner(shard.owner);
    row.set_owner_address(shard.owner_address);
    row.set_behind(shard.behind);
    row.set_replaced(shard.replaced);
    row.set_backs_off(shard.backs_off);
    return row;
  }

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
           {"ListOwners", Bind(ops, &Ops::ListOwners)},
           {"ListLag", Bind(ops, &Ops::ListLag)},
           {"ListFeatures", Bind(ops, &Ops::ListFeatures)},
           {"ListAdoption", Bind(ops, &Ops::ListAdoption)},
           {"PromoteShard", Bind(ops, &Ops::PromoteShard)},
           {"StartRebuild", Bind(ops, &Ops::StartRebuild)},
           {"GetRebuild", Bind(ops, &Ops::GetRebuild)},
           {"CreateToken", Bind(ops, &Ops::CreateToken)},
           {"RevokeToken", Bind(ops, &Ops::RevokeToken)},
           {"Checkpoint", Bind(ops, &Ops::Checkpoint)}}};
}

}  // namespace shoujie::ops
