#include "services/directory/domain/validate.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/directory/domain/limits.h"
#include "services/directory/domain/validate_playbooks.h"
#include "services/directory/domain/validate_routing.h"
#include "services/directory/domain/validate_sla.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/time.h"
#include "services/runtime/reference.h"

namespace shoujie::directory {
namespace {

template <typename Row>
using Index = absl::flat_hash_map<absl::string_view, const Row*>;

bool IsId(absl::string_view id) {
  if (id.empty() || id.size() > limits::kDirectoryIdBytesMax) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

class Validator {
 public:
  explicit Validator(const v1::Directory& directory) : directory_(directory) {}

  std::vector<Finding> Run() {
    if (directory_.sites().empty()) Add("NO_SITE", "sites", "");
    IndexRows("sites", directory_.sites(), sites_);
    IndexRows("teams", directory_.teams(), teams_);
    IndexRows("agents", directory_.agents(), agents_);
    IndexRows("departments", directory_.departments(), departments_);
    IndexRows("dispositions", directory_.dispositions(), dispositions_);
    IndexRows("categories", directory_.categories(), categories_);
    IndexRows("products", directory_.products(), products_);
    IndexRows("sources", directory_.sources(), sources_);
    IndexRows("calendars", directory_.calendars(), calendars_);
    IndexRows("sla_policies", directory_.sla_policies(), sla_policies_);
    IndexRows("routing_rules", directory_.routing_rules(), routing_rules_);
    IndexRows("rosters", directory_.rosters(), rosters_);
    IndexRows("playbooks", directory_.playbooks(), playbooks_);

    Each("sites", directory_.sites(), [this](const auto& row, const auto& path) { CheckSite(row, path); });
    Each("teams", directory_.teams(), [this](const auto& row, const auto& path) {
      Refer(sites_, row.site(), path + ".site");
      Refer(sources_, row.source(), path + ".source", true);
      Post(row.leader(), path + ".leader");
    });
    Each("agents", directory_.agents(), [this](const auto& row, const auto& path) { CheckAgent(row, path); });
    Each("departments", directory_.departments(),
         [this](const auto& row, const auto& path) { CheckDepartment(row, path); });
    Each("dispositions", directory_.dispositions(),
         [this](const auto& row, const auto& path) { CheckDisposition(row, path); });
    CheckTree("categories", directory_.categories(), categories_);
    Each("categories", directory_.categories(),
         [this](const auto& row, const auto& path) { Refer(sources_, row.source(), path + ".source", true); });
    CheckTree("products", directory_.products(), products_);
    CheckPolicies();
    Each("sources", directory_.sources(), [this](const auto& row, const auto& path) {
      if (!IsZone(row.time_zone())) Add("BAD_TIME_ZONE", path + ".time_zone", row.time_zone());
    });
    Each("calendars", directory_.calendars(), [this](const auto& row, const auto& path) { CheckCalendar(row, path); });
    Each("sla_policies", directory_.sla_policies(), [this](const auto& row, const auto& path) {
      for (int i = 0; i < row.categories_size(); ++i) {
        Refer(categories_, row.categories(i), absl::StrCat(path, ".categories[", i, "]"));
      }
    });
    ValidateSla(directory_, &findings_);
    ValidateRouting(directory_, &findings_);
    Each("playbooks", directory_.playbooks(), [this](const auto& row, const auto& path) {
      for (int i = 0; i < row.categories_size(); ++i) {
        Refer(categories_, row.categories(i), absl::StrCat(path, ".categories[", i, "]"));
      }
      Post(row.owner(), path + ".owner");
    });
    ValidatePlaybooks(directory_, &findings_);
    return std::move(findings_);
  }

 private:
  void Add(absl::string_view reason, std::string path, absl::string_view value) {
    findings_.push_back({std::string(reason), std::move(path), std::string(value)});
  }

  template <typename Rows, typename Visit>
  void Each(absl::string_view list, const Rows& rows, Visit visit) {
    for (int i = 0; i < rows.size(); ++i) visit(rows[i], absl::StrCat(list, "[", i, "]"));
  }

  template <typename Rows, typename Row>
  void IndexRows(absl::string_view list, const Rows& rows, Index<Row>& index) {
    Each(list, rows, [&](const Row& row, const std::string& path) {
      if (!IsId(row.id())) Add("BAD_ID", path + ".id", row.id());
      if (!index.emplace(row.id(), &row).second) Add("DUPLICATE_ID", path + ".id", row.id());
    });
  }

  template <typename Row>
  const Row* Refer(const Index<Row>& index, const std::string& id, std::string path, bool optional = false) {
    if (id.empty() && optional) return nullptr;
    auto it = index.find(id);
    if (it != index.end()) return it->second;
    Add("UNKNOWN_REFERENCE", std::move(path), id);
    return nullptr;
  }

  // A post that may be vacant, but not filled by somebody who leaves or has left.
  void Post(const std::string& agent, std::string path) {
    const v1::Agent* row = Refer(agents_, agent, path, true);
    if (row && !TakesNew(*row)) Add("POST_HELD_BY_LEFT_AGENT", std::move(path), agent);
  }

  void CheckSite(const v1::Site& site, const std::string& path) {
    if (!IsZone(site.time_zone())) Add("BAD_TIME_ZONE", path + ".time_zone", site.time_zone());
    if (site.head().empty() && site.source().empty()) Add("MISSING_HEAD", path + ".head", site.id());
    Post(site.head(), path + ".head");
    Post(site.coordinator(), path + ".coordinator");
    Refer(sources_, site.source(), path + ".source", true);
    Refer(calendars_, site.calendar(), path + ".calendar", true);
    CheckHours(site.service_hours(), path + ".service_hours", site.id());
    const auto& window = site.answer_window();
    if (window.rings_min() > window.rings_max() || ToDuration(window.alarm_after()) < absl::ZeroDuration()) {
      Add("BAD_ANSWER_WINDOW", path + ".answer_window", site.id());
    }
  }

  // Of one week. Two may touch, none may overlap.
  void CheckHours(const google::protobuf::RepeatedPtrField<v1::ServiceHours>& hours, const std::string& path,
                  const std::string& id) {
    for (int i = 0; i < hours.size(); ++i) {
      const auto& a = hours[i];
      bool bad =
          a.weekday() < 1 || a.weekday() > 7 || a.open_minute() >= a.close_minute() || a.close_minute() > 24 * 60;
      for (int j = 0; j < i; ++j) {
        const auto& b = hours[j];
        bad = bad ||
              (a.weekday() == b.weekday() && a.open_minute() < b.close_minute() && b.open_minute() < a.close_minute());
      }
      if (bad) Add("BAD_SERVICE_HOURS", absl::StrCat(path, "[", i, "]"), id);
    }
  }

  void CheckCalendar(const v1::Calendar& calendar, const std::string& path) {
    if (!IsZone(calendar.time_zone())) Add("BAD_TIME_ZONE", path + ".time_zone", calendar.time_zone());
    Refer(sources_, calendar.source(), path + ".source", true);
    if (calendar.hours().empty()) Add("CALENDAR_WITHOUT_WORK", path + ".hours", calendar.id());
    CheckHours(calendar.hours(), path + ".hours", calendar.id());
    if (static_cast<size_t>(calendar.days_size()) > kCalendarDaysMax) {
      Add("CALENDAR_TOO_LONG", path + ".days", calendar.id());
    }
    absl::flat_hash_set<absl::CivilDay> days;
    for (int i = 0; i < calendar.days_size(); ++i) {
      const auto& day = calendar.days(i);
      absl::CivilDay date;
      bool bad = !absl::ParseCivilTime(day.date(), &date) || !days.insert(date).second;
      uint32_t last = 0;
      for (const auto& hours : day.hours()) {
        bad = bad || hours.open_minute() < last || hours.open_minute() >= hours.close_minute() ||
              hours.close_minute() > 24 * 60;
        last = hours.close_minute();
      }
      if (bad) Add("BAD_CALENDAR_DAY", absl::StrCat(path, ".days[", i, "]"), day.date());
    }
  }

  void CheckAgent(const v1::Agent& agent, const std::string& path) {
    Refer(sites_, agent.site(), path + ".site");
    const v1::Team* team = Refer(teams_, agent.team(), path + ".team", true);
    if (team && team->site() != agent.site()) Add("TEAM_OF_ANOTHER_SITE", path + ".team", agent.team());
    Refer(departments_, agent.department(), path + ".department", agent.role() != v1::AGENT_ROLE_DEPARTMENT);
    Refer(sources_, agent.source(), path + ".source", true);
    if (agent.role() == v1::AGENT_ROLE_UNSPECIFIED || !v1::AgentRole_IsValid(agent.role())) {
      Add("BAD_ROLE", path + ".role", agent.id());
    }
  }

  void CheckDepartment(const v1::Department& department, const std::string& path) {
    if (department.head().empty() && department.source().empty()) Add("MISSING_HEAD", path + ".head", department.id());
    Post(department.head(), path + ".head");
    for (int i = 0; i < department.deputies_size(); ++i) {
      const std::string at = absl::StrCat(path, ".deputies[", i, "]");
      if (department.deputies(i).empty()) Add("UNKNOWN_REFERENCE", at, "");
      Post(department.deputies(i), at);
    }
    for (int i = 0; i < department.categories_size(); ++i) {
      Refer(categories_, department.categories(i), absl::StrCat(path, ".categories[", i, "]"));
    }
    const bool own = department.source().empty();
    const absl::Duration window = ToDuration(department.refuse_window());
    if (window < absl::ZeroDuration() || (own && window == absl::ZeroDuration())) {
      Add("BAD_REFUSE_WINDOW", path + ".refuse_window", department.id());
    }
    Refer(sources_, department.source(), path + ".source", true);
    Refer(calendars_, department.calendar(), path + ".calendar", true);
  }

  void CheckDisposition(const v1::Disposition& disposition, const std::string& path) {
    bool bad =
        disposition.kind() == v1::DISPOSITION_KIND_UNSPECIFIED || !v1::DispositionKind_IsValid(disposition.kind());
    const absl::Duration spacing = ToDuration(disposition.prompt_spacing());
    bad = bad || spacing < absl::ZeroDuration() ||
          (disposition.prompts_required() > 1 && spacing == absl::ZeroDuration());
    if (bad) Add("BAD_DISPOSITION", path, disposition.id());
    Refer(sources_, disposition.source(), path + ".source", true);
  }

  template <typename Rows, typename Row>
  void CheckTree(absl::string_view list, const Rows& rows, const Index<Row>& index) {
    Each(list, rows, [&](const Row& row, const std::string& path) {
      Refer(index, row.parent(), path + ".parent", true);
      size_t steps = 0;
      for (const Row* at = &row; !at->parent().empty();) {
        auto up = index.find(at->parent());
        if (up == index.end()) break;
        at = up->second;
        if (at == &row || ++steps > index.size()) {
          // A row that only leads into a cycle is not in it: the cycle's own rows are named.
          if (at == &row) Add("CYCLE", path + ".parent", row.id());
          break;
        }
      }
    });
  }

  void CheckPolicies() {
    const auto check = [this](const google::protobuf::Duration& duration, absl::string_view field) {
      if (ToDuration(duration) <= absl::ZeroDuration()) Add("BAD_POLICY", absl::StrCat("policies.", field), field);
    };
    const v1::Policies& policies = directory_.policies();
    check(policies.undo_window(), "undo_window");
    check(policies.abandon_alarm(), "abandon_alarm");
    check(policies.callback_not_after(), "callback_not_after");
    check(policies.order_lease(), "order_lease");
    check(policies.wrap_up_limit(), "wrap_up_limit");
    check(policies.greet_visitor_within(), "greet_visitor_within");
    if (policies.has_urge_notice_after()) check(policies.urge_notice_after(), "urge_notice_after");
    if (policies.has_adjudication_window()) check(policies.adjudication_window(), "adjudication_window");
    if (policies.has_stall_after()) check(policies.stall_after(), "stall_after");
    CheckSupervision(policies);
    // A budget without a time for rulings would leave a department that has spent it without a way.
    const auto& departments = directory_.departments();
    const bool budget = policies.has_refusal_budget() ||
                        std::any_of(departments.begin(), departments.end(),
                                    [](const auto& department) { return department.has_refusal_budget(); });
    if (budget && !policies.has_adjudication_window()) {
      Add("BUDGET_WITHOUT_RULING", "policies.adjudication_window", "adjudication_window");
    }
  }

  // One that begins by itself needs a time for its answer, and a public notice is made within what a calendar knows.
  void CheckSupervision(const v1::Policies& policies) {
    if (policies.has_supervision_answer_within()) {
      if (ToDuration(policies.supervision_answer_within()) <= absl::ZeroDuration()) {
        Add("BAD_POLICY", "policies.supervision_answer_within", "supervision_answer_within");
      }
    } else if (policies.supervise_after_notices() > 0 || policies.supervise_after_breaches() > 0) {
      Add("SUPERVISION_WITHOUT_TIME", "policies.supervision_answer_within", "supervision_answer_within");
    }
    if (policies.public_notice_after_days() > kNoticeDaysMax) {
      Add("BAD_POLICY", "policies.public_notice_after_days", "public_notice_after_days");
    }
  }

  const v1::Directory& directory_;
  Index<v1::Site> sites_;
  Index<v1::Team> teams_;
  Index<v1::Agent> agents_;
  Index<v1::Department> departments_;
  Index<v1::Disposition> dispositions_;
  Index<v1::Category> categories_;
  Index<v1::Product> products_;
  Index<v1::Source> sources_;
  Index<v1::Calendar> calendars_;
  Index<v1::SlaPolicy> sla_policies_;
  Index<v1::RoutingRule> routing_rules_;
  Index<v1::Roster> rosters_;
  Index<v1::Playbook> playbooks_;
  std::vector<Finding> findings_;
};

struct Text {
  absl::string_view reason, en, zh;
};
constexpr Text kTexts[] = {
    {"NO_SITE", "A directory needs at least one site.", "参考数据至少要有一个站点。"},
    {"BAD_ID", "An id has 1 to 64 letters, digits, dots, dashes or underscores.",
     "编号须为 1 至 64 个字母、数字、点、横线或下划线。"},
    {"DUPLICATE_ID", "The id is given twice. Rename or remove one of the two.", "编号重复。请改名或删除其中一个。"},
    {"UNKNOWN_REFERENCE", "What this field names is not in the directory. Add it or correct the field.",
     "该字段引用的内容不存在。请先添加，或改正该字段。"},
    {"CYCLE", "A category or product cannot be its own ancestor. Correct the parent.",
     "类别或产品不能是自己的上级。请改正上级。"},
    {"BAD_TIME_ZONE", "The time zone is unknown. Give an IANA name, such as Asia/Shanghai.",
     "时区未知。请填写 IANA 名称，例如 Asia/Shanghai。"},
    {"MISSING_HEAD", "Every site and department needs a head. Name an agent.",
     "每个站点和部门都必须有负责人。请指定一名员工。"},
    {"POST_HELD_BY_LEFT_AGENT", "Somebody who leaves or has left cannot hold a post. Name another agent.",
     "正在离职或已离职的员工不能任职。请指定其他员工。"},
    {"BAD_SERVICE_HOURS", "Service hours need a weekday 1-7, must open before they close and may not overlap.",
     "服务时间须有星期 1-7，开始早于结束，且不得重叠。"},
    {"BAD_ANSWER_WINDOW", "The answer window's least number of rings is above its largest, or its alarm is negative.",
     "接听窗口的最少铃声数大于最多铃声数，或报警时间为负。"},
    {"TEAM_OF_ANOTHER_SITE", "An agent's team must be of the agent's site.", "员工所在的班组必须属于其站点。"},
    {"BAD_ROLE", "Every agent needs a role.", "每名员工必须有角色。"},
    {"BAD_REFUSE_WINDOW", "A department needs a refuse window longer than zero.", "部门的退单时限必须大于零。"},
    {"BUDGET_WITHOUT_RULING",
     "Where refusals are limited, a leader rules within some time. Give the policy adjudication_window.",
     "限制退单次数时必须规定裁定时限。请填写 adjudication_window 规则。"},
    {"SUPERVISION_WITHOUT_TIME",
     "Where supervisions begin by themselves, an answer is due within some time. Give the policy "
     "supervision_answer_within.",
     "自动督办时必须规定答复时限。请填写 supervision_answer_within 规则。"},
    {"BAD_DISPOSITION", "A disposition needs a kind; several prompts need a spacing longer than zero.",
     "结束类型必须有种类；需要多次提示时，间隔必须大于零。"},
    {"CALENDAR_WITHOUT_WORK",
     "A calendar's week needs some working time: every clock on it would stand still. Give it some hours.",
     "日历的一周必须有工作时间，否则时钟将永远停止。请填写工作时段。"},
    {"CALENDAR_TOO_LONG", "The calendar has too many days that differ from its week. Leave out those long past.",
     "日历的特殊日期过多。请删去早已过去的日期。"},
    {"BAD_CALENDAR_DAY",
     "A day of a calendar needs a date such as 2026-10-01, given once, and hours in order that do not overlap.",
     "日历的特殊日期须为 2026-10-01 的形式且不重复，其工作时段须按顺序且不重叠。"},
    {"BAD_TARGET",
     "A clock needs a kind that its row has once, a calendar, and either a target longer than zero or, on a site's or "
     "department's calendar, the same day.",
     "每个时钟须有种类（每行每种一个）、所用日历，以及大于零的时限；按站点或部门日历计时的也可为“当日”。"},
    {"BAD_WARNING", "Warnings are whole percentages from 1 to 99, ascending, at most eight of a clock.",
     "预警须为 1 至 99 的整数百分比，按升序排列，每个时钟最多八个。"},
    {"POLICY_WITHOUT_TARGET", "A policy without a target starts no clock. Give it one, or remove the row.",
     "没有时限的规则不会启动任何时钟。请填写时限，或删除该行。"},
    {"POLICY_CALENDAR_MISSING",
     "A policy counts this site's or department's working time, but it names no calendar. Name one.",
     "有规则按该站点或部门的工作时间计时，但其未指定日历。请指定日历。"},
    {"POLICY_UNMEETABLE",
     "The target cannot be kept: its parts together may last longer, or it never passes on the calendar. Lengthen it.",
     "该时限无法做到：其各部分时限之和更长，或在该日历上永不到期。请延长时限。"},
    {"BAD_MATCHER", "A row looks for a value that there is not, or for one twice. Correct or remove it.",
     "规则的匹配值不存在或重复。请改正或删除。"},
    {"POLICY_NEVER_MATCHES", "Rows above this one match everything that it does. Move it up, or remove it.",
     "该行能匹配的情况已全部被前面的行匹配。请上移或删除该行。"},
    {"NO_POLICY_FOR_ALL", "Some ticket would match no row. Add a last row without any condition.",
     "有的工单将匹配不到任何规则。请在最后添加一行不带条件的规则。"},
    {"POLICY_TABLE_TOO_LARGE", "The table tells too many cases apart. Use fewer rows or fewer conditions.",
     "规则表区分的情况过多。请减少行数或条件。"},
    {"PLAYBOOK_STEPS", "A playbook has 1 to 50 steps. Add one, or make two playbooks of it.",
     "处理流程须有 1 至 50 个步骤。请补充步骤，或拆分为两个流程。"},
    {"PLAYBOOK_STEP", "A step needs a text in one language at least, of 2000 bytes at most. Write it, or shorten it.",
     "步骤须至少有一种语言的文字，且不超过 2000 字节。请填写或缩短。"},
    {"BAD_REVIEW_DATE", "A playbook needs the day of its next review. Write it like 2027-01-31.",
     "处理流程须有下次复审日期。请填写，例如 2027-01-31。"},
    {"BAD_POLICY", "Every policy needs a duration longer than zero.", "每项规则的时长必须大于零。"},
    {"FALLBACK_CYCLE", "A department cannot be its own fallback, nor lead back to itself. Name another one.",
     "部门不能以自己为兜底，也不能经其他部门绕回自己。请指定其他部门。"},
    {"DUTY_ROLE_WITHOUT_ROSTER", "The department has no roster of this duty role. Add one, or correct the role.",
     "该部门没有此值班岗位的值班表。请添加，或改正岗位。"},
    {"EMPTY_ROSTER", "A roster needs somebody on it. Name agents of the department, the highest rank first.",
     "值班表必须有人。请按职级从高到低填写该部门的人员。"},
    {"ROSTER_PERSON_TWICE", "Somebody stands twice on one roster. Remove one of the two.",
     "同一人在一张值班表中出现两次。请删除其一。"},
    {"ROSTER_PERSON_NOT_OF_DEPARTMENT",
     "Only members, the head and deputies may sign for a department. Take the agent off its roster, or into it.",
     "只有部门成员、负责人和副职可以签收。请将该员工移出值班表，或调入该部门。"},
    {"BAD_ROSTER_HOURS",
     "A roster has either a calendar, or shifts with a time zone, or is always on duty. Remove what is too much.",
     "值班表须使用日历，或使用带时区的班次，或始终值班。请删去多余的一项。"},
    {"ROSTERS_OVERLAP",
     "Two rosters of one department, site and duty role are on duty at the same time, so nobody knows who comes first. "
     "Part their hours, or make them one.",
     "同一部门、站点和岗位的两张值班表时段重叠，无法确定先后。请错开时段，或合并为一张。"},
    {"TOO_MANY_ROSTERS", "There are too many rosters. Name several people on one.",
     "值班表过多。请在一张表中填写多人。"},
    {"BAD_CAPACITY", "So many open hand-offs of one person are not told apart. Give at most 500, or 0 for no bound.",
     "单人在办转办数上限过大。请填写不超过 500 的数字，不限则填 0。"},
    {"CAPACITY_OF_NO_MEMBER",
     "Only members, heads and deputies of departments receive hand-offs. Remove the agent's capacity, or name his "
     "department.",
     "只有部门成员、负责人和副职会收到转办。请删去该员工的在办上限，或填写其部门。"},
    {"RULE_NEVER_MATCHES", "Rows above this one match everything that it does. Move it up, or remove it.",
     "该行能匹配的情况已全部被前面的行匹配。请上移或删除该行。"},
    {"NO_RULE_FOR_ALL",
     "Some ticket would match no row of the routing table. Name a default department, or add a last row without any "
     "condition.",
     "有的工单将匹配不到路由表的任何行。请设置默认部门，或在最后添加一行不带条件的规则。"},
    {"ROUTING_TABLE_TOO_LARGE", "The routing table tells too many cases apart. Use fewer rows or fewer conditions.",
     "路由表区分的情况过多。请减少行数或条件。"},
    {"ROUTE_TO_NOBODY",
     "Neither this department nor those that it falls back to have a head or deputy who is there. Name one, or a "
     "default department that has.",
     "该部门及其兜底部门都没有在职的负责人或副职。请指定，或设置有负责人的默认部门。"},
};

}  // namespace

bool IsZone(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || !absl::ascii_isupper(static_cast<unsigned char>(name[0])) || absl::StrContains(name, "..")) {
    return false;
  }
  return absl::LoadTimeZone(name, &zone);
}

bool WorksFor(const v1::Agent& agent, const v1::Department& department) {
  const auto& deputies = department.deputies();
  return agent.department() == department.id() || agent.id() == department.head() ||
         std::find(deputies.begin(), deputies.end(), agent.id()) != deputies.end();
}

std::vector<Finding> Validate(const v1::Directory& directory) { return Validator(directory).Run(); }

std::pair<absl::string_view, absl::string_view> TextOf(absl::string_view reason) {
  for (const Text& text : kTexts) {
    if (text.reason == reason) return {text.en, text.zh};
  }
  return {};
}

absl::Status StatusOf(const std::vector<Finding>& findings) {
  if (findings.empty()) return absl::OkStatus();
  const Finding& first = findings.front();
  std::vector<std::string> all;
  for (const Finding& finding : findings) {
    if (all.size() == limits::kFindingsShownMax) break;
    all.push_back(absl::StrCat(finding.path, ": ", finding.reason));
  }
  const auto [en, zh] = TextOf(first.reason);
  if (en.empty()) return absl::InternalError(first.reason);
  return Invalid(first.reason, en, zh,
                 {{"path", first.path},
                  {"value", first.value},
                  {"findings", absl::StrCat(findings.size())},
                  {"all", absl::StrJoin(all, "; ")}});
}

}  // namespace shoujie::directory
