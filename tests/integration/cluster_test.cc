// Several nodes on one set of journals, without a network: who serves what, how work goes on when a node comes, goes,
// dies or stands still.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "tests/integration/cluster_nodes.h"

namespace shoujie {
namespace {

TEST_F(ClusterTest, NodesShareTheJournalsAndEachServesWhatItIsWantedFor) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}, {"c", "c:1"}});
  Member a(this, "a"), b(this, "b"), c(this, "c");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() + c.Serving() == kShards; }));
  for (const Member* member : {&a, &b, &c}) {
    for (const cluster::OwnerRow& row : member->cluster->Owners()) {
      EXPECT_TRUE(Within(absl::Seconds(5),
                         [&] {
                           for (const auto& again : member->cluster->Owners()) {
                             if (again.id == row.id) return again.owner == again.wanted;
                           }
                           return false;
                         }))
          << member->peer.name << " knows " << row.owner.name << " of " << row.id.service << "/" << row.id.partition
          << ", wanted " << row.wanted.name;
      EXPECT_EQ(row.standbys.size(), limits::kStandbys);
    }
  }
}

TEST_F(ClusterTest, ANodeThatJoinsIsHandedWhatItIsWantedForWithoutAGap) {
  members.Set({{"a", "a:1"}});
  Member a(this, "a");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() == kShards; }));
  Publish(a);
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(Answered({&a}, absl::StrCat(1000 + i), absl::Seconds(5)), "");
  }
  Member b(this, "b");
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  absl::Duration worst;
  std::thread work([&] {
    for (int i = 0; !stop; ++i) {
      const absl::Time began = absl::Now();
      EXPECT_NE(Answered({&a, &b}, absl::StrCat(2000 + i), absl::Seconds(10)), "");
      worst = std::max(worst, absl::Now() - began);
      ++done;
    }
  });
  EXPECT_TRUE(Within(absl::Seconds(20), [&] {
    for (const auto& row : b.cluster->Owners()) {
      if (!(row.owner == row.wanted)) return false;
    }
    return a.Serving() + b.Serving() == kShards && b.Serving() > 0;
  }));
  stop = true;
  work.join();
  EXPECT_LT(worst, absl::Seconds(1)) << "handing over waits for no lease";
  EXPECT_GT(done.load(), 0);
}

TEST_F(ClusterTest, ADrainHandsEverythingOverWithinASecond) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  Publish(a.Owned() > 0 && a.node->node().shard({"directory", 0})->owns() ? a : b);
  ASSERT_NE(Answered({&a, &b}, "3000", absl::Seconds(5)), "");
  const absl::Time began = absl::Now();
  a.cluster->Drain(absl::Seconds(5));
  EXPECT_EQ(a.Owned(), 0u);
  EXPECT_TRUE(Within(absl::Seconds(1), [&] { return b.Serving() == kShards; }));
  EXPECT_LT(absl::Now() - began, absl::Seconds(1));
  EXPECT_NE(Answered({&b}, "3001", absl::Seconds(5)), "");
  for (const Shard* shard : b.node->node().shards()) EXPECT_EQ(shard->replaced(), 0u);
}

TEST_F(ClusterTest, WhenANodeDiesItsStandbyServesWithinItsLease) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  auto a = std::make_unique<Member>(this, "a");
  Member b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a->Serving() + b.Serving() == kShards; }));
  Publish(a->node->node().shard({"directory", 0})->owns() ? *a : b);
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) names.push_back(Answered({a.get(), &b}, absl::StrCat(4000 + i), absl::Seconds(5)));
  a->Stop();  // as if killed: nothing is handed over
  wire.Cut("a:1");
  const absl::Time died = absl::Now();
  members.Set({{"b", "b:1"}});
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return b.Serving() == kShards; }));
  EXPECT_LT(absl::Now() - died, limits::kLease + limits::kLeaseMargin + absl::Seconds(1));
  for (const std::string& name : names) {
    auto contact = b.node->Get<interaction::v1::Contact>("interaction", name);
    EXPECT_TRUE(contact.ok()) << name << " " << contact.status();
  }
}

