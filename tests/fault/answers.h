// What a server says: the streams it lists, their histories, and everything that a reader can ask, as texts that can be
// compared with what it said before.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/fault/checker.h"

namespace shoujie::fault {

// Of lists: tickets, contacts and customers, all pages, in order.
absl::StatusOr<std::vector<std::string>> ListStreams(rpc::Client& client);
// Whole histories.
absl::StatusOr<std::vector<Recorded>> ReadHistories(rpc::Client& client, const std::vector<std::string>& streams);

struct Reports {
  interaction::v1::ReportContactsResponse contacts;
  router::v1::ReportHandoffsResponse handoffs;
};
absl::StatusOr<Reports> ReadReports(rpc::Client& client);

// One question and what came: a text, or an error.
struct Answer {
  absl::Status status;
  std::string text;
};
// The states and histories of these streams, all lists, both reports, and the customers behind these phone numbers.
std::map<std::string, Answer> AskAll(rpc::Client& client, const std::vector<std::string>& streams,
                                     const std::vector<std::string>& phones);

}  // namespace shoujie::fault
