// A shoujied of its own for a test or a measurement, and the CLI against it. Free of any test framework.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process/process.h"

namespace shoujie::e2e {

// Exit code of a server that refuses to start as things are (EX_CONFIG): nothing was written.
inline constexpr int kRefusedStart = 78;

// Path of a built program.
std::string Program(const std::string& name);
// Where the real input lies, or "" if it is not there (SHOUJIE_SHARED_DATA, else ../shared/data beside the checkout).
std::string SharedData();

class Server {
 public:
  // Starts at once, on a free port if `extra` has no --listen, and waits for `ready`; `address()` is empty if it did
  // not come. `under`: a program and its arguments that starts the server in its own place (strace, prlimit).
  explicit Server(std::string data, std::vector<std::string> extra = {}, std::vector<std::string> env = {},
                  std::vector<std::string> under = {});

  const std::string& address() const { return address_; }
  const std::string& data() const { return data_; }
  std::string token_file() const { return data_ + "/operator.token"; }
  std::string token() const;  // the operator's
  Process& process() { return *process_; }
  // SIGTERM, and the exit code.
  int Stop(absl::Duration timeout = absl::Seconds(60));
  void Kill();

  // Runs `shoujie ARGS…` as the operator.
  Ran Cli(std::vector<std::string> args, absl::Duration timeout = absl::Seconds(300)) const;

 private:
  std::string data_, address_;
  std::unique_ptr<Process> process_;
};

}  // namespace shoujie::e2e
