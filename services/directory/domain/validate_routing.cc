#include "services/directory/domain/validate_routing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/directory/domain/limits.h"
#include "services/directory/domain/validate_matchers.h"
#include "services/directory/domain/validate_rosters.h"
#include "services/runtime/calendar/routing_table.h"
#include "services/runtime/reference.h"

namespace shoujie::directory {
namespace {

// A set of rows of the table.
class RowSet {
 public:
  void Add(size_t row) { words_[row / 64] |= uint64_t{1} << (row % 64); }
  bool Has(size_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  RowSet operator&(const RowSet& other) const {
    RowSet both;
    for (size_t i = 0; i < words_.size(); ++i) both.words_[i] = words_[i] & other.words_[i];
    return both;
  }
  bool Holds(const RowSet& other) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      if ((other.words_[i] & ~words_[i]) != 0) return false;
    }
    return true;
  }
  // The first one; `kRoutingRulesMax` if there is none.
  size_t First() const {
    for (size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != 0) return i * 64 + static_cast<size_t>(std::countr_zero(words_[i]));
    }
    return kRoutingRulesMax;
  }

 private:
  std::array<uint64_t, (kRoutingRulesMax + 63) / 64> words_{};
};

// One thing that cases differ by, with the rows that each value of it fits.
struct Dimension {
  struct Value {
    std::string name;  // empty: any other than those that rows mention
    RowSet rows;
  };
  std::vector<Value> values;
  RowSet indifferent;  // rows that every value fits
};

// A row and those above it; a cycle is found elsewhere.
template <typename Rows>
std::vector<std::string> Lineage(const Rows& rows, const std::string& id) {
  std::vector<std::string> lineage;
  for (const auto* at = FindRow(rows, id); at != nullptr; at = FindRow(rows, at->parent())) {
    if (std::find(lineage.begin(), lineage.end(), at->id()) != lineage.end()) break;
    lineage.push_back(at->id());
  }
  return lineage;
}

class RoutingTable {
 public:
  RoutingTable(const v1::Directory& directory, std::vector<Finding>* findings)
      : directory_(directory), rows_(directory.routing_rules()), findings_(findings) {}

  void Run() {
    const std::string& last = directory_.policies().default_department();
    if (!last.empty()) {
      const bool known = CheckKnown(directory_.departments(), last, "policies.default_department");
      if (known) CheckEnd(last, "policies.default_department");
    }
    if (rows_.empty()) return;
    if (static_cast<size_t>(rows_.size()) > kRoutingRulesMax) {
      return Add("ROUTING_TABLE_TOO_LARGE", "routing_rules", absl::StrCat(rows_.size()));
    }
    for (int i = 0; i < rows_.size(); ++i) {
      const std::string path = absl::StrCat("routing_rules[", i, "]");
      CheckMatchers(rows_[i], path);
      CheckResult(rows_[i], path);
    }
    CheckOrder();
  }

 private:
  void Add(absl::string_view reason, std::string path, absl::string_view value) {
    findings_->push_back({std::string(reason), std::move(path), std::string(value)});
  }

  template <typename Rows>
  bool CheckKnown(const Rows& rows, const std::string& id, std::string path) {
    if (FindRow(rows, id) != nullptr) return true;
    Add("UNKNOWN_REFERENCE", std::move(path), id);
    return false;
  }

  void CheckMatchers(const v1::RoutingRule& row, const std::string& path) {
    const auto known = [&](const auto& of, const auto& ids, absl::string_view field) {
      for (int i = 0; i < ids.size(); ++i) CheckKnown(of, ids[i], absl::StrCat(path, ".", field, "[", i, "]"));
      if (HasTwice(ids)) Add("BAD_MATCHER", absl::StrCat(path, ".", field), row.id());
    };
    known(directory_.categories(), row.categories(), "categories");
    known(directory_.sites(), row.sites(), "sites");
    known(directory_.products(), row.products(), "products");
    if (!HasClasses(row)) Add("BAD_MATCHER", path + ".classes", row.id());
    if (!HasChannels(row)) Add("BAD_MATCHER", path + ".channels", row.id());
    const auto texts = [&](const auto& values, absl::string_view field) {
      const bool blank = std::find(values.begin(), values.end(), "") != values.end();
      if (blank || HasTwice(values)) Add("BAD_MATCHER", absl::StrCat(path, ".", field), row.id());
    };
    texts(row.languages(), "languages");
    texts(row.skills(), "skills");
    if (!row.calendar().empty()) CheckKnown(directory_.calendars(), row.calendar(), path + ".calendar");
    if (row.outside() && row.calendar().empty()) Add("BAD_MATCHER", path + ".outside", row.id());
  }

