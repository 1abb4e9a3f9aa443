#include "loadtest/switch/session.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/rpc/request_id.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::loadtest {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kClockEvery = absl::Milliseconds(500);

class RpcSink : public Sink {
 public:
  explicit RpcSink(rpc::Client* client) : client_(client) {}
  absl::StatusOr<std::string> Send(const std::string& method, const std::string& request) override {
    return client_->CallBytes(method, request);
  }

 private:
  rpc::Client* const client_;
};

void SetRequestId(Message* request, const std::string& id) {
  request->GetReflection()->SetString(request, request->GetDescriptor()->FindFieldByName("request_id"), id);
}

// The command that `method` takes.
std::unique_ptr<Message> RequestOf(const std::string& method) {
  std::string name = method;
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (!descriptor) return nullptr;
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor->input_type())->New());
}

}  // namespace

Session::Session(SessionOptions options)
    : options_(std::move(options)), machine_(MakeSystemClock()), clock_(machine_.get()) {}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(SessionOptions options) {
  std::unique_ptr<Session> session(new Session(std::move(options)));
  if (session->options_.outbox.empty()) {
    char folder[] = "/tmp/shoujie-switch.XXXXXX";
    if (!::mkdtemp(folder)) return absl::InternalError("cannot create a folder for the outbox under /tmp");
    session->options_.outbox = folder;
    session->temporary_ = true;
  }
  auto outbox = Outbox::Open(session->options_.outbox);
  if (!outbox.ok()) return outbox.status();
  session->outbox_ = *std::move(outbox);
  if (auto status = session->Connect(); !status.ok()) return status;
  return session;
}

absl::Status Session::Connect() {
  operator_ = std::make_unique<rpc::Client>(
      rpc::ClientOptions{options_.server, options_.token, options_.connect_within, /*wait_for_ready=*/true});
  if (auto status = clock_.Read(*operator_); !status.ok()) return status;
  clock_.Read(*operator_).IgnoreError();  // the first answer had a connection to wait for
  const std::string principal = absl::StrCat("adapters/", options_.source);
  auto adapter = ClientOf(principal, {"facts", "orders", "read"});
  if (!adapter.ok()) return adapter.status();
  adapter_ = *std::move(adapter);
  sink_ = std::make_unique<RpcSink>(adapter_.get());
  common::v1::GetRequest get;
  get.set_name("directories/main");
  return operator_->Call("shoujie.directory.v1.DirectoryService/GetDirectory", get, &directory_);
}

Session::~Session() {
  Stop();
  courier_.reset();
  const bool empty = outbox_ && outbox_->pending() == 0 && outbox_->refused() == 0;
  outbox_.reset();
  if (!temporary_) return;
  if (empty) {
    std::error_code ignored;
    std::filesystem::remove_all(options_.outbox, ignored);
  } else {
    absl::FPrintF(stderr, "undelivered commands are kept; deliver them with --outbox %s\n", options_.outbox);
  }
}

void Session::Start(Courier::Delivered delivered, const ServerClock* pace) {
  if (const size_t resumed = outbox_->resumed(); resumed > 0) tally_.Count("facts/of an earlier switch", resumed);
  if (!pace) pace = &clock_;
  lag_from_ = pace->Now();
  clock_reader_ = std::thread([this] {
    while (!stopped_) {
      clock_.Read(*adapter_).IgnoreError();
      absl::SleepFor(kClockEvery);
    }
  });
  courier_ = std::make_unique<Courier>(
      outbox_.get(), sink_.get(), options_.in_flight,
      [this, pace, delivered = std::move(delivered)](const OutboxEntry& entry,
                                                     const absl::StatusOr<std::string>& reply) {
        if (entry.method == kReportFact && entry.seq >= outbox_->first_seq()) {
          interaction::v1::ReportContactFactRequest fact;
          if (fact.ParseFromString(entry.request) && ToTime(fact.occurred_at()) >= lag_from_)
            tally_.Late(-pace->Until(ToTime(fact.occurred_at())));
        }
        delivered(entry, reply);
      },
      [this](const OutboxEntry& entry) {
        auto request = RequestOf(entry.method);
        if (!request || !request->ParseFromString(entry.request)) return entry.request;
        clock_.Read(*adapter_).IgnoreError();
        SetRequestId(request.get(), NewRequestId());
        return request->SerializeAsString();
      });
}

void Session::Stop() {
  stopped_ = true;
  if (outbox_) outbox_->Stop();
  if (clock_reader_.joinable()) clock_reader_.join();
}

std::string Session::NewRequestId() const { return rpc::NewRequestId(clock_.Now()); }

absl::StatusOr<uint64_t> Session::Report(const std::string& lane, const std::string& method, Message* request) {
  SetRequestId(request, NewRequestId());
  return outbox_->Append(lane, method, request->SerializeAsString());
}

absl::StatusOr<std::unique_ptr<rpc::Client>> Session::ClientOf(const std::string& principal,
                                                               const std::vector<std::string>& rights) {
  ops::v1::CreateTokenRequest create;
  create.set_principal(principal);
  for (const auto& right : rights) create.add_rights(right);
  auto token = rpc::Call<ops::v1::CreateTokenResponse>(*operator_, "shoujie.ops.v1.OpsService/CreateToken", create);
  if (!token.ok()) return token.status();
  return std::make_unique<rpc::Client>(rpc::ClientOptions{options_.server, token->token(), options_.timeout});
}

absl::StatusOr<rpc::Client*> Session::Agent(const std::string& agent) {
  absl::MutexLock lock(&mutex_);
  auto& client = agents_[agent];
  if (!client) {
    auto made = ClientOf(absl::StrCat("agents/", agent), {"agent", "read"});
    if (!made.ok()) return made.status();
    client = *std::move(made);
  }
  return client.get();
}

absl::StatusOr<common::v1::CommandReply> Session::Command(const std::string& agent, const std::string& method,
                                                          Message* request) {
  SetRequestId(request, NewRequestId());
  for (uint32_t attempt = 1;; ++attempt) {
    auto client = Agent(agent);
    absl::Status status = client.status();
    common::v1::CommandReply reply;
    if (status.ok()) status = (*client)->Call(method, *request, &reply);
    if (status.ok()) return reply;
    if (Judge(status) != Verdict::kRepeat || stopped_) return status;
    tally_.Count("agents/acts repeated");
    absl::SleepFor(PauseBefore(attempt));
  }
}

absl::Status Session::Ask(const std::string& agent, const std::string& method, const Message& request,
                          Message* response) {
  for (uint32_t attempt = 1;; ++attempt) {
    auto client = Agent(agent);
    absl::Status status = client.status();
    if (status.ok()) status = (*client)->Call(method, request, response);
    if (status.ok() || Judge(status) != Verdict::kRepeat || stopped_) return status;
    absl::SleepFor(PauseBefore(attempt));
  }
}

}  // namespace shoujie::loadtest
