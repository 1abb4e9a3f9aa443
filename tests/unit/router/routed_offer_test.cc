// Offers that are routed, what they leave on the ticket, and the account of where one would go.
#include <functional>

#include "services/router/domain/explain_routing.h"
#include "services/router/routing_query.h"
#include "tests/unit/router/routing_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using directory::v1::Directory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RoutedOfferTest : public testing::Test {
 protected:
  RoutedOfferTest() { desk_.Open().at(Hours(1)).by("1001"); }
  absl::Status Offer(const std::string& department = "", const std::string& duty_role = "",
                     const std::string& person = "") {
    v1::OfferHandoffRequest request;
    request.set_department(department);
    request.set_duty_role(duty_role);
    request.set_person(person);
    *request.mutable_deadline() = ToProto(At(Hours(24)));
    request.set_gist("please look at it");
    return desk_.Do(request);
  }
  // With everything by default to the technicians.
  static Directory ToTech() {
    Directory d = RoutingDirectory();
    d.mutable_policies()->set_default_department("tech");
    return d;
  }
  const v1::Handoff& handoff() { return *desk_.ticket().handoffs().rbegin(); }

  Desk desk_{ToTech()};
};

TEST_F(RoutedOfferTest, AnOfferWithoutADepartmentGoesWhereTheTableSays) {
  ASSERT_EQ(Offer(), absl::OkStatus());
  EXPECT_EQ(handoff().department(), "tech");
  EXPECT_EQ(handoff().responsible(), "5002");
  EXPECT_EQ(handoff().person(), "") << "nobody asked for him";
  EXPECT_EQ(handoff().routing().by(), v1::ROUTED_BY_DEFAULT);
  EXPECT_EQ(handoff().routing().roster(), "day");
  EXPECT_EQ(handoff().routing().directory_version(), 7u);
  EXPECT_EQ(FromProto(handoff().routing().at()), At(Hours(1)));
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_EQ(desk_.row().department(), "tech");
  ASSERT_EQ(desk_.events().size(), 1u);
  EXPECT_EQ(desk_.events()[0].handoff_offered().routing().SerializeAsString(), handoff().routing().SerializeAsString());
  EXPECT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
}

TEST_F(RoutedOfferTest, WhatWasDecidedStaysWhateverIsPublishedLater) {
  ASSERT_EQ(Offer(), absl::OkStatus());
  const std::string before = handoff().SerializeAsString();
  Directory later = ToTech();
  later.set_version(8);
  later.mutable_policies()->set_default_department("warehouse");
  desk_.Publish(later);
  v1::AddNoteRequest note;
  note.set_text("asked again");
  ASSERT_EQ(desk_.Do(note), absl::OkStatus());
  EXPECT_EQ(handoff().SerializeAsString(), before);
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(Offer(), absl::OkStatus());
  EXPECT_EQ(handoff().department(), "warehouse");
  EXPECT_EQ(handoff().routing().directory_version(), 8u);
}

