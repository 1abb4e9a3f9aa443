// What lists, reports and departments are told of supervision 督办, public notices 通报 and the fast lane (F083, R207).
#include <string>
#include <vector>

#include "services/router/feed.h"
#include "services/router/notices.h"
#include "services/router/queries.h"
#include "services/router/supervision_rows.h"
#include "tests/unit/router/fake_rows.h"
#include "tests/unit/router/supervision_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SupervisionLists : public testing::Test {
 protected:
  SupervisionLists()
      : reference_(SupervisionDirectory()), context_{principal_, reference_, At(Hours(10)), rows_, nullptr, nullptr} {}

  // Of tech, opened so many hours after nine, with its next clock due then.
  v1::TicketRow Row(int n, absl::Duration due, v1::Lane lane = v1::LANE_UNSPECIFIED) {
    v1::TicketRow row;
    row.set_name(absl::StrCat("tickets/", n));
    row.set_owner("1001");
    row.set_state(v1::TICKET_STATE_OFFERED);
    row.set_department("tech");
    row.set_lane(lane);
    *row.mutable_opened() = ToProto(At(Hours(n)));
    *row.mutable_next_due() = ToProto(At(due));
    return row;
  }
  // A supervision of this department that it did not answer, and that was publicly noticed so many hours after nine.
  void PutNoticed(int n, const std::string& department, int hours) {
    auto row = Row(n, Hours(n));
    auto& one = *row.add_supervisions();
    one.set_number(1);
    one.set_episode(1);
    one.set_supervisor("2001");
    one.set_department(department);
    one.set_overdue(true);
    one.set_overdue_department(department);
    one.set_responsible("5001");
    *one.mutable_noticed() = ToProto(At(Hours(hours)));
    rows_.Put(row);
  }
  std::vector<std::string> Notices(const v1::ListPublicNoticesRequest& request) {
    notices_.Clear();
    EXPECT_EQ(ListPublicNotices(request, &notices_, context_), absl::OkStatus());
    std::vector<std::string> names;
    for (const auto& notice : notices_.notices()) names.push_back(notice.name());
    return names;
  }
  std::vector<std::string> Tickets(const v1::ListTicketsRequest& request) {
    v1::ListTicketsResponse response;
    EXPECT_EQ(ListTickets(request, &response, context_), absl::OkStatus());
    std::vector<std::string> names;
    for (const auto& row : response.tickets()) names.push_back(row.name());
    return names;
  }

  Principal principal_;
  Reference reference_;
  FakeRows rows_{{5}};
  QueryContext context_;
  v1::ListPublicNoticesResponse notices_;
};

TEST_F(SupervisionLists, PublicNoticesByDepartmentForAnIntervalNewestFirst) {
  PutNoticed(1, "tech", 5);
  PutNoticed(2, "warehouse", 9);
  PutNoticed(3, "tech", 7);
  rows_.Put(Row(4, Hours(4)));
  v1::ListPublicNoticesRequest request;
  EXPECT_THAT(Notices(request), ElementsAre("tickets/2/notices/1", "tickets/3/notices/1", "tickets/1/notices/1"));
  EXPECT_THAT(notices_.lagging_partitions(), ElementsAre(5));
  EXPECT_EQ(notices_.notices(1).department(), "tech");
  EXPECT_EQ(notices_.notices(1).responsible(), "5001");
  EXPECT_EQ(notices_.notices(1).supervisor(), "2001");
  EXPECT_EQ(notices_.notices(1).ticket(), "tickets/3");
  request.set_department("tech");
  EXPECT_THAT(Notices(request), ElementsAre("tickets/3/notices/1", "tickets/1/notices/1"));
  *request.mutable_from() = ToProto(At(Hours(5)));
  *request.mutable_to() = ToProto(At(Hours(7)));
  EXPECT_THAT(Notices(request), ElementsAre("tickets/1/notices/1")) << "from inclusive, to exclusive";
  *request.mutable_from() = ToProto(At(Hours(5) + Minutes(1)));
  EXPECT_THAT(Notices(request), IsEmpty());
  request.set_department("nobody");
  request.clear_from();
  EXPECT_THAT(Notices(request), IsEmpty());
}

