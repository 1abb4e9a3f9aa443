// A TCP connection that speaks as much of HTTP/2 and gRPC as bad clients do: it can send half of things and never
// reads. Not for anything that wants an answer.
#pragma once

#include <cstdint>
#include <string>

namespace shoujie::fault {

class RawConnection {
 public:
  // `address` = HOST:PORT of this machine. The kernel is told to take little that is not read.
  explicit RawConnection(const std::string& address);
  RawConnection(RawConnection&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  RawConnection(const RawConnection&) = delete;
  ~RawConnection();

  bool connected() const { return fd_ >= 0; }
  // False if not all could be sent within a second.
  bool Send(const std::string& bytes);

 private:
  int fd_ = -1;
};

// What begins a connection: preface and empty settings.
std::string Preface();
// A whole call on an odd stream number.
std::string CallFrames(uint32_t stream, const std::string& method, const std::string& token,
                       const std::string& message);
// The same without the end of its message.
std::string HalfCallFrames(uint32_t stream, const std::string& method, const std::string& token,
                           const std::string& message);

}  // namespace shoujie::fault
