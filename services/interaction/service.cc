#include "services/interaction/service.h"

#include "services/interaction/domain/domain.h"
#include "services/interaction/projection.h"
#include "services/interaction/queries.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {

ServiceModule Service() {
  ServiceModule module;
  module.domain = Domain();
  module.domain.rows.push_back(ContactRows());
  module.domain.rows.push_back(PresenceRows());
  module.rpc.push_back(v1::ListContactsRequest::descriptor()->file()->FindServiceByName("ContactService"));
  module.queries = Queries();
  return module;
}

}  // namespace shoujie::interaction
