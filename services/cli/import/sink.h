// Where an import goes: the server, or a test. The command line implements it over one connection. `Record` may be
// called while earlier ones are unanswered; all calls come from one thread, `done` may come from any.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/commands.pb.h"

namespace shoujie::importer {

class ImportSink {
 public:
  using Done = std::function<void(absl::StatusOr<common::v1::CommandReply>)>;

  virtual ~ImportSink() = default;
  // directory.v1.DirectoryService/MergeVersion. Blocks.
  virtual absl::StatusOr<common::v1::CommandReply> Merge(const directory::v1::MergeVersionRequest& request) = 0;
  // By the request's type: interaction.v1.ContactService/RecordContactFacts, router.v1.TicketService/RecordTicketFacts,
  // or profile.v1.CustomerService/CreateCustomer. Does not block; `done` comes exactly once, after at most the call's
  // own timeout. The request stays until then.
  virtual void Record(const google::protobuf::Message& request, Done done) = 0;
  // A UUIDv7 by the server's clock (which may be scaled), never the same twice.
  virtual std::string NewRequestId() = 0;
};

}  // namespace shoujie::importer
