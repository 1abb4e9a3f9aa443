// Whoever leaves gets no ticket any more, on whatever way; and what a clearance is given for.
#include "services/router/leave.h"

#include <map>

#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

// The usual directory in which these people leave, as of its version 9.
directory::v1::Directory Leaving(const std::vector<std::string>& ids) {
  auto directory = SampleDirectory();
  directory.set_version(9);
  for (auto& agent : *directory.mutable_agents()) {
    if (std::find(ids.begin(), ids.end(), agent.id()) == ids.end()) continue;
    agent.mutable_leaving()->set_seconds(1);
    agent.set_leaving_version(9);
  }
  return directory;
}

TEST(LeavingTest, ATicketThatOpensLateIsHisHeads) {
  Desk desk(Leaving({"1001"}));
  desk.Open("1001");
  EXPECT_EQ(desk.ticket().owner(), "9000");
  EXPECT_EQ(desk.ticket().ownership(0).reason(), v1::OWNER_REASON_OWNER_LEFT);
  EXPECT_EQ(desk.events()[0].ticket_opened().named_owner(), "1001");
}

TEST(LeavingTest, NothingIsHandedToHimAndHeHandsOverWhatHeHas) {
  Desk desk;
  desk.Open("1001");
  desk.Publish(Leaving({"1001", "1002"}));
  desk.at(Minutes(10)).by("1001");
  EXPECT_THAT(desk.Transfer("1002"), RefusedWith("AGENT_LEAVING"));
  v1::EscalateTicketRequest escalate;
  escalate.set_to("1002");
  escalate.set_reason("urgent");
  *escalate.mutable_deadline() = ToProto(At(Hours(4)));
  EXPECT_THAT(desk.Do(escalate), RefusedWith("AGENT_LEAVING"));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus()) << "he still acts on what he has";
  ASSERT_EQ(desk.Transfer("1003", v1::OWNER_REASON_AGENT_LEFT), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1003");
  // It does not come back to him.
  EXPECT_THAT(desk.Do(v1::UndoLastRequest()), RefusedWith("AGENT_LEAVING"));
}

