#include "services/cli/verify.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/all_in_one/kafka_flags.h"
#include "services/all_in_one/modules.h"
#include "services/cli/render.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/data_directory/kafka_data.h"
#include "services/runtime/kafka/whole_journal.h"
#include "services/runtime/verify/verify.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::cli {
namespace {

struct VerifyOptions {
  std::string data, master_key_file, name;
  KafkaFlags kafka;
};

// A directory to read, with the journals and keys that it belongs to, and the checkpoint that goes away with it.
class Source {
 public:
  static absl::StatusOr<std::unique_ptr<Source>> Open(const VerifyOptions& options, Session& session) {
    auto source = std::make_unique<Source>();
    std::string path = options.data, key = options.master_key_file;
    if (path.empty()) {
      path = absl::StrCat(std::filesystem::temp_directory_path().string(), "/shoujie-verify-", getpid());
      ops::v1::CheckpointRequest request;
      ops::v1::CheckpointResponse response;
      request.set_directory(path);
      if (absl::Status status = session.Call(OpsMethod("Checkpoint"), request, &response, false); !status.ok()) {
        return status;
      }
      source->checkpoint_ = path;
      session.Note(absl::StrCat("checkpoint ", path), absl::StrCat("检查点 ", path));
    } else if (!std::filesystem::exists(path + "/FORMAT")) {
      return NotFound("DATA_NOT_FOUND",
                      "There is no data directory there; give the one that the server was started with.",
                      "那里没有数据目录，请给出服务器启动时使用的目录。", {{"data", path}});
    }
    source->clock_ = MakeSystemClock();
    source->modules_ = AllModules();
    for (bool scaled_clock : {false, true}) {
      absl::Status status = source->OpenData(path, scaled_clock, key, options.kafka);
      if (status.ok()) return source;
      if (scaled_clock || ReasonOf(status) != "CLOCK_MISMATCH") return status;
    }
    return source;
  }
  ~Source() {
    data_.reset();
    std::error_code ignored;
    if (!checkpoint_.empty()) std::filesystem::remove_all(checkpoint_, ignored);
  }

  VerifyEnv Env() {
    VerifyEnv env;
    env.modules = &modules_;
    env.partitions = limits::kPartitions;
    env.journal = [this](const JournalId& id) { return journals_.at(id); };  // see CheckJournals
    env.store = [this](const JournalId& id) { return data_->store(id); };
    env.keys = &data_->keys();
    env.until = clock_->Now();
    return env;
  }
  // Journals whose end cannot even be found are damage; asked before anything reads them. Those of a cluster may grow
  // meanwhile: their ends are fixed here, of what reacts before what it reacts to, so that no cause lies behind an end.
  absl::Status CheckJournals() {
    for (auto module = modules_.rbegin(); module != modules_.rend(); ++module) {
      for (uint32_t p = 0; p < (module->domain.slotted ? limits::kPartitions : 1); ++p) {
        const JournalId id = {module->domain.name, p};
        auto journal = data_->journal(id);
        if (!journal.ok()) return journal.status();
        journals_[id] = *journal;
        if (cluster_ == nullptr) continue;
        auto end = cluster_->End(id);
        if (!end.ok()) return end.status();
        journals_[id] = whole_.emplace_back(std::make_unique<kafka::WholeJournal>(*journal, *end)).get();
      }
    }
    return absl::OkStatus();
  }
  const std::vector<ServiceModule>& modules() const { return modules_; }

 private:
  absl::Status OpenData(const std::string& path, bool scaled_clock, const std::string& key, const KafkaFlags& flags) {
    auto journals = JournalsOf(path);
    if (!journals.ok()) return journals.status();
    if (journals->empty()) {
      auto data = EmbeddedData::Open(path, clock_.get(), scaled_clock, key);
      if (data.ok()) data_ = *std::move(data);
      return data.status();
    }
    KafkaData::Options options;
    auto cluster = ClusterOf(flags);
    if (!cluster.ok()) return cluster.status();
    options.path = path;
    options.cluster = *std::move(cluster);
    options.journals = JournalTopics(modules_);
    options.allow_unsafe_topics = true;  // nothing is written
    options.read_only = true;
    options.scaled_clock = scaled_clock;
    options.master_key_file = key;
    auto data = KafkaData::Open(std::move(options), clock_.get());
    if (!data.ok()) return data.status();
    cluster_ = &(*data)->journals();
    data_ = *std::move(data);
    return absl::OkStatus();
  }

