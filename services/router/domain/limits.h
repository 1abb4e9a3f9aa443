// How much one ticket may hold. These bound the size of a state, not what people may do: a ticket that comes near has
// long been a case for its leader.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoujie::router {

inline constexpr int kHandoffsMax = 200;
inline constexpr int kEpisodesMax = 100;
inline constexpr int kOwnershipLinksMax = 200;
inline constexpr int kEscalationsMax = 100;
inline constexpr int kEscalationsOpenMax = 32;  // each has a timer; the runtime takes 64 of a stream
inline constexpr size_t kIdBytesMax = 64;       // ids of source, external ticket, department, person, duty role
inline constexpr int kAdjudicationsMax = 20;    // each ruling is in the row that lists show
inline constexpr int kPrecedentsMax = 8;        // that one request or ruling cites
inline constexpr int kClocksMax = 400;          // beyond, no clock starts any more
inline constexpr int kAssistsMax = 200;
inline constexpr int kAssistsOpenMax = 16;           // at once; each has a timer
inline constexpr int kDuplicatesMax = 100;           // that go on in one ticket
inline constexpr uint32_t kMergesMax = 50;           // asked for by one ticket
inline constexpr uint32_t kWaitsMax = 100;           // for the customer
inline constexpr int kExtensionsMax = 8;             // of one clock
inline constexpr int kClocksExplainedMax = 40;       // in one answer
inline constexpr size_t kExplanationLinesMax = 200;  // intervals of one clock in one answer
inline constexpr size_t kRouteLoadsMax = 200;        // people whose loads come with one offer
inline constexpr size_t kInHandCountedMax = 1000;    // open hand-offs of one of them; no capacity is as large
inline constexpr int kSupervisionsMax = 50;          // each is in the row that lists show
inline constexpr uint32_t kPriorityMax = 9;          // the least urgent that people give
inline constexpr int kRouteSkipsMax = 32;            // passed over by one routing, that its record names

}  // namespace shoujie::router
