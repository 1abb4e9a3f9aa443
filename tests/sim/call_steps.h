// What people do to a ticket beside its hand-offs, step by step, and what must hold of the tickets of a merge: parts of
// call_workload.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/sim/workload.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::testing {

inline constexpr int kDepartments = 2;  // repair, billing; members 2001 …

inline google::protobuf::Timestamp Stamp(absl::Time t) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(t));
}
inline google::protobuf::Duration Span(absl::Duration d) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(d));
}
inline std::string Department(uint64_t n) { return n == 0 ? "repair" : "billing"; }
inline std::string Member(const std::string& department, uint64_t n) {
  return absl::StrCat(department == "repair" ? 2001 + n : 2011 + n);
}
inline Principal Agent(const std::string& id) { return {"agents/" + id, static_cast<uint32_t>(Right::kAgent)}; }

template <typename Request>
std::unique_ptr<Request> On(const std::string& ticket) {
  auto request = std::make_unique<Request>();
  request->set_name(ticket);
  return request;
}

// Waiting for the customer, and more time.
std::unique_ptr<google::protobuf::Message> ClockStep(sim::Random& random, const std::string& ticket);
// Departments that assist: asked by whoever acts already, the rest is done by members of one of them.
void AssistStep(sim::Random& random, absl::Time now, const std::string& ticket, sim::Intent* intent);
// Duplicates: two tickets become one, and two again.
std::unique_ptr<google::protobuf::Message> MergeStep(sim::Random& random, const std::string& ticket,
                                                     const std::string& other);

// The two tickets of each merge, now that no message is under way: they agree, and there are no chains.
void CheckMerges(const std::map<std::string, router::v1::Ticket>& tickets, std::vector<std::string>* wrong);

}  // namespace shoujie::testing
