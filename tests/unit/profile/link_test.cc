// Links between contacts and customers: what each side sends the other, and what neither ever says.
#include "services/profile/domain/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/profile/domain/domain.h"
#include "services/profile/reactions.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/reference.h"
#include "services/runtime/security/seal.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"

namespace shoujie::profile {
namespace {

using google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string CustomerName(uint64_t n) { return "customers/" + Number{7, n, true}.ToString(); }
std::string LinkName(uint64_t n) { return "links/" + Number{413, n, false}.ToString(); }
std::string ContactName(uint64_t n) { return "contacts/" + Number{413, n, false}.ToString(); }

// The streams of all slots with messages that come in order, when `Deliver` says so.
class LinkTest : public ::testing::Test {
 protected:
  struct Stream {
    std::unique_ptr<Message> state;
    uint64_t version = 0;
  };
  struct Sent {
    std::string from;
    std::shared_ptr<const Message> command;
  };

  absl::Status Do(const Message& command, const std::string& name) {
    const StreamType* type = nullptr;
    for (const auto& each : domain_.streams) {
      const auto takes = each->commands();
      const bool taken = std::find(takes.begin(), takes.end(), command.GetDescriptor()) != takes.end();
      if (taken && name.substr(0, name.find('/')) == each->collection()) type = each.get();
    }
    if (type == nullptr) return absl::InternalError(absl::StrCat("no stream takes this: ", name));
    Stream& stream = streams_[name];
    if (!stream.state) stream.state = type->NewState();
    Context context{.now = now_,
                    .principal = principal_,
                    .reference = reference_,
                    .stream = name,
                    .version = stream.version,
                    .open = [](const common::v1::Personal& p) { return p.plain(); }};
    auto events = type->Decide(*stream.state, command, context);
    if (!events.ok()) return events.status();
    last_.clear();
    if (events->empty()) return absl::OkStatus();
    ++stream.version;
    for (const auto& decided : *events) {
      type->Evolve(*stream.state, *decided.event, {.stream = name, .version = stream.version});
      last_.push_back(static_cast<const v1::Event&>(*decided.event));
      for (const auto& message : decided.messages) sent_.push_back({name, message});
    }
    return absl::OkStatus();
  }
  static std::string NameIn(const Message& command) {
    return command.GetReflection()->GetString(command, command.GetDescriptor()->FindFieldByName("name"));
  }
  void Deliver() {
    while (!sent_.empty()) {
      const Sent sent = sent_.front();
      sent_.pop_front();
      const absl::Status status = Do(*sent.command, NameIn(*sent.command));
      if (status.ok() || sent.from.substr(0, 6) != "links/") continue;
      auto declined = std::make_shared<common::v1::MessageDeclined>();
      declined->set_name(sent.from);
      declined->set_to(NameIn(*sent.command));
      declined->set_type(sent.command->GetDescriptor()->full_name());
      declined->set_reason(ReasonOf(status));
      sent_.push_back({"", declined});
    }
  }
  void NewCustomer(uint64_t n, v1::CustomerClass class_ = v1::CUSTOMER_CLASS_NORMAL) {
    v1::CreateCustomerRequest create;
    create.mutable_identifier()->set_kind(v1::IDENTIFIER_KIND_ACCOUNT);
    create.mutable_identifier()->set_value(absl::StrCat("account", n));
    create.mutable_details()->set_display_name("Wang Xiaoming");
    create.mutable_details()->set_class_(class_);
    ASSERT_TRUE(Do(create, CustomerName(n)).ok());
  }
  void Attribute(uint64_t contact, const std::string& customer, bool open = true) {
    interaction::v1::Event event;
    event.mutable_attributed()->set_customer(customer);
    event.mutable_attributed()->set_open(open);
    ASSERT_NO_FATAL_FAILURE(React(OnInteraction({event, {.stream = ContactName(contact)}})));
  }
  void React(const std::vector<std::unique_ptr<Message>>& commands) {
    for (const auto& command : commands) ASSERT_TRUE(Do(*command, NameIn(*command)).ok());
  }
  void Update(uint64_t n, const std::function<void(v1::DetailsInput*)>& change) {
    v1::UpdateCustomerRequest update;
    update.set_name(CustomerName(n));
    change(update.mutable_details());
    ASSERT_TRUE(Do(update, CustomerName(n)).ok());
  }
  v1::Link LinkOf(uint64_t contact) { return static_cast<const v1::Link&>(*streams_.at(LinkName(contact)).state); }
  v1::Customer Customer(uint64_t n) { return static_cast<const v1::Customer&>(*streams_.at(CustomerName(n)).state); }

