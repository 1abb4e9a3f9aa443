// A TCP proxy between a node and a broker that knows Kafka's frames, and can swallow requests or answers, cut
// connections and hold everything back. Knows of a frame its length, its kind and whom it answers, nothing else.
// A thread for each connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shoujie::kafka {

class Proxy {
 public:
  enum class Swallow { kNothing, kRequests, kAnswers };

  // Listens on `port` of the loopback and connects everybody who comes to the loopback's port `to`.
  Proxy(int port, int to);
  ~Proxy();

  // From now on, of the frames with which records are written: the request of every `every`th, or the answer to it, is
  // swallowed. `cut`: the connection ends with it; otherwise it stays and is silent about that one.
  void Set(Swallow what, uint64_t every, bool cut);
  // Everything waits until then, both ways.
  void HoldFor(absl::Duration time) { held_until_ = absl::ToUnixMillis(absl::Now() + time); }
  // All connections end.
  void CutAll() { ++generation_; }
  uint64_t swallowed() const { return swallowed_; }

 private:
  struct Connection;
  void Listen();
  void Serve(Connection* connection);
  bool Pass(Connection* connection, bool request);
  bool TakeFrame(Connection* connection, bool request, bool* swallow);

  const int to_;
  int listening_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<Swallow> swallow_{Swallow::kNothing};
  std::atomic<uint64_t> every_{1}, written_{0}, swallowed_{0}, generation_{0};
  std::atomic<bool> cut_{false};
  std::atomic<int64_t> held_until_{0};
  std::list<std::unique_ptr<Connection>> connections_;  // of the listening thread, until it has ended
  std::thread thread_;
};

}  // namespace shoujie::kafka
