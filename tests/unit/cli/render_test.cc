#include "services/cli/render.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using ::testing::HasSubstr;

TEST(Json, HoldsEveryFieldWithNumbersAsNumbersAndMapsInOrder) {
  interaction::v1::ReportContactsResponse report;
  report.set_contacts(2);
  report.set_talk_mean_s(166.86);
  (*report.mutable_by_agent())["TOVA"] = 1160;
  (*report.mutable_by_agent())["AVI"] = 3;
  const auto json = ToJson(report);
  EXPECT_EQ(json["contacts"], 2);
  EXPECT_EQ(json["queued"], 0);
  EXPECT_EQ(json["talk_mean_s"], 166.86);
  EXPECT_EQ(json["by_agent"].dump(), R"({"AVI":3,"TOVA":1160})");
  EXPECT_EQ(json["by_day"].dump(), "{}");
  router::v1::TicketRow row;
  row.set_waiting_ms(1'234'567'890'123);
  EXPECT_EQ(ToJson(row)["waiting_ms"].dump(), "1234567890123");
}

TEST(Json, TimesDurationsPersonalTextAndBytes) {
  common::v1::HistoryEntry entry;
  entry.mutable_recorded_at()->set_seconds(1'000'000'000);
  entry.mutable_recorded_at()->set_nanos(5'000'000);
  entry.set_hash("\x01\xff");
  router::v1::Event event;
  event.mutable_note_added()->mutable_text()->set_plain("hello");
  entry.add_events()->PackFrom(event);
  event.mutable_note_added()->mutable_text()->set_box("xyz");
  entry.add_events()->PackFrom(event);
  const auto json = ToJson(entry);
  EXPECT_EQ(json["recorded_at"], "2001-09-09T01:46:40.005Z");
  EXPECT_EQ(json["hash"], "01ff");
  EXPECT_EQ(json["events"][0].dump(), R"({"note_added":{"text":"hello"}})");
  EXPECT_EQ(json["events"][1].dump(), R"({"note_added":{"text":null}})");
  EXPECT_FALSE(json.contains("effective_at"));

  directory::v1::Department department;
  department.mutable_refuse_window()->set_seconds(600);
  EXPECT_EQ(ToJson(department)["refuse_window"], "600s");
  department.mutable_refuse_window()->set_nanos(250'000'000);
  EXPECT_EQ(ToJson(department)["refuse_window"], "600.25s");
}

TEST(Tables, ColumnsAlignWithChineseInThem) {
  EXPECT_EQ(Table({"NAME", "X"}, {{"王女士", "1"}, {"Li", "2"}}, false), "NAME    X\n王女士  1\nLi      2\n");
}

TEST(Tables, CellsAreShortAndSafe) {
  router::v1::TicketRow row;
  row.set_state(router::v1::TICKET_STATE_AWAITING_CUSTOMER);
  row.mutable_handler()->set_kind(router::v1::PARTY_KIND_DEPARTMENT);
  row.mutable_handler()->set_id("tech");
  row.add_departments("tech");
  row.add_departments("warehouse");
  EXPECT_EQ(Cell(row, "state", absl::UTCTimeZone()), "awaiting-customer");
  EXPECT_EQ(Cell(row, "handler", absl::UTCTimeZone()), "department:tech");
  EXPECT_EQ(Cell(row, "handler.id", absl::UTCTimeZone()), "tech");
  EXPECT_EQ(Cell(row, "departments", absl::UTCTimeZone()), "tech,warehouse");
  EXPECT_EQ(Cell(row, "due", absl::UTCTimeZone()), "");
  EXPECT_EQ(Cell(row, "no.such", absl::UTCTimeZone()), "");
}

TEST(Pages, AreIndentedAndLeaveOutWhatIsNotSet) {
  router::v1::Ticket ticket;
  ticket.set_name("tickets/1-T1");
  ticket.mutable_gist()->set_plain("屏幕\n不亮");
  auto* handoff = ticket.add_handoffs();
  handoff->set_number(1);
  handoff->set_department("tech");
  ticket.add_handoffs()->set_number(2);
  EXPECT_EQ(Page(ticket, absl::UTCTimeZone(), false),
            "name:     tickets/1-T1\n"
            "gist:     屏幕 不亮\n"
            "handoffs:\n"
            "- number:     1\n"
            "  department: tech\n"
            "- number: 2\n");
}

TEST(Events, AreTheirKindAndTheirFields) {
  router::v1::Event event;
  event.mutable_handoff_offered()->set_handoff(1);
  event.mutable_handoff_offered()->set_department("tech");
  event.mutable_handoff_offered()->mutable_gist()->set_plain("stays black");
  google::protobuf::Any any;
  any.PackFrom(event);
  const auto text = DescribeEvent(any, absl::UTCTimeZone(), 60);
  EXPECT_EQ(text.kind, "handoff-offered");
  EXPECT_EQ(text.fields, "handoff=1 department=tech gist=\"stays black\"");
  EXPECT_EQ(DescribeEvent(any, absl::UTCTimeZone(), 5).fields, "handoff=1 department=tech gist=\"stay…\"");
  any.set_type_url("type.googleapis.com/no.such.Event");
  EXPECT_THAT(DescribeEvent(any, absl::UTCTimeZone(), 60).kind, HasSubstr("unknown"));
}

}  // namespace
}  // namespace shoujie::cli
