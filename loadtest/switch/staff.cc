#include "loadtest/switch/staff.h"

#include <algorithm>

namespace shoujie::loadtest {
namespace {

// A third of a site's people are on the phones at a time; who it is changes every four hours.
constexpr int kShifts = 3;
constexpr int kShiftHours = 4;

const std::vector<std::string>& Nobody() {
  static const auto* nobody = new std::vector<std::string>();
  return *nobody;
}

}  // namespace

Staff::Staff(const directory::v1::Directory& directory) {
  for (const auto& site : directory.sites()) {
    if (!site.source().empty()) continue;  // of an import: nobody works there
    sites_.push_back(site.id());
    site_rows_[site.id()] = &site;
    absl::TimeZone zone = absl::UTCTimeZone();
    (void)absl::LoadTimeZone(site.time_zone(), &zone);
    zones_[site.id()] = zone;
  }
  for (const auto& agent : directory.agents()) {
    if (agent.left() || agent.has_leaving() || !agent.source().empty()) continue;
    if (agent.role() == directory::v1::AGENT_ROLE_DEPARTMENT) {
      members_[agent.department()].push_back(agent.id());
    } else if (!agent.team().empty()) {
      agents_[agent.site()].push_back(agent.id());
    }
  }
}

const std::vector<std::string>& Staff::agents(const std::string& site) const {
  auto it = agents_.find(site);
  return it == agents_.end() ? Nobody() : it->second;
}

const std::vector<std::string>& Staff::members(const std::string& department) const {
  auto it = members_.find(department);
  return it == members_.end() ? Nobody() : it->second;
}

bool Staff::Open(const std::string& site, absl::Time at) const {
  const auto& row = *site_rows_.at(site);
  if (row.service_hours().empty()) return true;
  const auto local = zones_.at(site).At(at).cs;
  const auto weekday = static_cast<uint32_t>(absl::GetWeekday(local)) + 1;
  const auto minute = static_cast<uint32_t>(local.hour() * 60 + local.minute());
  return std::any_of(row.service_hours().begin(), row.service_hours().end(), [&](const auto& hours) {
    return hours.weekday() == weekday && hours.open_minute() <= minute && minute < hours.close_minute();
  });
}

Staff::Free Staff::NextFree(const std::string& site, absl::Time at) const {
  const auto& all = agents(site);
  const int64_t shift = absl::ToUnixSeconds(at) / 3600 / kShiftHours;
  Free best{"", absl::InfiniteFuture()};
  for (size_t i = 0; i < all.size(); ++i) {
    if (all.size() > kShifts && (static_cast<int64_t>(i) + shift) % kShifts != 0) continue;
    auto it = busy_until_.find(all[i]);
    const absl::Time since = it == busy_until_.end() ? absl::InfinitePast() : it->second;
    if (best.agent.empty() || since < best.since) best = {all[i], since};
  }
  return best;
}

void Staff::Busy(const std::string& agent, absl::Time until) {
  auto& at = busy_until_.try_emplace(agent, absl::InfinitePast()).first->second;
  at = std::max(at, until);
}

std::string Staff::Other(const std::string& site, const std::vector<std::string>& but, Random* random) const {
  std::vector<std::string> others;
  for (const auto& agent : agents(site)) {
    if (std::find(but.begin(), but.end(), agent) == but.end()) others.push_back(agent);
  }
  return others.empty() ? "" : random->Pick(others);
}

}  // namespace shoujie::loadtest
