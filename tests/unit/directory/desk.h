// A directory under test: commands go through Route and Decide, what they decide is folded by Evolve, one version a
// record.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/directory/domain/domain.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "services/runtime/reference.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/events.pb.h"

namespace shoujie::directory {

class DirectoryTest : public ::testing::Test {
 protected:
  absl::Status Do(const google::protobuf::Message& command) {
    const StreamType& type = *domain_.streams.front();
    auto address = type.Route(command);
    if (!address.ok()) return address.status();
    EXPECT_EQ(address->stream, "directories/main");
    const Context context{
        .now = now_,
        .recorded_at = now_,
        .principal = principal_,
        .reference = reference_,
        .stream = address->stream,
        .version = version_,
        .vouched = [](absl::string_view statement, absl::string_view mark) { return mark == MarkOf(statement); }};
    auto events = type.Decide(state_, command, context);
    if (!events.ok()) return events.status();
    no_op_ = events->empty();
    if (no_op_) return absl::OkStatus();
    ++version_;
    last_ = static_cast<const v1::Event&>(*events->front().event);
    for (const auto& decided : *events) {
      type.Evolve(state_, *decided.event,
                  {.stream = address->stream, .version = version_, .recorded_at = now_, .principal = principal_.id});
    }
    return absl::OkStatus();
  }
  void PublishSample() {
    v1::PublishVersionRequest request;
    *request.mutable_content() = SampleDirectory();
    ASSERT_TRUE(Do(request).ok());
  }
  absl::Status Publish(v1::Directory content) {
    v1::PublishVersionRequest request;
    *request.mutable_content() = std::move(content);
    request.set_etag("1");
    return Do(request);
  }
  // What stands for the cluster's mark here.
  static std::string MarkOf(absl::string_view statement) { return absl::StrCat("marked ", statement); }
  const v1::Agent& AgentNow(const std::string& id) {
    for (const auto& agent : state_.agents()) {
      if (agent.id() == id) return agent;
    }
    ADD_FAILURE() << "no agent " << id;
    return v1::Agent::default_instance();
  }

  absl::Time now_ = absl::FromUnixSeconds(1'790'000'000);
  ServiceDomain domain_ = Domain();
  Principal principal_{"operators/first", static_cast<uint32_t>(Right::kPublish)};
  Reference reference_{v1::Directory()};
  v1::Directory state_;
  v1::Event last_;  // the first of the last record
  uint64_t version_ = 0;
  bool no_op_ = false;
};

}  // namespace shoujie::directory
