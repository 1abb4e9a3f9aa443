// Unary calls with as little of our own in the way as gRPC allows: bytes in, status and size out. The same code calls
// the real server and the echo, so a ratio of the two knows nothing of it. Programs that want typed messages and errors
// use runtime/rpc/client.h. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace shoujie::load {

class Caller {
 public:
  // `code`: gRPC's number, 0 = OK. Called once, on a thread of gRPC; may start the next call.
  using Done = std::function<void(int code)>;

  // `channels` connections, used in turn. Waits for up to 30 s until all are connected.
  Caller(const std::string& target, std::string token, int channels);
  ~Caller();  // all calls must have been answered

  void Call(const char* method, const std::string& bytes, Done done);
  // For calls whose answer matters: with its bytes, if `code` is 0.
  using Answered = std::function<void(int code, const std::string& response)>;
  void CallForAnswer(const char* method, const std::string& bytes, Answered done);
  // Up to this long a call may take.
  void set_timeout(absl::Duration timeout) { timeout_ = timeout; }

 private:
  struct Channel;
  struct Pending;
  void Start(Pending* pending, const char* method, const std::string& bytes);
  std::vector<std::unique_ptr<Channel>> channels_;
  std::atomic<uint32_t> next_{0};
  const std::string token_;
  absl::Duration timeout_ = absl::Seconds(30);
};

}  // namespace shoujie::load
