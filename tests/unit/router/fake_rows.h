// Rows of lists and reports in memory, under the keys that the projection gives them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/router/projection.h"
#include "services/runtime/service.h"

namespace shoujie::router {

class FakeRows : public RowReader {
 public:
  explicit FakeRows(std::vector<uint32_t> lagging) : lagging_(std::move(lagging)) {}
  void Put(const v1::TicketRow& row) {
    for (const auto& key : IndexKeys(row)) index_[key] = row;
  }
  void Scan(absl::string_view prefix, absl::string_view after,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>& visit) const override {
    for (const auto& [key, row] : index_) {
      if (key.compare(0, prefix.size(), std::string(prefix)) != 0 || key <= std::string(after)) continue;
      if (!visit(key, row)) return;
    }
  }
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view name) const override {
    for (const auto& [key, row] : index_) {
      if (row.name() == name) return std::make_unique<v1::TicketRow>(row);
    }
    return nullptr;
  }
  std::vector<uint32_t> Lagging() const override { return lagging_; }

 private:
  const std::vector<uint32_t> lagging_;
  std::map<std::string, v1::TicketRow> index_;
};

}  // namespace shoujie::router
