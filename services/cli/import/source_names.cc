#include "services/cli/import/source_names.h"

#include <algorithm>
#include <utility>

namespace shoujie::importer {
namespace {

namespace dv1 = directory::v1;

template <typename Row, typename Rows>
void AddByName(const std::map<std::string, Row>& rows, Rows* out) {
  for (const auto& [id, row] : rows) *out->Add() = row;
  std::stable_sort(out->begin(), out->end(),
                   [](const Row& a, const Row& b) { return a.display_name() < b.display_name(); });
}

}  // namespace

SourceNames::SourceNames(std::string source, std::string display_name, std::string zone)
    : source_(std::move(source)), display_name_(std::move(display_name)), zone_(std::move(zone)) {}

void SourceNames::AddAgent(const std::string& id, const std::string& display_name, const std::string& department) {
  dv1::Agent& agent = agents_[id];
  if (agent.id().empty()) {
    agent.set_id(id);
    agent.set_display_name(display_name);
    agent.set_site(source_);
    agent.set_role(dv1::AGENT_ROLE_AGENT);
    agent.set_source(source_);
  }
  if (department.empty() || !agent.department().empty()) return;
  agent.set_department(department);
  agent.set_role(dv1::AGENT_ROLE_DEPARTMENT);
}

void SourceNames::AddDepartment(const std::string& id, const std::string& display_name,
                                const std::string& display_name_zh) {
  dv1::Department& department = departments_[id];
  if (!department.id().empty()) return;
  department.set_id(id);
  department.set_display_name(display_name);
  department.set_display_name_zh(display_name_zh);
  department.set_source(source_);
}

void SourceNames::AddCategory(const std::string& id, const std::string& display_name,
                              const std::string& display_name_zh) {
  dv1::Category& category = categories_[id];
  if (!category.id().empty()) return;
  category.set_id(id);
  category.set_display_name(display_name);
  category.set_display_name_zh(display_name_zh);
  category.set_source(source_);
}

dv1::Directory SourceNames::Rows() const {
  dv1::Directory directory;
  auto* source = directory.add_sources();
  source->set_id(source_);
  source->set_display_name(display_name_);
  source->set_time_zone(zone_);
  auto* site = directory.add_sites();
  site->set_id(source_);
  site->set_display_name(display_name_);
  site->set_time_zone(zone_);
  site->set_source(source_);
  AddByName(agents_, directory.mutable_agents());
  AddByName(departments_, directory.mutable_departments());
  AddByName(categories_, directory.mutable_categories());
  return directory;
}

}  // namespace shoujie::importer
