#include "services/cli/watch.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "services/runtime/base/error.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using router::v1::WatchTicketsRequest;
using router::v1::WatchTicketsResponse;

constexpr int kFirstAttemptsMax = 5;  // before the first answer; later it is asked for ever
constexpr absl::Duration kPauseShortest = absl::Milliseconds(200);
constexpr absl::Duration kPauseMax = absl::Seconds(5);

struct WatchOptions {
  std::string department;
  std::string since;
  std::string resume_file;
  uint64_t count = 0;
};

const google::protobuf::MethodDescriptor& WatchMethod() {
  return *WatchTicketsRequest::descriptor()
              ->file()
              ->FindServiceByName("TicketService")
              ->FindMethodByName("WatchTickets");
}

// Whether the server may be asked again: it stopped, or wants to be asked again.
bool GoesOn(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || reason == "WATCH_SLOW" || reason == "STREAMS_FULL" ||
         reason == "STREAM_STUCK" || reason == "CANCELLED";
}

class TicketWatch {
 public:
  TicketWatch(const WatchOptions& options, Session& session) : options_(options), session_(session) {}

  int Run() {
    WatchTicketsRequest request;
    request.set_department(options_.department);
    request.set_from_start(options_.since == "start");
    token_ = options_.since == "start" ? "" : options_.since;
    if (!options_.resume_file.empty() && options_.since.empty()) {
      std::ifstream in(options_.resume_file);
      std::getline(in, token_);  // nothing the first time
      absl::StripAsciiWhitespace(&token_);
    }
    auto client = session_.client();
    if (!client.ok()) return session_.Fail(client.status());
    absl::Duration pause = kPauseShortest;
    for (int attempt = 1;; ++attempt) {
      request.set_resume_token(token_);
      WatchTicketsResponse answer;
      const absl::Status status = (*client)->Stream(WatchMethod(), request, &answer, [&] {
        attempt = 0;
        answered_ = true;
        pause = kPauseShortest;
        return Take(answer);
      });
      if (status.ok()) return outcome_;
      if (!GoesOn(status) || (!answered_ && attempt >= kFirstAttemptsMax)) return session_.Fail(status);
      session_.Note(absl::StrCat("interrupted (", ReasonOf(status), "), going on from the last event"),
                    absl::StrCat("订阅中断（", ReasonOf(status), "），正从最后一个事件继续"));
      absl::SleepFor(pause);
      pause = std::min(pause * 2, kPauseMax);
    }
  }

 private:
  // False: enough.
  bool Take(const WatchTicketsResponse& answer) {
    for (const auto& event : answer.events()) {
      std::string line;
      if (!google::protobuf::util::MessageToJsonString(event, &line).ok()) continue;
      session_.out() << (session_.format() == Format::kName ? event.id() : line) << "\n";
      ++taken_;
    }
    session_.out().flush();
    if (!session_.out()) {  // nobody reads any more, and the token must not say that somebody did
      outcome_ = kInternal;
      return false;
    }
    token_ = answer.resume_token();
    if (!KeepToken()) {
      outcome_ = session_.Fail(Refused(
          "RESUME_FILE_UNWRITABLE",
          absl::StrCat("The resume file ", options_.resume_file, " cannot be written. Check its folder and its owner."),
          absl::StrCat("无法写入续传文件 ", options_.resume_file, "。请检查目录及属主。")));
      return false;
    }
    if (options_.count == 0 || taken_ < options_.count) return true;
    session_.Note(absl::StrCat("to go on: --since ", token_), absl::StrCat("继续订阅：--since ", token_));
    return false;
  }

  // The file has the old token or the new one, never half of it.
  bool KeepToken() const {
    if (options_.resume_file.empty()) return true;
    const std::string beside = options_.resume_file + ".new";
    std::ofstream out(beside, std::ios::trunc);
    out << token_ << "\n";
    out.close();
    return out && std::rename(beside.c_str(), options_.resume_file.c_str()) == 0;
  }

  const WatchOptions& options_;
  Session& session_;
  std::string token_;
  uint64_t taken_ = 0;
  bool answered_ = false;
  int outcome_ = kOk;
};

}  // namespace

void AddTicketWatch(Registry* registry) {
  registry->Add(
      {"ticket",
       "watch",
       "what concerns a department, as it happens: one CloudEvent a line",
       {"shoujie ticket watch --department tech", "shoujie ticket watch --department tech --since start --count 10",
        "shoujie ticket watch --department tech --resume-file tech.token"},
       [](CLI::App& app) -> Action {
         auto options = std::make_shared<WatchOptions>();
         app.add_option("--department", options->department, "id of the department")->required();
         app.add_option("--since", options->since,
                        "a resume token of an earlier watch, or \"start\"; without it from now on");
         app.add_option("--resume-file", options->resume_file,
                        "keeps the token after each answer, and goes on from it at the next start");
         app.add_option("--count", options->count, "ends after so many events");
         return [options](Session& session) { return TicketWatch(*options, session).Run(); };
       }});
}

}  // namespace shoujie::cli
