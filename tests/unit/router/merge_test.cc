// Duplicates 并单: one ticket goes on in another one and is taken back, with messages alone between them.
#include <random>

#include "services/router/domain/limits.h"
#include "services/router/feed.h"
#include "tests/unit/router/merge_rig.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;

std::string Into(const absl::Status& status) {
  const auto detail = DetailOf(status);
  for (const auto& entry : detail.metadata()) {
    if (entry.key() == "into") return entry.value();
  }
  return "";
}

absl::Status Note(Desk& desk) {
  v1::AddNoteRequest request;
  request.set_text("called again");
  return desk.Do(request);
}

TEST(MergeTest, TheDuplicateGoesOnInTheOtherTicketAndItsOwnerStays) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  EXPECT_TRUE(IsMerging(rig[1].ticket()));
  EXPECT_EQ(rig[1].ticket().state(), v1::TICKET_STATE_NEW) << "nothing has changed yet";
  rig.Deliver();
  const v1::Ticket& merged = rig[1].ticket();
  EXPECT_EQ(merged.state(), v1::TICKET_STATE_MERGED);
  EXPECT_EQ(merged.owner(), "1001");
  EXPECT_EQ(merged.ownership_size(), 1);
  EXPECT_FALSE(merged.has_handler());
  EXPECT_EQ(merged.merge().into(), MergeRig::Name(2));
  EXPECT_EQ(merged.merge().by(), "agents/1001");
  EXPECT_EQ(RunningCustody(merged)->kind(), v1::CUSTODY_KIND_MERGED);
  EXPECT_FALSE(merged.episodes(0).has_closed()) << "it was not resolved";
  for (const auto kind : {CLOCK_KIND_DISPATCH, CLOCK_KIND_RESOLVE}) {
    EXPECT_EQ(rig[1].clock(kind).verdict(), v1::CLOCK_VERDICT_CANCELLED);
    EXPECT_EQ(rig[1].Spent(kind), Minutes(10));
  }
  EXPECT_TRUE(rig[1].timers().empty());
  EXPECT_EQ(rig[1].row().merged_into(), MergeRig::Name(2));
  EXPECT_TRUE(rig[1].row().clocks().empty());
  const v1::Ticket& other = rig[2].ticket();
  ASSERT_EQ(other.duplicates_size(), 1);
  EXPECT_EQ(other.duplicates(0).ticket(), MergeRig::Name(1));
  EXPECT_EQ(other.duplicates(0).by(), "agents/1001");
  EXPECT_EQ(other.state(), v1::TICKET_STATE_NEW);
  EXPECT_EQ(rig[2].clock(CLOCK_KIND_RESOLVE).verdict(), v1::CLOCK_VERDICT_UNSPECIFIED) << "it goes on";
  EXPECT_EQ(rig[2].row().duplicates(), 1u);
  rig.CheckQuiet();
}

TEST(MergeTest, TakenBackItGoesOnWhereItStood) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  rig.at(Minutes(40));
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  EXPECT_EQ(rig[1].ticket().state(), v1::TICKET_STATE_NEW);
  EXPECT_EQ(rig[1].ticket().handler().id(), "1001");
  EXPECT_EQ(rig[1].ticket().merge().state(), v1::MERGE_STATE_UNMERGED);
  EXPECT_EQ(rig[1].Held(Person("1001"), v1::CUSTODY_KIND_MERGED), Minutes(30)) << "custody is what was";
  EXPECT_EQ(rig[1].Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Minutes(10));
  const v1::Clock& resolve = rig[1].clock(CLOCK_KIND_RESOLVE);
  EXPECT_NE(resolve.continues(), 0u);
  EXPECT_EQ(Due(resolve), Hours(26) + Minutes(30)) << "ten hours of work, ten minutes of them before";
  EXPECT_EQ(Due(rig[1].clock(CLOCK_KIND_DISPATCH)), Hours(1));
  EXPECT_EQ(rig[1].row().merged_into(), "");
  EXPECT_EQ(rig[2].ticket().duplicates_size(), 1) << "it does not know yet";
  rig.Deliver();
  EXPECT_EQ(rig[2].ticket().duplicates_size(), 0);
  EXPECT_EQ(rig[2].row().duplicates(), 0u);
  EXPECT_THAT(rig.Unmerge(1), RefusedWith("NOT_MERGED"));
  EXPECT_EQ(rig[1].Offer("tech"), absl::OkStatus());
  rig.CheckQuiet();
}

