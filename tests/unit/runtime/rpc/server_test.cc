#include "services/runtime/rpc/server.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/runtime/base/error.h"
#include "tests/unit/runtime/rpc/surface.h"

namespace shoujie::rpc {
namespace {

using common::v1::CommandReply;
using rpctest::FakeBackend;
using rpctest::v1::ListThingsRequest;
using rpctest::v1::ListThingsResponse;
using rpctest::v1::PaintRequest;
using rpctest::v1::Thing;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Surface, ACommandReachesTheBackendWithItsBytesPrincipalAndDeadline) {
  PaintRequest request;
  request.set_name("things/1");
  request.set_color("red");
  std::string payload, principal;
  absl::Duration left;
  backend_.execute = [&](const ClientCommand& command, Done done) {
    payload = command.payload;
    principal = command.principal.id;
    left = command.deadline - backend_.clock().Boot();
    CommandReply reply;
    reply.set_etag("7");
    done(reply);
  };
  auto reply = Paint("agent", request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->etag(), "7");
  EXPECT_EQ(payload, request.SerializeAsString());
  EXPECT_EQ(principal, "agents/1001");
  EXPECT_GT(left, absl::Seconds(8));
  absl::MutexLock lock(&mutex_);
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].method, kPaint);
  EXPECT_EQ(records_[0].code, absl::StatusCode::kOk);
}

// gRPC sends what is left of a deadline as `grpc-timeout`: in whole milliseconds, and of these at most three digits,
// rounded up (timeout_encoding.cc). So 10 s of which the client's own rounding made 10.001 arrive as 10.1.
TEST_F(Surface, ADeadlineArrivesWithThreeDigitsRoundedUp) {
  absl::Duration left;
  backend_.execute = [&](const ClientCommand& command, Done done) {
    left = command.deadline - backend_.clock().Boot();
    done(CommandReply());
  };
  struct Rounding {
    absl::Duration timeout, unit;
  };
  for (const auto& [timeout, unit] :
       {Rounding{absl::Milliseconds(990), absl::Milliseconds(1)},
        Rounding{absl::Milliseconds(9'985), absl::Milliseconds(10)},
        Rounding{absl::Seconds(10), absl::Milliseconds(100)}, Rounding{absl::Seconds(99), absl::Milliseconds(100)},
        Rounding{absl::Seconds(600), absl::Seconds(1)}}) {
    auto client = As("agent", timeout);
    ASSERT_TRUE(Call<CommandReply>(*client, kPaint, PaintRequest()).ok());
    // Client and server each round an instant to their clock's next millisecond besides.
    EXPECT_LE(left, timeout + unit + absl::Milliseconds(2)) << timeout;
    EXPECT_GT(left, timeout - absl::Seconds(2)) << timeout;
  }
}

TEST_F(Surface, WithoutATokenOrWithAWrongOneNothingIsServed) {
  for (const std::string token : {"", "stolen"}) {
    auto reply = Paint(token);
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ReasonOf(reply.status()), "UNAUTHENTICATED");
    EXPECT_THAT(DetailOf(reply.status()).zh(), HasSubstr("令牌"));
  }
}

TEST_F(Surface, TheTokenStoresOwnWordsReachTheCaller) {
  Start({});
  server_.reset();
  ServerOptions options;
  options.authenticate = [](absl::string_view token) -> absl::StatusOr<Principal> {
    return Error(absl::StatusCode::kUnauthenticated, token.empty() ? "TOKEN_MISSING" : "TOKEN_UNKNOWN", "No.", "否。");
  };
  server_ = *RpcServer::Start(backend_, std::move(options));
  EXPECT_EQ(ReasonOf(Paint("").status()), "TOKEN_MISSING");
  EXPECT_EQ(ReasonOf(Paint("stolen").status()), "TOKEN_UNKNOWN");
}

TEST_F(Surface, AMissingRightIsNamedInBothLanguages) {
  auto reply = Paint("switch");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kPermissionDenied);
  const auto detail = DetailOf(reply.status());
  EXPECT_EQ(detail.reason(), "ACCESS_DENIED");
  EXPECT_THAT(detail.en(), HasSubstr("\"agent\""));
  EXPECT_THAT(detail.zh(), HasSubstr("“agent”"));
  std::map<std::string, std::string> metadata;
  for (const auto& entry : detail.metadata()) metadata[entry.key()] = entry.value();
  EXPECT_EQ(metadata["right"], "agent");
  EXPECT_EQ(metadata["principal"], "adapters/switch-1");
}

