#include "services/router/domain/explain_routing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

struct Words {
  std::string en, zh;
};

v1::RouteMatcher MatcherOf(RouteMatcher matcher) {
  switch (matcher) {
    case RouteMatcher::kCategories:
      return v1::ROUTE_MATCHER_CATEGORIES;
    case RouteMatcher::kSites:
      return v1::ROUTE_MATCHER_SITES;
    case RouteMatcher::kProducts:
      return v1::ROUTE_MATCHER_PRODUCTS;
    case RouteMatcher::kClasses:
      return v1::ROUTE_MATCHER_CLASSES;
    case RouteMatcher::kChannels:
      return v1::ROUTE_MATCHER_CHANNELS;
    case RouteMatcher::kLanguages:
      return v1::ROUTE_MATCHER_LANGUAGES;
    case RouteMatcher::kHours:
      return v1::ROUTE_MATCHER_HOURS;
  }
  return v1::ROUTE_MATCHER_UNSPECIFIED;
}

Words Name(RouteMatcher matcher) {
  switch (matcher) {
    case RouteMatcher::kCategories:
      return {"category", "类别"};
    case RouteMatcher::kSites:
      return {"site", "站点"};
    case RouteMatcher::kProducts:
      return {"product", "产品"};
    case RouteMatcher::kClasses:
      return {"customer's class", "客户等级"};
    case RouteMatcher::kChannels:
      return {"channel", "渠道"};
    case RouteMatcher::kLanguages:
      return {"customer's language", "客户语言"};
    case RouteMatcher::kHours:
      return {"hour", "时段"};
  }
  return {};
}

Words Of(const v1::RouteSkip& skip) {
  const std::string& who = skip.person();
  switch (skip.reason()) {
    case v1::SKIP_REASON_UNKNOWN:
      if (who.empty()) {
        return {absl::StrCat("department ", skip.department(), " is not in the directory"),
                absl::StrCat("目录中没有部门 ", skip.department())};
      }
      return {absl::StrCat("agent ", who, " is not in the directory"), absl::StrCat("目录中没有工号 ", who)};
    case v1::SKIP_REASON_LEFT:
      return {absl::StrCat("agent ", who, " has left"), absl::StrCat("工号 ", who, " 已离职")};
    case v1::SKIP_REASON_OFF_DUTY:
      return {absl::StrCat("roster ", skip.roster(), " is off duty"),
              absl::StrCat("值班表 ", skip.roster(), " 不在值班时段")};
    case v1::SKIP_REASON_LANGUAGE:
      return {absl::StrCat("agent ", who, " does not speak the customer's language, another one on duty does"),
              absl::StrCat("工号 ", who, " 不会客户的语言，另有会的值班人员")};
    case v1::SKIP_REASON_SKILL:
      return {absl::StrCat("agent ", who, " lacks the skill that the row asks for, another one on duty has it"),
              absl::StrCat("工号 ", who, " 不具备该行要求的技能，另有具备的值班人员")};
    case v1::SKIP_REASON_NOBODY:
      return {absl::StrCat("nobody of department ", skip.department(), " is there"),
              absl::StrCat("部门 ", skip.department(), " 没有在职人员")};
    default:
      return {};
  }
}

Words Of(v1::DutyChoice choice) {
  switch (choice) {
    case v1::DUTY_CHOICE_ON_DUTY:
      return {"the first one on duty", "值班人员中排位最前"};
    case v1::DUTY_CHOICE_ON_CALL:
      return {"the first one on call", "待命人员中排位最前"};
    case v1::DUTY_CHOICE_HEAD:
      return {"the head, since nobody is on duty", "无人值班，由部门负责人承接"};
    case v1::DUTY_CHOICE_DEPUTY:
      return {"a deputy, since neither anybody on duty nor the head is there", "无人值班且负责人不在，由副职承接"};
    default:
      return {};
  }
}

class Teller {
 public:
  Teller(const v1::Ticket& ticket, const Reference& as, absl::Time at) : ticket_(ticket), as_(as), at_(at) {}

