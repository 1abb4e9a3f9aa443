#include "tests/sim/call_routing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/times.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/sim/call_steps.h"

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
  for (auto& agent : *directory->mutable_agents()) {
    if (agent.department().empty() || !random.Chance(200)) continue;
    agent.set_capacity(static_cast<uint32_t>(random.Between(1, 3)));
  }
  for (auto& department : *directory->mutable_departments()) {
    if (random.Chance(600)) department.set_member_capacity(static_cast<uint32_t>(random.Between(1, 3)));
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

std::unique_ptr<google::protobuf::Message> OfferStep(sim::Random& random, absl::Time now, const std::string& ticket) {
  auto offer = On<router::v1::OfferHandoffRequest>(ticket);
  const bool routed = random.Chance(400);
  if (!routed) offer->set_department(Department(random.Below(kDepartments)));
  if (!routed && random.Chance(300)) {
    offer->set_person(Member(offer->department(), random.Below(2)));
  } else if (random.Chance(routed ? 300 : 900)) {
    offer->set_duty_role("on duty");
  }
  *offer->mutable_deadline() = Stamp(now + absl::Minutes(random.Between(1, 600)));
  offer->set_gist("please look at the heater");
  if (random.Chance(200)) return offer;  // a node that lists nothing
  auto& loads = *offer->mutable_loads();
  *loads.mutable_counted_at() = Stamp(now);
  loads.set_lagging_partitions(static_cast<uint32_t>(random.Below(3)));
  for (uint64_t n = 0; n < kDepartments; ++n) {
    for (uint64_t m = 0; m < 2; ++m) {
      if (random.Chance(100)) continue;  // not counted
      auto& load = *loads.add_members();
      load.set_person(Member(Department(n), m));
      load.set_in_hand(static_cast<uint32_t>(random.Below(5)));
      if (random.Chance(300)) {
        load.set_presence(random.Chance(500) ? interaction::v1::PRESENCE_STATE_AWAY
                                             : interaction::v1::PRESENCE_STATE_AVAILABLE);
      }
    }
  }
  return offer;
}

void GiveToWhoIsFull(router::v1::Handoff* handoff) {
  for (const auto& skip : handoff->routing().skipped()) {
    if (skip.reason() != router::v1::SKIP_REASON_FULL || skip.person().empty()) continue;
    return handoff->set_responsible(skip.person());
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
                                                router::FromProto(record.at()), record.loads());
    const bool same = route.department != nullptr && route.department->id() == handoff.department() &&
                      route.responsible == handoff.responsible() &&
                      route.record.SerializeAsString() == record.SerializeAsString();
    if (!same) said("did not go where its directory version leads with the loads of then");
  }
  return wrong;
}

}  // namespace shoujie::testing
