// Journals outlive the code that wrote them: events of an older form, of a newer version, and damaged ones.
#include <algorithm>

#include "services/runtime/shard/event.h"
#include "services/runtime/sim/sim_store.h"
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

// A rule that makes something else of old events: the store is of no use, and nobody owns before it is made again.
TEST_F(EvolutionTest, AStoreOfAnotherVersionIsFoldedAnewAsAStandbyAndOnlyThenClaimed) {
  const std::string name = OpenCase("+86 1");
  HandRequest hand;
  hand.set_name(name);
  hand.set_to("1002");
  ASSERT_TRUE(Do(hand).ok());
  const int adds = static_cast<int>(limits::kClaimWithinRecords) + 200;
  for (int i = 0; i < adds; ++i) ASSERT_TRUE(Do(Add(name, 1)).ok());
  desk->shard.reset();

  ServiceDomain next = DeskDomain(/*forget_owner=*/true);
  next.state_version = desk_domain.state_version + 1;
  Shard::Env env = desk->env;
  env.domain = &next;
  {
    Shard refused(env);
    EXPECT_REASON(refused.Open(), "STATE_VERSION");
  }
  sim::SimStore anew;  // writes when it is told to
  env.store = &anew;
  Shard shard(env);
  ASSERT_TRUE(shard.Open().ok());
  shard.Own();
  const size_t records = desk_log->records().size();
  for (int i = 0; i < 10; ++i) shard.Step();
  EXPECT_EQ(shard.phase(), Shard::Phase::kFollowing);
  EXPECT_GT(shard.behind(), limits::kClaimWithinRecords);
  EXPECT_EQ(desk_log->records().size(), records) << "no claim before the store is near the end";
  for (int i = 0; i < adds && shard.phase() == Shard::Phase::kFollowing; ++i) {
    anew.Apply(20);
    shard.Step();
    if (shard.phase() != Shard::Phase::kFollowing) break;
    EXPECT_EQ(desk_log->records().size(), records);
  }
  for (int i = 0; i < 100 && shard.phase() != Shard::Phase::kServing; ++i) {
    anew.Apply(SIZE_MAX);
    shard.Step();
    time.Advance(absl::Milliseconds(50));
  }
  ASSERT_EQ(shard.phase(), Shard::Phase::kServing);
  journal::v1::Record claim;
  ASSERT_TRUE(claim.ParseFromString(desk_log->records()[records].bytes));
  EXPECT_EQ(claim.claim().last(), static_cast<uint64_t>(adds) + 2);
  anew.Apply(SIZE_MAX);
  auto row = anew.Get(rows::StateKey(name));
  ASSERT_TRUE(row.ok() && *row);
  Case state;
  ASSERT_TRUE(state.ParseFromString(rows::StateValue::Decode(**row)->state));
  EXPECT_EQ(state.total(), adds);
  EXPECT_EQ(state.owner(), "") << "as the new rule has it";
  EXPECT_EQ(rows::Place::Decode(**anew.Get(rows::PlaceKey()))->state_version, next.state_version);
}

// ------------------------------------------------------------------------------- readers before writers: features

class FeatureTest : public EvolutionTest {
 protected:
  void Publish(bool enabled) {
    directory::v1::Directory directory;
    if (enabled) directory.add_features()->set_name(kLargeAmounts);
    published.Publish(directory);
    Settle();
  }
};

TEST_F(FeatureTest, WhatAFeatureGuardsIsRefusedUntilItIsAdoptedAndLeavesNoRecord) {
  const std::string name = OpenCase("+86 1");
  Publish(false);
  ASSERT_TRUE(Do(Add(name, kLargeAbove)).ok());
  const uint64_t revision = desk->shard->revision();
  const AddRequest large = Add(name, kLargeAbove + 1);
  const std::string id = NewId();
  const Reply refused = Do(large, id);
  EXPECT_EQ(ReasonOf(refused.status()), "FEATURE_OFF") << refused.status();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(desk->shard->revision(), revision);
  EXPECT_EQ(CaseOf(name).total(), kLargeAbove);

  Publish(true);
  ASSERT_TRUE(Do(large, id).ok()) << "the same command, repeated";
  EXPECT_EQ(CaseOf(name).total(), 2 * kLargeAbove + 1);
  // The log tells it by itself: first adopted, then written.
  uint64_t adopted = 0, written = 0;
  for (const StoredRecord& stored : desk_log->records()) {
    journal::v1::Record record;
    ASSERT_TRUE(record.ParseFromString(stored.bytes));
    if (record.commit().adopted_version() == 2) adopted = record.commit().revision();
    for (const auto& event : record.commit().events()) {
      DeskEvent body;
      if (body.ParseFromString(event.body()) && body.has_large_added()) written = record.commit().revision();
    }
  }
  EXPECT_GT(adopted, revision);
  EXPECT_GT(written, adopted);
}

TEST_F(FeatureTest, WhoTakesOverKnowsWhatWasAdopted) {
  const std::string name = OpenCase("+86 1");
  Publish(true);
  ASSERT_TRUE(Do(Add(name, kLargeAbove + 1)).ok());
  const auto live = desk->store->rows();
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->store->rows(), live);
  desk->shard->Own();
  Settle();
  Pass(limits::kLease + limits::kLeaseMargin + absl::Seconds(1));
  EXPECT_TRUE(Do(Add(name, kLargeAbove + 2)).ok());
}

TEST_F(FeatureTest, WhoReadsNeedsNoFeature) {
  const std::string name = OpenCase("+86 1");
  DeskEvent event;
  event.mutable_large_added()->set_amount(500);
  journal::v1::Commit commit;
  commit.add_events()->set_body(event.SerializeAsString());
  DeskEvent read;
  ASSERT_TRUE(ReadEvent(desk_domain, commit, 0, &read).ok());
  EXPECT_EQ(read.large_added().amount(), 500);
}

}  // namespace
}  // namespace shoujie::testing
