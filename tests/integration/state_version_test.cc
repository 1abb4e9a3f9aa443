// A build whose fold makes something else of old events starts on what the build before left: stores and lists are made
// again from the journals, once, and what is written goes on.
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "desk.pb.h"
#include "services/runtime/shard/rows.h"
#include "tests/integration/memory_node.h"
#include "tests/support/desk.h"

namespace shoujie {
namespace {

using testing::AddRequest;
using testing::Case;
using testing::DeskEvent;
using testing::HandRequest;
using testing::OpenCaseRequest;

// Lists: a row per case with how often something was added, by the second version in tens.
template <int64_t kEach>
void ProjectCase(Case& row, const DeskEvent& event, const EventContext& at) {
  row.set_name(std::string(at.stream));
  if (event.has_added()) row.set_total(row.total() + kEach);
}
std::vector<std::string> ByName(const Case& row) { return {absl::StrCat("all/", row.name())}; }

class Build {
 public:
  Build(Disk* disk, uint32_t version) : disk_(disk) {
    NodeEnv env;
    env.modules.push_back(directory::Service());
    ServiceModule desk;
    desk.domain = testing::DeskDomain(/*forget_owner=*/version > 1);
    desk.domain.state_version = version;
    desk.domain.rows.push_back(std::make_unique<TypedRows<Case, DeskEvent>>(
        "cases", version > 1 ? &ProjectCase<10> : &ProjectCase<1>, &ByName));
    env.modules.push_back(std::move(desk));
    env.partitions = kTestPartitions;
    env.journal = [disk](const JournalId& id) -> absl::StatusOr<Journal*> { return disk->journal(id); };
    env.store = [disk](const JournalId& id) { return disk->store(id); };
    env.drop_store = [this](const JournalId& id) {
      dropped_.insert(absl::StrCat(id.service, "/", id.partition));
      std::vector<Row> rows;
      for (const auto& [key, value] : disk_->memory(id).rows()) rows.push_back({key, std::nullopt});
      disk_->memory(id).Write(std::move(rows), [] {});
      return absl::OkStatus();
    };
    env.keys = disk->keys();
    env.clock = clock_.get();
    node_ = std::make_unique<Node>(std::move(env));
    started_ = node_->Start();
  }
  ~Build() { node_->Stop(); }

