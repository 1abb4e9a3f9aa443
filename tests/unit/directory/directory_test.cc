#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/directory/domain/domain.h"
#include "services/directory/domain/validate.h"
#include "services/directory/sample.h"
#include "services/directory/service.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/reference.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/events.pb.h"
#include "tests/unit/directory/desk.h"

namespace shoujie::directory {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST_F(DirectoryTest, SampleIsCompleteAndPublishable) {
  const v1::Directory sample = SampleDirectory();
  EXPECT_TRUE(StatusOf(Validate(sample)).ok()) << StatusOf(Validate(sample));
  EXPECT_EQ(sample.sites_size(), 2);
  EXPECT_EQ(sample.agents_size(), 40);
  EXPECT_EQ(sample.departments_size(), 4);
  for (int kind = v1::DispositionKind_MIN + 1; kind <= v1::DispositionKind_MAX; ++kind) {
    EXPECT_TRUE(std::any_of(sample.dispositions().begin(), sample.dispositions().end(), [kind](const auto& row) {
      return row.kind() == kind;
    })) << kind;
  }
  EXPECT_NE(sample.sites(0).time_zone(), sample.sites(1).time_zone());
}

TEST_F(DirectoryTest, PublishedVersionIsTheStreamsVersion) {
  PublishSample();
  EXPECT_EQ(state_.name(), "directories/main");
  EXPECT_EQ(state_.version(), 1u);
  auto next = SampleDirectory();
  next.mutable_sites(0)->set_display_name("Hangzhou West");
  ASSERT_TRUE(Publish(next).ok());
  EXPECT_EQ(state_.version(), 2u);
  EXPECT_EQ(last_.published().version(), 2u);
  EXPECT_EQ(last_.published().content().sites(0).display_name(), "Hangzhou West");
}

TEST_F(DirectoryTest, SameContentChangesNothingHoweverItIsLabelled) {
  PublishSample();
  ASSERT_TRUE(Publish(state_).ok());  // with name and version, as a reader got it
  EXPECT_TRUE(no_op_);
  EXPECT_EQ(version_, 1u);
}

TEST_F(DirectoryTest, PublishingOverAVersionNeedsItsEtag) {
  PublishSample();
  v1::PublishVersionRequest request;
  *request.mutable_content() = SampleDirectory();
  request.mutable_content()->mutable_sites(0)->set_display_name("x");
  EXPECT_EQ(ReasonOf(Do(request)), "ETAG_REQUIRED");
}

TEST_F(DirectoryTest, TheNoteIsPersonal) {
  v1::PublishVersionRequest request;
  *request.mutable_content() = SampleDirectory();
  request.set_note("as agreed with Ms Wang");
  ASSERT_TRUE(Do(request).ok());
  EXPECT_EQ(last_.published().note().plain(), "as agreed with Ms Wang");
}

TEST_F(DirectoryTest, OneDirectoryOnly) {
  v1::PublishVersionRequest request;
  request.set_name("directories/other");
  EXPECT_EQ(ReasonOf(Do(request)), "DIRECTORY_NOT_FOUND");
}

struct Mistake {
  const char* reason;
  const char* path;
  void (*make)(v1::Directory*);
};
class MistakeTest : public DirectoryTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(MistakeTest, IsRefusedByNameAndPlace) {
  PublishSample();
  auto content = SampleDirectory();
  GetParam().make(&content);
  const absl::Status status = Publish(content);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), GetParam().reason);
  std::string path;
  const auto detail = DetailOf(status);
  for (const auto& entry : detail.metadata()) {
    if (entry.key() == "path") path = entry.value();
  }
  EXPECT_EQ(path, GetParam().path);
  EXPECT_EQ(state_.version(), 1u);
}

