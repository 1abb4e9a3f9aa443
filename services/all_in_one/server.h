// A server from its flags to its end: what shoujied is, and the programs of one service each (shoujie-router, …), which
// are the same with one service and Kafka. On the embedded journal: one binary, one data directory, no other server. On
// Apache Kafka: journals and keys are on the cluster, what follows from them in the data directory.
#pragma once

#include <string>

namespace shoujie {

// `service`: the one that is served; empty: all, or what --services names. The program's exit status: 78 if the
// directory or the flags cannot be used as they are (NODE_ALONE, SERVICES_ALONE, SERVICE_UNKNOWN and those of the
// start).
int RunServer(int argc, char** argv, const std::string& service);

}  // namespace shoujie