TEST_F(RoutedOfferTest, AfterHoursItIsOnCallOrWaits) {
  ASSERT_EQ((desk_.at(Hours(12)), Offer()), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001");
  EXPECT_EQ(handoff().routing().choice(), v1::DUTY_CHOICE_ON_CALL);
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  Directory d = ToTech();
  DepartmentIn(&d, "tech")->clear_on_call_role();
  d.mutable_rosters()->RemoveLast();
  desk_.Publish(d);
  ASSERT_EQ(Offer(), absl::OkStatus());
  EXPECT_EQ(handoff().routing().choice(), v1::DUTY_CHOICE_HEAD);
  EXPECT_EQ(FromProto(handoff().routing().waits_until()), At(Hours(24)));
}

TEST_F(RoutedOfferTest, ANamedDepartmentsDutyRoleIsWhoeverIsOnDuty) {
  ASSERT_EQ(Offer("tech", "climate"), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001");
  EXPECT_EQ(handoff().duty_role(), "climate");
  EXPECT_EQ(handoff().routing().by(), v1::ROUTED_BY_OFFER);
  EXPECT_EQ(handoff().routing().roster(), "climate");
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  // As ever: without such a roster, without a role, with a person.
  ASSERT_EQ(Offer("warehouse", "climate"), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5100");
  EXPECT_FALSE(handoff().has_routing());
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(Offer("tech"), absl::OkStatus());
  EXPECT_EQ(handoff().responsible(), "5001") << "the head";
  EXPECT_FALSE(handoff().has_routing());
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(Offer("tech", "", "5002"), absl::OkStatus());
  EXPECT_FALSE(handoff().has_routing());
}

TEST_F(RoutedOfferTest, BeforeTheFeatureIsEnabledADutyRoleIsAName) {
  Directory d = ToTech();
  d.clear_features();
  desk_.Publish(d);
  ASSERT_EQ(Offer("tech", "climate"), absl::OkStatus());
  EXPECT_FALSE(handoff().has_routing());
  EXPECT_EQ(handoff().responsible(), "5001");
}

TEST_F(RoutedOfferTest, WhatCannotBeRoutedSaysWhatToDo) {
  EXPECT_THAT(Offer("", "", "5002"), RefusedWith("DEPARTMENT_MISSING")) << "a person of which department?";
  EXPECT_THAT(Offer("", std::string(65, 'x')), RefusedWith("DUTY_ROLE_TOO_LONG"));
  Directory d = ToTech();
  d.clear_routing_rules();
  d.mutable_policies()->clear_default_department();
  desk_.Publish(d);
  EXPECT_THAT(Offer(), RefusedWith("DEPARTMENT_MISSING"));
  d.mutable_policies()->set_default_department("headless");
  desk_.Publish(d);
  const absl::Status nobody = Offer();
  EXPECT_THAT(nobody, RefusedWith("ROUTE_TO_NOBODY"));
  const auto detail = DetailOf(nobody);
  EXPECT_TRUE(std::any_of(detail.metadata().begin(), detail.metadata().end(),
                          [](const auto& entry) { return entry.key() == "head" && entry.value() == "9000"; }));
  EXPECT_TRUE(desk_.ticket().handoffs().empty());
  EXPECT_THAT(desk_.by("1002").Do(v1::OfferHandoffRequest()), RefusedWith("NOT_OWNER_OR_LEADER"));
}

TEST_F(RoutedOfferTest, TheProofFindsAHandoffThatWasRoutedToNobody) {
  ASSERT_EQ(Offer(), absl::OkStatus());
  v1::Ticket ticket = desk_.ticket();
  ASSERT_EQ(CheckTicket(ticket, At(Hours(2))), absl::OkStatus());
  ticket.mutable_handoffs(0)->clear_responsible();
  EXPECT_THAT(std::string(CheckTicket(ticket, At(Hours(2))).message()), HasSubstr("hand-off 1 was routed to nobody"));
  ticket.mutable_handoffs(0)->set_responsible("5002");
  ticket.mutable_handoffs(0)->mutable_routing()->clear_choice();
  EXPECT_THAT(std::string(CheckTicket(ticket, At(Hours(2))).message()), HasSubstr("hand-off 1 was routed to nobody"));
}

// --------------------------------------------------------------------------------------------------------- account

std::vector<std::string> Told(const std::vector<v1::RouteLine>& lines) {
  std::vector<std::string> told;
  for (const auto& line : lines) {
    EXPECT_FALSE(line.en().empty() || line.zh().empty()) << line.DebugString();
    EXPECT_EQ(line.directory_version(), 7u);
    const char* matcher = line.mismatch() == 0 ? "" : v1::RouteMatcher_Name(line.mismatch()).c_str() + 14;
    told.push_back(absl::StrCat(v1::RouteLineKind_Name(line.what()).substr(16), " ", line.rule(), matcher,
                                line.roster().empty() ? "" : "@", line.roster(), " ", line.department(), " ",
                                line.person()));
  }
  return told;
}

TEST(ExplainRouteTest, TellsRowByRowAndThenWho) {
  Directory d = RoutingDirectory();
  v1::Ticket ticket = Fault();
  EXPECT_THAT(Told(ExplainRoute(ticket, "", Reference(d), At(Hours(1)))),
              ElementsAre("PASSED southSITES  ", "TAKEN fault tech ", "CHOSEN fault@day tech 5002"));
  ticket.set_category("complaint");
  EXPECT_THAT(Told(ExplainRoute(ticket, "", Reference(d), At(Hours(1)))),
              ElementsAre("PASSED southCATEGORIES  ", "PASSED faultCATEGORIES  ", "PASSED nightHOURS  ",
                          "TAKEN complaint warehouse ", "CHOSEN complaint warehouse 5100"));
  ticket.clear_category();
  EXPECT_THAT(Told(ExplainRoute(ticket, "", Reference(d), At(Hours(1)))),
              ElementsAre("PASSED southCATEGORIES  ", "PASSED faultCATEGORIES  ", "PASSED nightCATEGORIES  ",
                          "PASSED complaintCATEGORIES  ", "DEFAULT  warehouse ", "CHOSEN  warehouse 5100"));
}

TEST(ExplainRouteTest, TellsWhoIsPassedOverAndUntilWhenItWaits) {
  Directory d = RoutingDirectory();
  DepartmentIn(&d, "tech")->clear_on_call_role();
  d.mutable_rosters()->RemoveLast();
  const auto lines = ExplainRoute(Fault(), "", Reference(d), At(Hours(10)));
  EXPECT_THAT(Told(lines), ElementsAre("PASSED southSITES  ", "TAKEN fault tech ", "SKIPPED @day tech ",
                                       "SKIPPED @climate tech ", "CHOSEN fault tech 5001", "WAITS  tech "));
  EXPECT_EQ(lines[4].choice(), v1::DUTY_CHOICE_HEAD);
  EXPECT_EQ(FromProto(lines[5].until()), At(Hours(24)));
  EXPECT_THAT(lines[5].en(), HasSubstr("2026-03-03T09:00:00Z"));

  d.clear_rosters();
  for (const char* id : {"5001", "5003", "5100"}) AgentIn(&d, id)->set_left(true);
  const auto nobody = ExplainRoute(Fault(), "", Reference(d), At(Hours(10)));
  EXPECT_EQ(nobody.back().what(), v1::ROUTE_LINE_KIND_NOBODY);
  EXPECT_EQ(nobody.back().person(), "9000") << "the centre's head decides";
  EXPECT_EQ(ExplainRoute(Fault(), "", Reference(Directory()), At(Hours(1))).back().what(), v1::ROUTE_LINE_KIND_NOBODY);
}

class NoRows : public RowReader {
 public:
  void Scan(absl::string_view, absl::string_view,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>&) const override {}
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
  std::vector<uint32_t> Lagging() const override { return {}; }
};

TEST(ExplainRoutingTest, AsksTheVersionAndTheInstantThatAreGiven) {
  const Principal principal;
  const NoRows rows;
  const Reference newest(RoutingDirectory(8));
  Directory old = RoutingDirectory(7);
  old.clear_routing_rules();
  QueryContext context{principal, newest, At(Hours(1)), rows, nullptr, nullptr};
  context.get = [](absl::string_view name, google::protobuf::Message* state) -> absl::Status {
    if (name != kName) return NotFound("RESOURCE_NOT_FOUND", "Look for another one.", "请查找其他工单。");
    state->CopyFrom(Fault());
    return absl::OkStatus();
  };
  context.reference_of = [&](uint64_t version) -> absl::StatusOr<std::shared_ptr<const Reference>> {
    if (version != 7) return NotFound("DIRECTORY_VERSION_UNKNOWN", "Name another one.", "请填写其他版本。");
    return std::make_shared<const Reference>(old);
  };
  const auto last = [&](const v1::ExplainRoutingRequest& request) -> absl::StatusOr<v1::RouteLine> {
    v1::ExplainRoutingResponse response;
    if (auto status = ExplainRouting(request, &response, context); !status.ok()) return status;
    return *response.lines().rbegin();
  };
  v1::ExplainRoutingRequest request;
  EXPECT_THAT(last(request).status(), RefusedWith("RESOURCE_NOT_FOUND"));
  request.set_name(kName);
  EXPECT_EQ(last(request)->person(), "5002");
  EXPECT_EQ(last(request)->directory_version(), 8u);
  *request.mutable_at() = ToProto(At(Hours(12)));
  EXPECT_EQ(last(request)->choice(), v1::DUTY_CHOICE_ON_CALL);
  request.mutable_at()->set_nanos(-1);
  EXPECT_THAT(last(request).status(), RefusedWith("INSTANT"));
  request.clear_at();
  request.set_duty_role("climate");
  EXPECT_EQ(last(request)->roster(), "climate");
  request.set_as_version(7);
  EXPECT_EQ(last(request)->department(), "warehouse") << "that version had no table";
  EXPECT_EQ(last(request)->directory_version(), 7u);
  request.set_as_version(99);
  EXPECT_THAT(last(request).status(), RefusedWith("DIRECTORY_VERSION_UNKNOWN"));
}

}  // namespace
}  // namespace shoujie::router
