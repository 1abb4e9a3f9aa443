// How one directory differs from another, row by row: what was added, removed, changed (field by field) or moved within
// its table. Works on messages as `Compact` makes them (yaml.h), so it knows no field but `id`: rows with an id are
// compared by it, lists of rows without one element by element. Pure.
#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace shoujie::cli {

struct Change {
  enum class Kind { kAdded, kRemoved, kChanged, kMoved };
  Kind kind = Kind::kChanged;
  std::string table;                     // "agents"; of what is no table, the field: "policies"
  std::string id;                        // of the row; empty where there are none
  std::string field;                     // "answer_window.rings_max", "service_hours[2]"; empty: the whole row
  nlohmann::ordered_json before, after;  // null: not there; of what moved: which of its table it is, from 1
};

// In the order of `tables`, the fields that may hold something; what else there is comes behind.
std::vector<Change> Difference(const nlohmann::ordered_json& before, const nlohmann::ordered_json& after,
                               const std::vector<std::string>& tables);

// Those of `mine` that concern what `theirs` changed as well.
std::vector<Change> Collisions(const std::vector<Change>& mine, const std::vector<Change>& theirs);

// "added", "removed", "changed", "moved".
std::string KindWord(Change::Kind kind);
// A value in one line: texts as they are, nothing as "".
std::string ValueText(const nlohmann::ordered_json& value);
nlohmann::ordered_json ToJson(const std::vector<Change>& changes);

}  // namespace shoujie::cli
