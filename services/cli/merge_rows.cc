#include "services/cli/merge_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> MergeRows() {
  const Argument ticket{"TICKET", "name", "tickets/"};
  const std::string s = "router.v1.TicketService/";
  return {
      {"ticket",
       "merge",
       s + "MergeTicket",
       "it is a duplicate and goes on in another one 并单; `ticket get` tells in a moment whether that one took it",
       {{ticket, {"INTO", "into", "tickets/"}}},
       {"shoujie ticket merge 0413-000127-6-T1 0977-000031-4-T1 --note \"same leak, same flat\""}},
      {"ticket",
       "unmerge",
       s + "UnmergeTicket",
       "it was no duplicate: it goes on where it stood",
       {{ticket}},
       {"shoujie ticket unmerge 0413-000127-6-T1 --note \"another flat\""}},
  };
}

}  // namespace shoujie::cli
