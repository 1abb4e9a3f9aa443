#include "services/cli/directory/difference.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace shoujie::cli {
namespace {

using nlohmann::ordered_json;

constexpr size_t kPairsMax = 4'000'000;  // of elements that are compared with each other; of more, all are new

const ordered_json& At(const ordered_json& object, const std::string& key) {
  static const auto* const nothing = new ordered_json();
  const auto it = object.find(key);
  return it == object.end() ? *nothing : *it;
}

bool IsList(const ordered_json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const auto& one) { return one.is_object(); });
}
bool HasIds(const ordered_json& list) {
  return std::any_of(list.begin(), list.end(), [](const auto& one) { return one.is_object() && one.contains("id"); });
}

// Of two sequences, the pairs of places that a longest common subsequence joins.
std::vector<std::pair<size_t, size_t>> Common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  // What is alike at both ends needs no table.
  size_t head = 0, tail = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  size_t rows = a.size() - head - tail, columns = b.size() - head - tail;
  if (rows * columns > kPairsMax) rows = columns = 0;
  std::vector<std::vector<uint32_t>> longest(rows + 1, std::vector<uint32_t>(columns + 1));
  for (size_t i = rows; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      longest[i][j] =
          a[head + i] == b[head + j] ? longest[i + 1][j + 1] + 1 : std::max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t i = 0; i < head; ++i) pairs.emplace_back(i, i);
  for (size_t i = 0, j = 0; i < rows && j < columns;) {
    if (a[head + i] == b[head + j]) {
      pairs.emplace_back(head + i++, head + j++);
    } else if (longest[i + 1][j] >= longest[i][j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  for (size_t i = tail; i-- > 0;) pairs.emplace_back(a.size() - 1 - i, b.size() - 1 - i);
  return pairs;
}

// Of places in increasing order of another order, those that a longest run leaves where they are.
std::set<size_t> Unmoved(const std::vector<size_t>& places) {
  std::vector<size_t> ends, before(places.size(), SIZE_MAX);  // ends[n]: of the best run of n + 1
  for (size_t i = 0; i < places.size(); ++i) {
    const auto it = std::lower_bound(ends.begin(), ends.end(), places[i],
                                     [&](size_t end, size_t place) { return places[end] < place; });
    if (it != ends.begin()) before[i] = *std::prev(it);
    it == ends.end() ? ends.push_back(i) : (void)(*it = i);
  }
  std::set<size_t> unmoved;
  for (size_t i = ends.empty() ? SIZE_MAX : ends.back(); i != SIZE_MAX; i = before[i]) unmoved.insert(i);
  return unmoved;
}

class Comparison {
 public:
  void Table(const std::string& table, const ordered_json& before, const ordered_json& after) {
    table_ = table;
    id_.clear();
    if (before == after) return;
    if ((IsList(before) && HasIds(before)) || (IsList(after) && HasIds(after))) return Rows(before, after);
    if (before.is_object() && after.is_object()) return Fields("", before, after);
    Add(before.is_null()  ? Change::Kind::kAdded
        : after.is_null() ? Change::Kind::kRemoved
                          : Change::Kind::kChanged,
        "", before, after);
  }
  std::vector<Change> Take() { return std::move(changes_); }

 private:
  void Add(Change::Kind kind, std::string field, ordered_json before, ordered_json after) {
    changes_.push_back({kind, table_, id_, std::move(field), std::move(before), std::move(after)});
  }

  // A wrong file may give an id twice: the second one is another row.
  static std::vector<std::pair<std::string, size_t>> KeysOf(const ordered_json& rows) {
    std::vector<std::pair<std::string, size_t>> keys;
    std::map<std::string, size_t> times;
    for (const auto& row : rows) {
      const std::string id = ValueText(At(row, "id"));
      keys.emplace_back(id, times[id]++);
    }
    return keys;
  }

  void Rows(const ordered_json& before, const ordered_json& after) {
    const auto old_keys = KeysOf(before), new_keys = KeysOf(after);
    std::map<std::pair<std::string, size_t>, size_t> old_places, new_places;
    for (size_t i = 0; i < old_keys.size(); ++i) old_places[old_keys[i]] = i;
    for (size_t i = 0; i < new_keys.size(); ++i) new_places[new_keys[i]] = i;
    for (size_t i = 0; i < old_keys.size(); ++i) {
      id_ = old_keys[i].first;
      const auto now = new_places.find(old_keys[i]);
      if (now == new_places.end()) {
        Add(Change::Kind::kRemoved, "", before[i], nullptr);
      } else {
        Fields("", before[i], after[now->second]);
      }
    }
    std::vector<size_t> kept, places;  // of rows of both: where they are now, and where they were
    for (size_t i = 0; i < new_keys.size(); ++i) {
      const auto then = old_places.find(new_keys[i]);
      if (then == old_places.end()) {
        id_ = new_keys[i].first;
        Add(Change::Kind::kAdded, "", nullptr, after[i]);
      } else {
        kept.push_back(i);
        places.push_back(then->second);
      }
    }
    const std::set<size_t> unmoved = Unmoved(places);
    for (size_t i = 0; i < kept.size(); ++i) {
      if (unmoved.contains(i)) continue;
      id_ = new_keys[kept[i]].first;
      Add(Change::Kind::kMoved, "", places[i] + 1, kept[i] + 1);
    }
  }

  void Fields(const std::string& prefix, const ordered_json& before, const ordered_json& after) {
    for (const auto& [key, value] : before.items()) Field(prefix + key, value, At(after, key));
    for (const auto& [key, value] : after.items()) {
      if (!before.contains(key)) Field(prefix + key, nullptr, value);
    }
  }
  void Field(const std::string& field, const ordered_json& before, const ordered_json& after) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) return Fields(field + ".", before, after);
    if (IsList(before) || IsList(after)) return Elements(field, before, after);
    Add(Change::Kind::kChanged, field, before, after);
  }

  // What stands between two elements that are alike: as far as they can be paired, changed; else gone or new.
  void Elements(const std::string& field, const ordered_json& before, const ordered_json& after) {
    const auto texts = [](const ordered_json& list) {
      std::vector<std::string> all;
      for (const auto& one : list) all.push_back(one.dump());
      return all;
    };
    auto common = Common(texts(before), texts(after));
    common.emplace_back(before.size(), after.size());
    const auto name = [&](size_t index) { return absl::StrCat(field, "[", index, "]"); };
    size_t i = 0, j = 0;
    for (const auto& [old_end, new_end] : common) {
      for (; i < old_end && j < new_end; ++i, ++j) Field(name(j), before[i], after[j]);
      for (; i < old_end; ++i) Add(Change::Kind::kRemoved, name(i), before[i], nullptr);
      for (; j < new_end; ++j) Add(Change::Kind::kAdded, name(j), nullptr, after[j]);
      i = old_end + 1;
      j = new_end + 1;
    }
  }

  std::string table_, id_;
  std::vector<Change> changes_;
};

