// Two shards, desk and book, on a journal that never fails, with time that stands still: what the shard's tests drive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "desk.pb.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/journal/simulated.h"
#include "services/runtime/security/memory_keys.h"
#include "services/runtime/security/seal.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/shard/shard.h"
#include "services/runtime/sim/make_command.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/sim/published.h"
#include "services/runtime/store/memory_store.h"
#include "tests/support/desk.h"

namespace shoujie::testing {

using Reply = absl::StatusOr<common::v1::CommandReply>;

// One shard with its store. Its journal may be shared.
struct Node {
  Node(const ServiceDomain* domain, Journal* journal, KeyRing* keys, const Clock* clock,
       const ReferenceSource* reference, std::function<Journal*(const std::string&)> foreign = nullptr,
       std::string name = "a", Mutation mutation = Mutation::kNone)
      : env{.domain = domain,
            .id = {domain->name, 0},
            .journal = journal,
            .keys = keys,
            .clock = clock,
            .reference = reference,
            .foreign = std::move(foreign),
            .node = std::move(name),
            .mutation = mutation} {
    env.wake = [this] { woken.store(true); };
    Start();
  }
  // As after a crash: only what the store holds is left.
  void Restart() {
    shard.reset();
    store = std::make_unique<MemoryStore>(store->rows());
    Start();
  }
  // As if the store had never been.
  void Rebuild() {
    shard.reset();
    store = std::make_unique<MemoryStore>();
    Start();
  }
  void Start() {
    env.store = store.get();
    shard = std::make_unique<Shard>(env);
    ASSERT_TRUE(shard->Open().ok());
  }

  Shard::Env env;
  std::atomic<bool> woken{false};
  std::unique_ptr<MemoryStore> store = std::make_unique<MemoryStore>();
  std::unique_ptr<Shard> shard;
};

class ShardTest : public ::testing::Test {
 protected:
  ShardTest() {
    desk_domain = DeskDomain();
    book_domain = BookDomain();
    desk_log = SimulatedJournal::Reliable([this] { return time.Now(); });
    book_log = SimulatedJournal::Reliable([this] { return time.Now(); });
    desk = std::make_unique<Node>(&desk_domain, desk_log.get(), &keys, &clock, &published);
    book = std::make_unique<Node>(&book_domain, book_log.get(), &keys, &clock, &published,
                                  [this](const std::string&) { return desk_log.get(); });
    desk->shard->Own();
    book->shard->Own();
    Settle();
  }

  // Steps both shards until neither has anything to do at this instant.
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      do {
        desk->woken = book->woken = false;
        desk->shard->Step();
        book->shard->Step();
      } while (desk->woken || book->woken);
    }
  }
  void Pass(absl::Duration d) {
    time.Advance(d);
    Settle();
  }

  std::string NewId() { return sim::RequestId(clock.Now(), ++ids); }
  Command Make(const google::protobuf::Message& request, std::string id = "") {
    if (id.empty()) id = NewId();
    auto command = sim::MakeCommand(desk_domain, request, std::move(id), principal, keys);
    EXPECT_TRUE(command.ok()) << command.status();
    return *std::move(command);
  }
  // Posts without stepping; the answer comes later, if at all.
  std::shared_ptr<std::optional<Reply>> Post(Command command) {
    auto answer = std::make_shared<std::optional<Reply>>();
    command.done = [answer](Reply reply) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(reply);
    };
    desk->shard->Post(std::move(command));
    return answer;
  }
  Reply Do(const google::protobuf::Message& request, std::string id = "") { return Do(Make(request, std::move(id))); }
  Reply Do(Command command) {
    auto answer = Post(std::move(command));
    Settle();
    return answer->value_or(absl::DeadlineExceededError("no answer"));
  }

  static OpenCaseRequest Open(const std::string& phone, const std::string& owner = "1001") {
    OpenCaseRequest request;
    request.set_phone(phone);
    request.set_owner(owner);
    return request;
  }
  static AddRequest Add(const std::string& name, int64_t amount) {
    AddRequest request;
    request.set_name(name);
    request.set_amount(amount);
    return request;
  }
  std::string OpenCase(const std::string& phone) {
    auto reply = Do(Open(phone));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply->name();
  }

  template <typename State>
  static State StateIn(const Node& node, const std::string& stream, uint64_t* version = nullptr) {
    State state;
    auto row = node.store->Get(rows::StateKey(stream));
    EXPECT_TRUE(row.ok() && *row) << stream;
    if (row.ok() && *row) {
      auto value = rows::StateValue::Decode(**row);
      EXPECT_TRUE(value && state.ParseFromString(value->state));
      if (version) *version = value->version;
    }
    return state;
  }
  Case CaseOf(const std::string& stream) { return StateIn<Case>(*desk, stream); }
  static std::vector<journal::v1::Commit> Commits(const SimulatedJournal& log) {
    std::vector<journal::v1::Commit> commits;
    for (const StoredRecord& stored : log.records()) {
      journal::v1::Record record;
      EXPECT_TRUE(record.ParseFromString(stored.bytes));
      if (record.has_commit()) commits.push_back(record.commit());
    }
    return commits;
  }

  sim::TrueTime time;
  sim::ManualClock clock{&time};
  MemoryKeys keys{7};
  sim::Published published;
  ServiceDomain desk_domain, book_domain;
  std::unique_ptr<SimulatedJournal> desk_log, book_log;
  std::unique_ptr<Node> desk, book;
  Principal principal{"agents/1001", static_cast<uint32_t>(Right::kAgent)};
  uint64_t ids = 0;
};

#define EXPECT_REASON(expr, reason)                  \
  do {                                               \
    const absl::Status status_ = (expr);             \
    EXPECT_EQ(ReasonOf(status_), reason) << status_; \
  } while (false)

}  // namespace shoujie::testing