const Mistake kMistakes[] = {
    {"NO_SITE", "sites", [](v1::Directory* d) { d->clear_sites(); }},
    {"BAD_ID", "agents[4].id", [](v1::Directory* d) { d->mutable_agents(4)->set_id("10 05"); }},
    {"BAD_ID", "categories[4].id", [](v1::Directory* d) { d->mutable_categories(4)->set_id("故障"); }},
    {"DUPLICATE_ID", "agents[5].id", [](v1::Directory* d) { d->mutable_agents(5)->set_id("1005"); }},
    {"UNKNOWN_REFERENCE", "teams[0].site", [](v1::Directory* d) { d->mutable_teams(0)->set_site("nowhere"); }},
    {"UNKNOWN_REFERENCE", "agents[4].site", [](v1::Directory* d) { d->mutable_agents(4)->clear_site(); }},
    {"UNKNOWN_REFERENCE", "agents[4].team", [](v1::Directory* d) { d->mutable_agents(4)->set_team("nobody"); }},
    {"UNKNOWN_REFERENCE", "agents[28].department", [](v1::Directory* d) { d->mutable_agents(28)->clear_department(); }},
    {"UNKNOWN_REFERENCE", "sites[0].head", [](v1::Directory* d) { d->mutable_sites(0)->set_head("9999"); }},
    {"UNKNOWN_REFERENCE", "departments[0].categories[0]",
     [](v1::Directory* d) { d->mutable_departments(0)->set_categories(0, "weather"); }},
    {"UNKNOWN_REFERENCE", "categories[1].parent",
     [](v1::Directory* d) { d->mutable_categories(1)->set_parent("gone"); }},
    {"UNKNOWN_REFERENCE", "agents[4].source", [](v1::Directory* d) { d->mutable_agents(4)->set_source("nowhere"); }},
    {"TEAM_OF_ANOTHER_SITE", "agents[4].team", [](v1::Directory* d) { d->mutable_agents(4)->set_team("wq-one"); }},
    {"CYCLE", "categories[0].parent",
     [](v1::Directory* d) { d->mutable_categories(0)->set_parent("enquiry-product"); }},
    {"CYCLE", "products[0].parent", [](v1::Directory* d) { d->mutable_products(0)->set_parent("lighting"); }},
    {"BAD_TIME_ZONE", "sites[0].time_zone",
     [](v1::Directory* d) { d->mutable_sites(0)->set_time_zone("Asia/Hangzhou"); }},
    {"BAD_TIME_ZONE", "sites[0].time_zone", [](v1::Directory* d) { d->mutable_sites(0)->set_time_zone("localtime"); }},
    {"BAD_TIME_ZONE", "sites[0].time_zone", [](v1::Directory* d) { d->mutable_sites(0)->clear_time_zone(); }},
    {"MISSING_HEAD", "sites[1].head", [](v1::Directory* d) { d->mutable_sites(1)->clear_head(); }},
    {"MISSING_HEAD", "departments[2].head", [](v1::Directory* d) { d->mutable_departments(2)->clear_head(); }},
    {"POST_HELD_BY_LEFT_AGENT", "sites[0].head", [](v1::Directory* d) { d->mutable_agents(0)->set_left(true); }},
    {"BAD_SERVICE_HOURS", "sites[0].service_hours[0]",
     [](v1::Directory* d) { d->mutable_sites(0)->mutable_service_hours(0)->set_weekday(8); }},
    {"BAD_SERVICE_HOURS", "sites[0].service_hours[0]",
     [](v1::Directory* d) { d->mutable_sites(0)->mutable_service_hours(0)->set_close_minute(1441); }},
    {"BAD_SERVICE_HOURS", "sites[0].service_hours[1]",
     [](v1::Directory* d) { d->mutable_sites(0)->mutable_service_hours(1)->set_weekday(1); }},
    {"BAD_ANSWER_WINDOW", "sites[0].answer_window",
     [](v1::Directory* d) { d->mutable_sites(0)->mutable_answer_window()->set_rings_min(4); }},
    {"BAD_ROLE", "agents[4].role", [](v1::Directory* d) { d->mutable_agents(4)->clear_role(); }},
    {"BAD_REFUSE_WINDOW", "departments[1].refuse_window",
     [](v1::Directory* d) { d->mutable_departments(1)->clear_refuse_window(); }},
    {"BAD_DISPOSITION", "dispositions[0]", [](v1::Directory* d) { d->mutable_dispositions(0)->clear_kind(); }},
    {"BAD_DISPOSITION", "dispositions[2]",
     [](v1::Directory* d) { d->mutable_dispositions(2)->clear_prompt_spacing(); }},
    {"BAD_POLICY", "policies.undo_window", [](v1::Directory* d) { d->mutable_policies()->clear_undo_window(); }},
    {"BAD_POLICY", "policies.adjudication_window",
     [](v1::Directory* d) { d->mutable_policies()->mutable_adjudication_window()->Clear(); }},
    {"BAD_POLICY", "policies.stall_after",
     [](v1::Directory* d) { d->mutable_policies()->mutable_stall_after()->set_seconds(-1); }},
    {"BUDGET_WITHOUT_RULING", "policies.adjudication_window",
     [](v1::Directory* d) { d->mutable_policies()->clear_adjudication_window(); }},
    {"BAD_POLICY", "policies.supervision_answer_within",
     [](v1::Directory* d) { d->mutable_policies()->mutable_supervision_answer_within()->Clear(); }},
    {"BAD_POLICY", "policies.public_notice_after_days",
     [](v1::Directory* d) { d->mutable_policies()->set_public_notice_after_days(1000); }},
    {"SUPERVISION_WITHOUT_TIME", "policies.supervision_answer_within",
     [](v1::Directory* d) {
       d->mutable_policies()->clear_supervision_answer_within();
       d->mutable_policies()->clear_supervise_after_notices();
     }},
    {"BUDGET_WITHOUT_RULING", "policies.adjudication_window",
     [](v1::Directory* d) {
       d->mutable_policies()->clear_refusal_budget();
       d->mutable_policies()->clear_adjudication_window();
       d->mutable_departments(2)->set_refusal_budget(1);
     }},
};
INSTANTIATE_TEST_SUITE_P(All, MistakeTest, ::testing::ValuesIn(kMistakes));

