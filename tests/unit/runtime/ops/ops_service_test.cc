#include "services/runtime/ops/ops_service.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/rpc/client.h"
#include "services/runtime/rpc/server.h"
#include "shoujie/ops/v1/service.pb.h"
#include "tests/unit/runtime/rpc/fake_backend.h"

namespace shoujie::ops {
namespace {

using ::testing::ElementsAre;

class OpsOverTheWire : public ::testing::Test {
 protected:
  OpsOverTheWire() {
    OpsOptions options;
    options.version = "1.2.3";
    options.data_format = 4;
    options.create_token = [this](const std::string& principal, uint32_t rights) -> absl::StatusOr<std::string> {
      created_ = {principal, rights};
      return std::string("secret");
    };
    options.revoke_token = [](const std::string& principal) -> absl::StatusOr<size_t> {
      return principal == "agents/1001" ? 2 : 0;
    };
    options.reference = [this] { return std::make_shared<const Reference>(directory_); };
    options.cannot_read = [](absl::string_view) { return std::vector<std::string>{"b"}; };
    server_ = *rpc::RpcServer::Start(backend_, {.authenticate = &rpctest::AuthenticateFake,
                                                .mounted = {MakeOpsService(backend_, std::move(options))}});
  }
  template <typename Response>
  absl::StatusOr<Response> Ask(const std::string& token, const std::string& method,
                               const google::protobuf::Message& request) {
    rpc::Client client({.target = server_->address(), .token = token});
    return rpc::Call<Response>(client, "shoujie.ops.v1.OpsService/" + method, request);
  }

  rpctest::FakeBackend backend_;
  Principal created_;
  directory::v1::Directory directory_;
  std::unique_ptr<rpc::RpcServer> server_;
};

TEST_F(OpsOverTheWire, AnybodyWithATokenLearnsVersionClockAndShards) {
  auto info = Ask<v1::ServerInfo>("agent", "GetServerInfo", v1::GetServerInfoRequest());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->version(), "1.2.3");
  EXPECT_EQ(info->data_format(), 4u);
  EXPECT_EQ(info->clock_speed(), 1);
  EXPECT_NEAR(info->now().seconds(), absl::ToUnixSeconds(absl::Now()), 5);
  EXPECT_THAT(info->services(), ElementsAre("fake"));
  EXPECT_EQ(info->shards(), 2u);
  EXPECT_EQ(info->shards_serving(), 1u);
}

TEST_F(OpsOverTheWire, OnlyOperatorsMakeTokensAndTheirRightsAreThoseAsked) {
  v1::CreateTokenRequest request;
  request.set_principal("agents/1001");
  request.add_rights("agent");
  request.add_rights("read");
  EXPECT_EQ(ReasonOf(Ask<v1::CreateTokenResponse>("agent", "CreateToken", request).status()), "ACCESS_DENIED");
  auto token = Ask<v1::CreateTokenResponse>("operator", "CreateToken", request);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->token(), "secret");
  EXPECT_EQ(created_.id, "agents/1001");
  EXPECT_EQ(created_.rights, static_cast<uint32_t>(Right::kAgent) | static_cast<uint32_t>(Right::kRead));

  request.add_rights("system");
  EXPECT_EQ(ReasonOf(Ask<v1::CreateTokenResponse>("operator", "CreateToken", request).status()), "RIGHTS_UNKNOWN");
  request.clear_rights();
  EXPECT_EQ(ReasonOf(Ask<v1::CreateTokenResponse>("operator", "CreateToken", request).status()), "RIGHTS_UNKNOWN");
}

TEST_F(OpsOverTheWire, RevokingSaysHowManyTokensThereWere) {
  v1::RevokeTokenRequest request;
  request.set_principal("agents/1001");
  EXPECT_EQ(Ask<v1::RevokeTokenResponse>("operator", "RevokeToken", request)->revoked(), 2u);
  request.set_principal("agents/1002");
  EXPECT_EQ(ReasonOf(Ask<v1::RevokeTokenResponse>("operator", "RevokeToken", request).status()), "TOKEN_UNKNOWN");
}

