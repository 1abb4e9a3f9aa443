#include "services/runtime/reference.h"

#include <algorithm>

#include "absl/strings/strip.h"
#include "services/runtime/calendar/calendar_data.h"

namespace shoujie {
namespace {

template <typename Rows, typename Index>
void Build(const Rows& rows, Index& index) {
  for (const auto& row : rows) index.emplace(row.id(), &row);
}

absl::TimeZone ZoneOf(const directory::v1::Site& site) {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(site.time_zone(), &zone);
  return zone;
}

absl::Time MinuteOf(absl::CivilDay day, uint32_t minute, absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilMinute(day) + minute, zone);
}

}  // namespace

std::string StatementOf(directory::v1::LeaveClearance clearance) {
  clearance.clear_mark();
  return clearance.SerializeAsString();
}

Reference::Reference(directory::v1::Directory directory) : directory_(std::move(directory)) {
  Build(directory_.sites(), sites_);
  Build(directory_.teams(), teams_);
  Build(directory_.agents(), agents_);
  Build(directory_.departments(), departments_);
  Build(directory_.dispositions(), dispositions_);
  Build(directory_.categories(), categories_);
  Build(directory_.products(), products_);
  for (const auto& row : directory_.calendars()) {
    if (auto made = MakeCalendar(row); made.ok()) calendars_.emplace(row.id(), *std::move(made));
  }
}

const Calendar* Reference::calendar(absl::string_view id) const {
  const auto it = calendars_.find(id);
  return it == calendars_.end() ? nullptr : &it->second;
}

bool Reference::enabled(absl::string_view feature) const {
  return std::any_of(directory_.features().begin(), directory_.features().end(),
                     [&](const auto& one) { return one.name() == feature; });
}

const directory::v1::Agent* Reference::AgentOf(absl::string_view principal) const {
  return absl::ConsumePrefix(&principal, "agents/") ? agent(principal) : nullptr;
}

std::string Reference::HeadFor(absl::string_view agent_id) const {
  if (const auto* a = agent(agent_id)) {
    if (const auto* s = site(a->site()); s && !s->head().empty()) return s->head();
  }
  for (const auto& s : directory_.sites()) {
    if (!s.head().empty()) return s.head();
  }
  return "";
}

bool Reference::IsOpen(absl::string_view site_id, absl::Time at) const {
  const auto* s = site(site_id);
  if (const Calendar* named = s ? calendar(s->calendar()) : nullptr) return named->Works(at);
  if (!s || s->service_hours().empty()) return true;
  return ClosesAt(site_id, at) != absl::InfiniteFuture() &&
         std::any_of(s->service_hours().begin(), s->service_hours().end(), [&](const auto& hours) {
           const absl::TimeZone zone = ZoneOf(*s);
           const absl::CivilDay day = absl::ToCivilDay(at, zone);
           const auto weekday = static_cast<uint32_t>(absl::GetWeekday(day)) + 1;
           return hours.weekday() == weekday && MinuteOf(day, hours.open_minute(), zone) <= at &&
                  at < MinuteOf(day, hours.close_minute(), zone);
         });
}

absl::Time Reference::ClosesAt(absl::string_view site_id, absl::Time at) const {
  const auto* s = site(site_id);
  absl::Time closes = absl::InfiniteFuture();
  if (!s) return closes;
  if (const Calendar* named = calendar(s->calendar())) {
    named->VisitWork(at, [&](absl::Time, absl::Time end) {
      closes = end;
      return false;
    });
    return closes;
  }
  const absl::TimeZone zone = ZoneOf(*s);
  const absl::CivilDay today = absl::ToCivilDay(at, zone);
  for (int ahead = 0; ahead <= 7; ++ahead) {
    const absl::CivilDay day = today + ahead;
    const auto weekday = static_cast<uint32_t>(absl::GetWeekday(day)) + 1;
    for (const auto& hours : s->service_hours()) {
      if (hours.weekday() != weekday) continue;
      const absl::Time end = MinuteOf(day, hours.close_minute(), zone);
      if (end > at) closes = std::min(closes, end);
    }
    if (closes != absl::InfiniteFuture()) break;
  }
  return closes;
}

}  // namespace shoujie
