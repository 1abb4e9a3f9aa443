// Clocks on a whole node: what starts under one directory version and is explained by another, versions that nobody
// keeps any more, and the queue by what is due next. Targets that shall be missed are a second round the clock, all
// others days: no result depends on the hour. (Flow 3 of the domain page: flows_test.cc.)
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/memory_node.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using router::v1::Ticket;

class ClocksOnANode : public testing::Test {
 protected:
  // The sample with one policy for all: dispatch within a second, everything else within days.
  static directory::v1::Directory Strict() {
    auto directory = directory::SampleDirectory();
    directory.clear_sla_policies();
    auto* policy = directory.add_sla_policies();
    policy->set_id("strict");
    for (const auto kind : {directory::v1::CLOCK_KIND_DISPATCH, directory::v1::CLOCK_KIND_SIGN,
                            directory::v1::CLOCK_KIND_CUSTODY, directory::v1::CLOCK_KIND_RESOLVE}) {
      auto* target = policy->add_targets();
      target->set_kind(kind);
      const bool dispatch = kind == directory::v1::CLOCK_KIND_DISPATCH;
      target->mutable_target()->set_seconds(dispatch ? 1 : 72 * 3600);
      target->set_calendar(dispatch ? directory::v1::CLOCK_CALENDAR_ALWAYS : directory::v1::CLOCK_CALENDAR_DEPARTMENT);
    }
    policy->mutable_targets(3)->mutable_target()->set_seconds(720 * 3600);
    return directory;
  }
  void Publish(const directory::v1::Directory& content, uint64_t over) {
    directory::v1::PublishVersionRequest publish;
    *publish.mutable_content() = content;
    publish.set_etag(absl::StrCat(over));
    auto reply = node.Do("directory", "operators/first", publish);
    ASSERT_TRUE(reply.ok()) << reply.status();
    Until([&] {
      const auto shards = node.node().shards();
      return std::all_of(shards.begin(), shards.end(), [&](const Shard* shard) {
        return shard->id().service == "directory" || shard->adopted() > over;
      });
    });
  }
  static void Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_TRUE(holds());
  }
  Ticket Now(const std::string& name) {
    auto ticket = node.Get<Ticket>("router", name);
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    return ticket.ok() ? *ticket : Ticket();
  }
  absl::StatusOr<router::v1::ExplainClocksResponse> Explain(const std::string& name, uint32_t clock, uint64_t version) {
    router::v1::ExplainClocksRequest request;
    request.set_name(name);
    request.set_clock(clock);
    request.set_as_version(version);
    return node.Run<router::v1::ExplainClocksResponse>("router", "ExplainClocks", request, "agents/1005");
  }

  Disk disk{true};
  MemoryNode node{&disk};
};

TEST_F(ClocksOnANode, ABreachIsExplainedByBothVersions) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string lenient = NewTicket(node, "1005", "0001");
  ASSERT_EQ(Now(lenient).clocks_size(), 2);
  EXPECT_EQ(Now(lenient).clocks(0).policy(), "other");
  Publish(Strict(), 1);

  // What had started stays as it was; what starts now is judged by its timer, by nobody's act.
  const std::string strict = NewTicket(node, "1005", "0002");
  Until([&] { return Now(strict).clocks(0).verdict() == router::v1::CLOCK_VERDICT_BREACHED; });
  EXPECT_EQ(Now(strict).clocks(0).judged(), 1u);
  EXPECT_EQ(Now(strict).clocks(0).directory_version(), 2u);
  EXPECT_EQ(Now(lenient).clocks(0).verdict(), router::v1::CLOCK_VERDICT_UNSPECIFIED);
  EXPECT_EQ(Now(lenient).clocks(0).directory_version(), 1u);

  auto explained = Explain(strict, 1, 1);
  ASSERT_TRUE(explained.ok()) << explained.status();
  const auto& lines = explained->lines();
  ASSERT_GE(lines.size(), 5);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line.what() == router::v1::EXPLANATION_KIND_BREACHED && line.party().id() == "1005";
  }));
  EXPECT_EQ(lines[lines.size() - 2].what(), router::v1::EXPLANATION_KIND_JUDGED);
  EXPECT_EQ(lines[lines.size() - 2].verdict(), router::v1::CLOCK_VERDICT_BREACHED);
  EXPECT_EQ(lines[lines.size() - 2].policy(), "strict");
  EXPECT_EQ(lines[lines.size() - 1].what(), router::v1::EXPLANATION_KIND_WOULD_BE);
  EXPECT_EQ(lines[lines.size() - 1].verdict(), router::v1::CLOCK_VERDICT_UNSPECIFIED) << "half an hour, and it runs";
  EXPECT_EQ(lines[lines.size() - 1].policy(), "other");

  explained = Explain(lenient, 1, 0);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->lines().rbegin()->verdict(), router::v1::CLOCK_VERDICT_BREACHED) << "by the newest version";
  EXPECT_EQ(explained->lines().rbegin()->directory_version(), 2u);

  EXPECT_EQ(ReasonOf(Explain(strict, 1, 99).status()), "DIRECTORY_VERSION_UNKNOWN");
  EXPECT_EQ(ReasonOf(Explain(strict, 9, 0).status()), "CLOCK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Explain("tickets/0000-000001-2-T1", 0, 0).status()), "RESOURCE_NOT_FOUND");
}

