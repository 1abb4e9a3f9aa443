// The methods a server offers, worked out of the service descriptors by the rules of runtime/service.h. Deny by
// default: a method without access option, one that takes a stream, or one that fits no rule refuses the start. Knows
// no gRPC.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/runtime/answer_stream.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/service.h"
#include "shoujie/common/v1/options.pb.h"

namespace shoujie::rpc {

// A service beside the modules (operators' acts): every method has a handler, by its short name. Handlers run on the
// query threads and may block there.
using Handler = std::function<absl::Status(const google::protobuf::Message& request,
                                           google::protobuf::Message* response, const Principal& principal)>;
using StreamHandler = std::function<absl::StatusOr<std::unique_ptr<AnswerStream>>(
    const google::protobuf::Message& request, const Principal& principal, WakeStream wake)>;
struct MountedService {
  const google::protobuf::ServiceDescriptor* descriptor = nullptr;
  std::map<std::string, Handler> handlers;
  // Handlers get threads of their own: queries of two nodes that wait for each other's rows must not keep those from
  // being read.
  bool of_nodes = false;
  std::map<std::string, StreamHandler> streams;  // of the methods that stream their answers
};

struct Method {
  enum class Kind { kCommand, kBatch, kTracedQuery, kQuery, kGet, kHistory, kMounted, kStream };

  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  const google::protobuf::Message* request = nullptr;  // prototypes
  const google::protobuf::Message* response = nullptr;
  std::string path;  // "/shoujie.router.v1.TicketService/SignHandoff"
  common::v1::Access access = common::v1::ACCESS_UNSPECIFIED;
  Kind kind = Kind::kCommand;
  const ServiceModule* module = nullptr;  // all but kBatch and kMounted
  const Query* query = nullptr;           // kQuery, kTracedQuery
  Handler handler;                        // kMounted
  // kStream.
  std::function<absl::StatusOr<std::unique_ptr<AnswerStream>>(
      Backend& backend, const google::protobuf::Message& request, const Principal& principal, WakeStream wake)>
      open;
  bool of_nodes = false;

  std::unique_ptr<google::protobuf::Message> NewRequest() const {
    return std::unique_ptr<google::protobuf::Message>(request->New());
  }
  std::unique_ptr<google::protobuf::Message> NewResponse() const {
    return std::unique_ptr<google::protobuf::Message>(response->New());
  }
  // ACCESS_DENIED naming the right that is missing.
  absl::Status CheckAccess(const Principal& principal) const;
};

// A traced query is a command whose caller is answered by a query of the same name once its record counts.
//
// With the batch of commands, which every server offers. The methods keep pointers into `modules`, which must outlive
// them.
absl::StatusOr<std::vector<std::unique_ptr<Method>>> BindMethods(const std::vector<const ServiceModule*>& modules,
                                                                 const std::vector<MountedService>& mounted);

}  // namespace shoujie::rpc
