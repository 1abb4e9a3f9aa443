// A TCP port for a program that has to be told one. Whoever can, listens on port 0 and says what he got.
#pragma once

#include <string>

namespace shoujie::e2e {

// One on which nobody listened a moment ago. `host`: an IPv4 address; if it is of another network namespace, any port
// that is free here will do.
int FreePort(const std::string& host = "127.0.0.1");

}  // namespace shoujie::e2e
