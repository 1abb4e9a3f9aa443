#include "services/runtime/rpc/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/limits.h"

namespace shoujie::rpc {
namespace {

constexpr int kBacklog = 1024;
constexpr int kPauseMs = 10;  // when there is no descriptor to accept with

// The kernel gives the lowest free number, so a high one says that few are left. What is kept back is for the
// databases, which open files as they grow, and for operators' acts.
int HighestFd() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1 << 30;
  const auto all = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
  return all - std::clamp(all / 16, 8, limits::kFdsKeptMax);
}

int Port(int fd) {
  sockaddr_storage name;
  socklen_t size = sizeof name;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                                          : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string host(absl::StripSuffix(absl::StripPrefix(address.substr(0, colon), "["), "]"));
  addrinfo hints = {}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  std::string why = "no HOST:PORT";
  int fd = -1;
  if (colon != std::string::npos && !host.empty()) {
    const int failed = getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
    if (failed != 0) why = gai_strerror(failed);
  }
  for (const addrinfo* one = found; one != nullptr && fd < 0; one = one->ai_next) {
    fd = socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0 &&  // those accepted have it, too
        bind(fd, one->ai_addr, one->ai_addrlen) == 0 && listen(fd, kBacklog) == 0) {
      break;
    }
    why = std::strerror(errno);
    if (fd >= 0) close(fd);
    fd = -1;
  }
  if (found != nullptr) freeaddrinfo(found);
  const int wake = fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd >= 0 && wake < 0) {
    why = std::strerror(errno);
    close(fd);
    fd = -1;
  }
  if (fd < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, " (", why, "): is the address right, and free?"));
  }
  return std::unique_ptr<Listener>(new Listener(fd, Port(fd), wake));
}

Listener::Listener(int fd, int port, int wake_fd) : fd_(fd), port_(port), wake_fd_(wake_fd) {}

Listener::~Listener() {
  Stop();
  close(wake_fd_);
}

void Listener::Start(std::function<void(int)> accepted) {
  accepted_ = std::move(accepted);
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "listener");
}

void Listener::Stop() {
  if (stop_.exchange(true)) return;
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  close(fd_);
}

void Listener::Run() {
  const int highest = HighestFd();
  while (!stop_) {
    pollfd fds[] = {{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    while (!stop_) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0 && fd <= highest) {
        accepted_(fd);
      } else if (fd >= 0) {
        close(fd);
        refused_.fetch_add(1, std::memory_order_relaxed);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        poll(&fds[1], 1, kPauseMs);  // the caller waits in the backlog
      } else if (errno != EINTR && errno != ECONNABORTED) {
        break;  // nobody is left (EAGAIN)
      }
    }
  }
}

}  // namespace shoujie::rpc
