#include "services/directory/domain/validate_rosters.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/directory/domain/limits.h"
#include "services/runtime/calendar/calendar_data.h"
#include "services/runtime/reference.h"

namespace shoujie::directory {
namespace {

class Rosters {
 public:
  Rosters(const v1::Directory& directory, std::vector<Finding>* findings) : directory_(directory), findings_(findings) {
    for (const auto& agent : directory.agents()) agents_.emplace(agent.id(), &agent);
  }

  void Run() {
    for (int i = 0; i < directory_.agents_size(); ++i) CheckCapacity(i);
    for (int i = 0; i < directory_.departments_size(); ++i) CheckDepartment(i);
    if (static_cast<size_t>(directory_.rosters_size()) > kRostersMax) {
      return Add("TOO_MANY_ROSTERS", "rosters", absl::StrCat(directory_.rosters_size()));
    }
    for (int i = 0; i < directory_.rosters_size(); ++i) CheckRoster(i);
    CheckOverlaps();
  }

 private:
  void Add(absl::string_view reason, std::string path, absl::string_view value) {
    findings_->push_back({std::string(reason), std::move(path), std::string(value)});
  }

  void CheckDepartment(int i) {
    const v1::Department& department = directory_.departments(i);
    const std::string path = absl::StrCat("departments[", i, "]");
    const std::string& role = department.on_call_role();
    const bool on_call =
        role.empty() ||
        std::any_of(directory_.rosters().begin(), directory_.rosters().end(), [&](const v1::Roster& row) {
          return row.department() == department.id() && row.duty_role() == role;
        });
    if (!on_call) Add("DUTY_ROLE_WITHOUT_ROSTER", path + ".on_call_role", role);
    if (department.member_capacity() > kCapacityMax) {
      Add("BAD_CAPACITY", path + ".member_capacity", absl::StrCat(department.member_capacity()));
    }

    if (department.fallback_department().empty()) return;
    if (FindRow(directory_.departments(), department.fallback_department()) == nullptr) {
      return Add("UNKNOWN_REFERENCE", path + ".fallback_department", department.fallback_department());
    }
    // A department that only leads into a cycle is not in it.
    std::set<std::string> seen;
    for (const auto* at = &department; at != nullptr && seen.insert(at->id()).second;) {
      if (at->fallback_department() == department.id()) {
        return Add("FALLBACK_CYCLE", path + ".fallback_department", department.id());
      }
      at = FindRow(directory_.departments(), at->fallback_department());
    }
  }

  // A number that no hand-off would ever be held against is a mistake; but nobody's leave waits for it to be corrected.
  void CheckCapacity(int i) {
    const v1::Agent& agent = directory_.agents(i);
    if (agent.capacity() == 0) return;
    const std::string path = absl::StrCat("agents[", i, "].capacity");
    if (agent.capacity() > kCapacityMax) Add("BAD_CAPACITY", path, absl::StrCat(agent.capacity()));
    const auto& departments = directory_.departments();
    const bool works = std::any_of(departments.begin(), departments.end(),
                                   [&](const v1::Department& department) { return WorksFor(agent, department); });
    if (!works && TakesNew(agent)) Add("CAPACITY_OF_NO_MEMBER", path, agent.id());
  }

  void CheckRoster(int i) {
    const v1::Roster& row = directory_.rosters(i);
    const std::string path = absl::StrCat("rosters[", i, "]");
    const auto* department = FindRow(directory_.departments(), row.department());
    if (department == nullptr) Add("UNKNOWN_REFERENCE", path + ".department", row.department());
    if (!row.site().empty() && FindRow(directory_.sites(), row.site()) == nullptr) {
      Add("UNKNOWN_REFERENCE", path + ".site", row.site());
    }
    if (row.people().empty()) Add("EMPTY_ROSTER", path + ".people", row.id());
    std::set<std::string> people;
    for (int k = 0; k < row.people_size(); ++k) {
      const std::string at = absl::StrCat(path, ".people[", k, "]");
      const std::string& person = row.people(k);
      const auto agent = agents_.find(person);
      if (agent == agents_.end()) {
        Add("UNKNOWN_REFERENCE", at, person);
      } else if (!TakesNew(*agent->second)) {
        Add("POST_HELD_BY_LEFT_AGENT", at, person);
      } else if (!people.insert(person).second) {
        Add("ROSTER_PERSON_TWICE", at, person);
      } else if (department != nullptr && !WorksFor(*agent->second, *department)) {
        Add("ROSTER_PERSON_NOT_OF_DEPARTMENT", at, person);
      }
    }
    CheckHours(row, path);
  }