TEST_F(ClusterTest, AZombieIsReplacedAndGivesUpWhatItBelievesToOwn) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  Publish(a.node->node().shard({"directory", 0})->owns() ? a : b);
  const size_t of_a = a.Owned();
  members.Set({{"b", "b:1"}});  // the group believes that a is dead, and it is not
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return b.Serving() == kShards && a.Owned() == 0; }));
  ASSERT_NE(Answered({&a, &b}, "5000", absl::Seconds(5)), "");
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  EXPECT_TRUE(Within(absl::Seconds(10), [&] { return a.Serving() == of_a && b.Serving() == kShards - of_a; }));
}

TEST_F(ClusterTest, AnOperatorsPromotionHoldsUntilNodesComeOrGo) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  Publish(a.node->node().shard({"directory", 0})->owns() ? a : b);
  JournalId id;
  for (const Shard* shard : b.node->node().shards()) {
    if (shard->owns()) id = shard->id();
  }
  ASSERT_FALSE(id.service.empty());
  const absl::Status promoted = a.cluster->Promote(id);
  ASSERT_TRUE(promoted.ok()) << promoted;
  EXPECT_TRUE(a.node->node().shard(id)->owns());
  absl::SleepFor(absl::Seconds(2));
  EXPECT_TRUE(a.node->node().shard(id)->owns()) << "the wanted owner took it back";
  EXPECT_EQ(ReasonOf(a.cluster->Promote({"router", 99})), "SHARD_UNKNOWN");
}

// The customer lives in another slot than the call, and so, often, on another node.
TEST_F(ClusterTest, LookUpsReachTheOwnersRowsFromEveryNode) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  Publish(a.node->node().shard({"directory", 0})->owns() ? a : b);
  for (int i = 0; i < 8; ++i) {
    profile::v1::CreateCustomerRequest create;
    create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    create.mutable_identifier()->set_value(absl::StrCat("1380000", 1000 + i));
    create.set_request_id(a.node->NewId());
    std::string name;
    ASSERT_TRUE(Within(absl::Seconds(10), [&] {
      for (Member* member : {&a, &b}) {
        auto reply = member->node->Do("profile", "agents/1005", create);
        if (reply.ok()) name = reply->name();
        if (!reply.ok() && ReasonOf(reply.status()) != "NOT_OWNER") ADD_FAILURE() << reply.status();
      }
      return !name.empty();
    }));
    for (Member* member : {&a, &b}) {
      profile::v1::FindCustomerRequest find;
      *find.mutable_identifier() = create.identifier();
      auto found = member->node->Run<profile::v1::Customer>("profile", "FindCustomer", find);
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->name(), name);
    }
  }
}

// A contact and its customer live on different nodes, and the node of one of them dies with messages under way.
TEST_F(ClusterTest, MessagesReachTheSlotsOfOtherNodesAndOutliveThem) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  auto a = std::make_unique<Member>(this, "a");
  Member b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a->Serving() + b.Serving() == kShards; }));
  Publish(a->node->node().shard({"directory", 0})->owns() ? *a : b);
  const auto done = [&](const std::string& service, auto request) {
    request.set_request_id(a->node->NewId());
    std::string name;
    Within(absl::Seconds(10), [&] {
      for (Member* member : {a.get(), &b}) {
        auto reply = member->node->Do(service, "agents/1005", request);
        if (reply.ok()) name = reply->name();
        if (reply.ok()) return true;
      }
      return false;
    });
    EXPECT_NE(name, "");
    return name;
  };
  profile::v1::CreateCustomerRequest create;
  create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  create.mutable_identifier()->set_value("13800001000");
  const std::string customer = done("profile", create);
  std::vector<std::string> contacts;
  const auto attribute = [&](int n) {
    contacts.push_back(Answered({a.get(), &b}, absl::StrCat(6000 + n), absl::Seconds(5)));
    interaction::v1::AttributeContactRequest request;
    request.set_name(contacts.back());
    request.set_customer(customer);
    done("interaction", request);
  };
  const auto has_card = [&](Member& member, const std::string& name) {
    auto contact = member.node->Get<interaction::v1::Contact>("interaction", name);
    return contact.ok() && contact->card().customer() == customer;
  };
  for (int n = 0; n < 8; ++n) attribute(n);
  for (const std::string& name : contacts) {
    EXPECT_TRUE(Within(absl::Seconds(10), [&] { return has_card(*a, name) || has_card(b, name); })) << name;
  }
  for (int n = 8; n < 16; ++n) attribute(n);
  a->Stop();  // as if killed
  wire.Cut("a:1");
  members.Set({{"b", "b:1"}});
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return b.Serving() == kShards; }));
  for (const std::string& name : contacts) {
    EXPECT_TRUE(Within(absl::Seconds(20), [&] { return has_card(b, name); })) << name;
  }
  auto found = b.node->Get<profile::v1::Customer>("profile", customer);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->contacts(), contacts.size());
}

