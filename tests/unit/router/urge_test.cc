// Urging 催办: who is asked, how, what it records and what it leaves alone (F083).
#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

absl::Status Urge(Desk& desk, const std::string& reason = "the customer called a third time") {
  v1::UrgeTicketRequest request;
  request.set_reason(reason);
  return desk.Do(request);
}

directory::v1::Directory WithNoticeAfter(absl::Duration duration) {
  auto directory = SampleDirectory();
  directory.mutable_policies()->mutable_urge_notice_after()->set_seconds(absl::ToInt64Seconds(duration));
  return directory;
}

TEST(UrgeTest, TheDepartmentThatHoldsItIsUrgedAndNothingMoves) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  const v1::Ticket before = desk.ticket();
  ASSERT_EQ(Urge(desk.at(Hours(2))), absl::OkStatus());
  ASSERT_EQ(desk.events().size(), 1u);
  const auto& urged = desk.events()[0].urged();
  EXPECT_EQ(urged.urge(), 1u);
  EXPECT_EQ(urged.party().kind(), v1::PARTY_KIND_DEPARTMENT);
  EXPECT_EQ(urged.party().id(), "tech");
  EXPECT_EQ(urged.responsible(), "5001");
  EXPECT_EQ(urged.handoff(), 1u);
  EXPECT_EQ(FromProto(urged.deadline()), At(Hours(24)));
  EXPECT_EQ(urged.form(), v1::URGE_FORM_CALL);
  EXPECT_EQ(urged.copied_to(), "");
  EXPECT_EQ(urged.reason().plain(), "the customer called a third time");

  v1::Ticket after = desk.ticket();
  EXPECT_EQ(after.urges(), 1u);
  EXPECT_EQ(FromProto(after.last_urged()), At(Hours(2)));
  EXPECT_EQ(desk.row().urges(), 1u);
  after.clear_urges();
  after.clear_last_urged();
  *after.mutable_update_time() = before.update_time();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString()) << "owner, custody, deadline, timers";
}

TEST(UrgeTest, EachIsCountedOverEpisodes) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(Urge(desk), absl::OkStatus());
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  ASSERT_EQ(desk.at(Hours(3)).Reopen(), absl::OkStatus());
  ASSERT_EQ(Urge(desk.at(Hours(4))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().urge(), 2u);
  EXPECT_EQ(desk.ticket().urges(), 2u);
  EXPECT_EQ(FromProto(desk.ticket().last_urged()), At(Hours(4)));
}

TEST(UrgeTest, AnyAgentMayForWhoeverTakesTheNextCallHearsIt) {
  Desk desk;
  desk.Open().at(Hours(1));
  EXPECT_EQ(Urge(desk.by("1003")), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().party().kind(), v1::PARTY_KIND_PERSON);
  EXPECT_EQ(desk.events()[0].urged().responsible(), "1001") << "with its owner: the owner is urged";
  EXPECT_EQ(desk.events()[0].urged().handoff(), 0u);
  EXPECT_EQ(Urge(desk.by_operator()), absl::OkStatus());
  EXPECT_THAT(Urge(desk.by("1009")), RefusedWith("AGENT_LEFT"));
  EXPECT_THAT(Urge(desk.by("4711")), RefusedWith("AGENT_UNKNOWN"));
}

TEST(UrgeTest, ThePersonWhoWasAskedIsUrged) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  v1::OfferHandoffRequest offer;
  offer.set_department("tech");
  offer.set_person("5002");
  *offer.mutable_deadline() = ToProto(At(Hours(24)));
  offer.set_gist("please look at it");
  ASSERT_EQ(desk.Do(offer), absl::OkStatus());
  ASSERT_EQ(Urge(desk), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().responsible(), "5002");
}

TEST(UrgeTest, WellPastTheDeadlineItIsANoticeWithACopyToALeader) {
  Desk desk(WithNoticeAfter(Hours(24)));
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech", Hours(8)), absl::OkStatus());
  ASSERT_EQ(Urge(desk.at(Hours(32) - Minutes(1))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().form(), v1::URGE_FORM_CALL);
  ASSERT_EQ(Urge(desk.at(Hours(32))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().form(), v1::URGE_FORM_NOTICE);
  EXPECT_EQ(desk.events()[0].urged().copied_to(), "9000")
      << "the department's head is urged himself: the centre's head";
}

TEST(UrgeTest, TheCopyGoesToTheDepartmentsHeadWhereAMemberIsUrged) {
  Desk desk(WithNoticeAfter(Hours(1)));
  desk.Open().by("1001").at(Hours(1));
  v1::OfferHandoffRequest offer;
  offer.set_department("tech");
  offer.set_person("5002");
  *offer.mutable_deadline() = ToProto(At(Hours(8)));
  offer.set_gist("please look at it");
  ASSERT_EQ(desk.Do(offer), absl::OkStatus());
  ASSERT_EQ(Urge(desk.at(Hours(10))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().form(), v1::URGE_FORM_NOTICE);
  EXPECT_EQ(desk.events()[0].urged().copied_to(), "5001");
}

TEST(UrgeTest, WithoutThePolicyItIsANoticeFromTheDeadlineOn) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech", Hours(8)), absl::OkStatus());
  ASSERT_EQ(Urge(desk.at(Hours(8) - Minutes(1))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().form(), v1::URGE_FORM_CALL);
  ASSERT_EQ(Urge(desk.at(Hours(8))), absl::OkStatus());
  EXPECT_EQ(desk.events()[0].urged().form(), v1::URGE_FORM_NOTICE);
}

TEST(UrgeTest, WhatCannotBeUrgedIsRefused) {
  Desk desk;
  EXPECT_THAT(Urge(desk.by("1001")), RefusedWith("TICKET_NOT_FOUND"));
  desk.Open().by("1001").at(Hours(1));
  EXPECT_THAT(Urge(desk, " "), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(Urge(desk, std::string(20 << 10, 'x')), RefusedWith("TEXT_TOO_LONG"));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  EXPECT_THAT(Urge(desk), RefusedWith("TICKET_CLOSED"));
  EXPECT_EQ(desk.ticket().urges(), 0u);
}

TEST(UrgeTest, ATransferCanStillBeTakenBack) {
  Desk desk;
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Transfer("1002"), absl::OkStatus());
  ASSERT_EQ(Urge(desk.by("1003")), absl::OkStatus());
  v1::UndoLastRequest undo;
  undo.set_note("by mistake");
  EXPECT_EQ(desk.by("1001").Do(undo), absl::OkStatus());
  EXPECT_EQ(desk.ticket().owner(), "1001");
}

}  // namespace
}  // namespace shoujie::router
