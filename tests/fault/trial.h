// One data directory under a fault, with its server, its clients and what they know: copied from the centre, broken by
// the fault, then held against the ledger. One thread, but for the clients' calls.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/fault/clients.h"
#include "tests/fault/run.h"

namespace shoujie::fault {

class Trial {
 public:
  // A copy of the centre at Path(name). Gone with the object.
  Trial(Run* run, const std::string& name);
  ~Trial();

  struct Start {
    std::vector<std::string> flags, env, under;
  };
  // Whether it became ready. If not, `server()` is there all the same, to be asked for its end.
  bool StartServer(const Start& start);
  bool StartServer() { return StartServer(Start()); }
  // The same; that it is not ready is a violation.
  bool MustStart(const std::string& after);
  bool MustStart(const std::string& after, const Start& start);
  e2e::Server& server() { return *server_; }
  void StopServer();
  void EndServer() { server_.reset(); }

  // Clients go to work, as many as `options` says (address, token and seed are filled in).
  Clients& Work(ClientsOptions options = {});
  // They stop, and what they saw that must not be is said.
  void Rest();
  // Has them work for so long, or until nobody works.
  void WorkFor(absl::Duration time, ClientsOptions options = {});

  // On a running server: repeats what was left open and some of what was answered, reads all histories, lists and
  // reports, and says what contradicts the ledger. `after`: for messages.
  void Check(const std::string& after);
  // Starts a proof of a copy of the stopped directory, and says what it found.
  void BeginVerify();
  void EndVerify(const std::string& after);
  void Verify(const std::string& after);

  const std::string& data() const { return data_; }
  Ledger& ledger() { return ledger_; }
  std::unique_ptr<rpc::Client> Operator() const;
  // Of all checks: commands whose answer had been lost, and those of them that turned out to have taken effect before.
  uint64_t settled() const { return settled_; }
  uint64_t had_taken_effect() const { return had_taken_effect_; }
  uint64_t verified_records() const { return verified_records_; }
  // Findings by kind.
  const std::map<std::string, uint64_t>& found() const { return found_; }
  // Commands of others, who keep no ledger, are among the histories.
  void set_others() { others_ = true; }
  // As of the last check.
  const std::vector<Recorded>& histories() const { return histories_; }
  // Of the server's clock before ours.
  void set_ahead(absl::Duration ahead) { ahead_ = ahead; }

 private:
  void Settle(rpc::Client& client, const std::string& after);
  void Say(const std::string& kind, const std::string& after, const std::string& what);

  Run* const run_;
  const std::string data_;
  Ledger ledger_;
  std::unique_ptr<e2e::Server> server_;
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Verification> verification_;
  uint64_t works_ = 0, settled_ = 0, had_taken_effect_ = 0, verified_records_ = 0;
  int64_t ended_at_ms_ = 0;
  absl::Duration ahead_ = absl::ZeroDuration();
  std::map<std::string, uint64_t> found_;
  std::vector<Recorded> histories_;
  size_t contradictions_said_ = 0;
  bool others_ = false;
};

}  // namespace shoujie::fault
