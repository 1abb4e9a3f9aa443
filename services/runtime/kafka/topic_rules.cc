// How a topic must be set, and what to tell whoever has set it otherwise. Pure.
#include <algorithm>
#include <functional>
#include <initializer_list>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie::kafka {
namespace {

constexpr uint32_t kReplicasMin = 3;
constexpr uint64_t kInSyncMin = 2;

uint64_t Number(const std::string& text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

// Of new topics; how long others are given to read is the operator's to say.
constexpr char kPublishedKept[] = "2592000000";  // 30 days

using Kinds = std::initializer_list<TopicKind>;
constexpr Kinds kAll = {TopicKind::kJournal, TopicKind::kPublished, TopicKind::kOwners, TopicKind::kKeys};
constexpr Kinds kJournals = {TopicKind::kJournal}, kRecords = {TopicKind::kJournal, TopicKind::kPublished},
                kCompacted = {TopicKind::kOwners, TopicKind::kKeys};

struct Rule {
  Kinds of;
  const char* setting;
  std::string wanted;
  bool weak;
  std::function<bool(const std::string&)> good;
  const char* why_en;
  const char* why_zh;
};

const std::vector<Rule>& Rules() {
  const auto is = [](const char* wanted) { return [wanted](const std::string& found) { return found == wanted; }; };
  static const std::vector<Rule> rules = {
      {kRecords, "cleanup.policy", "delete", false, is("delete"), "compaction removes records", "压缩会删除记录"},
      {kCompacted, "cleanup.policy", "compact", false, is("compact"), "rows in use would be deleted",
       "仍在使用的行会被删除"},
      {kJournals, "retention.ms", "-1", false, is("-1"), "old records would be deleted", "旧记录会被删除"},
      {kJournals, "retention.bytes", "-1", false, is("-1"), "old records would be deleted", "旧记录会被删除"},
      {kJournals, "message.timestamp.type", "LogAppendTime", false, is("LogAppendTime"),
       "a new owner measures the old one's lease by the log's own times", "新所有者要用日志自身的时间衡量旧租约"},
      {kRecords, "max.message.bytes", absl::StrCat(kMessageBytesMin), false,
       [](const std::string& found) { return Number(found) >= kMessageBytesMin; }, "large records would be refused",
       "较大的记录会被拒绝"},
      {kAll, "min.insync.replicas", absl::StrCat(kInSyncMin), true,
       [](const std::string& found) { return Number(found) >= kInSyncMin; },
       "an acknowledged record could be on one broker only", "已确认的记录可能只在一个 broker 上"},
      {kAll, "unclean.leader.election.enable", "false", true, is("false"),
       "a broker that missed acknowledged records could become the leader", "缺少已确认记录的 broker 可能成为 leader"},
  };
  return rules;
}

bool Applies(const Rule& rule, TopicKind kind) {
  return std::find(rule.of.begin(), rule.of.end(), kind) != rule.of.end();
}

}  // namespace

std::string TopicName(const Cluster& cluster, const TopicSpec& spec) {
  switch (spec.kind) {
    case TopicKind::kJournal:
      return JournalTopic(cluster, spec.service);
    case TopicKind::kOwners:
      return absl::StrCat(cluster.prefix, ".", spec.service, ".owners");
    case TopicKind::kPublished:
      return absl::StrCat(cluster.prefix, ".", spec.service, ".v1");
    case TopicKind::kKeys:
      break;
  }
  return absl::StrCat(cluster.prefix, ".keys");
}

std::string JournalTopic(const Cluster& cluster, const std::string& service) {
  return absl::StrCat(cluster.prefix, ".", service, ".journal");
}

std::vector<TopicFinding> JudgeTopic(const TopicFacts& facts, uint32_t partitions, TopicKind kind) {
  std::vector<TopicFinding> findings;
  const auto add = [&](std::string setting, std::string found, std::string wanted, bool weak, std::string en,
                       std::string zh) {
    findings.push_back(
        {facts.topic, std::move(setting), std::move(found), std::move(wanted), weak, std::move(en), std::move(zh)});
  };
  if (!facts.exists) {
    add("topic", "none", "a topic", false, "there is no such topic", "没有这个主题");
    return findings;
  }
  if (facts.partitions != partitions) {
    add("partitions", absl::StrCat(facts.partitions), absl::StrCat(partitions), false,
        "what lives where would change; partitions are never added, a wrong topic is made anew before first use",
        "数据归属会改变；分区数永不更改，错误的主题只能在首次使用前重建");
  }
  if (facts.replication_factor < kReplicasMin) {
    add("replication factor", absl::StrCat(facts.replication_factor), absl::StrCat(kReplicasMin), true,
        "lost disks take records with them", "磁盘损坏会丢失记录");
  }
  for (const Rule& rule : Rules()) {
    if (!Applies(rule, kind)) continue;
    const auto it = facts.settings.find(rule.setting);
    const std::string found = it == facts.settings.end() ? "unknown" : it->second;
    if (!rule.good(found)) add(rule.setting, found, rule.wanted, rule.weak, rule.why_en, rule.why_zh);
  }
  if (const auto it = facts.settings.find("min.insync.replicas");
      it != facts.settings.end() && Number(it->second) > facts.replication_factor) {
    add("min.insync.replicas", it->second, absl::StrCat("at most ", facts.replication_factor), false,
        "nothing could ever be written", "将永远无法写入");
  }
  return findings;
}

std::vector<std::pair<std::string, std::string>> SettingsOfNewTopic(TopicKind kind, uint32_t replication_factor) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const Rule& rule : Rules()) {
    if (Applies(rule, kind)) settings.emplace_back(rule.setting, rule.wanted);
  }
  for (auto& [name, value] : settings) {
    if (name == "min.insync.replicas")
      value = absl::StrCat(std::min<uint64_t>(kInSyncMin, (replication_factor + 1) / 2));
  }
  if (kind == TopicKind::kPublished) {
    settings.emplace_back("retention.ms", kPublishedKept);
    settings.emplace_back("message.timestamp.type", "LogAppendTime");  // what a repeat tells late is kept as long
  }
  // What was thrown away goes from the brokers' disks within a day.
  const bool compacted = kind == TopicKind::kOwners || kind == TopicKind::kKeys;
  if (compacted) settings.emplace_back("max.compaction.lag.ms", "86400000");
  return settings;
}

