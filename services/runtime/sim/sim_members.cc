#include "services/runtime/sim/sim_members.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/cluster/placement.h"

namespace shoujie::sim {
namespace {

constexpr absl::Duration kSession = absl::Seconds(6);  // then the group takes a silent machine for dead

Peer PeerOf(size_t machine) { return {SimMembers::NameOf(machine), SimMembers::NameOf(machine)}; }

template <typename Request, typename Response>
absl::StatusOr<std::string> Run(cluster::Cluster& cluster,
                                absl::Status (cluster::Cluster::*act)(const Request&, Response*),
                                const std::string& bytes) {
  Request request;
  Response response;
  if (!request.ParseFromString(bytes)) return absl::InternalError("a request between nodes cannot be parsed");
  if (absl::Status status = (cluster.*act)(request, &response); !status.ok()) return status;
  return response.SerializeAsString();
}

}  // namespace

class SimMembers::Belief : public cluster::Membership {
 public:
  Belief(size_t self, size_t machines) : self_(PeerOf(self)) {
    for (size_t m = 0; m < machines; ++m) {
      if (m != self) others_.push_back(PeerOf(m));
    }
  }
  absl::Status Join(std::function<void()> on_change) override {
    on_change_ = std::move(on_change);
    return absl::OkStatus();
  }
  std::vector<Peer> Live() const override { return live_; }
  std::vector<Peer> Known() const override { return others_; }
  void Leave(absl::Duration) override {}

  const Peer& self() const { return self_; }
  void Set(std::vector<Peer> live) {
    if (live == live_) return;
    live_ = std::move(live);
    if (on_change_) on_change_();
  }

