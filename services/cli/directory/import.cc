#include "services/cli/directory/import.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
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
#include "services/cli/render.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using common::v1::CommandReply;
using directory::v1::Directory;
using nlohmann::ordered_json;

struct ImportOptions {
  std::string file, etag, note;
  bool dry_run = false, yes = false, removes_agents = false;
  WaitOptions wait;
};

class Import {
 public:
  Import(const ImportOptions& options, Session& session)
      : options_(options),
        session_(session),
        json_(session.format() == Format::kJson || session.format() == Format::kJsonl) {}

  int Run() {
    auto file = ReadDirectoryFile(options_.file, session_);
    if (!file.ok()) {
      const int code = session_.Fail(file.status());
      return ReasonOf(file.status()) == "YAML_INVALID" ? kBadInput : code;
    }
    file_ = *std::move(file);
    if (!options_.etag.empty()) file_.etag = options_.etag;
    if (int code = Validate(); code != kOk) return code;
    if (int code = Compare(); code != kOk) return code;
    const std::vector<Change> changes = Difference(current_, file_.content);
    if (changes.empty()) {
      session_.Note("the file is what is in force: nothing to publish", "文件与现行版本相同，无需发布");
      return Tell(changes, nullptr);
    }
    if (!json_) Show(changes);
    if (options_.dry_run) {
      session_.Note("nothing was published (--dry-run)", "未发布（--dry-run）");
      return Tell(changes, nullptr);
    }
    if (int code = Ask(changes.size()); code != kOk) return code;
    return Publish(changes);
  }

 private:
  int Validate() {
    directory::v1::ValidateDirectoryRequest request;
    *request.mutable_content() = file_.content;
    directory::v1::ValidateDirectoryResponse response;
    auto status = session_.Call(DirectoryMethod("ValidateDirectory"), request, &response);
    if (!status.ok()) return session_.Fail(status);
    if (response.findings().empty()) return kOk;
    for (const auto& finding : response.findings()) {
      ShowMistake(
          PlaceOf(file_.places, finding.path()),
          Invalid(finding.reason(), finding.en(), finding.zh(), {{"path", finding.path()}, {"value", finding.value()}}),
          session_);
    }
    session_.Fail(Invalid("DIRECTORY_INVALID", "The directory has mistakes; nothing was published. Correct them all.",
                          "参考数据有误，未发布。请全部更正。",
                          {{"findings", absl::StrCat(response.findings_size())}}));
    return kBadInput;
  }

  // Reads what is in force, and refuses if somebody changed it since the file was drawn.
  int Compare() {
    auto current = FetchDirectory(session_, 0);
    if (absl::IsNotFound(current.status())) {  // the first version ever
      file_.etag.clear();
      return kOk;
    }
    if (!current.ok()) return session_.Fail(current.status());
    current_ = *std::move(current);
    if (Difference(current_, file_.content).empty()) return kOk;
    if (file_.etag.empty()) {
      return session_.Fail(Invalid(
          "ETAG_REQUIRED",
          "The file does not say from which version it was drawn. Export the version in force and make your "
          "changes there, or name the version by --etag.",
          "文件未注明所依据的版本。请导出现行版本并在其中修改，或用 --etag 指定。", {{"current", current_.etag()}}));
    }
    if (file_.etag == current_.etag()) return kOk;
    uint64_t drawn_from = 0;
    absl::StatusOr<Directory> base =
        absl::SimpleAtoi(file_.etag, &drawn_from) && drawn_from > 0
            ? FetchDirectory(session_, drawn_from)
            : absl::StatusOr<Directory>(Invalid(
                  "ETAG_INVALID", "The etag of a directory is a version's number. Take it from an exported file.",
                  "参考数据的 etag 是版本号。请使用导出文件中的值。", {{"etag", file_.etag}}));
    if (!base.ok()) return session_.Fail(base.status());
    const std::vector<Change> theirs = Difference(*base, current_);
    if (theirs.empty()) {  // a feature was enabled: nothing of anybody's can be lost
      file_.etag = current_.etag();
      return kOk;
    }
    return RefuseOver(theirs, Difference(*base, file_.content));
  }

  int RefuseOver(const std::vector<Change>& theirs, const std::vector<Change>& mine) {
    const std::vector<Change> collisions = Collisions(mine, theirs);
    if (json_) {
      const ordered_json three = {
          {"theirs", ToJson(theirs)}, {"yours", ToJson(mine)}, {"collisions", ToJson(collisions)}};
      Dump(three);
    } else {
      const bool wide = session_.format() == Format::kWide;
      session_.Note("changed by others since your file was drawn:", "文件导出之后他人的更改：");
      session_.out() << ChangeTable(theirs, wide, session_.bold());
      session_.Note("changed by your file:", "您的文件中的更改：");
      session_.out() << ChangeTable(mine, wide, session_.bold());
      if (!collisions.empty()) {
        session_.Note("of yours, what others changed, too:", "其中与他人更改冲突的：");
        session_.out() << ChangeTable(collisions, wide, session_.bold());
      }
    }
    return session_.Fail(Refused(
        "DIRECTORY_CHANGED",
        "Others published since this file was drawn; nothing was done. Export the version in force, and make "
        "your changes there.",
        "该文件导出之后已有新版本发布，未做任何更改。请导出现行版本，并在其中重新修改。",
        {{"drawnFrom", file_.etag}, {"current", current_.etag()}, {"collisions", absl::StrCat(collisions.size())}}));
  }

