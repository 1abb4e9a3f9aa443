// `shoujie verify all` finds what is planted in a stopped directory and nothing in one that is whole. The planters know
// the formats and repair whatever checksum or hash stands in their way.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "services/runtime/shard/rows.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/plant.h"

namespace shoujie::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using router::v1::Ticket;

class Plantings : public testing::Test {
 protected:
  // A ticket that went to tech, was refused, went to the warehouse, was signed, done and closed: versions 1 to 7.
  void SetUp() override {
    Server server(whole_);
    ASSERT_FALSE(server.address().empty()) << server.process().err();
    People people(&server);
    ticket_ = NewTicket(people, "1005", "1", "13912345678").ticket;
    const auto must = [](const absl::StatusOr<common::v1::CommandReply>& reply) {
      ASSERT_TRUE(reply.ok()) << reply.status();
    };
    auto offer = [&](const char* department) {
      router::v1::OfferHandoffRequest request;
      request.set_name(ticket_);
      request.set_department(department);
      *request.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
      request.set_gist("look at it");
      must(Do(people.As("agents/1005"), absl::StrCat(kTickets, "OfferHandoff"), request));
    };
    offer("tech");
    router::v1::RefuseHandoffRequest refuse;
    refuse.set_name(ticket_);
    refuse.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
    refuse.set_evidence("photo 7");
    must(Do(people.As("agents/1035"), absl::StrCat(kTickets, "RefuseHandoff"), refuse));
    offer("warehouse");
    router::v1::SignHandoffRequest sign;
    sign.set_name(ticket_);
    must(Do(people.As("agents/1033"), absl::StrCat(kTickets, "SignHandoff"), sign));
    router::v1::CompleteHandoffRequest complete;
    complete.set_name(ticket_);
    complete.set_result("sent");
    must(Do(people.As("agents/1033"), absl::StrCat(kTickets, "CompleteHandoff"), complete));
    router::v1::CloseTicketRequest close;
    close.set_name(ticket_);
    close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
    close.set_result("told");
    must(Do(people.As("agents/1005"), absl::StrCat(kTickets, "CloseTicket"), close));

    auto history = History(people.As(kOperator), absl::StrCat(kTickets, "ListTicketHistory"), [&] {
      common::v1::ListHistoryRequest request;
      request.set_name(ticket_);
      return request;
    }());
    ASSERT_TRUE(history.ok());
    ASSERT_EQ(history->size(), 7u);
    id_ = {"router", history->front().partition()};
    ASSERT_EQ(server.Stop(), 0);
    Plant();
  }
  // A fresh copy to plant something in.
  void Plant() {
    fs::remove_all(data_);
    fs::copy(whole_, data_, fs::copy_options::recursive);
  }
  // Journals alone: whoever could rewrite a journal could rewrite the store as well.
  void DropStore() {
    fs::remove_all(data_ + "/store");
    fs::remove_all(data_ + "/lists");
  }

  struct Verified {
    int code;
    std::map<std::string, int> kinds;
    std::string text;
  };
  Verified Verify(std::vector<std::string> what) {
    std::vector<std::string> argv = {Program("shoujie"), "verify"};
    argv.insert(argv.end(), what.begin(), what.end());
    argv.insert(argv.end(), {"--data", data_, "-o", "json"});
    const Ran ran = e2e::Run(argv);
    Verified verified{ran.code, {}, ran.out + ran.err};
    const json report = json::parse(ran.out, nullptr, false);
    if (!report.is_object()) return verified;
    for (const auto& finding : report["findings"]) ++verified.kinds[finding["kind"].get<std::string>()];
    return verified;
  }
  void ExpectFound(const std::string& kind, std::vector<std::string> what = {"all"}) {
    const Verified verified = Verify(std::move(what));
    EXPECT_EQ(verified.code, 6) << verified.text;
    EXPECT_GE(verified.kinds.count(kind), 1u) << "wanted " << kind << ": " << verified.text;
  }

  TempDir dir_;
  const std::string whole_ = dir_ / "whole", data_ = dir_ / "planted";
  std::string ticket_;
  JournalId id_;
};

TEST_F(Plantings, NothingIsFoundInAWholeDirectory) {
  const Verified all = Verify({"all"});
  EXPECT_EQ(all.code, 0) << all.text;
  EXPECT_TRUE(all.kinds.empty());
  EXPECT_EQ(Verify({"ticket", ticket_}).code, 0);
  // The planters themselves leave no trace, and the journals prove themselves without a store.
  {
    PlantedJournal journal(data_, id_);
    journal.Rechain(0);
    journal.Write();
  }
  EXPECT_EQ(Verify({"all"}).code, 0);
  DropStore();
  EXPECT_EQ(Verify({"all"}).code, 0);
  // A running server is verified over a checkpoint, without being disturbed.
  Server server(data_, {}, {"TMPDIR=" + dir_.path()});
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  const Ran live = e2e::Run({Program("shoujie"), "--server", server.address(), "--token-file", server.token_file(),
                             "verify", "all", "--master-key-file", data_ + "/master.key"},
                            {"TMPDIR=" + dir_.path()});
  EXPECT_EQ(live.code, 0) << live.out << live.err;
  EXPECT_EQ(server.Stop(), 0);
}

