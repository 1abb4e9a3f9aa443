#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;

class ClosingTest : public testing::Test {
 protected:
  ClosingTest() { desk_.Open().at(Hours(1)).by("1001"); }
  Desk desk_;
};

TEST_F(ClosingTest, NeedsCodeResultAndRecord) {
  EXPECT_THAT(desk_.Close(v1::RESOLUTION_CODE_UNSPECIFIED), RefusedWith("RESOLUTION_MISSING"));
  EXPECT_THAT(desk_.Close(v1::RESOLUTION_CODE_IN_SOURCE), RefusedWith("RESOLUTION_MISSING"));
  EXPECT_THAT(desk_.Close(static_cast<v1::ResolutionCode>(99)), RefusedWith("RESOLUTION_MISSING"));
  v1::CloseTicketRequest request;
  request.set_code(v1::RESOLUTION_CODE_SOLVED);
  EXPECT_THAT(desk_.Do(request), RefusedWith("RESULT_MISSING"));
  request.set_result("done");
  for (const auto& record : {absl::StrCat(kContact, "0"), absl::StrCat("tickets/", kMatter), kName}) {
    request.set_record(record);
    EXPECT_THAT(desk_.Do(request), RefusedWith("RECORD_MISSING")) << record;
  }
  EXPECT_EQ(desk_.Close(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().episodes(0).resolution().record(), kContact);
  EXPECT_EQ(desk_.ticket().state(), v1::TICKET_STATE_CLOSED);
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_THAT(desk_.Close(), RefusedWith("ALREADY_CLOSED"));
  EXPECT_THAT(desk_.Offer("tech"), RefusedWith("TICKET_CLOSED"));
}

TEST_F(ClosingTest, NotWhileADepartmentHasIt) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.Close(), RefusedWith("HANDOFF_ACTIVE"));
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  EXPECT_THAT(desk_.by("1001").Close(), RefusedWith("HANDOFF_ACTIVE"));
  EXPECT_THAT(desk_.by("5001").Close(), RefusedWith("NOT_OWNER_OR_LEADER"));
}

TEST_F(ClosingTest, UnresolvedNeedsALeader) {
  EXPECT_THAT(desk_.Close(v1::RESOLUTION_CODE_UNRESOLVED), RefusedWith("UNRESOLVED_NEEDS_LEADER"));
  EXPECT_EQ(desk_.by("2001").Close(v1::RESOLUTION_CODE_UNRESOLVED), absl::OkStatus());
  EXPECT_FALSE(desk_.row().has_first_resolved());
}

TEST_F(ClosingTest, ReopeningIsANewEpisodeAndTheOldOneStaysJudged) {
  ASSERT_EQ(desk_.Close(), absl::OkStatus());
  const auto judged = desk_.ticket().episodes(0).resolution().SerializeAsString();
  EXPECT_THAT(desk_.by("1003").Do(v1::ReopenTicketRequest()), RefusedWith("REASON_MISSING"));
  ASSERT_EQ(desk_.at(Hours(5)).by("1003").Reopen(), absl::OkStatus());  // whoever takes the next call
  const auto& t = desk_.ticket();
  ASSERT_EQ(t.episodes_size(), 2);
  EXPECT_EQ(t.episodes(0).resolution().SerializeAsString(), judged);
  EXPECT_EQ(FromProto(t.episodes(0).closed()), At(Hours(1)));
  EXPECT_EQ(t.owner(), "1001");
  EXPECT_EQ(t.handler().id(), "1001");
  desk_.at(Hours(7));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_CLOSED), Hours(4));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Hours(3));
  EXPECT_THAT(desk_.Reopen(), RefusedWith("NOT_CLOSED"));
  ASSERT_EQ(desk_.by("1001").Close(), absl::OkStatus());
  EXPECT_EQ(FromProto(desk_.row().first_resolved()), At(Hours(1)));
  EXPECT_EQ(desk_.row().reopenings(), 1u);
}

TEST_F(ClosingTest, AClosedTicketStillHasAnOwnerWhoCanBeReplaced) {
  ASSERT_EQ(desk_.Close(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(2)).by("2001").Transfer("1002"), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().owner(), "1002");
  EXPECT_EQ(desk_.ticket().state(), v1::TICKET_STATE_CLOSED);
  desk_.at(Hours(4));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_CLOSED), Hours(1));
  EXPECT_EQ(desk_.Held(Person("1002"), v1::CUSTODY_KIND_CLOSED), Hours(2));
}

TEST_F(ClosingTest, ALateFactNeverMakesCustodyNegative) {
  ASSERT_EQ(desk_.at(Hours(3)).Offer("tech"), absl::OkStatus());
  // What an off-line site says of an earlier instant takes effect at the last one of the stream.
  ASSERT_EQ(desk_.at(Hours(2)).by("5001").Sign(), absl::OkStatus());
  EXPECT_EQ(FromProto(desk_.ticket().handoffs(0).signed_()), At(Hours(3)));
}

}  // namespace
}  // namespace shoujie::router
