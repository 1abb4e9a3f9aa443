#include "services/directory/domain/validate_sla.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/directory/domain/limits.h"
#include "services/directory/domain/validate_matchers.h"
#include "services/runtime/base/time.h"
#include "services/runtime/calendar/calendar_data.h"
#include "services/runtime/calendar/sla_table.h"

namespace shoujie::directory {
namespace {

// Every class and channel that there is, and of what has no closed list the values that some row mentions and one that
// none does.
struct Values {
  std::vector<std::vector<std::string>> categories;  // each with what is above it
  std::vector<profile::v1::CustomerClass> classes;
  std::vector<uint32_t> priorities;
  std::vector<interaction::v1::Channel> channels;
  std::vector<std::string> reasons;
  size_t cases() const {
    size_t product = 1;
    for (size_t n : {categories.size(), classes.size(), priorities.size(), channels.size(), reasons.size()}) {
      product = std::min(product * n, kSlaCasesMax + 1);
    }
    return product;
  }
  // Until `visit` says false.
  void Visit(const std::function<bool(const SlaCase&)>& visit) const {
    SlaCase of;
    for (const auto& category : categories) {
      of.categories = category;
      for (const auto customer_class : classes) {
        of.customer_class = customer_class;
        for (const uint32_t priority : priorities) {
          of.priority = priority;
          for (const auto channel : channels) {
            of.channel = channel;
            for (const std::string& reason : reasons) {
              of.reason = reason;
              if (!visit(of)) return;
            }
          }
        }
      }
    }
  }
};

class PolicyTable {
 public:
  PolicyTable(const v1::Directory& directory, std::vector<Finding>* findings)
      : directory_(directory), findings_(findings) {}

  void Run() {
    const auto& rows = directory_.sla_policies();
    if (rows.empty()) return;
    if (static_cast<size_t>(rows.size()) > kSlaPoliciesMax) {
      return Add("POLICY_TABLE_TOO_LARGE", "sla_policies", absl::StrCat(rows.size()));
    }
    for (const auto& row : directory_.calendars()) {
      if (auto made = MakeCalendar(row); made.ok()) calendars_.emplace(row.id(), *std::move(made));
    }
    for (int i = 0; i < rows.size(); ++i) {
      const std::string path = absl::StrCat("sla_policies[", i, "]");
      CheckMatchers(rows[i], path);
      CheckTargets(rows[i], path);
    }
    CheckCalendars();
    CheckOrder();
  }

 private:
  void Add(absl::string_view reason, std::string path, absl::string_view value) {
    findings_->push_back({std::string(reason), std::move(path), std::string(value)});
  }

  void CheckMatchers(const v1::SlaPolicy& row, const std::string& path) {
    if (!HasClasses(row)) Add("BAD_MATCHER", path + ".classes", row.id());
    if (!HasChannels(row)) Add("BAD_MATCHER", path + ".channels", row.id());
    if (HasTwice(row.categories())) Add("BAD_MATCHER", path + ".categories", row.id());
    if (HasTwice(row.priorities())) Add("BAD_MATCHER", path + ".priorities", row.id());
    const bool blank = std::find(row.reasons().begin(), row.reasons().end(), "") != row.reasons().end();
    if (blank || HasTwice(row.reasons())) Add("BAD_MATCHER", path + ".reasons", row.id());
  }

  void CheckTargets(const v1::SlaPolicy& row, const std::string& path) {
    if (row.targets().empty()) Add("POLICY_WITHOUT_TARGET", path + ".targets", row.id());
    std::set<int> kinds;
    for (int i = 0; i < row.targets_size(); ++i) {
      const v1::ClockTarget& target = row.targets(i);
      const std::string at = absl::StrCat(path, ".targets[", i, "]");
      const absl::Duration length = ToDuration(target.target());
      const bool kind = target.kind() != v1::CLOCK_KIND_UNSPECIFIED && v1::ClockKind_IsValid(target.kind()) &&
                        kinds.insert(target.kind()).second;
      const bool calendar =
          target.calendar() != v1::CLOCK_CALENDAR_UNSPECIFIED && v1::ClockCalendar_IsValid(target.calendar());
      // Round the clock there is no working day that could end.
      const bool day = !target.has_target() && target.calendar() != v1::CLOCK_CALENDAR_ALWAYS;
      const bool time = target.same_day() ? day : length > absl::ZeroDuration();
      if (!kind || !calendar || !time) {
        Add("BAD_TARGET", at, row.id());
      } else if (!target.same_day() && !Passes(target, length)) {
        Add("POLICY_UNMEETABLE", at, row.id());
      }
      CheckWarnings(target, at, row.id());
    }
    CheckParts(row, path);
  }

  void CheckWarnings(const v1::ClockTarget& target, const std::string& at, const std::string& id) {
    bool bad = static_cast<size_t>(target.warn_percent_size()) > kClockWarningsMax;
    uint32_t last = 0;
    for (const uint32_t percent : target.warn_percent()) {
      bad = bad || percent <= last || percent > 99;
      last = percent;
    }
    if (bad) Add("BAD_WARNING", at + ".warn_percent", id);
  }

  // Whether so much working time lies within the horizon, of every calendar that the target may be counted on.
  bool Passes(const v1::ClockTarget& target, absl::Duration length) const {
    // Any instant will do: a horizon is ten years.
    const absl::Time from = absl::FromCivil(absl::CivilDay(2020, 1, 1), absl::UTCTimeZone());
    const auto passes = [&](const std::string& id) {
      const auto it = calendars_.find(id);
      return it == calendars_.end() || it->second.After(from, length) != absl::InfiniteFuture();
    };
    switch (target.calendar()) {
      case v1::CLOCK_CALENDAR_SITE:
        return std::all_of(directory_.sites().begin(), directory_.sites().end(),
                           [&](const auto& site) { return passes(site.calendar()); });
      case v1::CLOCK_CALENDAR_DEPARTMENT:
        return std::all_of(directory_.departments().begin(), directory_.departments().end(),
                           [&](const auto& department) { return passes(department.calendar()); });
      default:
        return length <= Calendar::kHorizon;
    }
  }

