#include "services/router/service.h"

#include "services/router/domain/domain.h"
#include "services/router/projection.h"
#include "services/router/queries.h"
#include "services/router/reactions.h"
#include "services/router/ticket_report.h"
#include "shoujie/interaction/v1/events.pb.h"

namespace shoujie::router {

ServiceModule Service() {
  ServiceModule module;
  module.domain = Domain();
  module.domain.reactions.push_back({"interaction",
                                     std::make_shared<interaction::v1::Event>(),
                                     &OnInteraction,
                                     {interaction::v1::Event::kTicketNeeded, interaction::v1::Event::kAttributed,
                                      interaction::v1::Event::kAttributionRefused}});
  module.domain.rows.push_back(std::make_unique<TypedRows<v1::TicketRow, v1::Event>>("tickets", &Project, &IndexKeys));
  module.rpc.push_back(v1::ListTicketsRequest::descriptor()->file()->FindServiceByName("TicketService"));
  module.queries.push_back(MakeQuery("ListTickets", &ListTickets));
  module.queries.push_back(MakeQuery("ReportHandoffs", &ReportHandoffs));
  module.queries.push_back(MakeQuery("ExplainClocks", &ExplainClocks));
  module.queries.push_back(MakeQuery("ReportTickets", &ReportTickets));
  return module;
}

}  // namespace shoujie::router
