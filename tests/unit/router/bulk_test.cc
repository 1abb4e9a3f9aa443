// A transfer that is part of one act on many tickets: what it records, and when it can be taken back as part of it.
#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

absl::Status Transfer(Desk& desk, const std::string& bulk) {
  v1::TransferOwnershipRequest request;
  request.set_to("1002");
  request.set_reason(v1::OWNER_REASON_LEAVE);
  request.set_bulk(bulk);
  return desk.Do(request);
}
absl::Status Undo(Desk& desk, const std::string& bulk) {
  v1::UndoLastRequest request;
  request.set_bulk(bulk);
  return desk.Do(request);
}

TEST(BulkTest, ATransferJoinsItsActAndIsTakenBackWithIt) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(Transfer(desk, "b-1"), absl::OkStatus());
  ASSERT_EQ(desk.events().size(), 2u);
  EXPECT_EQ(desk.events()[0].ownership_transferred().to(), "1002");
  EXPECT_EQ(desk.events()[1].bulk_joined().bulk(), "b-1");
  EXPECT_EQ(desk.ticket().last_act().bulk(), "b-1");
  EXPECT_EQ(desk.ticket().last_act().kind(), v1::ACT_KIND_TRANSFER);
  EXPECT_EQ(desk.row().bulk(), "b-1");

  EXPECT_THAT(Undo(desk.at(Hours(1) + Minutes(1)), "b-2"), RefusedWith("BULK_NOT_LAST"));
  ASSERT_EQ(Undo(desk, "b-1"), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1001");
  EXPECT_FALSE(desk.ticket().has_last_act());
  EXPECT_EQ(desk.row().bulk(), "") << "nothing of it is left to take back";
  EXPECT_EQ(CheckTicket(desk.ticket(), At(Hours(2))), absl::OkStatus());
}

TEST(BulkTest, ANoteDoesNotKeepItFromBeingTakenBackButAnotherActDoes) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(Transfer(desk, "b-1"), absl::OkStatus());
  v1::AddNoteRequest note;
  note.set_text("seen");
  ASSERT_EQ(desk.by("1002").Do(note), absl::OkStatus());
  EXPECT_EQ(desk.ticket().last_act().bulk(), "b-1");
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(Undo(desk.by("1001"), "b-1"), RefusedWith("NOTHING_TO_UNDO"));
  EXPECT_EQ(desk.row().bulk(), "b-1") << "still found by its act, to be told that it was not taken back";
}

TEST(BulkTest, ATransferThatStandsAloneIsNoPartOfAnyAct) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(Transfer(desk, ""), absl::OkStatus());
  EXPECT_EQ(desk.events().size(), 1u);
  EXPECT_THAT(Undo(desk, "b-1"), RefusedWith("BULK_NOT_LAST"));
  EXPECT_EQ(Undo(desk, ""), absl::OkStatus());
}

TEST(BulkTest, AnIdThatIsNoneIsRefused) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  for (const std::string& bulk : {std::string("13800138000 王"), std::string("a/b"), std::string(65, 'x')}) {
    EXPECT_THAT(Transfer(desk, bulk), RefusedWith("BULK_INVALID"));
    EXPECT_EQ(desk.ticket().owner(), "1001");
  }
}

}  // namespace
}  // namespace shoujie::router
