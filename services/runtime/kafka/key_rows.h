// Names and forms of the rows of a key store on a topic, and of a node's copy of them. Pure; only for kafka/keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/epoch_keys.h"

namespace shoujie::key_rows {

inline constexpr char kCheckText[] = "shoujie key topic 1";
// What is authenticated with the parts of a setup row.
inline constexpr char kCheckPart[] = "check";
inline constexpr char kEpochPart[] = "epoch";
inline constexpr char kIndexPart[] = "index";
inline constexpr char kSlotPart[] = "slot";
// On the topic: prefixes of record keys.
inline constexpr char kSetup[] = "setup ";
inline constexpr char kKey[] = "key ";
inline constexpr char kMoved[] = "moved ";
inline constexpr char kWindow[] = "window ";
inline constexpr char kErased[] = "erased ";
inline constexpr char kMoving[] = "moving";  // the whole key
// In the copy.
inline constexpr char kPlaceRow[] = "P";   // last position (8 bytes), hash of its row
inline constexpr char kSetupRow[] = "S";   // the topic's row, its name included
inline constexpr char kKeyRow[] = "K";     // id → the topic's row
inline constexpr char kErasedRow[] = "E";  // id
inline constexpr char kWindowRow[] = "W";  // window → the topic's row
inline constexpr char kMovingRow[] = "M";

inline uint64_t Read64(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8 && i < bytes.size(); ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}
inline std::string Numbered(absl::string_view prefix, uint64_t number) {
  std::string row(prefix);
  crypto::AppendBigEndian64(&row, number);
  return row;
}
// Windows before 1970 sort before those after.
inline constexpr uint64_t kSign = 1ull << 63;
inline uint64_t WindowNumber(int64_t window) { return static_cast<uint64_t>(window) ^ kSign; }
inline int64_t WindowOf(uint64_t number) { return static_cast<int64_t>(number ^ kSign); }

// A row of the topic as one value: the name's length (1 byte), the name, the value.
inline std::string Together(absl::string_view name, absl::string_view value) {
  return absl::StrCat(std::string(1, static_cast<char>(name.size())), name, value);
}
inline bool ReadNamed(absl::string_view bytes, std::string* name, std::string* value) {
  if (bytes.empty()) return false;
  const size_t size = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() < 1 + size) return false;
  *name = std::string(bytes.substr(1, size));
  *value = std::string(bytes.substr(1 + size));
  return true;
}

// The first row of a topic. Check text and epoch key are under the master key, the others under the epoch's.
struct SetupRow {
  uint64_t epoch = 0;
  std::string check, epoch_key, index, slot;

  static SetupRow Make(absl::string_view master_key, absl::string_view index_key, absl::string_view slot_key) {
    SetupRow setup;
    setup.epoch = 1;
    const std::string epoch_key = crypto::RandomBytes(crypto::kKeyBytes);
    EpochKeys epochs;
    epochs.Add(setup.epoch, epoch_key);
    setup.check = crypto::Seal(master_key, crypto::RandomBytes(crypto::kNonceBytes), kCheckPart, kCheckText);
    setup.epoch_key = crypto::Seal(master_key, crypto::RandomBytes(crypto::kNonceBytes), kEpochPart, epoch_key);
    setup.index = epochs.Wrap(kIndexPart, index_key);
    setup.slot = epochs.Wrap(kSlotPart, slot_key);
    return setup;
  }

  std::string Encode() const {
    std::string bytes = Numbered("", epoch);
    for (const std::string* part : {&check, &epoch_key, &index, &slot}) {
      bytes.push_back(static_cast<char>(part->size()));
      bytes += *part;
    }
    return bytes;
  }
  static std::optional<SetupRow> Decode(absl::string_view bytes) {
    if (bytes.size() < 8) return std::nullopt;
    SetupRow row;
    row.epoch = Read64(bytes);
    bytes.remove_prefix(8);
    for (std::string* part : {&row.check, &row.epoch_key, &row.index, &row.slot}) {
      if (bytes.empty() || bytes.size() < 1u + static_cast<unsigned char>(bytes[0])) return std::nullopt;
      const size_t size = static_cast<unsigned char>(bytes[0]);
      *part = std::string(bytes.substr(1, size));
      bytes.remove_prefix(1 + size);
    }
    return row;
  }
};

}  // namespace shoujie::key_rows
