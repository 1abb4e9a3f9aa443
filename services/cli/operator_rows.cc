#include "services/cli/operator_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> OperatorRows() {
  const std::string s = "ops.v1.OpsService/";
  return {
      {"server", "info", s + "GetServerInfo", "version, clock and shards of the server", {}, {"shoujie server info"}},
      {.noun = "server",
       .verb = "checkpoint",
       .method = s + "Checkpoint",
       .help = "a consistent copy of the running data directory, on the server's machine",
       .fields = {{{"DIRECTORY", "directory"}}},
       .examples = {"shoujie server checkpoint /var/backups/shoujie-1"},
       .once = true},
      {"shard",
       "list",
       s + "ListShards",
       "how the shards stand",
       {},
       {"shoujie shard list --service router", "shoujie shard list --halted"}},
      {"admin",
       "shards",
       s + "ListShards",
       "how this node's shards stand, and who owns them",
       {},
       {"shoujie admin shards --service router", "shoujie admin shards -o wide", "shoujie admin shards --halted"}},
      {.noun = "admin",
       .verb = "owners",
       .method = s + "ListOwners",
       .help = "who owns each shard, who should, who stands by",
       .examples = {"shoujie admin owners", "shoujie admin owners --service router -o json"},
       .part = "owners"},
      {"admin",
       "lag",
       s + "ListLag",
       "how far this node's stores are behind the journals",
       {},
       {"shoujie admin lag --behind", "shoujie admin lag --service router -o json"}},
      {.noun = "admin",
       .verb = "promote",
       .method = s + "PromoteShard",
       .help = "makes the node that is asked (--server) the owner of a shard",
       .fields = {{{"SHARD", "name"}}},
       .examples = {"shoujie admin promote router/17 --server b:7400"}},
      {.noun = "token",
       .verb = "create",
       .method = s + "CreateToken",
       .help = "a token for a principal; shown only now",
       .fields = {.arguments = {{"PRINCIPAL", "principal"}}, .required = {"rights"}},
       .examples = {"shoujie token create agents/1001 --rights agent -o name > 1001.token"},
       .once = true},
      {.noun = "token",
       .verb = "revoke",
       .method = s + "RevokeToken",
       .help = "makes all tokens of a principal invalid",
       .fields = {{{"PRINCIPAL", "principal"}}},
       .examples = {"shoujie token revoke agents/1001"},
       .once = true},
  };
}

}  // namespace shoujie::cli
