// deploy/quickstart in a tree of its own, where the programs that it builds and starts are scripts of a few lines: what
// it makes of their answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Quickstart : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(tree_ / "build/release/bin");
    fs::create_directories(tree_ / "deploy");
    for (const char* file : {"quickstart", "lib.sh"}) {
      fs::copy_file(fs::path(SHOUJIE_SOURCE_DIR) / "deploy" / file, tree_ / ("deploy/" + std::string(file)));
    }
    Script("deploy/setup", "exit 0");
    Script("deploy/build", "exit 0");
    Script(
        "build/release/bin/shoujied",
        "while [[ $1 != --data ]]; do shift; done\nmkdir -p \"$2\"\ntrap 'exit 0' TERM\necho 'ready grpc=127.0.0.1:1'\n"
        "while sleep 0.05; do :; done");
    Script("build/release/bin/shoujie", "echo \"shoujie $*\"");
  }
  void Script(const std::string& path, const std::string& content) {
    std::ofstream(tree_ / path) << "#!/usr/bin/env bash\n" << content << "\n";
    fs::permissions(tree_ / path, fs::perms::owner_all);
  }
  // Its exit status; what it prints is in `printed_`.
  int Run(const std::string& more = "") {
    const std::string command =
        "cd '" + tree_.path() + "' && ./deploy/quickstart --exit --listen 127.0.0.1:0 " + more + " 2>&1 </dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    char buffer[4096];
    while (const size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) printed_.append(buffer, got);
    return WEXITSTATUS(::pclose(pipe));
  }

  const TempDir tree_;
  std::string printed_;
};

TEST_F(Quickstart, PrintsTheDayAndItsReport) {
  Script("build/release/bin/shoujie-switch", "echo 'facts       delivered     240'");
  EXPECT_EQ(Run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("delivered     240"));
  EXPECT_THAT(printed_, HasSubstr("shoujie report contacts"));
  EXPECT_THAT(printed_, Not(HasSubstr("refused")));
}

// A day of which the server refused some facts was played all the same: what became of it is what one wants to see.
TEST_F(Quickstart, ADayWithRefusedFactsHasItsReportAndSaysHowManyAndWhereToLook) {
  Script("build/release/bin/shoujie-switch",
         "echo 'facts       delivered     240'\necho '            refused         3'\n"
         "echo 'refused     fact: TIME_IN_FUTURE         3'\nexit 3");
  EXPECT_EQ(Run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("shoujie report contacts"));
  EXPECT_THAT(printed_, HasSubstr("the server refused 3 facts"));
  EXPECT_THAT(printed_, HasSubstr("服务器拒绝了 3 条事实"));
  EXPECT_THAT(printed_, HasSubstr("TIME_IN_FUTURE"));
  EXPECT_THAT(printed_, HasSubstr("build/quickstart.outbox"));
}

TEST_F(Quickstart, ADayThatWasNotPlayedFails) {
  Script("build/release/bin/shoujie-switch", "exit 1");
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(printed_, HasSubstr("the demonstration day failed"));
  EXPECT_THAT(printed_, Not(HasSubstr("shoujie report contacts")));
}

// Programs that write down how they were called.
class QuickstartOnKafka : public Quickstart {
 protected:
  void SetUp() override {
    Quickstart::SetUp();
    fs::create_directories(tree_ / "tests/kafka");
    Script("tests/kafka/up",
           "echo \"up $*\" >>calls\nwhile [[ $1 != --dir ]]; do shift; done\nmkdir -p \"$2/broker-1\"\n"
           "echo 'advertised.listeners=PLAINTEXT://127.0.0.1:9' >\"$2/broker-1/server.properties\"");
    Script("tests/kafka/down", "echo \"down $*\" >>calls");
    Script("build/release/bin/shoujied",
           "echo \"shoujied $*\" >>calls\n"
           "while [[ $1 ]]; do case $1 in --data) data=$2 ;; --node) node=$2 ;; --listen) at=$2 ;; esac; shift; done\n"
           "mkdir -p \"$data\"\ntrap 'echo \"end $node\" >>calls; exit 0' TERM\n"
           "echo \"ready grpc=$at\"\nwhile sleep 0.05; do :; done");
    Script("build/release/bin/shoujie",
           "echo \"shoujie $* ${SHOUJIE_SERVER:-} ${SHOUJIE_KAFKA:-}\" >>calls\n"
           "for node in a b; do echo \"{\\\"owner\\\":\\\"$node\\\",\\\"wanted\\\":\\\"$node\\\"}\"; done");
    Script("build/release/bin/shoujie-switch", "echo \"switch $*\" >>calls");
  }
  std::string Calls() {
    std::ifstream in(tree_ / "calls");
    std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    fs::remove(tree_ / "calls");
    return all;
  }
  // What follows `flag` in the first line that begins so.
  static std::string FlagOf(const std::string& calls, const std::string& line, const std::string& flag) {
    const size_t at = calls.find(line);
    const size_t value = at == std::string::npos ? at : calls.find(flag, at);
    if (value == std::string::npos) return "";
    const size_t begin = value + flag.size();
    return calls.substr(begin, calls.find_first_of(" \n", begin) - begin);
  }
};

