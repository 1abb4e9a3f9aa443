#include "services/cli/import_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "services/cli/import/format.h"
#include "services/cli/import/import.h"
#include "services/cli/import/ticket_map.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/request_id.h"
#include "shoujie/directory/v1/service.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using common::v1::CommandReply;

class ServerSink : public importer::ImportSink {
 public:
  ServerSink(rpc::Client* client, absl::Time server_now) : client_(client), server_now_(server_now) {}

  absl::StatusOr<CommandReply> Merge(const directory::v1::MergeVersionRequest& request) override {
    return rpc::Call<CommandReply>(*client_, "shoujie.directory.v1.DirectoryService/MergeVersion", request);
  }
  void Record(const google::protobuf::Message& request, Done done) override {
    rpc::CallAsync<CommandReply>(*client_, MethodOf(*request.GetDescriptor()), request, std::move(done));
  }
  // The time of the start is near enough: the server takes ids of the last seven days.
  std::string NewRequestId() override { return rpc::NewRequestId(server_now_); }

 private:
  static const char* MethodOf(const google::protobuf::Descriptor& request) {
    if (&request == interaction::v1::RecordContactFactsRequest::descriptor()) {
      return "shoujie.interaction.v1.ContactService/RecordContactFacts";
    }
    if (&request == profile::v1::CreateCustomerRequest::descriptor()) {
      return "shoujie.profile.v1.CustomerService/CreateCustomer";
    }
    return "shoujie.router.v1.TicketService/RecordTicketFacts";
  }

  rpc::Client* client_;
  absl::Time server_now_;
};

// Of a row, or of a map.
void ShowMistake(uint64_t line, const absl::Status& why, Session& session) {
  const auto detail = DetailOf(why);
  std::string more;
  for (const auto& entry : detail.metadata()) absl::StrAppend(&more, " ", entry.key(), "=", OneLine(entry.value()));
  const bool zh = session.chinese();
  const std::string text = detail.reason().empty() ? std::string(why.message()) : zh ? detail.zh() : detail.en();
  session.err() << (zh ? "第 " : "line ") << line << (zh ? " 行：" : ": ") << OneLine(text) << " [" << detail.reason()
                << more << "]\n";
}

int Import(const std::string& source, std::unique_ptr<importer::Format> format, const std::string& path,
           Session& session) {
  auto client = session.client();
  if (!client.ok()) return session.Fail(client.status());
  auto now = session.ServerNow();
  if (!now.ok()) return session.Fail(now.status());
  ServerSink sink(*client, *now);
  importer::ImportOptions options;
  options.source = source;
  options.path = path;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  bool drawn = false;
  const auto end_of_line = [&] {
    if (drawn) session.err() << "\r\033[K";
    drawn = false;
  };
  if (terminal) {
    options.progress = [&](const importer::ImportSummary& so_far, double rate) {
      session.err() << absl::StreamFormat("\r\033[K%d rows, %d new, %d repeated, %d bad, %.0f rows/s", so_far.rows,
                                          so_far.added, so_far.repeated, so_far.bad, rate)
                    << std::flush;
      drawn = true;
    };
  }
  options.on_bad = [&](uint64_t line, const absl::Status& why) {
    end_of_line();
    ShowMistake(line, why, session);
  };
  const importer::ImportResult result = importer::RunImport(options, std::move(format), sink);
  end_of_line();

  const importer::ImportSummary& sum = result.summary;
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    const nlohmann::ordered_json json = {{"rows", sum.rows},
                                         {"new", sum.added},
                                         {"repeated", sum.repeated},
                                         {"bad", sum.bad},
                                         {"out_of_order", sum.out_of_order}};
    session.out() << json.dump(session.format() == Format::kJson ? 2 : -1) << "\n";
  } else {
    session.out() << Table({"ROWS", "NEW", "REPEATED", "BAD", "OUT OF ORDER"},
                           {{absl::StrCat(sum.rows), absl::StrCat(sum.added), absl::StrCat(sum.repeated),
                             absl::StrCat(sum.bad), absl::StrCat(sum.out_of_order)}},
                           session.bold());
  }
  if (!result.status.ok()) {
    const int code = session.Fail(result.status);
    return ReasonOf(result.status) == "FILE_CUT_OFF" ? kBadInput : code;
  }
  return sum.bad > 0 ? kBadInput : kOk;
}

Command MakeCommand(const std::string& source, const std::string& help, const std::string& file) {
  return {
      .noun = "import",
      .verb = source,
      .help = help,
      .examples = {absl::StrCat("shoujie import ", source, " ", file),
                   absl::StrCat("shoujie import ", source, " ", file, " -o json")},
      .setup = [source](CLI::App& app) {
        auto path = std::make_shared<std::string>();
        app.add_option("FILE", *path, "plain or gzip; may be given again: what is there stays as it is")->required();
        return
            [source, path](Session& session) { return Import(source, importer::MakeFormat(source), *path, session); };
      }};
}

// A wrong map is refused as a whole, without a server.
int ImportEvents(const std::string& map_path, const std::string& path, Session& session) {
  std::ifstream in(map_path, std::ios::binary);
  std::string yaml(importer::kMapBytesMax + 1, '\0');  // a longer one is refused
  in.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  yaml.resize(static_cast<size_t>(in.gcount()));
  if (!in.is_open() || in.bad()) {
    return session.Fail(NotFound("FILE_NOT_FOUND", "The map cannot be read. Check its name and rights.",
                                 "映射文件无法读取。请检查文件名与权限。", {{"file", map_path}}));
  }
  auto map = importer::ReadTicketMap(
      yaml, [&session](uint64_t line, const absl::Status& why) { ShowMistake(line, why, session); });
  if (!map.ok()) return session.Fail(map.status());
  const std::string source = map->source;
  return Import(source, importer::MakeMapped(*std::move(map)), path, session);
}

Command MakeEvents() {
  return {
      .noun = "import",
      .verb = "events",
      .help = "tickets of any table whose columns and activities a map explains (YAML)",
      .examples = {"shoujie import events --map servicenow.yaml incident_event_log.csv.gz",
                   "shoujie import events --map boston311.yaml service_requests.csv.gz -o json"},
      .setup = [](CLI::App& app) {
        auto path = std::make_shared<std::string>();
        auto map = std::make_shared<std::string>();
        app.add_option("--map", *map, "what columns and activities mean; examples lie in services/cli/import/maps")
            ->required();
        app.add_option("FILE", *path, "plain or gzip; may be given again: what is there stays as it is")->required();
        return [map, path](Session& session) { return ImportEvents(*map, *path, session); };
      }};
}

}  // namespace

void AddImportCommands(Registry* registry) {
  registry->AddNoun("import", "导入: history of other systems, as facts");
  registry->Add(MakeCommand("technion", "calls of a bank's call centre (Technion, tab-separated)", "calls.tsv.gz"));
  registry->Add(
      MakeCommand("servicenow", "updates of incidents (ServiceNow event log, CSV)", "incident_event_log.csv.gz"));
  registry->Add(MakeCommand("boston311", "service requests of a city (Boston 311, CSV)", "service_requests.csv.gz"));
  registry->Add(
      MakeCommand("zh12345", "citizens' messages with their replies 政务留言 (CSV)", "messages_with_replies.csv.gz"));
  registry->Add(MakeEvents());
}

}  // namespace shoujie::cli
