// One service as a shard has it, without threads, journal and clock: decider, projector and a store in memory. For
// fuzzers of commands and of records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/runtime/reference.h"
#include "services/runtime/security/memory_keys.h"
#include "services/runtime/service.h"
#include "services/runtime/shard/decider.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/recent_ids.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie::fuzz {

const std::vector<ServiceModule>& Modules();  // those of the server; immutable
const Reference& SampleReference();

class Rig {
 public:
  explicit Rig(const ServiceModule& module);

  // Appends the commit as the next record that counts and writes its rows. An error: it was not applied.
  absl::Status Apply(journal::v1::Commit commit, const std::vector<const google::protobuf::Message*>& plain = {});
  // Every list row of the streams so far, and every command that another service would make of the events.
  void ProjectAndReact(const journal::v1::Commit& commit, const google::protobuf::Message& event, int n);

  const ServiceModule& module;
  MemoryKeys keys;
  MemoryStore store;
  Projector projector;
  RecentIds recent_ids;
  Decider decider;
  rows::Place place;
  std::vector<std::string> records;  // as they would stand in the journal
};

}  // namespace shoujie::fuzz