TEST_F(Plantings, ALostRecord) {
  {
    PlantedJournal journal(data_, id_);
    journal.records.erase(journal.records.begin() + static_cast<long>(journal.Find(ticket_, 3)));
    journal.Write();
  }
  ExpectFound("RECORD_LOST");
  Plant();  // the last one, so that no revision is missing: the store knows
  {
    PlantedJournal journal(data_, id_);
    journal.records.resize(journal.Find(ticket_, 7));
    journal.Write();
  }
  ExpectFound("RECORD_LOST");
  Plant();  // a hole in the database
  {
    PlantedJournal journal(data_, id_);
    journal.Punch(journal.Find(ticket_, 3));
  }
  ExpectFound("UNREADABLE");
}

TEST_F(Plantings, ADoubledRecord) {
  {
    PlantedJournal journal(data_, id_);
    journal.records.push_back(journal.records[journal.Find(ticket_, 3)]);
    journal.Write();
  }
  ExpectFound("RECORD_DOUBLED");
  Plant();  // as a new revision and version, well chained: the command has taken effect twice
  {
    PlantedJournal journal(data_, id_);
    const size_t at = journal.Find(ticket_, 7);
    journal.records.push_back(journal.records[at]);
    journal.Rechain(at + 1);
    journal.Write();
  }
  DropStore();
  ExpectFound("COMMAND_DOUBLED");
}

TEST_F(Plantings, ABrokenChain) {
  {
    PlantedJournal journal(data_, id_);
    auto& kept = journal.records[journal.Find(ticket_, 3)];
    auto record = kept.record();
    record.mutable_commit()->set_principal("agents/1036");  // somebody else did it
    kept.Set(record);
    journal.Write();
  }
  ExpectFound("CHAIN_BROKEN");
  ExpectFound("CHAIN_BROKEN", {"ticket", ticket_});
  DropStore();
  ExpectFound("CHAIN_BROKEN");
}

// Time that nobody held the ticket, or somebody who was never given it. `Evolve` closes every interval where the next
// one begins, so a gap needs a forged history, here with all hashes made anew: what remains is the domain's own proof.
TEST_F(Plantings, ACustodyGap) {
  {
    PlantedJournal journal(data_, id_);
    const size_t at = journal.Find(ticket_, 4);  // the offer to the warehouse was never made
    journal.records.erase(journal.records.begin() + static_cast<long>(at));
    journal.Rechain(at);
    journal.Write();
  }
  DropStore();
  ExpectFound("INVARIANT");
  ExpectFound("INVARIANT", {"ticket", ticket_});
  Plant();  // its life began an hour earlier than anybody held it
  {
    PlantedJournal journal(data_, id_);
    const auto opened = journal.records[journal.Find(ticket_, 1)].record();
    router::v1::Event event;
    ASSERT_TRUE(event.ParseFromString(opened.commit().events(0).body()));
    event.mutable_ticket_opened()->mutable_owner_since()->set_seconds(event.ticket_opened().owner_since().seconds() -
                                                                      3600);
    const size_t at = journal.Find(ticket_, 7);
    auto forged = journal.records[at].record();
    forged.mutable_commit()->mutable_events(0)->set_body(event.SerializeAsString());
    journal.records[at].Set(forged);
    journal.Rechain(at);
    journal.Write();
  }
  DropStore();
  ExpectFound("INVARIANT");
  Plant();  // in the store alone
  PlantRow(data_, id_, rows::StateKey(ticket_), [](std::optional<std::string> row) -> std::optional<std::string> {
    auto value = rows::StateValue::Decode(*row);
    Ticket ticket;
    EXPECT_TRUE(ticket.ParseFromString(value->state));
    auto* from = ticket.mutable_episodes(0)->mutable_custody(2)->mutable_from();
    from->set_seconds(from->seconds() + 1);
    value->state = ticket.SerializeAsString();
    return value->Encode();
  });
  ExpectFound("STORE_DIFFERS");
}

TEST_F(Plantings, AChangedStoreRow) {
  PlantRow(data_, id_, rows::StateKey(ticket_), [](std::optional<std::string> row) -> std::optional<std::string> {
    auto value = rows::StateValue::Decode(*row);
    Ticket ticket;
    EXPECT_TRUE(ticket.ParseFromString(value->state));
    ticket.set_owner("1006");
    value->state = ticket.SerializeAsString();
    return value->Encode();
  });
  Verified verified = Verify({"all"});
  EXPECT_EQ(verified.code, 6);
  EXPECT_EQ(verified.kinds, (std::map<std::string, int>{{"STORE_DIFFERS", 1}})) << verified.text;
  Plant();
  PlantRow(data_, id_, rows::HistoryKey(ticket_, 2), [](std::optional<std::string>) { return std::nullopt; });
  verified = Verify({"all"});
  EXPECT_EQ(verified.kinds, (std::map<std::string, int>{{"STORE_DIFFERS", 1}})) << verified.text;
  Plant();
  PlantRow(data_, id_, rows::DedupKey(std::string(16, 'x')), [](std::optional<std::string>) { return "answered"; });
  verified = Verify({"all"});
  EXPECT_EQ(verified.kinds, (std::map<std::string, int>{{"STORE_DIFFERS", 1}})) << verified.text;
}

}  // namespace
}  // namespace shoujie::e2e
