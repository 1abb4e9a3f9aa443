// Plays a flow step by step on something that answers, and looks at the ticket after every act: the proof holds at each
// moment, not only in the end. What it is played on is a `Stage`: a node in memory, or servers behind RPC.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/support/flows/flow.h"

namespace shoujie::flows {

class Stage {
 public:
  virtual ~Stage() = default;
  // A command of the service that the request's package names.
  virtual absl::StatusOr<common::v1::CommandReply> Do(const std::string& who,
                                                      const google::protobuf::Message& request) = 0;
  // Makes it the version in force, waits until it counts everywhere, and answers its number.
  virtual absl::StatusOr<uint64_t> Publish(const directory::v1::Directory& content) = 0;
  virtual absl::StatusOr<router::v1::Ticket> Ticket(const common::v1::GetRequest& request) = 0;
  virtual absl::StatusOr<std::vector<common::v1::HistoryEntry>> History(const std::string& ticket) = 0;
  virtual absl::StatusOr<router::v1::ExplainClocksResponse> Explain(const std::string& ticket, uint64_t as_version) = 0;
};

// The service of a request: "router".
std::string ServiceOf(const google::protobuf::Message& request);

struct Played {
  std::vector<uint64_t> versions;  // of the directories that were published
};
// From where it stands up to so many steps.
void Play(Flow& flow, Stage& stage, Played* played, size_t steps);
inline void Play(Flow& flow, Stage& stage, Played* played) { Play(flow, stage, played, flow.steps()); }

// The whole history: nothing missing, each record chained to the one before; and at each of its versions the state as
// it was then has one owner, one holder, and custody that adds up.
void ExpectProven(const Flow& flow, Stage& stage);

// Flow 3: judged by the version that the clock began with, and explained by both, interval by interval.
void ExpectExplained(const Flow& flow, Stage& stage, const Played& played);

}  // namespace shoujie::flows
