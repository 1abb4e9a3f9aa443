#include "services/cli/registry.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace shoujie::cli {
namespace {

constexpr char kIntroduction[] = R"(Shoujie (首接): whoever receives it owns it to the end.

Examples:
  shoujie ticket list --owner 1001
  shoujie ticket get 0413-000127-6-T1 --as-of now-2h
  shoujie handoff offer 0413-000127-6-T1 --department tech --deadline +4h --gist "screen stays black"
  shoujie report contacts --from 2026-11-24 --to 2026-11-25 -o json

A server and a token: --server and --token-file, or SHOUJIE_SERVER and SHOUJIE_TOKEN_FILE.)";

constexpr char kExits[] = R"(Exit codes:
  0 done   1 refused by the server   2 usage   3 not found   4 no token, or not allowed
  5 no answer: repeat with the same --request-id   6 verification found damage   7 bad rows in the input   8 internal error)";

std::string Describe(const std::string& help, const std::vector<std::string>& examples) {
  if (examples.empty()) return help;
  std::string text = absl::StrCat(help, "\n\nExamples:");
  for (const auto& example : examples) absl::StrAppend(&text, "\n  ", example);
  return text;
}

// Help lists commands by the first line of what they say.
class FirstLines : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    const std::string text = sub->get_description();
    std::ostringstream out;
    CLI::detail::format_help(out, sub->get_display_name(true), text.substr(0, text.find('\n')), column_width_);
    return out.str();
  }
};

bool HasVerbs(const CLI::App& app) {
  return !app.get_subcommands([](const CLI::App*) { return true; }).empty();
}

// The command that was named so far.
const CLI::App* Innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

std::string HelpOf(const CLI::App& app) {
  const auto* at = Innermost(app);
  std::string before;
  for (const auto* parent = at->get_parent(); parent != nullptr; parent = parent->get_parent()) {
    before = before.empty() ? parent->get_name() : absl::StrCat(parent->get_name(), " ", before);
  }
  return at->help(before);
}

void AddGlobals(CLI::App* app, Globals* globals) {
  app->add_option("--server", globals->server, "HOST:PORT of the server")
      ->envname("SHOUJIE_SERVER")
      ->capture_default_str();
  app->add_option("--token-file", globals->token_file, "file that holds the token")->envname("SHOUJIE_TOKEN_FILE");
  app->add_option("--timeout", globals->timeout, "how long to wait for an answer")->capture_default_str();
  app->add_option("-o,--output", globals->output, "how data is written")
      ->type_name("table|wide|json|jsonl|name")
      ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "name"}).description(""))
      ->capture_default_str();
  app->add_option("--lang", globals->lang, "language of messages")
      ->type_name("zh|en")
      ->check(CLI::IsMember({"zh", "en"}).description(""));
}

}  // namespace

struct Registry::Program {
  CLI::App app{kIntroduction, "shoujie"};
  Globals globals;
  std::map<const CLI::App*, Action> actions;
};

void Registry::AddNoun(const std::string& noun, const std::string& help) {
  // Several families of commands may share a noun: the first one says what it is.
  const bool known = std::any_of(nouns_.begin(), nouns_.end(), [&](const auto& one) { return one.first == noun; });
  if (!known) nouns_.emplace_back(noun, help);
}
void Registry::Add(Command command) { commands_.push_back(std::move(command)); }

std::unique_ptr<Registry::Program> Registry::Build() const {
  auto program = std::make_unique<Program>();
  auto& app = program->app;
  app.formatter(std::make_shared<FirstLines>());
  app.get_formatter()->column_width(34);
  app.footer(kExits);
  app.require_subcommand(1);
  AddGlobals(&app, &program->globals);
  std::map<std::string, CLI::App*> nouns;
  // "admin feature" is a noun within a noun.
  const std::function<CLI::App*(const std::string&, const std::string&)> noun_of = [&](const std::string& noun,
                                                                                       const std::string& help) {
    auto& sub = nouns[noun];
    if (sub == nullptr) {
      const size_t space = noun.rfind(' ');
      CLI::App* const above = space == std::string::npos ? &app : noun_of(noun.substr(0, space), "");
      if (space != std::string::npos) above->require_subcommand(1);
      sub = above->add_subcommand(space == std::string::npos ? noun : noun.substr(space + 1), help);
      sub->fallthrough();
      sub->footer("");
    }
    return sub;
  };
  for (const auto& [noun, help] : nouns_) noun_of(noun, help);
  for (const auto& command : commands_) {
    auto* at = noun_of(command.noun, command.verb.empty() ? Describe(command.help, command.examples) : "");
    if (!command.verb.empty()) {
      at->require_subcommand(1);
      at = at->add_subcommand(command.verb, Describe(command.help, command.examples));
      at->fallthrough();
      at->footer("");
    }
    program->actions[at] = command.setup(*at);
  }
  return program;
}

int Registry::Run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) const {
  const auto program = Build();
  auto reversed = arguments;
  std::reverse(reversed.begin(), reversed.end());
  try {  // CLI11 tells everything by exceptions
    program->app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    out << HelpOf(program->app);
    return kOk;
  } catch (const CLI::ParseError& error) {
    const auto* at = Innermost(program->app);
    if (HasVerbs(*at)) {
      err << HelpOf(program->app);  // a noun alone, or with a verb that it doesn't have
    } else {
      err << error.what() << "\nRun with --help for examples / 加 --help 查看示例\n";
    }
    return kUsage;
  }
  Session session(program->globals, out, err);
  return program->actions.at(Innermost(program->app))(session);
}

std::vector<std::string> Registry::Complete(const std::vector<std::string>& words) const {
  const auto program = Build();
  const CLI::App* at = &program->app;
  const CLI::Option* pending = nullptr;  // a flag that still needs its value
  const auto option_of = [&](const std::string& flag) -> const CLI::Option* {
    for (const CLI::App* app = at; app != nullptr; app = app->get_parent()) {
      if (const auto* option = app->get_option_no_throw(flag)) return option;
    }
    return nullptr;
  };
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (pending != nullptr) {
      pending = nullptr;
    } else if (absl::StartsWith(words[i], "-")) {
      const auto* option = option_of(words[i]);
      if (option != nullptr && option->get_items_expected_max() > 0) pending = option;
    } else if (HasVerbs(*at)) {
      for (const auto* sub : at->get_subcommands([&](const CLI::App* s) { return s->get_name() == words[i]; }))
        at = sub;
    }
  }
  const std::string typed = words.empty() ? "" : words.back();
  std::set<std::string> found;
  const auto offer = [&](const std::string& word) {
    if (absl::StartsWith(word, typed)) found.insert(word);
  };
  const auto choices = [&](const CLI::Option* option) {
    const std::string type = option->get_type_name();
    if (!absl::StrContains(type, '|') || absl::StrContains(type, "JSON")) return;
    for (const auto choice : absl::StrSplit(type, '|')) offer(std::string(choice));
  };
  if (pending != nullptr) {
    choices(pending);
  } else if (absl::StartsWith(typed, "-")) {
    for (const CLI::App* app = at; app != nullptr; app = app->get_parent()) {
      for (const auto* option : app->get_options()) {
        for (const auto& name : option->get_lnames()) offer("--" + name);
      }
    }
  } else {
    for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; })) offer(sub->get_name());
    for (const auto* option : at->get_options()) {
      if (option->get_positional()) choices(option);
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace shoujie::cli