  void CheckHours(const v1::Roster& row, const std::string& path) {
    if (!row.calendar().empty() && FindRow(directory_.calendars(), row.calendar()) == nullptr) {
      Add("UNKNOWN_REFERENCE", path + ".calendar", row.calendar());
    }
    if (row.shifts().empty() ? !row.time_zone().empty() : !row.calendar().empty()) {
      return Add("BAD_ROSTER_HOURS", path, row.id());
    }
    if (row.shifts().empty()) return;
    if (!IsZone(row.time_zone())) return Add("BAD_TIME_ZONE", path + ".time_zone", row.time_zone());
    if (!MakeShifts(row).ok()) Add("BAD_SERVICE_HOURS", path + ".shifts", row.id());
  }

  // On duty from when to when, week by week.
  struct Duty {
    absl::Time from, to;
    int row;
  };

  void CheckOverlaps() {
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<int>> groups;
    for (int i = 0; i < directory_.rosters_size(); ++i) {
      const v1::Roster& row = directory_.rosters(i);
      groups[{row.department(), row.site(), row.duty_role()}].push_back(i);
    }
    std::set<int> ambiguous;
    for (const auto& [of, rows] : groups) {
      if (rows.size() < 2) continue;
      std::vector<Duty> duties;
      for (const int row : rows) AddDuties(row, &duties);
      std::stable_sort(duties.begin(), duties.end(), [](const Duty& a, const Duty& b) { return a.from < b.from; });
      const Duty* last = nullptr;  // that ends last of those before
      for (const Duty& duty : duties) {
        if (last != nullptr && last->row != duty.row && duty.from < last->to) {
          ambiguous.insert(std::max(last->row, duty.row));
        }
        if (last == nullptr || duty.to > last->to) last = &duty;
      }
    }
    for (const int row : ambiguous) {
      Add("ROSTERS_OVERLAP", absl::StrCat("rosters[", row, "]"), directory_.rosters(row).id());
    }
  }

  void AddDuties(int i, std::vector<Duty>* duties) const {
    // Any year will do; a whole one has all clock changes.
    const absl::Time from = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());
    const absl::Time until = from + absl::Hours(24 * 366);
    const v1::Roster& row = directory_.rosters(i);
    if (row.calendar().empty() && row.shifts().empty()) return duties->push_back({from, until, i});
    v1::Calendar week;
    if (const auto* named = FindRow(directory_.calendars(), row.calendar())) week = *named;
    week.clear_days();
    const auto made = row.shifts().empty() ? MakeCalendar(week) : MakeShifts(row);
    if (!made.ok()) return;  // told elsewhere
    made->VisitWork(from, [&](absl::Time begin, absl::Time end) {
      if (begin >= until) return false;
      duties->push_back({begin, end, i});
      return true;
    });
  }

  const v1::Directory& directory_;
  std::vector<Finding>* findings_;
  std::map<std::string, const v1::Agent*> agents_;
};

}  // namespace

void ValidateRosters(const v1::Directory& directory, std::vector<Finding>* findings) {
  Rosters(directory, findings).Run();
}

std::vector<const v1::Department*> FallbacksOf(const v1::Directory& directory, const std::string& department) {
  std::vector<const v1::Department*> chain;
  const auto add = [&](const std::string& id) {
    const auto* row = FindRow(directory.departments(), id);
    const bool is_new = row != nullptr && std::find(chain.begin(), chain.end(), row) == chain.end();
    if (is_new) chain.push_back(row);
    return is_new;
  };
  for (bool more = add(department); more;) more = add(chain.back()->fallback_department());
  if (add(directory.policies().default_department())) {
    while (add(chain.back()->fallback_department())) continue;
  }
  return chain;
}

}  // namespace shoujie::directory
