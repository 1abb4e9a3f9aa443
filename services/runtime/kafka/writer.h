// One owner's writer on one partition: an idempotent producer of its own, given up as a whole at the first anomaly. No
// producer is shared, since errors and epochs of one hit all its partitions (design: kafka.md, section 9).
//
// The same for what is published, whose records have keys and headers.
//
// After the first report that is not "landed", every later one of this writer is a doubt, too, and nothing more is
// sent: the term is over (architecture §3). What was under way may still land, after the next owner's claim even.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/published_log.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/reports.h"

namespace shoujie::kafka {

// Called on the poller's thread before the report of a record that landed at this offset.
using OnLanded = std::function<void(uint64_t offset)>;

// `cluster` and `threads` outlive the writer. Never fails: a producer that cannot be started reports each record as a
// doubt. Destroying the writer is quick and waits for nothing but a report under way on another thread.
std::unique_ptr<JournalWriter> NewWriter(const Cluster* cluster, ReportThreads* threads, const std::string& topic,
                                         uint32_t partition, std::function<void(const Report&)> on_report,
                                         OnLanded on_landed = nullptr);
std::unique_ptr<PublishedWriter> NewPublishedWriter(const Cluster* cluster, ReportThreads* threads,
                                                    const std::string& topic, uint32_t partition,
                                                    std::function<void(const Report&)> on_report);

}  // namespace shoujie::kafka
