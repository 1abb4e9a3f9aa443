#include "tests/fuzz/rig.h"

#include <utility>

#include "services/all_in_one/modules.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz {

const std::vector<ServiceModule>& Modules() {
  static const auto* const kModules = new std::vector<ServiceModule>(AllModules());
  return *kModules;
}

const Reference& SampleReference() {
  static const auto* const kReference = [] {
    directory::v1::Directory sample = directory::SampleDirectory();
    sample.set_version(1);
    return new Reference(std::move(sample));
  }();
  return *kReference;
}

Rig::Rig(const ServiceModule& m)
    : module(m),
      projector(&m.domain, {m.domain.name, 0}, &store, &keys),
      recent_ids(&store),
      decider(&m.domain, {m.domain.name, 0}, limits::kPartitions, &store, &projector, &recent_ids, &keys,
              Mutation::kNone) {}

absl::Status Rig::Apply(journal::v1::Commit commit, const std::vector<const google::protobuf::Message*>& plain) {
  journal::v1::Record record;
  *record.mutable_commit() = commit;
  const std::string bytes = record.SerializeAsString();
  auto rows = projector.Apply(commit, bytes, plain);
  if (!rows.ok()) return rows.status();
  for (Row& row : projector.PlaceRows(commit, rows::Sha256(bytes), records.size(), &place)) {
    rows->push_back(std::move(row));
  }
  store.Write(*std::move(rows), [] {});
  recent_ids.Add(commit.command_id());
  records.push_back(bytes);
  return absl::OkStatus();
}

void Rig::ProjectAndReact(const journal::v1::Commit& commit, const google::protobuf::Message& event, int n) {
  const EventContext at = ContextOf(commit, n);
  const absl::string_view collection = at.stream.substr(0, at.stream.find('/'));
  for (const auto& rows : module.domain.rows) {
    if (rows->collection() != collection) continue;
    auto row = rows->NewRow();
    rows->Project(*row, event, at);
    rows->Project(*row, event, at);
    (void)rows->IndexKeys(*row);
  }
  for (const ServiceModule& other : Modules()) {
    for (const Reaction& reaction : other.domain.reactions) {
      if (reaction.to_service != module.domain.name) continue;
      for (const auto& command : reaction.react({event, at})) {
        for (const auto& type : other.domain.streams) {
          for (const auto* known : type->commands()) {
            if (known == command->GetDescriptor()) RequireTyped(type->Route(*command).status());
          }
        }
      }
    }
  }
}

}  // namespace shoujie::fuzz
