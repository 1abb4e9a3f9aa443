// The routing table: which row is a ticket's (F069). Rows are asked from the first on; the first that matches says the
// department, and the duty role whose people come before others. Pure; used where an offer is routed, where that is
// explained, and where a table is examined before it is published.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie {

// What a row looks at.
struct RouteCase {
  std::vector<std::string> categories;  // the ticket's, and those above it
  std::string site;
  std::vector<std::string> products;  // the ticket's, and those above it
  profile::v1::CustomerClass customer_class = profile::v1::CUSTOMER_CLASS_UNSPECIFIED;
  interaction::v1::Channel channel = interaction::v1::CHANNEL_UNSPECIFIED;
  std::string language;                // of the customer; empty: not known
  std::vector<std::string> calendars;  // ids of those in their working time
};

enum class RouteMatcher { kCategories, kSites, kProducts, kClasses, kChannels, kLanguages, kHours };
inline constexpr RouteMatcher kRouteMatchers[] = {
    RouteMatcher::kCategories, RouteMatcher::kSites,     RouteMatcher::kProducts, RouteMatcher::kClasses,
    RouteMatcher::kChannels,   RouteMatcher::kLanguages, RouteMatcher::kHours};

bool Fits(const directory::v1::RoutingRule& row, RouteMatcher matcher, const RouteCase& of);
// The first matcher that does not fit; none: the row matches.
std::optional<RouteMatcher> MisfitOf(const directory::v1::RoutingRule& row, const RouteCase& of);
// nullptr: no row does.
const directory::v1::RoutingRule* FirstMatch(const directory::v1::Directory& directory, const RouteCase& of);

// Whether `spoken` is the language, or what it is a kind of: "zh" of "zh-CN". Tags are BCP 47 and compared as they are.
bool IsLanguage(absl::string_view spoken, absl::string_view language);

}  // namespace shoujie
