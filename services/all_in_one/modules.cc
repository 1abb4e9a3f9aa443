#include "services/all_in_one/modules.h"

#include "services/directory/service.h"
#include "services/interaction/service.h"
#include "services/profile/service.h"
#include "services/router/service.h"

namespace shoujie {

std::vector<ServiceModule> AllModules() {
  std::vector<ServiceModule> modules;
  modules.push_back(directory::Service());
  modules.push_back(profile::Service());
  modules.push_back(interaction::Service());
  modules.push_back(router::Service());
  LinkReactions(&modules);
  return modules;
}

}  // namespace shoujie
