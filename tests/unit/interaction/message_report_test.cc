// Messages of the past: whose they are, what they say, and how long their replies took.
#include "services/interaction/message_report.h"

#include "services/interaction/projection.h"
#include "services/runtime/base/number.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

const std::string kCustomer =
    absl::StrCat("customers/", Number{.slot = 413, .count = 127, .customer = true}.ToString());

void AddFact(v1::RecordContactFactsRequest* request, uint64_t number, absl::Duration after, v1::Fact fact) {
  auto* one = request->add_facts();
  one->set_number(number);
  *one->mutable_occurred_at() = ToProto(World::Start() - absl::Hours(24 * 100) + after);
  *one->mutable_fact() = std::move(fact);
}

v1::RecordContactFactsRequest Message(absl::Duration reply_after) {
  v1::RecordContactFactsRequest request;
  request.set_source("zh12345");
  request.set_external_id("2549");
  request.set_identifier("zh12345:A00045581");
  request.set_channel(v1::CHANNEL_WEB);
  request.set_customer(kCustomer);
  request.mutable_record()->set_matter("路灯不亮");
  v1::Fact offered, answered, ended;
  offered.mutable_offered();
  answered.mutable_answered()->set_agent("zh12345-desk");
  ended.mutable_ended();
  AddFact(&request, 1, absl::ZeroDuration(), offered);
  AddFact(&request, 2, reply_after, answered);
  AddFact(&request, 3, reply_after, ended);
  return request;
}

v1::ContactRow RowOf(const World& world) {
  v1::ContactRow row;
  for (const auto& event : world.all) ProjectContact(row, event, EventContext{.stream = World::kName});
  return row;
}

TEST(MessageHistoryTest, ItsCustomerAndMatterAreThereFromItsBeginning) {
  World w;
  ASSERT_TRUE(w.Send(Message(absl::Hours(30)), World::Switch()).ok());
  EXPECT_EQ(w.contact.customer(), kCustomer);
  EXPECT_EQ(w.contact.came_through(), kCustomer);
  EXPECT_EQ(w.contact.record().matter().plain(), "路灯不亮");
  EXPECT_EQ(w.contact.record_version(), 1u);
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
  EXPECT_TRUE(w.type("contacts").Timers(w.contact).empty());
  const v1::ContactRow row = RowOf(w);
  EXPECT_EQ(row.customer(), kCustomer);
  EXPECT_EQ(row.channel(), v1::CHANNEL_WEB);
  EXPECT_EQ(row.SerializeAsString().find("路灯"), std::string::npos);

  // Said again, and otherwise: what it began with stays.
  v1::RecordContactFactsRequest again = Message(absl::Hours(30));
  again.clear_customer();
  again.mutable_record()->set_matter("别的");
  ASSERT_TRUE(w.Send(again, World::Switch()).ok());
  EXPECT_TRUE(w.events.empty());
}

TEST(MessageHistoryTest, OnlyARealNameIsACustomer) {
  for (const char* name : {"C0413-000127-6", "customers/", "customers/0413-000127-6", "contacts/0413-000127-6"}) {
    World w;
    v1::RecordContactFactsRequest request = Message(absl::Hours(1));
    request.set_customer(name);
    EXPECT_EQ(ReasonOf(w.Send(request, World::Switch())), "CUSTOMER_UNKNOWN") << name;
    EXPECT_TRUE(w.all.empty());
  }
  World w;
  v1::RecordContactFactsRequest request = Message(absl::Hours(1));
  request.mutable_record()->set_category("no such category");
  EXPECT_FALSE(w.Send(request, World::Switch()).ok());
  EXPECT_TRUE(w.all.empty());
}

v1::ContactRow Row(v1::Channel channel, const std::string& customer, absl::Duration reply_after) {
  v1::ContactRow row;
  row.set_channel(channel);
  row.set_customer(customer);
  row.set_source("zh12345");
  row.set_site("north");
  *row.mutable_times()->mutable_started_at() = ToProto(World::Start());
  if (reply_after < absl::ZeroDuration()) return row;
  auto* acceptance = row.mutable_times()->add_acceptances();
  acceptance->set_agent("1001");
  *acceptance->mutable_at() = ToProto(World::Start());
  *row.mutable_times()->mutable_ended_at() = ToProto(World::Start() + reply_after);
  return row;
}

TEST(MessageReportTest, CountsCustomersAndReplies) {
  const absl::Duration never = -absl::Seconds(1), limit = absl::Hours(15 * 24);
  v1::ReportMessagesRequest request;
  MessageReport report(request);
  report.Add(Row(v1::CHANNEL_WEB, "customers/a", limit));  // in time, to the second
  report.Add(Row(v1::CHANNEL_EMAIL, "customers/a", limit + absl::Seconds(1)));
  report.Add(Row(v1::CHANNEL_FAX, "customers/b", absl::Seconds(90)));
  report.Add(Row(v1::CHANNEL_SOCIAL, "", never));
  report.Add(Row(v1::CHANNEL_PHONE, "customers/c", absl::Seconds(1)));  // no message
  v1::ContactRow opened = Row(v1::CHANNEL_VOICEMAIL, "customers/b", absl::Seconds(5));
  opened.mutable_times()->clear_ended_at();  // somebody has it, and has not replied
  report.Add(opened);
  v1::ContactRow untaken = Row(v1::CHANNEL_WEB, "customers/d", absl::Seconds(5));
  untaken.mutable_times()->clear_acceptances();  // over, and nobody took it
  report.Add(untaken);
  v1::ReportMessagesResponse response;
  report.Write(&response);
  EXPECT_EQ(response.messages(), 6u);
  EXPECT_EQ(response.customers(), 3u);
  EXPECT_EQ(response.customers_with_several(), 2u);
  EXPECT_EQ(response.replied(), 3u);
  EXPECT_EQ(response.replied_within_15_days(), 2u);
  EXPECT_EQ(response.reply_p50_s(), 15u * 86400);
  EXPECT_EQ(response.reply_p90_s(), 15u * 86400 + 1);
}

TEST(MessageReportTest, LooksAtWhatIsAskedForOnly) {
  v1::ReportMessagesRequest request;
  const auto count = [&request] {
    MessageReport report(request);
    report.Add(Row(v1::CHANNEL_WEB, "customers/a", absl::Seconds(1)));
    v1::ReportMessagesResponse response;
    report.Write(&response);
    return response.messages();
  };
  request.set_source("zh12345");
  request.set_site("north");
  request.set_channel(v1::CHANNEL_WEB);
  EXPECT_EQ(count(), 1u);
  request.set_source("other");
  EXPECT_EQ(count(), 0u);
  request.set_source("");
  request.set_site("south");
  EXPECT_EQ(count(), 0u);
  request.set_site("");
  request.set_channel(v1::CHANNEL_EMAIL);
  EXPECT_EQ(count(), 0u);
}

}  // namespace
}  // namespace shoujie::interaction
