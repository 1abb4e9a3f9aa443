// An installation of its own on a test's broker, and what its tests do with it again and again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/refusal.h"
#include "tests/kafka/broker.h"

namespace shoujie::e2e {

using kafka::Brokers;

// An installation of its own on a broker: topics under a prefix, a state directory, at most one server.
class Centre {
 public:
  explicit Centre(Brokers& brokers) : brokers_(brokers), prefix_(Brokers::NewName()) {}

  Ran Topics(const std::string& act, std::vector<std::string> more = {}) const {
    std::vector<std::string> argv = {Program("shoujie"),   "admin",          "topics", act, "--kafka",
                                     brokers_.bootstrap(), "--kafka-prefix", prefix_};
    argv.insert(argv.end(), more.begin(), more.end());
    return e2e::Run(std::move(argv), {"NO_COLOR=1", "LANG=C.UTF-8"});
  }
  void MakeTopics() const {
    const Ran ran = Topics("create", {"--replicas", "1", "--allow-unsafe-topics"});
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  std::vector<std::string> Flags() const {
    return {"--journal", "kafka", "--kafka", brokers_.bootstrap(), "--kafka-prefix", prefix_, "--allow-unsafe-topics"};
  }
  std::vector<std::string> Env() const {
    return {absl::StrCat("SHOUJIE_KAFKA=", brokers_.bootstrap()), absl::StrCat("SHOUJIE_KAFKA_PREFIX=", prefix_)};
  }
  std::string data() const { return dir_ / "data"; }
  const std::string& prefix() const { return prefix_; }
  Brokers& brokers() { return brokers_; }
  Server& Start() {
    server_ = std::make_unique<Server>(data(), Flags());
    EXPECT_FALSE(server_->address().empty()) << server_->process().err();
    return *server_;
  }
  Server& server() { return *server_; }
  void ExpectVerified(const std::string& line = "verified: nothing is wrong") const {
    const Ran ran = e2e::Run({Program("shoujie"), "verify", "all", "--data", data()}, Env(), absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(absl::StrContains(ran.out, line)) << ran.out;
  }
  // A start that must not be.
  void ExpectRefused(const std::string& reason, std::vector<std::string> flags, const std::string& data) const {
    SCOPED_TRACE(reason);
    std::vector<std::string> argv = {Program("shoujied"), "--data", data, "--listen", "127.0.0.1:0"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    const Ran ran = e2e::Run(argv);
    EXPECT_EQ(ran.code, kRefusedStart) << ran.err;
    const size_t at = ran.err.find(absl::StrCat("shoujied: ", reason, ": "));
    ASSERT_NE(at, std::string::npos) << ran.err;
    const std::string text = ran.err.substr(at), en = text.substr(0, text.find('\n'));
    EXPECT_TRUE(SaysWhatToDo(en, text.substr(en.size() + 1)));
  }

  const TempDir dir_;

 private:
  Brokers& brokers_;
  const std::string prefix_;
  std::unique_ptr<Server> server_;
};

inline absl::StatusOr<common::v1::CommandReply> AddNote(People& people, const std::string& ticket,
                                                        const std::string& text, const std::string& request_id = "") {
  router::v1::AddNoteRequest note;
  note.set_name(ticket);
  note.set_text(text);
  note.set_request_id(request_id);
  return Do(people.As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note);
}

}  // namespace shoujie::e2e