TEST_F(Surface, TooLargeARequestIsATypedErrorUpToTheTransportsLimit) {
  PaintRequest request;
  request.set_color(std::string(limits::kRequestBytesMax, 'x'));
  EXPECT_EQ(ReasonOf(Paint("agent", request).status()), "REQUEST_TOO_LARGE");
  request.set_color(std::string(10 << 20, 'x'));
  EXPECT_EQ(ReasonOf(Paint("agent", request).status()), "REQUEST_TOO_LARGE");
  request.set_color(std::string(limits::kTransportBytesMax + 1, 'x'));
  EXPECT_EQ(Paint("agent", request).status().code(), absl::StatusCode::kResourceExhausted);
  request.set_color(std::string(limits::kRequestBytesMax - 64, 'x'));
  EXPECT_TRUE(Paint("agent", request).ok());
}

TEST_F(Surface, TextThatIsNoUtf8NamesItsField) {
  auto client = As("agent");
  // color = "\xff\xfe"; then detail { text = "a\xc0" }
  auto outer = client->CallBytes(kPaint, std::string("\x52\x02\xff\xfe", 4));
  EXPECT_EQ(ReasonOf(outer.status()), "INVALID_UTF8");
  EXPECT_THAT(DetailOf(outer.status()).en(), HasSubstr("color"));
  auto inner = client->CallBytes(kPaint, std::string("\x5a\x04\x0a\x02\x61\xc0", 6));
  EXPECT_EQ(ReasonOf(inner.status()), "INVALID_UTF8");
  EXPECT_THAT(DetailOf(inner.status()).en(), HasSubstr("detail.text"));
}