  template <typename Request>
  absl::StatusOr<common::v1::CommandReply> Do(Request request) {
    request.set_request_id(MakeRequestId(clock_->Now(), disk_->keys()->Random(10)));
    ClientCommand command;
    command.payload = request.SerializeAsString();
    command.request = std::make_unique<Request>(std::move(request));
    command.principal = {"agents/1001", static_cast<uint32_t>(Right::kAgent)};
    command.deadline = clock_->Boot() + absl::Seconds(30);
    absl::StatusOr<common::v1::CommandReply> result = absl::UnknownError("");
    absl::Notification done;
    node_->Execute(*node_->module("desk"), std::move(command), [&](absl::StatusOr<common::v1::CommandReply> reply) {
      result = std::move(reply);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  std::string Open(int n) {
    OpenCaseRequest open;
    open.set_phone(absl::StrCat("+86 ", n));
    open.set_owner("1001");
    auto reply = Do(open);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->name() : "";
  }
  absl::Status Add(const std::string& name, int64_t amount) {
    AddRequest add;
    add.set_name(name);
    add.set_amount(amount);
    return Do(add).status();
  }
  Case Get(const std::string& name) {
    common::v1::GetRequest request;
    request.set_name(name);
    Case result;
    absl::Notification done;
    node_->Get(*node_->module("desk"), request, [&](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> state) {
      if (state.ok()) result = static_cast<const Case&>(**state);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  // The list's rows, as a query sees them.
  std::map<std::string, int64_t> Listed() {
    std::map<std::string, int64_t> all;
    const Query query{"ListCases", [&](const auto&, auto*, const QueryContext& context) {
                        context.rows.Scan("all/", "", [&](absl::string_view, const google::protobuf::Message& row) {
                          const auto& of = static_cast<const Case&>(row);
                          all[of.name()] = of.total();
                          return true;
                        });
                        return absl::OkStatus();
                      }};
    OpenCaseRequest request, response;
    EXPECT_TRUE(node_->Run(*node_->module("desk"), query, request, &response, {"operators/first", 63}).ok());
    return all;
  }
  absl::Status started() const { return started_; }
  const std::set<std::string>& dropped() const { return dropped_; }

 private:
  Disk* const disk_;
  const std::unique_ptr<Clock> clock_ = MakeSystemClock();
  std::set<std::string> dropped_;
  std::unique_ptr<Node> node_;
  absl::Status started_;
};

TEST(StateVersion, AnotherVersionFoldsStoresAndListsAnewOnceAndLosesNothing) {
  Disk disk(/*exclusive=*/true);
  std::vector<std::string> cases;
  {
    Build first(&disk, 1);
    ASSERT_TRUE(first.started().ok()) << first.started();
    EXPECT_TRUE(first.dropped().empty());
    for (int n = 0; n < 30; ++n) {
      cases.push_back(first.Open(n));
      ASSERT_TRUE(first.Add(cases.back(), n + 1).ok());
      HandRequest hand;
      hand.set_name(cases.back());
      hand.set_to("1002");
      ASSERT_TRUE(first.Do(hand).ok());
    }
    EXPECT_EQ(first.Get(cases[7]).owner(), "1002");
    EXPECT_EQ(first.Listed()[cases[7]], 1);
  }
  {
    Build second(&disk, 2);
    ASSERT_TRUE(second.started().ok()) << second.started();
    std::set<std::string> all = {"desk.lists/0"};
    for (uint32_t p = 0; p < kTestPartitions; ++p) all.insert(absl::StrCat("desk/", p));
    EXPECT_EQ(second.dropped(), all) << "and the directory's store, whose fold is what it was, is kept";
    for (int n = 0; n < 30; ++n) {
      const Case state = second.Get(cases[static_cast<size_t>(n)]);
      EXPECT_EQ(state.total(), n + 1);
      EXPECT_EQ(state.owner(), "") << "as the new rule has it";
      EXPECT_EQ(state.etag(), "3");
    }
    ASSERT_TRUE(second.Add(cases[7], 5).ok());
    const auto listed = second.Listed();
    EXPECT_EQ(listed.size(), cases.size());
    EXPECT_EQ(listed.at(cases[7]), 20);
    EXPECT_EQ(listed.at(cases[8]), 10);
  }
  Build again(&disk, 2);
  ASSERT_TRUE(again.started().ok()) << again.started();
  EXPECT_TRUE(again.dropped().empty());
  EXPECT_EQ(again.Get(cases[7]).total(), 8 + 5);
}

// As a copy of a running server's directory may be: taken later than the journals beside them.
TEST(StateVersion, ListsThatShowMoreThanTheJournalsHoldAreMadeAgain) {
  Disk disk(/*exclusive=*/true);
  std::string name;
  {
    Build build(&disk, 1);
    ASSERT_TRUE(build.started().ok()) << build.started();
    name = build.Open(7);
    ASSERT_TRUE(build.Add(name, 1).ok());
    EXPECT_EQ(build.Listed(), (std::map<std::string, int64_t>{{name, 1}}));
  }
  std::vector<Row> later;
  for (const auto& [key, value] : disk.memory({"desk.lists", 0}).rows()) {
    const bool place = key[0] == 'P' && rows::ReadBig64(value) > 0;
    std::string moved;
    rows::AppendBig64(&moved, rows::ReadBig64(value) + 5);
    if (place) later.push_back({key, moved + value.substr(moved.size())});
    if (key[0] == 'R') later.push_back({key, std::nullopt});  // which only a reading of the journals brings back
  }
  ASSERT_EQ(later.size(), kTestPartitions + 1u);
  disk.memory({"desk.lists", 0}).Write(std::move(later), [] {});
  Build again(&disk, 1);
  ASSERT_TRUE(again.started().ok()) << again.started();
  EXPECT_EQ(again.dropped(), (std::set<std::string>{"desk.lists/0"}));
  EXPECT_EQ(again.Listed(), (std::map<std::string, int64_t>{{name, 1}}));
}

// On a shared log its successor would have to wait for its lease otherwise.
TEST(StateVersion, ANodeThatIsAloneGivesItsJournalsUpWhenItStops) {
  Disk disk(/*exclusive=*/false);
  std::string name;
  {
    Build build(&disk, 1);
    ASSERT_TRUE(build.started().ok()) << build.started();
    name = build.Open(7);
  }
  for (uint32_t p = 0; p < kTestPartitions; ++p) {
    std::vector<StoredRecord> records;
    ASSERT_TRUE(disk.journal({"desk", p})->Read(0, limits::kReadRecordsMax, &records).ok());
    journal::v1::Record last;
    ASSERT_TRUE(last.ParseFromString(records.back().bytes));
    EXPECT_TRUE(last.commit().has_released()) << last.DebugString();
  }
  Build again(&disk, 1);
  ASSERT_TRUE(again.started().ok()) << again.started();
  EXPECT_EQ(again.Get(name).owner(), "1001");
}

}  // namespace
}  // namespace shoujie
