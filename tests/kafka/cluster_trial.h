// One installation of several nodes under faults: nodes, clients at work and what they know. Each round is judged
// against the ledger and the histories as both nodes tell them; each row of the table sums its rounds up; the end
// proves every state directory and all journals. One thread, but for the clients' calls.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fault/ledger.h"
#include "tests/fault/run.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/nodes.h"
#include "tests/kafka/workers.h"

namespace shoujie::kafka {

struct TrialSetup {
  std::vector<NodePlace> places = std::vector<NodePlace>(2);
  uint32_t replicas = 1;
  std::string membership = "group";  // or "static"
  int tickets = 0;                   // 0: as many as the form asks for
};

class ClusterTrial {
 public:
  // `brokers` outlives it. Its topics have a prefix of their own.
  ClusterTrial(fault::Run* run, Brokers* brokers, TrialSetup setup = {});
  ~ClusterTrial();

  // The columns of every row.
  static std::vector<std::string> Columns();

  // Makes topics, starts the nodes, makes the matters to work on. False, and a violation, if that fails.
  bool Begin();
  // One round: clients go to work as `work` says, `strike` breaks something and mends it (false: it could not, and has
  // said so), everything must be served again, the clients rest, all is judged. False if there is no going on.
  bool Round(const std::string& after, WorkOptions work, const std::function<bool()>& strike);
  // Within a strike: the cause is gone (else it is when the strike returns), as the table tells it.
  void Cured() { cured_ = absl::Now(); }
  // All rounds since the last call.
  struct Sums {
    uint64_t rounds = 0, acked = 0, unanswered = 0;
    std::map<std::string, uint64_t> found;  // findings by kind
    std::vector<absl::Duration> gaps;       // of all partitions and rounds
    absl::Duration cause;                   // the longest
  };
  Sums TakeSums() { return std::exchange(sums_, {}); }
  // Their row, with what lies in the journals since the last one.
  void Row(const std::string& fault);
  // All of it: begins, `times` rounds, ends, and the row. `strike` is told what the round is called.
  void Rounds(const std::string& fault, int times, const WorkOptions& work,
              const std::function<bool(const std::string& after)>& strike);
  // Of the last round, by partition: the longest time without an acknowledgement.
  const std::map<uint32_t, absl::Duration>& gaps() const { return gaps_; }
  // Stops the nodes, proves directories and journals. Once.
  void End();

  // Until somebody serves each journal, of the nodes that run, and each of them answers. False, and a violation, if the
  // time is up.
  bool AwaitService(const std::string& after, absl::Duration limit = absl::Seconds(90));
  // Starts a node again that has ended. False, and a violation, if it does not become ready.
  bool StartAgain(size_t node);
  // By SIGTERM; that it takes long or ends otherwise than by 0 is a violation.
  void StopNode(size_t node);
  void Violation(const std::string& kind, const std::string& after, const std::string& what);

  Nodes& nodes() { return nodes_; }
  Brokers& brokers() { return *brokers_; }
  fault::Run& run() { return *run_; }
  fault::Ledger& ledger() { return ledger_; }
  const std::vector<load::Matter>& matters() const { return matters_; }
  const std::string& prefix() const { return nodes_.options().prefix; }
  // Journals that are meant to be halted: nobody serves them, and what is in them is not read.
  void Halted(const Nodes::Journal& journal) { halted_.insert(journal); }
  // What has been judged by hand is not told again: everything that was sent so far is answered.
  void Check(const std::string& after);

 private:
  void Settle(const std::string& after);
  std::vector<std::string> Streams(const std::string& after);
  void Verify();

  fault::Run* const run_;
  Brokers* const brokers_;
  const int tickets_;
  Nodes nodes_;
  fault::Ledger ledger_;
  std::vector<load::Matter> matters_;
  std::vector<fault::Recorded> before_, histories_;
  std::set<Nodes::Journal> halted_;
  std::unique_ptr<Workers> workers_;
  absl::Time struck_, cured_;
  uint64_t works_ = 0;
  size_t contradictions_said_ = 0;
  bool ended_ = false;
  Sums sums_;
  std::map<uint32_t, absl::Duration> gaps_;
  uint64_t acked_before_ = 0;
  std::set<std::pair<std::string, uint64_t>> late_told_;  // of rows before: journal and position
};

}  // namespace shoujie::kafka
