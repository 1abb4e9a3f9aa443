#include "services/router/service.h"

#include "services/router/customer_view.h"
#include "services/router/department.h"
#include "services/router/domain/domain.h"
#include "services/router/feed.h"
#include "services/router/leave.h"
#include "services/router/loads.h"
#include "services/router/notices.h"
#include "services/router/projection.h"
#include "services/router/queries.h"
#include "services/router/reactions.h"
#include "services/router/routing_query.h"
#include "services/router/rulings.h"
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
  module.domain.feed = std::make_unique<TypedFeed<v1::TicketRow, v1::Event, v1::TicketEvent>>("tickets", /*version=*/1,
                                                                                              &Publish, &Topics);
  module.rpc.push_back(v1::ListTicketsRequest::descriptor()->file()->FindServiceByName("TicketService"));
  module.queries.push_back(MakeQuery("ListTickets", &ListTickets));
  module.queries.push_back(MakeQuery("ReportHandoffs", &ReportHandoffs));
  module.queries.push_back(MakeQuery("ExplainClocks", &ExplainClocks));
  module.queries.push_back(MakeQuery("ReportTickets", &ReportTickets));
  module.queries.push_back(MakeQuery("ListRulings", &ListRulings));
  module.queries.push_back(MakeQuery("ListPublicNotices", &ListPublicNotices));
  module.queries.push_back(MakeQuery("GetCustomerView", &GetCustomerView));
  module.queries.push_back(MakeQuery("GetContactDetails", &GetContactDetails));
  module.queries.push_back(MakeQuery("ExplainRouting", &ExplainRouting));
  module.queries.push_back(MakeQuery("CheckLeave", &CheckLeave));
  module.hints.push_back(MakeHint(&AddLoads));
  module.watches.push_back(MakeWatch("WatchTickets", &WatchTickets));
  return module;
}

}  // namespace shoujie::router
