// B4: what the broker allows. Records produced to one topic by librdkafka alone, idempotent and acknowledged by all
// replicas, with the settings that the journal's own producers have; no reading, no order kept, no logic.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/floors/append.h"

namespace shoujie::load {

class ProduceFloor {
 public:
  // Makes the topic, with as many partitions as a service has. `records` must outlive it.
  static absl::StatusOr<std::unique_ptr<ProduceFloor>> Open(const std::string& bootstrap,
                                                            const std::vector<std::string>* records);
  ~ProduceFloor();
  // `in_flight` records at once, over all partitions in turn, until `time` is up. CPU is that of the whole process.
  absl::StatusOr<FloorResult> Run(int in_flight, absl::Duration time);

 private:
  struct Impl;
  explicit ProduceFloor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The newest records of the services' journals on the cluster: what B4 produces. Up to `records_max`.
absl::StatusOr<std::vector<std::string>> ReadProduced(const std::string& bootstrap,
                                                      const std::vector<std::string>& services, size_t records_max);

}  // namespace shoujie::load
