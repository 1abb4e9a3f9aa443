// CRC-32C (Castagnoli) of stored records: sees damage that slipped past the layers below, and a record that stands in
// another's place. Not a defence against people; that is what hash chains are for.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace shoujie {

// The checksum of what `before` was made from, followed by `data`.
uint32_t Crc32c(absl::string_view data, uint32_t before = 0);

}  // namespace shoujie
