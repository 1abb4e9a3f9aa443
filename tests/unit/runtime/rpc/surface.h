// A server over a backend that answers what the test says, and clients of it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "services/runtime/rpc/client.h"
#include "services/runtime/rpc/server.h"
#include "tests/unit/runtime/rpc/fake_backend.h"

namespace shoujie::rpc {

inline constexpr char kPaint[] = "shoujie.rpctest.v1.ThingService/Paint";
inline constexpr char kGet[] = "shoujie.rpctest.v1.ThingService/GetThing";
inline constexpr char kList[] = "shoujie.rpctest.v1.ThingService/ListThings";
inline constexpr char kHistory[] = "shoujie.rpctest.v1.ThingService/ListThingHistory";

class Surface : public ::testing::Test {
 protected:
  void SetUp() override { Start({}); }
  void Start(ServerOptions options) {
    server_.reset();
    options.authenticate = &rpctest::AuthenticateFake;
    options.observe = [this](const CallRecord& record) {
      absl::MutexLock lock(&mutex_);
      records_.push_back(record);
    };
    auto server = RpcServer::Start(backend_, std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->SetServing(true);
  }
  std::unique_ptr<Client> As(const std::string& token, absl::Duration timeout = absl::Seconds(10)) {
    return std::make_unique<Client>(ClientOptions{.target = server_->address(), .token = token, .timeout = timeout});
  }
  absl::StatusOr<common::v1::CommandReply> Paint(const std::string& token,
                                                 const rpctest::v1::PaintRequest& request = {}) {
    return Call<common::v1::CommandReply>(*As(token), kPaint, request);
  }

  rpctest::FakeBackend backend_;
  absl::Mutex mutex_;
  std::vector<CallRecord> records_;
  std::unique_ptr<RpcServer> server_;
};

}  // namespace shoujie::rpc