TEST_F(ClocksOnANode, VersionsThatNobodyKeepsAreFoldedFromTheDirectorysHistory) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = NewTicket(node, "1005", "0003");
  auto content = directory::SampleDirectory();
  const uint64_t last = limits::kDirectoryVersionsMax + 3;
  for (uint64_t version = 1; version < last; ++version) {
    content.mutable_sites(0)->set_display_name(absl::StrCat("Hangzhou ", version));
    directory::v1::PublishVersionRequest publish;
    *publish.mutable_content() = content;
    publish.set_etag(absl::StrCat(version));
    ASSERT_TRUE(node.Do("directory", "operators/first", publish).ok());
  }
  Until([&] { return node.node().reference()->version() == last; });
  const auto explained = Explain(ticket, 1, 2);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->lines().rbegin()->directory_version(), 2u);
}

TEST_F(ClocksOnANode, WaitingStopsClocksAndTheQueueGoesByWhatIsDueNext) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  Publish(Strict(), 1);
  const std::string first = NewTicket(node, "1005", "0004"), second = NewTicket(node, "1005", "0005");
  const auto offer = [&](const std::string& ticket) {
    router::v1::OfferHandoffRequest request;
    request.set_name(ticket);
    request.set_department("tech");
    *request.mutable_deadline() =
        google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(absl::Now() + absl::Hours(1000)));
    request.set_gist("the screen stays black");
    auto reply = node.Do("router", "agents/1005", request);
    EXPECT_TRUE(reply.ok()) << reply.status();
  };
  offer(second);
  offer(first);
  const auto queue = [&] {
    router::v1::ListTicketsRequest request;
    request.set_department("tech");
    request.set_order(router::v1::TICKET_ORDER_NEXT_DUE);
    auto list = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", request);
    EXPECT_TRUE(list.ok()) << list.status();
    std::vector<std::string> names;
    for (const auto& row : list->tickets()) names.push_back(row.name());
    return names;
  };
  using Names = std::vector<std::string>;
  // Office hours may pass no time between the two offers; then names decide.
  EXPECT_EQ(queue().size(), 2u);
  router::v1::AwaitCustomerRequest wait;
  wait.set_name(second);
  wait.set_reason("asked for a photo");
  ASSERT_TRUE(node.Do("router", "agents/1005", wait).ok());
  EXPECT_EQ(queue(), (Names{first, second})) << "nothing of the second is due but its hand-off";
  const Ticket waits = Now(second);
  for (const auto& clock : waits.clocks()) EXPECT_FALSE(clock.dates().has_due());
  wait.set_name(first);
  ASSERT_TRUE(node.Do("router", "agents/1005", wait).ok());
  router::v1::EndWaitRequest go_on;
  go_on.set_name(second);
  ASSERT_TRUE(node.Do("router", "agents/1008", go_on).ok());
  EXPECT_EQ(queue(), (Names{second, first}));
  node.Stop();
}

}  // namespace
}  // namespace shoujie
