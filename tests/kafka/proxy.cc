#include "tests/kafka/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

namespace shoujie::kafka {
namespace {

constexpr int kPollMs = 20;
constexpr int16_t kProduce = 0;     // the kind of request that writes records
constexpr size_t kLength = 4;       // a frame begins with the length of what follows
constexpr size_t kRequestHead = 8;  // kind, version, number
constexpr size_t kAnswerHead = 4;   // number
constexpr size_t kRead = 1 << 16;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

template <typename T>
T Big(const std::string& bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | static_cast<uint8_t>(bytes[at + i]));
  return value;
}

bool WriteAll(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

struct Proxy::Connection {
  int client = -1, broker = -1;
  uint64_t generation = 0;
  std::string request_bytes, answer_bytes;  // read and not yet passed on
  std::set<uint32_t> to_swallow;            // numbers of requests whose answers are
  std::atomic<bool> ended{false};
  std::thread thread;
};

Proxy::Proxy(int port, int to) : to_(to) {
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const sockaddr_in address = Loopback(port);
  if (bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listening_, SOMAXCONN) != 0) {
    std::fprintf(stderr, "proxy: port %d cannot be listened on: %s\n", port, strerror(errno));
    std::exit(70);
  }
  thread_ = std::thread([this] { Listen(); });
}

Proxy::~Proxy() {
  stop_ = true;
  thread_.join();
  for (auto& connection : connections_) connection->thread.join();
  close(listening_);
}

void Proxy::Set(Swallow what, uint64_t every, bool cut) {
  every_ = every;
  cut_ = cut;
  swallow_ = what;
}

void Proxy::Listen() {
  while (!stop_) {
    pollfd wait{listening_, POLLIN, 0};
    if (poll(&wait, 1, kPollMs) <= 0) continue;
    auto connection = std::make_unique<Connection>();
    connection->generation = generation_;
    connection->client = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    connection->broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(to_);
    if (connection->client < 0 ||
        connect(connection->broker, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      close(connection->client);
      close(connection->broker);
      continue;
    }
    const int yes = 1;
    for (const int fd : {connection->client, connection->broker}) {
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    connection->thread = std::thread([this, one = connection.get()] { Serve(one); });
    connections_.push_back(std::move(connection));
    for (auto it = connections_.begin(); it != connections_.end();) {
      if ((*it)->ended) (*it)->thread.join();
      it = (*it)->ended ? connections_.erase(it) : std::next(it);
    }
  }
}

void Proxy::Serve(Connection* connection) {
  while (!stop_ && connection->generation == generation_) {
    pollfd wait[2] = {{connection->client, POLLIN, 0}, {connection->broker, POLLIN, 0}};
    if (poll(wait, 2, kPollMs) < 0) break;
    while (!stop_ && absl::ToUnixMillis(absl::Now()) < held_until_) absl::SleepFor(absl::Milliseconds(kPollMs));
    if (wait[0].revents != 0 && !Pass(connection, /*request=*/true)) break;
    if (wait[1].revents != 0 && !Pass(connection, /*request=*/false)) break;
  }
  close(connection->client);
  close(connection->broker);
  connection->ended = true;
}

// Reads what has come and passes on what of it is whole; false if the connection ends.
bool Proxy::Pass(Connection* connection, bool request) {
  std::string& bytes = request ? connection->request_bytes : connection->answer_bytes;
  char buffer[kRead];
  const ssize_t n = recv(request ? connection->client : connection->broker, buffer, sizeof(buffer), 0);
  if (n <= 0) return false;
  bytes.append(buffer, static_cast<size_t>(n));
  while (bytes.size() >= kLength + (request ? kRequestHead : kAnswerHead)) {
    const size_t size = kLength + Big<uint32_t>(bytes, 0);
    if (bytes.size() < size) break;
    bool swallow = false;
    const bool goes_on = TakeFrame(connection, request, &swallow);
    if (!swallow && !WriteAll(request ? connection->broker : connection->client, bytes.data(), size)) return false;
    if (!goes_on) return false;
    bytes.erase(0, size);
  }
  return true;
}

// Judges the first frame of what was read; false: the connection ends with it.
bool Proxy::TakeFrame(Connection* connection, bool request, bool* swallow) {
  if (request) {
    if (Big<int16_t>(connection->request_bytes, kLength) != kProduce) return true;
    const auto number = Big<uint32_t>(connection->request_bytes, kLength + 4);
    if (swallow_ == Swallow::kNothing || ++written_ % every_ != 0) return true;
    if (swallow_ == Swallow::kAnswers) return connection->to_swallow.insert(number).second;
  } else if (connection->to_swallow.erase(Big<uint32_t>(connection->answer_bytes, kLength)) == 0) {
    return true;
  }
  *swallow = true;
  ++swallowed_;
  return !cut_;
}

}  // namespace shoujie::kafka
