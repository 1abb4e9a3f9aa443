// Clients of several nodes that never give up: each repeats a command, under the same request id and at another node if
// need be, until it has a definite answer, and puts down in a ledger what it sent and was told. One works on each
// matter (notes on its ticket, records of its contact, reads); some take calls (new contacts, disposed of as tickets,
// so that reactions go on under the fault). A thread each.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "loadtest/generator/random.h"
#include "loadtest/generator/workload.h"
#include "services/runtime/rpc/client.h"
#include "tests/fault/ledger.h"
#include "tests/kafka/nodes.h"

namespace shoujie::kafka {

struct WorkOptions {
  std::vector<size_t> from;  // nodes at which clients begin, in turn; empty: all
  std::vector<size_t> stay;  // every third client stays at one of these whatever happens, and counts for no gap
  bool roam = true;          // others go to the next node when an answer leaves it open
  int intake = 4;            // clients that take calls
  size_t text_bytes = 0;     // of every tenth note, if not short
  absl::Duration timeout = absl::Seconds(2);  // of a call
  uint64_t seed = 1;
};

class Workers {
 public:
  // They work at once. Everything outlives them.
  Workers(const Nodes* nodes, const std::vector<load::Matter>* matters, fault::Ledger* ledger, WorkOptions options);
  ~Workers();  // Stop
  // Nobody begins anything new, and nobody repeats.
  void Stop();

  // By partition: the longest time without an acknowledgement from `from` on until they were stopped, of those
  // partitions on whose matters somebody works.
  std::map<uint32_t, absl::Duration> Gaps(absl::Time from) const;

 private:
  struct One;

  void Work(One* one);
  void TakeCalls(One* one);
  void Read(One* one);
  bool Command(One* one, const std::string& method, std::shared_ptr<google::protobuf::Message> request,
               const std::string& stream, common::v1::CommandReply* reply);

  const WorkOptions options_;
  const std::vector<load::Matter>* const matters_;
  fault::Ledger* const ledger_;
  std::atomic<bool> stop_{false};
  absl::Time stopped_ = absl::InfinitePast();
  std::vector<std::vector<std::unique_ptr<rpc::Client>>> connections_;  // by node
  std::vector<std::unique_ptr<One>> ones_;
};

}  // namespace shoujie::kafka
