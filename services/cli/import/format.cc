#include "services/cli/import/format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

constexpr size_t kWordBytesMax = 48;

struct Known {
  const char* name;
  std::unique_ptr<Format> (*make)();
};
constexpr Known kKnown[] = {{"technion", &MakeTechnion}, {"servicenow", &MakeServiceNow}};

}  // namespace

std::unique_ptr<Format> MakeFormat(absl::string_view source) {
  for (const Known& known : kKnown) {
    if (known.name == source) return known.make();
  }
  return nullptr;
}

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  return names;
}

int Columns::Find(std::initializer_list<absl::string_view> names) {
  for (absl::string_view name : names) {
    auto it = std::find(header_.begin(), header_.end(), name);
    if (it != header_.end()) return static_cast<int>(it - header_.begin());
  }
  status_.Update(Invalid("HEADER_INVALID", "The file lacks a column. Check that it is of this source.",
                         "文件缺少一列。请确认它来自该来源。", {{"column", *names.begin()}}));
  return -1;
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

void AddSource(const std::string& id, const std::string& display_name, const std::string& time_zone,
               directory::v1::Directory* directory) {
  auto* source = directory->add_sources();
  source->set_id(id);
  source->set_display_name(display_name);
  source->set_time_zone(time_zone);
  auto* site = directory->add_sites();
  site->set_id(id);
  site->set_display_name(display_name);
  site->set_time_zone(time_zone);
  site->set_source(id);
}

}  // namespace shoujie::importer
