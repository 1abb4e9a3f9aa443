// Contacts and customers in different slots, on the node with its real services: the card comes, changes follow, a
// wrong customer is put right, and a customer's contacts and tickets are found wherever they live.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/verify/verify.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/link.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/memory_node.h"

namespace shoujie {
namespace {

using google::protobuf::util::TimeUtil;
using interaction::v1::Contact;
using profile::v1::Customer;
using router::v1::Ticket;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}

class LinksTest : public testing::Test {
 protected:
  static uint32_t PartitionOf(const std::string& name) {
    return PartitionOfSlot(Number::Parse(name.substr(name.find('/') + 1))->slot, kTestPartitions);
  }
  static std::string NewCustomer(MemoryNode& node, const std::string& phone) {
    profile::v1::CreateCustomerRequest create;
    create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    create.mutable_identifier()->set_value(phone);
    create.mutable_details()->set_display_name("Wang Xiaoming");
    create.mutable_details()->set_language("zh-CN");
    auto reply = node.Do("profile", "agents/1005", create);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->name() : "";
  }
  // Answered by 1005 and over, without its disposition.
  static std::string NewContact(MemoryNode& node, const std::string& phone) {
    interaction::v1::ReportContactFactRequest fact;
    fact.set_source("switch-1");
    fact.set_external_id("call of " + phone);
    fact.set_identifier(phone);
    fact.set_site("hangzhou");
    std::string name;
    for (const int64_t seconds_ago : {60, 5}) {
      *fact.mutable_occurred_at() =
          TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now()) - seconds_ago * 1000);
      if (seconds_ago == 60) fact.mutable_fact()->mutable_answered()->set_agent("1005");
      if (seconds_ago == 5)
        fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_CUSTOMER);
      auto reply = node.Do("interaction", "adapters/switch-1", fact);
      EXPECT_TRUE(reply.ok()) << reply.status();
      if (reply.ok()) name = reply->name();
    }
    return name;
  }
  static absl::Status Attribute(MemoryNode& node, const std::string& contact, const std::string& customer) {
    interaction::v1::AttributeContactRequest attribute;
    attribute.set_name(contact);
    attribute.set_customer(customer);
    return node.Do("interaction", "agents/1005", attribute).status();
  }
  static std::string Dispose(MemoryNode& node, const std::string& contact, const std::string& disposition) {
    interaction::v1::DisposeContactRequest dispose;
    dispose.set_name(contact);
    dispose.set_disposition(disposition);
    dispose.set_result("told");
    dispose.set_gist("the screen stays black");
    dispose.mutable_record()->set_type(interaction::v1::MATTER_TYPE_FAULT);
    dispose.mutable_record()->set_anonymous(true);
    dispose.mutable_record()->set_phone("13900009999");
    const absl::Status status = node.Do("interaction", "agents/1005", dispose).status();
    EXPECT_TRUE(status.ok()) << status;
    return absl::StrCat("tickets/", contact.substr(9), "-T1");
  }
  static Contact ContactOf(MemoryNode& node, const std::string& name) {
    auto contact = node.Get<Contact>("interaction", name);
    EXPECT_TRUE(contact.ok()) << contact.status();
    return contact.ok() ? *contact : Contact();
  }
  static bool HasCard(MemoryNode& node, const std::string& contact, const std::string& customer) {
    return ContactOf(node, contact).card().customer() == customer;
  }
  static std::vector<std::string> ContactsOf(MemoryNode& node, const std::string& customer) {
    interaction::v1::ListContactsRequest list;
    list.set_customer(customer);
    auto listed = node.Run<interaction::v1::ListContactsResponse>("interaction", "ListContacts", list);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> names;
    if (listed.ok()) {
      for (const auto& row : listed->contacts()) names.push_back(row.name());
    }
    return names;
  }
  static std::vector<std::string> TicketsOf(MemoryNode& node, const std::string& customer) {
    router::v1::ListTicketsRequest list;
    list.set_customer(customer);
    auto listed = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", list);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> names;
    if (listed.ok()) {
      for (const auto& row : listed->tickets()) names.push_back(row.name());
    }
    return names;
  }
  static Customer CustomerOf(MemoryNode& node, const std::string& name) {
    auto customer = node.Get<Customer>("profile", name);
    EXPECT_TRUE(customer.ok()) << customer.status();
    return customer.ok() ? *customer : Customer();
  }
  static absl::Status SetClass(MemoryNode& node, const std::string& customer, profile::v1::CustomerClass class_) {
    profile::v1::UpdateCustomerRequest update;
    update.set_name(customer);
    update.mutable_details()->set_class_(class_);
    return node.Do("profile", "agents/1005", update).status();
  }
  static VerifyReport Verified(Disk& disk, const std::vector<ServiceModule>& modules) {
    VerifyEnv env;
    env.modules = &modules;
    env.partitions = kTestPartitions;
    env.journal = [&](const JournalId& id) { return disk.journal(id); };
    env.store = [&](const JournalId& id) { return disk.store(id); };
    env.keys = disk.keys();
    env.until = absl::Now();
    return Verify(env);
  }
};

