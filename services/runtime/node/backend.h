// What the RPC surface needs of the process behind it. Implemented by `Node` (runtime/node/node.h); tests of the
// surface may use another. All calls are thread-safe; callbacks come once, from any thread. What reads a history
// (`ListHistory`, `Get` of the past, `Run`) waits for the shard and works on the caller's thread; nothing else blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/answer_stream.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/service.h"
#include "services/runtime/shard/command.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie {

struct ClientCommand {
  std::unique_ptr<google::protobuf::Message> request;
  std::string payload;  // the request as it came, for the payload mark
  Principal principal;
  absl::Duration deadline;  // by Clock::Boot
  std::string traceparent;
};

class Backend {
 public:
  using GetDone = std::function<void(absl::StatusOr<std::unique_ptr<google::protobuf::Message>>)>;
  using HistoryDone = std::function<void(absl::StatusOr<common::v1::ListHistoryResponse>)>;

  virtual ~Backend() = default;

  // The services that can be asked for here, in the order they were mounted. What this process does not serve itself it
  // answers NOT_OWNER, with the address of a node that does.
  virtual const std::vector<const ServiceModule*>& modules() const = 0;
  virtual bool Serves(const ServiceModule&) const { return true; }
  virtual const Clock& clock() const = 0;

  // Checks the common fields of the request (request_id, name, etag, occurred_at), routes it to its shard and answers
  // once what it decided is durable and counts. `module` is the service whose stream type handles the request.
  virtual void Execute(const ServiceModule& module, ClientCommand command, Done done) = 0;
  // The state of a stream, now (never missing what was acknowledged before the call) or as of an instant or version;
  // personal fields opened, `etag` filled, the read mask applied.
  virtual void Get(const ServiceModule& module, const common::v1::GetRequest& request, GetDone done) = 0;
  virtual void ListHistory(const ServiceModule& module, const common::v1::ListHistoryRequest& request,
                           HistoryDone done) = 0;
  // Runs a query of the module (blocking reads of local rows, on the caller's thread).
  virtual absl::Status Run(const ServiceModule& module, const Query& query, const google::protobuf::Message& request,
                           google::protobuf::Message* response, const Principal& principal) = 0;

  // A stream of what the module publishes. Does not block; `wake` is called from any thread, until the stream is gone.
  virtual absl::StatusOr<std::unique_ptr<AnswerStream>> Open(const ServiceModule& module, const Watch& watch,
                                                             const google::protobuf::Message& request,
                                                             const Principal& principal, WakeStream wake) = 0;

  // Operators' acts: a consistent copy of the running directory for `verify` and backup; numbers for `GetServerInfo`.
  virtual absl::Status Checkpoint(const std::string& directory) = 0;
  struct ShardInfo {
    std::string service;
    uint32_t partition = 0;
    std::string phase;
    uint64_t term = 0, revision = 0, stored_revision = 0, adopted_version = 0, ignored_records = 0;
    std::string halted;   // why, if it is
    uint64_t behind = 0;  // records of the journal that are not in this node's store yet, as far as is known
    uint64_t replaced = 0;
    bool backs_off = false;  // replaced twice in short succession
    struct Published {
      bool running;
      uint64_t lag_records;
    };
    std::optional<Published> published;  // of the owner, where what it publishes goes to a topic (node/relay.h)
    std::string owner, owner_address;    // only where several nodes share the journals, and as far as is known
  };
  virtual std::vector<ShardInfo> Shards() const = 0;
  // Which directory version stands adopted in the journal of each partition of the services that are served here,
  // whoever owns it. Reads rows: not on threads that serve.
  struct Adoption {
    std::string service;
    uint32_t partition = 0;
    uint64_t version = 0;
  };
  virtual std::vector<Adoption> Adoptions() const { return {}; }
};

}  // namespace shoujie
