// What the read model keeps for the relay: every published event, until a record says that it is in the topic, and the
// same rows however often they are made.
#include <gmock/gmock.h>

#include "services/runtime/base/features.h"
#include "services/runtime/node/read_model.h"
#include "services/runtime/node/unpublished_rows.h"
#include "shoujie/router/v1/feed.pb.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

using router::v1::TicketEvent;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void ProjectCase(Case& row, const DeskEvent&, const EventContext& at) { row.set_name(std::string(at.stream)); }
std::vector<std::string> ByName(const Case& row) { return {absl::StrCat("all/", row.name())}; }
// Changes of owner are private; what is added concerns nobody in particular.
std::optional<TicketEvent> PublishCase(const Case& row, const DeskEvent& event, const EventContext& at) {
  if (event.has_owner_changed()) return std::nullopt;
  TicketEvent published;
  published.set_id(absl::StrCat(row.name(), "@", at.version, ".", at.n));
  if (event.has_case_opened()) published.mutable_data()->add_departments("tech");
  return published;
}
std::vector<std::string> Departments(const TicketEvent& event) {
  return {event.data().departments().begin(), event.data().departments().end()};
}

class UnpublishedTest : public ShardTest {
 protected:
  UnpublishedTest() {
    desk_domain.rows.push_back(std::make_unique<TypedRows<Case, DeskEvent>>("cases", &ProjectCase, &ByName));
    desk_domain.feed =
        std::make_unique<TypedFeed<Case, DeskEvent, TicketEvent>>("cases", 1, &PublishCase, &Departments);
    directory::v1::Directory directory;
    directory.add_features()->set_name(std::string(kPublishedFeature));
    published.Publish(std::move(directory));
    Settle();
  }
  std::unique_ptr<ReadModel> Lists(MemoryStore* store, bool relayed = true) {
    return std::make_unique<ReadModel>(
        &desk_domain, std::vector<Journal*>{desk_log.get()}, store, relayed, [] {}, [] {}, &clock);
  }
  static void Read(ReadModel& lists) {
    ASSERT_TRUE(lists.Open().ok());
    while (lists.Poll()) {
    }
    ASSERT_TRUE(lists.status().ok()) << lists.status();
  }
  static std::vector<std::string> Kept(const MemoryStore& store) {
    std::vector<std::string> ids;
    for (const auto& [key, value] : store.rows()) {
      TicketEvent event;
      if (key[0] == 'U' && event.ParseFromString(value)) ids.push_back(event.id());
    }
    return ids;
  }
};

TEST_F(UnpublishedTest, EventsAreKeptUntilARecordSaysThatTheyAreInTheTopic) {
  const std::string one = OpenCase("+86 1"), two = OpenCase("+86 2");
  ASSERT_TRUE(Do(Add(one, 5)).ok());
  HandRequest hand;
  hand.set_name(two);
  hand.set_to("1002");
  ASSERT_TRUE(Do(hand).ok());
  const uint64_t half = desk->shard->revision();
  ASSERT_TRUE(Do(Add(two, 7)).ok());

  MemoryStore store;
  int shown = 0;
  auto lists = Lists(&store);
  lists->WhenShown([&] { ++shown; });
  Read(*lists);
  EXPECT_GT(shown, 0);
  EXPECT_THAT(Kept(store), ElementsAre(one + "@1.0", two + "@1.0", one + "@2.0", two + "@3.0"))
      << "in the order of the journal, whomever they concern";

  desk->shard->PublishedUpTo(half);
  Settle();
  while (lists->Poll()) {
  }
  EXPECT_THAT(Kept(store), ElementsAre(two + "@3.0"));
  desk->shard->PublishedUpTo(half - 1);  // as a relay that lags behind another's record might ask
  Settle();
  ASSERT_TRUE(Do(Add(one, 1)).ok());
  while (lists->Poll()) {
  }
  EXPECT_THAT(Kept(store), ElementsAre(two + "@3.0", one + "@3.0"));

  MemoryStore anew;
  auto again = Lists(&anew);
  Read(*again);
  EXPECT_EQ(anew.rows(), store.rows());
  // One that goes on where the rows end does the same.
  auto later = Lists(&store);
  Read(*later);
  desk->shard->PublishedUpTo(desk->shard->revision());
  Settle();
  while (later->Poll()) {
  }
  EXPECT_THAT(Kept(store), IsEmpty());
}

TEST_F(UnpublishedTest, WithoutATopicNothingIsKeptAndRowsOfOneKindAreNotTakenForTheOther) {
  OpenCase("+86 1");
  MemoryStore store;
  auto lists = Lists(&store, /*relayed=*/false);
  Read(*lists);
  EXPECT_THAT(Kept(store), IsEmpty());
  EXPECT_EQ(ReasonOf(Lists(&store, /*relayed=*/true)->Open()), "STATE_VERSION");
}

}  // namespace
}  // namespace shoujie::testing