// Whether one of the two is the other, or is within it: "" is a whole row.
bool Touch(const std::string& a, const std::string& b) {
  const std::string& less = a.size() < b.size() ? a : b;
  const std::string& more = a.size() < b.size() ? b : a;
  if (less.empty() || less == more) return true;
  return absl::StartsWith(more, less) && (more[less.size()] == '.' || more[less.size()] == '[');
}

// "service_hours[2]" → "service_hours": an element has no name of its own.
std::string WithoutIndex(const std::string& field) { return field.substr(0, field.find('[')); }

}  // namespace

std::vector<Change> Difference(const ordered_json& before, const ordered_json& after,
                               const std::vector<std::string>& tables) {
  Comparison comparison;
  std::set<std::string> done;
  for (const std::string& table : tables) {
    if (done.insert(table).second) comparison.Table(table, At(before, table), At(after, table));
  }
  for (const auto* one : {&before, &after}) {
    for (const auto& [table, value] : one->items()) {
      if (done.insert(table).second) comparison.Table(table, At(before, table), At(after, table));
    }
  }
  return comparison.Take();
}

std::vector<Change> Collisions(const std::vector<Change>& mine, const std::vector<Change>& theirs) {
  std::vector<Change> collisions;
  for (const Change& one : mine) {
    const bool collides = std::any_of(theirs.begin(), theirs.end(), [&](const Change& other) {
      if (one.table != other.table) return false;
      // An order is one thing: two that move rows of a table collide, whichever rows they are.
      const bool moved = one.kind == Change::Kind::kMoved, also_moved = other.kind == Change::Kind::kMoved;
      if (moved && also_moved) return true;
      if (one.id != other.id) return false;
      const bool removed = one.kind == Change::Kind::kRemoved || other.kind == Change::Kind::kRemoved;
      if (moved || also_moved) return removed && (one.field.empty() && other.field.empty());
      return Touch(WithoutIndex(one.field), WithoutIndex(other.field));
    });
    if (collides) collisions.push_back(one);
  }
  return collisions;
}

std::string KindWord(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kAdded:
      return "added";
    case Change::Kind::kRemoved:
      return "removed";
    case Change::Kind::kChanged:
      return "changed";
    case Change::Kind::kMoved:
      return "moved";
  }
  return "";
}

std::string ValueText(const ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

ordered_json ToJson(const std::vector<Change>& changes) {
  ordered_json all = ordered_json::array();
  for (const Change& change : changes) {
    all.push_back({{"change", KindWord(change.kind)},
                   {"table", change.table},
                   {"id", change.id},
                   {"field", change.field},
                   {"before", change.before},
                   {"after", change.after}});
  }
  return all;
}

}  // namespace shoujie::cli
