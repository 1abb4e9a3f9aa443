// Where the outbox delivers to: the server, or in tests something that fails on purpose. One call delivers one command
// and gives the serialized CommandReply or the server's typed error. Must be thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace shoujie::loadtest {

class Sink {
 public:
  virtual ~Sink() = default;
  // `method` = "package.Service/Method". Blocks.
  virtual absl::StatusOr<std::string> Send(const std::string& method, const std::string& request) = 0;
};

}  // namespace shoujie::loadtest