  void CheckResult(const v1::RoutingRule& row, const std::string& path) {
    if (!CheckKnown(directory_.departments(), row.department(), path + ".department")) return;
    CheckEnd(row.department(), path + ".department");
    const bool has_role = std::any_of(directory_.rosters().begin(), directory_.rosters().end(), [&](const auto& one) {
      return one.department() == row.department() && one.duty_role() == row.duty_role();
    });
    if (!row.duty_role().empty() && !has_role) Add("DUTY_ROLE_WITHOUT_ROSTER", path + ".duty_role", row.duty_role());
  }

  // Whoever is on no roster is a head or deputy: with one of them a chain ends with somebody at every hour.
  void CheckEnd(const std::string& department, std::string path) {
    const auto chain = FallbacksOf(directory_, department);
    const bool somebody = std::any_of(chain.begin(), chain.end(), [this](const v1::Department* one) {
      return IsThere(one->head()) || std::any_of(one->deputies().begin(), one->deputies().end(),
                                                 [this](const std::string& deputy) { return IsThere(deputy); });
    });
    if (!somebody) Add("ROUTE_TO_NOBODY", std::move(path), department);
  }
  bool IsThere(const std::string& person) const {
    const auto* agent = FindRow(directory_.agents(), person);
    return agent != nullptr && TakesNew(*agent);
  }

  // The rows that a case fits, which has only what `matcher` looks at.
  RowSet Fitting(RouteMatcher matcher, const RouteCase& of) const {
    RowSet fitting;
    for (int i = 0; i < rows_.size(); ++i) {
      if (Fits(rows_[i], matcher, of)) fitting.Add(static_cast<size_t>(i));
    }
    return fitting;
  }

  // Adds a dimension with a value for each that rows mention, and one for any other.
  template <typename Mentioned, typename Set>
  void AddDimension(RouteMatcher matcher, Mentioned mentioned, Set set) {
    std::set<std::string> names;
    for (const auto& row : rows_) {
      for (const auto& value : mentioned(row)) names.insert(absl::StrCat(value));
    }
    if (names.empty()) return;
    names.insert("");
    Dimension dimension;
    for (const std::string& name : names) {
      RouteCase of;
      if (!name.empty()) set(name, &of);
      dimension.values.push_back({name, Fitting(matcher, of)});
    }
    AddDimension(std::move(dimension));
  }
  void AddDimension(Dimension dimension) {
    dimension.indifferent = dimension.values.front().rows;
    for (const auto& value : dimension.values) dimension.indifferent = dimension.indifferent & value.rows;
    dimensions_.push_back(std::move(dimension));
  }

