// A directory with a routing table and rosters, and a ticket for it. The desk's first day, 2026-03-02, is a Monday.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/routing.h"
#include "tests/unit/router/desk.h"

namespace shoujie::router {

inline constexpr char kOffice[] = "office";  // UTC, Mondays to Fridays 9–17; the desk's first day is a Monday

inline directory::v1::Roster* AddRoster(directory::v1::Directory* d, const char* id, const char* department,
                                        const char* role, std::initializer_list<const char*> people,
                                        const char* calendar = kOffice) {
  auto* row = d->add_rosters();
  row->set_id(id);
  row->set_department(department);
  row->set_duty_role(role);
  for (const char* person : people) row->add_people(person);
  row->set_calendar(calendar);
  return row;
}
inline directory::v1::RoutingRule* AddRule(directory::v1::Directory* d, const char* id, const char* department) {
  auto* row = d->add_routing_rules();
  row->set_id(id);
  row->set_department(department);
  return row;
}
inline directory::v1::Agent* AgentIn(directory::v1::Directory* d, const std::string& id) {
  for (auto& agent : *d->mutable_agents()) {
    if (agent.id() == id) return &agent;
  }
  return nullptr;
}
inline directory::v1::Department* DepartmentIn(directory::v1::Directory* d, const std::string& id) {
  for (auto& department : *d->mutable_departments()) {
    if (department.id() == id) return &department;
  }
  return nullptr;
}

// Faults of climate devices in the south, faults, complaints; everything else by default to the warehouse. The
// technicians are 5001, their head, and 5002; the warehouse's head is 5100, its deputy 5003.
inline directory::v1::Directory RoutingDirectory(uint64_t version = 7) {
  directory::v1::Directory d = SampleDirectory();
  d.set_version(version);
  d.add_features()->set_name("routing");
  auto* office = d.add_calendars();
  office->set_id(kOffice);
  office->set_time_zone("UTC");
  for (uint32_t weekday = 1; weekday <= 5; ++weekday) {
    auto* hours = office->add_hours();
    hours->set_weekday(weekday);
    hours->set_open_minute(9 * 60);
    hours->set_close_minute(17 * 60);
  }
  const auto add_tree = [](auto* rows, const char* id, const char* parent) {
    auto* row = rows->Add();
    row->set_id(id);
    row->set_parent(parent);
  };
  add_tree(d.mutable_categories(), "fault", "");
  add_tree(d.mutable_categories(), "fault-offline", "fault");
  add_tree(d.mutable_categories(), "complaint", "");
  add_tree(d.mutable_products(), "climate", "");
  add_tree(d.mutable_products(), "robot", "climate");
  auto* south = AddRule(&d, "south", "tech");
  south->add_categories("fault");
  south->add_products("climate");
  south->add_sites("south");
  south->set_duty_role("climate");
  AddRule(&d, "fault", "tech")->add_categories("fault");
  auto* night = AddRule(&d, "night", "tech");
  night->add_categories("complaint");
  night->set_calendar(kOffice);
  night->set_outside(true);
  night->set_duty_role("on-call");
  AddRule(&d, "complaint", "warehouse")->add_categories("complaint");
  d.mutable_policies()->set_default_department("warehouse");
  AddRoster(&d, "day", "tech", "duty", {"5002", "5001"});
  AddRoster(&d, "climate", "tech", "climate", {"5001"});
  AddRoster(&d, "nights", "tech", "on-call", {"5001", "5002"}, "");
  DepartmentIn(&d, "tech")->set_on_call_role("on-call");
  return d;
}

// "department person choice roster", and what was skipped: "reason department roster person".
inline std::string Said(const Route& route) {
  if (route.department == nullptr) return "nobody";
  std::string choice = v1::DutyChoice_Name(route.record.choice()).substr(12);
  return absl::StrCat(route.department->id(), " ", route.responsible, " ", choice, " ", route.record.roster());
}
inline std::vector<std::string> Skips(const Route& route) {
  std::vector<std::string> all;
  for (const auto& skip : route.record.skipped()) {
    all.push_back(absl::StrCat(v1::SkipReason_Name(skip.reason()).substr(12), " ", skip.department(), " ",
                               skip.roster(), " ", skip.person()));
  }
  return all;
}

inline v1::Ticket Fault(const char* site = "north") {
  v1::Ticket ticket;
  ticket.set_name(kName);
  ticket.set_owner("1001");
  ticket.set_category("fault-offline");
  ticket.set_site(site);
  return ticket;
}

}  // namespace shoujie::router
