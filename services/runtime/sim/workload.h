// What the simulator's clients do: which services run, what is asked of them, and what must hold of their states in the
// end.
#pragma once

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
  size_t service = 0;  // index into `domains()`
  std::unique_ptr<google::protobuf::Message> request;
  Principal principal;
  uint64_t tag = 0;  // the workload's own
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
  // What is wanted next, given `now` by the client's clock.
  virtual Intent Next(Random& random, absl::Time now) = 0;
  // The definite answer to an intent: a reply or a refusal.
  virtual void Answered(const Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) = 0;
  // Sentences, one per violation of what must hold of these services' states.
  virtual std::vector<std::string> Check(const States& states, absl::Time now) const = 0;
};

}  // namespace shoujie::sim