TEST_F(DirectoryTest, EveryMistakeIsFoundAtOnce) {
  auto content = SampleDirectory();
  content.mutable_sites(0)->set_time_zone("");
  content.mutable_agents(4)->set_team("nobody");
  content.clear_policies();
  EXPECT_EQ(Validate(content).size(), 9u);
}

TEST_F(DirectoryTest, ACycleIsNamedByItsOwnRowsOnly) {
  auto content = SampleDirectory();
  content.mutable_categories(0)->set_parent("enquiry-product");  // enquiry-order-status, -after-sales only lead into it
  const auto findings = Validate(content);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].value, "enquiry");
  EXPECT_EQ(findings[1].value, "enquiry-product");
}

v1::MergeVersionRequest BankAdditions() {
  v1::MergeVersionRequest request;
  auto* rows = request.mutable_additions();
  auto* source = rows->add_sources();
  source->set_id("technion");
  source->set_time_zone("Asia/Jerusalem");
  auto* site = rows->add_sites();
  site->set_id("technion");
  site->set_time_zone("Asia/Jerusalem");
  site->set_source("technion");
  for (const char* id : {"TOVA", "YITZ"}) {
    auto* agent = rows->add_agents();
    agent->set_id(id);
    agent->set_site("technion");
    agent->set_role(v1::AGENT_ROLE_AGENT);
    agent->set_source("technion");
  }
  return request;
}

TEST_F(DirectoryTest, MergingTwiceChangesNothingTheSecondTime) {
  PublishSample();
  ASSERT_TRUE(Do(BankAdditions()).ok());
  EXPECT_EQ(state_.version(), 2u);
  EXPECT_EQ(state_.agents_size(), 42);
  EXPECT_EQ(last_.published().change(), v1::CHANGE_MERGED);
  EXPECT_EQ(last_.published().subject(), "technion");
  ASSERT_TRUE(Do(BankAdditions()).ok());
  EXPECT_TRUE(no_op_);
  EXPECT_EQ(state_.version(), 2u);
}

