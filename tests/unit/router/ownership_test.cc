#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;

TEST(OpeningTest, OwnershipAndCustodyBeginWithTheContact) {
  Desk desk;
  desk.Open();
  const auto& t = desk.ticket();
  EXPECT_EQ(t.name(), kName);
  EXPECT_EQ(t.contact(), kContact);
  EXPECT_EQ(t.owner(), "1001");
  EXPECT_EQ(FromProto(t.open_time()), At(absl::ZeroDuration()));
  ASSERT_EQ(t.ownership_size(), 1);
  EXPECT_EQ(t.ownership(0).reason(), v1::OWNER_REASON_FIRST_CONTACT);
  EXPECT_EQ(FromProto(t.ownership(0).at()), At(Minutes(3)));
  EXPECT_EQ(t.handler().id(), "1001");
  EXPECT_EQ(t.gist().box(), "sealed");
  desk.at(Minutes(10));
  EXPECT_EQ(desk.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Minutes(10));
}

TEST(OpeningTest, OwnerWhoLeftIsReplacedByHisHeadWithTheReason) {
  Desk desk;
  desk.Open("1009");
  EXPECT_EQ(desk.ticket().owner(), "9000");
  EXPECT_EQ(desk.ticket().ownership(0).reason(), v1::OWNER_REASON_OWNER_LEFT);
  EXPECT_EQ(desk.events()[0].ticket_opened().named_owner(), "1009");
}

TEST(OpeningTest, UnknownOwnerIsReplacedByTheHeadOfTheContactsSite) {
  Desk desk;
  desk.Open("4711", "south");
  EXPECT_EQ(desk.ticket().owner(), "9100");
  EXPECT_EQ(desk.ticket().ownership(0).reason(), v1::OWNER_REASON_OWNER_UNKNOWN);
}

TEST(OpeningTest, HeadWhoLeftIsPassedOver) {
  auto directory = SampleDirectory();
  for (auto& agent : *directory.mutable_agents()) {
    if (agent.id() == "9000") agent.set_left(true);
  }
  Desk desk(directory);
  desk.Open("1009");
  EXPECT_EQ(desk.ticket().owner(), "9100");
}

TEST(OpeningTest, CannotBeDeclinedEvenWithoutADirectory) {
  Desk desk{directory::v1::Directory()};
  desk.Open("1001");
  EXPECT_EQ(desk.ticket().owner(), "1001");
  Desk nobody{directory::v1::Directory()};
  nobody.Open("");
  EXPECT_EQ(nobody.ticket().owner(), "centre-head");
}

