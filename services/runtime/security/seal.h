// Sealing and opening of personal fields (type common.v1.Personal) anywhere inside a message.
//
// AES-256-GCM; nonce 12 random bytes; additional data = subject, origin and key id, length-prefixed; text longer than
// `kCompressFrom` is compressed (zstd) first. A field that is already sealed is left as it is. Pure but for the
// KeyRing.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/runtime/security/keyring.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie {

// Whether a message of this type can hold a Personal field at any depth (cached; thread-safe).
bool HoldsPersonal(const google::protobuf::Descriptor* type);
// Whether this message holds any field that is still plain and not empty.
bool HasPlain(const google::protobuf::Message& message);

// Seals every plain field under the key `key`, origin = `origin_prefix` + "." + field path (numbers joined with ".";
// repeated fields with their index). An empty plain text stays an empty message.
absl::Status SealMessage(google::protobuf::Message* message, const std::string& subject, uint64_t key,
                         const std::string& origin_prefix, KeyRing& keys);
// Opens every sealed field: `plain` is set and the sealed parts are cleared. The first error is returned (DATA_LOSS:
// SEAL_BROKEN, KEYS_MISSING) and leaves the message half opened.
absl::Status OpenMessage(google::protobuf::Message* message, KeyRing& keys);
absl::StatusOr<std::string> OpenPersonal(const common::v1::Personal& personal, KeyRing& keys);
// Clears every Personal field: what readers without the right to see personal data get.
void RedactMessage(google::protobuf::Message* message);

}  // namespace shoujie