TEST_F(Surface, TimesOutOfRangeNameTheirField) {
  for (const int64_t seconds : {INT64_MAX, INT64_MIN, int64_t{253'402'300'800}, int64_t{-62'135'596'801}}) {
    PaintRequest request;
    request.mutable_occurred_at()->set_seconds(seconds);
    const auto status = Paint("agent", request).status();
    EXPECT_EQ(ReasonOf(status), "TIME_INVALID") << seconds;
    EXPECT_THAT(DetailOf(status).en(), HasSubstr("occurred_at"));
  }
  PaintRequest request;
  request.mutable_occurred_at()->set_nanos(-1);
  EXPECT_EQ(ReasonOf(Paint("agent", request).status()), "TIME_INVALID");
  request.mutable_occurred_at()->set_nanos(0);
  request.mutable_occurred_at()->set_seconds(253'402'300'799);
  EXPECT_TRUE(Paint("agent", request).ok());
}

TEST_F(Surface, ATokenThatIsNotPrintableIsRefusedByTheClientItself) {
  for (const char* token : {"ag\x01nt", "agent\n", "ag\xc3\xa9nt"}) {
    auto client = As(token);
    EXPECT_EQ(ReasonOf(client->CallBytes(kPaint, "").status()), "TOKEN_MALFORMED");
    absl::Status status;
    CallAsync<common::v1::CommandReply>(*client, kPaint, PaintRequest(), [&](auto reply) { status = reply.status(); });
    EXPECT_EQ(ReasonOf(status), "TOKEN_MALFORMED") << "at once, on the caller's thread";
  }
}

// Recorded, it would stop the shard at every rebuild: nobody has the key.
TEST_F(Surface, PersonalDataComeInPlainOnly) {
  PaintRequest request;
  request.mutable_remark()->set_plain("it is still black");
  EXPECT_TRUE(Paint("agent", request).ok());
  request.mutable_remark()->set_box("made up");
  EXPECT_EQ(ReasonOf(Paint("agent", request).status()), "SEALED_FIELD");
  request.mutable_remark()->clear_box();
  request.mutable_remark()->set_key(7);
  EXPECT_EQ(ReasonOf(Paint("agent", request).status()), "SEALED_FIELD");
}

TEST_F(Surface, BrokenBytesAreMalformedAtAnyDepth) {
  auto client = As("agent");
  EXPECT_EQ(ReasonOf(client->CallBytes(kPaint, std::string("\x52\x7f\x61", 3)).status()), "MALFORMED_REQUEST");
  EXPECT_EQ(ReasonOf(client->CallBytes(kPaint, std::string("\x5a\x02\x0a\x7f", 4)).status()), "MALFORMED_REQUEST");
}

TEST_F(Surface, TooMuchMetadataIsATypedError) {
  auto client = As(std::string(limits::kMetadataBytesMax, 't'));
  EXPECT_EQ(ReasonOf(Call<CommandReply>(*client, kPaint, PaintRequest()).status()), "METADATA_TOO_LARGE");
}

TEST_F(Surface, ARefusalKeepsReasonBothTextsAndMetadata) {
  backend_.execute = [](const ClientCommand&, Done done) {
    done(Refused("PAINT_WET", "The paint is wet. Wait an hour.", "油漆未干，请等一小时。", {{"minutes", "60"}}));
  };
  auto reply = Paint("agent");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  const auto detail = DetailOf(reply.status());
  EXPECT_EQ(detail.reason(), "PAINT_WET");
  EXPECT_EQ(detail.en(), "The paint is wet. Wait an hour.");
  EXPECT_EQ(detail.zh(), "油漆未干，请等一小时。");
  ASSERT_EQ(detail.metadata_size(), 1);
  EXPECT_EQ(detail.metadata(0).value(), "60");
}

TEST_F(Surface, AnErrorWithoutADetailTellsNothingOfItsOwnText) {
  backend_.execute = [](const ClientCommand&, Done done) { done(absl::InternalError("phone 13800000000 is odd")); };
  auto status = Paint("agent").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(status), "INTERNAL");
  EXPECT_THAT(status.ToString(), Not(HasSubstr("138")));
}

TEST_F(Surface, AnUnknownMethodIsUnimplemented) {
  auto status = Call<CommandReply>(*As("agent"), "shoujie.rpctest.v1.ThingService/Burn", PaintRequest()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ReasonOf(status), "METHOD_UNKNOWN");
}

TEST_F(Surface, PersonalFieldsReachOnlyThoseWithARightToSeeThem) {
  common::v1::GetRequest get;
  get.set_name("things/1");
  auto seen = Call<Thing>(*As("agent"), kGet, get);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->note().plain(), "private note");
  auto hidden = Call<Thing>(*As("switch"), kGet, get);
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_FALSE(hidden->has_note());
  EXPECT_EQ(hidden->color(), "green");

  EXPECT_EQ(Call<ListThingsResponse>(*As("operator"), kList, ListThingsRequest())->phone(), "13800000000");
  auto list = Call<ListThingsResponse>(*As("switch"), kList, ListThingsRequest());
  EXPECT_EQ(list->phone(), "");
  EXPECT_EQ(list->names(0), "things/1");

  common::v1::ListHistoryRequest history;
  const auto note = [&](const std::string& token) {
    rpctest::v1::Event event;
    auto answer = Call<common::v1::ListHistoryResponse>(*As(token), kHistory, history);
    EXPECT_TRUE(answer.ok() && answer->entries(0).events(0).UnpackTo(&event)) << answer.status();
    return event.note().plain();
  };
  EXPECT_EQ(note("agent"), "private note");
  EXPECT_EQ(note("switch"), "");
}