  void CheckParts(const v1::SlaPolicy& row, const std::string& path) {
    const auto check = [&](v1::ClockKind whole, std::vector<v1::ClockKind> parts) {
      const v1::ClockTarget* of = TargetOf(row, whole);
      if (of == nullptr || of->same_day()) return;
      absl::Duration sum;
      for (const v1::ClockKind part : parts) {
        const v1::ClockTarget* target = TargetOf(row, part);
        if (target != nullptr && !target->same_day() && target->calendar() == of->calendar()) {
          sum += ToDuration(target->target());
        }
      }
      if (sum > ToDuration(of->target())) Add("POLICY_UNMEETABLE", path + ".targets", row.id());
    };
    check(v1::CLOCK_KIND_CUSTODY, {v1::CLOCK_KIND_SIGN, v1::CLOCK_KIND_FIRST_REPLY});
    check(v1::CLOCK_KIND_RESOLVE, {v1::CLOCK_KIND_DISPATCH, v1::CLOCK_KIND_CUSTODY});
  }

  void CheckCalendars() {
    const auto counts = [this](v1::ClockCalendar calendar) {
      return std::any_of(directory_.sla_policies().begin(), directory_.sla_policies().end(), [&](const auto& row) {
        return std::any_of(row.targets().begin(), row.targets().end(),
                           [&](const auto& target) { return target.calendar() == calendar; });
      });
    };
    const auto check = [this](const auto& rows, absl::string_view list) {
      for (int i = 0; i < rows.size(); ++i) {
        // What an import brought has no tickets of its own here.
        if (!rows[i].calendar().empty() || !rows[i].source().empty()) continue;
        Add("POLICY_CALENDAR_MISSING", absl::StrCat(list, "[", i, "].calendar"), rows[i].id());
      }
    };
    if (counts(v1::CLOCK_CALENDAR_SITE)) check(directory_.sites(), "sites");
    if (counts(v1::CLOCK_CALENDAR_DEPARTMENT)) check(directory_.departments(), "departments");
  }

  // A category and those above it; a cycle is found elsewhere.
  std::vector<std::string> Lineage(const std::string& id) const {
    std::vector<std::string> lineage;
    const auto row = [this](const std::string& wanted) {
      return std::find_if(directory_.categories().begin(), directory_.categories().end(),
                          [&](const auto& category) { return category.id() == wanted; });
    };
    for (auto at = row(id); at != directory_.categories().end(); at = row(at->parent())) {
      if (std::find(lineage.begin(), lineage.end(), at->id()) != lineage.end()) break;
      lineage.push_back(at->id());
    }
    return lineage;
  }

  Values ValuesOf() const {
    Values values;
    std::set<std::string> categories = {""}, reasons = {""};
    std::set<uint32_t> priorities;
    for (const auto& row : directory_.sla_policies()) {
      categories.insert(row.categories().begin(), row.categories().end());
      reasons.insert(row.reasons().begin(), row.reasons().end());
      priorities.insert(row.priorities().begin(), row.priorities().end());
    }
    for (const std::string& id : categories) values.categories.push_back(Lineage(id));
    values.reasons.assign(reasons.begin(), reasons.end());
    uint32_t other = 0;
    while (priorities.count(other) > 0) ++other;
    priorities.insert(other);
    values.priorities.assign(priorities.begin(), priorities.end());
    for (int value = 0; value < profile::v1::CustomerClass_ARRAYSIZE; ++value) {
      if (profile::v1::CustomerClass_IsValid(value)) {
        values.classes.push_back(static_cast<profile::v1::CustomerClass>(value));
      }
    }
    for (int value = 0; value < interaction::v1::CHANNEL_IMPORT; ++value) {
      if (interaction::v1::Channel_IsValid(value)) {
        values.channels.push_back(static_cast<interaction::v1::Channel>(value));
      }
    }
    return values;
  }

  void CheckOrder() {
    const auto& rows = directory_.sla_policies();
    if (std::none_of(rows.begin(), rows.end(), [](const auto& row) { return MatchesAll(row); })) {
      Add("NO_POLICY_FOR_ALL", "sla_policies", "");
    }
    const Values values = ValuesOf();
    if (values.cases() > kSlaCasesMax) {
      return Add("POLICY_TABLE_TOO_LARGE", "sla_policies", absl::StrCat(values.cases()));
    }
    std::vector<bool> first(static_cast<size_t>(rows.size()), false);
    values.Visit([&](const SlaCase& of) {
      for (int i = 0; i < rows.size(); ++i) {
        if (!Matches(rows[i], of)) continue;
        first[static_cast<size_t>(i)] = true;
        break;
      }
      return true;
    });
    for (int i = 0; i < rows.size(); ++i) {
      if (!first[static_cast<size_t>(i)]) {
        Add("POLICY_NEVER_MATCHES", absl::StrCat("sla_policies[", i, "]"), rows[i].id());
      }
    }
  }

  const v1::Directory& directory_;
  std::vector<Finding>* findings_;
  std::map<std::string, Calendar> calendars_;
};

}  // namespace

void ValidateSla(const v1::Directory& directory, std::vector<Finding>* findings) {
  PolicyTable(directory, findings).Run();
}

}  // namespace shoujie::directory
