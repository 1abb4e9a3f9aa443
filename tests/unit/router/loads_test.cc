// What an offer is told of people's loads on its way to the shard: counted from rows of tickets and presences, and from
// nothing else.
#include "services/router/loads.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "services/router/domain/limits.h"
#include "services/router/queries.h"
#include "services/router/routing_query.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "tests/unit/router/fake_rows.h"
#include "tests/unit/router/routing_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using directory::v1::Directory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace in = interaction::v1;

class Presences : public RowReader {
 public:
  void Set(const std::string& agent, in::PresenceState state, std::optional<absl::Time> until = std::nullopt) {
    in::PresenceRow& row = rows_["presences/" + agent];
    row.set_name("presences/" + agent);
    row.set_agent(agent);
    row.set_state(state);
    row.clear_until();
    if (until) *row.mutable_until() = ToProto(*until);
  }
  void Scan(absl::string_view, absl::string_view,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>&) const override {}
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view name) const override {
    const auto found = rows_.find(std::string(name));
    return found == rows_.end() ? nullptr : std::make_unique<in::PresenceRow>(found->second);
  }
  std::vector<uint32_t> Lagging() const override { return {}; }

 private:
  std::map<std::string, in::PresenceRow> rows_;
};

class LoadsTest : public testing::Test {
 protected:
  LoadsTest() : directory_(RoutingDirectory()) { DepartmentIn(&directory_, "tech")->set_member_capacity(3); }

  void Has(const std::string& person, int open) {
    for (int n = 0; n < open; ++n) {
      v1::TicketRow row;
      row.set_name(absl::StrCat("tickets/", ++tickets_made_));
      row.set_in_hand_of(person);
      tickets_.Put(row);
    }
  }
  RowsOf Rows() {
    return [this](absl::string_view service) -> const RowReader* {
      if (service == "router") return lists_tickets_ ? &tickets_ : nullptr;
      return service == "interaction" && lists_presences_ ? &presences_ : nullptr;
    };
  }
  std::vector<std::string> Told(v1::OfferHandoffRequest request) {
    const Reference reference(directory_);
    AddLoads(HintContext{reference, At(Hours(1)), Rows()}, &request);
    told_ = request.loads();
    std::vector<std::string> all;
    for (const auto& load : told_.members()) {
      all.push_back(
          absl::StrCat(load.person(), " ", load.in_hand(), " ", in::PresenceState_Name(load.presence()).substr(15)));
    }
    EXPECT_EQ(told_.has_counted_at(), !all.empty());
    return all;
  }
  static v1::OfferHandoffRequest To(const std::string& department, const std::string& role = "",
                                    const std::string& person = "") {
    v1::OfferHandoffRequest request;
    request.set_department(department);
    request.set_duty_role(role);
    request.set_person(person);
    return request;
  }

  Directory directory_;
  FakeRows tickets_{{3, 5}};
  Presences presences_;
  bool lists_tickets_ = true, lists_presences_ = true;
  int tickets_made_ = 0;
  v1::RouteLoads told_;
};

TEST_F(LoadsTest, CountsTheOpenHandoffsOfThoseWhoAreBound) {
  Has("5002", 2);
  Has("50021", 4);  // somebody else, whose number begins like his
  Has("5001", 0);
  EXPECT_THAT(Told(To("")), ElementsAre("5002 2 UNSPECIFIED", "5001 0 UNSPECIFIED"));
  EXPECT_EQ(FromProto(told_.counted_at()), At(Hours(1)));
  EXPECT_EQ(told_.lagging_partitions(), 2u);
  // A post counts where its holder has a number of his own.
  Has("5100", 1);
  AgentIn(&directory_, "5100")->set_capacity(2);
  EXPECT_THAT(Told(To("")), ElementsAre("5002 2 UNSPECIFIED", "5001 0 UNSPECIFIED", "5100 1 UNSPECIFIED"));
  // Of a department that is named only its own.
  EXPECT_THAT(Told(To("tech", "duty")), ElementsAre("5002 2 UNSPECIFIED", "5001 0 UNSPECIFIED"));
  EXPECT_THAT(Told(To("warehouse", "duty")), ElementsAre("5100 1 UNSPECIFIED"));
}

TEST_F(LoadsTest, WhereNobodyIsBoundNothingIsCounted) {
  DepartmentIn(&directory_, "tech")->clear_member_capacity();
  Has("5002", 2);
  EXPECT_THAT(Told(To("")), IsEmpty());
  presences_.Set("5002", in::PRESENCE_STATE_BUSY);
  EXPECT_THAT(Told(To("")), ElementsAre("5002 2 BUSY")) << "who says whether he is there is of interest";
}

