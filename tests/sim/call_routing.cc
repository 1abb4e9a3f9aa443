#include "tests/sim/call_routing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/times.h"

namespace shoujie::testing {

void AddRouting(sim::Random& random, directory::v1::Directory* directory) {
  directory->add_features()->set_name("routing");
  const auto add_rule = [&](const std::string& id, bool outside) {
    auto* rule = directory->add_routing_rules();
    rule->set_id(id);
    rule->set_calendar("office");
    rule->set_outside(outside);
    rule->set_department(random.Chance(500) ? "repair" : "billing");
    if (random.Chance(300)) rule->set_duty_role("on duty");
  };
  if (random.Chance(800)) add_rule("open", false);
  if (random.Chance(500)) add_rule("closed", true);
  directory->mutable_policies()->set_default_department(random.Chance(500) ? "repair" : "billing");
  for (auto& department : *directory->mutable_departments()) {
    std::vector<std::string> people;
    for (const auto& agent : directory->agents()) {
      if (agent.department() == department.id()) people.push_back(agent.id());
    }
    const auto add_roster = [&](const std::string& role, const std::string& calendar) {
      auto* roster = directory->add_rosters();
      roster->set_id(absl::StrCat(department.id(), "-", role));
      roster->set_department(department.id());
      roster->set_duty_role(role);
      roster->set_calendar(calendar);
      if (random.Chance(500)) std::swap(people.front(), people.back());
      for (const std::string& person : people) roster->add_people(person);
    };
    if (random.Chance(700)) add_roster("on duty", "office");
    if (random.Chance(500)) {
      department.set_on_call_role("on call");
      add_roster("on call", random.Chance(500) ? "office" : "");
    }
    if (random.Chance(300)) department.set_fallback_department(department.id() == "repair" ? "billing" : "");
  }
}

std::vector<std::string> CheckRouting(const router::v1::Ticket& ticket,
                                      const std::vector<directory::v1::Directory>& versions) {
  std::vector<std::string> wrong;
  for (const auto& handoff : ticket.handoffs()) {
    if (!handoff.has_routing()) continue;
    const router::v1::Routing& record = handoff.routing();
    const auto said = [&](absl::string_view what) {
      wrong.push_back(absl::StrCat("I11 ", ticket.name(), ": hand-off ", handoff.number(), " ", what));
    };
    if (record.directory_version() == 0 || record.directory_version() > versions.size()) {
      said("was routed by a version that nobody published");
      continue;
    }
    directory::v1::Directory directory = versions[record.directory_version() - 1];
    directory.set_version(record.directory_version());
    router::v1::Ticket then;
    const auto& inputs = record.inputs();
    then.set_category(inputs.category());
    then.set_product(inputs.product());
    then.set_site(inputs.site());
    then.set_channel(inputs.channel());
    then.mutable_card()->set_class_(inputs.customer_class());
    then.mutable_card()->set_language(inputs.language());
    const bool named = record.by() == router::v1::ROUTED_BY_OFFER;
    const Reference reference(std::move(directory));
    const router::Route route = router::RouteOf(then, {named ? record.department() : "", record.duty_role()}, reference,
                                                router::FromProto(record.at()));
    const bool same = route.department != nullptr && route.department->id() == handoff.department() &&
                      route.responsible == handoff.responsible() &&
                      route.record.SerializeAsString() == record.SerializeAsString();
    if (!same) said("did not go where its directory version leads");
  }
  return wrong;
}

}  // namespace shoujie::testing
