// Numbers for Prometheus: calls by method and code, their latencies, and how the shards stand. Counters are looked up
// once and kept, so a call costs two atomic additions. Names of principals, streams or customers never become labels.
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/rpc/server.h"

namespace shoujie::ops {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // For `rpc::ServerOptions::observe`.
  void Observe(const rpc::CallRecord& call);
  // From now on every scrape asks the backend for its shards; it must outlive this object.
  void WatchShards(const Backend& backend);
  // Serves /metrics on "HOST:PORT" until destruction. UNAVAILABLE if the address cannot be bound.
  absl::Status Expose(const std::string& listen);
  // What a scrape would see.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoujie::ops
