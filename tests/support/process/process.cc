#include "tests/support/process/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/time/clock.h"

extern char** environ;

namespace shoujie::e2e {

Process::Process(std::vector<std::string> argv, std::vector<std::string> env) {
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) abort();
  char err_path[] = "/tmp/shoujie-err-XXXXXX";
  const int err_fd = mkstemp(err_path);
  err_path_ = err_path;
  std::vector<char*> args, vars;
  for (auto& a : argv) args.push_back(a.data());
  args.push_back(nullptr);
  for (char** e = environ; *e; ++e) vars.push_back(*e);
  for (auto& e : env) vars.push_back(e.data());
  vars.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(err_fd, 2);
    execve(args[0], args.data(), vars.data());
    _exit(127);
  }
  close(out[1]);
  close(err_fd);
  out_fd_ = out[0];
}

Process::~Process() {
  if (running()) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
    Wait(absl::Seconds(30));
  }
  close(out_fd_);
  unlink(err_path_.c_str());
}

bool Process::ReadSome(int timeout_ms) {
  pollfd p{out_fd_, POLLIN, 0};
  if (poll(&p, 1, timeout_ms) <= 0) return true;
  char buffer[1 << 16];
  const ssize_t n = read(out_fd_, buffer, sizeof buffer);
  if (n <= 0) return false;
  out_.append(buffer, static_cast<size_t>(n));
  return true;
}

std::string Process::WaitForLine(const std::string& prefix, absl::Duration timeout) {
  const absl::Time limit = absl::Now() + timeout;
  size_t from = 0;
  while (true) {
    for (size_t end; (end = out_.find('\n', from)) != std::string::npos; from = end + 1) {
      const std::string line = out_.substr(from, end - from);
      if (absl::StartsWith(line, prefix)) return line;
    }
    if (absl::Now() > limit || !ReadSome(50)) return "";
  }
}

void Process::Signal(int signal) { kill(pid_, signal); }

bool Process::running() {
  if (status_ != -1 || pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return false;
  }
  return true;
}

int Process::Wait(absl::Duration timeout) {
  const absl::Time limit = absl::Now() + timeout;
  while (running()) {
    if (absl::Now() > limit) return -1;
    if (!ReadSome(20)) poll(nullptr, 0, 5);
  }
  while (ReadSome(0)) {
    pollfd p{out_fd_, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0) break;
  }
  return status_;
}

std::string Process::err() { return ReadFile(err_path_); }

Ran Run(std::vector<std::string> argv, std::vector<std::string> env, absl::Duration timeout) {
  Process process(std::move(argv), std::move(env));
  Ran ran;
  ran.code = process.Wait(timeout);
  ran.out = process.out();
  ran.err = process.err();
  return ran;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

}  // namespace shoujie::e2e
