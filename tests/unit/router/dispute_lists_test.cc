// What lists and departments are told of disputes: flags, precedents, published events.
#include <map>

#include "services/router/dispute_rows.h"
#include "services/router/feed.h"
#include "services/router/queries.h"
#include "services/router/rulings.h"
#include "tests/unit/router/dispute_desk.h"
#include "tests/unit/router/fake_rows.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

directory::v1::Directory WithCategories() {
  auto directory = DisputeDirectory();
  for (const auto& [id, parent] : std::map<std::string, std::string>{
           {"fault", ""}, {"fault-power", "fault"}, {"fault-power-plug", "fault-power"}, {"complaint", ""}}) {
    auto& category = *directory.add_categories();
    category.set_id(id);
    category.set_parent(parent);
  }
  return directory;
}

class RulingsTest : public testing::Test {
 protected:
  RulingsTest()
      : reference_(WithCategories()), context_{principal_, reference_, At(Hours(10)), rows_, nullptr, nullptr} {}

  // A ticket with one ruling for the warehouse, so many hours after nine.
  void PutRuled(int n, const std::string& category, int hours, const std::string& department = "warehouse") {
    v1::TicketRow row;
    row.set_name(absl::StrCat("tickets/", n, "-T1"));
    row.set_category(category);
    row.set_state(v1::TICKET_STATE_CLOSED);
    *row.mutable_opened() = ToProto(At(Hours(n)));
    auto& one = *row.add_adjudications();
    one.set_number(1);
    one.set_episode(1);
    one.add_parties("tech");
    *one.mutable_ruled() = ToProto(At(Hours(hours)));
    one.set_department(department);
    rows_.Put(row);
  }
  std::vector<std::string> List(const v1::ListRulingsRequest& request) {
    list_.Clear();
    EXPECT_EQ(ListRulings(request, &list_, context_), absl::OkStatus());
    std::vector<std::string> names;
    for (const auto& ruling : list_.rulings()) names.push_back(ruling.name());
    return names;
  }

  Principal principal_;
  Reference reference_;
  FakeRows rows_{{5}};
  QueryContext context_;
  v1::ListRulingsResponse list_;
};

TEST_F(RulingsTest, NewestFirstByDepartmentAndByCategoryWithWhatIsBelowIt) {
  PutRuled(1, "fault", 5);
  PutRuled(2, "fault-power-plug", 9);
  PutRuled(3, "complaint", 7, "");
  PutRuled(4, "", 6);
  v1::ListRulingsRequest request;
  EXPECT_THAT(List(request), ElementsAre("tickets/2-T1/rulings/1", "tickets/3-T1/rulings/1", "tickets/4-T1/rulings/1",
                                         "tickets/1-T1/rulings/1"));
  EXPECT_THAT(list_.lagging_partitions(), ElementsAre(5));
  request.set_department("warehouse");
  EXPECT_THAT(List(request), ElementsAre("tickets/2-T1/rulings/1", "tickets/4-T1/rulings/1", "tickets/1-T1/rulings/1"));
  request.set_department("tech");
  EXPECT_EQ(List(request).size(), 4u) << "a party of all";
  request.set_category("fault");
  EXPECT_THAT(List(request), ElementsAre("tickets/2-T1/rulings/1", "tickets/1-T1/rulings/1"));
  request.set_category("fault-power");
  EXPECT_THAT(List(request), ElementsAre("tickets/2-T1/rulings/1"));
  request.set_category("no such category");
  EXPECT_THAT(List(request), IsEmpty());
}

TEST_F(RulingsTest, PagesJoinAndATokenKeepsToItsFilters) {
  for (int n = 10; n < 35; ++n) PutRuled(n, "fault", n);
  v1::ListRulingsRequest request;
  request.set_page_size(10);
  std::vector<std::string> all = List(request);
  while (!list_.next_page_token().empty()) {
    request.set_page_token(list_.next_page_token());
    const auto page = List(request);
    all.insert(all.end(), page.begin(), page.end());
  }
  EXPECT_EQ(all.size(), 25u);
  EXPECT_EQ(all.front(), "tickets/34-T1/rulings/1");
  EXPECT_EQ(all.back(), "tickets/10-T1/rulings/1");
  request.set_department("tech");
  EXPECT_THAT(ListRulings(request, &list_, context_), RefusedWith("PAGE_TOKEN"));
  request.set_page_token("!");
  EXPECT_THAT(ListRulings(request, &list_, context_), RefusedWith("PAGE_TOKEN"));
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_THAT(ListRulings(request, &list_, context_), RefusedWith("PAGE_SIZE"));
}

TEST_F(RulingsTest, ATicketsRulingsAsItsRowHasThem) {
  DisputeDesk desk;
  desk.Open();
  desk.InDispute();
  rows_.Put(desk.row());
  v1::ListRulingsRequest request;
  EXPECT_THAT(List(request), IsEmpty()) << "asked for, not made";
  ASSERT_EQ(desk.at(Hours(3)).by("9000").Rule("warehouse"), absl::OkStatus());
  rows_.Put(desk.row());
  request.set_department("warehouse");
  ASSERT_THAT(List(request), ElementsAre(kName + "/rulings/1"));
  EXPECT_TRUE(IsRulingName(list_.rulings(0).name())) << "as it can be cited";
  EXPECT_EQ(list_.rulings(0).ticket(), kName);
  EXPECT_EQ(list_.rulings(0).ruled_by(), "agents/9000");
  EXPECT_EQ(list_.rulings(0).department(), "warehouse");
  EXPECT_EQ(list_.rulings(0).reason(), v1::HANDOFF_REASON_NOT_OUR_DUTY);
  EXPECT_THAT(list_.rulings(0).parties(), ElementsAre("tech", "warehouse"));
  EXPECT_EQ(FromProto(list_.rulings(0).ruled()), At(Hours(3)));

  v1::ReportHandoffsResponse report;
  ASSERT_EQ(ReportHandoffs(v1::ReportHandoffsRequest(), &report, context_), absl::OkStatus());
  EXPECT_EQ(report.rulings(), 1u);
  EXPECT_EQ(report.ping_pongs(), 1u);
  EXPECT_EQ(report.stalls(), 0u);
}