  ServiceDomain domain_ = Domain();
  Principal principal_{"system/profile", static_cast<uint32_t>(Right::kSystem)};
  Reference reference_{directory::v1::Directory()};
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::map<std::string, Stream> streams_;
  std::deque<Sent> sent_;
  std::vector<v1::Event> last_;
};

TEST_F(LinkTest, AnAttributedContactGetsTheCardOfItsCustomer) {
  NewCustomer(1, v1::CUSTOMER_CLASS_VIP);
  Attribute(5, CustomerName(1));
  EXPECT_FALSE(LinkOf(5).has_card());
  Deliver();
  const v1::Link link = LinkOf(5);
  EXPECT_EQ(link.contact(), ContactName(5));
  EXPECT_EQ(link.customer(), CustomerName(1));
  EXPECT_EQ(link.card().customer(), CustomerName(1));
  EXPECT_EQ(link.card().root(), CustomerName(1));
  EXPECT_EQ(link.card().class_(), v1::CUSTOMER_CLASS_VIP);
  EXPECT_EQ(link.card().version(), 2u);
  EXPECT_THAT(Customer(1).open_links(), ElementsAre(LinkName(5)));
  EXPECT_EQ(Customer(1).contacts(), 1u);
  ASSERT_TRUE(last_.back().has_card_received()) << "which interaction takes into the contact";
  EXPECT_EQ(last_.back().card_received().contact(), ContactName(5));
}

TEST_F(LinkTest, ACardCannotHoldAnythingThatSaysWhoSomebodyIs) {
  EXPECT_FALSE(HoldsPersonal(v1::Card::descriptor()));
  EXPECT_FALSE(HoldsPersonal(v1::Link::descriptor()));
}

TEST_F(LinkTest, OpenMattersAreToldOfEachChangeOfTheCardAndOfNothingElse) {
  NewCustomer(1);
  Attribute(5, CustomerName(1));
  Attribute(6, CustomerName(1));
  Deliver();
  Update(1, [](auto* details) { details->set_language("yue"); });
  EXPECT_EQ(sent_.size(), 2u);
  Deliver();
  EXPECT_EQ(LinkOf(5).card().language(), "yue");
  EXPECT_EQ(LinkOf(6).card().language(), "yue");
  Update(1, [](auto* details) { details->set_display_name("Wang Daming"); });
  EXPECT_THAT(sent_, IsEmpty()) << "his name is on no card";
  Update(1, [](auto* details) { details->mutable_preferences()->set_confidential(true); });
  Deliver();
  EXPECT_TRUE(LinkOf(6).card().preferences().confidential());
}

TEST_F(LinkTest, AWrongCustomerIsPutRightByOneAct) {
  NewCustomer(1);
  NewCustomer(2, v1::CUSTOMER_CLASS_DEALER);
  Attribute(5, CustomerName(1));
  Deliver();
  Attribute(5, CustomerName(2));
  EXPECT_FALSE(LinkOf(5).has_card()) << "the card of somebody else must not be acted on";
  Deliver();
  EXPECT_EQ(LinkOf(5).card().class_(), v1::CUSTOMER_CLASS_DEALER);
  EXPECT_THAT(Customer(1).open_links(), IsEmpty());
  EXPECT_EQ(Customer(1).contacts(), 0u);
  EXPECT_EQ(Customer(2).contacts(), 1u);
  Update(1, [](auto* details) { details->set_language("yue"); });
  EXPECT_THAT(sent_, IsEmpty());
  // And back again, before anything arrived.
  Attribute(5, CustomerName(1));
  Attribute(5, CustomerName(2));
  Attribute(5, CustomerName(1));
  Deliver();
  EXPECT_EQ(LinkOf(5).card().customer(), CustomerName(1));
  EXPECT_EQ(LinkOf(5).card().language(), "yue");
  EXPECT_EQ(Customer(1).contacts(), 1u);
  EXPECT_EQ(Customer(2).contacts(), 0u);
  EXPECT_THAT(Customer(2).open_links(), IsEmpty());
}

TEST_F(LinkTest, TheCardOfACustomerThatTheContactHasLeftIsNotTaken) {
  NewCustomer(1);
  NewCustomer(2);
  Attribute(5, CustomerName(1));
  Deliver();
  Update(1, [](auto* details) { details->set_language("yue"); });  // under way
  Attribute(5, CustomerName(2));
  Deliver();
  EXPECT_EQ(LinkOf(5).card().customer(), CustomerName(2));
  EXPECT_EQ(LinkOf(5).card().language(), "");
}

TEST_F(LinkTest, ACustomerThatThereIsNotLeavesTheContactNobodys) {
  NewCustomer(2);
  Attribute(5, CustomerName(1));
  Deliver();
  EXPECT_EQ(LinkOf(5).customer(), "");
  ASSERT_TRUE(last_.back().has_link_refused());
  EXPECT_EQ(last_.back().link_refused().contact(), ContactName(5));
  EXPECT_EQ(last_.back().link_refused().customer(), CustomerName(1));
  EXPECT_EQ(last_.back().link_refused().reason(), "CUSTOMER_NOT_FOUND");
  Attribute(5, CustomerName(2));
  Deliver();
  EXPECT_EQ(LinkOf(5).card().customer(), CustomerName(2));
  // Put right before the refusal came: it is of the past.
  Attribute(6, CustomerName(1));
  Attribute(6, CustomerName(2));
  Deliver();
  EXPECT_EQ(LinkOf(6).customer(), CustomerName(2));
  EXPECT_EQ(LinkOf(6).card().customer(), CustomerName(2));
  EXPECT_EQ(Customer(2).contacts(), 2u);
}

TEST_F(LinkTest, ALinkFollowsAContactThatTookARefusalOfThePast) {
  NewCustomer(1);
  Attribute(5, CustomerName(1));
  Deliver();
  interaction::v1::Event refused;
  refused.mutable_attribution_refused()->set_customer(CustomerName(1));
  React(OnInteraction({refused, {.stream = ContactName(5)}}));
  Deliver();
  EXPECT_EQ(LinkOf(5).customer(), "");
  EXPECT_FALSE(LinkOf(5).has_card());
  EXPECT_EQ(Customer(1).contacts(), 0u);
  EXPECT_THAT(Customer(1).open_links(), IsEmpty());
}

TEST_F(LinkTest, AMatterThatIsOverIsToldNoMoreUntilItGoesOn) {
  NewCustomer(1);
  Attribute(5, CustomerName(1));
  Deliver();
  router::v1::Event closed, reopened;
  closed.mutable_ticket_closed()->set_customer(CustomerName(1));
  reopened.mutable_ticket_reopened()->set_customer(CustomerName(1));
  const std::string ticket = absl::StrCat("tickets/", ContactName(5).substr(9), "-T1");
  React(OnRouter({closed, {.stream = ticket}}));
  Deliver();
  EXPECT_FALSE(LinkOf(5).open());
  EXPECT_THAT(Customer(1).open_links(), IsEmpty());
  EXPECT_EQ(Customer(1).contacts(), 1u) << "it stays his";
  Update(1, [](auto* details) { details->set_language("yue"); });
  EXPECT_THAT(sent_, IsEmpty());
  React(OnRouter({reopened, {.stream = ticket}}));
  Deliver();
  EXPECT_TRUE(LinkOf(5).open());
  EXPECT_EQ(LinkOf(5).card().language(), "yue") << "told anew";
  EXPECT_THAT(Customer(1).open_links(), ElementsAre(LinkName(5)));
  EXPECT_EQ(Customer(1).contacts(), 1u);
}

TEST_F(LinkTest, AContactThatIsOverWhenItIsAttributedIsCountedAndNotTold) {
  NewCustomer(1);
  Attribute(5, CustomerName(1), /*open=*/false);
  Deliver();
  EXPECT_EQ(Customer(1).contacts(), 1u);
  EXPECT_THAT(Customer(1).open_links(), IsEmpty());
  EXPECT_EQ(LinkOf(5).card().customer(), CustomerName(1));
}

TEST_F(LinkTest, OnlyTheNewestOpenMattersOfACustomerAreTold) {
  NewCustomer(1);
  for (uint64_t n = 1; n <= kLinksToldMax + 2; ++n) Attribute(n, CustomerName(1));
  Deliver();
  EXPECT_EQ(Customer(1).open_links_size(), kLinksToldMax);
  EXPECT_EQ(Customer(1).open_links(0), LinkName(3));
  EXPECT_EQ(Customer(1).contacts(), static_cast<uint64_t>(kLinksToldMax + 2));
  Update(1, [](auto* details) { details->set_language("yue"); });
  EXPECT_EQ(sent_.size(), static_cast<size_t>(kLinksToldMax)) << "one record can send them all";
}

TEST_F(LinkTest, ContactsAndTicketsWithoutACustomerConcernNoLink) {
  interaction::v1::Event disposed;
  disposed.mutable_disposed()->set_kind(directory::v1::DISPOSITION_KIND_ANSWERED);
  EXPECT_THAT(OnInteraction({disposed, {.stream = ContactName(5)}}), IsEmpty());
  router::v1::Event closed;
  closed.mutable_ticket_closed();
  EXPECT_THAT(OnRouter({closed, {.stream = "tickets/servicenow-INC1"}}), IsEmpty());
  closed.mutable_ticket_closed()->set_customer(CustomerName(1));
  EXPECT_THAT(OnRouter({closed, {.stream = "tickets/servicenow-INC1"}}), IsEmpty());
  EXPECT_EQ(OnRouter({closed, {.stream = "tickets/" + ContactName(5).substr(9) + "-T1"}}).size(), 1u);
}

}  // namespace
}  // namespace shoujie::profile
