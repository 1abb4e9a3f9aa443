#include "services/cli/import/format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

constexpr size_t kWordBytesMax = 48;

struct KnownFormat {
  const char* name;
  std::unique_ptr<Format> (*make)();
};
constexpr KnownFormat kKnown[] = {{"technion", &MakeTechnion}, {"zh12345", &MakeZh12345}};

}  // namespace

std::unique_ptr<Format> MakeFormat(absl::string_view source) {
  for (const KnownFormat& known : kKnown) {
    if (known.name == source) return known.make();
  }
  auto map = ReadTicketMap(KnownMap(source), nullptr);
  return map.ok() ? MakeMapped(*std::move(map)) : nullptr;
}

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const KnownFormat& known : kKnown) names.push_back(known.name);
  for (const std::string& known : KnownMaps()) names.push_back(known);
  return names;
}

int Columns::Find(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    auto it = std::find(header_.begin(), header_.end(), name);
    if (it != header_.end()) return static_cast<int>(it - header_.begin());
  }
  missing_.push_back(absl::StrJoin(names, "|"));
  return -1;
}

absl::Status Columns::status() const {
  if (missing_.empty()) return absl::OkStatus();
  return Invalid("HEADER_INVALID", "The file lacks columns. Check that it is of this source.",
                 "文件缺少列。请确认它来自该来源。", {{"column", absl::StrJoin(missing_, ", ")}});
}

bool IsWord(absl::string_view text) {
  return !text.empty() && text.size() <= kWordBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

absl::Status BadField(absl::string_view column) {
  return Invalid("ROW_FIELD", "A field holds what its column cannot hold. Correct the row and import the file again.",
                 "某字段的内容不符合该列的要求。请更正该行后重新导入。", {{"column", column}});
}

}  // namespace shoujie::importer
