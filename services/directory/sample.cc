#include "services/directory/sample.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "services/directory/sample_routing.h"
#include "services/runtime/base/time.h"

namespace shoujie::directory {
namespace {

// The same hours on each of these days. Several intervals a day are legal: the second site closes over noon at
// weekends.
void Open(v1::Site* site, uint32_t from_day, uint32_t to_day, uint32_t open_hour, uint32_t close_hour) {
  for (uint32_t day = from_day; day <= to_day; ++day) {
    auto* hours = site->add_service_hours();
    hours->set_weekday(day);
    hours->set_open_minute(open_hour * 60);
    hours->set_close_minute(close_hour * 60);
  }
}

v1::Site* AddSite(v1::Directory* directory, const char* id, const char* en, const char* zh, const char* zone,
                  const char* head, const char* coordinator) {
  auto* site = directory->add_sites();
  site->set_id(id);
  site->set_display_name(en);
  site->set_display_name_zh(zh);
  site->set_time_zone(zone);
  site->set_head(head);
  site->set_coordinator(coordinator);
  auto* window = site->mutable_answer_window();
  window->set_rings_min(1);
  window->set_rings_max(3);                                     // R062
  window->set_apology_after_rings(5);                           // R066
  *window->mutable_alarm_after() = ToProto(absl::Seconds(17));  // R065
  return site;
}

void AddSites(v1::Directory* directory) {
  auto* hangzhou = AddSite(directory, "hangzhou", "Hangzhou", "杭州", "Asia/Shanghai", "1001", "1002");
  hangzhou->set_calendar("hotline-hangzhou");
  Open(hangzhou, 1, 7, 8, 22);
  auto* urumqi = AddSite(directory, "urumqi", "Urumqi", "乌鲁木齐", "Asia/Urumqi", "1019", "1020");
  urumqi->set_calendar("hotline-urumqi");
  urumqi->mutable_answer_window()->set_rings_min(2);  // not on the first ring (R064)
  Open(urumqi, 1, 5, 9, 21);
  Open(urumqi, 6, 7, 9, 13);
  Open(urumqi, 6, 7, 14, 18);
}

struct TeamRow {
  const char *id, *en, *zh, *site, *leader;
};
constexpr TeamRow kTeams[] = {
    {"hz-day", "Hangzhou day team", "杭州白班组", "hangzhou", "1003"},
    {"hz-late", "Hangzhou late team", "杭州晚班组", "hangzhou", "1004"},
    {"wq-one", "Urumqi team one", "乌鲁木齐一组", "urumqi", "1021"},
};

struct AgentRow {
  const char *id, *name, *site, *team, *department;
  v1::AgentRole role;
  const char *skills, *languages;
};
constexpr v1::AgentRole kAgent = v1::AGENT_ROLE_AGENT, kLeader = v1::AGENT_ROLE_LEADER, kHead = v1::AGENT_ROLE_HEAD,
                        kCoordinator = v1::AGENT_ROLE_COORDINATOR, kMember = v1::AGENT_ROLE_DEPARTMENT;
constexpr AgentRow kAgents[] = {
    {"1001", "沈国华", "hangzhou", "", "", kHead, "complaint", "zh,en"},
    {"1002", "方雅琴", "hangzhou", "", "", kCoordinator, "fax,email", "zh"},
    {"1003", "陆晓峰", "hangzhou", "hz-day", "", kLeader, "complaint,lighting", "zh,wuu"},
    {"1004", "裘丽娟", "hangzhou", "hz-late", "", kLeader, "complaint,security", "zh,wuu"},
    {"1005", "章文静", "hangzhou", "hz-day", "", kAgent, "lighting", "zh"},
    {"1006", "施佳怡", "hangzhou", "hz-day", "", kAgent, "lighting,climate", "zh,wuu"},
    {"1007", "俞志强", "hangzhou", "hz-day", "", kAgent, "security", "zh"},
    {"1008", "金婷婷", "hangzhou", "hz-day", "", kAgent, "security,order", "zh,en"},
    {"1009", "傅海燕", "hangzhou", "hz-day", "", kAgent, "order", "zh"},
    {"1010", "诸葛敏", "hangzhou", "hz-day", "", kAgent, "kitchen", "zh,yue"},
    {"1011", "钱思远", "hangzhou", "hz-day", "", kAgent, "climate", "zh"},
    {"1012", "毛春兰", "hangzhou", "hz-late", "", kAgent, "lighting", "zh,wuu"},
    {"1013", "胡建平", "hangzhou", "hz-late", "", kAgent, "security", "zh"},
    {"1014", "潘雨欣", "hangzhou", "hz-late", "", kAgent, "order,email", "zh,en"},
    {"1015", "骆明辉", "hangzhou", "hz-late", "", kAgent, "kitchen,climate", "zh"},
    {"1016", "汤晓蕾", "hangzhou", "hz-late", "", kAgent, "order", "zh,yue"},
    {"1017", "贺子涵", "hangzhou", "hz-late", "", kAgent, "chat,email", "zh"},
    {"1018", "蒋若兰", "hangzhou", "hz-late", "", kAgent, "chat,complaint", "zh"},
    {"1019", "马建军", "urumqi", "", "", kHead, "complaint", "zh,ug"},
    {"1020", "阿依古丽", "urumqi", "", "", kCoordinator, "fax,email", "zh,ug"},
    {"1021", "何秀英", "urumqi", "wq-one", "", kLeader, "complaint,kitchen", "zh"},
    {"1022", "古丽娜尔", "urumqi", "wq-one", "", kAgent, "kitchen", "zh,ug"},
    {"1023", "买买提江", "urumqi", "wq-one", "", kAgent, "lighting,climate", "zh,ug"},
    {"1024", "白雪梅", "urumqi", "wq-one", "", kAgent, "order", "zh"},
    {"1025", "田永刚", "urumqi", "wq-one", "", kAgent, "security", "zh"},
    {"1026", "努尔兰", "urumqi", "wq-one", "", kAgent, "climate", "zh,kk"},
    {"1027", "谢雅丽", "urumqi", "wq-one", "", kAgent, "chat,email", "zh"},
    {"1028", "丁小龙", "urumqi", "wq-one", "", kAgent, "order,kitchen", "zh"},
    {"1029", "邱大勇", "hangzhou", "", "logistics", kMember, "", "zh"},
    {"1030", "邵红梅", "hangzhou", "", "logistics", kMember, "", "zh"},
    {"1031", "孔令辉", "urumqi", "", "logistics", kMember, "", "zh"},
    {"1032", "葛福生", "hangzhou", "", "warehouse", kMember, "", "zh"},
    {"1033", "屠美玲", "hangzhou", "", "warehouse", kMember, "", "zh"},
    {"1034", "热依汗", "urumqi", "", "warehouse", kMember, "", "zh,ug"},
    {"1035", "顾振宇", "hangzhou", "", "tech", kMember, "lighting,security", "zh,en"},
    {"1036", "祝嘉伟", "hangzhou", "", "tech", kMember, "kitchen,climate", "zh"},
    {"1037", "叶尔江", "urumqi", "", "tech", kMember, "climate", "zh,kk"},
    {"1038", "宋慧敏", "hangzhou", "", "quality", kMember, "", "zh"},
    {"1039", "尹立新", "hangzhou", "", "quality", kMember, "", "zh"},
    {"1040", "韩丽华", "urumqi", "", "quality", kMember, "", "zh"},
};

struct DepartmentRow {
  const char *id, *en, *zh, *head, *deputies, *categories;
  int refuse_minutes;
};
constexpr DepartmentRow kDepartments[] = {
    {"logistics", "Logistics", "物流", "1029", "1030,1031",
     "enquiry-order-status,complaint-not-received,complaint-slow-shipping,complaint-return-postage", 120},
    {"warehouse", "Warehouse", "仓储", "1032", "1033", "complaint-not-as-described,complaint-damaged", 120},
    {"tech", "Technical support", "技术", "1035", "1036,1037", "fault,enquiry-after-sales", 240},
    {"quality", "Quality control", "品管", "1038", "1039", "complaint,complaint-dealer,suggestion", 480},
};

struct DispositionRow {
  const char *id, *en, *zh;
  v1::DispositionKind kind;
  uint32_t prompts;
  int spacing_s;
};
constexpr DispositionRow kDispositions[] = {
    {"answered", "Answered on the spot", "当场答复", v1::DISPOSITION_KIND_ANSWERED, 0, 0},
    {"ticket", "Goes on as a ticket", "转工单", v1::DISPOSITION_KIND_TICKET, 0, 0},
    {"silent", "Silent call", "无声电话", v1::DISPOSITION_KIND_SILENT, 2, 5},  // R068, R069
    {"noisy", "Bad line", "杂音电话", v1::DISPOSITION_KIND_NOISY, 1, 5},       // R070
    {"nuisance", "Nuisance call", "骚扰电话", v1::DISPOSITION_KIND_NUISANCE, 0, 0},
    {"wrong-number", "Wrong number", "打错电话", v1::DISPOSITION_KIND_WRONG_NUMBER, 0, 0},
    {"sales", "Sales call", "推销电话", v1::DISPOSITION_KIND_SALES, 0, 0},
    {"private", "Private call for a colleague", "私人电话", v1::DISPOSITION_KIND_PRIVATE, 0, 0},
    {"out-of-scope", "Out of scope, referral given", "非受理范围（已指引）", v1::DISPOSITION_KIND_OUT_OF_SCOPE, 0, 0},
    {"dropped", "Call dropped", "电话中断", v1::DISPOSITION_KIND_DROPPED, 0, 0},
};

struct TreeRow {
  const char *id, *parent, *en, *zh;
};
constexpr TreeRow kCategories[] = {
    {"enquiry", "", "Enquiry", "咨询"},
    {"enquiry-product", "enquiry", "Product information", "产品信息咨询"},  // R041
    {"enquiry-order-status", "enquiry", "Order status", "订单状态查询"},
    {"enquiry-after-sales", "enquiry", "After-sales service", "售后服务咨询"},
    {"fault", "", "Fault", "故障"},
    {"fault-no-power", "fault", "Does not start", "无法开机"},
    {"fault-offline", "fault", "Loses its network", "设备离线"},
    {"fault-pairing", "fault", "Cannot be paired", "无法配对"},
    {"fault-function", "fault", "A function fails", "功能异常"},
    {"suggestion", "", "Suggestion", "建议"},
    {"suggestion-product", "suggestion", "About a product", "产品建议"},
    {"suggestion-service", "suggestion", "About the service", "服务建议"},
    {"complaint", "", "Complaint", "投诉"},
    {"complaint-not-received", "complaint", "Goods not received", "收不到货"},  // R118
    {"complaint-not-as-described", "complaint", "Goods not as described", "货实不符"},
    {"complaint-damaged", "complaint", "Goods damaged", "货物破损"},
    {"complaint-return-postage", "complaint", "Postage of returns", "退货邮费"},
    {"complaint-slow-shipping", "complaint", "Slow shipping", "发货慢"},
    {"complaint-hard-to-reach", "complaint", "Hard to reach, slow answer", "热线难拨通、应答慢"},  // R067
    {"complaint-attitude", "complaint", "Attitude of staff", "服务态度"},                          // R098
    {"complaint-staff-error", "complaint", "Mistake of staff", "工作差错"},                        // R099
    {"complaint-dealer", "complaint", "Complaint of a dealer", "经销商投诉"},                      // R120
    {"praise", "", "Praise", "表扬"},                                                              // R126
    {"praise-staff", "praise", "Praise of staff", "表扬员工"},
    {"praise-product", "praise", "Praise of a product", "表扬产品"},
};

struct ProductRow {
  const char *id, *parent, *en, *zh, *model;
};
constexpr ProductRow kProducts[] = {
    {"lighting", "", "Lighting", "照明", ""},
    {"lighting-bulb", "lighting", "Smart bulb", "智能灯泡", "LB-100"},
    {"lighting-strip", "lighting", "Light strip", "智能灯带", "LS-220"},
    {"lighting-switch", "lighting", "Wall switch", "智能墙壁开关", "LW-3K"},
    {"security", "", "Security", "安防", ""},
    {"security-lock", "security", "Door lock", "智能门锁", "SL-900"},
    {"security-camera", "security", "Indoor camera", "室内摄像机", "SC-2"},
    {"security-doorbell", "security", "Video doorbell", "可视门铃", "SD-5"},
    {"kitchen", "", "Kitchen", "厨房", ""},
    {"kitchen-cooker", "kitchen", "Rice cooker", "智能电饭煲", "KC-40"},
    {"kitchen-oven", "kitchen", "Steam oven", "蒸烤箱", "KO-60"},
    {"kitchen-purifier", "kitchen", "Water purifier", "净水器", "KP-800"},
    {"climate", "", "Climate", "环境", ""},
    {"climate-aircon", "climate", "Air conditioner", "智能空调", "CA-35"},
    {"climate-purifier", "climate", "Air purifier", "空气净化器", "CP-4"},
    {"climate-robot", "climate", "Robot vacuum", "扫地机器人", "CR-10"},
    {"gateway", "", "Home gateway", "智能家居网关", "GW-2"},
};

void AddPolicies(v1::Directory* directory) {
  auto* policies = directory->mutable_policies();
  *policies->mutable_undo_window() = ToProto(absl::Minutes(10));
  *policies->mutable_abandon_alarm() = ToProto(absl::Seconds(17));  // R065
  *policies->mutable_callback_not_after() = ToProto(absl::Minutes(5));
  *policies->mutable_order_lease() = ToProto(absl::Seconds(30));
  *policies->mutable_wrap_up_limit() = ToProto(absl::Minutes(3));
  *policies->mutable_greet_visitor_within() = ToProto(absl::Minutes(1));  // R057
  *policies->mutable_urge_notice_after() = ToProto(absl::Hours(24));      // F083
  policies->set_refusal_budget(2);                                        // F073
  *policies->mutable_adjudication_window() = ToProto(absl::Hours(8));     // F074
  *policies->mutable_stall_after() = ToProto(absl::Hours(48));            // F077
  policies->set_ping_pong_after(3);                                       // F077
  // Supervision 督办 and public notice 通报 (F083); what is major 重大 (1) or urgent 紧急 (2) goes ahead (R207).
  *policies->mutable_supervision_answer_within() = ToProto(absl::Hours(24));
  policies->set_supervise_after_notices(2);
  policies->set_supervise_after_breaches(3);
  policies->set_public_notice_after_days(5);
  policies->set_fast_lane_priority(2);
}

// Days off by the State Council's notice for 2026, and the weekend days worked in exchange 调休.
struct HolidayRow {
  const char *from, *to, *en, *zh;
};
constexpr HolidayRow kHolidays[] = {
    {"2026-01-01", "2026-01-03", "New Year", "元旦"},
    {"2026-02-15", "2026-02-23", "Spring Festival", "春节"},
    {"2026-04-04", "2026-04-06", "Qingming", "清明节"},
    {"2026-05-01", "2026-05-05", "Labour Day", "劳动节"},
    {"2026-06-19", "2026-06-21", "Dragon Boat Festival", "端午节"},
    {"2026-09-25", "2026-09-27", "Mid-Autumn Festival", "中秋节"},
    {"2026-10-01", "2026-10-07", "National Day", "国庆节"},
};
constexpr HolidayRow kMakeUpDays[] = {
    {"2026-01-04", "", "Make-up day for New Year", "元旦调休上班"},
    {"2026-02-14", "", "Make-up day for Spring Festival", "春节调休上班"},
    {"2026-02-28", "", "Make-up day for Spring Festival", "春节调休上班"},
    {"2026-05-09", "", "Make-up day for Labour Day", "劳动节调休上班"},
    {"2026-09-20", "", "Make-up day for National Day", "国庆节调休上班"},
    {"2026-10-10", "", "Make-up day for National Day", "国庆节调休上班"},
};
constexpr std::pair<uint32_t, uint32_t> kOfficeHours[] = {{9 * 60, 12 * 60}, {13 * 60, 18 * 60}};

v1::CalendarDay* AddDay(v1::Calendar* calendar, const std::string& date, const HolidayRow& row) {
  auto* day = calendar->add_days();
  day->set_date(date);
  day->set_display_name(row.en);
  day->set_display_name_zh(row.zh);
  return day;
}

v1::Calendar* AddCalendar(v1::Directory* directory, const char* id, const char* en, const char* zh, const char* zone) {
  auto* calendar = directory->add_calendars();
  calendar->set_id(id);
  calendar->set_display_name(en);
  calendar->set_display_name_zh(zh);
  calendar->set_time_zone(zone);
  return calendar;
}

// Hotlines serve on holidays, too; offices keep the public holidays.
void AddCalendars(v1::Directory* directory) {
  auto* hangzhou = AddCalendar(directory, "hotline-hangzhou", "Hotline Hangzhou", "杭州热线", "Asia/Shanghai");
  *hangzhou->mutable_hours() = directory->sites(0).service_hours();
  auto* urumqi = AddCalendar(directory, "hotline-urumqi", "Hotline Urumqi", "乌鲁木齐热线", "Asia/Urumqi");
  *urumqi->mutable_hours() = directory->sites(1).service_hours();

  auto* office = AddCalendar(directory, "office-cn", "Offices, public holidays of China", "办公时间（法定节假日）",
                             "Asia/Shanghai");
  for (uint32_t weekday = 1; weekday <= 5; ++weekday) {
    for (const auto& [open, close] : kOfficeHours) {
      auto* hours = office->add_hours();
      hours->set_weekday(weekday);
      hours->set_open_minute(open);
      hours->set_close_minute(close);
    }
  }
  for (const HolidayRow& row : kHolidays) {
    absl::CivilDay day, last;
    if (!absl::ParseCivilTime(row.from, &day) || !absl::ParseCivilTime(row.to, &last)) continue;
    for (; day <= last; ++day) AddDay(office, absl::FormatCivilTime(day), row);
  }
  for (const HolidayRow& row : kMakeUpDays) {
    auto* day = AddDay(office, row.from, row);
    for (const auto& [open, close] : kOfficeHours) {
      auto* hours = day->add_hours();
      hours->set_open_minute(open);
      hours->set_close_minute(close);
    }
  }
  for (auto& department : *directory->mutable_departments()) department.set_calendar("office-cn");
}

// Dispatch, sign, first reply and the department's whole share in minutes of working time; the resolution in hours
// round the clock.
struct TargetRow {
  int dispatch, sign, reply, custody, resolve_hours;
};
void AddTargets(v1::SlaPolicy* policy, const TargetRow& row) {
  const auto add = [policy](v1::ClockKind kind, absl::Duration target, v1::ClockCalendar calendar) {
    auto* clock = policy->add_targets();
    clock->set_kind(kind);
    *clock->mutable_target() = ToProto(target);
    clock->set_calendar(calendar);
    for (uint32_t percent : {75u, 90u}) clock->add_warn_percent(percent);  // F083
  };
  add(v1::CLOCK_KIND_DISPATCH, absl::Minutes(row.dispatch), v1::CLOCK_CALENDAR_SITE);
  add(v1::CLOCK_KIND_SIGN, absl::Minutes(row.sign), v1::CLOCK_CALENDAR_DEPARTMENT);
  add(v1::CLOCK_KIND_FIRST_REPLY, absl::Minutes(row.reply), v1::CLOCK_CALENDAR_DEPARTMENT);
  add(v1::CLOCK_KIND_CUSTODY, absl::Minutes(row.custody), v1::CLOCK_CALENDAR_DEPARTMENT);
  if (row.resolve_hours > 0) {
    add(v1::CLOCK_KIND_RESOLVE, absl::Hours(row.resolve_hours), v1::CLOCK_CALENDAR_ALWAYS);
  }
}
v1::SlaPolicy* AddSlaPolicy(v1::Directory* directory, const char* id, const char* en, const char* zh,
                            const TargetRow& targets) {
  auto* policy = directory->add_sla_policies();
  policy->set_id(id);
  policy->set_display_name(en);
  policy->set_display_name_zh(zh);
  AddTargets(policy, targets);
  return policy;
}

void AddSlaPolicies(v1::Directory* directory) {
  auto* study = AddSlaPolicy(directory, "study", "Answer to be studied: the same day", "内部研究，当日答复",
                             {30, 60, 120, 240, 0});
  study->add_reasons("NO_AUTHORITY");
  study->add_reasons("CANNOT_ANSWER");
  auto* same_day = study->add_targets();  // R018
  same_day->set_kind(v1::CLOCK_KIND_RESOLVE);
  same_day->set_same_day(true);
  same_day->set_calendar(v1::CLOCK_CALENDAR_SITE);
  for (uint32_t percent : {75u, 90u}) same_day->add_warn_percent(percent);

  auto* vip = AddSlaPolicy(directory, "complaint-vip", "Complaints of VIPs and dealers", "重要客户与经销商投诉",
                           {15, 30, 60, 240, 24});
  vip->add_categories("complaint");
  vip->add_classes(profile::v1::CUSTOMER_CLASS_VIP);
  vip->add_classes(profile::v1::CUSTOMER_CLASS_DEALER);
  AddSlaPolicy(directory, "complaint", "Complaints", "投诉", {30, 60, 120, 480, 48})->add_categories("complaint");
  AddSlaPolicy(directory, "fault", "Faults", "故障", {30, 60, 240, 960, 72})->add_categories("fault");
  AddSlaPolicy(directory, "other", "Everything else", "其他", {30, 120, 480, 960, 120});  // R168
}

}  // namespace

v1::Directory SampleDirectory() {
  v1::Directory directory;
  AddSites(&directory);
  for (const TeamRow& row : kTeams) {
    auto* team = directory.add_teams();
    team->set_id(row.id);
    team->set_display_name(row.en);
    team->set_display_name_zh(row.zh);
    team->set_site(row.site);
    team->set_leader(row.leader);
  }
  for (const AgentRow& row : kAgents) {
    auto* agent = directory.add_agents();
    agent->set_id(row.id);
    agent->set_display_name(row.name);
    agent->set_site(row.site);
    agent->set_team(row.team);
    agent->set_department(row.department);
    agent->set_role(row.role);
    AddAll(row.skills, agent->mutable_skills());
    AddAll(row.languages, agent->mutable_languages());
  }
  for (const DepartmentRow& row : kDepartments) {
    auto* department = directory.add_departments();
    department->set_id(row.id);
    department->set_display_name(row.en);
    department->set_display_name_zh(row.zh);
    department->set_head(row.head);
    AddAll(row.deputies, department->mutable_deputies());
    AddAll(row.categories, department->mutable_categories());
    *department->mutable_refuse_window() = ToProto(absl::Minutes(row.refuse_minutes));
  }
  for (const DispositionRow& row : kDispositions) {
    auto* disposition = directory.add_dispositions();
    disposition->set_id(row.id);
    disposition->set_display_name(row.en);
    disposition->set_display_name_zh(row.zh);
    disposition->set_kind(row.kind);
    disposition->set_prompts_required(row.prompts);
    if (row.spacing_s > 0) *disposition->mutable_prompt_spacing() = ToProto(absl::Seconds(row.spacing_s));
  }
  for (const TreeRow& row : kCategories) {
    auto* category = directory.add_categories();
    category->set_id(row.id);
    category->set_parent(row.parent);
    category->set_display_name(row.en);
    category->set_display_name_zh(row.zh);
  }
  for (const ProductRow& row : kProducts) {
    auto* product = directory.add_products();
    product->set_id(row.id);
    product->set_parent(row.parent);
    product->set_display_name(row.en);
    product->set_display_name_zh(row.zh);
    product->set_model(row.model);
  }
  AddPolicies(&directory);
  AddCalendars(&directory);
  AddSlaPolicies(&directory);
  AddRouting(&directory);
  return directory;
}

}  // namespace shoujie::directory
