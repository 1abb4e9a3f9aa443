#include "services/cli/directory/file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;

// "# etag: 12" in the comments before the first value; empty: there is none.
std::string EtagOf(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line == "---") continue;
    if (!absl::ConsumePrefix(&line, "#")) break;
    line = absl::StripLeadingAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, "etag:")) return std::string(absl::StripAsciiWhitespace(line));
  }
  return "";
}

}  // namespace

Directory ContentOf(Directory directory) {
  directory.clear_name();
  directory.clear_etag();
  directory.clear_version();
  directory.clear_features();
  return directory;
}

std::string WriteDirectoryFile(const Directory& directory) {
  return absl::StrCat(
      "# Shoujie: the reference data of the centre 参考数据\n"
      "# version: ",
      directory.version(), "\n# etag: ", directory.etag(),
      "\n"
      "# A draft is a copy of this file. Edit it; see what it would change, and put it in force:\n"
      "#   shoujie directory import FILE --dry-run\n"
      "#   shoujie directory import FILE --wait\n"
      "# Keep the line with the etag: it says what the draft was drawn from, so that nobody's changes are lost "
      "unseen.\n"
      "\n",
      ToYaml(ContentOf(directory)));
}

absl::StatusOr<DirectoryFile> ReadDirectoryFile(absl::string_view text,
                                                const std::function<void(const YamlMistake&)>& on_mistake) {
  DirectoryFile file;
  if (absl::Status status = FromYaml(text, &file.content, on_mistake, &file.places); !status.ok()) return status;
  file.etag = EtagOf(text);
  if (file.etag.empty()) file.etag = file.content.etag();
  file.content = ContentOf(std::move(file.content));
  return file;
}

Place PlaceOf(const Places& places, std::string path) {
  while (!path.empty()) {
    if (const auto it = places.find(path); it != places.end()) return it->second;
    const size_t end = path.find_last_of(".[");
    path.resize(end == std::string::npos ? 0 : end);
  }
  return {};
}

std::vector<Change> Difference(const Directory& before, const Directory& after) {
  std::vector<std::string> tables;
  for (int i = 0; i < Directory::descriptor()->field_count(); ++i) {
    tables.push_back(Directory::descriptor()->field(i)->name());
  }
  return Difference(Compact(ContentOf(before)), Compact(ContentOf(after)), tables);
}

}  // namespace shoujie::cli