TEST_F(SupervisionLists, PagesOfNoticesJoinAndATokenKeepsToItsFilters) {
  for (int n = 1; n <= 9; ++n) PutNoticed(n, "tech", n);
  v1::ListPublicNoticesRequest request;
  request.set_page_size(4);
  *request.mutable_to() = ToProto(At(Hours(9)));
  size_t seen = Notices(request).size();
  EXPECT_EQ(seen, 4u);
  const std::string token = notices_.next_page_token();
  while (!notices_.next_page_token().empty()) {
    request.set_page_token(notices_.next_page_token());
    seen += Notices(request).size();
  }
  EXPECT_EQ(seen, 8u);
  request.set_page_token(token);
  request.set_department("tech");
  EXPECT_THAT(ListPublicNotices(request, &notices_, context_), RefusedWith("PAGE_TOKEN"));
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_THAT(ListPublicNotices(request, &notices_, context_), RefusedWith("PAGE_SIZE"));
  request.clear_page_size();
  *request.mutable_from() = request.to();
  EXPECT_THAT(ListPublicNotices(request, &notices_, context_), RefusedWith("INTERVAL"));
}

TEST_F(SupervisionLists, WhatIsUrgentGoesAheadInADepartmentsQueueAndList) {
  rows_.Put(Row(1, Hours(1)));
  rows_.Put(Row(2, Hours(90), v1::LANE_FAST));
  rows_.Put(Row(3, -Hours(5)));
  rows_.Put(Row(4, Hours(50), v1::LANE_FAST));
  auto assisted = Row(5, Hours(2), v1::LANE_FAST);
  assisted.set_department("warehouse");
  assisted.add_assists()->set_department("tech");
  *assisted.mutable_assists(0)->mutable_deadline() = ToProto(At(Hours(60)));
  rows_.Put(assisted);
  v1::ListTicketsRequest request;
  request.set_department("tech");
  request.set_order(v1::TICKET_ORDER_NEXT_DUE);
  EXPECT_THAT(Tickets(request), ElementsAre("tickets/4", "tickets/5", "tickets/2", "tickets/3", "tickets/1"))
      << "whatever its clocks say; among the urgent by what is due first";
  request.clear_order();
  EXPECT_THAT(Tickets(request), ElementsAre("tickets/2", "tickets/4", "tickets/5", "tickets/1", "tickets/3"));
  request.clear_department();
  EXPECT_THAT(Tickets(request), ElementsAre("tickets/1", "tickets/2", "tickets/3", "tickets/4", "tickets/5"))
      << "lists of all go by age";
  request.set_flag(v1::TICKET_FLAG_FAST_LANE);
  EXPECT_THAT(Tickets(request), ElementsAre("tickets/2", "tickets/4", "tickets/5"));
}

TEST_F(SupervisionLists, ASupervisedTicketIsFlaggedAsLongAsItIs) {
  SupervisionDesk desk;
  desk.Supervised();
  EXPECT_TRUE(IsSupervised(desk.row()));
  ASSERT_EQ(desk.by("2001").Lift(), absl::OkStatus());
  EXPECT_FALSE(IsSupervised(desk.row()));
  ASSERT_EQ(desk.Supervise("", Hours(6), true), absl::OkStatus());
  EXPECT_TRUE(IsSupervised(desk.row()));
  rows_.Put(desk.row());
  v1::ListTicketsRequest request;
  request.set_flag(v1::TICKET_FLAG_SUPERVISED);
  EXPECT_THAT(Tickets(request), ElementsAre(kName));
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  EXPECT_FALSE(IsSupervised(desk.row())) << "the hand-off is over";
  ASSERT_EQ(desk.by("2001").Supervise(), absl::OkStatus());
  ASSERT_EQ(desk.by("1001").Close(), absl::OkStatus());
  EXPECT_FALSE(IsSupervised(desk.row()));
  ASSERT_EQ(desk.Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_TRUE(IsSupervised(desk.row()));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  ASSERT_EQ(desk.Reopen(), absl::OkStatus());
  EXPECT_FALSE(IsSupervised(desk.row()));
}

TEST_F(SupervisionLists, InTheFastLaneTheRowSaysWhoActedLast) {
  SupervisionDesk desk;
  desk.Open().at(Hours(1)).by("1001");
  EXPECT_EQ(desk.row().acted_by(), "");
  ASSERT_EQ(desk.Prioritize(1), absl::OkStatus());
  EXPECT_EQ(desk.row().acted_by(), "agents/1001");
  EXPECT_EQ(desk.row().priority(), 1u);
  ASSERT_EQ(desk.Offer("tech", Hours(3)), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(2)).by("5002").Sign(), absl::OkStatus());
  EXPECT_EQ(desk.row().acted_by(), "agents/5002");
  EXPECT_EQ(FromProto(desk.row().acted()), At(Hours(2)));
  desk.at(Hours(3)).FireTimers();
  EXPECT_TRUE(desk.row().overdue());
  EXPECT_EQ(desk.row().acted_by(), "agents/5002") << "a deadline that passes is nobody's act";
  ASSERT_EQ(desk.by("1001").Prioritize(0), absl::OkStatus());
  EXPECT_EQ(desk.row().acted_by(), "");
  EXPECT_FALSE(desk.row().has_acted());
}

