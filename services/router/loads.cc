#include "services/router/loads.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/times.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::router {
namespace {

struct RosterPerson {
  std::string id;
  bool is_bound = false;
  bool is_on_roster = false;
};

class People {
 public:
  void Add(const std::string& id, bool is_bound, bool is_on_roster) {
    auto person = std::find_if(all_.begin(), all_.end(), [&](const RosterPerson& other) { return other.id == id; });
    if (person == all_.end()) {
      if (id.empty() || all_.size() == kRouteLoadsMax) return;
      person = all_.insert(all_.end(), RosterPerson{id});
    }
    person->is_bound = person->is_bound || is_bound;
    person->is_on_roster = person->is_on_roster || is_on_roster;
  }
  const std::vector<RosterPerson>& all() const { return all_; }

 private:
  std::vector<RosterPerson> all_;
};

People PeopleOf(const std::string& department, const Reference& reference) {
  People people;
  const auto has_own = [&](const std::string& id) {
    const auto* agent = reference.agent(id);
    return agent != nullptr && agent->capacity() > 0;
  };
  for (const auto& row : reference.directory().rosters()) {
    if (!department.empty() && row.department() != department) continue;
    const auto* of = reference.department(row.department());
    const bool are_bound = of != nullptr && of->member_capacity() > 0;
    for (const std::string& person : row.people()) people.Add(person, are_bound || has_own(person), true);
  }
  for (const auto& of : reference.directory().departments()) {
    if (!department.empty() && of.id() != department) continue;
    if (has_own(of.head())) people.Add(of.head(), true, false);
    for (const std::string& deputy : of.deputies()) {
      if (has_own(deputy)) people.Add(deputy, true, false);
    }
  }
  return people;
}

// As he last said, while that is true.
interaction::v1::PresenceState PresenceOf(const std::string& person, absl::Time now, const RowReader& rows) {
  const auto found = rows.Get(absl::StrCat("presences/", person));
  if (found == nullptr) return interaction::v1::PRESENCE_STATE_UNSPECIFIED;
  const auto& row = static_cast<const interaction::v1::PresenceRow&>(*found);
  if (row.has_until() && FromProto(row.until()) <= now) return interaction::v1::PRESENCE_STATE_UNSPECIFIED;
  return row.state();
}

}  // namespace

v1::RouteLoads LoadsNow(const std::string& department, const Reference& reference, absl::Time now,
                        const RowsOf& rows_of) {
  v1::RouteLoads loads;
  const RowReader* const tickets = rows_of ? rows_of("router") : nullptr;
  if (tickets == nullptr) return loads;
  const RowReader* const presences = rows_of("interaction");
  const People people = PeopleOf(department, reference);
  for (const RosterPerson& person : people.all()) {
    v1::MemberLoad load;
    load.set_person(person.id);
    if (person.is_on_roster && presences != nullptr) load.set_presence(PresenceOf(person.id, now, *presences));
    if (!person.is_bound && load.presence() == interaction::v1::PRESENCE_STATE_UNSPECIFIED) continue;
    const std::string in_hand = absl::StrCat("hand/", person.id, "/");
    load.set_in_hand(static_cast<uint32_t>(tickets->Count(in_hand, kInHandCountedMax)));
    *loads.add_members() = std::move(load);
  }
  if (loads.members().empty()) return loads;
  *loads.mutable_counted_at() = ToProto(now);
  loads.set_lagging_partitions(static_cast<uint32_t>(tickets->Lagging().size()));
  return loads;
}

void AddLoads(const HintContext& context, v1::OfferHandoffRequest* request) {
  request->clear_loads();
  const bool by_roster = request->department().empty() || !request->duty_role().empty();
  if (!by_roster || !request->person().empty()) return;
  v1::RouteLoads loads = LoadsNow(request->department(), context.reference, context.now, context.rows_of);
  if (loads.has_counted_at()) *request->mutable_loads() = std::move(loads);
}

}  // namespace shoujie::router
