// A command on its way to a shard, and what it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/domain.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

// Called exactly once, from the shard's thread; must not block.
using Done = std::function<void(absl::StatusOr<common::v1::CommandReply>)>;

struct Command {
  const StreamType* type = nullptr;  // whose command it is
  std::unique_ptr<google::protobuf::Message> request;
  Address address;
  uint32_t slot = 0;  // of the address
  Principal principal;

  // Clients' commands: the 16 bytes of the request id (UUIDv7) and the mark of the request's bytes. Internal commands
  // have a name as id ("timer/…", "cause/…") and no mark; they are not refused for room in the clients' queue and
  // always leave a record.
  std::string id;
  std::string payload_mac;
  bool internal = false;
  std::optional<journal::v1::Cause> cause;  // of reactions and messages
  std::string from_stream;                  // of messages: who sent it

  std::string etag;                                    // empty: any version
  std::optional<absl::Time> occurred_at;               // only with the right `facts`
  absl::Duration deadline = absl::InfiniteDuration();  // by Clock::Boot
  std::string traceparent;
  Done done;
};

}  // namespace shoujie