  void Show(const std::vector<Change>& changes) {
    if (session_.format() == Format::kName) {
      for (const std::string& row : ChangedRows(changes)) session_.out() << row << "\n";
    } else {
      session_.out() << ChangeTable(changes, session_.format() == Format::kWide, session_.bold());
    }
  }

  int Ask(size_t changes) {
    if (options_.yes) return kOk;
    if (isatty(STDIN_FILENO) == 0 || options_.file == "-") {
      return session_.FailUsage(session_.chinese()
                                    ? "未发布：没有终端可供确认，请加上 --yes"
                                    : "nothing was published: there is no terminal to ask at; add --yes");
    }
    session_.err() << (session_.chinese() ? absl::StrCat("发布以上 ", changes, " 处更改？[y/N] ")
                                          : absl::StrCat("Publish these ", changes, " changes? [y/N] "))
                   << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
    if (answer == "y" || answer == "yes") return kOk;
    session_.Note("nothing was published", "未发布");
    return kRefused;
  }

  int Publish(const std::vector<Change>& changes) {
    auto id = session_.NewRequestId();
    if (!id.ok()) return session_.Fail(id.status());
    directory::v1::PublishVersionRequest request;
    request.set_request_id(*id);
    request.set_etag(file_.etag);
    *request.mutable_content() = file_.content;
    request.set_note(options_.note);
    request.set_removes_agents(options_.removes_agents);
    CommandReply reply;
    const absl::Status status = session_.Call(DirectoryMethod("PublishVersion"), request, &reply);
    if (ReasonOf(status) == "STALE_ETAG") {  // somebody was quicker, between the look and the act
      const int code = Compare();
      return code == kOk ? session_.Fail(status) : code;
    }
    if (!status.ok()) {
      const int code = session_.Fail(status);
      if (code == kUnavailable) {
        session_.Note("the outcome is unknown; import the same file again: what was published is not published twice",
                      "结果未知；请重新导入同一文件：已发布的内容不会重复发布");
      }
      return code;
    }
    if (int code = Tell(changes, &reply); code != kOk) return code;
    if (!options_.wait.wait) return kOk;
    uint64_t version = 0;
    if (!absl::SimpleAtoi(reply.etag(), &version)) return kOk;
    return AwaitAdoption(session_, version, options_.wait);
  }

  void Dump(const ordered_json& json) {
    session_.out() << json.dump(session_.format() == Format::kJson ? 2 : -1, ' ', false,
                                ordered_json::error_handler_t::replace)
                   << "\n";
  }

  // What came of it; null: nothing was published.
  int Tell(const std::vector<Change>& changes, const CommandReply* reply) {
    if (json_) {
      Dump({{"drawn_from", file_.etag},
            {"changes", ToJson(changes)},
            {"published", reply == nullptr ? ordered_json(nullptr) : ordered_json(reply->etag())}});
    } else if (reply != nullptr && session_.format() != Format::kName) {
      session_.Note(absl::StrCat("published as version ", reply->etag()), absl::StrCat("已发布为版本 ", reply->etag()));
    }
    return kOk;
  }

  const ImportOptions& options_;
  Session& session_;
  const bool json_;
  DirectoryFile file_;
  Directory current_;
};

}  // namespace

void AddDirectoryImport(Registry* registry) {
  registry->Add(
      {.noun = "directory",
       .verb = "import",
       .help = "puts a file in force: shows what it changes, asks, publishes (YAML or JSON)",
       .examples = {"shoujie directory import directory.yaml --dry-run",
                    "shoujie directory import directory.yaml --note \"new team\" --wait",
                    "shoujie directory import directory.yaml --yes -o json"},
       .setup = [](CLI::App& app) -> Action {
         auto options = std::make_shared<ImportOptions>();
         app.add_option("FILE", options->file, "as directory export writes it; - for the input")->required();
         app.add_flag("--dry-run", options->dry_run, "only shows what it would change");
         app.add_flag("--yes,-y", options->yes, "does not ask; needed where there is no terminal");
         app.add_option("--note", options->note, "why, for the history");
         app.add_option("--etag", options->etag, "the version that the file was drawn from, if it does not say");
         app.add_flag(
             "--removes-agents", options->removes_agents,
             "rows of our own people may go although they have not left, as when a centre's own directory takes "
             "the sample's place");
         AddWaitFlags(&app, &options->wait);
         return [options](Session& session) { return Import(*options, session).Run(); };
       }});
}

}  // namespace shoujie::cli
