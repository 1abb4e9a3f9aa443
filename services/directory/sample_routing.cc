#include "services/directory/sample_routing.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_split.h"

namespace shoujie::directory {
namespace {

struct RuleRow {
  const char *id, *en, *zh, *categories, *department;
};
constexpr RuleRow kRules[] = {
    {"shipping", "Shipping and returns", "发货与退货",
     "complaint-not-received,complaint-slow-shipping,complaint-return-postage,enquiry-order-status", "logistics"},
    {"goods", "Goods damaged or not as described", "货物破损、货实不符", "complaint-damaged,complaint-not-as-described",
     "warehouse"},
    {"climate", "Faults of climate devices", "环境类产品故障", "fault", "tech"},
    {"fault", "Faults and after-sales service", "故障与售后", "fault,enquiry-after-sales", "tech"},
    {"complaint", "Complaints and suggestions", "投诉与建议", "complaint,suggestion", "quality"},
};

struct RosterRow {
  const char *id, *en, *zh, *department, *site, *role, *people, *calendar;
};
constexpr RosterRow kRosters[] = {
    {"logistics", "Logistics, office hours", "物流值班", "logistics", "", "duty", "1030,1029", "office-cn"},
    {"tech-hangzhou", "Technicians, Hangzhou", "技术值班（杭州）", "tech", "hangzhou", "duty", "1036,1035",
     "office-cn"},
    {"tech-urumqi", "Technicians, Urumqi", "技术值班（乌鲁木齐）", "tech", "urumqi", "duty", "1037,1036", ""},
    {"tech-on-call", "Technicians on call", "技术待命", "tech", "", "on-call", "1036,1037", ""},
};

// Urumqi works by the sun: an hour and more behind the office's.
void AddShifts(v1::Roster* roster) {
  roster->set_time_zone("Asia/Urumqi");
  for (uint32_t weekday = 1; weekday <= 6; ++weekday) {
    auto* shift = roster->add_shifts();
    shift->set_weekday(weekday);
    shift->set_open_minute(9 * 60);
    shift->set_close_minute(19 * 60);
  }
}

}  // namespace

void AddRouting(v1::Directory* directory) {
  for (const RuleRow& row : kRules) {
    auto* rule = directory->add_routing_rules();
    rule->set_id(row.id);
    rule->set_display_name(row.en);
    rule->set_display_name_zh(row.zh);
    AddAll(row.categories, rule->mutable_categories());
    rule->set_department(row.department);
    if (std::string(row.id) == "climate") {
      rule->add_products("climate");
      rule->add_skills("climate");
    }
  }
  for (const RosterRow& row : kRosters) {
    auto* roster = directory->add_rosters();
    roster->set_id(row.id);
    roster->set_display_name(row.en);
    roster->set_display_name_zh(row.zh);
    roster->set_department(row.department);
    roster->set_site(row.site);
    roster->set_duty_role(row.role);
    AddAll(row.people, roster->mutable_people());
    roster->set_calendar(row.calendar);
    if (std::string(row.id) == "tech-urumqi") AddShifts(roster);
  }
  for (auto& department : *directory->mutable_departments()) {
    if (department.id() == "tech") department.set_on_call_role("on-call");
    if (department.id() == "warehouse") department.set_fallback_department("logistics");
  }
  directory->mutable_policies()->set_default_department("quality");  // R171
}

}  // namespace shoujie::directory