  std::string checkpoint_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<NodeData> data_;
  KafkaJournals* cluster_ = nullptr;  // of `data_`; null: its journals are in the directory
  std::vector<std::unique_ptr<kafka::WholeJournal>> whole_;
  std::map<JournalId, Journal*> journals_;
  std::vector<ServiceModule> modules_;
};

nlohmann::ordered_json FindingsJson(const std::vector<Finding>& findings) {
  auto all = nlohmann::ordered_json::array();
  for (const Finding& f : findings) {
    all.push_back(
        {{"kind", f.kind}, {"service", f.service}, {"partition", f.partition}, {"where", f.where}, {"what", f.what}});
  }
  return all;
}

void PrintFindings(const std::vector<Finding>& findings, Session& session) {
  if (findings.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const Finding& f : findings)
    rows.push_back({f.kind, absl::StrCat(f.service, "/", f.partition), f.where, f.what});
  session.out() << Table({"FINDING", "JOURNAL", "WHERE", "WHAT"}, rows, session.bold());
}

int VerifyAll(const VerifyOptions& options, Session& session) {
  auto source = Source::Open(options, session);
  if (!source.ok()) return session.Fail(source.status());
  if (absl::Status status = (*source)->CheckJournals(); !status.ok()) {
    const int code = session.Fail(status);
    return NotNow(status) ? code : kDamage;
  }
  VerifyEnv env = (*source)->Env();
  const bool progress = isatty(2);
  env.progress = [&](size_t done, size_t of) {
    if (progress) session.err() << "\r" << done << "/" << of << (done == of ? "\n" : "") << std::flush;
  };
  const VerifyReport report = Verify(env);
  const bool ok = report.findings.empty();
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    nlohmann::ordered_json json = {{"ok", ok},
                                   {"journals", report.journals},
                                   {"records", report.records},
                                   {"claims", report.claims},
                                   {"commits", report.commits},
                                   {"events", report.events},
                                   {"commands", report.commands},
                                   {"causes", report.causes},
                                   {"messages", report.messages},
                                   {"streams", report.streams},
                                   {"rows_compared", report.rows_compared},
                                   {"findings", FindingsJson(report.findings)},
                                   {"truncated", report.truncated}};
    session.out() << json.dump(session.format() == Format::kJson ? 2 : -1) << "\n";
  } else {
    auto line = [](absl::string_view what, uint64_t n, absl::string_view proof) {
      return std::vector<std::string>{std::string(what), absl::StrCat(n), std::string(proof)};
    };
    session.out() << Table(
        {"CHECKED", "COUNT", "WHAT HOLDS"},
        {line("journals", report.journals, "every record judged by the reader rule, no revision missing"),
         line("records", report.records, absl::StrCat(report.claims, " claims, ", report.commits, " commits")),
         line("commands", report.commands, "each request id took effect once"),
         line("causes", report.causes, "each reaction took effect once, none is missing"),
         line("messages", report.messages, "sent to other slots; each taken once and in order, or still under way"),
         line("streams", report.streams, "gap-free, hash chain whole, one owner, custody adds up"),
         line("rows", report.rows_compared, "store = rebuild from zero, byte for byte")},
        session.bold());
    PrintFindings(report.findings, session);
    session.out() << (ok ? "verified: nothing is wrong\n" : absl::StrCat(report.findings.size(), " findings\n"));
  }
  return ok ? kOk : kDamage;
}

int VerifyTicket(const VerifyOptions& options, Session& session) {
  auto source = Source::Open(options, session);
  if (!source.ok()) return session.Fail(source.status());
  if (absl::Status status = (*source)->CheckJournals(); !status.ok()) {
    const int code = session.Fail(status);
    return NotNow(status) ? code : kDamage;
  }
  const std::string name = absl::StrContains(options.name, '/') ? options.name : absl::StrCat("tickets/", options.name);
  for (const ServiceModule& module : (*source)->modules()) {
    if (module.domain.name != "router") continue;
    auto proof = VerifyStream((*source)->Env(), module, name);
    if (!proof.ok()) {
      const int code = session.Fail(proof.status());
      return proof.status().code() == absl::StatusCode::kDataLoss ? kDamage : code;
    }
    const bool ok = proof->findings.empty();
    if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
      nlohmann::ordered_json json = {{"ok", ok},
                                     {"name", proof->name},
                                     {"versions", proof->versions},
                                     {"events", proof->events},
                                     {"first_effective", absl::FormatTime(proof->first_effective, absl::UTCTimeZone())},
                                     {"last_effective", absl::FormatTime(proof->last_effective, absl::UTCTimeZone())},
                                     {"last_hash", absl::BytesToHexString(proof->last_hash)},
                                     {"findings", FindingsJson(proof->findings)}};
      session.out() << json.dump(2) << "\n";
    } else {
      session.out() << Table({},
                             {{"ticket", proof->name},
                              {"records", absl::StrCat(proof->versions, ", each with the hash of the one before")},
                              {"events", absl::StrCat(proof->events)},
                              {"from", absl::FormatTime(proof->first_effective, session.zone())},
                              {"to", absl::FormatTime(proof->last_effective, session.zone())},
                              {"chain ends", absl::BytesToHexString(proof->last_hash)}},
                             session.bold());
      PrintFindings(proof->findings, session);
      session.out() << (ok ? "proven from the journal alone: one owner at every instant, custody adds up\n"
                           : "NOT proven\n");
    }
    return ok ? kOk : kDamage;
  }
  return kInternal;
}

Command MakeCommand(const std::string& verb, const std::string& help, const std::string& example, bool named,
                    int (*run)(const VerifyOptions&, Session&)) {
  return {.noun = "verify",
          .verb = verb,
          .help = help,
          .examples = {example},
          .setup = [named, run](CLI::App& app) -> Action {
            auto options = std::make_shared<VerifyOptions>();
            if (named) app.add_option("ticket", options->name, "ticket number")->required();
            app.add_option(
                "--data", options->data,
                "a stopped server's data directory; without it a checkpoint of --server is taken on this machine");
            app.add_option("--master-key-file", options->master_key_file,
                           "the master key; without it SHOUJIE_MASTER_KEY, else the directory's own");
            AddKafkaFlags(&app, &options->kafka, /*needed=*/false);
            return [options, run](Session& session) { return run(*options, session); };
          }};
}

}  // namespace

void AddVerifyCommands(Registry* registry) {
  registry->AddNoun("verify", "校验: proofs from the journals alone");
  registry->Add(MakeCommand("all", "prove journals, chains, owners, custody and stores",
                            "shoujie verify all --data ./data", false, &VerifyAll));
  registry->Add(MakeCommand("ticket", "prove one ticket's ownership chain",
                            "shoujie verify ticket 0413-000127-6-T1 --data ./data", true, &VerifyTicket));
}

}  // namespace shoujie::cli
