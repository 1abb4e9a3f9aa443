#include "services/runtime/shard/rows.h"

#include <openssl/sha.h>

#include "absl/strings/str_cat.h"

namespace shoujie::rows {
namespace {

constexpr size_t kHashBytes = 32;

std::string One(char kind, absl::string_view rest) {
  std::string key(1, kind);
  key.append(rest.data(), rest.size());
  return key;
}

std::string WithNumber(std::string key, uint64_t number) {
  AppendBig64(&key, number);
  return key;
}

std::optional<uint32_t> PartitionIn(absl::string_view key) {
  if (key.size() != 9) return std::nullopt;
  return static_cast<uint32_t>(ReadBig64(key.substr(1)));
}

}  // namespace

void AppendBig64(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

uint64_t ReadBig64(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

std::optional<uint64_t> DecodeBig64(absl::string_view value) {
  if (value.size() != 8) return std::nullopt;
  return ReadBig64(value);
}

std::string PlaceKey() { return "P"; }
std::string StateKey(absl::string_view stream) { return One('S', stream); }
std::string HistoryPrefix(absl::string_view stream) {
  std::string key = One('H', stream);
  key.push_back('\0');
  return key;
}
std::string HistoryKey(absl::string_view stream, uint64_t version) {
  std::string key = HistoryPrefix(stream);
  AppendBig64(&key, version);
  return key;
}
std::string DedupKey(absl::string_view request_id) { return One('D', request_id); }
std::string TimerKey(absl::Time due, absl::string_view stream, absl::string_view name) {
  std::string key(1, 'T');
  AppendBig64(&key, static_cast<uint64_t>(absl::ToUnixMillis(due)));
  absl::StrAppend(&key, stream);
  key.push_back('\0');
  absl::StrAppend(&key, name);
  return key;
}
std::string UniqueKey(absl::string_view term) { return One('U', term); }
std::string CounterKey(uint32_t slot) {
  std::string key(1, 'N');
  key.push_back(static_cast<char>(slot >> 8));
  key.push_back(static_cast<char>(slot));
  return key;
}
std::string SubjectKey(absl::string_view subject) { return One('K', subject); }
std::string CauseKey(absl::string_view service) { return One('C', service); }
std::string AdoptedKey() { return "A"; }
std::string SentPrefix() { return "O"; }
std::string SentKey(uint32_t partition) { return WithNumber("O", partition); }
std::string MessageKey(uint32_t partition, uint64_t number) { return WithNumber(WithNumber("M", partition), number); }
std::string TakenPrefix() { return "I"; }
std::string TakenKey(uint32_t partition) { return WithNumber("I", partition); }
std::optional<uint32_t> DecodeSentKey(absl::string_view key) { return PartitionIn(key); }
std::optional<uint32_t> DecodeTakenKey(absl::string_view key) { return PartitionIn(key); }

std::string PrefixEnd(absl::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    if (static_cast<uint8_t>(end.back()) != 0xff) {
      end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

std::string Place::Encode() const {
  std::string out;
  AppendBig64(&out, position);
  AppendBig64(&out, term);
  AppendBig64(&out, revision);
  AppendBig64(&out, keys_at);
  AppendBig64(&out, static_cast<uint64_t>(recorded_at_ms));
  AppendBig64(&out, state_version);
  return out + hash;
}

std::optional<Place> Place::Decode(absl::string_view bytes) {
  if (bytes.size() != 48 + kHashBytes) return std::nullopt;
  Place place;
  place.position = ReadBig64(bytes);
  place.term = ReadBig64(bytes.substr(8));
  place.revision = ReadBig64(bytes.substr(16));
  place.keys_at = ReadBig64(bytes.substr(24));
  place.recorded_at_ms = static_cast<int64_t>(ReadBig64(bytes.substr(32)));
  place.state_version = ReadBig64(bytes.substr(40));
  place.hash = std::string(bytes.substr(48));
  return place;
}

std::string StateValue::Encode() const {
  std::string out;
  out.reserve(17 + kHashBytes + state.size());
  AppendBig64(&out, version);
  AppendBig64(&out, static_cast<uint64_t>(effective_at_ms));
  out.push_back(history ? 1 : 0);
  out += hash;
  out += state;
  return out;
}

std::optional<StateValue> StateValue::Decode(absl::string_view bytes) {
  if (bytes.size() < 17 + kHashBytes) return std::nullopt;
  StateValue value;
  value.version = ReadBig64(bytes);
  value.effective_at_ms = static_cast<int64_t>(ReadBig64(bytes.substr(8)));
  value.history = bytes[16] != 0;
  value.hash = std::string(bytes.substr(17, kHashBytes));
  value.state = std::string(bytes.substr(17 + kHashBytes));
  return value;
}

std::string DedupValue::Encode() const { return payload_mac + reply.SerializeAsString(); }

std::optional<DedupValue> DedupValue::Decode(absl::string_view bytes) {
  DedupValue value;
  if (bytes.size() < kPayloadMacBytes) return std::nullopt;
  value.payload_mac = std::string(bytes.substr(0, kPayloadMacBytes));
  bytes.remove_prefix(kPayloadMacBytes);
  if (!value.reply.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return value;
}

std::string SentValue::Encode() const {
  std::string out;
  AppendBig64(&out, sent);
  AppendBig64(&out, acked);
  return out;
}

std::optional<SentValue> SentValue::Decode(absl::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  return SentValue{ReadBig64(bytes), ReadBig64(bytes.substr(8))};
}

std::optional<TimerRow> DecodeTimerKey(absl::string_view key) {
  const size_t zero = key.find('\0', 9);
  if (key.size() < 10 || key[0] != 'T' || zero == absl::string_view::npos) return std::nullopt;
  return TimerRow{absl::FromUnixMillis(static_cast<int64_t>(ReadBig64(key.substr(1)))),
                  std::string(key.substr(9, zero - 9)), std::string(key.substr(zero + 1))};
}

absl::Time TimeOfRequestId(absl::string_view id) {
  return absl::FromUnixMillis(static_cast<int64_t>(ReadBig64(id) >> 16));
}

std::string Sha256(absl::string_view bytes) {
  std::string hash(kHashBytes, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace shoujie::rows
