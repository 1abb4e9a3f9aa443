// Where offers go that name no department, and who is responsible: a table of cases, and what is recorded of it.
#include "services/router/domain/routing.h"

#include <random>

#include "absl/strings/ascii.h"
#include "services/router/domain/limits.h"
#include "tests/unit/router/routing_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using directory::v1::Directory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Route RouteIn(const Directory& directory, const v1::Ticket& ticket, absl::Duration at = Hours(1),
              const RouteAsked& asked = {}) {
  // What it points to must outlive it.
  static auto* const kept = new std::vector<std::unique_ptr<Reference>>;
  kept->push_back(std::make_unique<Reference>(directory));
  return RouteOf(ticket, asked, *kept->back(), At(at));
}

struct RouteCase {
  const char* what;
  void (*change)(Directory* d, v1::Ticket* ticket);
  absl::Duration at;  // since Monday, nine o'clock
  const char* rule;
  const char* said;
};
class RouteTest : public testing::TestWithParam<RouteCase> {};

TEST_P(RouteTest, LeadsThere) {
  Directory d = RoutingDirectory();
  v1::Ticket ticket = Fault();
  GetParam().change(&d, &ticket);
  const Route route = RouteIn(d, ticket, GetParam().at);
  EXPECT_EQ(route.record.rule(), GetParam().rule);
  EXPECT_EQ(Said(route), GetParam().said);
  EXPECT_EQ(route.record.directory_version(), 7u);
  EXPECT_EQ(FromProto(route.record.at()), At(GetParam().at));
}

