// Whoever is leaving finishes what he has and gets nothing new.
#include "services/interaction/domain/presence.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

// The usual directory in which 1002 is leaving.
directory::v1::Directory Leaving() {
  auto directory = TestDirectory();
  for (auto& agent : *directory.mutable_agents()) {
    if (agent.id() == "1002") agent.mutable_leaving()->set_seconds(1);
  }
  return directory;
}

TEST(LeavingTest, HeAcceptsNothingAndIsHandedNothing) {
  World w(Leaving());
  ASSERT_TRUE(w.Offered(0).ok());
  EXPECT_EQ(ReasonOf(w.As("1002", v1::AcceptContactRequest())), "AGENT_LEAVING");
  ASSERT_TRUE(w.Answered(6, "1001").ok());
  v1::TransferContactRequest transfer;
  transfer.set_to("1002");
  transfer.set_anonymous(true);
  transfer.set_gist("boiler leaks");
  transfer.set_responsible("1500");
  *transfer.mutable_deadline() = ToProto(w.now() + absl::Hours(1));
  EXPECT_EQ(ReasonOf(w.As("1001", transfer)), "AGENT_LEAVING");

  World paper(Leaving());
  v1::CreateContactRequest create;
  create.set_channel(v1::CHANNEL_INTERNAL);
  create.set_site("north");
  const Principal himself{"agents/1002", static_cast<uint32_t>(Right::kAgent)};
  EXPECT_EQ(ReasonOf(paper.Send(create, himself)), "AGENT_LEAVING");
  create.set_received_by("1002");
  EXPECT_EQ(ReasonOf(paper.Send(create, himself)), "AGENT_LEAVING");
}

TEST(LeavingTest, ACallThatReachesHimIsHisHeadsAndHeFinishesIt) {
  World w(Leaving());
  w.HadCall("1002");  // it happened: intake never waits
  EXPECT_EQ(w.contact.handler(), "1002");
  EXPECT_EQ(w.contact.owner(), "1900");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_HEAD_STANDS_IN);
  ASSERT_EQ(w.contact.skipped_size(), 1);
  EXPECT_EQ(w.contact.skipped(0).reason(), v1::SKIP_REASON_LEFT);
  EXPECT_TRUE(w.As("1002", DisposeTicket()).ok());
}

TEST(LeavingTest, HeIsThereAndNeverFree) {
  const Reference reference(Leaving());
  const Principal himself{"agents/1002", static_cast<uint32_t>(Right::kAgent)};
  const auto set = [&](v1::PresenceState state) {
    v1::SetPresenceRequest request;
    request.set_name("presences/1002");
    request.set_state(state);
    const Context context{.now = World::Start(),
                          .recorded_at = World::Start(),
                          .principal = himself,
                          .reference = reference,
                          .stream = request.name()};
    return DecidePresence(v1::Presence(), request, context).status();
  };
  EXPECT_TRUE(set(v1::PRESENCE_STATE_BUSY).ok());
  EXPECT_TRUE(set(v1::PRESENCE_STATE_OFFLINE).ok());
  EXPECT_EQ(ReasonOf(set(v1::PRESENCE_STATE_AVAILABLE)), "AGENT_LEAVING");
}

}  // namespace
}  // namespace shoujie::interaction
