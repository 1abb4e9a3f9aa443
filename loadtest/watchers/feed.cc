#include "loadtest/watchers/feed.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "loadtest/generator/world.h"
#include "services/runtime/base/time.h"
#include "services/runtime/rpc/client.h"
#include "services/runtime/rpc/request_id.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/support/process/server.h"

namespace shoujie::load {
namespace {

constexpr char kService[] = "shoujie.router.v1.TicketService/";

template <typename Request>
absl::StatusOr<common::v1::CommandReply> Do(rpc::Client& client, const char* method, Request request) {
  request.set_request_id(rpc::NewRequestId(absl::Now()));
  return rpc::Call<common::v1::CommandReply>(client, absl::StrCat(kService, method), request);
}

class Real : public Feed {
 public:
  explicit Real(const std::string& directory) : server_(directory + "/data") {}
  absl::Status Prepare(int tickets) {
    if (server_.address().empty()) return absl::UnavailableError("shoujied does not start: " + server_.process().err());
    token_ = server_.token();
    auto matters = MakeMatters(server_.address(), token_, tickets);
    if (!matters.ok()) return matters.status();
    matters_ = *std::move(matters);
    client_ = std::make_unique<rpc::Client>(rpc::ClientOptions{.target = server_.address(), .token = token_});
    for (const Matter& matter : matters_) {
      router::v1::OfferHandoffRequest offer;
      offer.set_name(matter.ticket);
      offer.set_department(kWatchedDepartment);
      *offer.mutable_deadline() = ToProto(absl::Now() + absl::Hours(4));
      offer.set_gist("measured");
      if (auto reply = Do(*client_, "OfferHandoff", offer); !reply.ok()) return reply.status();
      router::v1::SignHandoffRequest sign;
      sign.set_name(matter.ticket);
      if (auto reply = Do(*client_, "SignHandoff", sign); !reply.ok()) return reply.status();
    }
    return absl::OkStatus();
  }
  const std::string& address() const override { return server_.address(); }
  const std::string& token() const override { return token_; }
  int pid() override { return server_.process().pid(); }
  absl::StatusOr<std::string> Say() override {
    router::v1::ReportProgressRequest progress;
    progress.set_name(matters_[said_++ % matters_.size()].ticket);
    progress.set_text("measured");
    auto reply = Do(*client_, "ReportProgress", progress);
    if (!reply.ok()) return reply.status();
    return absl::StrCat(reply->name(), "@", reply->etag(), ".0");
  }

 private:
  e2e::Server server_;
  std::string token_;
  std::vector<Matter> matters_;
  std::unique_ptr<rpc::Client> client_;
  size_t said_ = 0;
};

class Echo : public Feed {
 public:
  absl::Status Prepare(const std::string& sample) {
    if (!event_.ParseFromString(sample) || event_.events_size() != 1) {
      return absl::InternalError("the sample is not an answer with one event");
    }
    common::v1::CommandReply reply;  // as long as a real one
    reply.set_name(event_.events(0).subject());
    reply.set_etag("100");
    reply.set_revision("router/17@12345");
    *reply.mutable_recorded_at() = ToProto(absl::Now());
    process_ = std::make_unique<e2e::Process>(std::vector<std::string>{
        e2e::Program("shoujie-floors"), "stream-echo", "--watch", absl::StrCat("/", kService, "WatchTickets"),
        "--command", absl::StrCat("/", kService, "ReportProgress"), "--reply-bytes",
        absl::StrCat(reply.ByteSizeLong())});
    const std::string ready = process_->WaitForLine("ready grpc=", absl::Seconds(30));
    if (ready.empty()) return absl::UnavailableError("the stream echo did not start: " + process_->err());
    address_ = ready.substr(ready.find('=') + 1);
    client_ = std::make_unique<rpc::Client>(rpc::ClientOptions{.target = address_, .token = token_});
    return absl::OkStatus();
  }
  const std::string& address() const override { return address_; }
  const std::string& token() const override { return token_; }
  int pid() override { return process_->pid(); }
  absl::StatusOr<std::string> Say() override {
    auto& event = *event_.mutable_events(0);
    const uint64_t n = 100 + ++said_;
    event.set_id(absl::StrCat(event.subject(), "@", n, ".0"));
    event.set_sequence(absl::StrFormat("%020d", n));
    auto answered = client_->CallBytes(absl::StrCat(kService, "ReportProgress"), event_.SerializeAsString());
    if (!answered.ok()) return answered.status();
    return event.id();
  }

 private:
  router::v1::WatchTicketsResponse event_;
  std::unique_ptr<e2e::Process> process_;
  std::string address_;
  const std::string token_ = std::string(60, 'x');  // the same metadata, and nobody looks at it
  std::unique_ptr<rpc::Client> client_;
  uint64_t said_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Feed>> OpenReal(const std::string& directory, int tickets) {
  auto real = std::make_unique<Real>(directory);
  if (absl::Status status = real->Prepare(tickets); !status.ok()) return status;
  return std::unique_ptr<Feed>(std::move(real));
}

absl::StatusOr<std::unique_ptr<Feed>> OpenEcho(const std::string& sample) {
  auto echo = std::make_unique<Echo>();
  if (absl::Status status = echo->Prepare(sample); !status.ok()) return status;
  return std::unique_ptr<Feed>(std::move(echo));
}

}  // namespace shoujie::load