absl::Status RefusalOf(const std::vector<TopicFinding>& findings, bool allow_weak) {
  std::vector<std::string> en, zh, missing;
  bool wrong = false;
  for (const TopicFinding& f : findings) {
    if (f.weak && allow_weak) continue;
    if (f.setting == "topic") {
      missing.push_back(f.topic);
      continue;
    }
    wrong = wrong || !f.weak;
    en.push_back(absl::StrCat(f.topic, ": ", f.setting, " is ", f.found, ", must be ", f.wanted, " (", f.why_en, ")"));
    zh.push_back(absl::StrCat(f.topic, "：", f.setting, " 为 ", f.found, "，应为 ", f.wanted, "（", f.why_zh, "）"));
  }
  if (!missing.empty()) {
    const std::string names = absl::StrJoin(missing, " ");
    return Refused("TOPIC_MISSING",
                   absl::StrCat("These topics do not exist: ", names, ". Make them: shoujie admin topics create."),
                   absl::StrCat("以下主题不存在：", names, "。请执行 shoujie admin topics create 创建。"),
                   {{"topics", names}});
  }
  if (en.empty()) return absl::OkStatus();
  return Refused("TOPIC_UNSAFE",
                 absl::StrCat(absl::StrJoin(en, "; "), ". Set the topics so",
                              wrong ? "." : ", or accept the risk with --allow-unsafe-topics."),
                 absl::StrCat(absl::StrJoin(zh, "；"), "。请按此修改主题设置",
                              wrong ? "。" : "，或用 --allow-unsafe-topics 接受风险。"),
                 {{"topic", findings.front().topic}});
}

}  // namespace shoujie::kafka
