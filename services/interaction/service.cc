#include "services/interaction/service.h"

#include "services/interaction/domain/domain.h"
#include "services/interaction/projection.h"
#include "services/interaction/queries.h"
#include "services/interaction/reactions.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/events.pb.h"

namespace shoujie::interaction {

ServiceModule Service() {
  ServiceModule module;
  module.domain = Domain();
  module.domain.reactions.push_back({"profile",
                                     std::make_shared<profile::v1::Event>(),
                                     &OnProfile,
                                     {profile::v1::Event::kCardReceived, profile::v1::Event::kLinkRefused}});
  module.domain.rows.push_back(ContactRows());
  module.domain.rows.push_back(PresenceRows());
  module.rpc.push_back(v1::ListContactsRequest::descriptor()->file()->FindServiceByName("ContactService"));
  module.queries = Queries();
  return module;
}

}  // namespace shoujie::interaction
