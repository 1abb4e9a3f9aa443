// A running server as the stage of a flow (tests/support/flows): every act by its own person's token, over RPC.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support/people.h"
#include "tests/support/flows/play.h"

namespace shoujie::e2e {

class ServerStage : public flows::Stage {
 public:
  explicit ServerStage(People* people) : people_(*people) {}

  absl::StatusOr<common::v1::CommandReply> Do(const std::string& who,
                                              const google::protobuf::Message& request) override;
  absl::StatusOr<uint64_t> Publish(const directory::v1::Directory& content) override;
  absl::StatusOr<router::v1::Ticket> Ticket(const common::v1::GetRequest& request) override;
  absl::StatusOr<std::vector<common::v1::HistoryEntry>> History(const std::string& ticket) override;
  absl::StatusOr<router::v1::ExplainClocksResponse> Explain(const std::string& ticket, uint64_t as_version) override;

 private:
  People& people_;
};

}  // namespace shoujie::e2e
