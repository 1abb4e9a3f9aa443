// How many open hand-offs the directory lets people have at once: what is a mistake, and what happens to a number when
// people leave.
#include "services/directory/domain/limits.h"
#include "services/directory/domain/validate.h"
#include "tests/unit/directory/desk.h"

namespace shoujie::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Agent* AgentIn(v1::Directory* directory, const std::string& id) {
  for (auto& agent : *directory->mutable_agents()) {
    if (agent.id() == id) return &agent;
  }
  return nullptr;
}
v1::Department* DepartmentIn(v1::Directory* directory, const std::string& id) {
  for (auto& department : *directory->mutable_departments()) {
    if (department.id() == id) return &department;
  }
  return nullptr;
}

template <typename Change>
std::vector<std::string> ValuesFoundIf(Change change) {
  v1::Directory directory = SampleDirectory();
  change(&directory);
  std::vector<std::string> all;
  for (const Finding& finding : Validate(directory)) {
    const std::string field = finding.path.substr(finding.path.rfind('.') + 1);
    all.push_back(absl::StrCat(finding.reason, " ", field, " ", finding.value));
    EXPECT_EQ(ReasonOf(StatusOf({finding})), finding.reason) << "every reason has its sentences";
  }
  return all;
}

TEST(CapacityTest, IsOfMembersHeadsAndDeputiesAndNotTooLarge) {
  EXPECT_THAT(ValuesFoundIf([](v1::Directory* d) {
                DepartmentIn(d, "tech")->set_member_capacity(kCapacityMax);
                AgentIn(d, "1036")->set_capacity(1);
                AgentIn(d, DepartmentIn(d, "quality")->head())->set_capacity(kCapacityMax);
              }),
              IsEmpty());
  EXPECT_THAT(ValuesFoundIf([](v1::Directory* d) { DepartmentIn(d, "tech")->set_member_capacity(kCapacityMax + 1); }),
              ElementsAre("BAD_CAPACITY member_capacity 501"));
  EXPECT_THAT(ValuesFoundIf([](v1::Directory* d) { AgentIn(d, "1036")->set_capacity(4'000'000'000); }),
              ElementsAre("BAD_CAPACITY capacity 4000000000"));
  EXPECT_THAT(ValuesFoundIf([](v1::Directory* d) { AgentIn(d, "1005")->set_capacity(3); }),
              ElementsAre("CAPACITY_OF_NO_MEMBER capacity 1005"))
      << "an agent of the hotline receives no hand-offs";
  // Who has left keeps his number, and stands in nobody's way.
  EXPECT_THAT(ValuesFoundIf([](v1::Directory* d) {
                AgentIn(d, "1005")->set_capacity(3);
                AgentIn(d, "1005")->set_left(true);
              }),
              testing::Not(testing::Contains(testing::HasSubstr("CAPACITY"))));
}

class CapacityPublishedTest : public DirectoryTest {};

TEST_F(CapacityPublishedTest, ItIsOfTheVersionThatItWasPublishedWith) {
  PublishSample();
  v1::Directory content = SampleDirectory();
  DepartmentIn(&content, "tech")->set_member_capacity(4);
  AgentIn(&content, "1036")->set_capacity(2);
  ASSERT_TRUE(Publish(content).ok());
  EXPECT_EQ(DepartmentIn(&state_, "tech")->member_capacity(), 4u);
  EXPECT_EQ(AgentNow("1036").capacity(), 2u);
  AgentIn(&content, "1005")->set_capacity(1);
  v1::PublishVersionRequest request;
  *request.mutable_content() = content;
  request.set_etag("2");
  EXPECT_EQ(ReasonOf(Do(request)), "CAPACITY_OF_NO_MEMBER");
  EXPECT_EQ(AgentNow("1005").capacity(), 0u);
}

}  // namespace
}  // namespace shoujie::directory
