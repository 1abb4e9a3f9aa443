// The file of an outbox: frames appended, each with length and checksum, and rewritten as a whole when most of it is
// history. A frame counts once `Sync` has returned; a torn end (the process or machine died while writing) is cut off
// when the file is opened, since nothing in it was promised to anybody. One process at a time: the folder is locked.
// Not thread-safe: the outbox is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoujie::loadtest {

struct OutboxFrame {
  enum Kind : uint32_t {
    kEntry = 1,    // a command to deliver; a later one of the same number takes its place
    kDone = 2,     // answered: nothing is left to do
    kRefused = 3,  // the server does not take it: kept for people, in `request` the reason
  };
  Kind kind = kEntry;
  uint64_t seq = 0;
  bool held = false;  // not to be delivered before it is replaced, or the process is another one
  std::string lane;
  std::string method;
  std::string request;
};

class OutboxFile {
 public:
  // Creates the folder (0700) and the file (0600: commands hold phone numbers) if need be; `replay` gets every frame in
  // order.
  static absl::StatusOr<std::unique_ptr<OutboxFile>> Open(const std::string& folder,
                                                          const std::function<void(OutboxFrame)>& replay);
  ~OutboxFile();

  absl::Status Append(const OutboxFrame& frame);
  absl::Status Sync();  // fdatasync; after a failure nothing may be trusted: never repeat it
  absl::Status Rewrite(const std::vector<OutboxFrame>& frames);  // durable when it returns

  int fd() const { return fd_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t cut_bytes() const { return cut_bytes_; }  // torn end found at opening

 private:
  explicit OutboxFile(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
  int lock_fd_ = -1;
  int fd_ = -1;
  uint64_t bytes_ = 0;
  uint64_t cut_bytes_ = 0;
};

}  // namespace shoujie::loadtest
