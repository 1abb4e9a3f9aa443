// The checker behind every fault finds what is planted, and nothing where nothing is.
#include "tests/fault/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/runtime/base/error.h"

namespace shoujie::fault {
namespace {

using common::v1::CommandReply;
using testing::ElementsAre;
using testing::IsEmpty;

std::string IdOf(int n) { return absl::StrFormat("019abcde-0000-7000-8000-%012d", n); }

// Commands 1…n of one ticket, all acknowledged and all recorded.
class CheckerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int n = 1; n <= 5; ++n) {
      const size_t number = ledger_.Sent(IdOf(n), "AddNote", nullptr, "tickets/a");
      ledger_.Answered(number, Reply("tickets/a", n));
      histories_.push_back(Record("tickets/a", n, ledger_.entries()[number].id));
    }
  }
  static CommandReply Reply(const std::string& name, int version) {
    CommandReply reply;
    reply.set_name(name);
    reply.set_etag(absl::StrCat(version));
    return reply;
  }
  static Recorded Record(const std::string& stream, int version, const std::string& id) {
    return {.stream = stream,
            .version = static_cast<uint64_t>(version),
            .service = "router",
            .partition = 3,
            .revision = static_cast<uint64_t>(100 + version),
            .command_id = id,
            .recorded_at_ms = 1000 + version,
            .hash = absl::StrCat(stream, version)};
  }
  std::vector<std::string> Kinds(bool settled = true) const {
    std::vector<std::string> kinds;
    for (const Finding& f : Check({ledger_.entries(), histories_, before_, settled, ledger_.readings()}))
      kinds.push_back(f.kind);
    return kinds;
  }

  Ledger ledger_;
  std::vector<Recorded> histories_, before_;
};

TEST_F(CheckerTest, NothingIsFoundWhereNothingIsWrong) {
  EXPECT_THAT(Kinds(), IsEmpty());
  before_ = {Record("tickets/old", 1, std::string(32, 'e'))};
  histories_.push_back(before_[0]);
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(CheckerTest, ALostLastCommand) {
  histories_.pop_back();
  EXPECT_THAT(Kinds(), ElementsAre("LOST"));
}

TEST_F(CheckerTest, ALostCommandInTheMiddle) {
  histories_.erase(histories_.begin() + 2);
  EXPECT_THAT(Kinds(), ElementsAre("LOST", "GAP"));
}

TEST_F(CheckerTest, ADoubledCommandOnTheSameStreamAndOnAnother) {
  Recorded again = histories_[1];
  again.version = 6;
  again.revision = 106;
  again.recorded_at_ms = 1006;
  histories_.push_back(again);
  EXPECT_THAT(Kinds(), ElementsAre("DOUBLED"));
  histories_.back() = Record("contacts/b", 1, again.command_id);
  histories_.back().service = "interaction";
  EXPECT_THAT(Kinds(), ElementsAre("DOUBLED"));
}

TEST_F(CheckerTest, ATimerThatFiredTwiceButNotACauseOfTwoStreams) {
  histories_.push_back(Record("tickets/a", 6, "timer/tickets/a/sign/1"));
  EXPECT_THAT(Kinds(), IsEmpty());
  histories_.push_back(Record("tickets/a", 7, "timer/tickets/a/sign/1"));
  EXPECT_THAT(Kinds(), ElementsAre("DOUBLED"));
  histories_.back() = Record("tickets/b", 1, "timer/tickets/a/sign/1");
  histories_.back().partition = 4;
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(CheckerTest, ARecordedVersionTwice) {
  histories_.push_back(histories_.back());
  EXPECT_THAT(Kinds(), ElementsAre("DOUBLED", "DOUBLED"));  // as a command, and as a place
}

TEST_F(CheckerTest, AcknowledgedElsewhereThanItIs) {
  std::swap(histories_[0].command_id, histories_[1].command_id);
  EXPECT_THAT(Kinds(), ElementsAre("ELSEWHERE", "ELSEWHERE", "OVERTAKEN"));
}

TEST_F(CheckerTest, RefusedAndYetRecorded) {
  const size_t number = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  ledger_.Answered(number, Error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "Full.", "已满。"));
  EXPECT_THAT(Kinds(), IsEmpty());
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[number].id));
  EXPECT_THAT(Kinds(), ElementsAre("NOT_REFUSED"));
}

TEST_F(CheckerTest, WhatIsLeftOpenIsAllOrNothingAndMustBeSettled) {
  const size_t number = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  ledger_.Answered(number, absl::UnavailableError("gone"));
  EXPECT_THAT(ledger_.unanswered(), ElementsAre(number));
  EXPECT_THAT(Kinds(/*settled=*/false), IsEmpty());
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[number].id));
  EXPECT_THAT(Kinds(/*settled=*/false), IsEmpty());
  EXPECT_THAT(Kinds(), ElementsAre("OPEN"));
  ledger_.Answered(number, Reply("tickets/a", 6));
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(CheckerTest, ACommandThatNobodySent) {
  histories_.push_back(Record("tickets/a", 6, std::string(32, 'f')));
  EXPECT_THAT(Kinds(), ElementsAre("FOREIGN"));
}

