// Clients of a centre at work, each with one call at a time: they create contacts and customers, dispose of contacts as
// tickets, write records and notes, and read; and put down in a ledger what they sent and were told. A client whose
// command stays without an answer stops, as if it were waiting. Calls come from threads of gRPC.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "loadtest/generator/random.h"
#include "loadtest/generator/workload.h"
#include "services/runtime/rpc/client.h"
#include "tests/fault/ledger.h"

namespace shoujie::fault {

struct ClientsOptions {
  std::string address, token;
  int clients = 48;
  int connections = 3;
  double reads = 0.1;
  uint64_t seed = 1;  // other names and texts for each
  // Of the server's clock before ours: request ids are made by the server's.
  absl::Duration ahead = absl::ZeroDuration();
  absl::Duration timeout = absl::Seconds(20);
};

class Clients {
 public:
  // They work at once. `matters` and `ledger` outlive them.
  Clients(ClientsOptions options, const std::vector<load::Matter>* matters, Ledger* ledger);
  ~Clients();  // Stop

  // Nobody begins anything new; returns when nothing is in flight.
  void Stop();
  // Who still works: those that were left without an answer do not.
  int working() const;
  uint64_t acked() const { return acked_; }
  uint64_t reads() const { return reads_; }

 private:
  struct One;
  enum class Act { kNote, kRecord, kCreateContact, kDispose, kCustomer };

  void Next(One* one);
  void Command(One* one, const std::string& method, std::shared_ptr<google::protobuf::Message> request,
               const std::string& stream, bool creates_contact);
  void Read(One* one);
  void Ended();
  std::string RequestId(One* one) const;

  const ClientsOptions options_;
  const std::vector<load::Matter>* const matters_;
  Ledger* const ledger_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> acked_{0}, reads_{0};
  mutable absl::Mutex mutex_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  int working_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<One>> ones_;
  std::vector<std::unique_ptr<rpc::Client>> connections_;  // last: they wait for their calls
};

}  // namespace shoujie::fault