  std::vector<v1::RouteLine> Tell(const std::string& duty_role) {
    const Route route = RouteOf(ticket_, {"", duty_role}, as_, at_);
    Table(route.record);
    for (const auto& skip : route.record.skipped()) Skipped(skip);
    if (route.record.skipped_more() > 0) {
      Add(v1::ROUTE_LINE_KIND_SKIPPED, {absl::StrCat("and ", route.record.skipped_more(), " more"),
                                        absl::StrCat("另有 ", route.record.skipped_more(), " 项略去")});
    }
    route.department == nullptr ? Nobody() : Chosen(route);
    return std::move(lines_);
  }

 private:
  v1::RouteLine& Add(v1::RouteLineKind what, Words words) {
    auto& line = lines_.emplace_back();
    line.set_what(what);
    line.set_directory_version(as_.version());
    line.set_en(std::move(words.en));
    line.set_zh(std::move(words.zh));
    return line;
  }

  void Table(const v1::Routing& record) {
    const RouteCase of = RouteCaseOf(ticket_, as_, at_);
    for (const auto& row : as_.directory().routing_rules()) {
      const auto misfit = MisfitOf(row, of);
      if (!misfit) {
        auto& line = Add(v1::ROUTE_LINE_KIND_TAKEN,
                         {absl::StrCat("row ", row.id(), " matches"), absl::StrCat("第一个匹配的行：", row.id())});
        line.set_rule(row.id());
        line.set_department(row.department());
        line.set_duty_role(record.duty_role());
        return;
      }
      const Words matcher = Name(*misfit);
      auto& line = Add(v1::ROUTE_LINE_KIND_PASSED, {absl::StrCat("row ", row.id(), " is for another ", matcher.en),
                                                    absl::StrCat("行 ", row.id(), " 不匹配：", matcher.zh, "不符")});
      line.set_rule(row.id());
      line.set_mismatch(MatcherOf(*misfit));
    }
    if (record.department().empty()) return;
    auto& line = Add(v1::ROUTE_LINE_KIND_DEFAULT,
                     {"no row matches: it goes to the default department", "没有匹配的行，转默认部门"});
    line.set_department(record.department());
    line.set_duty_role(record.duty_role());
  }

  void Skipped(const v1::RouteSkip& skip) {
    auto& line = Add(v1::ROUTE_LINE_KIND_SKIPPED, Of(skip));
    line.set_department(skip.department());
    line.set_roster(skip.roster());
    line.set_person(skip.person());
    line.set_reason(skip.reason());
  }

  void Chosen(const Route& route) {
    const Words why = Of(route.record.choice());
    auto& line =
        Add(v1::ROUTE_LINE_KIND_CHOSEN,
            {absl::StrCat("agent ", route.responsible, " of department ", route.department->id(),
                          " is responsible: ", why.en),
             absl::StrCat("由部门 ", route.department->id(), " 的工号 ", route.responsible, " 负责：", why.zh)});
    line.set_rule(route.record.rule());
    line.set_department(route.department->id());
    line.set_duty_role(route.record.duty_role());
    line.set_roster(route.record.roster());
    line.set_person(route.responsible);
    line.set_choice(route.record.choice());
    if (!route.record.has_waits_until()) return;
    const std::string until =
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", FromProto(route.record.waits_until()), absl::UTCTimeZone());
    auto& waits = Add(v1::ROUTE_LINE_KIND_WAITS, {absl::StrCat("it waits for the department's working hours: ", until),
                                                  absl::StrCat("等待该部门上班：", until)});
    waits.set_department(route.department->id());
    *waits.mutable_until() = route.record.waits_until();
  }

  void Nobody() {
    const std::string head = as_.HeadFor(ticket_.owner());
    auto& line = Add(v1::ROUTE_LINE_KIND_NOBODY,
                     {absl::StrCat("it leads to nobody: the centre's head ", head, " decides, and the offer names it"),
                      absl::StrCat("没有可转办的人员：由中心负责人 ", head, " 裁定，并在转办时填写部门")});
    line.set_person(head);
  }

  const v1::Ticket& ticket_;
  const Reference& as_;
  const absl::Time at_;
  std::vector<v1::RouteLine> lines_;
};

}  // namespace

std::vector<v1::RouteLine> ExplainRoute(const v1::Ticket& ticket, const std::string& duty_role, const Reference& as,
                                        absl::Time at) {
  return Teller(ticket, as, at).Tell(duty_role);
}

}  // namespace shoujie::router
