#include "services/cli/admin_move.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/all_in_one/kafka_flags.h"
#include "services/all_in_one/modules.h"
#include "services/cli/render.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/move.h"
#include "services/runtime/security/private_file.h"

namespace shoujie::cli {
namespace {

struct MoveOptions {
  KafkaFlags kafka;
  bool to_kafka = false;
  std::string data, state, master_key_file;
};

struct Moved {
  uint64_t keys = 0, journals = 0, records = 0;
};

// What of the old directory is the new node's own: the master key and who may come in.
absl::Status CopyPrivateFiles(const std::string& from, const std::string& to) {
  for (const char* name : {"/master.key", "/tokens", "/operator.token"}) {
    auto content = ReadPrivateFile(from + name);
    if (!content.ok()) return content.status();
    if (!content->has_value()) continue;  // the master key may come from elsewhere
    if (absl::Status status = WritePrivateFile(to + name, **content); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// One line that is overwritten on a terminal, and lines that stay.
class MoveProgress {
 public:
  explicit MoveProgress(Session* session) : session_(session) {}
  void Tell(const std::string& text) {
    if (terminal_) session_->err() << "\r\x1b[K" << text << std::flush;
  }
  void Line(const std::string& en, const std::string& zh) {
    Tell("");
    session_->Note(en, zh);
  }

 private:
  Session* const session_;
  const bool terminal_ = isatty(2);
};

absl::Status MoveAll(const MoveOptions& options, const kafka::Cluster& cluster, EmbeddedData& data, bool scaled_clock,
                     Session& session, Moved* moved) {
  const std::vector<ServiceModule> modules = AllModules();
  KafkaJournals::Options journals;
  journals.cluster = cluster;
  journals.topics = AllTopics(modules);
  journals.allow_unsafe_topics = options.kafka.allow_unsafe_topics;
  auto target = KafkaJournals::Open(std::move(journals));
  if (!target.ok()) return target.status();
  auto state = DataDirectory::Open(options.state, scaled_clock,
                                   absl::StrCat("kafka ", (*target)->cluster_id(), " ", cluster.prefix));
  if (!state.ok()) return state.status();
  auto keys = data.keys().Export(options.master_key_file.empty() ? data.directory().master_key_file()
                                                                 : options.master_key_file);
  if (!keys.ok()) return keys.status();
  moved->keys = keys->last;
  auto move = kafka::Move::Begin(&cluster, *std::move(keys));
  if (!move.ok()) return move.status();
  MoveProgress progress(&session);
  absl::Status status =
      (*move)->Keys([&](uint64_t done, uint64_t of) { progress.Tell(absl::StrCat("keys ", done, "/", of)); });
  if (!status.ok()) return status;
  progress.Line(absl::StrCat("keys: ", moved->keys), absl::StrCat("密钥：", moved->keys));
  for (const ServiceModule& module : modules) {
    uint64_t of_service = 0;
    for (uint32_t p = 0; p < (module.domain.slotted ? limits::kPartitions : 1); ++p) {
      const JournalId id = {module.domain.name, p};
      const std::string name = absl::StrCat(id.service, "/", p);
      auto from = data.journal(id);
      if (!from.ok()) return from.status();
      auto to = (*target)->Get(id);
      if (!to.ok()) return to.status();
      auto end = (*target)->End(id);
      if (!end.ok()) return end.status();
      uint64_t records = *end;
      status = (*move)->CopyJournal(**from, **to, *end, name, [&](uint64_t done, uint64_t) {
        records = done;
        progress.Tell(absl::StrCat(name, " ", done));
      });
      if (!status.ok()) return status;
      of_service += records;
      ++moved->journals;
    }
    moved->records += of_service;
    progress.Line(absl::StrCat(module.domain.name, ": ", of_service, " records"),
                  absl::StrCat(module.domain.name, "：", of_service, " 条记录"));
  }
  if (status = CopyPrivateFiles(options.data, options.state); !status.ok()) return status;
  return (*move)->Finish();
}

int Move(const MoveOptions& options, Session& session) {
  if (!options.to_kafka) return session.FailUsage("say where to: --to-kafka");
  auto cluster = ClusterOf(options.kafka);
  if (!cluster.ok()) return session.Fail(cluster.status());
  cluster->client_id = "shoujie-move";
  if (auto made = JournalsOf(options.data); !made.ok()) return session.Fail(made.status());
  const auto clock = MakeSystemClock();
  bool scaled_clock = false;
  auto data = EmbeddedData::Open(options.data, clock.get(), scaled_clock, options.master_key_file);
  if (ReasonOf(data.status()) == "CLOCK_MISMATCH") {
    scaled_clock = true;
    data = EmbeddedData::Open(options.data, clock.get(), scaled_clock, options.master_key_file);
  }
  if (!data.ok()) return session.Fail(data.status());
  Moved moved;
  if (absl::Status status = MoveAll(options, *cluster, **data, scaled_clock, session, &moved); !status.ok()) {
    return session.Fail(status);
  }
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    const nlohmann::ordered_json json = {
        {"keys", moved.keys}, {"journals", moved.journals}, {"records", moved.records}, {"state", options.state}};
    session.out() << json.dump(session.format() == Format::kJson ? 2 : -1) << "\n";
  } else {
    session.out() << Table({},
                           {{"keys", absl::StrCat(moved.keys)},
                            {"journals", absl::StrCat(moved.journals)},
                            {"records", absl::StrCat(moved.records)},
                            {"state directory", options.state}},
                           session.bold());
  }
  session.Note("moved; start shoujied --journal kafka with the new state directory, and never the old directory again",
               "迁移完成；请用新的状态目录启动 shoujied --journal kafka，不要再启动旧目录");
  return kOk;
}

}  // namespace

void AddAdminMove(Registry* registry) {
  registry->Add({.noun = "admin",
                 .verb = "move",
                 .help = "move a stopped server's data to a Kafka cluster, record for record, with its keys",
                 .examples = {"shoujie admin topics create --kafka broker-1:9092",
                              "shoujie admin move --to-kafka --kafka broker-1:9092 --data ./data --state ./state"},
                 .setup = [](CLI::App& app) -> Action {
                   auto options = std::make_shared<MoveOptions>();
                   app.add_flag("--to-kafka", options->to_kafka, "to the topics of a Kafka cluster");
                   app.add_option("--data", options->data, "the stopped server's data directory; it is left as it is")
                       ->required();
                   app.add_option("--state", options->state,
                                  "the new node's data directory, with master key and tokens of the old one; its "
                                  "stores are made at the first start")
                       ->required();
                   app.add_option("--master-key-file", options->master_key_file,
                                  "the master key; without it SHOUJIE_MASTER_KEY, else the directory's own");
                   AddKafkaFlags(&app, &options->kafka, /*needed=*/true);
                   app.add_flag("--allow-unsafe-topics", options->kafka.allow_unsafe_topics,
                                "use topics that could lose records when a broker fails");
                   return [options](Session& session) { return Move(*options, session); };
                 }});
}

}  // namespace shoujie::cli
