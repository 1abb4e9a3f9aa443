#include "services/runtime/calendar/routing_table.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace shoujie {
namespace {

template <typename Values, typename Value>
bool Has(const Values& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// One of what the row names lies on the way from the ticket's to the root.
template <typename Values>
bool FitsTree(const Values& wanted, const std::vector<std::string>& lineage) {
  return wanted.empty() ||
         std::any_of(lineage.begin(), lineage.end(), [&](const std::string& one) { return Has(wanted, one); });
}

}  // namespace

bool IsLanguage(absl::string_view spoken, absl::string_view language) {
  if (spoken.empty() || !absl::StartsWith(language, spoken)) return false;
  return language.size() == spoken.size() || language[spoken.size()] == '-';
}

bool Fits(const directory::v1::RoutingRule& row, RouteMatcher matcher, const RouteCase& of) {
  switch (matcher) {
    case RouteMatcher::kCategories:
      return FitsTree(row.categories(), of.categories);
    case RouteMatcher::kSites:
      return row.sites().empty() || Has(row.sites(), of.site);
    case RouteMatcher::kProducts:
      return FitsTree(row.products(), of.products);
    case RouteMatcher::kClasses:
      return row.classes().empty() || Has(row.classes(), static_cast<int>(of.customer_class));
    case RouteMatcher::kChannels:
      return row.channels().empty() || Has(row.channels(), static_cast<int>(of.channel));
    case RouteMatcher::kLanguages:
      return row.languages().empty() ||
             std::any_of(row.languages().begin(), row.languages().end(),
                         [&](const std::string& one) { return IsLanguage(one, of.language); });
    case RouteMatcher::kHours:
      return row.calendar().empty() || Has(of.calendars, row.calendar()) != row.outside();
  }
  return false;
}

std::optional<RouteMatcher> MisfitOf(const directory::v1::RoutingRule& row, const RouteCase& of) {
  for (const RouteMatcher matcher : kRouteMatchers) {
    if (!Fits(row, matcher, of)) return matcher;
  }
  return std::nullopt;
}

const directory::v1::RoutingRule* FirstMatch(const directory::v1::Directory& directory, const RouteCase& of) {
  for (const auto& row : directory.routing_rules()) {
    if (!MisfitOf(row, of)) return &row;
  }
  return nullptr;
}

}  // namespace shoujie