const RouteCase kRouteCases[] = {
    {"the highest-ranked one on duty", [](Directory*, v1::Ticket*) {}, Hours(1), "fault", "tech 5002 ON_DUTY day"},
    {"the first minute of duty", [](Directory*, v1::Ticket*) {}, Hours(0), "fault", "tech 5002 ON_DUTY day"},
    {"the last one is over", [](Directory*, v1::Ticket*) {}, Hours(8), "fault", "tech 5001 ON_CALL nights"},
    {"on Saturday on call", [](Directory*, v1::Ticket*) {}, Hours(24 * 5 + 2), "fault", "tech 5001 ON_CALL nights"},
    {"who has left is passed over", [](Directory* d, v1::Ticket*) { AgentIn(d, "5002")->set_left(true); }, Hours(1),
     "fault", "tech 5001 ON_DUTY day"},
    {"who is not known is passed over", [](Directory* d, v1::Ticket*) { d->mutable_rosters(0)->set_people(0, "77"); },
     Hours(1), "fault", "tech 5001 ON_DUTY day"},
    {"all of a roster have left: the next one",
     [](Directory* d, v1::Ticket*) {
       d->mutable_rosters(0)->clear_people();
       d->mutable_rosters(0)->add_people("5009");
     },
     Hours(1), "fault", "tech 5001 ON_DUTY climate"},
    {"all of all have left: on call",
     [](Directory* d, v1::Ticket*) {
       for (int row : {0, 1}) {
         d->mutable_rosters(row)->clear_people();
         d->mutable_rosters(row)->add_people("5009");
       }
     },
     Hours(1), "fault", "tech 5001 ON_CALL nights"},
    {"no rosters: the head", [](Directory* d, v1::Ticket*) { d->clear_rosters(); }, Hours(1), "fault",
     "tech 5001 HEAD "},
    {"nobody on call: the head",
     [](Directory* d, v1::Ticket*) {
       DepartmentIn(d, "tech")->clear_on_call_role();
       d->mutable_rosters()->RemoveLast();
     },
     Hours(9), "fault", "tech 5001 HEAD "},
    {"the head has left: a deputy",
     [](Directory* d, v1::Ticket*) {
       d->clear_rosters();
       AgentIn(d, "5001")->set_left(true);
       DepartmentIn(d, "tech")->add_deputies("5009");
       DepartmentIn(d, "tech")->add_deputies("5002");
     },
     Hours(1), "fault", "tech 5002 DEPUTY "},
    {"a department without a head has a deputy",
     [](Directory* d, v1::Ticket*) {
       d->clear_rosters();
       DepartmentIn(d, "tech")->clear_head();
       DepartmentIn(d, "tech")->add_deputies("5002");
     },
     Hours(1), "fault", "tech 5002 DEPUTY "},
    {"nobody of it is there: its fallback",
     [](Directory* d, v1::Ticket*) {
       d->clear_rosters();
       AgentIn(d, "5001")->set_left(true);
       DepartmentIn(d, "tech")->set_fallback_department("headless");
       DepartmentIn(d, "headless")->set_head("5002");
     },
     Hours(1), "fault", "headless 5002 HEAD "},
    {"nor of its fallback: the default department",
     [](Directory* d, v1::Ticket*) {
       d->clear_rosters();
       AgentIn(d, "5001")->set_left(true);
       DepartmentIn(d, "tech")->set_fallback_department("headless");
     },
     Hours(1), "fault", "warehouse 5100 HEAD "},
    {"a department that is gone falls back to the default one",
     [](Directory* d, v1::Ticket*) { d->mutable_routing_rules(1)->set_department("gone"); }, Hours(1), "fault",
     "warehouse 5100 HEAD "},
    {"the default department has fallbacks, too",
     [](Directory* d, v1::Ticket*) {
       d->clear_routing_rules();
       AgentIn(d, "5100")->set_left(true);
       AgentIn(d, "5003")->set_left(true);
       DepartmentIn(d, "warehouse")->set_fallback_department("tech");
     },
     Hours(1), "", "tech 5002 ON_DUTY day"},
    {"a circle of departments where nobody is leads to nobody",
     [](Directory* d, v1::Ticket*) {
       d->clear_rosters();
       for (const char* id : {"5001", "5003", "5100"}) AgentIn(d, id)->set_left(true);
       DepartmentIn(d, "tech")->set_fallback_department("headless");
       DepartmentIn(d, "headless")->set_fallback_department("tech");
     },
     Hours(1), "fault", "nobody"},
    {"nothing known of it: the default department", [](Directory*, v1::Ticket* t) { t->clear_category(); }, Hours(1),
     "", "warehouse 5100 HEAD "},
    {"a category that is gone", [](Directory*, v1::Ticket* t) { t->set_category("gone"); }, Hours(1), "",
     "warehouse 5100 HEAD "},
    {"the row's duty role",
     [](Directory*, v1::Ticket* t) {
       t->set_site("south");
       t->set_product("robot");
     },
     Hours(1), "south", "tech 5001 ON_DUTY climate"},
    {"nobody of the row's duty role is on duty: another",
     [](Directory* d, v1::Ticket* t) {
       t->set_site("south");
       t->set_product("robot");
       d->mutable_rosters(1)->set_people(0, "5009");
     },
     Hours(1), "south", "tech 5002 ON_DUTY day"},
    {"nor on duty at all: on call",
     [](Directory*, v1::Ticket* t) {
       t->set_site("south");
       t->set_product("robot");
     },
     Hours(10), "south", "tech 5001 ON_CALL nights"},
    {"a duty role that the department it falls back to does not have",
     [](Directory* d, v1::Ticket* t) {
       t->set_site("south");
       t->set_product("robot");
       d->clear_rosters();
       AgentIn(d, "5001")->set_left(true);
       AddRoster(d, "store", "warehouse", "duty", {"5003"});
     },
     Hours(1), "south", "warehouse 5003 ON_DUTY store"},
    {"hours of a row: within", [](Directory*, v1::Ticket* t) { t->set_category("complaint"); }, Hours(1), "complaint",
     "warehouse 5100 HEAD "},
    {"hours of a row: outside", [](Directory*, v1::Ticket* t) { t->set_category("complaint"); }, Hours(12), "night",
     "tech 5001 ON_CALL nights"},
    {"the site's own roster comes first",
     [](Directory* d, v1::Ticket*) { AddRoster(d, "north", "tech", "duty", {"5001"})->set_site("north"); }, Hours(1),
     "fault", "tech 5001 ON_DUTY north"},
    {"another site's roster does not count",
     [](Directory* d, v1::Ticket*) { AddRoster(d, "south", "tech", "duty", {"5001"})->set_site("south"); }, Hours(1),
     "fault", "tech 5002 ON_DUTY day"},
    {"a ticket without a site has no site's roster",
     [](Directory* d, v1::Ticket* t) {
       t->clear_site();
       d->mutable_rosters(0)->set_site("north");
       d->mutable_rosters(1)->set_site("north");
     },
     Hours(1), "fault", "tech 5001 ON_CALL nights"},
    {"who speaks the customer's language comes before who does not",
     [](Directory* d, v1::Ticket* t) {
       t->mutable_card()->set_language("yue-HK");
       AgentIn(d, "5002")->add_languages("zh");
       AgentIn(d, "5001")->add_languages("yue");
     },
     Hours(1), "fault", "tech 5001 ON_DUTY day"},
    {"nobody speaks it: the first", [](Directory*, v1::Ticket* t) { t->mutable_card()->set_language("ug"); }, Hours(1),
     "fault", "tech 5002 ON_DUTY day"},
    {"who has the row's skill comes before who has not",
     [](Directory* d, v1::Ticket*) {
       d->mutable_routing_rules(1)->add_skills("lighting");
       AgentIn(d, "5001")->add_skills("lighting");
     },
     Hours(1), "fault", "tech 5001 ON_DUTY day"},
    {"to be understood is more than a skill",
     [](Directory* d, v1::Ticket* t) {
       d->mutable_routing_rules(1)->add_skills("lighting");
       AgentIn(d, "5001")->add_skills("lighting");
       t->mutable_card()->set_language("ug");
       AgentIn(d, "5002")->add_languages("ug");
     },
     Hours(1), "fault", "tech 5002 ON_DUTY day"},
    {"shifts have their own zone",
     [](Directory* d, v1::Ticket*) {
       auto* row = AddRoster(d, "shanghai", "tech", "duty", {"5001"}, "");
       row->set_site("north");
       row->set_time_zone("Asia/Shanghai");
       auto* shift = row->add_shifts();
       shift->set_weekday(1);
       shift->set_open_minute(18 * 60);  // 10:00 UTC
       shift->set_close_minute(20 * 60);
     },
     Hours(1), "fault", "tech 5001 ON_DUTY shanghai"},
};
INSTANTIATE_TEST_SUITE_P(All, RouteTest, testing::ValuesIn(kRouteCases), [](const auto& param) {
  std::string name = param.param.what;
  for (char& c : name) c = absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(RouteRecordTest, SaysWhoWasPassedOverAndWhy) {
  Directory d = RoutingDirectory();
  v1::Ticket ticket = Fault();
  ticket.mutable_card()->set_language("yue");
  AgentIn(&d, "5002")->set_left(true);
  AddRoster(&d, "early", "tech", "duty", {"5001"}, "")->set_site("north");
  auto* early = &*d.mutable_rosters()->rbegin();
  early->set_time_zone("UTC");
  early->add_shifts()->set_weekday(1);
  early->mutable_shifts(0)->set_close_minute(9 * 60);
  EXPECT_THAT(Skips(RouteIn(d, ticket)), ElementsAre("OFF_DUTY tech early ", "LEFT tech day 5002"));

  AgentIn(&d, "5002")->set_left(false);
  AgentIn(&d, "5001")->add_languages("yue");
  EXPECT_THAT(Skips(RouteIn(d, ticket)), ElementsAre("OFF_DUTY tech early ", "LANGUAGE tech day 5002"));

  d.clear_rosters();
  AgentIn(&d, "5001")->set_left(true);
  DepartmentIn(&d, "tech")->set_fallback_department("gone");
  const Route route = RouteIn(d, ticket);
  EXPECT_THAT(Skips(route), ElementsAre("LEFT tech  5001", "NOBODY tech  ", "UNKNOWN gone  "));
  EXPECT_EQ(route.record.department(), "tech") << "as the row said";
  EXPECT_EQ(route.department->id(), "warehouse");
}

TEST(RouteRecordTest, SaysWhatItWasChosenBy) {
  Directory d = RoutingDirectory();
  v1::Ticket ticket = Fault("south");
  ticket.set_product("robot");
  ticket.set_channel(interaction::v1::CHANNEL_CHAT);
  ticket.mutable_card()->set_class_(profile::v1::CUSTOMER_CLASS_VIP);
  ticket.mutable_card()->set_language("zh-CN");
  const Route route = RouteIn(d, ticket);
  EXPECT_EQ(route.record.by(), v1::ROUTED_BY_RULE);
  const auto& inputs = route.record.inputs();
  EXPECT_EQ(inputs.category(), "fault-offline");
  EXPECT_EQ(inputs.product(), "robot");
  EXPECT_EQ(inputs.site(), "south");
  EXPECT_EQ(inputs.channel(), interaction::v1::CHANNEL_CHAT);
  EXPECT_EQ(inputs.customer_class(), profile::v1::CUSTOMER_CLASS_VIP);
  EXPECT_EQ(inputs.language(), "zh-CN");
  EXPECT_THAT(inputs.calendars(), ElementsAre(kOffice));
  EXPECT_THAT(RouteIn(d, ticket, Hours(12)).record.inputs().calendars(), IsEmpty());
  EXPECT_EQ(RouteIn(d, v1::Ticket()).record.by(), v1::ROUTED_BY_DEFAULT);
}

TEST(RouteRecordTest, NamesSoManyWhoWerePassedOverAndCountsTheRest) {
  Directory d = RoutingDirectory();
  auto* day = d.mutable_rosters(0);
  day->clear_people();
  for (int n = 0; n < 40; ++n) day->add_people(absl::StrCat("9", n));
  day->add_people("5002");
  const Route route = RouteIn(d, Fault());
  EXPECT_EQ(Said(route), "tech 5002 ON_DUTY day");
  EXPECT_EQ(route.record.skipped_size(), kRouteSkipsMax);
  EXPECT_EQ(route.record.skipped_more(), 40u - kRouteSkipsMax);
}

TEST(RouteRecordTest, WaitsUntilSomebodyIsOnDuty) {
  Directory d = RoutingDirectory();
  EXPECT_FALSE(RouteIn(d, Fault(), Hours(10)).record.has_waits_until()) << "on call";
  DepartmentIn(&d, "tech")->clear_on_call_role();
  d.mutable_rosters()->RemoveLast();
  EXPECT_FALSE(RouteIn(d, Fault(), Hours(1)).record.has_waits_until());
  EXPECT_EQ(FromProto(RouteIn(d, Fault(), Hours(10)).record.waits_until()), At(Hours(24))) << "Tuesday, nine o'clock";
  EXPECT_EQ(FromProto(RouteIn(d, Fault(), Hours(24 * 5)).record.waits_until()), At(Hours(24 * 7))) << "Monday";
  // Who is not there is not waited for.
  auto* early = AddRoster(&d, "early", "tech", "duty", {"5009"}, "");
  early->set_time_zone("UTC");
  early->add_shifts()->set_weekday(2);
  early->mutable_shifts(0)->set_close_minute(8 * 60);
  EXPECT_EQ(FromProto(RouteIn(d, Fault(), Hours(10)).record.waits_until()), At(Hours(24)));
  early->set_people(0, "5001");
  EXPECT_EQ(FromProto(RouteIn(d, Fault(), Hours(10)).record.waits_until()), At(Hours(15))) << "Tuesday, midnight";
  // A department without rosters works by its calendar.
  d.clear_rosters();
  EXPECT_FALSE(RouteIn(d, Fault(), Hours(10)).record.has_waits_until());
  DepartmentIn(&d, "tech")->set_calendar(kOffice);
  EXPECT_EQ(FromProto(RouteIn(d, Fault(), Hours(10)).record.waits_until()), At(Hours(24)));
  EXPECT_FALSE(RouteIn(d, Fault(), Hours(1)).record.has_waits_until());
}

TEST(RouteRecordTest, ADutyRoleThatIsAskedForCountsBeforeTheRows) {
  const Directory d = RoutingDirectory();
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"", "climate"})), "tech 5001 ON_DUTY climate");
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"", "on-call"})), "tech 5001 ON_CALL nights");
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(10), {"", "climate"})), "tech 5001 ON_CALL nights");
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"", "nobody has it"})), "tech 5002 ON_DUTY day");
  // Of a department that is named only its own people.
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"tech", "climate"})), "tech 5001 ON_DUTY climate");
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"headless", "duty"})), "nobody");
  EXPECT_EQ(Said(RouteIn(d, Fault(), Hours(1), {"gone", "duty"})), "nobody");
}

