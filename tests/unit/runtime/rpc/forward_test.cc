// A call for what another node owns is passed on, once, on behalf of whoever asked; and nobody but a node can ask on
// somebody's behalf.
#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/forwarder.h"
#include "services/runtime/shard/refusals.h"
#include "shoujie/common/v1/batch.pb.h"
#include "tests/unit/runtime/rpc/surface.h"

namespace shoujie::rpc {
namespace {

using common::v1::CommandReply;
using rpctest::FakeBackend;
using rpctest::v1::PaintRequest;
using rpctest::v1::Thing;

constexpr char kSecret[] = "a secret of the nodes";

// Two nodes: `near` owns nothing and knows that `far` owns everything.
class Forwarding : public ::testing::Test {
 protected:
  Forwarding() {
    far_ = Start(far_backend_);
    near_backend_.execute = [this](const ClientCommand&, Done done) { done(NotOwner("far", far_->address())); };
    near_backend_.get = [this](const common::v1::GetRequest&, Backend::GetDone done) {
      done(NotOwner("far", far_->address()));
    };
    near_ = Start(near_backend_);
  }
  std::unique_ptr<RpcServer> Start(Backend& backend) {
    ServerOptions options;
    options.authenticate = &rpctest::AuthenticateFake;
    options.node_token = kSecret;
    options.forwarder = &forwarder_;
    auto server = RpcServer::Start(backend, std::move(options));
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }
  static std::unique_ptr<Client> As(const RpcServer& server, const std::string& token, int owners_followed = 0) {
    return std::make_unique<Client>(ClientOptions{
        .target = server.address(), .token = token, .timeout = absl::Seconds(10), .owners_followed = owners_followed});
  }

  Forwarder forwarder_{kSecret};
  FakeBackend near_backend_, far_backend_;
  std::unique_ptr<RpcServer> far_, near_;
};

TEST_F(Forwarding, ACommandIsPassedOnWithItsBytesAndItsPrincipal) {
  PaintRequest request;
  request.set_name("things/7");
  request.set_color("red");
  std::string payload;
  Principal principal;
  far_backend_.execute = [&](const ClientCommand& command, Done done) {
    payload = command.payload;
    principal = command.principal;
    CommandReply reply;
    reply.set_etag("3");
    done(reply);
  };
  auto reply = Call<CommandReply>(*As(*near_, "agent"), kPaint, request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->etag(), "3");
  EXPECT_EQ(payload, request.SerializeAsString());
  EXPECT_EQ(principal.id, "agents/1001");
  EXPECT_TRUE(principal.Has(Right::kAgent));
  EXPECT_FALSE(principal.Has(Right::kSystem));
}

TEST_F(Forwarding, ARefusalOfTheOwnerComesBackAsItIs) {
  far_backend_.execute = [](const ClientCommand&, Done done) {
    done(Refused("TICKET_CLOSED", "Closed; open another.", "已关闭，请另开。", {{"ticket", "7"}}));
  };
  auto reply = Call<CommandReply>(*As(*near_, "agent"), kPaint, PaintRequest());
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(reply.status()), "TICKET_CLOSED");
  EXPECT_EQ(DetailOf(reply.status()).zh(), "已关闭，请另开。");
}

TEST_F(Forwarding, AReadByNameGoesToTheOwnerAndIsMaskedForWhoAsked) {
  common::v1::GetRequest get;
  get.set_name("things/9");
  auto thing = Call<Thing>(*As(*near_, "agent"), kGet, get);
  ASSERT_TRUE(thing.ok()) << thing.status();
  EXPECT_EQ(thing->name(), "things/9");
  auto direct = Call<Thing>(*As(*far_, "agent"), kGet, get);
  ASSERT_TRUE(direct.ok());
  EXPECT_EQ(thing->SerializeAsString(), direct->SerializeAsString());
}

TEST_F(Forwarding, WhatWasPassedOnIsNeverPassedOnAgain) {
  std::atomic<int> at_far{0};
  far_backend_.execute = [&](const ClientCommand&, Done done) {
    ++at_far;
    done(NotOwner("near", near_->address()));
  };
  auto reply = Call<CommandReply>(*As(*near_, "agent"), kPaint, PaintRequest());
  EXPECT_EQ(ReasonOf(reply.status()), "NOT_OWNER");
  EXPECT_EQ(at_far.load(), limits::kForwardsMax);  // each try one hop, from here
}

TEST_F(Forwarding, WhileNobodyOwnsItIsTriedAgainUntilSomebodyDoes) {
  std::atomic<int> at_far{0};
  far_backend_.execute = [&](const ClientCommand&, Done done) {
    if (++at_far < 3) return done(NotOwner("", ""));
    done(CommandReply());
  };
  auto reply = Call<CommandReply>(*As(*near_, "agent"), kPaint, PaintRequest());
  EXPECT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(at_far.load(), 3);
}

// A node that stands still (SIGSTOP) keeps its connections; meanwhile somebody else takes over.
TEST_F(Forwarding, AnOwnerThatDoesNotAnswerIsNotWaitedForWhenAnotherHasTakenOver) {
  std::atomic<int> at_near{0};
  Done never;
  far_backend_.execute = [&](const ClientCommand&, Done done) { never = std::move(done); };
  near_backend_.execute = [&](const ClientCommand&, Done done) {
    if (++at_near == 1) return done(NotOwner("far", far_->address()));
    CommandReply here;
    here.set_name("here");
    done(here);
  };
  const absl::Time began = absl::Now();
  auto reply = Call<CommandReply>(*As(*near_, "agent"), kPaint, PaintRequest());
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->name(), "here");
  EXPECT_LT(absl::Now() - began, absl::Seconds(4));
  if (never) never(CommandReply());
}

