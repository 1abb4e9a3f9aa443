// B2: what gRPC allows. A server that answers each method at once with so many bytes, built like the real one: callback
// API, raw bytes, the same limits; no parsing, no rights, no store.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace shoujie::load {

class EchoServer {
 public:
  // `replies`: path of a method ("/package.Service/Method") → bytes of its answer. On a free port of 127.0.0.1.
  explicit EchoServer(const std::map<std::string, size_t>& replies);
  ~EchoServer();
  // "127.0.0.1:41234", or empty if it could not listen.
  const std::string& address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoujie::load
