// What the program can do: nouns with verbs. A command adds its options and answers what it does; everything else
// (global options, help, exit codes, completion) is done here. A command over an RPC is a row of rpc_commands.cc
// instead.
//
//   registry.Add({.noun = "verify", .verb = "all", .help = "prove …", .examples = {"shoujie verify all --data DIR"},
//                 .setup = [](CLI::App& app) {
//                   auto options = std::make_shared<Options>();
//                   app.add_option("--data", options->data)->required();
//                   return [options](Session& session) { return Verify(*options, session); };
//                 }});
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/cli/session.h"

namespace CLI {
class App;
}

namespace shoujie::cli {

using Action = std::function<int(Session& session)>;  // answers an ExitCode

struct Command {
  std::string noun;
  std::string verb;  // empty: the noun alone is the command
  std::string help;  // one line
  std::vector<std::string> examples;
  std::function<Action(CLI::App& app)> setup;
};

class Registry {
 public:
  // What a noun is, in one line; nouns show up in this order. "admin feature" is a noun within the noun "admin".
  void AddNoun(const std::string& noun, const std::string& help);
  void Add(Command command);
  // Parses and runs; answers the exit code. Never ends the process.
  int Run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) const;
  // Words that may follow `words`, the last of which is being typed.
  std::vector<std::string> Complete(const std::vector<std::string>& words) const;

 private:
  struct Program;
  std::unique_ptr<Program> Build() const;

  std::vector<std::pair<std::string, std::string>> nouns_;
  std::vector<Command> commands_;
};

}  // namespace shoujie::cli
