#include "services/cli/completion.h"

#include <ostream>

#include "CLI/CLI.hpp"

namespace shoujie::cli {
namespace {

constexpr char kBash[] = R"(_shoujie() {
  local IFS=$'\n'
  COMPREPLY=($(shoujie __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _shoujie shoujie
)";
constexpr char kZsh[] = R"(#compdef shoujie
_shoujie() {
  local -a found
  found=("${(@f)$(shoujie __complete -- "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  if [[ -n $found[1] ]]; then compadd -a found; else _files; fi
}
compdef _shoujie shoujie
)";
constexpr char kFish[] = R"(function __shoujie_complete
  set -l words (commandline -opc) (commandline -ct)
  shoujie __complete -- $words[2..-1] 2>/dev/null
end
complete -c shoujie -a '(__shoujie_complete)'
)";

Command Shell(const std::string& name, const char* script, const std::string& example) {
  return {.noun = "completion",
          .verb = name,
          .help = "completion for " + name,
          .examples = {example},
          .setup = [script](CLI::App&) -> Action {
            return [script](Session& session) {
              session.out() << script;
              return static_cast<int>(kOk);
            };
          }};
}

}  // namespace

void AddCompletion(Registry* registry) {
  registry->AddNoun("completion", "scripts that complete nouns, verbs, flags and their values in a shell");
  registry->Add(Shell("bash", kBash, "source <(shoujie completion bash)"));
  registry->Add(Shell("zsh", kZsh, "shoujie completion zsh > ~/.zfunc/_shoujie"));
  registry->Add(Shell("fish", kFish, "shoujie completion fish > ~/.config/fish/completions/shoujie.fish"));
}

}  // namespace shoujie::cli
