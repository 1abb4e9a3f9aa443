// What can go wrong in a simulated run, by name. Each seed draws which faults it uses and how strongly (swarm testing:
// a run with few kinds of trouble reaches corners that a run with all of them never sees). For the simulator only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/sim/random.h"

namespace shoujie::sim {

enum class Fault : uint8_t {
  // Of the log, per record that is delivered.
  kLostWrite,     // an error is reported and the record is not in the log; a later one may be
  kLandedError,   // an error is reported and the record is in the log
  kWrittenTwice,  // in the log twice, the second place is reported
  kPlaceUnknown,  // in the log, at a place that nobody says
  kNoReport,      // in the log or not, nothing is ever reported
  kOvertaken,     // a later record lands first
  kLateReport,    // the report comes late; reports of errors may overtake
  kCutWrites,     // of a writer that gave up, records from some drawn one on never land
  kStraggler,     // those that do land come late, behind a new owner's records
  kBrokerSkew,    // append times differ by up to 0.4 s either way
  kLostRecord,    // in the end a record that counted is gone: a new reader must halt, not go on without it
  // Of machines.
  kCrash,       // a machine loses everything in memory
  kStoreLoss,   // and a suffix of the store's writes that were not synced
  kStop,        // a machine stands still, up to 6 s: longer than a lease
  kTakeover,    // another machine is told to own while the owner lives
  kCutOff,      // a machine writes to a log and hears of it, but reads nothing new for up to 6 s
  kSlowReader,  // what is in the log can be read only later, record by record
  kSlowStore,   // the store writes only later
  kKeysShort,   // no key is at hand for a while
  // Of time.
  kTimeJump,   // seconds or hours pass between two steps: timers fall due, leases end
  kClockStep,  // a machine's wall clock is set, up to a minute either way
  // Of clients.
  kDuplicate,     // a command is sent to two machines at once
  kLateRepeat,    // a command that has its answer is sent once more
  kReordered,     // commands are under way for different times
  kImpatient,     // deadlines that pass while the record is in flight
  kWrongMachine,  // commands for a machine that does not own
  kDirectory,     // directory versions are published
  // Of membership.
  kHandover,  // owners are told to give a journal up to another machine, or to nobody
  kWishes,    // wishes to own, to follow and to rest come late, twice, to both machines, to the wrong one
  // Of letters between shards. New faults come last: what older seeds draw stays as it is.
  kLetterLost,
  kLetterTwice,
  kLetterLate,  // up to seconds late, so that letters overtake each other
  kMembers,     // who should own is decided by a cluster (sim_members.h), whose machines hear of each other late or
                // wrongly
};
inline constexpr size_t kFaults = static_cast<size_t>(Fault::kMembers) + 1;

class FaultSet {
 public:
  static constexpr uint32_t kStrongest = 3;

  static FaultSet None() { return FaultSet(); }
  static FaultSet All(uint32_t strength = 2);
  // Which faults a seed uses: each with an even chance, now and then all or none.
  static FaultSet Draw(Random& random);
  // "crash,stop:3" (strength 1 … 3, without: 2); "all", "none". INVALID_ARGUMENT names what is unknown and all names.
  static absl::StatusOr<FaultSet> Parse(absl::string_view text);

  // 0: does not happen.
  uint32_t operator[](Fault fault) const { return strength_[static_cast<size_t>(fault)]; }
  bool has(Fault fault) const { return (*this)[fault] > 0; }
  void Set(Fault fault, uint32_t strength) { strength_[static_cast<size_t>(fault)] = static_cast<uint8_t>(strength); }
  std::vector<Fault> list() const;
  std::string ToString() const;  // as `Parse` reads it

 private:
  std::array<uint8_t, kFaults> strength_{};
};

const char* NameOf(Fault fault);
// A sentence for people.
const char* WhatIs(Fault fault);

}  // namespace shoujie::sim
