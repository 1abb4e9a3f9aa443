#include "services/cli/many.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "services/cli/fields.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "shoujie/common/v1/batch.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using common::v1::ExecuteBatchRequest;
using common::v1::ExecuteBatchResponse;
using google::protobuf::MethodDescriptor;

constexpr char kTickets[] = "shoujie.router.v1.TicketService";
constexpr size_t kShownMax = 10;  // tickets that are named of each refusal

const MethodDescriptor& MethodOf(const std::string& name) {
  router::v1::TicketRow::descriptor();
  ExecuteBatchRequest::descriptor();
  return *google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

// Names of the tickets that the filters of `request` leave and that are neither closed nor merged, unless they may be.
absl::Status ListNames(Session& session, router::v1::ListTicketsRequest request, bool closed_too,
                       std::vector<std::string>* names) {
  request.set_page_size(static_cast<int32_t>(limits::kPageSizeMax));
  do {
    router::v1::ListTicketsResponse response;
    const auto& method = MethodOf(absl::StrCat(kTickets, ".ListTickets"));
    if (auto status = session.Call(method, request, &response); !status.ok()) return status;
    if (!response.lagging_partitions().empty()) {
      return Error(absl::StatusCode::kUnavailable, "LISTS_LAG",
                   "Some partitions of the list lag, and an act on many must not forget any. Repeat it in a moment.",
                   "列表中有分区滞后，批量操作不能遗漏。请稍后重试。");
    }
    for (const auto& row : response.tickets()) {
      const bool over = row.state() == router::v1::TICKET_STATE_CLOSED ||
                        row.state() == router::v1::TICKET_STATE_RESOLVED ||
                        row.state() == router::v1::TICKET_STATE_MERGED;
      if (closed_too || !over) names->push_back(row.name());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// What became of each ticket.
struct Sum {
  uint64_t done = 0;
  std::map<std::string, std::vector<std::string>> refused;  // by reason: names
  std::map<std::string, std::string> why;                   // by reason, in the caller's language
};

class Progress {
 public:
  explicit Progress(Session& session) : session_(session), terminal_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (terminal_) session_.err() << "\r\033[K" << std::flush;
  }
  void Show(size_t done, size_t of) {
    if (terminal_) session_.err() << absl::StreamFormat("\r\033[K%d / %d", done, of) << std::flush;
  }

 private:
  Session& session_;
  const bool terminal_;
};

// Sends `make(name)` for each, `limits::kBatchCallCommandsMax` a call. Stops at the first call without an answer.
absl::Status Each(Session& session, const std::string& method, const std::vector<std::string>& names,
                  const std::function<std::string(const std::string& name, const std::string& request_id)>& make,
                  Sum* sum) {
  Progress progress(session);
  for (size_t begin = 0; begin < names.size(); begin += limits::kBatchCallCommandsMax) {
    const size_t end = std::min(names.size(), begin + limits::kBatchCallCommandsMax);
    ExecuteBatchRequest request;
    for (size_t i = begin; i < end; ++i) {
      auto id = session.NewRequestId();
      if (!id.ok()) return id.status();
      auto* command = request.add_commands();
      command->set_method(absl::StrCat(kTickets, "/", method));
      command->set_request(make(names[i], *id));
    }
    ExecuteBatchResponse response;
    const auto& batch = MethodOf("shoujie.common.v1.BatchService.ExecuteBatch");
    if (auto status = session.Call(batch, request, &response); !status.ok()) return status;
    for (int i = 0; i < response.outcomes_size(); ++i) {
      const auto& outcome = response.outcomes(i);
      if (outcome.code() == 0) {
        ++sum->done;
        continue;
      }
      const std::string reason = outcome.error().reason();
      sum->refused[reason].push_back(names[begin + static_cast<size_t>(i)]);
      sum->why[reason] = session.chinese() ? outcome.error().zh() : outcome.error().en();
    }
    progress.Show(end, names.size());
  }
  return absl::OkStatus();
}

int Told(Session& session, const Sum& sum, size_t of, const std::string& bulk) {
  uint64_t refused = 0;
  for (const auto& [reason, names] : sum.refused) refused += names.size();
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    nlohmann::ordered_json json = {{"bulk", bulk}, {"tickets", of}, {"done", sum.done}};
    json["refused"] = nlohmann::ordered_json::array();
    for (const auto& [reason, names] : sum.refused) {
      for (const std::string& name : names) json["refused"].push_back({{"name", name}, {"reason", reason}});
    }
    session.out() << json.dump(session.format() == Format::kJson ? 2 : -1) << "\n";
  } else if (session.format() == Format::kName) {
    session.out() << bulk << "\n";
  } else {
    session.out() << Table({"TICKETS", "DONE", "REFUSED", "BULK"},
                           {{absl::StrCat(of), absl::StrCat(sum.done), absl::StrCat(refused), bulk}}, session.bold());
  }
  for (const auto& [reason, names] : sum.refused) {
    session.err() << absl::StrCat(names.size(), " × ", OneLine(sum.why.at(reason)), " [", reason, "]\n");
    for (size_t i = 0; i < std::min(names.size(), kShownMax); ++i) session.err() << "  " << names[i] << "\n";
  }
  return refused > 0 ? kRefused : kOk;
}

const FieldSpec& HandoverFields() {
  static const auto* const spec = new FieldSpec{.arguments = {{"TO", "to"}},
                                                .skip = {"request_id", "name", "etag", "occurred_at", "bulk"},
                                                .required = {"reason"}};
  return *spec;
}
const FieldSpec& UndoFields() {
  static const auto* const spec =
      new FieldSpec{.arguments = {{"BULK", "bulk"}}, .skip = {"request_id", "name", "etag", "occurred_at"}};
  return *spec;
}

// Sends `request` for each ticket, and tells what became of it.
template <typename Request>
int Act(Session& session, const std::string& method, Request request, const std::vector<std::string>& names, Sum* sum) {
  const absl::Status status = Each(
      session, method, names,
      [&request](const std::string& name, const std::string& id) {
        request.set_name(name);
        request.set_request_id(id);
        return request.SerializeAsString();
      },
      sum);
  const int code = Told(session, *sum, names.size(), request.bulk());
  return status.ok() ? code : session.Fail(status);
}

class Handover {
 public:
  explicit Handover(CLI::App& app) {
    app.add_option("FROM", from_, "job number of who owns them")->required();
    flags_ = std::make_unique<FieldFlags>(&app, *router::v1::TransferOwnershipRequest::descriptor(), HandoverFields());
    app.add_flag("--dry-run", dry_run_, "only names them");
  }

  int operator()(Session& session) const {
    router::v1::TransferOwnershipRequest transfer;
    auto status = flags_->Fill(&transfer, {session.zone(), [&session] { return session.ServerNow(); }});
    if (!status.ok()) return session.Fail(status);
    router::v1::ListTicketsRequest list;
    list.set_owner(from_);
    std::vector<std::string> names;
    if (status = ListNames(session, list, /*closed_too=*/false, &names); !status.ok()) return session.Fail(status);
    if (dry_run_ || names.empty()) {
      session.Note(absl::StrCat(names.size(), " open tickets are owned by ", from_),
                   absl::StrCat(from_, " 名下有 ", names.size(), " 张未办结工单"));
      for (const std::string& name : names) session.out() << name << "\n";
      return kOk;
    }
    auto bulk = session.NewRequestId();
    if (!bulk.ok()) return session.Fail(bulk.status());
    transfer.set_bulk(*bulk);
    Sum sum;
    // What was not reached is still owned by `from`: the same command goes on with it.
    const int code = Act(session, "TransferOwnership", transfer, names, &sum);
    if (sum.done > 0) {
      session.Note(absl::StrCat("take them back as one: shoujie ticket undo-many ", *bulk),
                   absl::StrCat("整批撤销：shoujie ticket undo-many ", *bulk));
    }
    return code;
  }

 private:
  std::string from_;
  std::unique_ptr<FieldFlags> flags_;
  bool dry_run_ = false;
};

class UndoMany {
 public:
  explicit UndoMany(CLI::App& app) : flags_(&app, *router::v1::UndoLastRequest::descriptor(), UndoFields()) {}

  int operator()(Session& session) const {
    router::v1::UndoLastRequest undo;
    auto status = flags_.Fill(&undo, {session.zone(), [&session] { return session.ServerNow(); }});
    if (!status.ok()) return session.Fail(status);
    router::v1::ListTicketsRequest list;
    list.set_bulk(undo.bulk());
    std::vector<std::string> names;
    if (status = ListNames(session, list, /*closed_too=*/true, &names); !status.ok()) return session.Fail(status);
    Sum sum;
    return Act(session, "UndoLast", undo, names, &sum);
  }

 private:
  FieldFlags flags_;
};

template <typename Run>
Action Setup(CLI::App& app) {
  auto run = std::make_shared<Run>(app);
  return [run](Session& session) { return (*run)(session); };
}

}  // namespace

void AddManyCommands(Registry* registry) {
  registry->Add({.noun = "ticket",
                 .verb = "handover",
                 .help = "all open tickets of one owner to another, as one act 批量移交",
                 .examples = {"shoujie ticket handover 1005 1007 --reason leave --note \"on leave until Monday\"",
                              "shoujie ticket handover 1005 1007 --reason agent-left --dry-run"},
                 .setup = &Setup<Handover>});
  registry->Add({.noun = "ticket",
                 .verb = "undo-many",
                 .help = "takes a handover of many back, where nothing else has happened since 整批撤销",
                 .examples = {"shoujie ticket undo-many 0193b2c4-5d6e-7f80-9a0b-1c2d3e4f5061 --note \"wrong person\""},
                 .setup = &Setup<UndoMany>});
}

}  // namespace shoujie::cli