TEST_F(DirectoryTest, MergingKeepsWhatPeopleChangedSince) {
  PublishSample();
  ASSERT_TRUE(Do(BankAdditions()).ok());
  v1::DeactivateAgentRequest gone;
  gone.set_agent("TOVA");
  ASSERT_TRUE(Do(gone).ok());
  auto again = BankAdditions();
  auto* agent = again.mutable_additions()->add_agents();
  *agent = again.additions().agents(0);
  agent->set_id("DORIT");
  ASSERT_TRUE(Do(again).ok());
  EXPECT_TRUE(AgentNow("TOVA").left());
  EXPECT_FALSE(AgentNow("DORIT").left());
}

TEST_F(DirectoryTest, MergingNeverTakesAStrangerForAColleague) {
  PublishSample();
  auto request = BankAdditions();
  request.mutable_additions()->mutable_agents(0)->set_id("1005");
  const absl::Status status = Do(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "ID_TAKEN");
}

TEST_F(DirectoryTest, MergingIsValidatedAndNeedsAVersion) {
  EXPECT_EQ(ReasonOf(Do(BankAdditions())), "NOTHING_PUBLISHED");
  PublishSample();
  auto request = BankAdditions();
  request.mutable_additions()->clear_sites();
  EXPECT_EQ(ReasonOf(Do(request)), "UNKNOWN_REFERENCE");
  request = BankAdditions();
  request.mutable_additions()->mutable_policies();
  EXPECT_EQ(ReasonOf(Do(request)), "POLICIES_NOT_MERGED");
  request = BankAdditions();
  request.mutable_additions()->add_sla_policies()->set_id("theirs");
  EXPECT_EQ(ReasonOf(Do(request)), "POLICIES_NOT_MERGED") << "which row comes first is nobody's to guess";
  request = BankAdditions();
  request.mutable_additions()->add_routing_rules()->set_id("theirs");
  EXPECT_EQ(ReasonOf(Do(request)), "POLICIES_NOT_MERGED");
  request = BankAdditions();
  *request.mutable_additions()->add_calendars() = state_.calendars(0);
  request.mutable_additions()->mutable_calendars(0)->set_id("bank");
  request.mutable_additions()->mutable_calendars(0)->set_source("technion");
  EXPECT_TRUE(Do(request).ok());
  EXPECT_EQ(state_.calendars_size(), 4);
}

TEST_F(DirectoryTest, MergingKeepsRoutingAndAddsRosters) {
  PublishSample();
  const v1::Directory before = state_;
  auto request = BankAdditions();
  auto* roster = request.mutable_additions()->add_rosters();
  roster->set_id("quality");
  roster->set_department("quality");
  roster->add_people("1039");
  *request.mutable_additions()->add_rosters() = state_.rosters(0);
  request.mutable_additions()->mutable_rosters(1)->clear_people();  // is there already
  ASSERT_TRUE(Do(request).ok());
  ASSERT_EQ(state_.rosters_size(), before.rosters_size() + 1);
  EXPECT_EQ(state_.rosters(0).SerializeAsString(), before.rosters(0).SerializeAsString());
  EXPECT_EQ(state_.routing_rules_size(), before.routing_rules_size());
  EXPECT_EQ(state_.policies().default_department(), "quality");
}

TEST_F(DirectoryTest, WhoIsAloneOnARosterLeavesOnlyWithASuccessor) {
  auto content = SampleDirectory();
  content.mutable_rosters(0)->mutable_people()->RemoveLast();  // 1030 alone, a member without a post
  content.mutable_departments(0)->set_deputies(0, "1031");
  content.mutable_departments(0)->mutable_deputies()->RemoveLast();
  v1::PublishVersionRequest request;
  *request.mutable_content() = content;
  ASSERT_TRUE(Do(request).ok());
  v1::DeactivateAgentRequest leave;
  leave.set_agent("1030");
  EXPECT_EQ(ReasonOf(Do(leave)), "AGENT_ALONE_ON_DUTY");
  leave.set_successor("1005");
  EXPECT_EQ(ReasonOf(Do(leave)), "AGENT_ALONE_ON_DUTY") << "he may not sign for the department";
  leave.set_successor("1031");
  ASSERT_TRUE(Do(leave).ok());
  EXPECT_THAT(state_.rosters(0).people(), ::testing::ElementsAre("1031"));
}

