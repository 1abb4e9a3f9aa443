#include "services/cli/commands.h"

#include "services/cli/admin_move.h"
#include "services/cli/admin_rebuild.h"
#include "services/cli/admin_topics.h"
#include "services/cli/completion.h"
#include "services/cli/directory/commands.h"
#include "services/cli/import_command.h"
#include "services/cli/many.h"
#include "services/cli/rpc_commands.h"
#include "services/cli/verify.h"
#include "services/cli/watch.h"

namespace shoujie::cli {

void AddAllCommands(Registry* registry) {
  AddRpcCommands(registry);
  AddDirectoryCommands(registry);
  AddManyCommands(registry);
  AddTicketWatch(registry);
  AddImportCommands(registry);
  AddVerifyCommands(registry);
  AddAdminTopics(registry);
  AddAdminMove(registry);
  AddAdminRebuild(registry);
  AddCompletion(registry);
}

}  // namespace shoujie::cli
