// Who of several on duty gets it (F078): by what they have in hand of what they may, by who is there; what is recorded,
// proved and explained of it, and what the lists count.
#include <random>

#include "absl/strings/ascii.h"
#include "services/router/domain/explain_routing.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/routing.h"
#include "tests/unit/router/routing_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using directory::v1::Directory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace in = interaction::v1;

struct Load {
  const char* person;
  uint32_t in_hand = 0;
  in::PresenceState presence = in::PRESENCE_STATE_UNSPECIFIED;
};
v1::RouteLoads LoadsOf(const std::vector<Load>& all) {
  v1::RouteLoads loads;
  if (all.empty()) return loads;
  *loads.mutable_counted_at() = ToProto(At(Minutes(59)));
  loads.set_lagging_partitions(2);
  for (const Load& one : all) {
    auto& load = *loads.add_members();
    load.set_person(one.person);
    load.set_in_hand(one.in_hand);
    load.set_presence(one.presence);
  }
  return loads;
}

// Technicians may have three at once.
Directory BoundDirectory() {
  Directory d = RoutingDirectory();
  DepartmentIn(&d, "tech")->set_member_capacity(3);
  return d;
}
void BindEverybody(Directory* d) {
  AgentIn(d, "5001")->set_capacity(3);
  for (const char* id : {"5100", "5003"}) AgentIn(d, id)->set_capacity(1);
}
void NoChange(Directory*, v1::Ticket*) {}

struct LoadCase {
  const char* what;
  void (*change)(Directory* d, v1::Ticket* ticket);
  std::vector<Load> loads;
  absl::Duration at;  // since Monday, nine o'clock
  const char* said;
  std::vector<std::string> skips;
};
class LoadTest : public testing::TestWithParam<LoadCase> {};

TEST_P(LoadTest, LeadsThere) {
  const LoadCase& given = GetParam();
  Directory d = BoundDirectory();
  v1::Ticket ticket = Fault();
  given.change(&d, &ticket);
  const Reference reference(d);
  const v1::RouteLoads loads = LoadsOf(given.loads);
  const Route route = RouteOf(ticket, {}, reference, At(given.at), loads);
  EXPECT_EQ(Said(route), given.said);
  EXPECT_EQ(Skips(route), given.skips);
  EXPECT_EQ(route.record.has_loads(), !given.loads.empty());
  // The record is enough to come to it again.
  const Route again = RouteOf(ticket, {}, reference, At(given.at), route.record.loads());
  EXPECT_EQ(again.record.SerializeAsString(), route.record.SerializeAsString());
  EXPECT_EQ(again.responsible, route.responsible);
}

