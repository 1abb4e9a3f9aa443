#include "services/cli/directory/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/cli/directory/adoption.h"
#include "services/cli/directory/fetch.h"
#include "services/cli/directory/import.h"
#include "services/cli/directory/leave.h"
#include "services/cli/directory/playbooks.h"
#include "services/runtime/base/error.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;

struct ExportOptions {
  uint64_t version = 0;
  std::string file;
};

// The old file or the new one, never half of it.
bool WriteWhole(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out && std::rename(beside.c_str(), path.c_str()) == 0;
}

int Export(const ExportOptions& options, Session& session) {
  auto directory = FetchDirectory(session, options.version);
  if (!directory.ok()) return session.Fail(directory.status());
  const std::string text = WriteDirectoryFile(*directory);
  if (options.file.empty() || options.file == "-") {
    session.out() << text << std::flush;
    return session.out() ? kOk : kInternal;
  }
  if (!WriteWhole(options.file, text)) {
    return session.Fail(Refused("FILE_UNWRITABLE", "The file cannot be written. Check its folder and its owner.",
                                "无法写入文件。请检查目录及属主。", {{"file", options.file}}));
  }
  session.Note(absl::StrCat("version ", directory->version(), " is in ", options.file),
               absl::StrCat("版本 ", directory->version(), " 已写入 ", options.file));
  return kOk;
}

struct DiffOptions {
  std::string before, after;  // versions' numbers or files; no second one: the first is compared with what is in force
};

// A version's number, a file, or (empty) what is in force.
struct Side {
  std::string name;
  Directory content;
};
absl::StatusOr<Side> SideOf(const std::string& what, Session& session) {
  uint64_t version = 0;
  const bool number = std::all_of(what.begin(), what.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (what.empty() || (number && absl::SimpleAtoi(what, &version))) {
    auto directory = FetchDirectory(session, version);
    if (!directory.ok()) return directory.status();
    return Side{absl::StrCat("version ", directory->version()), *std::move(directory)};
  }
  auto file = ReadDirectoryFile(what, session);
  if (!file.ok()) return file.status();
  return Side{what, std::move(file->content)};
}

int Diff(const DiffOptions& options, Session& session) {
  const auto fail = [&session](const absl::Status& status) {
    const int code = session.Fail(status);
    return ReasonOf(status) == "YAML_INVALID" ? kBadInput : code;
  };
  // One alone is a draft: what it would change.
  auto before = SideOf(options.after.empty() ? "" : options.before, session);
  if (!before.ok()) return fail(before.status());
  auto after = SideOf(options.after.empty() ? options.before : options.after, session);
  if (!after.ok()) return fail(after.status());
  const std::vector<Change> changes = Difference(before->content, after->content);
  switch (session.format()) {
    case Format::kJson:
    case Format::kJsonl: {
      const nlohmann::ordered_json json = {
          {"before", before->name}, {"after", after->name}, {"changes", ToJson(changes)}};
      session.out() << json.dump(session.format() == Format::kJson ? 2 : -1, ' ', false,
                                 nlohmann::ordered_json::error_handler_t::replace)
                    << "\n";
      break;
    }
    case Format::kName:
      for (const std::string& row : ChangedRows(changes)) session.out() << row << "\n";
      break;
    default:
      if (changes.empty()) {
        session.Note("no difference", "没有差异");
      } else {
        session.out() << ChangeTable(changes, session.format() == Format::kWide, session.bold());
      }
  }
  return kOk;
}

}  // namespace

void AddDirectoryCommands(Registry* registry) {
  registry->Add({.noun = "directory",
                 .verb = "export",
                 .help = "the whole content of a version as YAML, to be edited and imported",
                 .examples = {"shoujie directory export -o directory.yaml", "shoujie directory export --version 3"},
                 .setup = [](CLI::App& app) -> Action {
                   auto options = std::make_shared<ExportOptions>();
                   app.add_option("--version", options->version, "an earlier version; without it the one in force")
                       ->check(CLI::PositiveNumber);
                   app.add_option("-o,--file", options->file, "writes it there");
                   return [options](Session& session) { return Export(*options, session); };
                 }});
  AddDirectoryImport(registry);
  registry->Add({.noun = "directory",
                 .verb = "diff",
                 .help = "how two versions or files differ, row by row",
                 .examples = {"shoujie directory diff 3 4", "shoujie directory diff directory.yaml",
                              "shoujie directory diff 3 directory.yaml -o json"},
                 .setup = [](CLI::App& app) -> Action {
                   auto options = std::make_shared<DiffOptions>();
                   app.add_option("VERSION|FILE", options->before, "a version's number, or a file")->required();
                   app.add_option("AFTER", options->after,
                                  "the same; without it: how the first one differs from the version in force");
                   return [options](Session& session) { return Diff(*options, session); };
                 }});
  AddDirectoryAdoption(registry);
  AddDirectoryLeave(registry);
  AddDirectoryPlaybooks(registry);
}

}  // namespace shoujie::cli
