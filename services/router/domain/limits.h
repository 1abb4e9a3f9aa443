// How much one ticket may hold. These bound the size of a state, not what people may do: a ticket that comes near has
// long been a case for its leader.
#pragma once

#include <cstddef>

namespace shoujie::router {

inline constexpr int kHandoffsMax = 200;
inline constexpr int kEpisodesMax = 100;
inline constexpr int kOwnershipLinksMax = 200;
inline constexpr int kEscalationsMax = 100;
inline constexpr int kEscalationsOpenMax = 32;  // each has a timer; the runtime takes 64 of a stream
inline constexpr size_t kIdBytesMax = 64;       // ids of source, external ticket, department, person, duty role

}  // namespace shoujie::router