TEST_F(QuickstartOnKafka, TheBrokerIsStartedFirstAndStoppedLast) {
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  const std::string first = Calls();
  EXPECT_THAT(first, HasSubstr("shoujie admin topics create --replicas 1 --allow-unsafe-topics -o name  127.0.0.1:9"));
  EXPECT_THAT(first, HasSubstr("--journal kafka --allow-unsafe-topics --kafka 127.0.0.1:9"));
  EXPECT_LT(first.find("up --dir"), first.find("shoujied"));
  EXPECT_GT(first.rfind("down --dir"), first.rfind("end "));
  // Again: the same broker with its data, and no second day.
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  const std::string second = Calls();
  EXPECT_THAT(second, HasSubstr("quickstart-kafka.kafka --again 1"));
  EXPECT_THAT(second, Not(HasSubstr("switch ")));
  // Its state is gone: so is what nobody can open.
  fs::remove_all(tree_ / "build/quickstart-kafka");
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  const std::string third = Calls();
  EXPECT_THAT(third, Not(HasSubstr("--again")));
  EXPECT_THAT(third, HasSubstr("switch "));
  // What a version before kept there for its one node is made again.
  fs::remove_all(tree_ / "build/quickstart-kafka/secrets");
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  EXPECT_THAT(Calls(), HasSubstr("switch "));
}

TEST_F(QuickstartOnKafka, TwoNodesShareOneClockAndTheSecretsAndOneAnswersWhileTheOtherRestarts) {
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  const std::string calls = Calls();
  const std::string a = "shoujied --data build/quickstart-kafka/a --secrets build/quickstart-kafka/secrets --node a",
                    b = "shoujied --data build/quickstart-kafka/b --secrets build/quickstart-kafka/secrets --node b";
  ASSERT_LT(calls.find(a), calls.find(b)) << calls;
  EXPECT_NE(FlagOf(calls, a, "--listen "), FlagOf(calls, b, "--listen "));
  EXPECT_EQ(FlagOf(calls, a, "--clock="), FlagOf(calls, b, "--clock="));
  EXPECT_THAT(FlagOf(calls, a, "--clock="), HasSubstr("2026-03-01T22:20:00Z@"));
  EXPECT_EQ(FlagOf(calls, "switch", "--server "), FlagOf(calls, a, "--listen "));
  // Both end after the day, both are back, a ends, b is asked, a is back.
  const size_t report = calls.find("shoujie report contacts " + FlagOf(calls, b, "--listen "));
  ASSERT_NE(report, std::string::npos) << calls;
  EXPECT_LT(calls.find("switch"), calls.find("end a"));
  EXPECT_EQ(calls.rfind("end b", report), calls.find("end b"));
  EXPECT_GT(calls.rfind("end a", report), calls.rfind(a, report));
  EXPECT_NE(calls.find(a, report), std::string::npos);
  EXPECT_THAT(printed_, HasSubstr("b answers for all shards"));
}

// A day that was cut short is played again from its beginning.
TEST_F(QuickstartOnKafka, AnInterruptedDayBeginsAnew) {
  Script("build/release/bin/shoujie-switch", "kill -INT $PPID; sleep 5");
  EXPECT_EQ(Run("--kafka"), 130) << printed_;
  const std::string calls = Calls();
  EXPECT_GT(calls.rfind("down --dir"), calls.rfind("end b")) << calls;
  Script("build/release/bin/shoujie-switch", "echo \"switch $*\" >>calls");
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("it begins anew"));
  const std::string again = Calls();
  EXPECT_THAT(again, HasSubstr("switch "));
  EXPECT_THAT(again, Not(HasSubstr("--again")));
}

}  // namespace
}  // namespace shoujie
