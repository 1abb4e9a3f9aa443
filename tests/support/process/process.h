// Real processes for end-to-end tests, faults and measurements: started with their own process group, output read line
// by line, always killed at the end. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temp_dir.h"

namespace shoujie::e2e {

class Process {
 public:
  // `argv[0]` is a path. `env` entries "NAME=value" are added to the test's own environment.
  explicit Process(std::vector<std::string> argv, std::vector<std::string> env = {});
  ~Process();  // kill -9 and reap
  Process(const Process&) = delete;

  // The first line of stdout that begins with `prefix`, or "" when the time is up or the process has ended.
  std::string WaitForLine(const std::string& prefix, absl::Duration timeout);
  void Signal(int signal);
  // Waits for the end: exit code, or 128 + signal; -1 when the time is up.
  int Wait(absl::Duration timeout);
  bool running();
  int pid() const { return pid_; }
  // Everything read so far.
  const std::string& out() const { return out_; }
  std::string err();

 private:
  bool ReadSome(int timeout_ms);

  int pid_ = -1;
  int out_fd_ = -1;
  std::string err_path_;
  int status_ = -1;
  std::string out_;
};

struct Ran {
  int code = -1;
  std::string out, err;
};
// Runs a program to its end.
Ran Run(std::vector<std::string> argv, std::vector<std::string> env = {}, absl::Duration timeout = absl::Seconds(120));

std::string ReadFile(const std::string& path);

}  // namespace shoujie::e2e
