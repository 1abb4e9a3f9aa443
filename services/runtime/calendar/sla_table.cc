#include "services/runtime/calendar/sla_table.h"

#include <algorithm>

namespace shoujie {
namespace {

template <typename Values, typename Value>
bool Fits(const Values& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

bool Matches(const directory::v1::SlaPolicy& row, const SlaCase& of) {
  const bool category =
      row.categories().empty() || std::any_of(of.categories.begin(), of.categories.end(),
                                              [&](const std::string& one) { return Fits(row.categories(), one); });
  return category && Fits(row.classes(), static_cast<int>(of.customer_class)) && Fits(row.priorities(), of.priority) &&
         Fits(row.channels(), static_cast<int>(of.channel)) && Fits(row.reasons(), of.reason);
}

bool MatchesAll(const directory::v1::SlaPolicy& row) {
  return row.categories().empty() && row.classes().empty() && row.priorities().empty() && row.channels().empty() &&
         row.reasons().empty();
}

const directory::v1::SlaPolicy* FirstMatch(const directory::v1::Directory& directory, const SlaCase& of) {
  for (const auto& row : directory.sla_policies()) {
    if (Matches(row, of)) return &row;
  }
  return nullptr;
}

const directory::v1::ClockTarget* TargetOf(const directory::v1::SlaPolicy& row, directory::v1::ClockKind kind) {
  for (const auto& target : row.targets()) {
    if (target.kind() == kind) return &target;
  }
  return nullptr;
}

}  // namespace shoujie
