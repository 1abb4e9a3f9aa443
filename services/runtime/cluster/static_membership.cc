#include <algorithm>
#include <utility>

#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/cluster/membership.h"

namespace shoujie::cluster {
namespace {

absl::Status PeersInvalid(absl::string_view text) {
  return Invalid(
      "PEERS_INVALID",
      "The list of nodes cannot be read. Write NAME=HOST:PORT for each node, with commas between and no name "
      "twice: a=10.0.0.1:7400,b=10.0.0.2:7400.",
      "节点列表无法识别。请为每个节点写 名称=主机:端口，以逗号分隔且名称不重复，例如 "
      "a=10.0.0.1:7400,b=10.0.0.2:7400。",
      {{"peers", text}});
}

}  // namespace

absl::StatusOr<std::vector<Peer>> StaticMembership::Parse(absl::string_view peers) {
  std::vector<Peer> all;
  for (absl::string_view one : absl::StrSplit(peers, ',', absl::SkipWhitespace())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(one, absl::MaxSplits('=', 1));
    const size_t colon = parts.second.rfind(':');
    const bool twice = std::any_of(all.begin(), all.end(), [&](const Peer& peer) { return peer.name == parts.first; });
    if (parts.first.empty() || colon == std::string::npos || colon == 0 || colon + 1 == parts.second.size() || twice) {
      return PeersInvalid(peers);
    }
    all.push_back({parts.first, parts.second});
  }
  if (all.empty()) return PeersInvalid(peers);
  return all;
}

StaticMembership::StaticMembership(Peer self, std::vector<Peer> peers, const Clock* clock)
    : self_(std::move(self)), peers_(std::move(peers)), clock_(clock) {
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.name == self_.name; }),
               peers_.end());
}

absl::Status StaticMembership::Join(std::function<void()>) { return absl::OkStatus(); }

std::vector<Peer> StaticMembership::Live() const {
  std::vector<Peer> live{self_};
  absl::MutexLock lock(&mutex_);
  for (const Peer& peer : peers_) {
    auto heard = heard_.find(peer.name);
    if (heard != heard_.end() && clock_->Boot() < heard->second + limits::kPeerDeadAfter) live.push_back(peer);
  }
  std::sort(live.begin(), live.end(), [](const Peer& a, const Peer& b) { return a.name < b.name; });
  return live;
}

void StaticMembership::Heard(const std::string& node) {
  absl::MutexLock lock(&mutex_);
  heard_[node] = clock_->Boot();
}

}  // namespace shoujie::cluster