TEST_F(Forwarding, WhatIsInFlightToANodeThatIsGivenUpEndsAtOnce) {
  Done never;
  absl::Notification asked, ended;
  far_backend_.execute = [&](const ClientCommand&, Done done) {
    never = std::move(done);
    asked.Notify();
  };
  absl::Status status;
  forwarder_.Forward(far_->address(), kPaint, PaintRequest().SerializeAsString(),
                     {"agents/1001", static_cast<uint32_t>(Right::kAgent)}, "", absl::Hours(1),
                     [&](absl::StatusOr<std::string> answer) {
                       status = answer.status();
                       ended.Notify();
                     });
  asked.WaitForNotification();
  forwarder_.GiveUp("127.0.0.1:1");  // nobody that was called
  EXPECT_FALSE(ended.HasBeenNotified());
  forwarder_.GiveUp(far_->address());
  ended.WaitForNotification();
  EXPECT_EQ(ReasonOf(status), "SERVER_UNREACHABLE") << status;
  never(CommandReply());
}

TEST_F(Forwarding, CommandsOfABatchGoToTheirOwnersOneByOne) {
  common::v1::ExecuteBatchRequest batch;
  for (int i = 0; i < 5; ++i) {
    PaintRequest request;
    request.set_name(absl::StrCat("things/", i));
    auto* command = batch.add_commands();
    command->set_method(kPaint);
    command->set_request(request.SerializeAsString());
  }
  near_backend_.execute = [this](const ClientCommand& command, Done done) {
    CommandReply here;
    here.set_name("here");
    if (static_cast<const PaintRequest&>(*command.request).name() == "things/2") return done(here);
    done(NotOwner("far", far_->address()));
  };
  auto response = Call<common::v1::ExecuteBatchResponse>(*As(*near_, "agent"),
                                                         "shoujie.common.v1.BatchService/ExecuteBatch", batch);
  ASSERT_TRUE(response.ok()) << response.status();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(response->outcomes(i).reply().name(), i == 2 ? "here" : absl::StrCat("things/", i));
  }
}

TEST_F(Forwarding, NobodyButANodeIsBelievedOnWhoseBehalfItCalls) {
  Principal seen;
  far_backend_.execute = [&](const ClientCommand& command, Done done) {
    seen = command.principal;
    done(CommandReply());
  };
  Forwarder forger("agent");  // a client's own valid token
  absl::Notification done;
  absl::Status status;
  forger.Forward(far_->address(), kPaint, PaintRequest().SerializeAsString(), {"operators/first", ~0u}, "",
                 absl::Seconds(5), [&](absl::StatusOr<std::string> answer) {
                   status = answer.status();
                   done.Notify();
                 });
  done.WaitForNotification();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen.id, "agents/1001");  // who the token says, whatever the metadata say
  EXPECT_FALSE(seen.Has(Right::kOperate));
}

TEST_F(Forwarding, ANodeNeverSpeaksWithTheRightOfTheSystemForAClient) {
  Principal seen;
  far_backend_.execute = [&](const ClientCommand& command, Done done) {
    seen = command.principal;
    done(CommandReply());
  };
  absl::Notification done;
  forwarder_.Forward(far_->address(), kPaint, PaintRequest().SerializeAsString(), {"agents/1001", ~0u}, "",
                     absl::Seconds(5), [&](absl::StatusOr<std::string>) { done.Notify(); });
  done.WaitForNotification();
  EXPECT_EQ(seen.id, "agents/1001");
  EXPECT_FALSE(seen.Has(Right::kSystem));
}

TEST_F(Forwarding, AClientGoesItselfWhereNotOwnerSays) {
  near_.reset();
  ServerOptions options;  // a node that cannot pass on
  options.authenticate = &rpctest::AuthenticateFake;
  auto server = RpcServer::Start(near_backend_, std::move(options));
  ASSERT_TRUE(server.ok());
  near_ = *std::move(server);
  PaintRequest request;
  request.set_name("things/7");
  auto stays = Call<CommandReply>(*As(*near_, "agent", 0), kPaint, request);
  EXPECT_EQ(ReasonOf(stays.status()), "NOT_OWNER");
  auto follows = Call<CommandReply>(*As(*near_, "agent", 2), kPaint, request);
  ASSERT_TRUE(follows.ok()) << follows.status();
  EXPECT_EQ(follows->name(), "things/7");
}

}  // namespace
}  // namespace shoujie::rpc