TEST_F(RulingsTest, ListsGoByFlags) {
  const auto with = [&](v1::TicketFlag flag) {
    v1::ListTicketsRequest request;
    request.set_flag(flag);
    v1::ListTicketsResponse response;
    EXPECT_EQ(ListTickets(request, &response, context_), absl::OkStatus());
    return response.tickets_size();
  };
  DisputeDesk desk;
  desk.Open();
  EXPECT_TRUE(HasFlag(desk.row(), v1::TICKET_FLAG_UNSPECIFIED));
  rows_.Put(desk.row());
  EXPECT_EQ(with(v1::TICKET_FLAG_PING_PONG) + with(v1::TICKET_FLAG_STALLING) + with(v1::TICKET_FLAG_IN_DISPUTE), 0);
  desk.InDispute();
  rows_.Put(desk.row());
  EXPECT_EQ(with(v1::TICKET_FLAG_PING_PONG), 1);
  EXPECT_EQ(with(v1::TICKET_FLAG_IN_DISPUTE), 1);
  ASSERT_EQ(desk.by("9000").Confirm("tech"), absl::OkStatus());
  EXPECT_FALSE(HasFlag(desk.row(), v1::TICKET_FLAG_IN_DISPUTE));
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  desk.at(Hours(20)).FireTimers();
  EXPECT_TRUE(HasFlag(desk.row(), v1::TICKET_FLAG_STALLING));

  v1::ListTicketsRequest request;
  v1::ListTicketsResponse response;
  request.set_flag(static_cast<v1::TicketFlag>(99));
  EXPECT_THAT(ListTickets(request, &response, context_), RefusedWith("FLAG_UNKNOWN"));
  request.set_flag(v1::TICKET_FLAG_PING_PONG);
  request.set_owner("1002");
  ASSERT_EQ(ListTickets(request, &response, context_), absl::OkStatus());
  EXPECT_EQ(response.tickets_size(), 0) << "all filters hold";
}

TEST_F(RulingsTest, ADisputeThatItsEpisodeEndedIsNoneAnyMore) {
  DisputeDesk desk;
  desk.Open().Spent();
  ASSERT_EQ(desk.by("1001").Ask(), absl::OkStatus());
  EXPECT_TRUE(HasFlag(desk.row(), v1::TICKET_FLAG_IN_DISPUTE));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_FALSE(HasFlag(desk.row(), v1::TICKET_FLAG_IN_DISPUTE));
  ASSERT_EQ(desk.Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_TRUE(HasFlag(desk.row(), v1::TICKET_FLAG_IN_DISPUTE));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  ASSERT_EQ(desk.Reopen(), absl::OkStatus());
  EXPECT_FALSE(HasFlag(desk.row(), v1::TICKET_FLAG_IN_DISPUTE));
}

// What departments follow: each party hears of request and ruling, and who loses the ticket and who gets it of that.
TEST(DisputeFeedTest, PartiesAreToldOfRequestAndRuling) {
  DisputeDesk desk;
  desk.Open().InDispute();
  const auto published = [&] {
    std::vector<v1::TicketEvent> events;
    uint32_t n = 0;
    for (const auto& event : desk.events()) {
      EventContext at;
      at.stream = kName;
      at.version = desk.version();
      at.n = n++;
      if (auto one = Publish(desk.row(), event, at)) events.push_back(*std::move(one));
    }
    return events;
  };
  auto events = published();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type(), "shoujie.ticket.adjudication-requested.v1");
  EXPECT_THAT(Topics(events[0]), ElementsAre("tech", "warehouse"));
  EXPECT_EQ(events[0].data().arbiter(), "9000");
  EXPECT_EQ(events[0].data().proposed(), "warehouse");
  EXPECT_EQ(FromProto(events[0].data().deadline()), At(Hours(6)));

  ASSERT_EQ(desk.at(Hours(3)).by("9000").Rule("warehouse"), absl::OkStatus());
  events = published();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].type(), "shoujie.ticket.adjudicated.v1");
  EXPECT_THAT(Topics(events[0]), ElementsAre("tech", "warehouse"));
  EXPECT_EQ(events[0].data().ruled_for(), "warehouse");
  EXPECT_EQ(events[1].type(), "shoujie.ticket.reassigned.v1");
  EXPECT_THAT(Topics(events[1]), ElementsAre("tech"));
  EXPECT_EQ(events[2].type(), "shoujie.ticket.offered.v1");
  EXPECT_THAT(Topics(events[2]), ElementsAre("warehouse"));
  EXPECT_EQ(events[2].data().adjudication(), 1u) << "not to be refused";
}

}  // namespace
}  // namespace shoujie::router
