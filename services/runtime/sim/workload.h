// What the simulator's clients do: which services run, what is asked of them, and what must hold of their states in the
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/domain.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/sim/random.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::sim {

// One thing that a client wants: sent, and repeated with the same id and bytes, until a definite answer comes.
struct Intent {
  size_t service = 0;                                  // index into `domains()`
  std::unique_ptr<google::protobuf::Message> request;  // null: nothing is asked now
  Principal principal;
  uint64_t tag = 0;  // the workload's own
  // The client goes on by what it is answered, also by a refusal. Of a refused command nothing is recorded, so nothing
  // is promised of its copies: one that comes later is decided anew, and taken if it fits by then. Such a client
  // therefore believes a refusal only when no other attempt was under way, asks the same again otherwise, and never
  // repeats what was refused. So each of its commands either counts, and it was told so, or is refused and never counts
  // (I2), whatever is late; what was acknowledged is repeated late like everybody's.
  bool certain = false;
  bool publishes = false;  // another directory version is published, before anything is asked
};

// Called when every fault has been healed and everything has finished: the states of all partitions as recorded.
class States {
 public:
  virtual ~States() = default;
  virtual void ForEach(size_t service,
                       const std::function<void(const std::string& stream, const rows::StateValue&)>& visit) const = 0;
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual const std::vector<const ServiceDomain*>& domains() const = 0;
  virtual directory::v1::Directory Directory(Random& random) = 0;
  // What is wanted next, given `now` by the client's clock. If it publishes, `Directory` is asked at once.
  virtual Intent Next(Random& random, absl::Time now) = 0;
  // The definite answer to an intent: a reply or a refusal.
  virtual void Answered(const Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) = 0;
  // Sentences, one per violation of what must hold of these services' states.
  virtual std::vector<std::string> Check(const States& states, absl::Time now) const = 0;
  // What clients played to its end, by kind; for clients who follow a script.
  virtual std::map<std::string, uint64_t> Over() const { return {}; }
};

}  // namespace shoujie::sim
