// Journals outlive the code that wrote them: events of an older form, of a newer version, and damaged ones.
#include <algorithm>

#include "services/runtime/shard/event.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

// The desk's journal as a desk of the first version would have written it: amounts in hundredths, chains and all.
std::unique_ptr<SimulatedJournal> AsTheFirstVersionWroteIt(const SimulatedJournal& log) {
  auto old = SimulatedJournal::Reliable();
  std::map<std::string, std::string> last;  // hash of each stream's last record
  for (const StoredRecord& stored : log.records()) {
    journal::v1::Record record;
    EXPECT_TRUE(record.ParseFromString(stored.bytes));
    if (record.has_commit() && !record.commit().events().empty()) {
      auto* commit = record.mutable_commit();
      for (auto& event : *commit->mutable_events()) {
        DeskEvent form;
        EXPECT_TRUE(form.ParseFromString(event.body()));
        if (!form.has_added()) continue;
        const int64_t amount = form.added().amount();
        form.mutable_added_cents()->set_cents(amount * 100);
        event.set_body(form.SerializeAsString());
      }
      if (!commit->prev_hash().empty()) commit->set_prev_hash(last[commit->stream_id()]);
    }
    const std::string bytes = record.SerializeAsString();
    if (record.has_commit()) last[record.commit().stream_id()] = rows::Sha256(bytes);
    old->Plant(bytes);
  }
  return old;
}

class EvolutionTest : public ShardTest {
 protected:
  // A record that would count next, with one event of these bytes for a new stream.
  void PlantEvent(const std::string& body) {
    journal::v1::Record record;
    auto* commit = record.mutable_commit();
    commit->set_revision(desk->shard->revision() + 1);
    commit->set_term(desk->shard->term());
    commit->set_stable(desk->shard->revision());
    commit->set_command_id("test");
    commit->set_recorded_at_ms(absl::ToUnixMillis(clock.Now()));
    commit->set_stream_id("cases/4095-000001-X");
    commit->set_stream_version(1);
    commit->add_events()->set_body(body);
    desk_log->Plant(record.SerializeAsString());
  }
};

TEST_F(EvolutionTest, EventsOfAnOlderFormMakeTheSameStatesTimersAndReactions) {
  OpenCaseRequest open = Open("+86 1");
  open.mutable_remind_in()->set_seconds(3600);
  const std::string name = Do(open)->name();
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  ASSERT_TRUE(Do(Add(name, 7)).ok());
  auto old = AsTheFirstVersionWroteIt(*desk_log);
  auto new_book_log = SimulatedJournal::Reliable([this] { return time.Now(); });

  Node old_desk(&desk_domain, old.get(), &keys, &clock, &published);
  Node new_book(&book_domain, new_book_log.get(), &keys, &clock, &published,
                [&](const std::string&) { return old.get(); });
  new_book.shard->Own();
  for (int i = 0; i < 5; ++i) {
    old_desk.shard->Step();
    new_book.shard->Step();
  }
  uint64_t version = 0, old_version = 0;
  EXPECT_EQ(StateIn<Case>(old_desk, name, &old_version).SerializeAsString(),
            StateIn<Case>(*desk, name, &version).SerializeAsString());
  EXPECT_EQ(old_version, version);
  EXPECT_EQ(StateIn<Case>(old_desk, name).total(), 12);
  const auto timers = [](const Node& node) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : node.store->rows()) {
      if (key[0] == 'T') keys.push_back(key);
    }
    return keys;
  };
  EXPECT_EQ(timers(old_desk).size(), 1u);
  EXPECT_EQ(timers(old_desk), timers(*desk));
  const std::string entry = "entries/" + name.substr(name.find('/') + 1);
  EXPECT_EQ(StateIn<Entry>(new_book, entry).total(), 12);
  EXPECT_EQ(StateIn<Entry>(new_book, entry).entries(), StateIn<Entry>(*book, entry).entries());
}

TEST_F(EvolutionTest, AnOwnerGoesOnFromAJournalOfTheFirstVersion) {
  const std::string name = OpenCase("+86 1");
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  const auto old = AsTheFirstVersionWroteIt(*desk_log);
  desk->env.journal = old.get();
  desk->Rebuild();
  desk->shard->Own();
  Settle();
  Pass(limits::kLease + limits::kLeaseMargin + absl::Seconds(1));
  ASSERT_TRUE(Do(Add(name, 6)).ok());
  EXPECT_EQ(CaseOf(name).total(), 11);
  const auto live = desk->store->rows();
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->store->rows(), live);
  desk->shard.reset();  // before its journal goes
}

TEST_F(EvolutionTest, AnEventOfAKindThatIsNotKnownHaltsTheShardWithItsRevision) {
  const std::string name = OpenCase("+86 1");
  const uint64_t revision = desk->shard->revision();
  PlantEvent(std::string("\x9a\x06\x00", 3));  // field 99
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kHalted);
  const absl::Status why = desk->shard->halted();
  EXPECT_EQ(ReasonOf(why), "EVENT_UNKNOWN") << why;
  const auto details = DetailOf(why).metadata();
  EXPECT_TRUE(std::any_of(details.begin(), details.end(), [&](const auto& entry) {
    return entry.key() == "revision" && entry.value() == absl::StrCat(revision + 1);
  })) << why;
  EXPECT_EQ(CaseOf(name).name(), name) << "what lies before is there";
}

TEST_F(EvolutionTest, WhoReactsToNothingOfTheKindGoesOn) {
  const std::string name = OpenCase("+86 1");
  PlantEvent(std::string("\x9a\x06\x00", 3));
  Settle();
  EXPECT_EQ(book->shard->phase(), Shard::Phase::kServing);
}

TEST_F(EvolutionTest, FieldsThatAreNotKnownPass) {
  const std::string name = OpenCase("+86 1");
  DeskEvent event;
  event.mutable_added()->set_amount(5);
  journal::v1::Commit commit;
  std::string body = event.SerializeAsString();
  body[1] = static_cast<char>(body[1] + 3);  // the Added message is three bytes longer:
  body += std::string("\xf8\x06\x07", 3);    // its field 111
  commit.add_events()->set_body(body);
  DeskEvent read;
  ASSERT_TRUE(ReadEvent(desk_domain, commit, 0, &read).ok());
  EXPECT_EQ(read.added().amount(), 5);
}

TEST_F(EvolutionTest, ADamagedEventIsDamage) {
  journal::v1::Commit commit;
  commit.set_revision(7);
  commit.add_events()->set_body("\x12\xff");
  DeskEvent read;
  const absl::Status status = ReadEvent(desk_domain, commit, 0, &read);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "EVENT_BROKEN");
}

}  // namespace
}  // namespace shoujie::testing