TEST(MergeTest, WhatWasBreachedStaysSo) {
  MergeRig rig;
  rig.at(Minutes(31));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  EXPECT_EQ(rig[1].clock(CLOCK_KIND_DISPATCH).verdict(), v1::CLOCK_VERDICT_BREACHED);
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  EXPECT_TRUE(rig[1].clock(CLOCK_KIND_DISPATCH).has_ended());
  EXPECT_FALSE(rig[1].clock(CLOCK_KIND_RESOLVE).has_ended());
}

TEST(MergeTest, LaterActsAreSentToTheOtherTicket) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  AssistDesk& desk = rig[1];
  desk.by("2001");
  const std::vector<absl::Status> all = {desk.Offer("tech"),
                                         desk.Sign(),
                                         desk.Complete(),
                                         desk.Close(),
                                         desk.Reopen(),
                                         desk.Transfer("1002"),
                                         desk.Ask("warehouse"),
                                         desk.SignAssist(),
                                         desk.WithdrawAssist(),
                                         desk.Await(),
                                         desk.EndWait(),
                                         Note(desk),
                                         desk.Do(v1::UndoLastRequest()),
                                         desk.Do(v1::WithdrawHandoffRequest()),
                                         desk.Do(v1::UrgeTicketRequest()),
                                         desk.Do(v1::EscalateTicketRequest()),
                                         desk.Do(v1::RequestExtensionRequest()),
                                         desk.Do(v1::AnswerExtensionRequest()),
                                         desk.Do(v1::GetContactDetailsRequest())};
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_THAT(all[i], RefusedWith("TICKET_MERGED")) << i;
    EXPECT_EQ(Into(all[i]), MergeRig::Name(2)) << i;
  }
  EXPECT_THAT(rig.Merge(1, 3), RefusedWith("MERGE_MERGED"));
  v1::SetCustomerRequest customer;
  customer.set_customer("customers/C0413-000127-6");
  EXPECT_EQ(desk.by_system().Do(customer), absl::OkStatus()) << "whose matter it is stays a fact";
  EXPECT_EQ(desk.ticket().state(), v1::TICKET_STATE_MERGED);
}

TEST(MergeTest, NothingIsDoneUntilTheOtherTicketHasAnswered) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  AssistDesk& desk = rig[1];
  for (const absl::Status& status : {desk.Offer("tech"), desk.Close(), desk.Transfer("1002"), desk.Ask("warehouse"),
                                     desk.Await(), rig.Merge(1, 3), rig.Unmerge(1)}) {
    EXPECT_THAT(status, RefusedWith("TICKET_MERGING"));
    EXPECT_EQ(Into(status), MergeRig::Name(2));
  }
  EXPECT_EQ(Note(desk), absl::OkStatus()) << "a note stands in nobody's way";
  rig.at(Minutes(30));
  desk.FireAll();
  rig.Deliver();
  EXPECT_TRUE(IsMerged(desk.ticket()));
}

