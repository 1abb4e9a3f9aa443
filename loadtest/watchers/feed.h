// What is watched: a department's feed of a real shoujied, and its floor, a bare stream echo. Both are told to say
// something to everybody by one command each, over RPC. The floor answers it before it does; the server tells as soon
// as the command's record counts, which is when it answers. One thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace shoujie::load {

class Feed {
 public:
  virtual ~Feed() = default;
  virtual const std::string& address() const = 0;
  virtual const std::string& token() const = 0;
  virtual int pid() = 0;
  // One more event for everybody; its id, once the command is acknowledged.
  virtual absl::StatusOr<std::string> Say() = 0;
};

inline constexpr char kWatchedDepartment[] = "tech";

// A server on a fresh directory, with so many tickets that the department has signed for: each command is its word of
// progress on one of them.
absl::StatusOr<std::unique_ptr<Feed>> OpenReal(const std::string& directory, int tickets);
// `sample`: an answer of the real one with one event in it, as bytes. Every event is as long as this, under an id and a
// sequence of its own.
absl::StatusOr<std::unique_ptr<Feed>> OpenEcho(const std::string& sample);

}  // namespace shoujie::load
