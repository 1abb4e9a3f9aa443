#include "services/cli/directory/leave.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/cli/directory/fetch.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using common::v1::CommandReply;
using router::v1::CheckLeaveResponse;

constexpr absl::Duration kLookEvery = absl::Milliseconds(300);
constexpr int kOpenShownMax = 20;  // open tickets; all with -o wide

struct LeaveOptions {
  std::string agent, reason, successor, timeout = "60s";
  bool wait = false;
};

class Leave {
 public:
  Leave(const LeaveOptions& options, Session& session) : options_(options), session_(session) {}

  int Run() {
    const auto timeout = ParseDuration(options_.timeout);
    if (!timeout.ok()) {
      return session_.FailUsage(absl::StrCat("--wait-timeout: ", std::string(timeout.status().message())));
    }
    if (auto status = Check(); !status.ok()) return session_.Fail(status);
    if (!now_.left() && !now_.has_leaving()) {
      if (auto status = Announce(); !status.ok()) return session_.Fail(status);
    }
    const absl::Time until = absl::Now() + *timeout;
    while (!now_.left() && !now_.has_clearance()) {
      const bool known = now_.has_leaving() && now_.adopted() == now_.partitions();
      // Shards adopt within moments; what is open takes people.
      if ((known && !options_.wait) || absl::Now() >= until) break;
      Progress();
      absl::SleepFor(kLookEvery);
      if (auto status = Check(); !status.ok()) return session_.Fail(status);
    }
    EndProgress();
    if (now_.has_clearance()) {
      if (auto status = Complete(); !status.ok()) return session_.Fail(status);
    }
    Show();
    return now_.left() ? kOk : session_.Fail(WhyNot());
  }

 private:
  static const google::protobuf::MethodDescriptor& CheckMethod() {
    return *CheckLeaveResponse::descriptor()
                ->file()
                ->FindServiceByName("TicketService")
                ->FindMethodByName("CheckLeave");
  }

  absl::Status Check() {
    router::v1::CheckLeaveRequest request;
    request.set_agent(options_.agent);
    CheckLeaveResponse response;
    const absl::Status status = session_.Call(CheckMethod(), request, &response);
    if (status.ok()) now_ = std::move(response);
    return status;
  }

  absl::Status Announce() {
    auto id = session_.NewRequestId();
    if (!id.ok()) return id.status();
    directory::v1::DeactivateAgentRequest request;
    request.set_request_id(*id);
    request.set_agent(options_.agent);
    request.set_reason(options_.reason);
    request.set_successor(options_.successor);
    CommandReply reply;
    const absl::Status status = session_.Call(DirectoryMethod("DeactivateAgent"), request, &reply);
    if (status.ok()) {
      session_.Note(absl::StrCat("the leave of ", options_.agent, " is announced by version ", reply.etag()),
                    absl::StrCat("已宣布 ", options_.agent, " 离职，版本 ", reply.etag()));
    }
    return status;
  }

  absl::Status Complete() {
    auto id = session_.NewRequestId();
    if (!id.ok()) return id.status();
    directory::v1::CompleteLeaveRequest request;
    request.set_request_id(*id);
    request.set_agent(options_.agent);
    *request.mutable_clearance() = now_.clearance();
    CommandReply reply;
    const absl::Status status = session_.Call(DirectoryMethod("CompleteLeave"), request, &reply);
    if (!status.ok()) return status;
    now_.set_left(true);
    session_.Note(absl::StrCat(options_.agent, " has left, by version ", reply.etag()),
                  absl::StrCat(options_.agent, " 已离职，版本 ", reply.etag()));
    return absl::OkStatus();
  }

  void Progress() {
    if (isatty(STDERR_FILENO) == 0) return;
    drawn_ = true;
    session_.err() << "\r\x1b[K" << now_.adopted() << "/" << now_.partitions() << ", " << now_.open_tickets() << " open"
                   << std::flush;
  }
  void EndProgress() {
    if (drawn_) session_.err() << "\r\x1b[K" << std::flush;
  }