TEST(MergeTest, WhatCannotBeMergedIsRefusedAtOnce) {
  MergeRig rig;
  rig.at(Minutes(10));
  EXPECT_THAT(rig.Merge(1, MergeRig::Name(1)), RefusedWith("MERGE_SELF"));
  for (const std::string name : {"", "tickets/", "contacts/0413-000127-6", "tickets/a/b", "tickets/a b"}) {
    EXPECT_THAT(rig.Merge(1, name), RefusedWith("MERGE_INTO")) << name;
  }
  EXPECT_THAT(rig.Merge(1, "tickets/" + std::string(200, '7')), RefusedWith("MERGE_INTO"));
  EXPECT_THAT(rig.Merge(1, MergeRig::Name(2), std::string(20'000, 'x')), RefusedWith("TEXT_TOO_LONG"));
  rig[1].by("1002");
  EXPECT_THAT(rig.Merge(1, 2), RefusedWith("NOT_OWNER_OR_LEADER"));
  rig[1].by("1001");
  ASSERT_EQ(rig[1].Ask("warehouse"), absl::OkStatus());
  EXPECT_THAT(rig.Merge(1, 2), RefusedWith("ASSISTS_OPEN"));
  ASSERT_EQ(rig[1].WithdrawAssist(), absl::OkStatus());
  ASSERT_EQ(rig[1].Offer("tech"), absl::OkStatus());
  EXPECT_THAT(rig.Merge(1, 2), RefusedWith("HANDOFF_ACTIVE"));
  ASSERT_EQ(rig[1].Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  ASSERT_EQ(rig[1].Close(), absl::OkStatus());
  EXPECT_THAT(rig.Merge(1, 2), RefusedWith("TICKET_CLOSED"));
  ASSERT_EQ(rig.Merge(3, 2), absl::OkStatus());
  rig.Deliver();
  EXPECT_THAT(rig.Merge(2, 4), RefusedWith("MERGE_HAS_DUPLICATES"));
  AssistDesk unopened;
  v1::MergeTicketRequest request;
  request.set_into(MergeRig::Name(2));
  EXPECT_THAT(unopened.by("1001").Do(request), RefusedWith("TICKET_NOT_FOUND"));
  EXPECT_THAT(unopened.Do(v1::UnmergeTicketRequest()), RefusedWith("TICKET_NOT_FOUND"));
}

// The other ticket says no: everything is as it was, and the reason can be read.
TEST(MergeTest, WhatTheOtherTicketDeclinesChangesNothing) {
  MergeRig rig;
  rig.OpenFor(6, "1003", "south");
  rig.at(Minutes(10));
  ASSERT_EQ(rig[3].Close(), absl::OkStatus());
  ASSERT_EQ(rig.Merge(4, 5), absl::OkStatus());
  rig.Deliver();
  uint32_t merges = 0;
  const auto declined = [&](const std::string& into) {
    const std::string custody = rig[1].ticket().episodes(0).SerializeAsString();
    EXPECT_EQ(rig.Merge(1, into), absl::OkStatus());
    rig.Deliver();
    const auto& merge = rig[1].ticket().merge();
    EXPECT_EQ(merge.state(), v1::MERGE_STATE_DECLINED);
    EXPECT_EQ(merge.number(), ++merges);
    EXPECT_EQ(rig[1].ticket().episodes(0).SerializeAsString(), custody);
    EXPECT_EQ(rig[1].ticket().state(), v1::TICKET_STATE_NEW);
    EXPECT_FALSE(rig[1].clock(CLOCK_KIND_RESOLVE).has_ended());
    return merge.reason();
  };
  EXPECT_EQ(declined(MergeRig::Name(99)), "TICKET_NOT_FOUND");
  EXPECT_EQ(declined(MergeRig::Name(3)), "MERGE_INTO_CLOSED");
  EXPECT_EQ(declined(MergeRig::Name(4)), "MERGE_INTO_MERGED");
  EXPECT_EQ(declined(MergeRig::Name(6)), "NOT_OWNER_OR_LEADER") << "1001 cannot burden 1003";
  EXPECT_EQ(rig[1].Offer("tech"), absl::OkStatus()) << "it goes on";
}

TEST(MergeTest, ALeaderOfTheDuplicatesOwnerMergesIntoAnybodys) {
  MergeRig rig;
  rig.OpenFor(2, "1003", "south");
  rig.at(Minutes(10));
  rig[1].by("2001");
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  EXPECT_TRUE(IsMerged(rig[1].ticket()));
  EXPECT_EQ(rig[2].ticket().duplicates(0).by(), "agents/2001");
  EXPECT_EQ(rig[2].ticket().owner(), "1003");
  rig[1].by("1003");
  EXPECT_THAT(rig.Unmerge(1), RefusedWith("NOT_OWNER_OR_LEADER"));
  rig[1].by("1001");
  EXPECT_EQ(rig.Unmerge(1), absl::OkStatus()) << "the owner himself";
}

TEST(MergeTest, TwoThatAskEachOtherAreBothDeclined) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  ASSERT_EQ(rig.Merge(2, 1), absl::OkStatus());
  rig.Deliver();
  for (const uint64_t n : {1, 2}) {
    EXPECT_EQ(rig[n].ticket().merge().state(), v1::MERGE_STATE_DECLINED);
    EXPECT_EQ(rig[n].ticket().merge().reason(), "MERGE_INTO_MERGED");
    EXPECT_EQ(rig[n].ticket().duplicates_size(), 0);
  }
}

// Of a ring some may be taken, by whoever was declined first; in whatever order the messages come, no chain is left.
TEST(MergeTest, ARingOfThreeLeavesNoChain) {
  for (size_t order = 0; order < 6; ++order) {
    MergeRig rig;
    rig.at(Minutes(10));
    for (uint64_t n = 0; n < 3; ++n) ASSERT_EQ(rig.Merge(n, (n + 1) % 3), absl::OkStatus());
    rig.DeliverOne(order % 3);
    rig.DeliverOne(order / 3);
    rig.CheckInvariant();
    rig.Deliver();
    rig.CheckQuiet();
  }
}

TEST(MergeTest, TakenBackAndMergedAgainBeforeTheOtherTicketHeardOfIt) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  ASSERT_EQ(rig[2].ticket().duplicates_size(), 1);
  EXPECT_EQ(rig[2].ticket().duplicates(0).merge(), 2u);
  EXPECT_TRUE(IsMerged(rig[1].ticket()));
  rig.CheckQuiet();
}

// Answers that are not to the question that is open move nothing.
TEST(MergeTest, EachSideKnowsOfWhichMergeItIsTold) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  rig.Deliver();
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  AssistDesk& desk = rig[1];
  v1::AcceptMergeRequest accept;
  accept.set_into(MergeRig::Name(2));
  accept.set_merge(1);
  EXPECT_EQ(desk.Do(accept), absl::OkStatus());
  EXPECT_TRUE(desk.events().empty()) << "of the one before";
  accept.set_merge(2);
  accept.set_into(MergeRig::Name(3));
  EXPECT_EQ(desk.Do(accept), absl::OkStatus());
  EXPECT_TRUE(desk.events().empty()) << "of another ticket";
  common::v1::MessageDeclined declined;
  declined.set_to(MergeRig::Name(2));
  declined.set_type(v1::UnlinkDuplicateRequest::descriptor()->full_name());
  EXPECT_EQ(desk.Do(declined), absl::OkStatus());
  EXPECT_TRUE(desk.events().empty()) << "no question";
  declined.set_type(v1::LinkDuplicateRequest::descriptor()->full_name());
  declined.set_to(MergeRig::Name(3));
  EXPECT_EQ(desk.Do(declined), absl::OkStatus());
  EXPECT_TRUE(desk.events().empty()) << "of another ticket";
  rig.Deliver();
  EXPECT_TRUE(IsMerged(desk.ticket()));
  v1::UnlinkDuplicateRequest unlink;
  unlink.set_duplicate(MergeRig::Name(1));
  unlink.set_merge(1);
  EXPECT_EQ(rig[2].Do(unlink), absl::OkStatus());
  EXPECT_TRUE(rig[2].events().empty()) << "that one is over";
  EXPECT_EQ(rig[2].ticket().duplicates_size(), 1);
}

TEST(MergeTest, ClosingTheOtherTicketLeavesItsDuplicatesAlone) {
  MergeRig rig;
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  ASSERT_EQ(rig[2].Close(), absl::OkStatus());
  EXPECT_TRUE(IsMerged(rig[1].ticket()));
  EXPECT_EQ(rig[2].ticket().duplicates_size(), 1);
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  rig.Deliver();
  EXPECT_EQ(rig[2].ticket().duplicates_size(), 0);
  EXPECT_EQ(rig[2].ticket().state(), v1::TICKET_STATE_CLOSED);
  EXPECT_EQ(rig[2].Do(v1::UndoLastRequest()), absl::OkStatus()) << "a duplicate that leaves is no act of its own";
  rig.CheckQuiet();
}

TEST(MergeTest, AsManyDuplicatesAsTheLimitSays) {
  MergeRig rig;
  rig.at(Minutes(10));
  constexpr uint64_t kOther = 0, kMax = kDuplicatesMax;
  for (uint64_t n = 1; n <= kMax + 1; ++n) {
    ASSERT_EQ(rig.Merge(n, kOther), absl::OkStatus());
    rig.Deliver();
    EXPECT_EQ(IsMerged(rig[n].ticket()), n <= kMax) << n;
  }
  EXPECT_EQ(rig[kMax + 1].ticket().merge().reason(), "DUPLICATE_LIMIT");
  EXPECT_EQ(rig[kOther].ticket().duplicates_size(), kDuplicatesMax);
}

TEST(MergeTest, NoMoreOftenThanTheLimitSays) {
  MergeRig rig;
  rig.at(Minutes(10));
  for (uint32_t n = 0; n < kMergesMax; ++n) {
    ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
    rig.Deliver();
    ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
    rig.Deliver();
  }
  EXPECT_THAT(rig.Merge(1, 2), RefusedWith("MERGE_LIMIT"));
}

TEST(MergeTest, AWaitForTheCustomerEndsAndGoesOn) {
  MergeRig rig;
  rig.at(Minutes(5));
  ASSERT_EQ(rig[1].Await(), absl::OkStatus());
  rig.at(Minutes(10));
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  EXPECT_FALSE(rig[1].ticket().has_awaiting_since());
  EXPECT_EQ(FromProto(rig[1].ticket().episodes(0).pauses(0).to()), At(Minutes(10)));
  EXPECT_FALSE(rig[1].row().awaiting_customer());
  rig.at(Minutes(20));
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  EXPECT_EQ(rig[1].ticket().state(), v1::TICKET_STATE_AWAITING_CUSTOMER);
  EXPECT_TRUE(rig[1].ticket().has_awaiting_since());
  EXPECT_TRUE(rig[1].row().awaiting_customer());
  rig.at(Minutes(30));
  ASSERT_EQ(rig[1].EndWait(), absl::OkStatus());
  EXPECT_EQ(rig[1].ticket().state(), v1::TICKET_STATE_ACTIVE);
  EXPECT_EQ(Due(rig[1].clock(CLOCK_KIND_DISPATCH)), Minutes(55)) << "five of thirty minutes had passed";
}

TEST(MergeTest, AnEscalationIsNotOverdueMeanwhile) {
  MergeRig rig;
  rig.at(Minutes(5));
  v1::EscalateTicketRequest escalate;
  escalate.set_to("2001");
  escalate.set_reason("third call");
  *escalate.mutable_deadline() = ToProto(At(Minutes(20)));
  ASSERT_EQ(rig[1].Do(escalate), absl::OkStatus());
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  rig.Deliver();
  rig.at(Minutes(30));
  rig[1].FireAll();
  EXPECT_FALSE(rig[1].ticket().escalations(0).overdue());
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  rig[1].FireAll();
  EXPECT_TRUE(rig[1].ticket().escalations(0).overdue());
}

TEST(MergeTest, NoSourceSaysThatATicketIsMerged) {
  Desk desk;
  v1::RecordTicketFactsRequest request;
  request.set_source("old");
  request.set_external_id("7");
  auto& fact = *request.add_facts();
  fact.set_number(1);
  *fact.mutable_occurred_at() = ToProto(At(Hours(-1)));
  fact.set_state(v1::TICKET_STATE_MERGED);
  EXPECT_THAT(desk.by_importer().Do(request), RefusedWith("FACT_STATE"));
}

TEST(MergeTest, BothTicketsDepartmentsAreTold) {
  MergeRig rig;
  rig.at(Minutes(10));
  for (const uint64_t n : {1, 2}) {
    ASSERT_EQ(rig[n].Offer("tech"), absl::OkStatus());
    ASSERT_EQ(rig[n].Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  }
  const auto told = [&](uint64_t n) {
    std::vector<v1::TicketEvent> all;
    for (const auto& event : rig[n].events()) {
      EventContext at{.stream = rig[n].ticket().name(), .version = rig[n].version(), .effective_at = At(Hours(1))};
      if (auto published = Publish(rig[n].row(), event, at)) all.push_back(*std::move(published));
    }
    return all;
  };
  ASSERT_EQ(rig.Merge(1, 2), absl::OkStatus());
  EXPECT_TRUE(told(1).empty()) << "it is asked only";
  rig.Deliver();
  ASSERT_EQ(told(1).size(), 1u);
  EXPECT_EQ(told(1)[0].type(), "shoujie.ticket.merged.v1");
  EXPECT_EQ(told(1)[0].data().merged_into(), MergeRig::Name(2));
  EXPECT_EQ(told(1)[0].data().stage(), v1::CUSTOMER_STAGE_MERGED);
  EXPECT_THAT(Topics(told(1)[0]), testing::ElementsAre("tech"));
  ASSERT_EQ(told(2).size(), 1u);
  EXPECT_EQ(told(2)[0].type(), "shoujie.ticket.duplicates-changed.v1");
  EXPECT_EQ(told(2)[0].data().duplicate(), MergeRig::Name(1));
  EXPECT_EQ(told(2)[0].data().duplicates(), 1u);
  ASSERT_EQ(rig.Unmerge(1), absl::OkStatus());
  ASSERT_EQ(told(1).size(), 1u);
  EXPECT_EQ(told(1)[0].type(), "shoujie.ticket.unmerged.v1");
  EXPECT_EQ(told(1)[0].data().merged_into(), "");
}

// Whatever is asked at the same time, whichever message comes first: no chain and no cycle at any instant, and once
// everything has arrived both sides agree.
TEST(MergeTest, HoldsWhateverIsUnderWay) {
  size_t merged = 0, declined = 0;
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    MergeRig rig;
    for (uint64_t n = 0; n < 5; ++n) (void)rig[n];
    absl::Duration now = Minutes(10);
    for (int step = 0; step < 120; ++step) {
      now += Milliseconds(pick(3) == 0 ? 0 : pick(60'000));
      rig.at(now);
      const uint64_t n = pick(5);
      switch (pick(6)) {
        case 0:
        case 1:
          rig[n].by_operator();
          (void)rig.Merge(n, pick(5));
          break;
        case 2:
          rig[n].by_operator();
          (void)rig.Unmerge(n);
          break;
        case 3:
          if (pick(4) == 0) (void)(IsOver(rig[n].by("1001").ticket()) ? rig[n].Reopen() : rig[n].Close());
          break;
        default:
          (void)rig.DeliverOne(pick(20));
      }
      rig.CheckInvariant();
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " step " << step;
    }
    rig.Deliver();
    rig.CheckQuiet();
    for (uint64_t n = 0; n < 5; ++n) {
      merged += IsMerged(rig[n].ticket());
      declined += rig[n].ticket().merge().state() == v1::MERGE_STATE_DECLINED;
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(merged, 10u);
  EXPECT_GT(declined, 10u);
}

}  // namespace
}  // namespace shoujie::router
