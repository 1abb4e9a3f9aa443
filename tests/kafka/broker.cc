#include "tests/kafka/broker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <vector>

namespace shoujie::kafka {
namespace {

const std::string kScripts = std::string(SHOUJIE_SOURCE_DIR) + "/tests/kafka/";

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  exit(70);
}

// Runs the program with these ends as its input and output.
pid_t Spawn(std::vector<std::string> words, int input, int output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    if (input >= 0) dup2(input, STDIN_FILENO);
    if (output >= 0) dup2(output, STDOUT_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  return pid;
}

int Await(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

Brokers::Brokers(int count, const std::string& directory, const std::vector<std::string>& flags)
    : directory_(directory) {
  if (directory_.empty()) directory_ = own_.emplace().path();
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) Fail("no pipe");
  std::vector<std::string> words = {kScripts + "up", "--hold", "--dir", directory_, "--brokers", std::to_string(count)};
  words.insert(words.end(), flags.begin(), flags.end());
  if (const char* version = getenv("SHOUJIE_KAFKA_VERSION"); version != nullptr) {
    words.insert(words.end(), {"--version", version});
  }
  script_ = Spawn(std::move(words), input[0], output[1]);
  close(input[0]);
  close(output[1]);
  hold_ = input[1];
  char buffer[256];
  for (ssize_t got; (got = read(output[0], buffer, sizeof(buffer))) > 0;) {
    bootstrap_.append(buffer, static_cast<size_t>(got));
    if (bootstrap_.back() == '\n') break;
  }
  close(output[0]);
  if (bootstrap_.empty()) Fail("tests/kafka/up started no broker");
  bootstrap_.pop_back();
}

Brokers::~Brokers() {
  close(hold_);
  Await(script_);
}

Brokers& Brokers::Shared() {
  static Brokers brokers;
  return brokers;
}

std::string Brokers::NewName() {
  static std::atomic<int> count{0};
  return "test" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

pid_t Brokers::Pid(int broker) const {
  pid_t pid = -1;
  std::ifstream(directory_ + "/broker-" + std::to_string(broker) + "/pid") >> pid;
  if (pid <= 1) Fail("broker " + std::to_string(broker) + " has no process");
  return pid;
}

void Brokers::Signal(int broker, int signal) {
  if (kill(Pid(broker), signal) != 0) Fail("broker " + std::to_string(broker) + " is not there");
}

bool Brokers::running(int broker) const {
  // Whoever adopted it may not have asked for its status yet.
  std::string word, state;
  std::ifstream stat("/proc/" + std::to_string(Pid(broker)) + "/stat");
  return (stat >> word >> word >> state) && state != "Z";
}

void Brokers::AwaitEnd(int broker) {
  for (int i = 0; i < 3000; ++i) {
    if (!running(broker)) return;
    usleep(10'000);
  }
  Fail("broker " + std::to_string(broker) + " does not end");
}

bool Brokers::TryStartAgain(int broker) {
  return Await(Spawn({kScripts + "up", "--dir", directory_, "--again", std::to_string(broker)}, -1, -1)) == 0;
}

void Brokers::StartAgain(int broker) {
  if (!TryStartAgain(broker)) Fail("broker " + std::to_string(broker) + " does not start again");
}

}  // namespace shoujie::kafka
