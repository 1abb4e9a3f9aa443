// Whose contact it is: one act, the card of the customer, and a customer that there is not.
#include "services/interaction/projection.h"
#include "services/interaction/reactions.h"
#include "services/runtime/base/number.h"
#include "shoujie/profile/v1/events.pb.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

const Principal& System() {
  static const auto* p = new Principal{"system/interaction", static_cast<uint32_t>(Right::kSystem)};
  return *p;
}
std::string Customer(uint64_t n) { return "customers/" + Number{7, n, true}.ToString(); }

v1::AttributeContactRequest To(const std::string& customer) {
  v1::AttributeContactRequest request;
  request.set_customer(customer);
  return request;
}
v1::TakeCustomerCardRequest Card(const std::string& customer, profile::v1::CustomerClass class_) {
  v1::TakeCustomerCardRequest request;
  request.set_name(World::kName);
  request.mutable_card()->set_customer(customer);
  request.mutable_card()->set_class_(class_);
  return request;
}
v1::RefuseAttributionRequest Refuse(const std::string& customer) {
  v1::RefuseAttributionRequest request;
  request.set_name(World::kName);
  request.set_customer(customer);
  request.set_reason("CUSTOMER_NOT_FOUND");
  return request;
}

TEST(AttributionTest, TheContactKeepsTheCardOfTheCustomerItBelongsTo) {
  World w;
  w.HadCall();
  ASSERT_TRUE(w.As("1001", To(Customer(1))).ok());
  EXPECT_TRUE(w.events[0].attributed().open());
  ASSERT_TRUE(w.Send(Card(Customer(1), profile::v1::CUSTOMER_CLASS_VIP), System()).ok());
  EXPECT_EQ(w.contact.card().class_(), profile::v1::CUSTOMER_CLASS_VIP);
  ASSERT_TRUE(w.As("1001", To(Customer(2))).ok());
  EXPECT_EQ(w.events[0].attributed().before(), Customer(1));
  EXPECT_FALSE(w.contact.has_card()) << "nothing may be decided on the card of somebody else";
  ASSERT_TRUE(w.Send(Card(Customer(1), profile::v1::CUSTOMER_CLASS_VIP), System()).ok());
  EXPECT_TRUE(w.events.empty());
  EXPECT_FALSE(w.contact.has_card());
}

TEST(AttributionTest, ATicketIsOpenedWithTheCardThatTheContactHas) {
  World w;
  w.HadCall();
  ASSERT_TRUE(w.As("1001", To(Customer(1))).ok());
  ASSERT_TRUE(w.Send(Card(Customer(1), profile::v1::CUSTOMER_CLASS_VIP), System()).ok());
  v1::DisposeContactRequest dispose;
  dispose.set_disposition("ticket");
  dispose.mutable_record()->set_anonymous(true);
  dispose.mutable_record()->set_phone("13800138000");
  dispose.mutable_record()->set_matter("does not heat");
  dispose.mutable_record()->set_type(v1::MATTER_TYPE_FAULT);
  ASSERT_TRUE(w.As("1001", dispose).ok()) << w.As("1001", dispose);
  bool needed = false;
  for (const auto& event : w.events) {
    if (event.has_disposed()) {
      EXPECT_EQ(event.disposed().customer(), Customer(1));
    }
    if (!event.has_ticket_needed()) continue;
    needed = true;
    EXPECT_EQ(event.ticket_needed().customer(), Customer(1));
    EXPECT_EQ(event.ticket_needed().card().class_(), profile::v1::CUSTOMER_CLASS_VIP);
  }
  EXPECT_TRUE(needed);
  ASSERT_TRUE(w.As("1001", To(Customer(2))).ok());
  EXPECT_EQ(w.events[0].attributed().ticket(), w.contact.ticket()) << "so that the router can follow";
  EXPECT_TRUE(w.events[0].attributed().open());
}

TEST(AttributionTest, ACustomerThatThereIsNotIsTakenOffTheContact) {
  World w;
  w.HadCall();
  ASSERT_TRUE(w.As("1001", To(Customer(1))).ok());
  ASSERT_TRUE(w.Send(Refuse(Customer(2)), System()).ok());
  EXPECT_EQ(w.contact.customer(), Customer(1)) << "a refusal of the past";
  ASSERT_TRUE(w.Send(Refuse(Customer(1)), System()).ok());
  EXPECT_EQ(w.contact.customer(), "");
  EXPECT_EQ(w.contact.came_through(), "");
  ASSERT_TRUE(w.As("1001", To(Customer(2))).ok());
  EXPECT_EQ(w.contact.came_through(), Customer(2));
}

TEST(AttributionTest, ARowIsFoundUnderTheCustomerItBelongsToNow) {
  v1::ContactRow row;
  v1::Event event;
  const auto project = [&] { ProjectContact(row, event, {.stream = World::kName, .version = 1}); };
  const auto under = [&](const std::string& customer) {
    int n = 0;
    for (const std::string& key : ContactIndexKeys(row)) n += key.find("customer/" + customer + "/") == 0;
    return n;
  };
  event.mutable_attributed()->set_customer(Customer(1));
  project();
  event.mutable_card_taken()->mutable_card()->set_class_(profile::v1::CUSTOMER_CLASS_VIP);
  project();
  EXPECT_EQ(under(Customer(1)), 1);
  EXPECT_EQ(row.customer_class(), profile::v1::CUSTOMER_CLASS_VIP);
  event.mutable_attributed()->set_customer(Customer(2));
  project();
  EXPECT_EQ(under(Customer(1)), 0);
  EXPECT_EQ(under(Customer(2)), 1);
  EXPECT_EQ(row.customer_class(), profile::v1::CUSTOMER_CLASS_UNSPECIFIED);
  event.mutable_attribution_refused()->set_customer(Customer(2));
  project();
  EXPECT_EQ(under(Customer(2)), 0);
}

TEST(AttributionTest, OnlyLinksOfContactsConcernThisService) {
  profile::v1::Event event;
  event.mutable_customer_updated();
  EXPECT_TRUE(OnProfile({event, {.stream = Customer(1)}}).empty());
  event.mutable_card_received()->set_contact(World::kName);
  EXPECT_EQ(OnProfile({event, {.stream = "links/0413-000127-6"}}).size(), 1u);
  event.mutable_link_refused()->set_contact(World::kName);
  EXPECT_EQ(OnProfile({event, {.stream = "links/0413-000127-6"}}).size(), 1u);
}

}  // namespace
}  // namespace shoujie::interaction