  void Show() {
    if (session_.format() == Format::kJson || session_.format() == Format::kJsonl) {
      session_.out() << ToJson(now_).dump(session_.format() == Format::kJson ? 2 : -1) << "\n";
      return;
    }
    if (session_.format() == Format::kName) {
      for (const auto& row : now_.open()) session_.out() << row.name() << "\n";
      return;
    }
    session_.out() << Table(
        {"AGENT", "LEAVING", "KNOWN TO SHARDS", "OPEN TICKETS", "LEFT"},
        {{now_.agent(), Cell(now_, "leaving", session_.zone()), absl::StrCat(now_.adopted(), "/", now_.partitions()),
          absl::StrCat(now_.open_tickets()), now_.left() ? "yes" : "no"}},
        session_.bold());
    if (now_.open().empty()) return;
    const int shown = session_.format() == Format::kWide ? now_.open_size() : std::min(now_.open_size(), kOpenShownMax);
    std::vector<std::vector<std::string>> rows;
    for (int i = 0; i < shown; ++i) {
      std::vector<std::string> row;
      for (const char* field : {"name", "state", "department", "opened", "next_due"}) {
        row.push_back(Cell(now_.open(i), field, session_.zone()));
      }
      rows.push_back(std::move(row));
    }
    session_.out() << "\n" << Table({"OPEN", "STATE", "DEPARTMENT", "OPENED", "NEXT DUE"}, rows, session_.bold());
  }

  absl::Status WhyNot() const {
    if (now_.open_tickets() > 0) {
      return Refused("LEAVE_OPEN",
                     absl::StrCat("Tickets that he owns are open, so he has not left. Hand them over (shoujie ticket "
                                  "handover ",
                                  options_.agent, " TO --reason agent-left), then repeat this command."),
                     absl::StrCat("其名下仍有未办结工单，离职尚未完成。请移交（shoujie ticket handover ",
                                  options_.agent, " 接收人 --reason agent-left）后重复本命令。"),
                     {{"agent", options_.agent}, {"openTickets", absl::StrCat(now_.open_tickets())}});
    }
    return Error(
        absl::StatusCode::kUnavailable, "LEAVE_NOT_ADOPTED",
        "Not every shard knows of the leave yet, so he has not left. Look at them (shoujie directory adoption), "
        "and repeat this command.",
        "尚有分片未获知该离职，离职尚未完成。请查看 shoujie directory adoption，稍后重复本命令。",
        {{"agent", options_.agent}, {"adopted", absl::StrCat(now_.adopted(), "/", now_.partitions())}});
  }

  const LeaveOptions& options_;
  Session& session_;
  CheckLeaveResponse now_;
  bool drawn_ = false;
};

}  // namespace

void AddDirectoryLeave(Registry* registry) {
  registry->Add(
      {.noun = "directory",
       .verb = "leave",
       .help =
           "an agent leaves: announces it, shows what is still his, completes it once nothing is; repeat it to go on",
       .examples = {"shoujie directory leave 1005 --reason \"moved away\"",
                    "shoujie ticket handover 1005 1007 --reason agent-left && shoujie directory leave 1005",
                    "shoujie directory leave 1001 --successor 1003 --wait"},
       .setup = [](CLI::App& app) -> Action {
         auto options = std::make_shared<LeaveOptions>();
         app.add_option("AGENT", options->agent, "job number")->required();
         app.add_option("--reason", options->reason, "why he leaves");
         app.add_option("--successor", options->successor, "takes his posts over; needed of a head");
         app.add_flag("--wait", options->wait, "waits until what is open was handed over by others");
         app.add_option("--wait-timeout", options->timeout, "at most so long")->capture_default_str();
         return [options](Session& session) { return Leave(*options, session).Run(); };
       }});
}

}  // namespace shoujie::cli