TEST(OpeningTest, SecondRequestChangesNothing) {
  Desk desk;
  desk.Open().Open("1002");
  EXPECT_EQ(desk.version(), 1u);
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

TEST(OpeningTest, CommandsOnATicketThatDoesNotExistAreNotFound) {
  Desk desk;
  EXPECT_THAT(desk.by("1001").Close(), RefusedWith("TICKET_NOT_FOUND"));
  EXPECT_THAT(desk.Offer("tech"), RefusedWith("TICKET_NOT_FOUND"));
  EXPECT_THAT(desk.Reopen(), RefusedWith("TICKET_NOT_FOUND"));
  v1::AddNoteRequest elsewhere;
  elsewhere.set_name(kContact);
  EXPECT_THAT(desk.Do(elsewhere), RefusedWith("NAME_INVALID"));
}

TEST(TransferTest, OwnerLeaderHeadAndOperatorMayAndNobodyElse) {
  for (const char* who : {"1001", "2001", "2002", "9000", "9100"}) {
    Desk desk;
    desk.Open().at(Hours(1)).by(who);
    EXPECT_EQ(desk.Transfer("1002"), absl::OkStatus()) << who;
    EXPECT_EQ(desk.ticket().owner(), "1002");
    EXPECT_EQ(desk.ticket().ownership(1).by(), absl::StrCat("agents/", who));
  }
  for (const char* who : {"1002", "1003", "2101", "5001"}) {
    Desk desk;
    desk.Open().at(Hours(1)).by(who);
    EXPECT_THAT(desk.Transfer("1002"), RefusedWith("NOT_OWNER_OR_LEADER")) << who;
  }
  Desk desk;
  desk.Open().by_operator();
  EXPECT_EQ(desk.Transfer("1002"), absl::OkStatus());
  EXPECT_THAT(desk.by("4711").Transfer("1001"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(desk.by("1009").Transfer("1001"), RefusedWith("AGENT_LEFT"));
}

TEST(TransferTest, NewOwnerMustBeThereAndAReasonGiven) {
  Desk desk;
  desk.Open().by("1001");
  EXPECT_THAT(desk.Transfer("1009"), RefusedWith("AGENT_LEFT"));
  EXPECT_THAT(desk.Transfer("4711"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(desk.Transfer(""), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_THAT(desk.Transfer("1001"), RefusedWith("ALREADY_OWNER"));
  EXPECT_THAT(desk.Transfer("1002", v1::OWNER_REASON_UNSPECIFIED), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(desk.Transfer("1002", v1::OWNER_REASON_CORRECTION), RefusedWith("REASON_MISSING"));
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

TEST(TransferTest, OwnerWhoLeftKeepsItUntilALeaderHandsItOver) {
  Desk desk;
  desk.Open();
  auto directory = SampleDirectory();
  directory.mutable_agents(0)->set_left(true);
  desk.Publish(directory);
  desk.at(Hours(1)).FireTimers();
  EXPECT_EQ(desk.ticket().owner(), "1001");
  EXPECT_THAT(desk.by("1001").Transfer("1002"), RefusedWith("AGENT_LEFT"));
  EXPECT_EQ(desk.by("2001").Transfer("1002", v1::OWNER_REASON_AGENT_LEFT), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1002");
}

TEST(TransferTest, MovesAccountabilityAndLeavesTheDepartmentsCustodyAlone) {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  desk.at(Hours(2));
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1002");
  ASSERT_EQ(desk.at(Hours(3)).by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(4)).Complete(), absl::OkStatus());
  desk.at(Hours(5));
  EXPECT_EQ(desk.Held(Department("tech"), v1::CUSTODY_KIND_OFFERED), Hours(2));
  EXPECT_EQ(desk.Held(Department("tech"), v1::CUSTODY_KIND_SIGNED), Hours(1));
  EXPECT_EQ(desk.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Hours(1));
  EXPECT_EQ(desk.Held(Person("1002"), v1::CUSTODY_KIND_OWNER), Hours(1));
  EXPECT_EQ(desk.ticket().handler().id(), "1002");
}

TEST(UndoTest, AuthorTakesATransferBackWithinTheWindow) {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(1) + Minutes(10)).Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1001");
  EXPECT_EQ(desk.ticket().corrections(), 1u);
  EXPECT_EQ(desk.ticket().ownership(2).reason(), v1::OWNER_REASON_CORRECTION);
  EXPECT_EQ(desk.Held(Person("1002"), v1::CUSTODY_KIND_OWNER), Minutes(10));  // what was, was
  EXPECT_THAT(desk.Do(v1::UndoLastRequest()), RefusedWith("NOTHING_TO_UNDO"));
}

TEST(UndoTest, AfterTheWindowOnlyALeader) {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  desk.at(Hours(1) + Minutes(10) + Seconds(1));
  EXPECT_THAT(desk.Do(v1::UndoLastRequest()), RefusedWith("UNDO_NOT_YOURS"));
  EXPECT_THAT(desk.by("1002").Do(v1::UndoLastRequest()), RefusedWith("UNDO_NOT_YOURS"));
  EXPECT_EQ(desk.by("2001").Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

TEST(UndoTest, AClosingTakenBackBeginsNoEpisode) {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_TRUE(desk.row().has_first_resolved());
  ASSERT_EQ(desk.at(Hours(1) + Minutes(5)).Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk.ticket().episodes_size(), 1);
  EXPECT_FALSE(desk.ticket().episodes(0).has_resolution());
  EXPECT_FALSE(desk.row().has_first_resolved());
  EXPECT_EQ(desk.row().reopenings(), 0u);
  EXPECT_EQ(desk.Held(Person("1001"), v1::CUSTODY_KIND_CLOSED), Minutes(5));
  ASSERT_EQ(desk.at(Hours(2)).Close(), absl::OkStatus());
  EXPECT_EQ(FromProto(desk.ticket().episodes(0).closed()), At(Hours(2)));
}

TEST(UndoTest, OnlyTheLastActAndNotPastSomebodyElses) {
  Desk desk;
  desk.Open().at(Hours(1)).by("1001");
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  v1::AddNoteRequest note;
  note.set_text("on my way home");
  ASSERT_EQ(desk.Do(note), absl::OkStatus());  // a note is no act that stands in the way
  ASSERT_TRUE(desk.ticket().has_last_act());
  ASSERT_EQ(desk.by("1002").Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk.by("1001").Do(v1::UndoLastRequest()), RefusedWith("NOTHING_TO_UNDO"));
}

TEST(UndoTest, ATransferFromSomebodyWhoLeftStays) {
  Desk desk;
  desk.Open().at(Hours(1)).by("2001");
  ASSERT_EQ(desk.Transfer("1002", v1::OWNER_REASON_AGENT_LEFT), absl::OkStatus());
  auto directory = SampleDirectory();
  directory.mutable_agents(0)->set_left(true);
  desk.Publish(directory);
  EXPECT_THAT(desk.Do(v1::UndoLastRequest()), RefusedWith("AGENT_LEFT"));
}

}  // namespace
}  // namespace shoujie::router
