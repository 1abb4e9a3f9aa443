// One run of the program: where the server is, who asks, how answers look, and what an error is told as. Commands get a
// session and answer an exit code; data goes to `out`, everything else to `err`.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/cli/exit_codes.h"
#include "services/runtime/rpc/client.h"

namespace shoujie::cli {

enum class Format { kTable, kWide, kJson, kJsonl, kName };

struct Globals {
  std::string server = "127.0.0.1:7400";
  std::string token_file;
  std::string timeout = "30s";
  std::string output = "table";
  std::string lang;  // "zh", "en" or "": as LC_ALL, LC_MESSAGES or LANG says
};

// "zh" for zh_CN.UTF-8 and the like, else "en"; `env` as getenv.
std::string LanguageOf(const std::function<const char*(const char*)>& env);
ExitCode ExitCodeOf(const absl::Status& status);

// A method of the server about itself.
const google::protobuf::MethodDescriptor& OpsMethod(const std::string& name);

class Session {
 public:
  Session(Globals globals, std::ostream& out, std::ostream& err);
  ~Session();

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  Format format() const { return format_; }
  bool chinese() const { return globals_.lang == "zh"; }
  bool bold() const;  // of headers: a terminal, and NO_COLOR is not set
  absl::TimeZone zone() const { return absl::LocalTimeZone(); }

  // The connection to the server, with the token. A token file that cannot be read is an error.
  absl::StatusOr<rpc::Client*> client();
  // A call that is repeated a few times, with the same bytes and so the same request id, while there is no answer: the
  // server or its shard may be starting. Not for methods that a repeat would do twice (`repeat` = false).
  absl::Status Call(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, bool repeat = true);
  // The same, once, at another node of the server's cluster: with the same token.
  absl::Status CallAt(const std::string& address, const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request, google::protobuf::Message* response);
  // The server's clock, asked once and carried on at its speed: it may be scaled.
  absl::StatusOr<absl::Time> ServerNow();
  // A UUIDv7 of that clock.
  absl::StatusOr<std::string> NewRequestId();

  // Tells the error (reason, what is wrong and what to do, metadata) and answers its exit code. `request_id`, if the
  // command had one and its outcome is unknown: how to repeat it.
  int Fail(const absl::Status& status, const std::string& request_id = "");
  int FailUsage(const std::string& what);
  // What is wrong and what to do, in the caller's language, with its reason.
  std::string Explain(const absl::Status& status) const;
  void Note(const std::string& en, const std::string& zh);

 private:
  Globals globals_;
  Format format_ = Format::kTable;
  std::ostream& out_;
  std::ostream& err_;
  std::unique_ptr<rpc::Client> client_;
  std::map<std::string, std::unique_ptr<rpc::Client>> others_;  // by address
  absl::Time asked_at_ = absl::InfinitePast(), server_now_;
  double clock_speed_ = 1;
};

}  // namespace shoujie::cli
