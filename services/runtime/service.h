// A service as the server mounts it: its domain, its RPC surface and its queries over read models.
//
// RPCs are driven by the service descriptors; a method is served by the first rule that fits:
//  1. its input is a command of one of the domain's stream types → the command goes to the owning shard, the answer is
//     a `shoujie.common.v1.CommandReply`; where a query of the method's name is registered as well, its answer, given
//     once the command's record counts: whoever reads what is to leave a trace leaves it first;
//  2. a query of that name is registered here → it is answered from read-model rows;
//  3. its input is `common.v1.GetRequest` → the stream's state, now or as of an instant or version;
//  4. its input is `common.v1.ListHistoryRequest` → the stream's recorded commands;
//  5. it streams its answers, and a watch of that name is registered here → what the service publishes (domain.h), from
//  a
//     token on.
// Anything else is refused at start, and so is a method without `(shoujie.common.v1.access)`.
//
// Requests of commands keep to these field names, which the runtime reads: `request_id` (UUIDv7, AIP-155), `name`
// (resource), `etag` (AIP-154), `occurred_at` (only with the right `facts`).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/runtime/domain.h"

namespace shoujie {

// Read-model rows of all partitions of one service, as of one instant: what a question was answered from. Safe from any
// thread.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // Calls `visit(key, row)` in key order for index keys that begin with `prefix` and lie after `after` (exclusive, may
  // be empty), until it answers false. The row is only valid during the call.
  virtual void Scan(
      absl::string_view prefix, absl::string_view after,
      const std::function<bool(absl::string_view key, const google::protobuf::Message& row)>& visit) const = 0;
  // The row of a stream by its resource name; nullptr if there is none.
  virtual std::unique_ptr<google::protobuf::Message> Get(absl::string_view name) const = 0;
  // How many index keys begin with `prefix`, `most` at most; reads no rows.
  virtual size_t Count(absl::string_view prefix, size_t most) const {
    size_t count = 0;
    if (most == 0) return 0;
    Scan(prefix, "", [&](absl::string_view, const google::protobuf::Message&) { return ++count < most; });
    return count;
  }
  // Partitions whose rows don't show yet all that had been acknowledged when the question came.
  virtual std::vector<uint32_t> Lagging() const = 0;
  // By partition, up to which record these rows show its journal, and which directory version was adopted there by
  // then: what the rows do not show of that version's time did not happen. Adoptions that were read before rows kept
  // them are 0.
  struct Shown {
    uint64_t revision = 0, adopted_version = 0;
  };
  virtual std::vector<Shown> Partitions() const { return {}; }
};

// The rows of another service's lists, or one's own, as this node shows them now, whatever has been acknowledged
// meanwhile; null: it lists none of it. They live as long as what this was given to.
using RowsOf = std::function<const RowReader*(absl::string_view service)>;

struct QueryContext {
  const Principal& principal;
  const Reference& reference;
  absl::Time now;
  const RowReader& rows;
  // The stream with this key (see `StreamType::Keys`), looked up in the owning shard; empty if there is none.
  std::function<std::string(const std::string& slot_key, const UniqueKey& key)> find;
  // The present state of a stream of any service, personal fields opened; NOT_FOUND if it does not exist.
  std::function<absl::Status(absl::string_view name, google::protobuf::Message* state)> get;
  // Exactly this published directory version; NOT_FOUND if there is none of this number.
  std::function<absl::StatusOr<std::shared_ptr<const Reference>>(uint64_t version)> reference_of = nullptr;
  // The cluster's mark on a statement, for commands of any service that rest on it (`Context::vouched`).
  std::function<std::string(absl::string_view statement)> vouch = nullptr;
  RowsOf rows_of = nullptr;
};
struct Query {
  std::string method;  // "ListTickets"
  std::function<absl::Status(const google::protobuf::Message& request, google::protobuf::Message* response,
                             const QueryContext& context)>
      answer;
};

// What a command is told of the node's lists on its way to the shard: written into a field of the request, so that
// `Decide` has it as an input and the event can keep it. It was so a moment ago and may be missing: good for a
// preference, never for a rule. Of every command of the type, from whichever client; so it drops what a client wrote
// there. It is no part of what the client said: repeats of a command are known by the client's own bytes, and answered
// before it is looked at. Runs on the caller's thread before anything is decided: short reads of rows, no waiting.
struct HintContext {
  const Reference& reference;  // the newest that the node knows, which the shard may not have adopted
  absl::Time now;
  RowsOf rows_of;
};
struct Hint {
  const google::protobuf::Descriptor* request = nullptr;
  std::function<void(const HintContext& context, google::protobuf::Message* request)> fill;
};

// What a caller wants to follow.
struct WatchOrder {
  std::string topic;
  std::string resume_token;  // an answer's, unchanged; empty: from now on
  bool from_start = false;   // everything that is there, if there is no token
};
// A method whose answers have `repeated <the feed's event> events` and `string resume_token`: events in the order of
// their streams, and the token with which nothing after them is missed. An answer without events is a heartbeat.
struct Watch {
  std::string method;  // "WatchTickets"
  // Refuses who may not, by the newest directory: asked at the opening, and again after each publication.
  std::function<absl::StatusOr<WatchOrder>(const google::protobuf::Message& request, const Principal& principal,
                                           const Reference& reference)>
      order;
};

struct ServiceModule {
  ServiceDomain domain;
  std::vector<const google::protobuf::ServiceDescriptor*> rpc;
  std::vector<Query> queries;
  std::vector<Watch> watches;
  std::vector<Hint> hints;
};

// Gives each reaction the form of the events that it reads, from the service that writes them.
inline void LinkReactions(std::vector<ServiceModule>* modules) {
  for (ServiceModule& module : *modules) {
    for (Reaction& reaction : module.domain.reactions) {
      for (const ServiceModule& other : *modules) {
        if (other.domain.name != reaction.to_service) continue;
        if (reaction.event == nullptr) reaction.event.reset(other.domain.event->New());
        reaction.upcast = other.domain.upcast;
      }
    }
  }
}

// `Query` from a typed function.
template <typename Request, typename Response>
Query MakeQuery(std::string method, absl::Status (*answer)(const Request&, Response*, const QueryContext&)) {
  return {std::move(method), [answer](const google::protobuf::Message& request, google::protobuf::Message* response,
                                      const QueryContext& context) {
            return answer(static_cast<const Request&>(request), static_cast<Response*>(response), context);
          }};
}

// `Hint` from a typed function.
template <typename Request>
Hint MakeHint(void (*fill)(const HintContext&, Request*)) {
  return {Request::descriptor(), [fill](const HintContext& context, google::protobuf::Message* request) {
            fill(context, static_cast<Request*>(request));
          }};
}

// `Watch` from a typed function.
template <typename Request>
Watch MakeWatch(std::string method,
                absl::StatusOr<WatchOrder> (*order)(const Request&, const Principal&, const Reference&)) {
  return {std::move(method),
          [order](const google::protobuf::Message& request, const Principal& principal, const Reference& reference) {
            return order(static_cast<const Request&>(request), principal, reference);
          }};
}

}  // namespace shoujie
