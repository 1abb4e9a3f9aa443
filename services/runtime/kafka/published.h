// A feed's topic as the relay needs it (journal/published_log.h): writers as those of journals, and the headers of a
// partition's newest records. The topic need not be there when this is made.
#pragma once

#include <memory>

#include "services/runtime/journal/published_log.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/kafka/reports.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie::kafka {

// All that is given outlives it. `allow_weak`: writes a topic that could lose records when a broker fails.
std::unique_ptr<PublishedLog> NewPublishedLog(const Cluster* cluster, ReportThreads* threads, Topics* topics,
                                              TopicSpec spec, bool allow_weak);

}  // namespace shoujie::kafka
