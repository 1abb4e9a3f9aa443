#include "services/runtime/cluster/placement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/security/crypto.h"

namespace shoujie::cluster {

std::vector<Peer> OrderOf(uint32_t partition, std::vector<Peer> nodes) {
  std::vector<std::pair<std::string, Peer>> ranked;
  ranked.reserve(nodes.size());
  for (Peer& node : nodes) {
    std::string rank = crypto::Sha256(absl::StrCat(node.name, "/", partition));
    ranked.emplace_back(std::move(rank), std::move(node));
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.name < b.second.name;
  });
  std::vector<Peer> order;
  order.reserve(ranked.size());
  for (auto& [rank, node] : ranked) order.push_back(std::move(node));
  return order;
}

}  // namespace shoujie::cluster
