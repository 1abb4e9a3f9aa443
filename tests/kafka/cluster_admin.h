// What an operator sees of a cluster and does to its topics, for faults. Each call makes a client of its own.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shoujie::kafka {

// Waits until every partition of the topics with this prefix has a leader and so many replicas that are in sync. False:
// not within the time.
bool AwaitInSync(const std::string& bootstrap, const std::string& prefix, int replicas,
                 absl::Duration limit = absl::Seconds(90));
// Returns when the topic is gone.
absl::Status DeleteTopic(const std::string& bootstrap, const std::string& topic);
// Sets how large a message of a journal's topic may be; all its other settings become those of a new topic.
absl::Status SetMessageBytes(const std::string& bootstrap, const std::string& topic, uint64_t bytes, uint32_t replicas);

}  // namespace shoujie::kafka
