#include "services/cli/dispute_rows.h"

#include <string>

namespace shoujie::cli {

std::vector<RpcCommand> DisputeRows() {
  const Argument ticket{"TICKET", "name", "tickets/"};
  const std::string s = "router.v1.TicketService/";
  return {
      {"ticket",
       "request-adjudication",
       s + "RequestAdjudication",
       "departments disagree: a leader is asked to rule 申请裁定",
       {{ticket}},
       {"shoujie ticket request-adjudication 0413-000127-6-T1 --reason not-our-duty --evidence \"it is in stock\" "
        "--proposed warehouse",
        "shoujie ticket request-adjudication 0413-000127-6-T1 --reason cannot-be-done --evidence \"no spare parts\" "
        "--precedents tickets/0398-000044-1-T1/rulings/1"}},
      {"ticket",
       "adjudicate",
       s + "Adjudicate",
       "the arbiter rules: a department, which cannot refuse it, or back to the owner 裁定",
       {{ticket}},
       {"shoujie ticket adjudicate 0413-000127-6-T1 --department warehouse --grounds \"spare parts are its duty\" "
        "--deadline +4h --gist \"send a new adapter\"",
        "shoujie ticket adjudicate 0413-000127-6-T1 --back-to-owner --grounds \"the customer has to say more first\""}},
      {"ticket",
       "rulings",
       s + "ListRulings",
       "rulings of all tickets, newest first: precedents of later disputes",
       {},
       {"shoujie ticket rulings --department warehouse", "shoujie ticket rulings --category fault -o wide"}},
      {"ticket",
       "ask-superior",
       s + "AskSuperior",
       "asks who stands above what shall be done 请示; nothing moves",
       {{ticket}},
       {"shoujie ticket ask-superior 0413-000127-6-T1 --question \"replace it out of warranty?\" --deadline +2h"}},
      {"ticket",
       "report-up",
       s + "ReportUp",
       "tells who stands above of the matter, and by when he has to take a stand 上报",
       {{ticket}},
       {"shoujie ticket report-up 0413-000127-6-T1 --to 1001 --deadline +1h --brief \"third fault, he comes at 4\""}},
      {"ticket",
       "answer-superior",
       s + "AnswerSuperior",
       "what was instructed, and by whom 批示; also of an escalation",
       {{ticket}},
       {"shoujie ticket answer-superior 0413-000127-6-T1 --instruction \"replace it\"",
        "shoujie ticket answer-superior 0413-000127-6-T1 --escalation 2 --instruction \"replace it\" --instructed-by "
        "1001"}},
  };
}

}  // namespace shoujie::cli