TEST_F(CheckerTest, WhatWasThereBeforeIsGoneOrChanged) {
  before_ = {Record("tickets/old", 1, std::string(32, 'e')), Record("tickets/old", 2, std::string(32, 'd'))};
  histories_.push_back(before_[0]);
  EXPECT_THAT(Kinds(), ElementsAre("GAP"));
  histories_.back().hash = "another";
  EXPECT_THAT(Kinds(), ElementsAre("GAP", "GAP"));
}

TEST_F(CheckerTest, RecordedTimesThatFallWithinAPartitionOnly) {
  histories_.push_back(Record("contacts/b", 1, "adopt/1"));
  histories_.back().partition = 4;
  histories_.back().recorded_at_ms = 1;
  EXPECT_THAT(Kinds(), IsEmpty());
  histories_[3].recorded_at_ms = 1;
  EXPECT_THAT(Kinds(), ElementsAre("TIME_FALLS"));
}

TEST_F(CheckerTest, AnotherAnswerToARepeatIsAContradiction) {
  ledger_.Answered(0, Reply("tickets/a", 1));
  ledger_.Answered(0, absl::UnavailableError("gone"));
  EXPECT_THAT(ledger_.contradictions(), IsEmpty());
  ledger_.Answered(0, Reply("tickets/a", 6));
  ledger_.Answered(1, Invalid("REQUEST_ID_REUSED", "Other bytes.", "内容不同。"));
  EXPECT_EQ(ledger_.contradictions().size(), 2u);
}

TEST_F(CheckerTest, AReadingMayShowWhatWasKnownWhenItBeganOrLaterOnly) {
  const size_t during = ledger_.Asked("tickets/a");  // 5 is known
  const size_t number = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  const size_t also = ledger_.Asked("tickets/a");
  ledger_.Shown(also, 6);  // before its command is answered: it may count already
  ledger_.Answered(number, Reply("tickets/a", 6));
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[number].id));
  ledger_.Shown(during, 5);
  ledger_.Asked("tickets/a");  // never answered
  EXPECT_THAT(Kinds(), IsEmpty());
  ledger_.Shown(ledger_.Asked("tickets/a"), 5);
  EXPECT_THAT(Kinds(), ElementsAre("STALE"));
}

TEST_F(CheckerTest, AReadingAfterAnotherShowsNoLess) {
  const size_t number = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[number].id));
  ledger_.Shown(ledger_.Asked("tickets/a"), 6);
  EXPECT_THAT(Kinds(/*settled=*/false), IsEmpty());
  ledger_.Shown(ledger_.Asked("tickets/a"), 5);  // the first was answered from what was lost
  EXPECT_THAT(Kinds(/*settled=*/false), ElementsAre("STALE"));
}

TEST_F(CheckerTest, AReadingShowsOnlyWhatIsRecorded) {
  ledger_.Shown(ledger_.Asked("tickets/a"), 6);
  EXPECT_THAT(Kinds(), ElementsAre("AHEAD"));
  const size_t number = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  ledger_.Answered(number, Reply("tickets/a", 6));
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[number].id));
  EXPECT_THAT(Kinds(), ElementsAre("AHEAD", "OVERTAKEN"));  // shown before it was sent, and yet it stands there
}

TEST_F(CheckerTest, AStreamThatWasThereBeforeIsNeverShownOlder) {
  before_ = {Record("tickets/old", 1, std::string(32, 'e'))};
  histories_.push_back(before_[0]);
  ledger_.Shown(ledger_.Asked("tickets/old"), 1);
  EXPECT_THAT(Kinds(), IsEmpty());
  ledger_.Shown(ledger_.Asked("tickets/old"), 0);
  EXPECT_THAT(Kinds(), ElementsAre("STALE"));
}

TEST_F(CheckerTest, ACommandStandsBehindWhatWasKnownWhenItWasSent) {
  const size_t first = ledger_.Sent(IdOf(6), "AddNote", nullptr, "tickets/a");
  const size_t second = ledger_.Sent(IdOf(7), "AddNote", nullptr, "tickets/a");
  ledger_.Answered(second, Reply("tickets/a", 6));
  ledger_.Answered(first, Reply("tickets/a", 7));
  histories_.push_back(Record("tickets/a", 6, ledger_.entries()[second].id));
  histories_.push_back(Record("tickets/a", 7, ledger_.entries()[first].id));
  EXPECT_THAT(Kinds(), IsEmpty());  // both were under way
  const size_t third = ledger_.Sent(IdOf(8), "AddNote", nullptr, "tickets/a");
  ledger_.Answered(third, Reply("tickets/a", 8));
  histories_[5].command_id = ledger_.entries()[third].id;
  histories_.push_back(Record("tickets/a", 8, ledger_.entries()[second].id));
  EXPECT_THAT(Kinds(), ElementsAre("ELSEWHERE", "ELSEWHERE", "OVERTAKEN"));
}

}  // namespace
}  // namespace shoujie::fault
