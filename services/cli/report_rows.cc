#include "services/cli/report_rows.h"

namespace shoujie::cli {

std::vector<RpcCommand> ReportRows() {
  return {
      {.noun = "report",
       .verb = "contacts",
       .method = "interaction.v1.ContactService/ReportContacts",
       .help = "calls and other contacts, counted from recorded events",
       .examples = {"shoujie report contacts --from 2026-11-24 --to 2026-11-25 --time-zone Asia/Shanghai",
                    "shoujie report contacts --source technion -o json"},
       .all_values = true},
      {.noun = "report",
       .verb = "handoffs",
       .method = "router.v1.TicketService/ReportHandoffs",
       .help = "tickets and how departments answered",
       .examples = {"shoujie report handoffs --by department", "shoujie report handoffs --source servicenow -o json"},
       .all_values = true},
      {.noun = "report",
       .verb = "tickets",
       .method = "router.v1.TicketService/ReportTickets",
       .help = "tickets, how long they took, and whether they were resolved in time",
       .examples = {"shoujie report tickets --by queue", "shoujie report tickets --source boston311 -o json"},
       .all_values = true},
      {.noun = "report",
       .verb = "messages",
       .method = "interaction.v1.ContactService/ReportMessages",
       .help = "written contacts and how long their replies took",
       .examples = {"shoujie report messages --from 2026-11-01", "shoujie report messages --source zh12345 -o json"},
       .all_values = true},
  };
}

}  // namespace shoujie::cli