const LoadCase kLoadCases[] = {
    {"nothing is known: by rank", NoChange, {}, Hours(1), "tech 5002 ON_DUTY day", {}},
    {"the same part: by rank", NoChange, {{"5002", 1}, {"5001", 1}}, Hours(1), "tech 5002 ON_DUTY day", {}},
    {"the smaller part",
     NoChange,
     {{"5002", 2}, {"5001", 1}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"LOADED tech day 5002"}},
    {"of what he may have, not of what others have",
     [](Directory* d, v1::Ticket*) { AgentIn(d, "5002")->set_capacity(10); },
     {{"5002", 4}, {"5001", 2}},
     Hours(1),
     "tech 5002 ON_DUTY day",
     {}},
    {"one short of it", NoChange, {{"5002", 2}, {"5001", 2}}, Hours(1), "tech 5002 ON_DUTY day", {}},
    {"who is full is passed over",
     NoChange,
     {{"5002", 3}, {"5001", 2}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"FULL tech day 5002"}},
    {"his own number counts before the departments",
     [](Directory* d, v1::Ticket*) { AgentIn(d, "5002")->set_capacity(1); },
     {{"5002", 1}, {"5001", 2}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"FULL tech day 5002"}},
    {"who is not counted has nothing that is known",
     NoChange,
     {{"5002", 1}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"LOADED tech day 5002"}},
    {"without capacities rank counts, whatever they have",
     [](Directory* d, v1::Ticket*) { DepartmentIn(d, "tech")->clear_member_capacity(); },
     {{"5002", 50}, {"5001", 0}},
     Hours(1),
     "tech 5002 ON_DUTY day",
     {}},
    {"who has no bound counts as having nothing",
     [](Directory* d, v1::Ticket*) {
       DepartmentIn(d, "tech")->clear_member_capacity();
       AgentIn(d, "5002")->set_capacity(5);
     },
     {{"5002", 1}, {"5001", 9}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"LOADED tech day 5002"}},
    {"to be understood is more than a small part",
     [](Directory* d, v1::Ticket* t) {
       t->mutable_card()->set_language("zh");
       AgentIn(d, "5002")->add_languages("zh");
     },
     {{"5002", 2}, {"5001", 0}},
     Hours(1),
     "tech 5002 ON_DUTY day",
     {}},
    {"but who is full does not take it for his languages",
     [](Directory* d, v1::Ticket* t) {
       t->mutable_card()->set_language("zh");
       AgentIn(d, "5002")->add_languages("zh");
     },
     {{"5002", 3}, {"5001", 0}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"FULL tech day 5002"}},
    {"who is away is passed over",
     NoChange,
     {{"5002", 0, in::PRESENCE_STATE_AWAY}, {"5001", 2}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"ABSENT tech day 5002"}},
    {"who is busy is there",
     NoChange,
     {{"5002", 0, in::PRESENCE_STATE_BUSY}, {"5001", 0, in::PRESENCE_STATE_AVAILABLE}},
     Hours(1),
     "tech 5002 ON_DUTY day",
     {}},
    {"all on duty are away: on call",
     NoChange,
     {{"5002", 0, in::PRESENCE_STATE_BREAK}, {"5001", 0, in::PRESENCE_STATE_OFFLINE}},
     Hours(1),
     "tech 5001 ON_CALL nights",
     {"ABSENT tech day 5002", "ABSENT tech day 5001", "ABSENT tech climate 5001"}},
    {"on call nobody has to be at his desk",
     NoChange,
     {{"5001", 0, in::PRESENCE_STATE_OFFLINE}, {"5002", 1}},
     Hours(10),
     "tech 5001 ON_CALL nights",
     {"OFF_DUTY tech day ", "OFF_DUTY tech climate "}},
    {"on call by load too",
     NoChange,
     {{"5001", 2}, {"5002", 1}},
     Hours(10),
     "tech 5002 ON_CALL nights",
     {"OFF_DUTY tech day ", "OFF_DUTY tech climate ", "LOADED tech nights 5001"}},
    {"all are full: the head, whom the members number does not bind",
     NoChange,
     {{"5002", 3}, {"5001", 3}},
     Hours(1),
     "tech 5001 HEAD ",
     {"FULL tech day 5002", "FULL tech day 5001", "FULL tech climate 5001", "FULL tech nights 5001",
      "FULL tech nights 5002"}},
    {"the head is full too: the next department",
     [](Directory* d, v1::Ticket*) { AgentIn(d, "5001")->set_capacity(3); },
     {{"5002", 3}, {"5001", 3}},
     Hours(1),
     "warehouse 5100 HEAD ",
     {"FULL tech day 5002", "FULL tech day 5001", "FULL tech climate 5001", "FULL tech nights 5001",
      "FULL tech nights 5002", "FULL tech  5001", "FULL tech  "}},
    {"its head is full: its deputy",
     [](Directory* d, v1::Ticket*) { BindEverybody(d); },
     {{"5002", 3}, {"5001", 3}, {"5100", 1}, {"5003", 0}},
     Hours(1),
     "warehouse 5003 DEPUTY ",
     {"FULL tech day 5002", "FULL tech day 5001", "FULL tech climate 5001", "FULL tech nights 5001",
      "FULL tech nights 5002", "FULL tech  5001", "FULL tech  ", "FULL warehouse  5100"}},
    {"all of all are full: the least loaded one of the first department takes it",
     [](Directory* d, v1::Ticket*) { BindEverybody(d); },
     {{"5002", 5}, {"5001", 4}, {"5100", 1}, {"5003", 1}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"FULL tech day 5002", "FULL tech day 5001", "FULL tech climate 5001", "FULL tech nights 5001",
      "FULL tech nights 5002", "FULL tech  5001", "FULL tech  ", "FULL warehouse  5100", "FULL warehouse  5003",
      "FULL warehouse  "}},
    {"as a last resort who is there comes before who is away",
     [](Directory* d, v1::Ticket*) { BindEverybody(d); },
     {{"5002", 3, in::PRESENCE_STATE_AVAILABLE}, {"5001", 3, in::PRESENCE_STATE_AWAY}, {"5100", 1}, {"5003", 1}},
     Hours(1),
     "tech 5002 ON_DUTY day",
     {"FULL tech day 5002", "ABSENT tech day 5001", "ABSENT tech climate 5001", "FULL tech nights 5001",
      "FULL tech nights 5002", "FULL tech  5001", "FULL tech  ", "FULL warehouse  5100", "FULL warehouse  5003",
      "FULL warehouse  "}},
    {"whoever has left is not asked",
     [](Directory* d, v1::Ticket*) { AgentIn(d, "5002")->set_left(true); },
     {{"5002", 0}, {"5001", 2}},
     Hours(1),
     "tech 5001 ON_DUTY day",
     {"LEFT tech day 5002"}},
};
INSTANTIATE_TEST_SUITE_P(All, LoadTest, testing::ValuesIn(kLoadCases), [](const auto& param) {
  std::string name = param.param.what;
  for (char& c : name) c = absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(LoadRecordTest, KeepsWhatWasLookedAtAndSaysThatAllWereFull) {
  Directory d = BoundDirectory();
  BindEverybody(&d);
  const Reference reference(d);
  const auto all = LoadsOf({{"5002", 5}, {"5001", 4}, {"5100", 1}, {"5003", 1}, {"9000", 7}});
  const Route route = RouteOf(Fault(), {}, reference, At(Hours(1)), all);
  EXPECT_TRUE(route.record.although_full());
  EXPECT_FALSE(route.record.although_absent());
  const auto& loads = route.record.loads();
  EXPECT_EQ(FromProto(loads.counted_at()), At(Minutes(59)));
  EXPECT_EQ(loads.lagging_partitions(), 2u);
  std::vector<std::string> looked_at;
  for (const auto& load : loads.members()) {
    looked_at.push_back(absl::StrCat(load.person(), " ", load.in_hand(), "/", load.capacity()));
  }
  EXPECT_THAT(looked_at, ElementsAre("5002 5/3", "5001 4/3", "5100 1/1", "5003 1/1")) << "each once, in order";

  // The head in both his places: on the roster he is bound, as the head he is not.
  const Reference unbound(BoundDirectory());
  const Route by_head = RouteOf(Fault(), {}, unbound, At(Hours(1)), LoadsOf({{"5002", 3}, {"5001", 3}}));
  EXPECT_FALSE(by_head.record.although_full());
  ASSERT_EQ(by_head.record.loads().members_size(), 3);
  EXPECT_EQ(by_head.record.loads().members(2).person(), "5001");
  EXPECT_EQ(by_head.record.loads().members(2).capacity(), 0u);
  EXPECT_FALSE(by_head.record.has_waits_until()) << "somebody is on duty";
}

TEST(LoadRecordTest, SaysThatEverybodyWasAway) {
  Directory d = BoundDirectory();
  DepartmentIn(&d, "tech")->clear_on_call_role();
  DepartmentIn(&d, "tech")->clear_head();
  d.mutable_rosters()->RemoveLast();
  const Reference reference(d);
  const auto away = LoadsOf({{"5002", 0, in::PRESENCE_STATE_AWAY}, {"5001", 0, in::PRESENCE_STATE_AWAY}});
  const Route route = RouteOf(Fault(), {"tech", "duty"}, reference, At(Hours(1)), away);
  EXPECT_EQ(Said(route), "tech 5002 ON_DUTY day") << "of a named department nobody else can take it";
  EXPECT_TRUE(route.record.although_absent());
  EXPECT_FALSE(route.record.although_full());
}

TEST(LoadRecordTest, LooksAtNoMoreThanSoManyPeople) {
  v1::RouteLoads loads = LoadsOf({{"5002", 3}});
  for (size_t n = 1; n < kRouteLoadsMax; ++n) loads.add_members()->set_person(absl::StrCat("9", n));
  auto& beyond = *loads.add_members();
  beyond.set_person("5001");
  beyond.set_in_hand(3);
  const Reference reference(BoundDirectory());
  const Route route = RouteOf(Fault(), {}, reference, At(Hours(1)), loads);
  EXPECT_EQ(Said(route), "tech 5001 ON_DUTY day") << "not known to be full";
  EXPECT_EQ(route.record.loads().members_size(), 1);
}

// Whatever the loads are like: somebody gets it, nobody who is full while another one could, and the record is enough.
TEST(LoadRandomTest, NobodyWhoIsFullGetsItWhileAnotherOneCould) {
  std::mt19937 random(5);
  const auto chance = [&](uint32_t of_100) { return random() % 100 < of_100; };
  size_t full = 0, absent = 0, loaded = 0;
  for (int round = 0; round < 6000; ++round) {
    Directory d = RoutingDirectory();
    std::vector<Load> all;
    for (const char* id : {"5001", "5002", "5003", "5100"}) {
      if (chance(75)) AgentIn(&d, id)->set_capacity(1 + random() % 4);
      if (chance(15) && id != std::string("5100")) AgentIn(&d, id)->set_left(true);
      const auto presence = chance(40) ? in::PRESENCE_STATE_AWAY : in::PRESENCE_STATE_UNSPECIFIED;
      if (chance(90)) all.push_back({id, static_cast<uint32_t>(random() % 6), presence});
    }
    if (chance(60)) DepartmentIn(&d, "tech")->set_member_capacity(1 + random() % 4);
    if (chance(40)) {
      DepartmentIn(&d, "tech")->clear_on_call_role();
      d.mutable_rosters()->RemoveLast();
    }
    if (chance(40)) DepartmentIn(&d, "tech")->add_deputies("5002");
    const absl::Time at = At(Minutes(random() % (7 * 24 * 60)));
    const Reference reference(d);
    const Route route = RouteOf(Fault(), {}, reference, at, LoadsOf(all));
    ASSERT_NE(route.department, nullptr);
    ASSERT_NE(reference.agent(route.responsible), nullptr);
    for (const auto& load : route.record.loads().members()) {
      const bool is_full = load.capacity() > 0 && load.in_hand() >= load.capacity();
      const bool could = !is_full && !IsAway(load.presence()) && load.person() != route.responsible;
      EXPECT_FALSE(route.record.although_full() && could) << route.record.DebugString();
    }
    const Route again = RouteOf(Fault(), {}, reference, at, route.record.loads());
    EXPECT_EQ(again.record.SerializeAsString(), route.record.SerializeAsString());
    auto skips = Skips(route);
    for (const auto& skip : route.record.skipped()) loaded += skip.reason() == v1::SKIP_REASON_LOADED;
    std::sort(skips.begin(), skips.end());
    EXPECT_EQ(std::adjacent_find(skips.begin(), skips.end()), skips.end());
    full += route.record.although_full();
    absent += route.record.although_absent();
  }
  EXPECT_GT(full, 15u);
  EXPECT_GT(absent, 0u);
  EXPECT_GT(loaded, 100u);
}

// ------------------------------------------------------------------------------------------------------------ offers

class LoadedOfferTest : public testing::Test {
 protected:
  LoadedOfferTest() { desk_.Open().at(Hours(1)).by("1001"); }
  absl::Status Offer(const std::vector<Load>& loads, const std::string& department = "", const std::string& role = "") {
    v1::OfferHandoffRequest request;
    request.set_department(department);
    request.set_duty_role(role);
    *request.mutable_deadline() = ToProto(At(Hours(24)));
    request.set_gist("please look at it");
    *request.mutable_loads() = LoadsOf(loads);
    return desk_.Do(request);
  }
  static Directory ToTech() {
    Directory d = BoundDirectory();
    d.mutable_policies()->set_default_department("tech");
    return d;
  }
  const v1::Handoff& handoff() { return *desk_.ticket().handoffs().rbegin(); }

  Desk desk_{ToTech()};
};

TEST_F(LoadedOfferTest, GoesToWhoHasLessAndTheRecordStandsOnTheTicket) {
  ASSERT_EQ(Offer({{"5002", 2}, {"5001", 0}}), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001");
  ASSERT_EQ(handoff().routing().loads().members_size(), 2);
  EXPECT_EQ(handoff().routing().loads().members(0).in_hand(), 2u);
  EXPECT_EQ(handoff().routing().loads().members(0).capacity(), 3u);
  EXPECT_EQ(desk_.events()[0].handoff_offered().routing().SerializeAsString(), handoff().routing().SerializeAsString());
}

TEST_F(LoadedOfferTest, ByARosterOfANamedDepartmentToo) {
  ASSERT_EQ(Offer({{"5002", 3}, {"5001", 0}}, "tech", "duty"), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001");
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(Offer({{"5001", 9}}, "tech"), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001") << "without a role it is the head's, as ever";
  EXPECT_FALSE(handoff().has_routing());
}

TEST_F(LoadedOfferTest, RowsSayWhoHasItInHandUntilItIsOver) {
  const auto has = [&](const std::string& person) {
    return testing::Value(IndexKeys(desk_.row()), Contains(testing::StartsWith("hand/" + person + "/")));
  };
  EXPECT_EQ(desk_.row().in_hand_of(), "");
  ASSERT_EQ(Offer({}), absl::OkStatus());
  EXPECT_TRUE(has("5002")) << "offered to him";
  v1::SignHandoffRequest sign;
  sign.set_handler("5001");
  ASSERT_EQ(desk_.by("5001").Do(sign), absl::OkStatus());
  EXPECT_TRUE(has("5001")) << "who signed for it";
  EXPECT_FALSE(has("5002"));
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  EXPECT_EQ(desk_.row().in_hand_of(), "");
  EXPECT_THAT(IndexKeys(desk_.row()), Not(Contains(testing::StartsWith("hand/"))));
  // However it ends.
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  EXPECT_TRUE(has("5100")) << "also where no roster decided";
  v1::RefuseHandoffRequest refuse;
  refuse.set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
  refuse.set_evidence("not our part");
  ASSERT_EQ(desk_.by("5100").Do(refuse), absl::OkStatus());
  EXPECT_EQ(desk_.row().in_hand_of(), "");
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  EXPECT_EQ(desk_.row().in_hand_of(), "");
}

TEST_F(LoadedOfferTest, TheProofFindsWhatWentToSomebodyWhoWasFull) {
  ASSERT_EQ(Offer({{"5002", 3}, {"5001", 0}}), absl::OkStatus());
  v1::Ticket ticket = desk_.ticket();
  ASSERT_EQ(CheckTicket(ticket, At(Hours(2))), absl::OkStatus());
  auto* handoff = ticket.mutable_handoffs(0);
  handoff->set_responsible("5002");
  const auto found = [&] { return std::string(CheckTicket(ticket, At(Hours(2))).message()); };
  EXPECT_THAT(found(), HasSubstr("hand-off 1 went to somebody who was full"));
  handoff->mutable_routing()->set_although_full(true);
  EXPECT_THAT(found(), HasSubstr("hand-off 1 went to somebody who was full")) << "the other one could";
  handoff->mutable_routing()->mutable_loads()->mutable_members(1)->set_in_hand(3);
  EXPECT_EQ(found(), "");
}

// ----------------------------------------------------------------------------------------------------------- account

TEST(ExplainLoadTest, TellsWhoHasWhatAndWhyItIsHim) {
  const Reference reference(BoundDirectory());
  const auto lines = ExplainRoute(Fault(), "", reference, At(Hours(1)),
                                  LoadsOf({{"5002", 2}, {"5001", 1, in::PRESENCE_STATE_AVAILABLE}}));
  const auto& passed = lines[lines.size() - 2];
  EXPECT_EQ(passed.reason(), v1::SKIP_REASON_LOADED);
  EXPECT_EQ(passed.in_hand(), 2u);
  EXPECT_EQ(passed.capacity(), 3u);
  EXPECT_THAT(passed.en(), HasSubstr("agent 5002 has 2 of 3 in hand"));
  EXPECT_THAT(passed.zh(), HasSubstr("工号 5002 在办 2 件（上限 3 件）"));
  const auto& chosen = lines.back();
  EXPECT_EQ(chosen.person(), "5001");
  EXPECT_EQ(chosen.in_hand(), 1u);
  EXPECT_EQ(chosen.presence(), in::PRESENCE_STATE_AVAILABLE);
  EXPECT_THAT(chosen.en(), HasSubstr("the least loaded one on duty, with 1 of 3 in hand"));
  EXPECT_THAT(chosen.zh(), HasSubstr("值班人员中负荷最低，在办 1 件（上限 3 件）"));
}

TEST(ExplainLoadTest, TellsWhoIsFullOrAwayAndThatSomebodyHasToTakeIt) {
  Directory d = BoundDirectory();
  BindEverybody(&d);
  const auto lines =
      ExplainRoute(Fault(), "", Reference(d), At(Hours(1)),
                   LoadsOf({{"5002", 5, in::PRESENCE_STATE_AWAY}, {"5001", 4}, {"5100", 1}, {"5003", 1}}));
  std::vector<std::string> en;
  for (const auto& line : lines) {
    EXPECT_FALSE(line.en().empty() || line.zh().empty()) << line.DebugString();
    en.push_back(line.en());
  }
  EXPECT_THAT(en, Contains("agent 5002 is on duty and has said that he is away"));
  EXPECT_THAT(en, Contains("agent 5001 has as much in hand as he may: 4 of 3 in hand"));
  EXPECT_THAT(en, Contains("whoever of department tech is there has as much in hand as he may"));
  const auto& chosen = lines.back();
  EXPECT_EQ(chosen.person(), "5001");
  EXPECT_TRUE(chosen.although_full());
  EXPECT_FALSE(chosen.although_absent());
  EXPECT_THAT(chosen.en(), HasSubstr("nobody down to the last department can take more, and somebody has to"));
  EXPECT_THAT(chosen.zh(), HasSubstr("各级部门均已满额，仍须有人承接"));
  EXPECT_FALSE(chosen.has_until());
}

}  // namespace
}  // namespace shoujie::router