TEST_F(Surface, ABackendThatNeverAnswersHoldsUpNeitherCallerNorShutdown) {
  std::vector<Done> never;
  absl::Notification arrived;
  backend_.execute = [&](const ClientCommand&, Done done) {
    never.push_back(std::move(done));
    arrived.Notify();
  };
  auto status = Call<CommandReply>(*As("agent", absl::Milliseconds(200)), kPaint, PaintRequest()).status();
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  arrived.WaitForNotification();
  const auto begin = absl::Now();
  server_->Shutdown(absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  server_.reset();
  never[0](CommandReply());  // late: nobody is there any more
}

TEST_F(Surface, MountedServicesAnswerBesideTheModules) {
  const auto* side = Thing::descriptor()->file()->FindServiceByName("SideService");
  Start({.mounted = {{side, {{"Echo", [](const auto&, auto* response, const Principal& principal) {
                                static_cast<ListThingsResponse*>(response)->add_names(principal.id);
                                return absl::OkStatus();
                              }}}}}});
  const auto echo = [&](const std::string& token) {
    return Call<ListThingsResponse>(*As(token), "shoujie.rpctest.v1.SideService/Echo", ListThingsRequest());
  };
  EXPECT_EQ(echo("operator")->names(0), "operators/first");
  EXPECT_EQ(ReasonOf(echo("agent").status()), "ACCESS_DENIED");
}

TEST_F(Surface, HealthSaysServingOnlyWhenTold) {
  // grpc.health.v1.HealthCheckResponse{status: SERVING = 1, NOT_SERVING = 2}
  const auto health = [&] { return *As("")->CallBytes("grpc.health.v1.Health/Check", ""); };
  EXPECT_EQ(health(), std::string("\x08\x01", 2));
  server_->SetServing(false);
  EXPECT_EQ(health(), std::string("\x08\x02", 2));
  // HealthCheckRequest{service}: each service by its name, too.
  const std::string name = "shoujie.rpctest.v1.ThingService";
  const auto one =
      As("")->CallBytes("grpc.health.v1.Health/Check", absl::StrCat("\x0a", std::string(1, name.size()), name));
  EXPECT_EQ(*one, std::string("\x08\x02", 2));
}

TEST_F(Surface, ReflectionListsTheServices) {
  // ServerReflectionRequest{list_services: ""}; one message on the stream is enough for a unary call.
  const auto answer =
      As("")->CallBytes("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x00", 2));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, HasSubstr("shoujie.rpctest.v1.ThingService"));
  EXPECT_THAT(*answer, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(Surface, APortInUseRefusesTheStart) {
  FakeBackend other;
  ServerOptions options;
  options.listen = server_->address();
  options.authenticate = &rpctest::AuthenticateFake;
  EXPECT_EQ(RpcServer::Start(other, options).status().code(), absl::StatusCode::kUnavailable);
}

TEST(SurfaceStart, AMethodWithoutAccessOrWithoutARuleRefusesTheStart) {
  const auto* file = Thing::descriptor()->file();
  for (const auto& [service, why] : std::map<std::string, std::string>{
           {"OpenService", "has no (shoujie.common.v1.access)"}, {"StrayService", "is neither command"}}) {
    FakeBackend backend;
    backend.module_.rpc = {file->FindServiceByName(service)};
    auto server = RpcServer::Start(backend, {.authenticate = &rpctest::AuthenticateFake});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(why));
  }
  FakeBackend backend;
  auto server = RpcServer::Start(
      backend, {.authenticate = &rpctest::AuthenticateFake, .mounted = {{file->FindServiceByName("SideService"), {}}}});
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("has no handler"));
}

TEST(ClientAlone, AServerThatIsNotThereIsUnreachable) {
  Client client({.target = "127.0.0.1:1", .timeout = absl::Seconds(5)});
  auto status = Call<CommandReply>(client, kPaint, PaintRequest()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "SERVER_UNREACHABLE");
}

}  // namespace
}  // namespace shoujie::rpc
