#include "tests/fault/raw_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace shoujie::fault {
namespace {

constexpr char kData = 0, kHeaders = 1, kSettings = 4;
constexpr char kEndStream = 1, kEndHeaders = 4;
constexpr size_t kFrameBytesMax = 16384;

std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
  std::string frame;
  for (int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift));
  frame.push_back(type);
  frame.push_back(flags);
  for (int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
  return frame + payload;
}

// HPACK: a literal that goes into no table, name and value as they are; both shorter than 127 bytes.
std::string Header(const std::string& name, const std::string& value) {
  std::string field(1, '\0');
  for (const std::string& text : {name, value}) {
    field.push_back(static_cast<char>(text.size()));
    field += text;
  }
  return field;
}

std::string HeadersFrame(uint32_t stream, const std::string& method, const std::string& token) {
  return Frame(kHeaders, kEndHeaders, stream,
               Header(":method", "POST") + Header(":scheme", "http") + Header(":path", "/" + method) +
                   Header(":authority", "localhost") + Header("content-type", "application/grpc") +
                   Header("te", "trailers") + Header("authorization", "Bearer " + token));
}

std::string Prefixed(const std::string& message) {
  std::string bytes(1, '\0');
  for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(message.size() >> shift));
  return bytes + message;
}

}  // namespace

RawConnection::RawConnection(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port)) return;
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  const int little = 4096;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Not blocking from here on: a full backlog leaves a connection half open, which is a client like any other.
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
    close(fd_);
    fd_ = -1;
  }
}

RawConnection::~RawConnection() {
  if (fd_ >= 0) close(fd_);
}

bool RawConnection::Send(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<size_t>(n);
      continue;
    }
    pollfd wait{fd_, POLLOUT, 0};
    if ((errno != EAGAIN && errno != ENOTCONN) || poll(&wait, 1, 1000) <= 0) return false;
  }
  return true;
}

std::string Preface() { return absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Frame(kSettings, 0, 0, "")); }

std::string CallFrames(uint32_t stream, const std::string& method, const std::string& token,
                       const std::string& message) {
  return HeadersFrame(stream, method, token) + Frame(kData, kEndStream, stream, Prefixed(message));
}

std::string HalfCallFrames(uint32_t stream, const std::string& method, const std::string& token,
                           const std::string& message) {
  const std::string whole = Prefixed(message);
  return HeadersFrame(stream, method, token) +
         Frame(kData, 0, stream, whole.substr(0, std::min(kFrameBytesMax, whole.size() / 2)));
}

}  // namespace shoujie::fault