TEST(LeavingTest, AnOfferWithoutAPersonPassesOverWhoLeaves) {
  Desk desk;
  desk.Open("1001");
  desk.Publish(Leaving({"5100"}));
  desk.at(Minutes(10)).by("1001");
  ASSERT_EQ(desk.Offer("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk.ticket().handoffs(0).responsible(), "5003");
}

TEST(LeavingTest, WhatIsOpenedAgainIsHisHeadsInTheSameRecord) {
  for (const bool has_left : {false, true}) {
    Desk desk;
    desk.Open("1001").at(Minutes(10)).by("1001");
    ASSERT_EQ(desk.Close(), absl::OkStatus());
    auto directory = Leaving({"1001"});
    directory.mutable_agents(0)->set_left(has_left);
    desk.Publish(directory);
    desk.at(Hours(30)).by("1003");
    const uint64_t version = desk.version();
    ASSERT_EQ(desk.Reopen(), absl::OkStatus());
    EXPECT_EQ(desk.version(), version + 1);
    ASSERT_EQ(desk.events().size(), 2u);
    EXPECT_EQ(desk.events()[1].ownership_transferred().from(), "1001");
    EXPECT_EQ(desk.ticket().owner(), "9000");
    EXPECT_EQ(desk.ticket().handler().id(), "9000");
    EXPECT_EQ(desk.ticket().ownership().rbegin()->reason(), v1::OWNER_REASON_OWNER_LEFT);
    EXPECT_EQ(desk.ticket().episodes_size(), 2);
  }
}

TEST(LeavingTest, AClosingThatIsTakenBackIsHisHeads) {
  Desk desk;
  desk.Open("1001").at(Minutes(10)).by("1001");
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  desk.Publish(Leaving({"1001"}));
  desk.at(Minutes(15));
  ASSERT_EQ(desk.Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "9000");
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_NEW);
  EXPECT_EQ(desk.ticket().handler().id(), "9000");
}

TEST(LeavingTest, WhoStaysKeepsWhatIsOpenedAgain) {
  Desk desk;
  desk.Open("1001").at(Minutes(10)).by("1001");
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  desk.Publish(Leaving({"1002"}));
  ASSERT_EQ(desk.Reopen(), absl::OkStatus());
  EXPECT_EQ(desk.events().size(), 1u);
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

class Rows : public RowReader {
 public:
  void Scan(absl::string_view prefix, absl::string_view,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>& visit) const override {
    for (const auto& [key, row] : index) {
      if (key.compare(0, prefix.size(), std::string(prefix)) == 0 && !visit(key, row)) return;
    }
  }
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
  std::vector<uint32_t> Lagging() const override { return {}; }
  std::vector<Shown> Partitions() const override { return partitions; }
  void Put(int n, const std::string& owner, v1::TicketState state) {
    v1::TicketRow row;
    row.set_name(absl::StrCat("tickets/", n));
    row.set_owner(owner);
    row.set_state(state);
    for (const auto& key : IndexKeys(row)) index[key] = row;
  }

  std::map<std::string, v1::TicketRow> index;
  std::vector<Shown> partitions;
};

class CheckLeaveTest : public testing::Test {
 protected:
  v1::CheckLeaveResponse Check(const std::string& agent) {
    const Reference reference(directory_);
    QueryContext context{principal_, reference, At(Hours(1)), rows_, nullptr, nullptr};
    context.vouch = [](absl::string_view statement) { return absl::StrCat("marked ", statement); };
    v1::CheckLeaveRequest request;
    request.set_agent(agent);
    v1::CheckLeaveResponse response;
    status_ = CheckLeave(request, &response, context);
    return response;
  }

  directory::v1::Directory directory_ = Leaving({"1001"});
  Principal principal_;
  Rows rows_;
  absl::Status status_;
};

TEST_F(CheckLeaveTest, IsClearedOnceEveryShardKnowsAndNothingIsOpen) {
  rows_.partitions = {{5, 9}, {0, 8}, {70, 11}};
  rows_.Put(1, "1001", v1::TICKET_STATE_SIGNED);
  rows_.Put(2, "1001", v1::TICKET_STATE_CLOSED);
  rows_.Put(3, "10011", v1::TICKET_STATE_NEW);
  auto found = Check("1001");
  ASSERT_EQ(status_, absl::OkStatus());
  EXPECT_EQ(found.leaving_version(), 9u);
  EXPECT_EQ(found.partitions(), 3u);
  EXPECT_EQ(found.adopted(), 2u);
  EXPECT_THAT(found.unadopted_partitions(), testing::ElementsAre(1));
  EXPECT_EQ(found.open_tickets(), 1u);
  ASSERT_EQ(found.open_size(), 1);
  EXPECT_EQ(found.open(0).name(), "tickets/1");
  EXPECT_FALSE(found.has_clearance());

  rows_.partitions[1] = {80, 9};
  EXPECT_FALSE(Check("1001").has_clearance()) << "a ticket is open";
  rows_.index.clear();
  rows_.Put(1, "1002", v1::TICKET_STATE_SIGNED);
  rows_.Put(2, "1001", v1::TICKET_STATE_CLOSED);
  found = Check("1001");
  ASSERT_TRUE(found.has_clearance());
  EXPECT_EQ(found.clearance().agent(), "1001");
  EXPECT_EQ(found.clearance().leaving_version(), 9u);
  EXPECT_THAT(found.clearance().revisions(), testing::ElementsAre(5, 80, 70));
  EXPECT_EQ(found.clearance().mark(), absl::StrCat("marked ", StatementOf(found.clearance())));
  rows_.partitions[2].adopted_version = 0;
  EXPECT_FALSE(Check("1001").has_clearance()) << "a shard does not know of it";
}

TEST_F(CheckLeaveTest, IsNeverClearedForWhoStaysOrHasLeftOrIsUnknown) {
  rows_.partitions = {{5, 9}};
  EXPECT_FALSE(Check("1002").has_clearance());
  EXPECT_FALSE(Check("1009").has_clearance());
  EXPECT_TRUE(Check("1009").left());
  Check("4711");
  EXPECT_THAT(status_, RefusedWith("AGENT_UNKNOWN"));
  rows_.partitions.clear();
  EXPECT_FALSE(Check("1001").has_clearance()) << "nothing was looked at";
}

}  // namespace
}  // namespace shoujie::router