// Whatever the directory is like: somebody who is there, of a department that he may sign for; the same again from the
// same, and a trace that names nobody twice for the same reason.
TEST(RouteRandomTest, LeadsToSomebodyWhoIsThere) {
  std::mt19937 random(3);
  const auto chance = [&](uint32_t of_100) { return random() % 100 < of_100; };
  size_t choices[5] = {};
  for (int round = 0; round < 4000; ++round) {
    Directory d = RoutingDirectory();
    for (const char* id : {"5001", "5002", "5003"}) {
      if (chance(30)) AgentIn(&d, id)->set_left(true);
      if (chance(30)) AgentIn(&d, id)->add_languages("zh");
      if (chance(30)) AgentIn(&d, id)->add_skills("lighting");
    }
    if (chance(30)) d.mutable_routing_rules(1)->add_skills("lighting");
    if (chance(40)) d.mutable_rosters(0)->set_calendar("");
    if (chance(40)) {
      DepartmentIn(&d, "tech")->clear_on_call_role();
      d.mutable_rosters()->RemoveLast();
    }
    if (chance(40)) DepartmentIn(&d, "tech")->add_deputies("5002");
    if (chance(40)) DepartmentIn(&d, "tech")->set_fallback_department("headless");
    v1::Ticket ticket = Fault(chance(50) ? "south" : "north");
    if (chance(30)) ticket.set_category("complaint");
    if (chance(30)) ticket.set_product("robot");
    if (chance(30)) ticket.mutable_card()->set_language("zh-CN");
    const absl::Duration at = Minutes(random() % (7 * 24 * 60));
    const Reference reference(d);
    const Route route = RouteOf(ticket, {}, reference, At(at));
    ASSERT_NE(route.department, nullptr) << "the warehouse's head is always there";
    const auto* agent = reference.agent(route.responsible);
    ASSERT_NE(agent, nullptr);
    EXPECT_FALSE(agent->left());
    const auto& posts = route.department->deputies();
    EXPECT_TRUE(agent->department() == route.department->id() || agent->id() == route.department->head() ||
                std::find(posts.begin(), posts.end(), agent->id()) != posts.end());
    EXPECT_EQ(route.record.SerializeAsString(), RouteOf(ticket, {}, reference, At(at)).record.SerializeAsString());
    const bool waits = route.record.has_waits_until();
    EXPECT_TRUE(!waits || FromProto(route.record.waits_until()) > At(at));
    auto skips = Skips(route);
    std::sort(skips.begin(), skips.end());
    EXPECT_EQ(std::adjacent_find(skips.begin(), skips.end()), skips.end());
    ++choices[route.record.choice()];
  }
  for (int choice = 1; choice < 5; ++choice) EXPECT_GT(choices[choice], 15u) << choice;
}

}  // namespace
}  // namespace shoujie::router
