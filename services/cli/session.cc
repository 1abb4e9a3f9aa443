#include "services/cli/session.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/request_id.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::cli {
namespace {

constexpr int kAttemptsMax = 5;
constexpr absl::Duration kPauseFirst = absl::Milliseconds(200);

Format FormatOf(const std::string& name) {
  if (name == "wide") return Format::kWide;
  if (name == "json") return Format::kJson;
  if (name == "jsonl") return Format::kJsonl;
  if (name == "name") return Format::kName;
  return Format::kTable;
}

}  // namespace

std::string LanguageOf(const std::function<const char*(const char*)>& env) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = env(name);
    if (value != nullptr && *value != '\0') return absl::StartsWith(value, "zh") ? "zh" : "en";
  }
  return "en";
}

const google::protobuf::MethodDescriptor& OpsMethod(const std::string& name) {
  return *ops::v1::ServerInfo::descriptor()->file()->FindServiceByName("OpsService")->FindMethodByName(name);
}

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kNotAllowed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return kUnavailable;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return kRefused;
    default:
      return kInternal;
  }
}

Session::Session(Globals globals, std::ostream& out, std::ostream& err)
    : globals_(std::move(globals)), format_(FormatOf(globals_.output)), out_(out), err_(err) {
  if (globals_.lang.empty()) globals_.lang = LanguageOf([](const char* name) { return std::getenv(name); });
}
Session::~Session() = default;

bool Session::bold() const {
  const char* no_color = std::getenv("NO_COLOR");
  return &out_ == &std::cout && isatty(STDOUT_FILENO) && (no_color == nullptr || *no_color == '\0');
}

absl::StatusOr<rpc::Client*> Session::client() {
  if (client_ != nullptr) return client_.get();
  rpc::ClientOptions options;
  options.target = globals_.server;
  auto timeout = ParseDuration(globals_.timeout);
  if (!timeout.ok()) return timeout.status();
  options.timeout = *timeout;
  if (!globals_.token_file.empty()) {
    std::ifstream in(globals_.token_file);
    if (!in || !std::getline(in, options.token)) {
      return Error(
          absl::StatusCode::kUnauthenticated, "TOKEN_FILE_UNREADABLE",
          absl::StrCat("The token file ", globals_.token_file, " cannot be read. Check its name and its owner."),
          absl::StrCat("无法读取令牌文件 ", globals_.token_file, "。请检查文件名及其属主。"));
    }
    absl::StripAsciiWhitespace(&options.token);
  }
  client_ = std::make_unique<rpc::Client>(std::move(options));
  return client_.get();
}

absl::Status Session::Call(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                           google::protobuf::Message* response, bool repeat) {
  auto connection = client();
  if (!connection.ok()) return connection.status();
  absl::Duration pause = kPauseFirst;
  for (int attempt = 1;; ++attempt) {
    auto status = (*connection)->Call(method, request, response);
    if (status.code() != absl::StatusCode::kUnavailable || attempt == kAttemptsMax || !repeat) return status;
    Note(absl::StrCat("no answer (", ReasonOf(status), "), trying again (", attempt + 1, "/", kAttemptsMax, ")"),
         absl::StrCat("没有答复（", ReasonOf(status), "），正在重试（", attempt + 1, "/", kAttemptsMax, "）"));
    absl::SleepFor(pause);
    pause *= 2;
  }
}

absl::Status Session::CallAt(const std::string& address, const google::protobuf::MethodDescriptor& method,
                             const google::protobuf::Message& request, google::protobuf::Message* response) {
  auto connection = client();
  if (!connection.ok()) return connection.status();
  auto& other = others_[address];
  if (other == nullptr) {
    rpc::ClientOptions options = (*connection)->options();
    options.target = address;
    other = std::make_unique<rpc::Client>(std::move(options));
  }
  return other->Call(method, request, response);
}

absl::StatusOr<absl::Time> Session::ServerNow() {
  if (asked_at_ == absl::InfinitePast()) {
    ops::v1::ServerInfo info;
    auto status = Call(OpsMethod("GetServerInfo"), ops::v1::GetServerInfoRequest(), &info);
    if (!status.ok()) return status;
    asked_at_ = absl::Now();
    server_now_ = absl::FromUnixSeconds(info.now().seconds()) + absl::Nanoseconds(info.now().nanos());
    clock_speed_ = info.clock_speed();
  }
  return server_now_ + (absl::Now() - asked_at_) * clock_speed_;
}

absl::StatusOr<std::string> Session::NewRequestId() {
  auto now = ServerNow();
  if (!now.ok()) return now.status();
  return rpc::NewRequestId(*now);
}

int Session::Fail(const absl::Status& status, const std::string& request_id) {
  const auto detail = DetailOf(status);
  if (detail.reason().empty() && status.code() == absl::StatusCode::kInvalidArgument) {
    return FailUsage(std::string(status.message()));  // found before anything was sent
  }
  const ExitCode code = ExitCodeOf(status);
  if (format_ == Format::kJson || format_ == Format::kJsonl) {
    nlohmann::ordered_json metadata = nlohmann::ordered_json::object();
    for (const auto& entry : detail.metadata()) metadata[entry.key()] = entry.value();
    nlohmann::ordered_json error = {{"code", absl::StatusCodeToString(status.code())},
                                    {"reason", detail.reason()},
                                    {"message", chinese() ? detail.zh() : detail.en()},
                                    {"metadata", metadata}};
    if (!request_id.empty()) error["request_id"] = request_id;
    err_ << nlohmann::ordered_json({{"error", error}})
                .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
         << "\n";
    return code;
  }
  err_ << (chinese() ? "错误：" : "error: ") << Explain(status) << "\n";
  for (const auto& entry : detail.metadata()) err_ << "  " << entry.key() << ": " << OneLine(entry.value()) << "\n";
  if (code == kUnavailable && !request_id.empty()) {
    Note(absl::StrCat(
             "the outcome is unknown; to ask again without doing it twice, repeat the command with --request-id ",
             request_id),
         absl::StrCat("结果未知；如需再次确认而不重复执行，请在原命令后加上 --request-id ", request_id));
  }
  return code;
}

std::string Session::Explain(const absl::Status& status) const {
  const auto detail = DetailOf(status);
  if (detail.reason().empty()) return OneLine(status.message());
  return absl::StrCat(OneLine(chinese() ? detail.zh() : detail.en()), " [", detail.reason(), "]");
}

int Session::FailUsage(const std::string& what) {
  err_ << (chinese() ? "用法错误：" : "usage: ") << OneLine(what) << "\n";
  return kUsage;
}

void Session::Note(const std::string& en, const std::string& zh) { err_ << (chinese() ? zh : en) << "\n"; }

}  // namespace shoujie::cli
