// The unwrapped keys that were used last, up to a number. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace shoujie {

class KeyCache {
 public:
  explicit KeyCache(size_t max) : max_(max) {}

  // Null if it is not here. Valid until the next call.
  const std::string* Find(uint64_t id) {
    const auto it = index_.find(id);
    if (it == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, it->second);
    return &it->second->second;
  }

  void Add(uint64_t id, std::string key) {
    if (Find(id) != nullptr) return;
    order_.emplace_front(id, std::move(key));
    index_[id] = order_.begin();
    if (order_.size() <= max_) return;
    index_.erase(order_.back().first);
    order_.pop_back();
  }

  void Remove(uint64_t id) {
    const auto it = index_.find(id);
    if (it == index_.end()) return;
    order_.erase(it->second);
    index_.erase(it);
  }

  size_t size() const { return order_.size(); }

 private:
  const size_t max_;
  std::list<std::pair<uint64_t, std::string>> order_;  // used last first
  std::unordered_map<uint64_t, std::list<std::pair<uint64_t, std::string>>::iterator> index_;
};

}  // namespace shoujie
