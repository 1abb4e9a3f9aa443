// A backend that answers what the test says, for tests of the RPC surface.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fake.pb.h"
#include "services/runtime/base/error.h"
#include "services/runtime/node/backend.h"

namespace shoujie::rpctest {

inline void Evolve(v1::Thing&, const v1::Event&, const EventContext&) {}
inline Decision<v1::Event> Decide(const v1::Thing&, const v1::PaintRequest&, const Context&) {
  return std::vector<Decided<v1::Event>>{};
}

inline Decision<v1::Event> DecidePeek(const v1::Thing&, const v1::PeekRequest&, const Context&) {
  return std::vector<Decided<v1::Event>>{};
}

class FakeBackend : public Backend {
 public:
  FakeBackend() : clock_(MakeSystemClock()) {
    auto things = std::make_unique<TypedStream<v1::Thing, v1::Event>>("things", &Evolve);
    things->On<v1::PaintRequest>(&ToNamed<v1::PaintRequest>, &Decide);
    things->On<v1::PeekRequest>(&ToNamed<v1::PeekRequest>, &DecidePeek);
    module_.domain.name = "fake";
    module_.domain.event = std::make_unique<v1::Event>();
    module_.domain.streams.push_back(std::move(things));
    module_.rpc = {v1::Thing::descriptor()->file()->FindServiceByName("ThingService")};
    module_.queries.push_back({"ListThings", [](const auto&, auto*, const auto&) { return absl::OkStatus(); }});
    module_.queries.push_back({"Peek", [](const auto&, auto*, const auto&) { return absl::OkStatus(); }});
    modules_ = {&module_};
    execute = [](const ClientCommand& command, Done done) {
      common::v1::CommandReply reply;
      const auto& request = *command.request;
      reply.set_name(request.GetReflection()->GetString(request, request.GetDescriptor()->FindFieldByName("name")));
      done(std::move(reply));
    };
    get = [](const common::v1::GetRequest& request, GetDone done) {
      auto thing = std::make_unique<v1::Thing>();
      thing->set_name(request.name());
      thing->set_color("green");
      thing->mutable_note()->set_plain("private note");
      done(std::unique_ptr<google::protobuf::Message>(std::move(thing)));
    };
    run = [](const google::protobuf::Message&, google::protobuf::Message* response, const Principal&) {
      static_cast<v1::ListThingsResponse*>(response)->add_names("things/1");
      static_cast<v1::ListThingsResponse*>(response)->set_phone("13800000000");
      return absl::OkStatus();
    };
  }

  const std::vector<const ServiceModule*>& modules() const override { return modules_; }
  const Clock& clock() const override { return *clock_; }
  void set_clock(std::unique_ptr<Clock> clock) { clock_ = std::move(clock); }
  void Execute(const ServiceModule&, ClientCommand command, Done done) override { execute(command, std::move(done)); }
  void Get(const ServiceModule&, const common::v1::GetRequest& request, GetDone done) override {
    get(request, std::move(done));
  }
  void ListHistory(const ServiceModule&, const common::v1::ListHistoryRequest&, HistoryDone done) override {
    common::v1::ListHistoryResponse history;
    v1::Event event;
    event.mutable_note()->set_plain("private note");
    history.add_entries()->add_events()->PackFrom(event);
    done(std::move(history));
  }
  absl::Status Run(const ServiceModule&, const Query&, const google::protobuf::Message& request,
                   google::protobuf::Message* response, const Principal& principal) override {
    return run(request, response, principal);
  }
  absl::StatusOr<std::unique_ptr<AnswerStream>> Open(const ServiceModule&, const Watch&,
                                                     const google::protobuf::Message& request, const Principal&,
                                                     WakeStream wake) override {
    return open(request, std::move(wake));
  }
  absl::Status Checkpoint(const std::string& directory) override {
    checkpoint = directory;
    return absl::OkStatus();
  }
  std::vector<ShardInfo> Shards() const override {
    return {{.service = "fake",
             .partition = 0,
             .phase = "serving",
             .term = 1,
             .revision = 7,
             .published = ShardInfo::Published{.running = true, .lag_records = 3}},
            {.service = "fake", .partition = 1, .phase = "claiming", .term = 1, .revision = 2}};
  }
  std::vector<Adoption> Adoptions() const override { return adoptions; }

  std::function<void(const ClientCommand&, Done)> execute;
  std::function<void(const common::v1::GetRequest&, GetDone)> get;
  std::function<absl::Status(const google::protobuf::Message&, google::protobuf::Message*, const Principal&)> run;
  std::function<absl::StatusOr<std::unique_ptr<AnswerStream>>(const google::protobuf::Message&, WakeStream)> open;
  std::string checkpoint;
  std::vector<Adoption> adoptions;
  ServiceModule module_;
  std::vector<const ServiceModule*> modules_;

 private:
  std::unique_ptr<Clock> clock_;
};

inline absl::StatusOr<Principal> AuthenticateFake(absl::string_view token) {
  const auto rights = [](Right right) { return static_cast<uint32_t>(right); };
  if (token == "agent") return Principal{"agents/1001", rights(Right::kAgent)};
  if (token == "switch") return Principal{"adapters/switch-1", rights(Right::kOrders)};
  if (token == "operator") return Principal{"operators/first", rights(Right::kOperate)};
  return absl::NotFoundError("no such token");
}

}  // namespace shoujie::rpctest
