#include "services/cli/admin_topics.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "services/all_in_one/kafka_flags.h"
#include "services/all_in_one/modules.h"
#include "services/cli/render.h"

namespace shoujie::cli {
namespace {

struct TopicsOptions {
  KafkaFlags kafka;
  std::string act;
  uint32_t replicas = 3;
};

// Shown in the table; -o json and wide show all that the rules ask for.
constexpr const char* kShown[] = {"retention.ms", "max.message.bytes", "min.insync.replicas"};

struct Judged {
  kafka::TopicFacts facts;
  std::vector<kafka::TopicFinding> findings;
  std::vector<std::pair<std::string, std::string>> settings;  // those that matter, as they are
  bool made = false;

  const char* state() const {
    if (!facts.exists) return "missing";
    bool weak = false;
    for (const kafka::TopicFinding& finding : findings) {
      if (!finding.weak) return "wrong";
      weak = true;
    }
    return weak ? "unsafe" : made ? "made" : "good";
  }
};

absl::StatusOr<std::vector<Judged>> Judge(kafka::Topics& topics, const std::vector<kafka::TopicSpec>& specs,
                                          const std::set<std::string>& made) {
  auto facts = topics.Describe(specs);
  if (!facts.ok()) return facts.status();
  std::vector<Judged> all;
  for (size_t i = 0; i < specs.size(); ++i) {
    Judged& one = all.emplace_back();
    one.facts = std::move((*facts)[i]);
    one.findings = kafka::JudgeTopic(one.facts, specs[i].partitions, specs[i].kind);
    one.made = made.count(one.facts.topic) > 0;
    for (const auto& [name, wanted] : kafka::SettingsOfNewTopic(specs[i].kind, 3)) {
      const auto it = one.facts.settings.find(name);
      if (it != one.facts.settings.end()) one.settings.emplace_back(name, it->second);
    }
  }
  return all;
}

void ShowJson(const kafka::Topics& topics, const std::vector<Judged>& all, Session& session) {
  nlohmann::ordered_json json = {{"cluster_id", topics.cluster_id()}, {"brokers", topics.brokers()}};
  json["topics"] = nlohmann::ordered_json::array();
  for (const Judged& one : all) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const auto& [name, value] : one.settings) settings[name] = value;
    auto findings = nlohmann::ordered_json::array();
    for (const kafka::TopicFinding& finding : one.findings) {
      findings.push_back({{"setting", finding.setting},
                          {"found", finding.found},
                          {"wanted", finding.wanted},
                          {"unsafe_only", finding.weak},
                          {"why", session.chinese() ? finding.why_zh : finding.why_en}});
    }
    json["topics"].push_back({{"topic", one.facts.topic},
                              {"state", one.state()},
                              {"made", one.made},
                              {"partitions", one.facts.partitions},
                              {"replication_factor", one.facts.replication_factor},
                              {"settings", settings},
                              {"findings", findings}});
  }
  session.out() << json.dump(session.format() == Format::kJson ? 2 : -1) << "\n";
}

void ShowTable(const std::vector<Judged>& all, Session& session) {
  std::vector<std::string> header = {"TOPIC", "STATE", "PARTITIONS", "REPLICAS"};
  if (session.format() == Format::kWide) {
    header.push_back("SETTINGS");
  } else {
    for (const char* name : kShown) header.push_back(name);
  }
  std::vector<std::vector<std::string>> rows, findings;
  for (const Judged& one : all) {
    auto& row = rows.emplace_back();
    row = {one.facts.topic, one.state(), absl::StrCat(one.facts.partitions),
           absl::StrCat(one.facts.replication_factor)};
    if (session.format() == Format::kWide) {
      row.push_back(absl::StrJoin(one.settings, " ", absl::PairFormatter("=")));
    } else {
      for (const char* name : kShown) {
        const auto it = one.facts.settings.find(name);
        row.push_back(it == one.facts.settings.end() ? "-" : it->second);
      }
    }
    for (const kafka::TopicFinding& f : one.findings) {
      findings.push_back({f.topic, f.weak ? "unsafe" : "wrong", f.setting, f.found, f.wanted,
                          session.chinese() ? f.why_zh : f.why_en});
    }
  }
  session.out() << Table(header, rows, session.bold());
  if (findings.empty()) return;
  session.out() << "\n" << Table({"TOPIC", "", "SETTING", "IS", "MUST BE", "BECAUSE"}, findings, session.bold());
}

int Topics(const TopicsOptions& options, Session& session) {
  auto cluster = ClusterOf(options.kafka);
  if (!cluster.ok()) return session.Fail(cluster.status());
  cluster->client_id = "shoujie-admin";
  auto topics = kafka::Topics::Connect(*cluster);
  if (!topics.ok()) return session.Fail(topics.status());
  const std::vector<kafka::TopicSpec> specs = AllTopics(AllModules());
  std::set<std::string> made;
  if (options.act == "create") {
    auto created = (*topics)->Create(specs, options.replicas);
    if (!created.ok()) return session.Fail(created.status());
    made.insert(created->begin(), created->end());
  }
  auto judged = Judge(**topics, specs, made);
  if (!judged.ok()) return session.Fail(judged.status());
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    ShowJson(**topics, *judged, session);
  } else if (session.format() == Format::kName) {
    for (const Judged& one : *judged) session.out() << one.facts.topic << "\n";
  } else {
    ShowTable(*judged, session);
  }
  std::vector<kafka::TopicFinding> findings;
  for (const Judged& one : *judged) findings.insert(findings.end(), one.findings.begin(), one.findings.end());
  const absl::Status refusal = kafka::RefusalOf(findings, options.kafka.allow_unsafe_topics);
  return refusal.ok() ? kOk : session.Fail(refusal);
}

}  // namespace

void AddAdminTopics(Registry* registry) {
  registry->AddNoun("admin", "运维: what operators do to clusters");
  registry->Add({.noun = "admin",
                 .verb = "topics",
                 .help = "make the topics of a Kafka cluster, or check that they are as they must be",
                 .examples = {"shoujie admin topics create --kafka broker-1:9092,broker-2:9092",
                              "shoujie admin topics check --kafka broker-1:9092 -o json",
                              "shoujie admin topics create --kafka 127.0.0.1:9092 --replicas 1 --allow-unsafe-topics"},
                 .setup = [](CLI::App& app) -> Action {
                   auto options = std::make_shared<TopicsOptions>();
                   app.add_option("act", options->act, "what to do; create leaves topics that exist as they are")
                       ->type_name("create|check")
                       ->check(CLI::IsMember({"create", "check"}).description(""))
                       ->required();
                   AddKafkaFlags(&app, &options->kafka, /*needed=*/true);
                   app.add_option("--replicas", options->replicas, "of new topics")
                       ->check(CLI::Range(1, 9))
                       ->capture_default_str();
                   app.add_flag("--allow-unsafe-topics", options->kafka.allow_unsafe_topics,
                                "topics that could lose records when a broker fails are no error");
                   return [options](Session& session) { return Topics(*options, session); };
                 }});
}

}  // namespace shoujie::cli
