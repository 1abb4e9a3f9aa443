#include "services/runtime/rpc/request_id.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "services/runtime/base/request_id.h"

namespace shoujie::rpc {

std::string NewRequestId(absl::Time at) {
  std::string random(10, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(random.size())) != 1) {
    std::abort();  // without entropy ids would collide
  }
  return MakeRequestId(at, random);
}

}  // namespace shoujie::rpc
