// First-Contact Record: versions, read-back, what is missing and when it is counted.
#include "services/interaction/domain/record.h"

#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RecordTest : public testing::Test {
 protected:
  void SetUp() override { w.HadCall(); }
  World w;
};

TEST_F(RecordTest, OnlyWhatChangesIsWrittenAndEachWriteIsAVersion) {
  v1::WriteRecordRequest request;
  request.mutable_record()->set_customer_name("Wang");
  request.mutable_record()->set_type(v1::MATTER_TYPE_FAULT);
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_THAT(w.events[0].record_written().changed(), UnorderedElementsAre("customer_name", "type"));
  EXPECT_EQ(w.contact.record_version(), 1u);
  request.mutable_record()->set_emotion(v1::EMOTION_ANGRY);
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_THAT(w.events[0].record_written().changed(), ElementsAre("emotion"));
  EXPECT_FALSE(w.events[0].record_written().record().has_customer_name());
  EXPECT_EQ(w.contact.record().customer_name().plain(), "Wang");
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_TRUE(w.events.empty());
  request.mutable_record()->set_customer_name("");
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_FALSE(w.contact.record().has_customer_name());
  EXPECT_EQ(w.contact.record_version(), 3u);
}

TEST_F(RecordTest, ReadBackIsAskedOnlyForWhatIsNewInThisCall) {
  v1::WriteRecordRequest request;
  request.mutable_record()->set_phone("+8613800138000");  // the number he calls from
  request.mutable_record()->set_address("12 Long Street");
  request.mutable_record()->set_matter("no hot water");
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_THAT(w.contact.to_read_back(), ElementsAre("address"));
  v1::WriteRecordRequest confirm;
  confirm.add_read_back("adress");
  EXPECT_EQ(ReasonOf(w.As("1001", confirm)), "FIELD_UNKNOWN");
  confirm.set_read_back(0, "address");
  ASSERT_TRUE(w.As("1001", confirm).ok());
  EXPECT_THAT(w.contact.to_read_back(), IsEmpty());
  ASSERT_EQ(w.contact.read_backs_size(), 1);
  EXPECT_EQ(w.contact.read_backs(0).by(), "1001");
  request.mutable_record()->set_address("14 Long Street");  // changed again: asked again
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_THAT(w.contact.to_read_back(), ElementsAre("address"));
}

TEST_F(RecordTest, UnknownReferencesAreRefused) {
  v1::WriteRecordRequest request;
  request.mutable_record()->set_category("nothing");
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "CATEGORY_UNKNOWN");
  request.mutable_record()->set_category("fault");
  request.mutable_record()->set_product("nothing");
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "PRODUCT_UNKNOWN");
  request.mutable_record()->set_product("boiler");
  request.mutable_record()->add_documents()->set_id("manual");
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "DOCUMENT_VERSION");
  request.mutable_record()->mutable_documents(0)->set_version("7");
  EXPECT_EQ(ReasonOf(w.As("1002", request)), "NOT_YOURS");
  request.mutable_record()->set_matter(std::string(20'000, 'x'));
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "TEXT_TOO_LONG");
  request.mutable_record()->set_matter("leaks");
  EXPECT_TRUE(w.As("1001", request).ok());
  EXPECT_EQ(w.contact.record().documents(0).version(), "7");
}

TEST_F(RecordTest, WhatIsMissingWhenTheSiteClosesIsCountedForTheAgent) {
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  EXPECT_EQ(ToTime(w.contact.record_due()), World::Start() + absl::Hours(8));  // 18:00
  w.Pass(absl::Hours(7));
  EXPECT_EQ(w.Count(v1::Event::kRecordIncomplete), 0);
  v1::WriteRecordRequest request;
  request.mutable_record()->set_anonymous(true);
  request.mutable_record()->set_matter("opening hours");
  request.mutable_record()->set_closing_question_asked(true);
  ASSERT_TRUE(w.As("1001", request).ok());
  w.Pass(absl::Hours(2));
  ASSERT_EQ(w.Count(v1::Event::kRecordIncomplete), 1);
  EXPECT_THAT(w.contact.record_missing(), ElementsAre("comprehension_checked", "satisfaction"));
  EXPECT_EQ(w.events[0].record_incomplete().agent(), "1001");
  w.Pass(absl::Hours(100));
  EXPECT_EQ(w.Count(v1::Event::kRecordIncomplete), 1);
}

TEST_F(RecordTest, FinishedInTimeIsNotCounted) {
  v1::DisposeContactRequest dispose = DisposeAnswered();
  dispose.mutable_record()->set_anonymous(true);
  ASSERT_TRUE(w.As("1001", dispose).ok());
  v1::WriteRecordRequest request;
  request.mutable_record()->set_matter("opening hours");
  request.mutable_record()->set_closing_question_asked(true);
  request.mutable_record()->set_comprehension_checked(true);
  request.mutable_record()->set_satisfaction(v1::SATISFACTION_NOT_SAID);
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_THAT(MissingLater(w.contact), IsEmpty());
  w.Pass(absl::Hours(100));
  EXPECT_EQ(w.Count(v1::Event::kRecordIncomplete), 0);
}

TEST_F(RecordTest, FaultAsksForTheDevice) {
  v1::DisposeContactRequest dispose = DisposeAnswered();
  dispose.mutable_record()->set_type(v1::MATTER_TYPE_FAULT);
  dispose.mutable_record()->set_model("B-1");
  dispose.mutable_record()->set_symptom("hisses");
  ASSERT_TRUE(w.As("1001", dispose).ok());
  EXPECT_THAT(MissingLater(w.contact), testing::IsSupersetOf({"symptom_since", "frequency", "tried", "serial_number"}));
  EXPECT_THAT(MissingLater(w.contact), testing::Not(testing::Contains("model")));
}

}  // namespace
}  // namespace shoujie::interaction
