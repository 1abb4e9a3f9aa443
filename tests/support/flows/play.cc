#include "tests/support/flows/play.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/directory/sample.h"
#include "services/router/domain/proof.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::flows {
namespace {

namespace ro = router::v1;

constexpr absl::Duration kPatience = absl::Seconds(60), kLook = absl::Milliseconds(20);

common::v1::GetRequest Named(const std::string& name) {
  common::v1::GetRequest get;
  get.set_name(name);
  return get;
}

void ExpectHolds(const Flow& flow, Stage& stage) {
  if (flow.done() < flow.opened_by()) return;
  auto ticket = stage.Ticket(Named(flow.ticket()));
  if (absl::IsNotFound(ticket.status())) return;  // the reaction is still to come; the next step waits for it
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  for (const std::string& what : flow.Check(*ticket, flow.done(), absl::Now())) ADD_FAILURE() << what;
}

// Tickets come about by a reaction, a moment after the contact asked for them.
absl::StatusOr<common::v1::CommandReply> Until(Stage& stage, const Step& step) {
  const absl::Time limit = absl::Now() + kPatience;
  while (true) {
    auto reply = stage.Do(step.who, *step.request);
    if (reply.ok() || ReasonOf(reply.status()) != "TICKET_NOT_FOUND" || absl::Now() > limit) return reply;
    absl::SleepFor(kLook);
  }
}

}  // namespace

std::string ServiceOf(const google::protobuf::Message& request) {
  const std::vector<std::string> parts = absl::StrSplit(request.GetDescriptor()->file()->package(), '.');
  return parts[1];
}

void Play(Flow& flow, Stage& stage, Played* played, size_t steps) {
  while (flow.done() < steps) {
    const Step step = flow.Next(absl::Now());
    SCOPED_TRACE(flow.name() + ": " + step.what);
    if (step.publishes) {
      auto version = stage.Publish(WithComplaints(directory::SampleDirectory(), *step.publishes));
      ASSERT_TRUE(version.ok()) << version.status();
      played->versions.push_back(*version);
      flow.Done({});
      continue;
    }
    for (const absl::Time limit = absl::Now() + kPatience; step.after;) {
      auto ticket = stage.Ticket(Named(flow.ticket()));
      ASSERT_TRUE(ticket.ok()) << ticket.status();
      if (step.after(*ticket)) break;
      ASSERT_LT(absl::Now(), limit) << "it does not come about";
      absl::SleepFor(kLook);
    }
    auto reply = Until(stage, step);
    if (step.refused.empty()) {
      ASSERT_TRUE(reply.ok()) << reply.status();
      flow.Done(*reply);
    } else {
      ASSERT_EQ(ReasonOf(reply.status()), step.refused) << reply.status();
      flow.Done({});
    }
    ASSERT_NO_FATAL_FAILURE(ExpectHolds(flow, stage));
  }
}

void ExpectProven(const Flow& flow, Stage& stage) {
  const auto history = stage.History(flow.ticket());
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_FALSE(history->empty());
  for (size_t i = 0; i < history->size(); ++i) {
    const auto& entry = (*history)[i];
    SCOPED_TRACE(entry.version());
    EXPECT_EQ(entry.version(), i + 1);
    EXPECT_FALSE(entry.hash().empty());
    EXPECT_EQ(entry.prev_hash(), i == 0 ? "" : (*history)[i - 1].hash());
    common::v1::GetRequest then = Named(flow.ticket());
    then.set_as_of_version(entry.version());
    auto ticket = stage.Ticket(then);
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    const absl::Status proof = router::CheckTicket(*ticket, ToTime(entry.recorded_at()));
    EXPECT_TRUE(proof.ok()) << proof;
    EXPECT_EQ(ticket->owner(), flow.cast().agent);
  }
}

void ExpectExplained(const Flow& flow, Stage& stage, const Played& played) {
  ASSERT_EQ(played.versions.size(), 2u);
  ASSERT_NE(played.versions[0], played.versions[1]);
  for (const uint64_t version : played.versions) {
    SCOPED_TRACE(version);
    const auto explained = stage.Explain(flow.ticket(), version);
    ASSERT_TRUE(explained.ok()) << explained.status();
    absl::Duration whole, counted, paused, shares;
    std::vector<ro::ExplanationKind> marks;
    const ro::ExplanationLine *judged = nullptr, *would = nullptr, *breached = nullptr;
    for (const auto& line : explained->lines()) {
      EXPECT_FALSE(line.en().empty());
      EXPECT_FALSE(line.zh().empty());
      const absl::Duration length = line.has_to() ? ToTime(line.to()) - ToTime(line.from()) : absl::ZeroDuration();
      whole += length;
      if (line.what() == ro::EXPLANATION_KIND_WORKING) counted += ToDuration(line.counted());
      if (line.what() == ro::EXPLANATION_KIND_PAUSED) {
        paused += length;
        EXPECT_EQ(line.party().id(), "warehouse");
        if (marks.empty() || marks.back() != line.what()) marks.push_back(line.what());
      }
      if (line.what() == ro::EXPLANATION_KIND_SHARE) shares += ToDuration(line.counted());
      if (line.what() == ro::EXPLANATION_KIND_BREACHED) breached = &line;
      if (line.what() == ro::EXPLANATION_KIND_BREACHED) marks.push_back(line.what());
      if (line.what() == ro::EXPLANATION_KIND_JUDGED) judged = &line;
      if (line.what() == ro::EXPLANATION_KIND_WOULD_BE) would = &line;
    }
    ASSERT_TRUE(judged != nullptr && would != nullptr && breached != nullptr);
    // As it was judged: by the version that it began with, however often another is published.
    EXPECT_EQ(judged->verdict(), ro::CLOCK_VERDICT_BREACHED);
    EXPECT_EQ(judged->directory_version(), played.versions[0]);
    EXPECT_EQ(ToDuration(judged->target()), kComplaintTarget);
    EXPECT_EQ(breached->party().id(), "warehouse");
    EXPECT_EQ(marks, (std::vector<ro::ExplanationKind>{ro::EXPLANATION_KIND_PAUSED, ro::EXPLANATION_KIND_BREACHED}));
    // As it would be.
    const bool then = version == played.versions[0];
    EXPECT_EQ(would->directory_version(), version);
    EXPECT_EQ(ToDuration(would->target()), then ? kComplaintTarget : kComplaintLater);
    EXPECT_EQ(would->verdict(), then ? ro::CLOCK_VERDICT_BREACHED : ro::CLOCK_VERDICT_MET);
    // Every millisecond of the clock's life is told, what counted has somebody whose share it is, the pause has none.
    EXPECT_GT(paused, absl::ZeroDuration());
    EXPECT_GT(counted, kComplaintTarget);
    EXPECT_EQ(counted + paused, whole);
    EXPECT_EQ(shares, counted);
  }
}

}  // namespace shoujie::flows
