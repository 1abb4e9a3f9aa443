// The report of messages: written contacts, whose they are, and how long their replies took. A message is replied to
// when somebody has taken it and it has ended. Fed with rows, so that live contacts and imported ones count alike.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {

class MessageReport {
 public:
  explicit MessageReport(const v1::ReportMessagesRequest& request) : request_(request) {}

  // Passes over what is no message, or not asked for.
  void Add(const v1::ContactRow& row);
  void Write(v1::ReportMessagesResponse* response) const;

 private:
  const v1::ReportMessagesRequest& request_;
  v1::ReportMessagesResponse counts_;
  std::map<std::string, uint32_t> customers_;  // → messages
  std::vector<int64_t> reply_seconds_;
};

}  // namespace shoujie::interaction
