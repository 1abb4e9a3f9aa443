// One shard: the single writer and the projection of one journal.
//
// Contract (architecture §2, §3):
//  * it owns its journal from the moment its own claim came back and counted until a foreign claim counts or a doubt;
//  * a command is decided on the overlay, becomes one record, and is answered only when that record is known to count,
//  in order;
//  * an answer without a record (refusal, no-op, repeat, read) waits for every record that was in flight when it was
//  decided, and
//    is given only under the lease or an exclusive journal;
//  * at the first anomaly the writer writes nothing more in its term: it is destroyed, the shard claims again, reads up
//  to its
//    own claim and answers each waiting caller by command id;
//  * rows reach the store only for records that count, together with the shard's place;
//  * who owns is a matter of the log alone. To be told to own is a wish: the shard claims once it has nearly read to
//  the
//    end. An owner that is told to follow goes on until somebody's claim counts, or until it has written `Released`:
//    that record goes out alone, after it nothing is written or answered, and the node it names claims at once.
//
// A shard has no thread. `Post…` and `Read` are thread-safe; everything else is called by one thread at a time: in
// production by a runner (node/runner.h) that calls `Step` after each wake-up, in the simulator by the driver, which
// may also call `BuildBatch` and `FinishBatch` by themselves.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/reference.h"
#include "services/runtime/shard/command.h"
#include "services/runtime/shard/decider.h"
#include "services/runtime/shard/mutation.h"
#include "services/runtime/shard/outbox.h"
#include "services/runtime/shard/overlay.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/reaction_reader.h"
#include "services/runtime/shard/recent_ids.h"
#include "services/runtime/store/store.h"
#include "shoujie/journal/v1/letter.pb.h"

namespace shoujie {

// Directory versions that this process knows. Thread-safe.
class ReferenceSource {
 public:
  virtual ~ReferenceSource() = default;
  virtual std::shared_ptr<const Reference> Latest() const = 0;  // never null; version 0 = nothing published yet
  virtual std::shared_ptr<const Reference> At(uint64_t version) const = 0;  // null: not known (yet)
};

class Courier;

class Shard {
 public:
  struct Env {
    const ServiceDomain* domain = nullptr;
    JournalId id;
    Journal* journal = nullptr;
    Store* store = nullptr;
    KeyRing* keys = nullptr;
    const Clock* clock = nullptr;
    const ReferenceSource* reference = nullptr;
    // The journal of another service in the same slots, for reactions.
    std::function<Journal*(const std::string& service)> foreign;
    uint32_t partitions = 1;     // of the service
    Courier* courier = nullptr;  // of messages to other slots; null: they wait in their rows
    std::string node = "local";
    std::string address;  // of this node, for others; in claims
    // Claims that count, this shard's own too, and (empty node) that the owner gave the journal up; on the shard's
    // thread. May be empty.
    std::function<void(uint64_t term, const std::string& node, const std::string& address)> owner_changed;
    // What is answered where this shard is no owner (`NotOwner`, with the owner if the node knows him); on any thread.
    // May be empty.
    std::function<absl::Status()> not_owner;
    std::function<void()> wake;  // asks for a Step soon; from any thread
    Mutation mutation = Mutation::kNone;
  };
  enum class Phase {
    kFollowing,  // applies what counts, owns nothing
    kDraining,   // after a doubt or a replacement: waits for the store, then forgets what did not count
    kClaiming,   // its claim is under way
    kWaiting,    // owner, but the former owner's lease or the directory is waited for
    kServing,
    kHalted,  // damage: the journal or the store is not what was written
  };

  explicit Shard(Env env);
  ~Shard();

  // Reads the place from the store and compares the record there with the journal's. Call it before anything else,
  // again only if it failed: nothing has happened then.
  absl::Status Open();
  // Wants to own the journal from now on (again, after a replacement): claims when its store is within
  // limits::kClaimWithinRecords of the end, and after a while if it was replaced twice in short succession.
  void Own() { Want(Wish::kOwn); }
  // Only follows. An owner goes on all the same.
  void Follow() { Want(Wish::kFollow); }
  // Reads nothing more and uses nothing up. An owner goes on all the same.
  void Rest() { Want(Wish::kRest); }
  // Gives the journal up to a node that follows it ("": to nobody in particular) once all that was asked so far is
  // answered. Nothing happens if this shard is no owner.
  void Release(std::string to);

  // The store's rows were made again (node/live_rebuild.h): forgets what it knows beyond them, reads on from where the
  // store stands, and claims again if it was the owner. A halted shard comes back, as what halted it may be repaired.
  void Reread();
  bool reread() const { return !rereading_.load(std::memory_order_acquire); }  // what was asked of it is done

