#include "services/cli/routing_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> RoutingRows() {
  const std::string directory = "directory.v1.DirectoryService/GetDirectory";
  return {
      {"ticket",
       "route",
       "router.v1.TicketService/ExplainRouting",
       "where an offer without a department would go, and why; by another directory version, at another instant",
       {{{"TICKET", "name", "tickets/"}}},
       {"shoujie ticket route 0413-000127-6-T1", "shoujie ticket route 0413-000127-6-T1 --as-version 7 -o wide",
        "shoujie ticket route 0413-000127-6-T1 --at \"2026-11-28 02:00\" --duty-role on-call"}},
      {"routing",
       "list",
       directory,
       "the routing table in force: the first row that matches counts",
       {.arguments = {}, .skip = {"name"}},
       {"shoujie routing list", "shoujie routing list -o wide"},
       "routing_rules"},
      {"routing",
       "get",
       directory,
       "one row of the routing table in force",
       {.arguments = {{"ROW", ""}}, .skip = {"name"}},
       {"shoujie routing get fault"},
       "routing_rules"},
      {"roster",
       "list",
       directory,
       "who is on duty, and when",
       {.arguments = {}, .skip = {"name"}},
       {"shoujie roster list"},
       "rosters"},
      {"roster",
       "get",
       directory,
       "one row of the rosters in force",
       {.arguments = {{"ROSTER", ""}}, .skip = {"name"}},
       {"shoujie roster get tech-on-call"},
       "rosters"},
  };
}

}  // namespace shoujie::cli
