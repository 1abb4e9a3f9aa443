#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

class FactsTest : public testing::Test {
 protected:
  FactsTest() {
    auto directory = SampleDirectory();
    for (const char* id : {"servicenow-8", "servicenow-9"}) directory.add_agents()->set_id(id);
    auto& site = *directory.add_sites();
    site.set_id("servicenow");
    site.set_head("servicenow-9");
    desk_.Publish(directory);
    desk_.at(Hours(1000)).by_importer();
    request_.set_source("servicenow");
    request_.set_external_id("0000045");
  }

  v1::TicketFact& Add(uint64_t number, absl::Duration at, v1::TicketState state, const std::string& department = "") {
    auto& fact = *request_.add_facts();
    fact.set_number(number);
    *fact.mutable_occurred_at() = ToProto(At(at));
    fact.set_state(state);
    fact.set_department(department);
    fact.set_priority(3);
    *fact.mutable_opened_at() = ToProto(At(Hours(0)));
    fact.set_opened_by("servicenow-8");
    return fact;
  }
  absl::Status Record() { return desk_.Do(request_); }

  Desk desk_;
  v1::RecordTicketFactsRequest request_;
};

TEST_F(FactsTest, AWholeLifeInOneRequest) {
  Add(1, Hours(1), v1::TICKET_STATE_NEW, "servicenow-56");
  Add(2, Hours(2), v1::TICKET_STATE_ACTIVE);
  Add(3, Hours(3), v1::TICKET_STATE_AWAITING_CUSTOMER, "servicenow-70");
  Add(4, Hours(5) + Minutes(30), v1::TICKET_STATE_RESOLVED).set_handler("servicenow-9");
  Add(5, Hours(7), v1::TICKET_STATE_ACTIVE);
  Add(6, Hours(8), v1::TICKET_STATE_RESOLVED);
  Add(7, Hours(9), v1::TICKET_STATE_CLOSED).set_priority(2);
  ASSERT_EQ(Record(), absl::OkStatus());
  const auto& t = desk_.ticket();
  EXPECT_EQ(t.name(), "tickets/servicenow-0000045");
  EXPECT_EQ(t.owner(), "servicenow-8");
  EXPECT_EQ(t.ownership(0).reason(), v1::OWNER_REASON_SOURCE_OPENER);
  EXPECT_EQ(FromProto(t.open_time()), At(Hours(0)));
  EXPECT_EQ(t.episodes_size(), 2);
  EXPECT_EQ(t.history().last_number(), 7u);
  desk_.at(Hours(10));
  EXPECT_EQ(desk_.Held(Department("servicenow-56"), v1::CUSTODY_KIND_SIGNED), Hours(2));
  EXPECT_EQ(desk_.Held(Department("servicenow-70"), v1::CUSTODY_KIND_SIGNED), Hours(3) + Minutes(30));
  EXPECT_EQ(desk_.Held(Person("servicenow-8"), v1::CUSTODY_KIND_OWNER), Hours(1));

  const auto& row = desk_.row();
  EXPECT_EQ(row.handoffs(), 1u);
  EXPECT_EQ(row.reopenings(), 1u);
  EXPECT_EQ(row.waiting_minutes(), 150);
  EXPECT_EQ(row.waiting_ms(), 150 * 60'000);
  EXPECT_EQ(row.priority(), 2u);
  EXPECT_EQ(FromProto(row.first_resolved()), At(Hours(5) + Minutes(30)));
  EXPECT_EQ(row.source(), "servicenow");

  ASSERT_TRUE(desk_.events().back().has_facts_recorded());
  EXPECT_EQ(desk_.events().back().facts_recorded().recorded(), 7u);
  EXPECT_EQ(desk_.events().back().facts_recorded().last_number(), 7u);
  EXPECT_TRUE(desk_.timers().empty());
}

TEST_F(FactsTest, RepeatsChangeNothingAndWhatIsNewIsTaken) {
  Add(1, Hours(1), v1::TICKET_STATE_NEW);
  Add(2, Hours(2), v1::TICKET_STATE_ACTIVE);
  ASSERT_EQ(Record(), absl::OkStatus());
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_TRUE(desk_.events().empty());
  EXPECT_EQ(desk_.version(), 1u);
  Add(3, Hours(3), v1::TICKET_STATE_CLOSED);
  ASSERT_EQ(Record(), absl::OkStatus());
  ASSERT_EQ(desk_.events().size(), 2u);
  EXPECT_EQ(desk_.events()[1].facts_recorded().recorded(), 1u);
  EXPECT_EQ(desk_.events()[1].facts_recorded().repeated(), 2u);
}

TEST_F(FactsTest, AFactDatedBeforeItsPredecessorTakesEffectAtTheLatestInstant) {
  Add(1, Hours(1), v1::TICKET_STATE_AWAITING_CUSTOMER);
  Add(2, Hours(3), v1::TICKET_STATE_AWAITING_CUSTOMER);
  Add(3, Hours(2), v1::TICKET_STATE_RESOLVED);
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(desk_.row().waiting_minutes(), 120);
  EXPECT_EQ(FromProto(desk_.events()[3].source_updated().occurred_at()), At(Hours(2)));
}

TEST_F(FactsTest, ASourceThatOpensAfterItsFirstUpdateLosesNoTime) {
  Add(1, Hours(1), v1::TICKET_STATE_AWAITING_CUSTOMER);
  *request_.mutable_facts(0)->mutable_opened_at() = ToProto(At(Hours(2)));
  Add(2, Hours(4), v1::TICKET_STATE_RESOLVED);
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(FromProto(desk_.ticket().open_time()), At(Hours(1)));
  EXPECT_EQ(FromProto(desk_.row().opened()), At(Hours(2)));
  EXPECT_EQ(desk_.row().waiting_minutes(), 180);
}

TEST_F(FactsTest, UnknownGroupSaysNothingNew) {
  Add(1, Hours(1), v1::TICKET_STATE_NEW, "servicenow-56");
  Add(2, Hours(2), v1::TICKET_STATE_ACTIVE, "");
  Add(3, Hours(3), v1::TICKET_STATE_ACTIVE, "servicenow-56");
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(desk_.row().handoffs(), 0u);
  desk_.at(Hours(4));
  EXPECT_EQ(desk_.Held(Department("servicenow-56"), v1::CUSTODY_KIND_SIGNED), Hours(3));
}

TEST_F(FactsTest, UnknownOpenerMeansTheHeadOfTheSource) {
  Add(1, Hours(1), v1::TICKET_STATE_NEW).set_opened_by("");
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().owner(), "servicenow-9");
  EXPECT_EQ(desk_.ticket().ownership(0).reason(), v1::OWNER_REASON_SOURCE_UNKNOWN);
}