TEST_F(LoadsTest, PresenceIsAsHeLastSaidUntilThen) {
  presences_.Set("5002", in::PRESENCE_STATE_AWAY, At(Hours(2)));
  presences_.Set("5001", in::PRESENCE_STATE_AWAY, At(Hours(1)));
  EXPECT_THAT(Told(To("")), ElementsAre("5002 0 AWAY", "5001 0 UNSPECIFIED")) << "his time is over";
  presences_.Set("5001", in::PRESENCE_STATE_OFFLINE);
  EXPECT_THAT(Told(To("")), ElementsAre("5002 0 AWAY", "5001 0 OFFLINE"));
  lists_presences_ = false;
  EXPECT_THAT(Told(To("")), ElementsAre("5002 0 UNSPECIFIED", "5001 0 UNSPECIFIED"));
  lists_tickets_ = false;
  EXPECT_THAT(Told(To("")), IsEmpty()) << "this node does not know";
}

TEST_F(LoadsTest, WhatAClientWroteIsGone) {
  auto offers = {To(""), To("tech", "duty"), To("tech"), To("tech", "", "5002"), To("gone", "duty")};
  for (v1::OfferHandoffRequest offer : offers) {
    *offer.mutable_loads()->mutable_counted_at() = ToProto(At(Hours(1)));
    auto& forged = *offer.mutable_loads()->add_members();
    forged.set_person("5002");
    forged.set_in_hand(99);
    for (const std::string& load : Told(offer)) EXPECT_THAT(load, testing::Not(HasSubstr("99")));
  }
  // Where no roster decides nobody is counted.
  EXPECT_THAT(Told(To("tech")), IsEmpty());
  EXPECT_THAT(Told(To("tech", "", "5002")), IsEmpty());
}

TEST_F(LoadsTest, CountsNoFurtherThanItsLimit) {
  Has("5002", static_cast<int>(kInHandCountedMax) + 5);
  EXPECT_THAT(Told(To("tech", "duty")),
              ElementsAre(absl::StrCat("5002 ", kInHandCountedMax, " UNSPECIFIED"), "5001 0 UNSPECIFIED"));
  EXPECT_EQ(tickets_.Count("hand/5002/", 0), 0u);
}

TEST_F(LoadsTest, TheAccountOfARouteIsByWhatTheyHaveNowUnlessAnotherInstantIsAskedFor) {
  Has("5002", 3);
  const Principal principal;
  const Reference reference(directory_);
  QueryContext context{principal, reference, At(Hours(1)), tickets_, nullptr, nullptr};
  context.get = [](absl::string_view, google::protobuf::Message* state) -> absl::Status {
    state->CopyFrom(Fault());
    return absl::OkStatus();
  };
  context.rows_of = Rows();
  v1::ExplainRoutingRequest request;
  request.set_name(kName);
  v1::ExplainRoutingResponse now, later;
  ASSERT_EQ(ExplainRouting(request, &now, context), absl::OkStatus());
  EXPECT_EQ(now.lines().rbegin()->person(), "5001");
  EXPECT_EQ(FromProto(now.lines().rbegin()->counted_at()), At(Hours(1)));
  EXPECT_EQ(now.lines().rbegin()->lagging_partitions(), 2u);
  *request.mutable_at() = ToProto(At(Hours(2)));
  ASSERT_EQ(ExplainRouting(request, &later, context), absl::OkStatus());
  EXPECT_EQ(later.lines().rbegin()->person(), "5002") << "by rank";
  EXPECT_FALSE(later.lines().rbegin()->has_counted_at());
}

TEST_F(LoadsTest, AListSaysWhatSomebodyHasInHand) {
  Has("5002", 2);
  Has("5001", 1);
  const Principal principal;
  const Reference reference(directory_);
  const QueryContext context{principal, reference, At(Hours(1)), tickets_, nullptr, nullptr};
  v1::ListTicketsRequest request;
  request.set_in_hand_of("5002");
  v1::ListTicketsResponse response;
  ASSERT_EQ(ListTickets(request, &response, context), absl::OkStatus());
  EXPECT_EQ(response.tickets_size(), 2);
  for (const auto& row : response.tickets()) EXPECT_EQ(row.in_hand_of(), "5002");
}

}  // namespace
}  // namespace shoujie::router
