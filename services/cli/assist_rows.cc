#include "services/cli/assist_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> AssistRows() {
  const Argument ticket{"TICKET", "name", "tickets/"};
  const std::string s = "router.v1.TicketService/";
  return {
      {"assist",
       "request",
       s + "RequestAssist",
       "asks a department to help 协办, with a deadline; owner and holder stay",
       {{ticket}},
       {"shoujie assist request 0413-000127-6-T1 --department warehouse --deadline +4h --gist \"is the part in "
        "stock?\""}},
      {"assist",
       "sign",
       s + "SignAssist",
       "the department signs for its assist 签收协办",
       {{ticket}},
       {"shoujie assist sign 0413-000127-6-T1", "shoujie assist sign 0413-000127-6-T1 --assist 2 --handler 2001"}},
      {"assist",
       "refuse",
       s + "RefuseAssist",
       "the department refuses to assist, with evidence, before signing",
       {{ticket}},
       {"shoujie assist refuse 0413-000127-6-T1 --reason not-our-duty --evidence \"the part is not ours\""}},
      {"assist",
       "done",
       s + "CompleteAssist",
       "the department has assisted",
       {{ticket}},
       {"shoujie assist done 0413-000127-6-T1 --result \"two in stock, one is reserved\""}},
      {"assist",
       "withdraw",
       s + "WithdrawAssist",
       "the help is not needed any more, signed or not",
       {{ticket}},
       {"shoujie assist withdraw 0413-000127-6-T1 --assist 2 --note \"found another way\""}},
  };
}

}  // namespace shoujie::cli