  // Queues a client's or internal command; a full queue or a shard that can't serve answers at once.
  void Post(Command command);
  // Calls `ready` when the store shows everything that was acknowledged before this call, or with the reason why this
  // shard must not answer. Possibly at once, on the caller's thread.
  void Read(std::function<void(absl::Status)> ready);
  // Everything published up to this revision is in the feed's topic (node/relay.h): recorded with the next batch, once
  // the feature is enabled. Never waits; forgotten with the term, as the next owner's relay finds out for itself.
  void PublishedUpTo(uint64_t revision);
  // What another shard of the service, or this one, has to tell (shard/courier.h). Never waits; what there is no room
  // or no owner for is forgotten, as its sender repeats it.
  void Receive(journal::v1::Letter letter);

  // Does everything that can be done now. Answers how long (by Clock::Boot) until it wants to be called without a
  // wake-up.
  absl::Duration Step();
  bool BuildBatch();   // decides waiting commands and sends their records; true if it sent or answered anything
  bool FinishBatch();  // takes reports and records read back; true if anything was settled

  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  const JournalId& id() const { return env_.id; }
  uint64_t revision() const { return acked_.load(std::memory_order_acquire); }  // highest that counts here
  uint64_t stored_revision() const { return written_.load(std::memory_order_acquire); }
  uint64_t term() const { return term_.load(std::memory_order_relaxed); }
  uint64_t adopted() const { return adopted_version_.load(std::memory_order_relaxed); }
  uint64_t ignored_records() const { return ignored_.load(std::memory_order_relaxed); }
  // Records up to the known end of the journal that are not in the store's reach yet; 0 while it is not known.
  uint64_t behind() const { return behind_.load(std::memory_order_relaxed); }
  // Whether it is the owner, serves already or not.
  bool owns() const { return owns_.load(std::memory_order_acquire); }
  uint64_t replaced() const { return replaced_.load(std::memory_order_relaxed); }  // how often by a foreign claim
  bool backs_off() const { return backs_off_.load(std::memory_order_relaxed); }    // replaced twice: an operator looks
  uint64_t keys_at() const { return keys_at_.load(std::memory_order_relaxed); }
  absl::Status halted() const;
  const Store& store() const { return *env_.store; }
  Store& store() { return *env_.store; }
  Journal& journal() { return *env_.journal; }

 private:
  // A record between being sent and counting.
  struct InFlight {
    uint64_t sequence = 0;  // of the writer
    journal::v1::Commit commit;
    std::string hash;
    std::vector<Row> rows;
    absl::Duration sent;
    std::optional<Report> report;
    Done done;  // may be null, or taken when the deadline passed
    absl::Duration deadline;
  };
  // An answer without a record of its own.
  struct Deferred {
    uint64_t after = 0;                        // the revision that must count first
    std::function<void(absl::Status)> answer;  // OK, or why the shard can't stand by it any more
  };

  enum class Wish : uint8_t { kRest, kFollow, kOwn };

  void Enter(Phase phase);
  void Want(Wish wish);
  absl::Duration StepFollowing();
  bool NearEnd();
  void SendReleased();
  void StepReread();
  void Revive();
  void GaveUp();
  void Halt(const absl::Status& why);
  void TakeMail();
  // Reads what is readable and judges it; false if the phase changed on the way, or more cannot be read now.
  bool ReadTail();
  absl::Status Judge(const StoredRecord& stored);
  absl::Status ApplyForeign(const journal::v1::Commit& commit, const StoredRecord& stored);
  void Count(uint64_t position);
  void Doubt(absl::string_view why);
  void Drain();
  // `in_the_same_term`: broken on purpose, only a new writer.
  void SendClaim(bool in_the_same_term = false);
  void Claimed(const journal::v1::Claim& claim, const StoredRecord& stored);
  void Replaced();
  void AnswerWaiting();
  void MaybeServe();
  void Decide(Command command, std::vector<std::string>* records);
  void AnswerAfterFlight(std::function<void(absl::Status)> answer);
  void Send(std::vector<std::string> records);
  void SettleDeferred();
  void SweepDeadlines();
  void FireTimers();
  void PollReactions();
  void DeferReads();
  void RecordPublished(std::vector<std::string>* records);
  void Adopt(std::vector<std::string>* records);
  // Messages (shard_messages.cc).
  absl::Status ResetMessages();
  void TakeLetter(const journal::v1::Letter& letter);
  bool MakeMessageCommand(uint32_t from, const journal::v1::Message& message, Command* command) const;
  void RepeatedMessage(uint32_t from);
  void CountedMessages(const journal::v1::Commit& commit);
  void RecordAcks(std::vector<std::string>* records);
  void SendLetters();
  void Append(journal::v1::Commit commit, const std::vector<const google::protobuf::Message*>& plain, Done done,
              absl::Duration deadline, std::vector<std::string>* records);
  void Write(const journal::v1::Commit& commit, const std::string& hash, uint64_t position, std::vector<Row> rows);
  void NoticeTimers(const std::vector<Row>& rows);
  int64_t NowMs();
  void RefuseQueued();
  bool UnderLease() const;
  uint64_t LastInFlight() const { return flight_.empty() ? fold_.revision : flight_.back().commit.revision(); }
  absl::Status Unavailable() const;
  // Broken on purpose.
  void AnswerEarly(InFlight& f);
  void AnswerOn();
  void Unchecked(journal::v1::Record* record) const;

