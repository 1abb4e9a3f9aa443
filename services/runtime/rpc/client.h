// Calls without generated stubs: typed by the messages, by method descriptor, or as bytes; unary, and streams of
// answers that one thread reads. Errors come back as `absl::Status` with the server's `ErrorDetail` (DetailOf,
// ReasonOf). One client is one connection. It repeats a call only where a node of a cluster said that it did nothing
// and who can (NOT_OWNER with an address): there, with the same bytes. Who repeats anything else must keep the request
// id. Thread-safe. No gRPC header is included here.
//
//   Client client({.target = "127.0.0.1:7400", .token = token});
//   auto reply = Call<CommandReply>(client, "shoujie.router.v1.TicketService/SignHandoff", request);
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace shoujie::rpc {

struct ClientOptions {
  std::string target;
  std::string token;                           // empty: no `authorization` is sent
  absl::Duration timeout = absl::Seconds(30);  // of each call
  bool wait_for_ready = false;                 // wait for a server that is not there yet, until the timeout
  int owners_followed = 2;                     // how often a blocking call goes where NOT_OWNER says
};

struct CallOptions {
  absl::Duration timeout;
  std::vector<std::pair<std::string, std::string>> metadata;  // beside the client's own; ASCII
};

class Client {
 public:
  using Answered = std::function<void(absl::Status)>;

  explicit Client(ClientOptions options);
  ~Client();  // waits for the calls in flight

  // `method` = "package.Service/Method". Blocks until the answer or the timeout.
  absl::Status Call(const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response);
  absl::Status Call(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response);
  absl::StatusOr<std::string> CallBytes(const std::string& method, const std::string& request);
  // Does not block: `done` comes once, from a thread of gRPC, and must not block either. `response` must stay until
  // then; `request` only until the return. The caller bounds what is in flight.
  void CallAsync(const std::string& method, const google::protobuf::Message& request,
                 google::protobuf::Message* response, Answered done);

  // The same with bytes.
  void CallBytesAsync(const std::string& method, const std::string& request, const CallOptions& options,
                      std::function<void(absl::StatusOr<std::string>)> done);

  // A method that streams its answers: each comes into `answer`, then `each` is called, on the caller's thread, until
  // it answers false (OK) or the stream ends (how it ended). That a server is gone, even without a word, is noticed
  // within half a minute.
  absl::Status Stream(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                      google::protobuf::Message* answer, const std::function<bool()>& each,
                      absl::Duration timeout = absl::InfiniteDuration());

  // Ends the asynchronous calls in flight: SERVER_UNREACHABLE, if no answer came first.
  void CancelAsync();

  const ClientOptions& options() const;

 private:
  struct Impl;
  struct AsyncCall;
  std::unique_ptr<Impl> impl_;
};

template <typename Response>
absl::StatusOr<Response> Call(Client& client, const std::string& method, const google::protobuf::Message& request) {
  Response response;
  if (auto status = client.Call(method, request, &response); !status.ok()) return status;
  return response;
}
template <typename Response>
void CallAsync(Client& client, const std::string& method, const google::protobuf::Message& request,
               std::function<void(absl::StatusOr<Response>)> done) {
  auto response = std::make_shared<Response>();
  client.CallAsync(method, request, response.get(), [response, done = std::move(done)](absl::Status status) {
    status.ok() ? done(std::move(*response)) : done(std::move(status));
  });
}

}  // namespace shoujie::rpc
