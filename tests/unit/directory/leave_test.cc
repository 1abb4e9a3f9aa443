// Agents who leave, in two steps and at once; and what a publication may not do to people.
#include "services/directory/domain/leave.h"

#include "services/directory/domain/validate.h"
#include "tests/unit/directory/desk.h"

namespace shoujie::directory {
namespace {

class LeaveTest : public DirectoryTest {
 protected:
  void SetUp() override { PublishSample(); }
  absl::Status Announce(const std::string& agent, const std::string& successor = "") {
    v1::DeactivateAgentRequest request;
    request.set_agent(agent);
    request.set_successor(successor);
    request.set_reason("moved away");
    return Do(request);
  }
  // As a node that follows all tickets says it.
  static v1::LeaveClearance Clearance(const std::string& agent, uint64_t version) {
    v1::LeaveClearance clearance;
    clearance.set_agent(agent);
    clearance.set_leaving_version(version);
    for (uint64_t revision : {7, 0, 12}) clearance.add_revisions(revision);
    clearance.set_mark(MarkOf(StatementOf(clearance)));
    return clearance;
  }
  absl::Status Complete(const std::string& agent, const v1::LeaveClearance& clearance) {
    v1::CompleteLeaveRequest request;
    request.set_agent(agent);
    *request.mutable_clearance() = clearance;
    return Do(request);
  }
  absl::Status Activate(const std::string& agent) {
    v1::ActivateAgentRequest request;
    request.set_agent(agent);
    return Do(request);
  }
  absl::Status PublishNow(v1::Directory content, bool removes_agents = false) {
    v1::PublishVersionRequest request;
    *request.mutable_content() = std::move(content);
    request.set_etag(absl::StrCat(version_));
    request.set_removes_agents(removes_agents);
    return Do(request);
  }
  static v1::Agent* Row(v1::Directory* content, const std::string& id) {
    for (auto& agent : *content->mutable_agents()) {
      if (agent.id() == id) return &agent;
    }
    return nullptr;
  }
};

TEST_F(LeaveTest, AnAgentLeavesInTwoSteps) {
  ASSERT_TRUE(Announce("1003").ok());  // leads a team: the post becomes vacant
  EXPECT_TRUE(last_.has_leave_announced());
  EXPECT_EQ(last_.leave_announced().agent(), "1003");
  EXPECT_EQ(last_.leave_announced().reason().plain(), "moved away");
  EXPECT_EQ(state_.version(), 2u);
  EXPECT_FALSE(state_.features().empty()) << "what is enabled stays so";
  EXPECT_FALSE(AgentNow("1003").left());
  EXPECT_EQ(AgentNow("1003").leaving().seconds(), 1'790'000'000);
  EXPECT_EQ(AgentNow("1003").leaving_version(), 2u);
  EXPECT_FALSE(TakesNew(AgentNow("1003")));
  EXPECT_EQ(state_.teams(0).leader(), "");
  ASSERT_TRUE(Announce("1003").ok());
  EXPECT_TRUE(no_op_);

  ASSERT_TRUE(Complete("1003", Clearance("1003", 2)).ok());
  EXPECT_TRUE(last_.has_leave_completed());
  EXPECT_EQ(last_.leave_completed().clearance().revisions_size(), 3);
  EXPECT_EQ(last_.leave_completed().clearance().mark(), "") << "no secret goes into the journal";
  EXPECT_TRUE(AgentNow("1003").left());
  EXPECT_EQ(state_.version(), 3u);
  ASSERT_TRUE(Complete("1003", {}).ok());
  EXPECT_TRUE(no_op_);
  ASSERT_TRUE(Announce("1003").ok());
  EXPECT_TRUE(no_op_);

  ASSERT_TRUE(Activate("1003").ok());
  EXPECT_TRUE(TakesNew(AgentNow("1003")));
  EXPECT_EQ(AgentNow("1003").leaving_version(), 0u);
  EXPECT_EQ(ReasonOf(Announce("9999")), "AGENT_NOT_FOUND");
}

TEST_F(LeaveTest, NobodyHasLeftWithoutAClearanceOfThisLeave) {
  EXPECT_EQ(ReasonOf(Complete("1005", Clearance("1005", 2))), "LEAVE_NOT_ANNOUNCED");
  EXPECT_EQ(ReasonOf(Complete("9999", {})), "AGENT_NOT_FOUND");
  ASSERT_TRUE(Announce("1005").ok());
  EXPECT_EQ(ReasonOf(Complete("1005", {})), "LEAVE_NOT_CLEARED");
  EXPECT_EQ(ReasonOf(Complete("1005", Clearance("1006", 2))), "LEAVE_NOT_CLEARED") << "somebody else's";
  EXPECT_EQ(ReasonOf(Complete("1005", Clearance("1005", 1))), "LEAVE_NOT_CLEARED") << "of another announcement";
  auto forged = Clearance("1005", 2);
  forged.set_revisions(0, 8);
  EXPECT_EQ(ReasonOf(Complete("1005", forged)), "LEAVE_NOT_CLEARED");
  forged.clear_mark();
  EXPECT_EQ(ReasonOf(Complete("1005", forged)), "LEAVE_NOT_CLEARED");
  EXPECT_FALSE(AgentNow("1005").left());
}

TEST_F(LeaveTest, TakingALeaveBackMakesItsClearanceVoid) {
  ASSERT_TRUE(Announce("1005").ok());
  const auto cleared = Clearance("1005", 2);
  ASSERT_TRUE(Activate("1005").ok());
  EXPECT_EQ(last_.published().change(), v1::CHANGE_ACTIVATED);
  EXPECT_EQ(ReasonOf(Complete("1005", cleared)), "LEAVE_NOT_ANNOUNCED");
  ASSERT_TRUE(Announce("1005").ok());
  EXPECT_EQ(AgentNow("1005").leaving_version(), 4u);
  EXPECT_EQ(ReasonOf(Complete("1005", cleared)), "LEAVE_NOT_CLEARED") << "he may have got something in between";
  EXPECT_TRUE(Complete("1005", Clearance("1005", 4)).ok());
}

TEST_F(LeaveTest, AHeadLeavesOnlyWithASuccessorWhoStays) {
  EXPECT_EQ(ReasonOf(Announce("1001")), "AGENT_IS_HEAD");
  EXPECT_EQ(ReasonOf(Announce("1001", "1001")), "SUCCESSOR_UNFIT");
  ASSERT_TRUE(Announce("1004").ok());
  EXPECT_EQ(ReasonOf(Announce("1001", "1004")), "SUCCESSOR_UNFIT") << "leaves himself";
  ASSERT_TRUE(Announce("1001", "1003").ok());
  EXPECT_EQ(last_.leave_announced().successor(), "1003");
  EXPECT_EQ(state_.sites(0).head(), "1003");

  // Head of tech; his deputy takes over and is no longer his own deputy.
  ASSERT_TRUE(Announce("1035", "1036").ok());
  EXPECT_EQ(state_.departments(2).head(), "1036");
  EXPECT_THAT(state_.departments(2).deputies(), ::testing::ElementsAre("1037"));
}

TEST_F(LeaveTest, WhoeverLeavesHoldsNoPost) {
  ASSERT_TRUE(Announce("1003").ok());
  auto content = state_;
  content.mutable_teams(0)->set_leader("1003");
  EXPECT_EQ(ReasonOf(PublishNow(content)), "POST_HELD_BY_LEFT_AGENT");
}

TEST_F(LeaveTest, APublicationLeavesLeavesAlone) {
  auto content = state_;
  Row(&content, "1005")->set_left(true);
  EXPECT_EQ(ReasonOf(PublishNow(content)), "LEAVE_BY_ACT");
  content = state_;
  Row(&content, "1005")->mutable_leaving()->set_seconds(5);
  EXPECT_EQ(ReasonOf(PublishNow(content)), "LEAVE_BY_ACT");
  content = state_;
  Row(&content, "1005")->set_leaving_version(1);
  EXPECT_EQ(ReasonOf(PublishNow(content)), "LEAVE_BY_ACT");

  ASSERT_TRUE(Announce("1005").ok());
  content = state_;
  Row(&content, "1005")->set_left(true);
  EXPECT_EQ(ReasonOf(PublishNow(content)), "LEAVE_BY_ACT");
  content = state_;
  Row(&content, "1005")->set_leaving_version(1);
  EXPECT_EQ(ReasonOf(PublishNow(content)), "LEAVE_BY_ACT");
  content = state_;
  Row(&content, "1006")->set_display_name("x");
  ASSERT_TRUE(PublishNow(content).ok()) << "as it stands";
  EXPECT_FALSE(TakesNew(AgentNow("1005")));
  content = state_;
  Row(&content, "1005")->clear_leaving();
  Row(&content, "1005")->clear_leaving_version();
  ASSERT_TRUE(PublishNow(content).ok()) << "called back";
  EXPECT_TRUE(TakesNew(AgentNow("1005")));

  // Rows that are new may be of people who left long ago, and never of some who leave.
  content = state_;
  auto* old = content.add_agents();
  *old = AgentNow("1006");
  old->set_id("0999");
  old->set_left(true);
  ASSERT_TRUE(PublishNow(content).ok());
  v1::MergeVersionRequest merge;
  *merge.mutable_additions()->add_agents() = AgentNow("1006");
  merge.mutable_additions()->mutable_agents(0)->set_id("0998");
  merge.mutable_additions()->mutable_agents(0)->set_leaving_version(3);
  EXPECT_EQ(ReasonOf(Do(merge)), "LEAVE_BY_ACT");
}

TEST_F(LeaveTest, NobodyOfOursIsRemovedBeforeHeHasLeft) {
  auto content = state_;
  content.mutable_agents()->DeleteSubrange(4, 1);  // 1005
  EXPECT_EQ(ReasonOf(PublishNow(content)), "AGENT_NOT_LEFT");
  auto disguised = state_;
  auto* source = disguised.add_sources();
  source->set_id("elsewhere");
  source->set_time_zone("Asia/Shanghai");
  Row(&disguised, "1005")->set_source("elsewhere");
  EXPECT_EQ(ReasonOf(PublishNow(disguised)), "AGENT_NOT_LEFT");
  ASSERT_TRUE(PublishNow(content, /*removes_agents=*/true).ok());

  ASSERT_TRUE(Announce("1006").ok());
  content = state_;
  content.mutable_agents()->DeleteSubrange(4, 1);  // 1006 now
  EXPECT_EQ(ReasonOf(PublishNow(content)), "AGENT_NOT_LEFT");
  ASSERT_TRUE(Complete("1006", Clearance("1006", AgentNow("1006").leaving_version())).ok());
  EXPECT_TRUE(PublishNow(content).ok());
}

TEST_F(LeaveTest, PeopleOfImportsHaveLeftAtOnce) {
  auto content = state_;
  auto* source = content.add_sources();
  source->set_id("technion");
  source->set_time_zone("Asia/Jerusalem");
  auto* agent = content.add_agents();
  *agent = AgentNow("1005");
  agent->set_id("TOVA");
  agent->set_source("technion");
  ASSERT_TRUE(PublishNow(content).ok());
  ASSERT_TRUE(Announce("TOVA").ok());
  EXPECT_EQ(last_.published().change(), v1::CHANGE_DEACTIVATED);
  EXPECT_TRUE(AgentNow("TOVA").left());
  content = state_;
  content.mutable_agents()->RemoveLast();
  EXPECT_TRUE(PublishNow(content).ok());
}

// A cluster in which some build does not know leaves yet.
TEST_F(DirectoryTest, WithoutTheFeatureEverybodyHasLeftAtOnce) {
  v1::Event event;
  *event.mutable_published()->mutable_content() = SampleDirectory();
  domain_.streams.front()->Evolve(state_, event, {.stream = "directories/main", .version = ++version_});
  v1::DeactivateAgentRequest leave;
  leave.set_agent("1003");
  leave.set_reason("moved away");
  ASSERT_TRUE(Do(leave).ok());
  EXPECT_EQ(last_.published().change(), v1::CHANGE_DEACTIVATED);
  EXPECT_EQ(last_.published().subject(), "1003");
  EXPECT_EQ(last_.published().note().plain(), "moved away");
  EXPECT_TRUE(AgentNow("1003").left());
  EXPECT_FALSE(AgentNow("1003").has_leaving());
  EXPECT_EQ(state_.teams(0).leader(), "");
  // As before: a publication says who has left, and rows come and go.
  auto content = state_;
  content.mutable_agents()->RemoveLast();
  content.mutable_agents(10)->set_left(true);
  EXPECT_TRUE(Publish(content).code() == absl::StatusCode::kOk);
  v1::ActivateAgentRequest back;
  back.set_agent("1003");
  ASSERT_TRUE(Do(back).ok());
  EXPECT_FALSE(AgentNow("1003").left());
}

}  // namespace
}  // namespace shoujie::directory