TEST_F(DirectoryTest, EveryMethodIsServed) {
  const ServiceModule module = Service();
  ASSERT_EQ(module.rpc.size(), 1u);
  ASSERT_NE(module.rpc[0], nullptr);
  std::vector<std::string> commands;
  for (const auto* command : module.domain.streams.front()->commands()) commands.push_back(command->full_name());
  for (int i = 0; i < module.rpc[0]->method_count(); ++i) {
    const auto* method = module.rpc[0]->method(i);
    if (method->output_type()->full_name() != "shoujie.common.v1.CommandReply") continue;
    EXPECT_THAT(commands, Contains(method->input_type()->full_name()));
  }
  EXPECT_FALSE(module.domain.slotted);
  EXPECT_EQ(module.domain.numbering, Numbering::kNone);
}

TEST_F(DirectoryTest, TheFirstVersionHasAllFeaturesOfItsBuild) {
  PublishSample();
  for (const Feature& feature : kFeatures) {
    EXPECT_TRUE(std::any_of(state_.features().begin(), state_.features().end(), [&](const auto& one) {
      return one.name() == feature.name && one.enabled_by() == "operators/first" && one.version() == 1;
    })) << feature.name;
  }
  EXPECT_TRUE(Reference(state_).enabled(kFeatures[0].name));
}

// A directory of before features, as an earlier build left it.
class OldDirectoryTest : public DirectoryTest {
 protected:
  OldDirectoryTest() {
    v1::Event event;
    event.mutable_published()->set_version(++version_);
    *event.mutable_published()->mutable_content() = SampleDirectory();
    domain_.streams.front()->Evolve(state_, event, {.stream = "directories/main", .version = version_});
  }
  absl::Status Enable(const std::string& feature) {
    v1::EnableFeatureRequest request;
    request.set_feature(feature);
    return Do(request);
  }
};

TEST_F(OldDirectoryTest, EnablingAFeatureIsAVersionThatDiffersByItAlone) {
  EXPECT_FALSE(Reference(state_).enabled("urging"));
  const v1::Directory before = state_;
  ASSERT_TRUE(Enable("urging").ok());
  EXPECT_EQ(state_.version(), 2u);
  EXPECT_TRUE(Reference(state_).enabled("urging"));
  EXPECT_EQ(state_.features(0).version(), 2u);
  v1::Directory rest = state_;
  rest.clear_features();
  rest.set_version(1);
  EXPECT_EQ(rest.SerializeAsString(), before.SerializeAsString());
  ASSERT_TRUE(Enable("urging").ok());
  EXPECT_TRUE(no_op_);
}

TEST_F(OldDirectoryTest, WhatThisBuildDoesNotKnowIsNotEnabled) {
  EXPECT_EQ(ReasonOf(Enable("singing")), "FEATURE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Enable("")), "FEATURE_UNKNOWN");
}

TEST_F(OldDirectoryTest, PublishingAndMergingNeitherAddNorTakeAwayFeatures) {
  v1::Directory content = SampleDirectory();
  content.add_features()->set_name("urging");  // as a reader of another cluster got it
  content.mutable_sites(0)->set_display_name("x");
  ASSERT_TRUE(Publish(content).ok());
  EXPECT_EQ(state_.features_size(), 0);
  ASSERT_TRUE(Enable("urging").ok());
  content.clear_features();
  content.mutable_sites(0)->set_display_name("y");
  ASSERT_TRUE(Publish(content).ok());
  EXPECT_EQ(state_.sites(0).display_name(), "y");
  ASSERT_EQ(state_.features_size(), 1);
  v1::DeactivateAgentRequest leaves;
  leaves.set_agent("1005");
  ASSERT_TRUE(Do(leaves).ok());
  EXPECT_EQ(state_.version(), version_);
  EXPECT_EQ(state_.features_size(), 1);
}

TEST_F(DirectoryTest, NothingIsEnabledBeforeThereIsADirectory) {
  v1::EnableFeatureRequest request;
  request.set_feature("urging");
  EXPECT_EQ(ReasonOf(Do(request)), "NOTHING_PUBLISHED");
}

}  // namespace
}  // namespace shoujie::directory
