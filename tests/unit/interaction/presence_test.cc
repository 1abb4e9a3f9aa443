// Who says whether somebody is there, and until when it holds.
#include "services/interaction/domain/presence.h"

#include <optional>

#include "services/interaction/projection.h"
#include "services/runtime/base/features.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

class PresenceTest : public ::testing::Test {
 protected:
  // By himself.
  absl::Status Set(v1::PresenceState state, std::optional<absl::Time> until = std::nullopt) {
    v1::SetPresenceRequest request;
    request.set_name("presences/1002");
    request.set_state(state);
    if (until) *request.mutable_until() = ToProto(*until);
    const Context context{.now = now_,
                          .recorded_at = now_,
                          .principal = himself_,
                          .reference = reference_,
                          .stream = "presences/1002",
                          .version = version_};
    auto decided = DecidePresence(presence_, request, context);
    events_.clear();
    if (!decided.ok()) return decided.status();
    for (const auto& one : *decided) {
      const EventContext at{.stream = "presences/1002", .version = ++version_, .effective_at = now_};
      EvolvePresence(presence_, one.event, at);
      rows_->Project(row_, one.event, at);
      events_.push_back(one.event);
    }
    return absl::OkStatus();
  }

  const Reference reference_{TestDirectory()};
  const Principal himself_{"agents/1002", static_cast<uint32_t>(Right::kAgent)};
  absl::Time now_ = World::Start();
  uint64_t version_ = 0;
  v1::Presence presence_;
  v1::PresenceRow row_;
  std::unique_ptr<RowType> rows_ = PresenceRows();
  std::vector<v1::Event> events_;
};

TEST_F(PresenceTest, LastPresenceStandsAndLateNewsDoNot) {
  const Principal agent{"agents/1001", static_cast<uint32_t>(Right::kAgent)};
  auto set = [&](const std::string& name, v1::PresenceState state, const Principal& who, absl::Time at) {
    v1::SetPresenceRequest request;
    request.set_name(name);
    request.set_state(state);
    *request.mutable_occurred_at() = ToProto(at);
    const Context context{.now = at,
                          .recorded_at = at,
                          .principal = who,
                          .reference = reference_,
                          .stream = request.name(),
                          .version = version_};
    auto decided = DecidePresence(presence_, request, context);
    if (!decided.ok()) return decided.status();
    for (const auto& one : *decided)
      EvolvePresence(presence_, one.event, {.stream = request.name(), .version = ++version_});
    return absl::OkStatus();
  };
  const absl::Time now = World::Start();
  ASSERT_TRUE(set("presences/1001", v1::PRESENCE_STATE_AVAILABLE, agent, now).ok());
  EXPECT_EQ(presence_.agent(), "1001");
  ASSERT_TRUE(set("presences/1001", v1::PRESENCE_STATE_AVAILABLE, agent, now + absl::Seconds(1)).ok());
  EXPECT_EQ(version_, 1u);
  ASSERT_TRUE(set("presences/1001", v1::PRESENCE_STATE_OFFLINE, World::Switch(), now - absl::Seconds(1)).ok());
  EXPECT_EQ(presence_.state(), v1::PRESENCE_STATE_AVAILABLE);
  ASSERT_TRUE(set("presences/1001", v1::PRESENCE_STATE_BUSY, World::Switch(), now + absl::Seconds(2)).ok());
  EXPECT_EQ(presence_.state(), v1::PRESENCE_STATE_BUSY);
  EXPECT_EQ(ReasonOf(set("presences/1002", v1::PRESENCE_STATE_BUSY, agent, now)), "NOT_YOURS");
  EXPECT_EQ(ReasonOf(set("presences/1003", v1::PRESENCE_STATE_BUSY, World::Switch(), now)), "AGENT_LEFT");
  EXPECT_EQ(ReasonOf(set("presence/1001", v1::PRESENCE_STATE_BUSY, agent, now)), "PRESENCE_NAME");
}

TEST_F(PresenceTest, SaysUntilWhen) {
  const absl::Time until = now_ + absl::Hours(2);
  ASSERT_TRUE(Set(v1::PRESENCE_STATE_AWAY, until).ok());
  EXPECT_EQ(ToTime(presence_.until()), until);
  EXPECT_EQ(ToTime(row_.until()), until);
  EXPECT_EQ(row_.state(), v1::PRESENCE_STATE_AWAY);
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(FeatureOf(events_[0]), "presence-until");

  ASSERT_TRUE(Set(v1::PRESENCE_STATE_AWAY, until).ok());
  EXPECT_TRUE(events_.empty()) << "nothing new";
  ASSERT_TRUE(Set(v1::PRESENCE_STATE_AWAY, until + absl::Hours(1)).ok());
  EXPECT_EQ(ToTime(row_.until()), until + absl::Hours(1));

  ASSERT_TRUE(Set(v1::PRESENCE_STATE_AVAILABLE).ok());
  EXPECT_FALSE(presence_.has_until());
  EXPECT_FALSE(row_.has_until());
  EXPECT_EQ(FeatureOf(events_[0]), "") << "earlier builds read it";
}

TEST_F(PresenceTest, IsNotOverBeforeItBegins) {
  EXPECT_EQ(ReasonOf(Set(v1::PRESENCE_STATE_AWAY, now_)), "PRESENCE_UNTIL_PAST");
  EXPECT_EQ(ReasonOf(Set(v1::PRESENCE_STATE_AWAY, now_ - absl::Hours(1))), "PRESENCE_UNTIL_PAST");
  EXPECT_TRUE(events_.empty());
  EXPECT_TRUE(Set(v1::PRESENCE_STATE_AWAY, now_ + absl::Milliseconds(1)).ok());
}

}  // namespace
}  // namespace shoujie::interaction
