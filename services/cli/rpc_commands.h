// Commands over RPCs: one row each. What a row does follows from its method's descriptor: a command (answers
// CommandReply) gets a request id, a history is written event by event in commit order, a list is read page by page,
// everything else is one message. Flags are the request's fields (fields.h), columns stand in views.h.
#pragma once

#include <string>
#include <vector>

#include "services/cli/fields.h"
#include "services/cli/registry.h"

namespace shoujie::cli {

struct RpcCommand {
  std::string noun;
  std::string verb;
  std::string method;  // "router.v1.TicketService/CloseTicket", in package shoujie
  std::string help;    // one line
  FieldSpec fields;
  std::vector<std::string> examples;
  // Of methods that answer a whole: the repeated field whose elements are shown as a list, or the one that an argument
  // without a field of the request picks by its `id`.
  std::string part;
  bool once = false;        // a repeat would do it twice: never tried again
  bool all_values = false;  // a page shows values that are 0, too (reports)
  bool mistakes = false;    // what is listed are mistakes of the input: exit code 7 if there are any
};

const std::vector<RpcCommand>& RpcCommands();
const google::protobuf::MethodDescriptor* FindMethod(const RpcCommand& command);

void AddRpcCommands(Registry* registry);

}  // namespace shoujie::cli
