// The simulator: real shards of several services, each partition on two machines over one simulated journal, with a
// clock, a network and disks that fail as one seed says. One thread, no real time: the same options give the same run,
// record for record.
//
// A run has three parts. First the actions of a plan (plan.h): a shard steps, a record or report is delivered, a disk
// writes, a client asks or repeats, a machine crashes, stops or wakes, a shard changes hands, a wall clock is stepped,
// time passes. Then everything is healed and driven by wake-ups alone until nothing is left to do; every shard changes
// hands once more and every command that was acknowledged is repeated; what does not finish is a violation. At the end
// the checkers compare logs, stores and answers (quality.md I1–I11). A violation is a sentence whose first word says
// what did not hold. Not for performance.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/runtime/journal/simulated.h"
#include "services/runtime/security/memory_keys.h"
#include "services/runtime/shard/courier.h"
#include "services/runtime/shard/shard.h"
#include "services/runtime/sim/judge.h"
#include "services/runtime/sim/lagged_view.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/sim/plan.h"
#include "services/runtime/sim/published.h"
#include "services/runtime/sim/random.h"
#include "services/runtime/sim/sim_members.h"
#include "services/runtime/sim/sim_store.h"
#include "services/runtime/sim/workload.h"

namespace shoujie::sim {

struct Options {
  Plan plan;
  Mutation mutation = Mutation::kNone;
  bool split_place = false;
  std::function<void(const std::string&)> trace;  // a line per happening; null: none
};

struct Result {
  std::vector<std::string> violations;  // empty: clean
  uint64_t hash = 0;                    // of everything that happened and of the logs
  size_t acted = 0;                     // actions until the end or the first violation
  uint64_t records = 0, commands = 0, answers = 0, crashes = 0, claims = 0, unknown = 0, timers = 0, reactions = 0,
           messages = 0, reads = 0, repeats = 0, releases = 0;
  std::map<std::string, uint64_t> over;  // `Workload::Over`
};

class World : private Courier {
 public:
  World(Options options, Workload* workload);
  ~World() override;
  Result Run();

 private:
  static constexpr size_t kMachines = 2;
  // Ids older than the shard's window of seven days are refused instead of recognised.
  static constexpr absl::Duration kRepeatable = absl::Hours(6 * 24);

  struct SimJournal {
    JournalId id;
    size_t service = 0;
    std::unique_ptr<SimulatedJournal> log;
    uint64_t acked_revision = 0;                    // highest that a client has seen acknowledged
    std::map<std::string, uint64_t> acked_version;  // the same per stream
    std::map<std::string, uint64_t> told_version;   // highest that any answer spoke of, per stream
  };
  struct Hosted {  // a shard on a machine
    SimJournal* journal = nullptr;
    std::unique_ptr<LaggedView> view;
    Shard::Env env;
    std::unique_ptr<SimStore> store;
    std::unique_ptr<Shard> shard;  // null: the machine is down
    bool woken = false;
    absl::Duration again;          // by true time
    absl::Duration cut_off_until;  // it reads nothing new before
  };
  struct Machine : ShardHost {
    std::unique_ptr<ManualClock> clock;
    std::deque<Hosted> hosted;
    absl::Duration stopped_until, down_until;

    std::vector<const Shard*> shards() const override;
    const Shard* shard(const JournalId& id) const override;
    void Assign(const JournalId& id, Role role) override;
    void HandOver(const JournalId& id, const std::string& to) override;
    // Nobody reads rows of others or sends letters by this way here.
    void ReadOwnRow(const JournalId&, const std::string&, Peers::RowDone) const override {}
    void Receive(journal::v1::Letter) override {}
  };
  struct Attempt {
    absl::Duration deadline;
    bool answered = false;
    bool alone = true;           // when it was sent, no other was under way
    bool repeats = false;        // sent after the command had been acknowledged
    uint64_t acked_version = 0;  // of the stream named, when it was sent
  };
  struct Op {
    Intent intent;
    std::string id;
    SimJournal* journal = nullptr;
    std::vector<Attempt> attempts;
    absl::Time made;
    bool finished = false;
    bool told = false;           // the workload knows the answer
    std::string reply;           // of the first acknowledgement with a record, as sent
    bool refused_alone = false;  // definitely refused while no other attempt was under way
    absl::Duration next_try;
  };
  struct Letter {  // an attempt on its way
    size_t op, attempt, machine;
    absl::Duration arrives;
  };

  struct Wish {  // of whoever decides who should own: on its way to a machine
    size_t machine, journal;
    ShardHost::Role role;
    absl::Duration arrives;
  };
  struct Envelope {  // a letter between shards
    size_t journal;  // that it is for
    journal::v1::Letter letter;
    absl::Duration arrives;
  };

  bool up(const Machine& m) const { return m.hosted.front().shard != nullptr && m.stopped_until <= time_.Passed(); }
  // Folds what happened into the run's hash; `text` is only asked for a trace.
  void Log(
      absl::string_view kind, std::initializer_list<uint64_t> numbers,
      const std::function<std::string()>& text = [] { return std::string(); });
  static std::string NameOf(const Hosted& hosted);
  void Violation(std::string what);
  void Start(size_t machine);
  void Crash(size_t machine);
  void Do(const Action& action);
  void Deliver(SimJournal& journal);
  SimulatedJournal::Outcomes Outcomes() const;
  bool Fetch(Hosted& hosted, uint64_t records);
  void StepShard(size_t machine, size_t hosted);
  void OwnSomewhere(size_t journal);
  void HandOver(size_t journal);
  void WishSomething(size_t journal);
  void TellWishes();
  void Publish();
  void NewOp();
  void Send(size_t op);
  void SendTo(size_t op, size_t machine);
  void RepeatSomething();
  void Arrive(const Letter& letter);
  void Answer(size_t op, size_t attempt, const absl::StatusOr<common::v1::CommandReply>& reply);
  void Carry(journal::v1::Letter letter) override;
  void BringLetters();
  size_t OwnerOf(const SimJournal& journal);
  void GiveUpLate();
  void ReadSomewhere();
  void Heal();
  bool HealOnce();
  bool Rest(int rounds_max);
  bool OwnersAsWanted();
  void MessagesTaken();
  void ChangeHands();
  void RepeatAll();
  std::string Unlike(const Hosted& hosted, const SimStore::Rows& rows, uint64_t* revision);
  void Audit(absl::string_view when);
  void Judge();
  void JudgeAnswers(const std::map<JournalId, std::vector<Counted>>& counted);
  void LoseARecord(const SimJournal& journal);

  Options options_;
  FaultSet faults_;
  Workload* workload_;
  Random random_;  // begins anew with every action
  TrueTime time_;
  MemoryKeys keys_;
  Published published_;
  std::vector<std::unique_ptr<SimJournal>> journals_;
  std::deque<Machine> machines_;
  std::unique_ptr<SimMembers> members_;  // null: wishes are the run's own
  std::deque<Op> ops_;
  std::vector<size_t> open_;  // ops that have no definite answer
  std::vector<Letter> letters_;
  std::vector<Wish> wishes_;
  std::vector<Envelope> envelopes_;
  uint64_t ids_ = 0;
  bool healing_ = false;
  Result result_;
};

}  // namespace shoujie::sim
