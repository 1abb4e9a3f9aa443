#include "tests/support/process/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace shoujie::e2e {

int FreePort(const std::string& host) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t length = sizeof address;
  bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0;
  if (!bound) {
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0;
  }
  if (!bound || getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) abort();
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace shoujie::e2e
