#include "services/cli/supervision_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> SupervisionRows() {
  const Argument ticket{"TICKET", "name", "tickets/"};
  const std::string s = "router.v1.TicketService/";
  return {
      {"ticket",
       "supervise",
       s + "SuperviseTicket",
       "a leader watches over it 督办: whoever has it says by the deadline what was done",
       {{ticket}},
       {"shoujie ticket supervise 0413-000127-6-T1 --reason \"third complaint of the street\" --deadline +8h",
        "shoujie ticket supervise 0413-000127-6-T1 --reason \"urged twice\" --supervisor 1001 --handoff-only"}},
      {"ticket",
       "answer-supervision",
       s + "AnswerSupervision",
       "what was done, told to the supervisor 督办答复",
       {{ticket, {"TEXT", "text"}}},
       {"shoujie ticket answer-supervision 0413-000127-6-T1 \"the part is ordered, the visit is on Friday\""}},
      {"ticket",
       "lift-supervision",
       s + "LiftSupervision",
       "the supervisor has come to a finding and watches no more 解除督办",
       {{ticket}},
       {"shoujie ticket lift-supervision 0413-000127-6-T1 --finding \"repaired, the customer confirms\""}},
      {"ticket",
       "prioritize",
       s + "PrioritizeTicket",
       "how urgent it is; the most urgent go ahead of the rest 急办",
       {{ticket, {"PRIORITY", "priority"}}},
       {"shoujie ticket prioritize 0413-000127-6-T1 1 --reason \"water runs into the flat below\"",
        "shoujie ticket prioritize 0413-000127-6-T1 0 --reason \"the water is off\""}},
      {"report",
       "notices",
       s + "ListPublicNotices",
       "departments that were publicly noticed 通报, newest first",
       {},
       {"shoujie report notices --department tech --from 2026-11-01 --to 2026-12-01",
        "shoujie report notices -o wide"}},
  };
}

}  // namespace shoujie::cli
