// Damage put into a stopped data directory on purpose, as disks, bugs and people make it: journals rewritten record by
// record with right checksums, store rows changed. To see that verification finds it. Never on a directory in use.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/rocks/database.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie::e2e {

std::unique_ptr<rocks::Database> OpenDatabase(const std::string& path);

struct Kept {
  absl::Time append_time;
  std::string bytes;  // a serialized journal::v1::Record

  journal::v1::Record record() const;
  void Set(const journal::v1::Record& record);
};

// One journal of a stopped directory as a list that can be changed and written back.
class PlantedJournal {
 public:
  PlantedJournal(const std::string& data, JournalId id);

  std::vector<Kept> records;  // by position
  // Index of the record that made this version of the stream; records.size() if there is none.
  size_t Find(const std::string& stream, uint64_t version) const;
  // Numbers revisions, `stable`, `last` and versions anew and recomputes every stream's hash chain from record `from`
  // on, as somebody would who wants to hide what he did.
  void Rechain(size_t from);
  // Writes all records, at positions from 0 on without a hole.
  void Write();
  // Takes the row of one position away: a hole.
  void Punch(size_t position);

 private:
  std::unique_ptr<rocks::Database> database_;
  const JournalId id_;
  size_t before_ = 0;  // how many there were
};

// Changes, adds (`change` gets nothing) or deletes (`change` answers nothing) one row of a shard's store.
void PlantRow(const std::string& data, const JournalId& id, const std::string& key,
              const std::function<std::optional<std::string>(std::optional<std::string>)>& change);

}  // namespace shoujie::e2e
