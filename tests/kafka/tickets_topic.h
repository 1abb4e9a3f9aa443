// The topic that departments read, for tests that write it as the centre would, repeat what is in it, and look into it.
// Blocks; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/contract/asyncapi.h"

namespace shoujie::kafka {

class TicketsTopic {
 public:
  struct Placed {
    int32_t partition = -1;  // -1: where the key belongs
    contract::TopicRecord record;
  };

  TicketsTopic(std::string bootstrap, std::string name) : bootstrap_(std::move(bootstrap)), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  bool Exists() const;
  absl::Status Create(int partitions) const;
  // In this order; all of them are acknowledged when it returns.
  absl::Status Append(const std::vector<Placed>& records) const;
  // Everything that is in it now, partition after partition.
  absl::StatusOr<std::vector<Placed>> Read() const;

 private:
  const std::string bootstrap_;
  const std::string name_;
};

}  // namespace shoujie::kafka
