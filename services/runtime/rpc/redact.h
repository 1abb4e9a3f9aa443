// What a caller without a right to see personal data gets: the same answer with every field marked
// `(shoujie.common.v1.personal)` empty, plain strings of answers and packed history events included (`RedactMessage` of
// security/seal.h knows only `Personal`). Pure.
#pragma once

#include "google/protobuf/message.h"
#include "services/runtime/base/principal.h"

namespace shoujie::rpc {

bool MaySeePersonal(const Principal& principal);
void RedactAnswer(google::protobuf::Message* answer);

}  // namespace shoujie::rpc
