// A server for tests of importers: keeps facts by number as the services do (what is not above the last number is
// repeated) and replies by request id. It answers from other threads, late and in any order.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/cli/import/sink.h"
#include "services/runtime/base/error.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::importer {

class TestServer : public ImportSink {
 public:
  struct Stream {
    uint64_t last = 0;
    std::vector<router::v1::TicketFact> updates;
    std::vector<interaction::v1::NumberedFact> calls;
    interaction::v1::RecordContactFactsRequest first;
  };

  ~TestServer() override { Join(); }

  absl::StatusOr<common::v1::CommandReply> Merge(const directory::v1::MergeVersionRequest& request) override {
    if (away_merges > 0) {
      --away_merges;
      return absl::UnavailableError("starting");
    }
    ++merges;
    names.MergeFrom(request.additions());
    common::v1::CommandReply reply;
    reply.set_etag("7");
    return reply;
  }
  void Record(const google::protobuf::Message& request, Done done) override {
    if (threads_.size() > 64) Join();
    in_flight_most = std::max<size_t>(in_flight_most, ++in_flight_);
    threads_.emplace_back([this, &request, done = std::move(done)] {
      absl::StatusOr<common::v1::CommandReply> reply = Handle(request);
      --in_flight_;
      done(std::move(reply));
    });
  }
  std::string NewRequestId() override { return "request " + std::to_string(++ids_); }

  // What it got.
  std::map<std::string, Stream> streams;
  directory::v1::Directory names;
  std::map<std::string, common::v1::CommandReply> replies;  // by request id
  std::map<std::string, std::string> customers;             // account → name
  int merges = 0, requests = 0;
  size_t in_flight_most = 0;
  // How it behaves.
  int away_merges = 0, away_requests = 0;
  bool loses_replies = false;
  absl::Status always;  // not OK: its only answer
  std::set<std::string> refused_handlers;

 private:
  void Join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  absl::StatusOr<common::v1::CommandReply> Handle(const google::protobuf::Message& message) {
    std::lock_guard<std::mutex> lock(mutex_);
    ++requests;
    if (!always.ok()) return always;
    if (away_requests > 0) {
      --away_requests;
      return absl::UnavailableError("not now");
    }
    if (message.GetDescriptor() == router::v1::RecordTicketFactsRequest::descriptor()) {
      const auto& request = static_cast<const router::v1::RecordTicketFactsRequest&>(message);
      for (const auto& fact : request.facts()) {
        if (refused_handlers.contains(fact.handler())) return Invalid("FACT_ID", "No.", "不。");
      }
      if (request.directory_version() != 7) return absl::UnavailableError("not adopted");
      return Keep(request, &Stream::updates);
    }
    if (message.GetDescriptor() == profile::v1::CreateCustomerRequest::descriptor()) {
      const auto& request = static_cast<const profile::v1::CreateCustomerRequest&>(message);
      if (!request.get_or_create()) return Invalid("CUSTOMER_EXISTS", "No.", "不。");
      std::string& name = customers[request.identifier().value()];
      if (name.empty()) name = "customers/" + std::to_string(customers.size());
      common::v1::CommandReply reply;
      reply.set_name(name);
      return reply;
    }
    const auto& request = static_cast<const interaction::v1::RecordContactFactsRequest&>(message);
    Stream& stream = streams[request.external_id()];
    if (stream.last == 0) stream.first = request;
    return Keep(request, &Stream::calls);
  }

  template <typename Request, typename Facts>
  absl::StatusOr<common::v1::CommandReply> Keep(const Request& request, Facts Stream::*facts) {
    if (!replies.contains(request.request_id())) {
      common::v1::CommandReply reply;
      Stream& stream = streams[request.external_id()];
      for (const auto& fact : request.facts()) {
        if (fact.number() <= stream.last) {
          reply.set_facts_repeated(reply.facts_repeated() + 1);
          continue;
        }
        stream.last = fact.number();
        (stream.*facts).push_back(fact);
        reply.set_facts_recorded(reply.facts_recorded() + 1);
      }
      replies[request.request_id()] = reply;
    }
    if (loses_replies && ++answered_ % 3 == 0) return absl::DeadlineExceededError("lost");
    return replies[request.request_id()];
  }

  int ids_ = 0;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> in_flight_{0};
  int answered_ = 0;
};

}  // namespace shoujie::importer
