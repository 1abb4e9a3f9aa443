#include "services/router/queries.h"

#include <map>
#include <optional>

#include "services/router/service.h"
#include "services/router/ticket_report.h"
#include "shoujie/common/v1/options.pb.h"
#include "tests/unit/router/assist_desk.h"
#include "tests/unit/router/fake_rows.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

v1::TicketRow Row(int n, const std::string& owner, v1::TicketState state, absl::Duration opened) {
  v1::TicketRow row;
  row.set_name(absl::StrCat("tickets/", n));
  row.set_owner(owner);
  row.set_state(state);
  *row.mutable_opened() = ToProto(At(opened));
  return row;
}

class QueriesTest : public testing::Test {
 protected:
  QueriesTest() : context_{principal_, reference_, At(Hours(10)), rows_, nullptr, nullptr} {}
  std::vector<std::string> List(v1::ListTicketsRequest request) {
    list_.Clear();
    EXPECT_EQ(ListTickets(request, &list_, context_), absl::OkStatus());
    std::vector<std::string> names;
    for (const auto& row : list_.tickets()) names.push_back(row.name());
    return names;
  }

  Principal principal_;
  Reference reference_{SampleDirectory()};
  FakeRows rows_{{3, 17}};
  QueryContext context_;
  v1::ListTicketsResponse list_;
};

TEST_F(QueriesTest, ListsByOwnerDepartmentAndStateInOrderOfOpening) {
  rows_.Put(Row(1, "1001", v1::TICKET_STATE_ACTIVE, Hours(3)));
  rows_.Put(Row(2, "1001", v1::TICKET_STATE_CLOSED, Hours(1)));
  rows_.Put(Row(3, "10012", v1::TICKET_STATE_ACTIVE, Hours(2)));
  auto held = Row(4, "1002", v1::TICKET_STATE_OFFERED, Hours(4));
  held.set_department("tech");
  rows_.Put(held);
  v1::ListTicketsRequest request;
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/2", "tickets/3", "tickets/1", "tickets/4"));
  EXPECT_THAT(list_.lagging_partitions(), testing::ElementsAre(3, 17));
  request.set_state(v1::TICKET_STATE_ACTIVE);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/3", "tickets/1"));
  request.set_owner("1001");
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/1"));
  request.Clear();
  request.set_department("tech");
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/4"));
}

TEST_F(QueriesTest, PagesJoinWithoutGapAndATokenKeepsToItsFilters) {
  for (int n = 100; n < 125; ++n) rows_.Put(Row(n, "1001", v1::TICKET_STATE_ACTIVE, Minutes(n)));
  v1::ListTicketsRequest request;
  request.set_owner("1001");
  request.set_page_size(10);
  size_t seen = List(request).size();
  while (!list_.next_page_token().empty()) {
    request.set_page_token(list_.next_page_token());
    seen += List(request).size();
  }
  EXPECT_EQ(seen, 25u);
  request.set_owner("1002");
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PAGE_TOKEN"));
  request.set_page_token("!");
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PAGE_TOKEN"));
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PAGE_SIZE"));
}

TEST_F(QueriesTest, ADepartmentFindsWhatItHasAndWhatItAssistsOn) {
  const auto put = [&](int n, const std::string& department, const std::string& assisting, absl::Duration deadline) {
    auto row = Row(n, "1001", v1::TICKET_STATE_SIGNED, Hours(n));
    row.set_department(department);
    *row.mutable_next_due() = ToProto(At(Hours(50 - n)));
    if (!assisting.empty()) {
      auto& assist = *row.add_assists();
      assist.set_department(assisting);
      *assist.mutable_deadline() = ToProto(At(deadline));
    }
    rows_.Put(row);
  };
  put(1, "tech", "warehouse", Hours(60));
  put(2, "warehouse", "tech", Hours(10));
  put(3, "warehouse", "", Hours(0));
  put(4, "tech", "", Hours(0));
  put(5, "warehouse", "warehouse", Hours(1));  // asked before it got the ticket itself
  v1::ListTicketsRequest request;
  request.set_department("warehouse");
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/1", "tickets/2", "tickets/3", "tickets/5")) << "each once";
  request.set_order(v1::TICKET_ORDER_NEXT_DUE);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/5", "tickets/3", "tickets/2", "tickets/1"))
      << "what it assists on by the assist's deadline";
  request.set_part(v1::DEPARTMENT_PART_ASSISTING);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/5", "tickets/1"));
  request.set_part(v1::DEPARTMENT_PART_LEAD);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/5", "tickets/3", "tickets/2"));
  request.set_part(static_cast<v1::DepartmentPart>(9));
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PART"));
  request.Clear();
  request.set_part(v1::DEPARTMENT_PART_ASSISTING);
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PART")) << "whose?";
}