TEST_F(FactsTest, WhatASourceKnowsBesidesIsKept) {
  auto& first = Add(1, Hours(1), v1::TICKET_STATE_NEW, "servicenow-56");
  first.set_category("servicenow-lights");
  first.set_intake("Constituent Call");
  first.set_queue("PWDx_Street Light Outages");
  *first.mutable_due() = ToProto(At(Hours(4)));
  Add(2, Hours(2), v1::TICKET_STATE_ACTIVE);  // says nothing new
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().category(), "servicenow-lights");
  EXPECT_EQ(desk_.ticket().history().intake(), "Constituent Call");
  EXPECT_EQ(desk_.ticket().history().queue(), "PWDx_Street Light Outages");
  EXPECT_EQ(FromProto(desk_.ticket().history().due()), At(Hours(4)));
  EXPECT_EQ(desk_.row().category(), "servicenow-lights");
  EXPECT_EQ(desk_.row().intake(), "Constituent Call");
  EXPECT_EQ(desk_.row().queue(), "PWDx_Street Light Outages");
  EXPECT_EQ(FromProto(desk_.row().resolve_due()), At(Hours(4)));

  auto& later = Add(3, Hours(3), v1::TICKET_STATE_CLOSED);
  later.set_queue("PWDx_Contractor");
  *later.mutable_due() = ToProto(At(Hours(2000)));  // may lie in the future
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(desk_.row().queue(), "PWDx_Contractor");
  EXPECT_EQ(FromProto(desk_.row().resolve_due()), At(Hours(2000)));
  EXPECT_EQ(FromProto(desk_.row().closed()), At(Hours(3)));
}

