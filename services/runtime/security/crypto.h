// The few primitives of OpenSSL that sealing, key store and tokens are built on. Not for protocols: what is
// authenticated with what is said by the callers (seal.h, embedded_keys.h). Thread-safe. A failing OpenSSL call on good
// input ends the process: there is no safe way on without randomness or ciphers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoujie::crypto {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// AES-256-GCM: nonce, ciphertext, tag. `nonce` must never repeat under one key.
std::string Seal(absl::string_view key, absl::string_view nonce, absl::string_view additional, absl::string_view plain);
// Nothing if the box or the additional data is not what was sealed under this key.
std::optional<std::string> Open(absl::string_view key, absl::string_view additional, absl::string_view box);

std::string HmacSha256(absl::string_view key, absl::string_view data);
std::string Sha256(absl::string_view data);
std::string RandomBytes(size_t bytes);

// Appends a length and the bytes, so that joined parts cannot be read in two ways.
void AppendPart(std::string* out, absl::string_view part);
void AppendBigEndian64(std::string* out, uint64_t value);

}  // namespace shoujie::crypto
