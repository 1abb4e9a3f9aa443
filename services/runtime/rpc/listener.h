// The listening socket of a server: takes connections as long as file descriptors are left and hands them on. gRPC's
// own stops listening for ever at the first connection for which there is none. No gRPC here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace shoujie::rpc {

class Listener {
 public:
  // Binds HOST:PORT ("127.0.0.1:0", "[::]:7400", "localhost:7400"; port 0 picks a free one). UNAVAILABLE if that is not
  // possible. Nobody is accepted before `Start`.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address);
  ~Listener();  // Stop()

  int port() const { return port_; }
  // `accepted` owns the descriptor; called on the listener's thread.
  void Start(std::function<void(int fd)> accepted);
  // No connection is taken from here on; the port is free.
  void Stop();

  // Connections closed at once because too few descriptors were left.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  Listener(int fd, int port, int wake_fd);
  void Run();

  const int fd_, port_, wake_fd_;
  std::function<void(int)> accepted_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> refused_{0};
  std::thread thread_;
};

}  // namespace shoujie::rpc
