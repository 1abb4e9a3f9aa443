// deploy/quickstart in a tree of its own, where the programs that it builds and starts are scripts of a few lines: what
// it makes of their answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/runtime/temp_dir.h"

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

TEST_F(Quickstart, OnKafkaTheBrokerIsStartedFirstAndStoppedLast) {
  fs::create_directories(tree_ / "tests/kafka");
  Script("tests/kafka/up",
         "echo \"up $*\" >>calls\nwhile [[ $1 != --dir ]]; do shift; done\nmkdir -p \"$2/broker-1\"\n"
         "echo 'advertised.listeners=PLAINTEXT://127.0.0.1:9' >\"$2/broker-1/server.properties\"");
  Script("tests/kafka/down", "echo \"down $*\" >>calls");
  Script("build/release/bin/shoujied",
         "echo \"shoujied $*\" >>calls\nwhile [[ $1 != --data ]]; do shift; done\nmkdir -p \"$2\"\n"
         "trap 'exit 0' TERM\necho 'ready grpc=127.0.0.1:1'\nwhile sleep 0.05; do :; done");
  Script("build/release/bin/shoujie", "echo \"shoujie $* $SHOUJIE_KAFKA\" >>calls");
  Script("build/release/bin/shoujie-switch", "exit 0");
  const auto calls = [&] {
    std::ifstream in(tree_ / "calls");
    std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    fs::remove(tree_ / "calls");
    return all;
  };
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  const std::string first = calls();
  EXPECT_THAT(first, HasSubstr("shoujie admin topics create --replicas 1 --allow-unsafe-topics -o name 127.0.0.1:9"));
  EXPECT_THAT(first, HasSubstr("--data build/quickstart-kafka"));
  EXPECT_THAT(first, HasSubstr("--journal kafka --allow-unsafe-topics --kafka 127.0.0.1:9"));
  EXPECT_LT(first.find("up --dir"), first.find("shoujied"));
  EXPECT_GT(first.rfind("down --dir"), first.rfind("shoujie report contacts"));
  // Again: the same broker with its data.
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  EXPECT_THAT(calls(), HasSubstr("quickstart-kafka.kafka --again 1"));
  // Its state is gone: so is what nobody can open.
  fs::remove_all(tree_ / "build/quickstart-kafka");
  EXPECT_EQ(Run("--kafka"), 0) << printed_;
  EXPECT_THAT(calls(), Not(HasSubstr("--again")));
}

}  // namespace
}  // namespace shoujie
