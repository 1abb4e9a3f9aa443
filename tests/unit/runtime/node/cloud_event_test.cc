// What a published event is as a record of a topic: the Kafka binding of CloudEvents, word for word.
#include "services/runtime/node/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/util/time_util.h"
#include "shoujie/router/v1/feed.pb.h"

namespace shoujie {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

router::v1::TicketEvent Event() {
  router::v1::TicketEvent event;
  event.set_specversion("1.0");
  event.set_id("tickets/0413-000127-6-T1@4.0");
  event.set_source("/shoujie/router");
  event.set_type("shoujie.ticket.offered.v1");
  event.set_subject("tickets/0413-000127-6-T1");
  *event.mutable_time() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(1'767'600'000'250);
  event.set_datacontenttype("application/json");
  event.set_sequence("00000000000000016384");
  event.mutable_data()->set_ticket("tickets/0413-000127-6-T1");
  event.mutable_data()->add_departments("tech");
  event.mutable_data()->set_state(router::v1::TICKET_STATE_OFFERED);
  event.mutable_data()->set_handoff(1);
  return event;
}

TEST(CloudEventTest, AttributesAreHeadersAndTheDataIsTheValue) {
  const auto record = ToRecord(Event());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->key, "0413-000127-6-T1");
  EXPECT_EQ(record->value, R"({"ticket":"tickets/0413-000127-6-T1","departments":["tech"],)"
                           R"("state":"TICKET_STATE_OFFERED","handoff":1})");
  EXPECT_THAT(record->headers,
              ElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "tickets/0413-000127-6-T1@4.0"),
                          Pair("ce_source", "/shoujie/router"), Pair("ce_type", "shoujie.ticket.offered.v1"),
                          Pair("ce_subject", "tickets/0413-000127-6-T1"), Pair("ce_time", "2026-01-05T08:00:00.250Z"),
                          Pair("content-type", "application/json"), Pair("ce_sequence", "00000000000000016384")));
  EXPECT_EQ(IdOf(*record), "tickets/0413-000127-6-T1@4.0");
  const auto again = ToRecord(Event());
  EXPECT_EQ(again->value, record->value);
  EXPECT_EQ(again->headers, record->headers);
}

TEST(CloudEventTest, WhatIsNotSaidIsNoHeader) {
  router::v1::TicketEvent event;
  event.set_id("1");
  const auto record = ToRecord(event);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_THAT(record->headers, ElementsAre(Pair("ce_id", "1")));
  EXPECT_EQ(record->key, "");
  EXPECT_EQ(record->value, "{}");
  EXPECT_EQ(IdOf(PublishedRecord()), "");
}

TEST(CloudEventTest, AMessageOfAnotherFormIsRefused) {
  EXPECT_EQ(ToRecord(router::v1::TicketChange()).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace shoujie