  void AddDimensions() {
    using Row = v1::RoutingRule;
    AddDimension(
        RouteMatcher::kCategories, [](const Row& row) { return row.categories(); },
        [this](const std::string& name, RouteCase* of) { of->categories = Lineage(directory_.categories(), name); });
    AddDimension(
        RouteMatcher::kSites, [](const Row& row) { return row.sites(); },
        [](const std::string& name, RouteCase* of) { of->site = name; });
    AddDimension(
        RouteMatcher::kProducts, [](const Row& row) { return row.products(); },
        [this](const std::string& name, RouteCase* of) { of->products = Lineage(directory_.products(), name); });
    AddDimension(
        RouteMatcher::kClasses,
        [](const Row& row) {
          return Names(row.classes(), [](int value) { return profile::v1::CustomerClass_Name(value); });
        },
        [](const std::string& name, RouteCase* of) { profile::v1::CustomerClass_Parse(name, &of->customer_class); });
    AddDimension(
        RouteMatcher::kChannels,
        [](const Row& row) {
          return Names(row.channels(), [](int value) { return interaction::v1::Channel_Name(value); });
        },
        [](const std::string& name, RouteCase* of) { interaction::v1::Channel_Parse(name, &of->channel); });
    AddDimension(
        RouteMatcher::kLanguages, [](const Row& row) { return row.languages(); },
        [](const std::string& name, RouteCase* of) { of->language = name; });
    std::set<std::string> calendars;
    for (const auto& row : rows_) {
      if (!row.calendar().empty()) calendars.insert(row.calendar());
    }
    for (const std::string& calendar : calendars) {
      Dimension dimension;
      for (const bool within : {true, false}) {
        RowSet fitting;
        for (int i = 0; i < rows_.size(); ++i) {
          if (rows_[i].calendar() != calendar || rows_[i].outside() != within) fitting.Add(static_cast<size_t>(i));
        }
        dimension.values.push_back({absl::StrCat(within ? "within " : "outside ", calendar), fitting});
      }
      AddDimension(std::move(dimension));
    }
  }
  template <typename Values, typename Name>
  static std::vector<std::string> Names(const Values& values, Name name) {
    std::vector<std::string> names;
    for (const int value : values) names.push_back(name(value));
    return names;
  }

  void CheckOrder() {
    AddDimensions();
    // Rows that nothing from this dimension on stands in the way of.
    indifferent_from_.resize(dimensions_.size() + 1);
    for (size_t i = 0; i < static_cast<size_t>(rows_.size()); ++i) indifferent_from_.back().Add(i);
    for (size_t i = dimensions_.size(); i-- > 0;) {
      indifferent_from_[i] = indifferent_from_[i + 1] & dimensions_[i].indifferent;
    }
    Visit(0, indifferent_from_.back());
    if (steps_ > kRoutingStepsMax) return Add("ROUTING_TABLE_TOO_LARGE", "routing_rules", absl::StrCat(rows_.size()));
    if (has_gap_ && directory_.policies().default_department().empty()) Add("NO_RULE_FOR_ALL", "routing_rules", gap_);
    for (int i = 0; i < rows_.size(); ++i) {
      if (!first_.Has(static_cast<size_t>(i))) {
        Add("RULE_NEVER_MATCHES", absl::StrCat("routing_rules[", i, "]"), rows_[i].id());
      }
    }
  }

  // All cases with the values chosen so far, which `rows` fit. Where the first of them fits whatever follows, they need
  // not be told apart any further.
  void Visit(size_t depth, const RowSet& rows) {
    if (++steps_ > kRoutingStepsMax) return;
    const size_t first = rows.First();
    if (first == kRoutingRulesMax) {
      if (!has_gap_) gap_ = absl::StrJoin(chosen_, ", ");
      has_gap_ = true;
    } else if (indifferent_from_[depth].Has(first)) {
      first_.Add(first);
    } else if (dimensions_[depth].indifferent.Holds(rows)) {
      Visit(depth + 1, rows);
    } else {
      for (const auto& value : dimensions_[depth].values) {
        if (!value.name.empty()) chosen_.push_back(value.name);
        Visit(depth + 1, rows & value.rows);
        if (!value.name.empty()) chosen_.pop_back();
      }
    }
  }

  const v1::Directory& directory_;
  const google::protobuf::RepeatedPtrField<v1::RoutingRule>& rows_;
  std::vector<Finding>* findings_;
  std::vector<Dimension> dimensions_;
  std::vector<RowSet> indifferent_from_;
  RowSet first_;  // rows that are the first of some case
  size_t steps_ = 0;
  bool has_gap_ = false;
  std::string gap_;  // a case that no row matches
  std::vector<std::string> chosen_;
};

}  // namespace

void ValidateRouting(const v1::Directory& directory, std::vector<Finding>* findings) {
  ValidateRosters(directory, findings);
  RoutingTable(directory, findings).Run();
}

}  // namespace shoujie::directory
