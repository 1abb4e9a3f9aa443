// Which rows a shard's store has, and how their keys and values are made. One letter, then the key; integers are
// big-endian, so byte order is their order.
//
//   P                          the shard's place: journal position, term, revision, hash of that record, …
//   S stream                   state of a stream with its version, effective instant and the hash of its last record
//   H stream 0 version         journal position of the record that made this version
//   D request id               what a client's command was answered, with the mark of its payload
//   T due stream 0 name        a timer that the state asks for → attempt
//   U index term               a key that a stream claimed → stream
//   N slot                     highest number allotted in a slot
//   K subject                  the subject's key id
//   C service                  the last foreign record whose commands were all recorded up to here
//   A                          adopted directory version
//   O partition                number of the last message sent to that partition, and of the last one acknowledged
//   M partition number         a message to that partition that is not acknowledged yet
//   I partition                number of the last message taken from that partition; kept for ever
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie::rows {

void AppendBig64(std::string* out, uint64_t value);
uint64_t ReadBig64(absl::string_view bytes);  // of the first 8 bytes, which must be there
// A row's value that is one integer; nothing if the row is damaged.
std::optional<uint64_t> DecodeBig64(absl::string_view value);

std::string PlaceKey();
std::string StateKey(absl::string_view stream);
std::string HistoryPrefix(absl::string_view stream);
std::string HistoryKey(absl::string_view stream, uint64_t version);
std::string DedupKey(absl::string_view request_id);
std::string TimerKey(absl::Time due, absl::string_view stream, absl::string_view name);
std::string UniqueKey(absl::string_view term);
std::string CounterKey(uint32_t slot);
std::string SubjectKey(absl::string_view subject);
std::string CauseKey(absl::string_view service);
std::string AdoptedKey();
std::string SentPrefix();
std::string SentKey(uint32_t partition);
std::string MessageKey(uint32_t partition, uint64_t number);
std::string TakenPrefix();
std::string TakenKey(uint32_t partition);
std::optional<uint32_t> DecodeSentKey(absl::string_view key);
std::optional<uint32_t> DecodeTakenKey(absl::string_view key);
// The first key after every key with this prefix.
std::string PrefixEnd(absl::string_view prefix);

// How far a store is. A store without it is empty.
struct Place {
  uint64_t position = 0;  // of the last record that counted
  uint64_t term = 0;
  uint64_t revision = 0;
  uint64_t keys_at = 0;  // highest key id that any record so far relies on
  int64_t recorded_at_ms = 0;
  uint64_t state_version = 0;
  std::string hash;  // SHA-256 of that record's bytes

  std::string Encode() const;
  static std::optional<Place> Decode(absl::string_view bytes);
};

struct StateValue {
  uint64_t version = 0;
  int64_t effective_at_ms = 0;
  bool history = false;  // still facts of the past: no timers, no reactions
  std::string hash;      // SHA-256 of the stored bytes of the stream's last record
  std::string state;     // serialized state message

  std::string Encode() const;
  static std::optional<StateValue> Decode(absl::string_view bytes);
};

inline constexpr size_t kPayloadMacBytes = 16;
struct DedupValue {
  std::string payload_mac;  // 16 bytes
  common::v1::CommandReply reply;

  std::string Encode() const;
  static std::optional<DedupValue> Decode(absl::string_view bytes);
};

struct SentValue {
  uint64_t sent = 0;
  uint64_t acked = 0;

  std::string Encode() const;
  static std::optional<SentValue> Decode(absl::string_view bytes);
};

struct TimerRow {
  absl::Time due;
  std::string stream;
  std::string name;
};
std::optional<TimerRow> DecodeTimerKey(absl::string_view key);

// The time in a UUIDv7 of 16 bytes.
absl::Time TimeOfRequestId(absl::string_view id);
std::string Sha256(absl::string_view bytes);

}  // namespace shoujie::rows