TEST_F(QueriesTest, AnAssistIsInTheRowAsLongAsItIsOpen) {
  AssistDesk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Ask("warehouse", Hours(9)), absl::OkStatus());
  ASSERT_EQ(desk.Ask("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("5100").SignAssist(), absl::OkStatus());
  ASSERT_EQ(desk.row().assists_size(), 2);
  EXPECT_EQ(desk.row().assists(0).state(), v1::ASSIST_STATE_SIGNED);
  EXPECT_EQ(FromProto(desk.row().assists(0).deadline()), At(Hours(9)));
  EXPECT_EQ(desk.row().department(), "") << "the owner has it";
  EXPECT_THAT(IndexKeys(desk.row()), testing::Contains(testing::StartsWith("queue/warehouse/")));
  ASSERT_EQ(desk.Assisted(), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").RefuseAssist(), absl::OkStatus());
  EXPECT_EQ(desk.row().assists_size(), 0);
  EXPECT_THAT(desk.row().assisting_departments(), testing::ElementsAre("warehouse", "tech"));
  EXPECT_THAT(desk.row().departments(), testing::ElementsAre()) << "neither ever held it";
  EXPECT_THAT(IndexKeys(desk.row()), testing::Not(testing::Contains(testing::StartsWith("queue/"))));
}

TEST_F(QueriesTest, ADuplicateStandsInTheCustomersEyesWhereItGoesOn) {
  rows_.Put(Row(1, "1001", v1::TICKET_STATE_ACTIVE, Hours(1)));
  rows_.Put(Row(2, "1001", v1::TICKET_STATE_CLOSED, Hours(2)));
  for (int n : {3, 4, 5}) {
    auto row = Row(n, "1001", v1::TICKET_STATE_MERGED, Hours(n));
    row.set_merged_into(absl::StrCat("tickets/", n == 5 ? 99 : n - 2));
    rows_.Put(row);
  }
  EXPECT_EQ(List({}).size(), 5u);
  std::vector<v1::CustomerStage> stages;
  for (const auto& row : list_.tickets()) stages.push_back(row.stage());
  EXPECT_THAT(stages, testing::ElementsAre(v1::CUSTOMER_STAGE_IN_PROGRESS, v1::CUSTOMER_STAGE_CLOSED,
                                           v1::CUSTOMER_STAGE_IN_PROGRESS, v1::CUSTOMER_STAGE_CLOSED,
                                           v1::CUSTOMER_STAGE_MERGED))
      << "of one whose row is not here yet it is only known that it is a duplicate";
  v1::ReportTicketsRequest request;
  v1::ReportTicketsResponse report;
  ASSERT_EQ(ReportTickets(request, &report, context_), absl::OkStatus());
  EXPECT_EQ(report.tickets(), 5u);
  EXPECT_EQ(report.resolve_clock().merged(), 3u);
  EXPECT_EQ(report.resolve_clock().open(), 2u) << "duplicates are not open";
}

TEST_F(QueriesTest, ADepartmentsQueueGoesByWhatIsDueFirst) {
  const auto put = [&](int n, std::optional<absl::Duration> due) {
    auto row = Row(n, "1001", v1::TICKET_STATE_OFFERED, Hours(n));
    row.set_department(n == 9 ? "warehouse" : "tech");
    if (due) *row.mutable_next_due() = ToProto(At(*due));
    rows_.Put(row);
  };
  put(1, Hours(30));
  put(2, std::nullopt);
  put(3, -Hours(2));  // overdue
  put(4, Hours(5));
  put(5, std::nullopt);
  put(9, Hours(1));
  v1::ListTicketsRequest request;
  request.set_department("tech");
  request.set_order(v1::TICKET_ORDER_NEXT_DUE);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/3", "tickets/4", "tickets/1", "tickets/2", "tickets/5"));
  request.set_page_size(2);
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/3", "tickets/4"));
  request.set_page_token(list_.next_page_token());
  EXPECT_THAT(List(request), testing::ElementsAre("tickets/1", "tickets/2"));
  request.clear_order();
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("PAGE_TOKEN")) << "of another order";
  request.Clear();
  request.set_order(v1::TICKET_ORDER_NEXT_DUE);
  EXPECT_THAT(ListTickets(request, &list_, context_), RefusedWith("ORDER")) << "of which department?";
}

TEST_F(QueriesTest, ReportCountsWhatTheRowsSay) {
  for (int n = 0; n < 10; ++n) {
    auto row = Row(n, "1001", v1::TICKET_STATE_CLOSED, Hours(n));
    row.set_source(n < 8 ? "servicenow" : "");
    row.set_priority(n < 3 ? 1 : 3);
    row.set_handoffs(n % 3);
    row.set_reopenings(n == 4 ? 2 : 0);
    row.set_waiting_minutes(n);
    row.add_departments(n % 2 ? "tech" : "warehouse");
    row.set_last_department(row.departments(0));
    *row.mutable_first_resolved() = ToProto(At(Hours(n) + Minutes(n)));
    rows_.Put(row);
  }
  auto never = Row(77, "1001", v1::TICKET_STATE_ACTIVE, Hours(20));
  *never.mutable_first_resolved() = ToProto(At(Hours(19)));  // before its opening: says nothing
  rows_.Put(never);

  v1::ReportHandoffsRequest request;
  v1::ReportHandoffsResponse report;
  ASSERT_EQ(ReportHandoffs(request, &report, context_), absl::OkStatus());
  EXPECT_EQ(report.tickets(), 11u);
  EXPECT_EQ(report.departments(), 2u);
  EXPECT_EQ(report.handoffs(), 9u);
  EXPECT_EQ(report.tickets_handed_off(), 6u);
  EXPECT_EQ(report.reopenings(), 2u);
  EXPECT_EQ(report.tickets_reopened(), 1u);
  EXPECT_EQ(report.waiting_for_customer_min(), 45);
  EXPECT_EQ(report.open_to_first_resolved_p50_min(), 5u);
  EXPECT_EQ(report.open_to_first_resolved_p90_min(), 9u);
  EXPECT_EQ(report.by_priority().at("1"), 3u);
  EXPECT_EQ(report.by_priority().at("0"), 1u);

  request.set_source("servicenow");
  *request.mutable_from() = ToProto(At(Hours(2)));
  *request.mutable_to() = ToProto(At(Hours(5)));
  request.set_by(v1::HANDOFF_GROUP_DEPARTMENT);
  report.Clear();
  ASSERT_EQ(ReportHandoffs(request, &report, context_), absl::OkStatus());
  EXPECT_EQ(report.tickets(), 3u);
  ASSERT_EQ(report.groups_size(), 2);
  EXPECT_EQ(report.groups(0).group(), "tech");
  EXPECT_EQ(report.groups(0).tickets(), 1u);
  EXPECT_EQ(report.groups(1).tickets(), 2u);

  *request.mutable_to() = request.from();
  EXPECT_THAT(ReportHandoffs(request, &report, context_), RefusedWith("INTERVAL"));
}

// Verdicts are made of instants: the second of the target is still in time, and what is open is nobody's breach yet.
TEST_F(QueriesTest, TicketsAreJudgedByWhatHappened) {
  auto directory = SampleDirectory();
  directory.mutable_departments(0)->set_display_name("Technical service");
  const Reference reference(directory);
  const QueryContext context{principal_, reference, At(Hours(10)), rows_, nullptr, nullptr};
  const auto put = [&](int n, const std::string& department, int closed_after_minutes, int due_after_minutes) {
    auto row = Row(n, "1001", v1::TICKET_STATE_ACTIVE, Hours(n));
    row.set_last_department(department);
    if (!department.empty()) row.add_departments(department);
    row.set_queue(absl::StrCat("queue ", n % 2));
    row.set_intake(n % 3 == 0 ? "Twitter" : "Self Service");
    row.set_source("boston311");
    const auto after = [n](int minutes) { return ToProto(At(Hours(n) + Minutes(minutes))); };
    if (closed_after_minutes > 0) *row.mutable_closed() = after(closed_after_minutes);
    if (due_after_minutes > 0) *row.mutable_resolve_due() = after(due_after_minutes);
    row.set_reopenings(n == 3);
    rows_.Put(row);
  };
  put(1, "tech", 30, 30);      // met, to the second
  put(2, "tech", 31, 30);      // breached
  put(3, "tech", 0, 30);       // open, however late
  put(4, "warehouse", 10, 0);  // nobody had said by when
  put(5, "warehouse", 0, 0);
  put(6, "", 20, 60);

  v1::ReportTicketsRequest request;
  request.set_source("boston311");
  request.set_by(v1::HANDOFF_GROUP_QUEUE);
  v1::ReportTicketsResponse report;
  ASSERT_EQ(ReportTickets(request, &report, context), absl::OkStatus());
  EXPECT_EQ(report.tickets(), 6u);
  EXPECT_EQ(report.resolve_clock().open(), 2u);
  EXPECT_EQ(report.resolve_clock().no_target(), 1u);
  EXPECT_EQ(report.resolve_clock().met(), 2u);
  EXPECT_EQ(report.resolve_clock().breached(), 1u);
  EXPECT_EQ(report.queues(), 2u);
  EXPECT_EQ(report.departments(), 2u);
  EXPECT_EQ(report.by_source().at("Twitter"), 2u);
  EXPECT_EQ(report.by_source().at("Self Service"), 4u);
  EXPECT_EQ(report.open_to_close_p50_s(), 30u * 60);  // of 10, 20, 30 and 31 minutes
  EXPECT_EQ(report.open_to_close_p90_s(), 31u * 60);
  EXPECT_EQ(report.reopenings(), 1u);
  EXPECT_EQ(report.tickets_reopened(), 1u);
  ASSERT_EQ(report.by_department_size(), 3);
  const auto& tech = report.by_department().at("Technical service");
  EXPECT_EQ(tech.met(), 1u);
  EXPECT_EQ(tech.breached(), 1u);
  EXPECT_EQ(tech.open(), 1u);
  EXPECT_FALSE(tech.has_no_target());
  EXPECT_EQ(report.by_department().at("warehouse").open(), 1u);  // it has no name
  EXPECT_EQ(report.by_department().at("-").met(), 1u);
  EXPECT_THAT(report.lagging_partitions(), testing::ElementsAre(3, 17));
  ASSERT_EQ(report.groups_size(), 2);
  EXPECT_EQ(report.groups(0).group(), "queue 0");
  EXPECT_EQ(report.groups(0).tickets(), 3u);
  EXPECT_EQ(report.groups(1).resolve_clock().met(), 1u);

  request.set_source("another");
  report.Clear();
  ASSERT_EQ(ReportTickets(request, &report, context), absl::OkStatus());
  EXPECT_EQ(report.tickets(), 0u);
  EXPECT_TRUE(report.has_resolve_clock());
  *request.mutable_from() = ToProto(At(Hours(2)));
  *request.mutable_to() = request.from();
  EXPECT_THAT(ReportTickets(request, &report, context), RefusedWith("INTERVAL"));
  request.clear_to();
  request.set_by(static_cast<v1::HandoffGroup>(99));
  EXPECT_THAT(ReportTickets(request, &report, context), RefusedWith("GROUP_UNKNOWN"));
}

TEST(ServiceTest, EveryMethodIsServedAndMarked) {
  const auto module = Service();
  ASSERT_EQ(module.rpc.size(), 1u);
  ASSERT_NE(module.rpc[0], nullptr);
  const auto commands = module.domain.streams[0]->commands();
  for (int i = 0; i < module.rpc[0]->method_count(); ++i) {
    const auto* method = module.rpc[0]->method(i);
    if (method->server_streaming()) {
      EXPECT_TRUE(std::any_of(module.watches.begin(), module.watches.end(),
                              [&](const auto& watch) { return watch.method == method->name(); }));
      continue;
    }
    const bool command = std::find(commands.begin(), commands.end(), method->input_type()) != commands.end();
    const bool query = std::any_of(module.queries.begin(), module.queries.end(),
                                   [&](const auto& q) { return q.method == method->name(); });
    const bool read = method->input_type()->file()->package() == "shoujie.common.v1";
    const bool replies = method->output_type() == common::v1::CommandReply::descriptor();
    // A command that is answered by a query leaves a record first.
    EXPECT_EQ(command + query + read, command && !replies ? 2 : 1) << method->name();
    EXPECT_NE(method->options().GetExtension(common::v1::access), common::v1::ACCESS_UNSPECIFIED);
    EXPECT_NE(method->input_type(), v1::OpenTicketRequest::descriptor());
  }
}

}  // namespace
}  // namespace shoujie::router