// One service each: what a node does not serve it says who does, and no journal is wanted where nobody could own it.
TEST_F(ClusterTest, NodesOfOneServiceEachAreWantedForNothingElseAndReactToEachOther) {
  members.Set({{"d", "d:1"}, {"i", "i:1"}, {"p", "p:1"}, {"r", "r:1"}});
  Member d(this, "d", {"directory"}), i(this, "i", {"interaction"}), p(this, "p", {"profile"}),
      r(this, "r", {"router"});
  const std::map<std::string, Member*> serves = {
      {"directory", &d}, {"interaction", &i}, {"profile", &p}, {"router", &r}};
  ASSERT_TRUE(Within(absl::Seconds(20), [&] {
    return d.Serving() == 1 && i.Serving() == kTestPartitions && p.Serving() == kTestPartitions &&
           r.Serving() == kTestPartitions;
  }));
  Publish(d);
  for (const auto& [name, member] : serves) {
    ASSERT_TRUE(Within(absl::Seconds(20), [&, member = member] {
      if (member->node->node().reference()->version() == 0) return false;
      for (const auto& row : member->cluster->Owners()) {
        if (!(row.owner == row.wanted) || !row.standbys.empty()) return false;
      }
      return true;
    })) << name;
    EXPECT_EQ(member->cluster->Owners().size(), kShards);
    for (const auto& row : member->cluster->Owners()) {
      EXPECT_EQ(row.owner, serves.at(row.id.service)->peer) << row.id.service << "/" << row.id.partition;
    }
    for (const Shard* shard : member->node->node().shards()) EXPECT_EQ(shard->id().service, name);
  }
  const std::string contact = Answered({&i}, "7000", absl::Seconds(10));
  ASSERT_NE(contact, "");
  // Any of the four says where to go, for commands, states and questions.
  for (Member* member : {&d, &p, &r}) {
    common::v1::GetRequest get;
    get.set_name(contact);
    const auto state = member->node->Get<interaction::v1::Contact>("interaction", get);
    EXPECT_EQ(ReasonOf(state.status()), "NOT_OWNER");
    EXPECT_EQ(DetailOf(state.status()).metadata(0).value(), "i:1");
    common::v1::ListHistoryRequest history;
    history.set_name(contact);
    EXPECT_EQ(ReasonOf(member->node->History("interaction", history).status()), "NOT_OWNER");
    const auto report = member->node->Run<interaction::v1::ReportContactsResponse>(
        "interaction", "ReportContacts", interaction::v1::ReportContactsRequest());
    EXPECT_EQ(ReasonOf(report.status()), "NOT_OWNER");
  }
  // A wrong number of a customer is told at once although his service is elsewhere; a right one sends messages and
  // reactions there and back.
  profile::v1::CreateCustomerRequest create;
  create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  create.mutable_identifier()->set_value("13800001000");
  auto customer = p.node->Do("profile", "agents/1005", create);
  ASSERT_TRUE(customer.ok()) << customer.status();
  interaction::v1::AttributeContactRequest attribute;
  attribute.set_name(contact);
  attribute.set_customer("customers/" + Number{.slot = 17, .count = 9, .customer = true}.ToString());
  EXPECT_EQ(ReasonOf(i.node->Do("interaction", "agents/1005", attribute).status()), "RESOURCE_NOT_FOUND");
  attribute.set_customer(customer->name());
  auto attributed = i.node->Do("interaction", "agents/1005", attribute);
  EXPECT_TRUE(attributed.ok()) << attributed.status();
  EXPECT_TRUE(Within(absl::Seconds(20), [&] {
    auto state = i.node->Get<interaction::v1::Contact>("interaction", contact);
    return state.ok() && state->card().customer() == customer->name();
  }));
  p.Stop();
  members.Set({{"d", "d:1"}, {"i", "i:1"}, {"r", "r:1"}});
  EXPECT_TRUE(Within(absl::Seconds(10), [&] {
    return ReasonOf(r.node->Do("profile", "agents/1005", create).status()) == "SERVICE_UNSERVED";
  }));
}

}  // namespace
}  // namespace shoujie