TEST_F(FactsTest, ClosedBeforeItWasOpenedLastsNoTime) {
  Add(1, Hours(2), v1::TICKET_STATE_NEW);
  *request_.mutable_facts(0)->mutable_opened_at() = ToProto(At(Hours(2)));
  Add(2, Hours(1), v1::TICKET_STATE_CLOSED);
  ASSERT_EQ(Record(), absl::OkStatus());
  EXPECT_EQ(FromProto(desk_.row().opened()), At(Hours(2)));
  EXPECT_EQ(FromProto(desk_.row().closed()), At(Hours(2)));
}

TEST_F(FactsTest, BadFactsAreRefusedAsAWhole) {
  EXPECT_THAT(Record(), RefusedWith("FACT_COUNT"));
  Add(1, Hours(1), v1::TICKET_STATE_NEW);
  Add(1, Hours(2), v1::TICKET_STATE_NEW);
  EXPECT_THAT(Record(), RefusedWith("FACT_NUMBER"));
  request_.mutable_facts(1)->set_number(2);
  request_.mutable_facts(1)->clear_occurred_at();
  EXPECT_THAT(Record(), RefusedWith("FACT_TIME_MISSING"));
  *request_.mutable_facts(1)->mutable_occurred_at() = ToProto(At(Hours(2000)));
  EXPECT_THAT(Record(), RefusedWith("TIME_IN_FUTURE"));
  *request_.mutable_facts(1)->mutable_occurred_at() = ToProto(At(Hours(2)));
  request_.mutable_facts(1)->set_state(v1::TICKET_STATE_SIGNED);
  EXPECT_THAT(Record(), RefusedWith("FACT_STATE"));
  request_.mutable_facts(1)->set_state(v1::TICKET_STATE_ACTIVE);
  request_.mutable_facts(1)->set_department("a/b");
  EXPECT_THAT(Record(), RefusedWith("FACT_ID"));
  request_.mutable_facts(1)->clear_department();
  request_.mutable_facts(1)->set_category("a b");
  EXPECT_THAT(Record(), RefusedWith("FACT_ID"));
  request_.mutable_facts(1)->clear_category();
  request_.mutable_facts(1)->set_queue(std::string(65, 'q'));
  EXPECT_THAT(Record(), RefusedWith("FACT_ID"));
  request_.mutable_facts(1)->clear_queue();
  request_.mutable_facts(1)->set_intake(std::string(65, 'i'));
  EXPECT_THAT(Record(), RefusedWith("FACT_ID"));
  request_.mutable_facts(1)->clear_intake();
  request_.mutable_facts(1)->mutable_due()->set_nanos(-1);
  EXPECT_THAT(Record(), RefusedWith("FACT_TIME_MISSING"));
  request_.mutable_facts(1)->clear_due();
  request_.set_external_id("../x");
  EXPECT_THAT(Record(), RefusedWith("SOURCE_ID"));
  request_.set_external_id(std::string(65, 'x'));
  EXPECT_THAT(Record(), RefusedWith("SOURCE_ID"));
  request_.set_external_id("0000045");
  request_.set_name("tickets/other");
  EXPECT_THAT(Record(), RefusedWith("NAME_MISMATCH"));
  request_.clear_name();
  request_.set_directory_version(8);
  EXPECT_THAT(Record(), RefusedWith("DIRECTORY_NOT_ADOPTED"));
  EXPECT_EQ(desk_.version(), 0u);
  request_.set_directory_version(7);
  EXPECT_EQ(Record(), absl::OkStatus());
}

TEST_F(FactsTest, WorkDoneHereEndsTheHistory) {
  Add(1, Hours(1), v1::TICKET_STATE_ACTIVE, "servicenow-56");
  ASSERT_EQ(Record(), absl::OkStatus());
  v1::OfferHandoffRequest offer;
  offer.set_name("tickets/servicenow-0000045");
  offer.set_department("tech");
  offer.set_gist("take over");
  *offer.mutable_deadline() = ToProto(At(Hours(2000)));
  ASSERT_EQ(desk_.by("servicenow-8").Do(offer), absl::OkStatus());
  desk_.by_importer();
  ASSERT_EQ(Record(), absl::OkStatus());  // repeats are still repeats
  EXPECT_TRUE(desk_.events().empty());
  Add(2, Hours(2), v1::TICKET_STATE_CLOSED);
  EXPECT_THAT(Record(), RefusedWith("HISTORY_ENDED"));
}

}  // namespace
}  // namespace shoujie::router