TEST_F(SupervisionLists, TheReportCountsThemForWhoHadToAnswer) {
  PutNoticed(1, "warehouse", 5);
  auto row = Row(2, Hours(2));
  row.set_last_department("tech");
  auto& one = *row.add_supervisions();
  one.set_number(1);
  one.set_department("tech");
  one.set_overdue(true);
  one.set_overdue_department("warehouse");
  row.add_supervisions()->set_number(2);
  row.mutable_supervisions(1)->set_department("tech");
  rows_.Put(row);
  v1::ReportHandoffsRequest request;
  v1::ReportHandoffsResponse report;
  ASSERT_EQ(ReportHandoffs(request, &report, context_), absl::OkStatus());
  EXPECT_EQ(report.supervisions(), 3u);
  EXPECT_EQ(report.supervisions_overdue(), 2u);
  EXPECT_EQ(report.public_notices(), 1u);
  request.set_by(v1::HANDOFF_GROUP_DEPARTMENT);
  report.Clear();
  ASSERT_EQ(ReportHandoffs(request, &report, context_), absl::OkStatus());
  ASSERT_EQ(report.groups_size(), 3) << "of the first ticket no department has signed";
  EXPECT_EQ(report.groups(1).group(), "tech");
  EXPECT_EQ(report.groups(1).supervisions(), 2u);
  EXPECT_EQ(report.groups(1).supervisions_overdue(), 0u);
  EXPECT_EQ(report.groups(2).group(), "warehouse");
  EXPECT_EQ(report.groups(2).tickets(), 0u);
  EXPECT_EQ(report.groups(2).supervisions(), 1u);
  EXPECT_EQ(report.groups(2).supervisions_overdue(), 2u);
  EXPECT_EQ(report.groups(2).public_notices(), 1u);
  request.set_by(v1::HANDOFF_GROUP_OWNER);
  report.Clear();
  ASSERT_EQ(ReportHandoffs(request, &report, context_), absl::OkStatus());
  ASSERT_EQ(report.groups_size(), 1);
  EXPECT_EQ(report.groups(0).supervisions(), 3u);
}

TEST_F(SupervisionLists, TheDepartmentIsToldWhatIsAskedOfItAndNothingOfTheWords) {
  SupervisionDesk desk;
  desk.Supervised();
  const auto told = [&] {
    EventContext at;
    at.stream = kName;
    at.version = desk.version();
    return Publish(desk.row(), desk.events().back(), at);
  };
  const auto begun = told();
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->type(), "shoujie.ticket.supervised.v1");
  EXPECT_THAT(Topics(*begun), ElementsAre("tech"));
  EXPECT_EQ(begun->data().supervision(), 1u);
  EXPECT_EQ(begun->data().supervisor(), "2001");
  EXPECT_EQ(begun->data().responsible(), "5001");
  EXPECT_EQ(FromProto(begun->data().deadline()), At(Hours(4)));
  EXPECT_EQ(begun->SerializeAsString().find("third complaint"), std::string::npos);
  desk.at(Hours(4)).FireTimers();
  EXPECT_EQ(told()->type(), "shoujie.ticket.supervision-overdue.v1");
  ASSERT_EQ(desk.by("1001").Prioritize(1), absl::OkStatus());
  EXPECT_EQ(told()->type(), "shoujie.ticket.prioritized.v1");
  EXPECT_EQ(told()->data().priority(), 1u);
  EXPECT_EQ(told()->data().lane(), v1::LANE_FAST);
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  EXPECT_EQ(told()->data().lane(), v1::LANE_FAST) << "as long as it stands there";
}

}  // namespace
}  // namespace shoujie::router
