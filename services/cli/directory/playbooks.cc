#include "services/cli/directory/playbooks.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "nlohmann/json.hpp"
#include "services/cli/directory/fetch.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;
using directory::v1::Playbook;

struct PlaybookOptions {
  std::string category;
  bool due = false;
};

// The category and all that it is part of; empty: there is none of this id.
std::set<std::string> WithParents(const Directory& directory, std::string category) {
  std::set<std::string> all;
  for (bool found = true; found && !category.empty();) {
    found = false;
    for (const auto& row : directory.categories()) {
      if (row.id() != category) continue;
      found = all.insert(row.id()).second;
      category = row.parent();
      break;
    }
  }
  return all;
}

void Show(const std::vector<const Playbook*>& playbooks, Session& session) {
  const bool wide = session.format() == Format::kWide;
  std::vector<std::vector<std::string>> rows;
  for (const Playbook* playbook : playbooks) {
    rows.push_back({playbook->id(), OneLine(session.chinese() ? playbook->display_name_zh() : playbook->display_name()),
                    absl::StrJoin(playbook->categories(), ","), absl::StrCat(playbook->steps_size()),
                    playbook->review_date(), playbook->owner()});
    for (int i = 0; wide && i < playbook->steps_size(); ++i) {
      const auto& step = playbook->steps(i);
      const bool zh = step.text().empty() || (session.chinese() && !step.text_zh().empty());
      rows.push_back({"", OneLine(absl::StrCat(i + 1, ". ", zh ? step.text_zh() : step.text()))});
    }
  }
  session.out() << Table({"ID", "NAME", "CATEGORIES", "STEPS", "REVIEW", "OWNER"}, rows, session.bold());
}

int List(const PlaybookOptions& options, Session& session) {
  auto directory = FetchDirectory(session, 0);
  if (!directory.ok()) return session.Fail(directory.status());
  const std::set<std::string> categories = WithParents(*directory, options.category);
  if (!options.category.empty() && categories.empty()) {
    return session.Fail(NotFound("CATEGORY_UNKNOWN", "The directory has no such category. Look at an export of it.",
                                 "参考数据中没有该类别。请在导出文件中核对。", {{"category", options.category}}));
  }
  std::string today;
  if (options.due) {
    auto now = session.ServerNow();
    if (!now.ok()) return session.Fail(now.status());
    today = absl::FormatCivilTime(absl::ToCivilDay(*now, session.zone()));
  }
  std::vector<const Playbook*> found;
  for (const Playbook& playbook : directory->playbooks()) {
    const bool fits = options.category.empty() ||
                      std::any_of(playbook.categories().begin(), playbook.categories().end(),
                                  [&](const std::string& category) { return categories.contains(category); });
    if (fits && (!options.due || playbook.review_date() < today)) found.push_back(&playbook);
  }
  switch (session.format()) {
    case Format::kJson: {
      nlohmann::ordered_json all = nlohmann::ordered_json::array();
      for (const Playbook* playbook : found) all.push_back(ToJson(*playbook));
      nlohmann::ordered_json whole = nlohmann::ordered_json::object();
      whole["playbooks"] = std::move(all);
      session.out() << whole.dump(2) << "\n";
      break;
    }
    case Format::kJsonl:
      for (const Playbook* playbook : found) session.out() << ToJson(*playbook).dump() << "\n";
      break;
    case Format::kName:
      for (const Playbook* playbook : found) session.out() << playbook->id() << "\n";
      break;
    default:
      found.empty() ? session.Note("nothing found", "没有结果") : Show(found, session);
  }
  return kOk;
}

}  // namespace

void AddDirectoryPlaybooks(Registry* registry) {
  registry->Add({.noun = "directory",
                 .verb = "playbooks",
                 .help = "how matters are looked into, step by step 排查流程",
                 .examples = {"shoujie directory playbooks --category fault-no-power -o wide",
                              "shoujie directory playbooks --due"},
                 .setup = [](CLI::App& app) -> Action {
                   auto options = std::make_shared<PlaybookOptions>();
                   app.add_option("--category", options->category, "those for this category or what it is part of");
                   app.add_flag("--due", options->due, "only those whose review date has passed");
                   return [options](Session& session) { return List(*options, session); };
                 }});
}

}  // namespace shoujie::cli
