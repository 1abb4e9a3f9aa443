#include "services/router/domain/explain_routing.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

struct Sentence {
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

Sentence Name(RouteMatcher matcher) {
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

// What was known of somebody, of the first or the last place that he was looked at for; null: nothing.
enum class Place { kFirst, kLast };
const v1::MemberLoad* LoadOf(const v1::Routing& record, const std::string& person, Place place) {
  const v1::MemberLoad* found = nullptr;
  for (const auto& load : record.loads().members()) {
    if (load.person() == person && (found == nullptr || place == Place::kLast)) found = &load;
  }
  return found;
}

Sentence InHand(const v1::MemberLoad* load) {
  if (load == nullptr) return {"nothing counted in hand", "在办数未知"};
  if (load->capacity() == 0) {
    return {absl::StrCat(load->in_hand(), " in hand"), absl::StrCat("在办 ", load->in_hand(), " 件")};
  }
  return {absl::StrCat(load->in_hand(), " of ", load->capacity(), " in hand"),
          absl::StrCat("在办 ", load->in_hand(), " 件（上限 ", load->capacity(), " 件）")};
}

Sentence Of(const v1::RouteSkip& skip, const v1::MemberLoad* load) {
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
    case v1::SKIP_REASON_FULL:
      if (who.empty()) {
        return {absl::StrCat("whoever of department ", skip.department(), " is there has as much in hand as he may"),
                absl::StrCat("部门 ", skip.department(), " 在岗人员的在办数均已达上限")};
      }
      return {absl::StrCat("agent ", who, " has as much in hand as he may: ", InHand(load).en),
              absl::StrCat("工号 ", who, " 的在办数已达上限：", InHand(load).zh)};
    case v1::SKIP_REASON_ABSENT:
      return {absl::StrCat("agent ", who, " is on duty and has said that he is away"),
              absl::StrCat("工号 ", who, " 当班但已标记离开")};
    case v1::SKIP_REASON_LOADED:
      return {absl::StrCat("agent ", who, " has ", InHand(load).en, ", another one has a smaller part of what he may"),
              absl::StrCat("工号 ", who, " ", InHand(load).zh, "，另有负荷更低的人员")};
    default:
      return {};
  }
}

bool HasSkipped(const v1::Routing& record, std::initializer_list<v1::SkipReason> reasons) {
  return std::any_of(record.skipped().begin(), record.skipped().end(), [&](const v1::RouteSkip& skip) {
    return std::find(reasons.begin(), reasons.end(), skip.reason()) != reasons.end();
  });
}

Sentence PlaceOf(const v1::Routing& record) {
  const bool by_load = HasSkipped(record, {v1::SKIP_REASON_LOADED});
  const bool held_back = HasSkipped(record, {v1::SKIP_REASON_FULL, v1::SKIP_REASON_ABSENT});
  switch (record.choice()) {
    case v1::DUTY_CHOICE_ON_DUTY:
      if (by_load) return {"the least loaded one on duty", "值班人员中负荷最低"};
      return {held_back ? "the first one on duty who comes into question" : "the first one on duty",
              held_back ? "可承接的值班人员中排位最前" : "值班人员中排位最前"};
    case v1::DUTY_CHOICE_ON_CALL:
      if (by_load) return {"the least loaded one on call", "待命人员中负荷最低"};
      return {held_back ? "the first one on call who comes into question" : "the first one on call",
              held_back ? "可承接的待命人员中排位最前" : "待命人员中排位最前"};
    case v1::DUTY_CHOICE_HEAD:
      if (held_back) return {"the head, since nobody before him can take it", "前面的人员均无法承接，由部门负责人承接"};
      return {"the head, since nobody is on duty", "无人值班，由部门负责人承接"};
    case v1::DUTY_CHOICE_DEPUTY:
      if (held_back) return {"a deputy, since nobody before him can take it", "前面的人员均无法承接，由副职承接"};
      return {"a deputy, since neither anybody on duty nor the head is there", "无人值班且负责人不在，由副职承接"};
    default:
      return {};
  }
}

Sentence WhyChosen(const v1::Routing& record, const v1::MemberLoad* load) {
  Sentence why = PlaceOf(record);
  const auto add = [&why](absl::string_view en, absl::string_view zh) {
    absl::StrAppend(&why.en, en);
    absl::StrAppend(&why.zh, zh);
  };
  if (load != nullptr) add(absl::StrCat(", with ", InHand(load).en), absl::StrCat("，", InHand(load).zh));
  if (record.although_full()) {
    add("; nobody down to the last department can take more, and somebody has to", "；各级部门均已满额，仍须有人承接");
  }
  if (record.although_absent()) {
    add("; he is away, but so is everybody else who could take it", "；其已标记离开，但没有其他人员可以承接");
  }
  return why;
}

class Teller {
 public:
  Teller(const v1::Ticket& ticket, const Reference& as, absl::Time at, const v1::RouteLoads& loads)
      : ticket_(ticket), as_(as), at_(at), loads_(loads) {}

  std::vector<v1::RouteLine> Tell(const std::string& duty_role) {
    const Route route = RouteOf(ticket_, {"", duty_role}, as_, at_, loads_);
    Table(route.record);
    for (const auto& skip : route.record.skipped()) Skipped(skip, LoadOf(route.record, skip.person(), Place::kFirst));
    if (route.record.skipped_more() > 0) {
      Add(v1::ROUTE_LINE_KIND_SKIPPED, {absl::StrCat("and ", route.record.skipped_more(), " more"),
                                        absl::StrCat("另有 ", route.record.skipped_more(), " 项略去")});
    }
    route.department == nullptr ? Nobody() : Chosen(route);
    return std::move(lines_);
  }

 private:
  v1::RouteLine& Add(v1::RouteLineKind what, Sentence words) {
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
      const Sentence matcher = Name(*misfit);
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

  void SetLoad(const v1::MemberLoad* load, v1::RouteLine* line) const {
    if (load == nullptr) return;
    *line->mutable_counted_at() = loads_.counted_at();
    line->set_lagging_partitions(loads_.lagging_partitions());
    line->set_in_hand(load->in_hand());
    line->set_capacity(load->capacity());
    line->set_presence(load->presence());
  }

  void Skipped(const v1::RouteSkip& skip, const v1::MemberLoad* load) {
    auto& line = Add(v1::ROUTE_LINE_KIND_SKIPPED, Of(skip, load));
    SetLoad(load, &line);
    line.set_department(skip.department());
    line.set_roster(skip.roster());
    line.set_person(skip.person());
    line.set_reason(skip.reason());
  }

  void Chosen(const Route& route) {
    const v1::MemberLoad* load = LoadOf(route.record, route.responsible, Place::kLast);
    const Sentence why = WhyChosen(route.record, load);
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
    line.set_although_full(route.record.although_full());
    line.set_although_absent(route.record.although_absent());
    SetLoad(load, &line);
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
  const v1::RouteLoads& loads_;
  std::vector<v1::RouteLine> lines_;
};

}  // namespace

std::vector<v1::RouteLine> ExplainRoute(const v1::Ticket& ticket, const std::string& duty_role, const Reference& as,
                                        absl::Time at, const v1::RouteLoads& loads) {
  return Teller(ticket, as, at, loads).Tell(duty_role);
}

}  // namespace shoujie::router
