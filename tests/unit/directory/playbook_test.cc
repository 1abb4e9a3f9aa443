#include <functional>

#include "services/directory/domain/limits.h"
#include "services/directory/domain/validate.h"
#include "tests/unit/directory/desk.h"

namespace shoujie::directory {
namespace {

v1::Playbook NoPower() {
  v1::Playbook playbook;
  playbook.set_id("no-power");
  playbook.set_display_name("Does not start");
  playbook.add_categories("fault-no-power");
  playbook.add_steps()->set_text("Is the switch on?");
  playbook.add_steps()->set_text_zh("换一个插座试试");
  playbook.set_review_date("2027-01-31");
  playbook.set_owner("1035");
  return playbook;
}

class PlaybookTest : public DirectoryTest {
 protected:
  void SetUp() override { PublishSample(); }
  std::string Found(const std::function<void(v1::Playbook*)>& edit) {
    auto content = SampleDirectory();
    *content.add_playbooks() = NoPower();
    edit(content.mutable_playbooks(0));
    std::string all;
    for (const Finding& finding : Validate(content)) {
      absl::StrAppend(&all, finding.reason, " ", finding.path, ";");
      EXPECT_EQ(ReasonOf(StatusOf({finding})), finding.reason);
    }
    return all;
  }
  absl::Status With(const v1::Playbook& playbook) {
    auto content = state_;
    content.clear_playbooks();
    *content.add_playbooks() = playbook;
    return Publish(content);
  }
};

TEST_F(PlaybookTest, MistakesAreNamed) {
  EXPECT_EQ(Found([](auto*) {}), "");
  EXPECT_EQ(Found([](auto* p) { p->clear_steps(); }), "PLAYBOOK_STEPS playbooks[0].steps;");
  EXPECT_EQ(Found([](auto* p) {
              for (size_t i = 0; i < kPlaybookStepsMax; ++i) p->add_steps()->set_text("x");
            }),
            "PLAYBOOK_STEPS playbooks[0].steps;");
  EXPECT_EQ(Found([](auto* p) { p->mutable_steps(1)->clear_text_zh(); }), "PLAYBOOK_STEP playbooks[0].steps[1];");
  EXPECT_EQ(Found([](auto* p) { p->mutable_steps(0)->set_text(std::string(kPlaybookTextBytesMax + 1, 'x')); }),
            "PLAYBOOK_STEP playbooks[0].steps[0];");
  for (const char* date : {"", "soon", "2027-1-31", "2027-02-30", "2027-01-31T10:00"}) {
    EXPECT_EQ(Found([&](auto* p) { p->set_review_date(date); }), "BAD_REVIEW_DATE playbooks[0].review_date;") << date;
  }
  EXPECT_EQ(Found([](auto* p) { p->add_categories("x"); }), "UNKNOWN_REFERENCE playbooks[0].categories[1];");
  EXPECT_EQ(Found([](auto* p) { p->set_owner("9999"); }), "UNKNOWN_REFERENCE playbooks[0].owner;");
  EXPECT_EQ(Found([](auto* p) { p->set_id("a b"); }), "BAD_ID playbooks[0].id;");
}

TEST_F(PlaybookTest, WhatIsNewOrChangedIsReviewedLaterAndWhatStandsMayBeOverdue) {
  now_ = absl::FromCivil(absl::CivilHour(2027, 2, 1, 11), absl::UTCTimeZone());
  ASSERT_TRUE(With(NoPower()).ok()) << "somewhere it is still that day";
  now_ += absl::Hours(2);
  auto changed = NoPower();
  changed.set_display_name("x");
  EXPECT_EQ(ReasonOf(With(changed)), "REVIEW_DATE_PASSED");
  v1::MergeVersionRequest merge;
  *merge.mutable_additions()->add_playbooks() = NoPower();
  merge.mutable_additions()->mutable_playbooks(0)->set_id("another");
  EXPECT_EQ(ReasonOf(Do(merge)), "REVIEW_DATE_PASSED");
  auto content = state_;
  content.mutable_sites(0)->set_display_name("x");
  EXPECT_TRUE(Publish(content).ok()) << "nothing else waits for a review";
  changed.set_review_date("2028-01-31");
  EXPECT_TRUE(With(changed).ok());
  changed.clear_owner();
  EXPECT_EQ(ReasonOf(With(changed)), "PLAYBOOK_OWNER");
}

TEST_F(PlaybookTest, ItsOwnerLeavesAllTheSame) {
  now_ = absl::FromCivil(absl::CivilDay(2026, 11, 30), absl::UTCTimeZone());
  auto playbook = NoPower();
  playbook.set_owner("1005");
  ASSERT_TRUE(With(playbook).ok());
  v1::DeactivateAgentRequest leave;
  leave.set_agent("1005");
  leave.set_successor("1006");
  ASSERT_TRUE(Do(leave).ok());
  EXPECT_EQ(state_.playbooks(0).owner(), "1006");
  leave.set_agent("1006");
  leave.clear_successor();
  ASSERT_TRUE(Do(leave).ok());
  EXPECT_EQ(state_.playbooks(0).owner(), "");
  EXPECT_EQ(ReasonOf(With(playbook)), "POST_HELD_BY_LEFT_AGENT");
}

}  // namespace
}  // namespace shoujie::directory
