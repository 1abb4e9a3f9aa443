#include "services/cli/directory/fetch.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;

constexpr char kMainDirectory[] = "directories/main";
constexpr size_t kValueWidth = 48;  // of a table's column; all of it with -o wide

}  // namespace

const google::protobuf::MethodDescriptor& DirectoryMethod(const std::string& name) {
  return *directory::v1::ValidateDirectoryRequest::descriptor()
              ->file()
              ->FindServiceByName("DirectoryService")
              ->FindMethodByName(name);
}

absl::StatusOr<Directory> FetchDirectory(Session& session, uint64_t version) {
  common::v1::GetRequest request;
  request.set_name(kMainDirectory);
  request.set_as_of_version(version);
  Directory directory;
  if (auto status = session.Call(DirectoryMethod("GetDirectory"), request, &directory); !status.ok()) return status;
  if (version != 0 && directory.version() != version) {
    return NotFound("DIRECTORY_VERSION_UNKNOWN",
                    "There is no directory version of this number. List them with: shoujie directory history",
                    "没有该编号的参考数据版本。请用 shoujie directory history 查看。",
                    {{"version", absl::StrCat(version)}});
  }
  if (HasUnknown(directory)) {
    return Refused("DIRECTORY_NEWER",
                   "This version holds what this build of shoujie does not know and would lose. Use the build of the "
                   "server.",
                   "该版本含有本程序不认识的内容，继续会造成丢失。请使用与服务器相同版本的 shoujie。",
                   {{"version", absl::StrCat(directory.version())}});
  }
  const Directory content = ContentOf(directory);
  if (content.ByteSizeLong() > 0 && Compact(content).empty()) {
    return Refused(
        "DIRECTORY_UNWRITABLE",
        "This version holds an instant or a duration that cannot be written down. Correct it with the commands "
        "that publish JSON or by another client.",
        "该版本含有无法写出的时间或时长。请用其他客户端更正。", {{"version", absl::StrCat(directory.version())}});
  }
  return directory;
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::string text(kYamlBytesMax + 1, '\0');  // a longer one is refused
  const auto read = [&text](std::istream& in) {
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    return !in.bad();
  };
  if (path == "-") {
    read(std::cin);
    return text;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open() || !read(in)) {
    return NotFound("FILE_NOT_FOUND", "The file cannot be read. Check its name and rights.",
                    "文件无法读取。请检查文件名与权限。", {{"file", path}});
  }
  return text;
}

absl::StatusOr<DirectoryFile> ReadDirectoryFile(const std::string& path, Session& session) {
  auto text = ReadText(path);
  if (!text.ok()) return text.status();
  return ReadDirectoryFile(*text, [&](const YamlMistake& mistake) { ShowMistake(mistake.at, mistake.why, session); });
}

void ShowMistake(Place at, const absl::Status& why, Session& session) {
  const auto detail = DetailOf(why);
  const bool zh = session.chinese();
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    nlohmann::ordered_json metadata = nlohmann::ordered_json::object();
    for (const auto& entry : detail.metadata()) metadata[entry.key()] = entry.value();
    const nlohmann::ordered_json mistake = {{"line", at.line},
                                            {"column", at.column},
                                            {"reason", detail.reason()},
                                            {"message", zh ? detail.zh() : detail.en()},
                                            {"metadata", metadata}};
    session.err() << mistake.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    return;
  }
  session.err() << (zh ? absl::StrCat("第 ", at.line, " 行第 ", at.column, " 列：")
                       : absl::StrCat("line ", at.line, ", column ", at.column, ": "))
                << session.Explain(why) << "\n";
  for (const auto& entry : detail.metadata()) {
    if (entry.value().empty()) continue;
    session.err() << "  " << entry.key() << ": " << OneLine(entry.value()) << "\n";
  }
}

std::string ChangeTable(const std::vector<Change>& changes, bool wide, bool bold) {
  std::vector<std::vector<std::string>> rows;
  const auto text = [wide](const nlohmann::ordered_json& value) {
    const std::string line = OneLine(ValueText(value));
    return wide ? line : Shorten(line, kValueWidth);
  };
  for (const Change& change : changes) {
    const char* sign = change.kind == Change::Kind::kAdded     ? "+"
                       : change.kind == Change::Kind::kRemoved ? "-"
                       : change.kind == Change::Kind::kMoved   ? "↕"
                                                               : "~";
    rows.push_back({absl::StrCat(sign, " ", KindWord(change.kind)), change.table, OneLine(change.id), change.field,
                    text(change.before), text(change.after)});
  }
  return Table({"CHANGE", "TABLE", "ID", "FIELD", "BEFORE", "AFTER"}, rows, bold);
}

std::vector<std::string> ChangedRows(const std::vector<Change>& changes) {
  std::vector<std::string> names;
  for (const Change& change : changes) {
    std::string name = change.id.empty() ? change.table : absl::StrCat(change.table, "/", change.id);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace shoujie::cli
