#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie::kafka {
namespace {

TopicFacts Good() {
  TopicFacts facts;
  facts.topic = "shoujie.router.journal";
  facts.exists = true;
  facts.partitions = 64;
  facts.replication_factor = 3;
  facts.settings = {{"cleanup.policy", "delete"},
                    {"retention.ms", "-1"},
                    {"retention.bytes", "-1"},
                    {"message.timestamp.type", "LogAppendTime"},
                    {"max.message.bytes", absl::StrCat(kMessageBytesMin)},
                    {"min.insync.replicas", "2"},
                    {"unclean.leader.election.enable", "false"}};
  return facts;
}

TEST(TopicRules, AGoodTopicIsTaken) {
  EXPECT_TRUE(JudgeTopic(Good(), 64).empty());
  EXPECT_TRUE(RefusalOf({}, false).ok());
}

struct Bad {
  const char* setting;
  const char* value;
  bool weak;
};

TEST(TopicRules, EachBadSettingIsNamedWithWhatToSet) {
  for (const Bad& bad : {Bad{"cleanup.policy", "compact", false}, Bad{"cleanup.policy", "compact,delete", false},
                         Bad{"retention.ms", "604800000", false}, Bad{"retention.bytes", "1073741824", false},
                         Bad{"message.timestamp.type", "CreateTime", false}, Bad{"max.message.bytes", "1048588", false},
                         Bad{"max.message.bytes", "many", false}, Bad{"min.insync.replicas", "1", true},
                         Bad{"unclean.leader.election.enable", "true", true}}) {
    TopicFacts facts = Good();
    facts.settings[bad.setting] = bad.value;
    const auto findings = JudgeTopic(facts, 64);
    ASSERT_EQ(findings.size(), 1u) << bad.setting;
    EXPECT_EQ(findings[0].setting, bad.setting);
    EXPECT_EQ(findings[0].found, bad.value);
    EXPECT_EQ(findings[0].weak, bad.weak) << bad.setting;
    const absl::Status refusal = RefusalOf(findings, false);
    EXPECT_EQ(ReasonOf(refusal), "TOPIC_UNSAFE");
    EXPECT_TRUE(absl::StrContains(refusal.message(), absl::StrCat("must be ", findings[0].wanted))) << refusal;
    EXPECT_EQ(RefusalOf(findings, true).ok(), bad.weak) << "what is wrong is never allowed";
  }
}

TEST(TopicRules, ASettingThatTheClusterDoesNotTellIsNotTaken) {
  for (const auto& [name, value] : Good().settings) {
    TopicFacts facts = Good();
    facts.settings.erase(name);
    EXPECT_FALSE(JudgeTopic(facts, 64).empty()) << name;
  }
}

TEST(TopicRules, PartitionsMustBeExactlySoMany) {
  for (uint32_t partitions : {1u, 63u, 65u, 128u}) {
    TopicFacts facts = Good();
    facts.partitions = partitions;
    EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 64), true).ok()) << partitions;
  }
}

TEST(TopicRules, FewReplicasAreWeakAndMoreInSyncThanThereAreIsWrong) {
  TopicFacts facts = Good();
  facts.replication_factor = 2;
  EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 64), false).ok());
  EXPECT_TRUE(RefusalOf(JudgeTopic(facts, 64), true).ok());
  facts.replication_factor = 1;
  EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 64), true).ok());
}

TEST(TopicRules, MissingTopicsAreNamedTogether) {
  TopicFacts one, two;
  one.topic = "shoujie.router.journal";
  two.topic = "shoujie.profile.journal";
  auto findings = JudgeTopic(one, 64);
  for (auto& finding : JudgeTopic(two, 64)) findings.push_back(finding);
  const absl::Status refusal = RefusalOf(findings, true);
  EXPECT_EQ(ReasonOf(refusal), "TOPIC_MISSING");
  EXPECT_TRUE(absl::StrContains(refusal.message(), "shoujie.router.journal shoujie.profile.journal")) << refusal;
  EXPECT_TRUE(absl::StrContains(refusal.message(), "shoujie admin topics create"));
}

TEST(TopicRules, TopicsOfRowsAreCompactedAndNothingElse) {
  TopicFacts facts = Good();
  facts.partitions = 1;
  for (TopicKind kind : {TopicKind::kKeys, TopicKind::kOwners}) {
    EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 1, kind), true).ok());
    for (const char* policy : {"delete", "compact,delete"}) {
      facts.settings["cleanup.policy"] = policy;
      EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 1, kind), true).ok()) << policy;
    }
    facts.settings["cleanup.policy"] = "compact";
    facts.settings["retention.ms"] = "604800000";  // says nothing about a compacted one
    EXPECT_TRUE(JudgeTopic(facts, 1, kind).empty());
    facts = Good();
    facts.partitions = 1;
  }
}

TEST(TopicRules, WhatIsPublishedIsKeptAsLongAsTheOperatorSays) {
  TopicFacts facts = Good();
  for (const char* retention : {"-1", "86400000"}) {
    facts.settings["retention.ms"] = facts.settings["retention.bytes"] = retention;
    facts.settings["message.timestamp.type"] = "CreateTime";
    EXPECT_TRUE(JudgeTopic(facts, 64, TopicKind::kPublished).empty()) << retention;
  }
  for (const Bad& bad : {Bad{"cleanup.policy", "compact", false}, Bad{"max.message.bytes", "1048588", false},
                         Bad{"min.insync.replicas", "1", true}}) {
    TopicFacts other = facts;
    other.settings[bad.setting] = bad.value;
    const auto findings = JudgeTopic(other, 64, TopicKind::kPublished);
    ASSERT_EQ(findings.size(), 1u) << bad.setting;
    EXPECT_EQ(findings[0].weak, bad.weak);
  }
  EXPECT_FALSE(RefusalOf(JudgeTopic(facts, 32, TopicKind::kPublished), true).ok()) << "it is written by partition";
  bool kept = false;
  for (const auto& [name, value] : SettingsOfNewTopic(TopicKind::kPublished, 3)) {
    kept |= name == "retention.ms" && value == "2592000000";
  }
  EXPECT_TRUE(kept) << "30 days";
}

TEST(TopicRules, ANewTopicIsAsItMustBe) {
  for (TopicKind kind : {TopicKind::kJournal, TopicKind::kKeys, TopicKind::kOwners, TopicKind::kPublished}) {
    for (uint32_t replicas : {1u, 3u}) {
      TopicFacts facts;
      facts.exists = true;
      facts.partitions = 1;
      facts.replication_factor = replicas;
      for (const auto& [name, value] : SettingsOfNewTopic(kind, replicas)) facts.settings[name] = value;
      const auto findings = JudgeTopic(facts, 1, kind);
      EXPECT_TRUE(RefusalOf(findings, true).ok());
      EXPECT_EQ(findings.empty(), replicas == 3);
    }
  }
}

TEST(TopicRules, NamesSayWhoseTopicItIs) {
  Cluster cluster;
  cluster.prefix = "centre";
  EXPECT_EQ(TopicName(cluster, {"router", 64}), "centre.router.journal");
  EXPECT_EQ(TopicName(cluster, {"router", 1, TopicKind::kOwners}), "centre.router.owners");
  EXPECT_EQ(TopicName(cluster, KeysTopic()), "centre.keys");
  EXPECT_EQ(TopicName(cluster, PublishedTopic("tickets", 64)), "centre.tickets.v1");
}

}  // namespace
}  // namespace shoujie::kafka
