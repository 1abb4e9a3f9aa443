// The figures of contacts over an interval, counted from the rows' times: the same for calls that came in live and for
// imported history. Not for lists; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/reference.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {

class ContactReport {
 public:
  // An unknown zone name in the request is INVALID_ARGUMENT.
  static absl::StatusOr<ContactReport> Make(const v1::ReportContactsRequest& request, const Reference& reference);

  void Add(const v1::ContactRow& row);
  void Write(v1::ReportContactsResponse* response) const;

 private:
  ContactReport(const v1::ReportContactsRequest& request, const Reference& reference)
      : request_(request), reference_(reference) {}
  absl::TimeZone ZoneOf(const v1::ContactRow& row);

  const v1::ReportContactsRequest& request_;
  const Reference& reference_;
  std::optional<absl::TimeZone> zone_;
  std::map<std::string, absl::TimeZone> zones_;
  v1::ReportContactsResponse counts_;
  std::vector<int64_t> waits_ms_;  // of answered contacts
  int64_t talk_ms_ = 0, hold_ms_ = 0, hold_max_ms_ = 0, wrap_up_ms_ = 0;
  int64_t wrap_ups_ = 0;
};

}  // namespace shoujie::interaction