TEST_F(LinksTest, ACustomersContactsAndTicketsAreFoundWhereverTheyLive) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string customer = NewCustomer(node, "13800138000");
  std::vector<std::string> contacts, tickets;
  std::set<uint32_t> partitions;
  for (int i = 0; i < 12; ++i) {
    contacts.push_back(NewContact(node, absl::StrCat(13'900'000'000 + i)));
    partitions.insert(PartitionOf(contacts.back()));
    ASSERT_TRUE(Attribute(node, contacts.back(), customer).ok());
  }
  ASSERT_EQ(partitions.size(), kTestPartitions) << "in the customer's slot and in others";
  for (const auto& contact : contacts) {
    ASSERT_TRUE(Eventually([&] { return HasCard(node, contact, customer); })) << contact;
    EXPECT_EQ(ContactOf(node, contact).card().language(), "zh-CN");
  }
  EXPECT_EQ(CustomerOf(node, customer).contacts(), 12u);
  EXPECT_EQ(CustomerOf(node, customer).open_links_size(), 12);
  for (int i = 0; i < 3; ++i) tickets.push_back(Dispose(node, contacts[static_cast<size_t>(i)], "ticket"));
  for (const auto& ticket : tickets) {
    ASSERT_TRUE(Eventually([&] { return node.Get<Ticket>("router", ticket).ok(); }));
    EXPECT_EQ(node.Get<Ticket>("router", ticket)->card().customer(), customer);
  }
  EXPECT_THAT(ContactsOf(node, customer), UnorderedElementsAreArray(contacts));
  EXPECT_THAT(TicketsOf(node, customer), UnorderedElementsAreArray(tickets));

  // No slot but his own holds anything that says who he is.
  for (const auto& [id, rows] : disk.Rows()) {
    for (const auto& [key, value] : rows) EXPECT_EQ(value.find("Wang Xiaoming"), std::string::npos) << id.service;
  }
}

TEST_F(LinksTest, OpenMattersFollowTheCustomersChangesAndClosedOnesDoNot) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string customer = NewCustomer(node, "13800138000");
  const std::string open = NewContact(node, "13900000001"), closed = NewContact(node, "13900000002");
  for (const auto& contact : {open, closed}) {
    ASSERT_TRUE(Attribute(node, contact, customer).ok());
    ASSERT_TRUE(Eventually([&] { return HasCard(node, contact, customer); }));
  }
  Dispose(node, closed, "answered");
  const std::string ticket = Dispose(node, open, "ticket");
  ASSERT_TRUE(Eventually([&] { return CustomerOf(node, customer).open_links_size() == 1; }));
  ASSERT_TRUE(SetClass(node, customer, profile::v1::CUSTOMER_CLASS_VIP).ok());
  ASSERT_TRUE(Eventually([&] { return ContactOf(node, open).card().class_() == profile::v1::CUSTOMER_CLASS_VIP; }))
      << "its ticket is open";
  EXPECT_EQ(ContactOf(node, closed).card().class_(), profile::v1::CUSTOMER_CLASS_UNSPECIFIED);

  router::v1::CloseTicketRequest close;
  close.set_name(ticket);
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result("replaced");
  ASSERT_TRUE(Eventually([&] { return node.Get<Ticket>("router", ticket).ok(); }));
  ASSERT_TRUE(node.Do("router", "agents/1005", close).ok());
  ASSERT_TRUE(Eventually([&] { return CustomerOf(node, customer).open_links_size() == 0; }));
  EXPECT_EQ(CustomerOf(node, customer).contacts(), 2u);
}

TEST_F(LinksTest, AWrongCustomerIsPutRightByOneActEverywhere) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string wrong = NewCustomer(node, "13800138000"), right = NewCustomer(node, "13800138001");
  const std::string contact = NewContact(node, "13900000001");
  ASSERT_TRUE(Attribute(node, contact, wrong).ok());
  const std::string ticket = Dispose(node, contact, "ticket");
  ASSERT_TRUE(Eventually([&] { return node.Get<Ticket>("router", ticket).ok(); }));
  EXPECT_THAT(ContactsOf(node, wrong), ElementsAre(contact));

  ASSERT_TRUE(Attribute(node, contact, right).ok());
  EXPECT_EQ(ContactOf(node, contact).customer(), right);
  EXPECT_EQ(ContactOf(node, contact).came_through(), wrong);
  ASSERT_TRUE(Eventually([&] { return HasCard(node, contact, right); }));
  ASSERT_TRUE(Eventually([&] { return node.Get<Ticket>("router", ticket)->customer() == right; }));
  EXPECT_THAT(ContactsOf(node, wrong), IsEmpty());
  EXPECT_THAT(TicketsOf(node, wrong), IsEmpty());
  EXPECT_THAT(ContactsOf(node, right), ElementsAre(contact));
  EXPECT_THAT(TicketsOf(node, right), ElementsAre(ticket));
  ASSERT_TRUE(Eventually([&] { return CustomerOf(node, wrong).contacts() == 0; }));
  EXPECT_EQ(CustomerOf(node, right).contacts(), 1u);

  // A number that nobody has is told at once.
  const std::string nobody = "customers/" + Number{Number::Parse(right.substr(10))->slot, 99, true}.ToString();
  EXPECT_EQ(ReasonOf(Attribute(node, contact, nobody)), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(ContactOf(node, contact).customer(), right);
}

TEST_F(LinksTest, RestartsAndLostStoresChangeNothing) {
  Disk disk(/*exclusive=*/true);
  std::string customer;
  std::vector<std::string> contacts;
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    customer = NewCustomer(node, "13800138000");
    for (int i = 0; i < 8; ++i) {
      contacts.push_back(NewContact(node, absl::StrCat(13'900'000'000 + i)));
      ASSERT_TRUE(Attribute(node, contacts.back(), customer).ok());
    }
    node.Stop();  // with messages under way
  }
  for (const bool lose : {false, true}) {
    if (lose) disk.LoseStores();
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    for (const auto& contact : contacts) {
      ASSERT_TRUE(Eventually([&] { return HasCard(node, contact, customer); })) << contact;
    }
    EXPECT_EQ(CustomerOf(node, customer).contacts(), 8u);
    EXPECT_THAT(ContactsOf(node, customer), UnorderedElementsAreArray(contacts));
    node.Stop();
  }
  std::vector<ServiceModule> modules;
  modules.push_back(directory::Service());
  modules.push_back(profile::Service());
  modules.push_back(interaction::Service());
  modules.push_back(router::Service());
  for (ServiceModule& module : modules) {
    for (Reaction& reaction : module.domain.reactions) ASSERT_NE(reaction.event, nullptr);
  }
  const VerifyReport report = Verified(disk, modules);
  for (const Finding& finding : report.findings) {
    ADD_FAILURE() << finding.kind << " " << finding.service << "/" << finding.partition << " " << finding.where << " "
                  << finding.what;
  }
  EXPECT_GE(report.messages, 16u) << "there and back";
}

}  // namespace
}  // namespace shoujie
