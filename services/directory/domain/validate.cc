#include "services/directory/domain/validate.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/time.h"

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

// "localtime" and paths would load too, and mean something else on every machine.
bool IsZone(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || !absl::ascii_isupper(static_cast<unsigned char>(name[0])) || absl::StrContains(name, "..")) {
    return false;
  }
  return absl::LoadTimeZone(name, &zone);
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

  // A post that may be vacant, but not filled by somebody who has left.
  void Post(const std::string& agent, std::string path) {
    const v1::Agent* row = Refer(agents_, agent, path, true);
    if (row && row->left()) Add("POST_HELD_BY_LEFT_AGENT", std::move(path), agent);
  }

  void CheckSite(const v1::Site& site, const std::string& path) {
    if (!IsZone(site.time_zone())) Add("BAD_TIME_ZONE", path + ".time_zone", site.time_zone());
    if (site.head().empty() && site.source().empty()) Add("MISSING_HEAD", path + ".head", site.id());
    Post(site.head(), path + ".head");
    Post(site.coordinator(), path + ".coordinator");
    Refer(sources_, site.source(), path + ".source", true);
    const auto& hours = site.service_hours();
    for (int i = 0; i < hours.size(); ++i) {
      const auto& a = hours[i];
      bool bad =
          a.weekday() < 1 || a.weekday() > 7 || a.open_minute() >= a.close_minute() || a.close_minute() > 24 * 60;
      for (int j = 0; j < i; ++j) {
        const auto& b = hours[j];
        bad = bad ||
              (a.weekday() == b.weekday() && a.open_minute() < b.close_minute() && b.open_minute() < a.close_minute());
      }
      if (bad) Add("BAD_SERVICE_HOURS", absl::StrCat(path, ".service_hours[", i, "]"), site.id());
    }
    const auto& window = site.answer_window();
    if (window.rings_min() > window.rings_max() || ToDuration(window.alarm_after()) < absl::ZeroDuration()) {
      Add("BAD_ANSWER_WINDOW", path + ".answer_window", site.id());
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
    {"POST_HELD_BY_LEFT_AGENT", "Somebody who has left cannot hold a post. Name another agent.",
     "已离职的员工不能任职。请指定其他员工。"},
    {"BAD_SERVICE_HOURS", "Service hours need a weekday 1-7, must open before they close and may not overlap.",
     "服务时间须有星期 1-7，开始早于结束，且不得重叠。"},
    {"BAD_ANSWER_WINDOW", "The answer window's least number of rings is above its largest, or its alarm is negative.",
     "接听窗口的最少铃声数大于最多铃声数，或报警时间为负。"},
    {"TEAM_OF_ANOTHER_SITE", "An agent's team must be of the agent's site.", "员工所在的班组必须属于其站点。"},
    {"BAD_ROLE", "Every agent needs a role.", "每名员工必须有角色。"},
    {"BAD_REFUSE_WINDOW", "A department needs a refuse window longer than zero.", "部门的退单时限必须大于零。"},
    {"BAD_DISPOSITION", "A disposition needs a kind; several prompts need a spacing longer than zero.",
     "结束类型必须有种类；需要多次提示时，间隔必须大于零。"},
    {"BAD_POLICY", "Every policy needs a duration longer than zero.", "每项规则的时长必须大于零。"},
};

}  // namespace

std::vector<Finding> Validate(const v1::Directory& directory) { return Validator(directory).Run(); }

absl::Status StatusOf(const std::vector<Finding>& findings) {
  if (findings.empty()) return absl::OkStatus();
  const Finding& first = findings.front();
  std::vector<std::string> all;
  for (const Finding& finding : findings) {
    if (all.size() == limits::kFindingsShownMax) break;
    all.push_back(absl::StrCat(finding.path, ": ", finding.reason));
  }
  for (const Text& text : kTexts) {
    if (text.reason != first.reason) continue;
    return Invalid(first.reason, text.en, text.zh,
                   {{"path", first.path},
                    {"value", first.value},
                    {"findings", absl::StrCat(findings.size())},
                    {"all", absl::StrJoin(all, "; ")}});
  }
  return absl::InternalError(first.reason);
}

}  // namespace shoujie::directory
