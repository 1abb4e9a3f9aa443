// Numbers that people can say, and the slots they carry.
//
//   matter   0413-000127-6      slot (4 digits), count within the slot (6 or more digits), check digit
//   customer C0413-000127-6
//
// Everything that follows from a contact lives in the contact's slot and is named after its number:
// "tickets/0413-000127-6-T1". A slot says where a thing lives, never whose it is. The check digit is ISO 7064 MOD 11,10
// over the digits of slot and count.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoujie {

struct Number {
  uint32_t slot = 0;   // < limits::kSlots
  uint64_t count = 0;  // from 1
  bool customer = false;

  std::string ToString() const;
  // The number at the start of `text` (what follows a complete number after '-', such as "-T1", is left alone), or
  // nothing if its form, slot or check digit is wrong.
  static std::optional<Number> Parse(absl::string_view text);
};

// Slot of a stream by its resource name: the slot of the number in it, else the hash of the whole name under
// `slot_key`.
uint32_t SlotOfStream(absl::string_view stream, absl::string_view slot_key);
// Slot of an identifier (phone, call id, …): HMAC-SHA-256 under the cluster's slot key, which is never rotated.
uint32_t SlotOfIdentifier(absl::string_view identifier, absl::string_view slot_key);
inline uint32_t PartitionOfSlot(uint32_t slot, uint32_t partitions) { return slot % partitions; }

}  // namespace shoujie