  Env env_;
  std::atomic<Phase> phase_{Phase::kFollowing};
  std::atomic<Wish> wish_{Wish::kFollow};
  Overlay overlay_;
  Projector projector_;
  RecentIds recent_ids_;
  Decider decider_;
  Fold fold_;
  rows::Place place_;
  absl::Status halted_ ABSL_GUARDED_BY(mutex_);

  // Writer of the present term.
  std::unique_ptr<JournalWriter> writer_;
  uint64_t writer_generation_ = 0;
  uint64_t next_sequence_ = 0;
  std::deque<InFlight> flight_;
  std::deque<uint64_t> batches_;  // last revision of each batch in flight
  uint64_t claim_nonce_ = 0;
  uint64_t my_term_ = 0;  // the last term this process owned
  absl::Duration serve_at_;
  absl::Duration lease_from_ = -absl::InfiniteDuration();
  absl::Duration claim_due_;  // when the claim is sent again
  int claim_tries_ = 0;
  bool claimed_ = false;        // from its first claim on until it is replaced or gives up
  std::string release_to_;      // only while `releasing_`
  bool releasing_ = false;      // takes no commands, settles what it has, and then
  bool released_sent_ = false;  // writes and answers nothing more
  bool last_released_ = false;  // the last record that counts was its writer's last
  std::string released_to_;     // whom it named, until somebody claims
  absl::Duration replaced_at_ = -absl::InfiniteDuration(), back_off_until_ = -absl::InfiniteDuration();
  bool reread_ = false;    // asked for, and not begun yet
  bool doubtful_ = false;  // something of this term is in doubt: settle what is certain, then claim again
  std::optional<absl::Time> last_counted_append_;
  int64_t last_recorded_ms_ = 0;
  std::shared_ptr<const Reference> reference_;

  // Callers in doubt, by command id, and ids seen to count since.
  struct Waiting {
    Done done;
    absl::Duration deadline;
  };
  absl::btree_map<std::string, Waiting> waiting_;
  absl::flat_hash_map<std::string, common::v1::CommandReply> seen_;

  std::deque<Command> clients_, internals_;
  std::deque<Deferred> deferred_;
  absl::flat_hash_set<std::string> timers_pending_;
  std::vector<ReactionReader> reactions_;
  Outbox outbox_;
  absl::btree_map<uint32_t, uint64_t> counted_;  // by sender: the last message whose record counts
  absl::btree_set<uint32_t> acks_due_;
  absl::Time timers_from_ = absl::InfinitePast();  // no timer is due before
  uint64_t published_due_ = 0;                     // to be recorded; 0: nothing
  bool keys_short_ = false;
  bool more_foreign_ = true;  // a poll of the reactions was cut short

  std::atomic<bool> foreign_news_{true};
  std::atomic<bool> reacting_{true};  // what foreign records caused is not all in the store's reach yet
  size_t causes_in_flight_ = 0;
  std::vector<std::function<void(absl::Status)>> reads_;  // taken from the mail, not yet deferred
  std::atomic<uint64_t> acked_{0}, written_{0}, term_{0}, adopted_version_{0}, ignored_{0}, keys_at_{0};
  std::atomic<uint64_t> behind_{0}, replaced_{0};
  std::atomic<bool> owns_{false}, backs_off_{false}, rereading_{false};

  struct Mail {
    std::vector<Command> commands;
    std::vector<std::pair<uint64_t, Report>> reports;  // (writer generation, report)
    std::vector<std::function<void(absl::Status)>> reads;
    std::optional<std::string> release;
    bool reread = false;
    uint64_t published = 0;
    std::vector<journal::v1::Letter> letters;
  };
  mutable absl::Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  Mail taken_;
  size_t queued_clients_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<uint64_t, std::function<void(absl::Status)>>> store_waiters_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<void> watch_;
  std::vector<std::shared_ptr<void>> foreign_watches_;
  // Outlives the shard for callbacks of journal and store that come late.
  struct Alive {
    absl::Mutex mutex;
    Shard* shard ABSL_GUARDED_BY(mutex) = nullptr;
  };
  std::shared_ptr<Alive> alive_;
};

}  // namespace shoujie
