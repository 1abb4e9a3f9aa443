// Turns records into rows. The one place that does: the owner's commit loop, a standby, a restart, a rebuild and
// verification all pass every record through `Apply`, so a live store equals a rebuild by construction, and checkers
// prove that it does. Owned by one thread; the cache of parsed states belongs to it.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/store/store.h"

namespace shoujie {

// A stream as it stands after the last record applied.
struct StreamView {
  const StreamType* type = nullptr;
  std::shared_ptr<const google::protobuf::Message> state;  // never null
  uint64_t version = 0;                                    // 0: does not exist
  int64_t effective_at_ms = 0;
  bool history = false;
  std::string hash;          // of its last record
  uint64_t subject_key = 0;  // of the subject whose personal fields it holds; 0: not looked up yet
};

class Projector {
 public:
  // `view` shows the rows after the last record applied (an overlay, or a store that is written at once).
  Projector(const ServiceDomain* domain, JournalId id, const StoreReader* view, KeyRing* keys)
      : domain_(domain), id_(std::move(id)), view_(view), keys_(keys) {}

  const StreamType* TypeOf(absl::string_view stream) const;
  absl::StatusOr<StreamView> Load(absl::string_view stream);

  // The rows of one commit that counts, except those that need its position (`PlaceRows`). `plain` may give the events
  // as they were before sealing; without it they are opened where the domain's keys need it. The caller lays the rows
  // on the view before the next call.
  absl::StatusOr<std::vector<Row>> Apply(const journal::v1::Commit& commit, absl::string_view bytes,
                                         const std::vector<const google::protobuf::Message*>& plain = {});
  // The rows that say where the record stands in the journal. `place` is moved on.
  std::vector<Row> PlaceRows(const journal::v1::Commit& commit, const std::string& hash, uint64_t position,
                             rows::Place* place) const;

  // Spares the next command of a stream that is kept here the look-up.
  void RememberSubjectKey(absl::string_view stream, uint64_t key);
  // After a doubt: what was applied may not count.
  void ForgetCache();

 private:
  absl::Status ApplyStream(const journal::v1::Commit& commit, absl::string_view bytes,
                           const std::vector<const google::protobuf::Message*>& plain, std::vector<Row>* out);
  absl::Status SweepDedup(const journal::v1::Commit& commit, std::vector<Row>* out) const;
  void Cache(absl::string_view stream, StreamView view);

  const ServiceDomain* domain_;
  JournalId id_;
  const StoreReader* view_;
  KeyRing* keys_;
  struct Cached {
    StreamView view;
    std::list<std::string>::iterator place;
  };
  absl::flat_hash_map<std::string, Cached> cache_;
  std::list<std::string> recent_;  // front = most recent
};

// What the record's command is answered: a function of the record alone.
common::v1::CommandReply ReplyOf(const journal::v1::Commit& commit, const JournalId& id);
// Whose key seals what a stream says: its matter or customer number, else the stream itself.
std::string SubjectOf(absl::string_view stream);
// Context of event `n` of a commit.
EventContext ContextOf(const journal::v1::Commit& commit, int n);

}  // namespace shoujie
