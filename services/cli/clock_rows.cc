#include "services/cli/clock_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> ClockRows() {
  const Argument ticket{"TICKET", "name", "tickets/"};
  const std::string s = "router.v1.TicketService/";
  return {
      {"ticket",
       "explain",
       s + "ExplainClocks",
       "why its clocks were met or breached, interval by interval, and by another directory version's policies",
       {{ticket}},
       {"shoujie ticket explain 0413-000127-6-T1",
        "shoujie ticket explain 0413-000127-6-T1 --clock 2 --as-version 7 -o json"}},
      {"ticket",
       "customer-view",
       s + "GetCustomerView",
       "what the customer may be told: how far it is and when it will be done",
       {{ticket}},
       {"shoujie ticket customer-view 0413-000127-6-T1"}},
      {"ticket",
       "await-customer",
       s + "AwaitCustomer",
       "nothing can be done before the customer has answered: clocks stand still",
       {{ticket}},
       {"shoujie ticket await-customer 0413-000127-6-T1 --reason \"asked for a photo of the plate\""}},
      {"ticket",
       "end-wait",
       s + "EndWait",
       "the customer has answered: clocks go on",
       {{ticket}},
       {"shoujie ticket end-wait 0413-000127-6-T1 --note \"photo is there\""}},
      {"ticket",
       "request-extension",
       s + "RequestExtension",
       "asks a leader for more time on a clock 延期, before it is due",
       {{ticket}},
       {"shoujie ticket request-extension 0413-000127-6-T1 --time 8h --reason \"part arrives on Friday\""}},
      {"ticket",
       "answer-extension",
       s + "AnswerExtension",
       "a leader gives more time, or does not",
       {{ticket}},
       {"shoujie ticket answer-extension 0413-000127-6-T1 --approve"}},
  };
}

}  // namespace shoujie::cli
