// The floor of P4: what gRPC allows a feed. A server built like the real one (callback API, raw bytes, the same limits)
// with two methods: whoever watches is told, and a command is answered at once, and then its bytes are handed to
// everybody who watches. Nothing is parsed, kept or written; a watcher who is slow has a queue of his own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace shoujie::load {

class StreamEcho {
 public:
  // Paths are "/package.Service/Method". A watcher's first answer is an empty message, at once; a command's answer is
  // `reply_bytes` long. On a free port of 127.0.0.1.
  StreamEcho(const std::string& watch_path, const std::string& command_path, size_t reply_bytes);
  ~StreamEcho();
  // "127.0.0.1:41234", or empty if it could not listen.
  const std::string& address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoujie::load