 private:
  const Peer self_;
  std::vector<Peer> others_, live_;
  std::function<void()> on_change_;
};

std::string SimMembers::NameOf(size_t machine) { return absl::StrCat("machine-", machine); }

SimMembers::SimMembers(Options options) : options_(std::move(options)), machines_(options_.clocks.size()) {}

SimMembers::~SimMembers() = default;

void SimMembers::Started(size_t index, ShardHost* host) {
  Machine& machine = machines_[index];
  machine.belief = std::make_unique<Belief>(index, machines_.size());
  cluster::Cluster::Options options;
  options.self = machine.belief->self();
  options.membership = machine.belief.get();
  options.clock = options_.clocks[index];
  options.mutation = options_.mutation;
  options.call = [this, index](const std::string& address, const std::string& method, std::string request,
                               absl::Duration timeout, cluster::CallDone done) {
    Send(index, address, method, std::move(request), timeout, std::move(done));
  };
  machine.cluster = std::make_unique<cluster::Cluster>(std::move(options));
  machine.last_beat = machine.step_at = machine.believes_at = machine.doubts_until = options_.time->Passed();
  (void)machine.cluster->Join(host);
}

void SimMembers::Crashed(size_t index) {
  machines_[index].cluster.reset();
  machines_[index].belief.reset();
}

size_t SimMembers::WantedOwner(uint32_t partition) const {
  std::vector<Peer> all;
  for (size_t m = 0; m < machines_.size(); ++m) all.push_back(PeerOf(m));
  const Peer first = cluster::OrderOf(partition, all).front();
  for (size_t m = 0; m < machines_.size(); ++m) {
    if (first.name == NameOf(m)) return m;
  }
  return 0;
}

void SimMembers::Send(size_t from, const std::string& address, const std::string& method, std::string request,
                      absl::Duration timeout, cluster::CallDone done) {
  Message message;
  message.from = from;
  while (message.to < machines_.size() && NameOf(message.to) != address) ++message.to;
  message.method = method;
  message.bytes = std::move(request);
  message.done = std::move(done);
  message.given_up = options_.time->Passed() + timeout;
  sent_.push_back(std::move(message));
}

absl::StatusOr<std::string> SimMembers::Handle(size_t index, const std::string& method, const std::string& request) {
  cluster::Cluster& cluster = *machines_[index].cluster;
  if (method == "Ask") return Run(cluster, &cluster::Cluster::Ask, request);
  ++asked_;
  return Run(cluster, &cluster::Cluster::HandOver, request);
}

absl::Duration SimMembers::Delay(Random& random, bool healing) const {
  if (healing) return absl::Milliseconds(1);
  return absl::Milliseconds(random.Below(random.Chance(100 * options_.strength) ? 4000 : 30));
}

// The group tells who is alive: late, each machine for itself, and now and then wrongly for a while.
void SimMembers::Believe(size_t index, Random& random, bool healing) {
  Machine& machine = machines_[index];
  const absl::Duration now = options_.time->Passed();
  if (!healing && now >= machine.doubts_until && random.Chance(options_.strength)) {
    machine.doubts_until = now + absl::Milliseconds(random.Between(200, 8000));
  }
  std::vector<Peer> live;
  for (size_t m = 0; m < machines_.size(); ++m) {
    const bool beats = machines_[m].cluster != nullptr && now < machines_[m].last_beat + kSession;
    const bool doubted = !healing && now < machine.doubts_until;
    if (m == index || (beats && !doubted)) live.push_back(PeerOf(m));
  }
  if (live != machine.believes_next) {
    machine.believes_next = std::move(live);
    machine.believes_at = now + (healing ? absl::ZeroDuration() : absl::Milliseconds(random.Below(1500)));
  }
  if (now >= machine.believes_at) machine.belief->Set(machine.believes_next);
}

void SimMembers::Bring(Random& random, bool healing) {
  const absl::Duration now = options_.time->Passed();
  for (Message& message : sent_) {
    message.arrives = now + Delay(random, healing);
    // Lost: its caller waits until he gives up.
    if (!healing && random.Chance(30 * options_.strength)) message.arrives = absl::InfiniteDuration();
    under_way_.push_back(std::move(message));
  }
  sent_.clear();
  for (size_t i = 0; i < under_way_.size();) {
    Message& message = under_way_[i];
    if (message.done && now >= message.given_up && options_.runs(message.from)) {
      std::exchange(message.done, nullptr)(absl::DeadlineExceededError("no answer"));
    }
    const bool refused = !message.is_answer && message.arrives <= now && !options_.is_up(message.to);
    const size_t at = message.is_answer ? message.from : message.to;
    if (!refused && (message.arrives > now || !options_.runs(at))) {
      const bool forgotten = message.done == nullptr && message.arrives == absl::InfiniteDuration();
      forgotten ? static_cast<void>(under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i)))
                : static_cast<void>(++i);
      continue;
    }
    Message arrived = std::move(message);
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
    if (arrived.is_answer) {
      if (arrived.done) arrived.done(std::move(arrived.answer));
      continue;
    }
    // It is done even if nobody waits for the answer any more.
    arrived.answer =
        refused ? absl::UnavailableError("connection refused") : Handle(arrived.to, arrived.method, arrived.bytes);
    arrived.is_answer = true;
    arrived.arrives = now + Delay(random, healing);
    under_way_.push_back(std::move(arrived));
  }
}

void SimMembers::Pass(Random& random, bool healing) {
  const absl::Duration now = options_.time->Passed();
  for (size_t m = 0; m < machines_.size(); ++m) {
    if (options_.runs(m)) machines_[m].last_beat = now;
  }
  for (size_t m = 0; m < machines_.size(); ++m) {
    if (options_.runs(m)) Believe(m, random, healing);
  }
  Bring(random, healing);
  for (size_t m = 0; m < machines_.size(); ++m) {
    Machine& machine = machines_[m];
    if (!options_.runs(m) || (now < machine.step_at && !machine.cluster->HasNews())) continue;
    machine.step_at = now + cluster::Cluster::kStepEvery;
    machine.cluster->Step();
  }
}

}  // namespace shoujie::sim
