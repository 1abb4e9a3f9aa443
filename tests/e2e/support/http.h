// A plain HTTP question, as whoever scrapes metrics asks it. Not for services: those speak gRPC (process/server.h).
#pragma once

#include <string>

namespace shoujie::e2e {

// The whole answer of 127.0.0.1, head included; empty: nobody answers.
std::string HttpGet(int port, const std::string& path);

}  // namespace shoujie::e2e
