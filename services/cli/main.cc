// shoujie: the command line of Shoujie.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "services/cli/commands.h"

int main(int argc, char** argv) {
  // gRPC's own lines about connections say nothing that the error doesn't.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  shoujie::cli::Registry registry;
  shoujie::cli::AddAllCommands(&registry);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "__complete" && arguments[1] == "--") {
    for (const auto& word : registry.Complete({arguments.begin() + 2, arguments.end()})) std::cout << word << "\n";
    return 0;
  }
  if (arguments.empty()) arguments = {"--help"};
  return registry.Run(arguments, std::cout, std::cerr);
}
