// A switch that is attached to a server: its clock, its directory, its own principal (adapters/<source>, rights facts,
// orders and read) and its outbox with the courier that empties it. Principals of scripted agents are made on demand
// with the operator's token and their tokens kept in memory only. One session a process.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "loadtest/switch/acts.h"
#include "loadtest/switch/courier.h"
#include "loadtest/switch/outbox.h"
#include "loadtest/switch/server_clock.h"
#include "loadtest/switch/sink.h"
#include "loadtest/switch/tally.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::loadtest {

struct SessionOptions {
  std::string server;
  std::string token;  // an operator's
  std::string source = "switch-1";
  std::string outbox;  // folder; empty: a temporary one
  int in_flight = 32;  // commands of the outbox
  absl::Duration connect_within = absl::Seconds(30);
  absl::Duration timeout = absl::Seconds(10);  // of one call
};

class Session : public Hands {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(SessionOptions options);
  ~Session() override;

  // Begins to deliver, and to follow the server's clock. `delivered` as the courier's. How late facts are is counted by
  // `pace`, on which their stamps were due; nullptr: the server's clock.
  void Start(Courier::Delivered delivered, const ServerClock* pace = nullptr);
  // No act is repeated any more; the courier stops. Idempotent.
  void Stop();

  // Hands.
  absl::StatusOr<common::v1::CommandReply> Command(const std::string& agent, const std::string& method,
                                                   google::protobuf::Message* request) override;
  absl::Status Ask(const std::string& agent, const std::string& method, const google::protobuf::Message& request,
                   google::protobuf::Message* response) override;
  absl::Time Now() const override { return clock_.Now(); }

  std::string NewRequestId() const;
  // Into the outbox, with a request id: `request` is a command message.
  absl::StatusOr<uint64_t> Report(const std::string& lane, const std::string& method,
                                  google::protobuf::Message* request);

  const SessionOptions& options() const { return options_; }
  const directory::v1::Directory& directory() const { return directory_; }
  ServerClock& clock() { return clock_; }
  const Clock* machine() const { return machine_.get(); }
  Outbox& outbox() { return *outbox_; }
  Courier& courier() { return *courier_; }
  Tally& tally() { return tally_; }
  rpc::Client& adapter() { return *adapter_; }
  rpc::Client& operations() { return *operator_; }

 private:
  explicit Session(SessionOptions options);
  absl::Status Connect();
  absl::StatusOr<std::unique_ptr<rpc::Client>> ClientOf(const std::string& principal,
                                                        const std::vector<std::string>& rights);
  absl::StatusOr<rpc::Client*> Agent(const std::string& agent);

  SessionOptions options_;
  std::unique_ptr<Clock> machine_;
  ServerClock clock_;
  directory::v1::Directory directory_;
  bool temporary_ = false;
  std::atomic<bool> stopped_ = false;
  Tally tally_;
  std::unique_ptr<rpc::Client> operator_, adapter_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<Courier> courier_;
  std::thread clock_reader_;
  absl::Time lag_from_;  // facts of before are late by no fault of ours
  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<rpc::Client>> agents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::loadtest