TEST_F(OpsOverTheWire, ACheckpointNeedsAnAbsolutePath) {
  v1::CheckpointRequest request;
  request.set_directory("copy");
  EXPECT_EQ(ReasonOf(Ask<v1::CheckpointResponse>("operator", "Checkpoint", request).status()), "DIRECTORY_RELATIVE");
  request.set_directory("/copy");
  EXPECT_TRUE(Ask<v1::CheckpointResponse>("operator", "Checkpoint", request).ok());
  EXPECT_EQ(backend_.checkpoint, "/copy");
}

TEST_F(OpsOverTheWire, AdoptionIsEverywhereOnceEveryShardHasIt) {
  directory_.set_version(5);
  v1::ListAdoptionRequest request;
  const auto ask = [&] { return *Ask<v1::ListAdoptionResponse>("operator", "ListAdoption", request); };
  EXPECT_FALSE(ask().everywhere()) << "nothing is known of any shard";
  backend_.adoptions = {{"fake", 0, 5}, {"fake", 1, 4}};
  EXPECT_EQ(ask().version(), 5u);
  EXPECT_FALSE(ask().everywhere());
  EXPECT_TRUE(ask().shards(0).adopted());
  EXPECT_FALSE(ask().shards(1).adopted());
  EXPECT_EQ(ask().shards(1).name(), "shards/fake/1");
  EXPECT_EQ(ask().shards(1).adopted_version(), 4u);
  request.set_version(4);
  EXPECT_TRUE(ask().everywhere());
  EXPECT_EQ(ask().newest(), 5u);
  request.set_version(6);
  EXPECT_FALSE(ask().everywhere()) << "nobody can have adopted what is to come";
}

TEST_F(OpsOverTheWire, FeaturesTellWhoEnabledThemAndWhoCannotReadThem) {
  const auto list = [&] {
    return *Ask<v1::ListFeaturesResponse>("operator", "ListFeatures", v1::ListFeaturesRequest());
  };
  const auto before = list();
  ASSERT_EQ(before.features_size(), static_cast<int>(std::size(kFeatures)));
  EXPECT_EQ(before.features(0).name(), "urging");
  EXPECT_EQ(before.features(0).since(), "0.2.0");
  EXPECT_FALSE(before.features(0).enabled());
  EXPECT_THAT(before.features(0).unreadable_for(), ElementsAre("b"));

  for (const char* name : {"urging", "of-a-newer-build"}) {
    auto* enabled = directory_.add_features();
    enabled->set_name(name);
    enabled->set_enabled_by("operators/first");
    enabled->set_version(7);
  }
  const auto after = list();
  ASSERT_EQ(after.features_size(), before.features_size() + 1);
  EXPECT_TRUE(after.features(0).enabled());
  EXPECT_EQ(after.features(0).enabled_by(), "operators/first");
  EXPECT_EQ(after.features(0).directory_version(), 7u);
  const auto& newer = after.features(after.features_size() - 1);
  EXPECT_EQ(newer.name(), "of-a-newer-build");
  EXPECT_EQ(newer.since(), "") << "this build cannot read it";
  EXPECT_EQ(ReasonOf(Ask<v1::ListFeaturesResponse>("agent", "ListFeatures", v1::ListFeaturesRequest()).status()),
            "ACCESS_DENIED");
}

TEST_F(OpsOverTheWire, ShardsAreListedByNameAndFiltered) {
  v1::ListShardsRequest request;
  auto all = Ask<v1::ListShardsResponse>("operator", "ListShards", request);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->shards(1).name(), "shards/fake/1");
  EXPECT_EQ(all->shards(0).revision(), 7u);
  request.set_service("router");
  EXPECT_EQ(Ask<v1::ListShardsResponse>("operator", "ListShards", request)->shards_size(), 0);
}

}  // namespace
}  // namespace shoujie::ops
