// The node with its real services: what a client is answered, what it can read at once, what lists and time travel
// show, and what a restart, a lost store and another owner change: nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/memory_node.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using google::protobuf::util::TimeUtil;
using interaction::v1::Contact;
using router::v1::Ticket;

class NodeTest : public testing::Test {
 protected:
  static absl::Status Note(MemoryNode& node, const std::string& agent, const std::string& ticket) {
    router::v1::AddNoteRequest note;
    note.set_name(ticket);
    note.set_text("a note");
    return node.Do("router", "agents/" + agent, note).status();
  }
  static std::vector<common::v1::HistoryEntry> HistoryOf(MemoryNode& node, const std::string& ticket, int page_size) {
    std::vector<common::v1::HistoryEntry> all;
    common::v1::ListHistoryRequest request;
    request.set_name(ticket);
    request.set_page_size(page_size);
    do {
      auto page = node.History("router", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      EXPECT_LE(page->entries_size(), page_size);
      all.insert(all.end(), page->entries().begin(), page->entries().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
};

TEST_F(NodeTest, ReadsAndTimeTravel) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = NewTicket(node, "1005", "0001");
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Note(node, "1005", ticket).ok());
  router::v1::TransferOwnershipRequest transfer;
  transfer.set_name(ticket);
  transfer.set_to("1006");
  transfer.set_reason(router::v1::OWNER_REASON_LEAVE);
  ASSERT_TRUE(node.Do("router", "agents/1005", transfer).ok());

  auto now = node.Get<Ticket>("router", ticket);
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(now->owner(), "1006");
  EXPECT_EQ(now->etag(), "8");
  EXPECT_EQ(now->gist().plain(), "the screen stays black") << "personal fields are opened";

  common::v1::GetRequest get;
  get.set_name(ticket);
  get.mutable_read_mask()->add_paths("owner");
  get.mutable_read_mask()->add_paths("handler.id");
  auto masked = node.Get<Ticket>("router", get);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->ShortDebugString(), "owner: \"1006\" handler { id: \"1006\" }");
  get.mutable_read_mask()->add_paths("shoe_size");
  EXPECT_EQ(ReasonOf(node.Get<Ticket>("router", get).status()), "READ_MASK_INVALID");

  for (const int page_size : {1, 3, 100}) {
    const auto history = HistoryOf(node, ticket, page_size);
    ASSERT_EQ(history.size(), 8u);
    for (size_t i = 0; i < history.size(); ++i) {
      EXPECT_EQ(history[i].version(), i + 1);
      EXPECT_EQ(history[i].prev_hash(), i == 0 ? "" : history[i - 1].hash());
    }
  }
  const auto history = HistoryOf(node, ticket, 100);
  for (uint64_t version = 1; version <= 8; ++version) {
    get.Clear();
    get.set_name(ticket);
    get.set_as_of_version(version);
    auto then = node.Get<Ticket>("router", get);
    ASSERT_TRUE(then.ok()) << then.status();
    EXPECT_EQ(then->etag(), absl::StrCat(version));
    EXPECT_EQ(then->owner(), version < 8 ? "1005" : "1006");
    EXPECT_EQ(then->notes(), std::min<uint64_t>(version - 1, 6));
  }
  get.Clear();
  get.set_name(ticket);
  *get.mutable_as_of() = history[0].effective_at();
  EXPECT_EQ(node.Get<Ticket>("router", get)->notes(), 0u);
  *get.mutable_as_of() =
      TimeUtil::MillisecondsToTimestamp(TimeUtil::TimestampToMilliseconds(history[0].effective_at()) - 1);
  EXPECT_EQ(ReasonOf(node.Get<Ticket>("router", get).status()), "NOT_THEN");
  *get.mutable_as_of_recorded() = history[7].recorded_at();
  EXPECT_EQ(ReasonOf(node.Get<Ticket>("router", get).status()), "AS_OF_AMBIGUOUS");
  EXPECT_EQ(ReasonOf(node.Get<Ticket>("router", "tickets/0001-000001-1-T1").status()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(node.Get<Ticket>("router", "soup/1").status()), "RESOURCE_NOT_FOUND");
}

TEST_F(NodeTest, ListsShowWhatWasAcknowledgedAndPageWithoutGaps) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  std::set<std::string> made;
  for (int i = 0; i < 10; ++i) {
    const std::string ticket = NewTicket(node, i % 2 ? "1005" : "1006", absl::StrCat(1000 + i));
    made.insert(ticket);
    // An act that was answered is in the list that is asked for next.
    router::v1::OfferHandoffRequest offer;
    offer.set_name(ticket);
    offer.set_department(i % 3 ? "tech" : "warehouse");
    *offer.mutable_deadline() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() + absl::Hours(4)));
    offer.set_gist("look");
    ASSERT_TRUE(node.Do("router", i % 2 ? "agents/1005" : "agents/1006", offer).ok());
    router::v1::ListTicketsRequest list;
    list.set_department(offer.department());
    list.set_state(router::v1::TICKET_STATE_OFFERED);
    auto listed = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", list);
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(listed->lagging_partitions_size(), 0);
    EXPECT_EQ(std::count_if(listed->tickets().begin(), listed->tickets().end(),
                            [&](const auto& row) { return row.name() == ticket; }),
              1)
        << ticket;
  }
  const auto pages = [&](router::v1::ListTicketsRequest list, int page_size) {
    std::vector<std::string> names;
    list.set_page_size(page_size);
    do {
      auto page = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", list);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->tickets_size(), page_size);
      for (const auto& row : page->tickets()) names.push_back(row.name());
      list.set_page_token(page->next_page_token());
    } while (!list.page_token().empty());
    return names;
  };
  for (const int page_size : {1, 3, 1000}) {
    const auto all = pages({}, page_size);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), made);
    EXPECT_EQ(all.size(), made.size()) << "nothing twice";
    router::v1::ListTicketsRequest of_owner;
    of_owner.set_owner("1005");
    EXPECT_EQ(pages(of_owner, page_size).size(), 5u);
    router::v1::ListTicketsRequest at_warehouse;
    at_warehouse.set_department("warehouse");
    EXPECT_EQ(pages(at_warehouse, page_size).size(), 4u);
  }
}

TEST_F(NodeTest, RestartAndRebuildChangeNothing) {
  Disk disk(/*exclusive=*/true);
  std::vector<std::string> tickets;
  std::vector<std::string> states;
  const auto read = [&](MemoryNode& node) {
    std::vector<std::string> all;
    for (const auto& ticket : tickets) {
      all.push_back(node.Get<Ticket>("router", ticket).value_or(Ticket()).SerializeAsString());
      for (const auto& entry : HistoryOf(node, ticket, 100)) all.back() += entry.SerializeAsString();
    }
    return all;
  };
  router::v1::AddNoteRequest repeated;
  common::v1::CommandReply answered;
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    for (int i = 0; i < 5; ++i) tickets.push_back(NewTicket(node, "1005", absl::StrCat(2000 + i)));
    repeated.set_request_id(node.NewId());
    repeated.set_name(tickets[0]);
    repeated.set_text("once");
    auto reply = node.Do("router", "agents/1005", repeated);
    ASSERT_TRUE(reply.ok()) << reply.status();
    answered = *reply;
    states = read(node);
  }
  const auto kept = disk.Rows();
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    EXPECT_EQ(read(node), states);
    auto again = node.Do("router", "agents/1005", repeated);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), answered.SerializeAsString()) << "answered as before the restart";
    EXPECT_EQ(read(node), states);
  }
  // Claims of the restart are in the journals since; what a rebuild makes of all of it equals the store that lived on.
  const auto lived = disk.Rows();
  disk.LoseStores();
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    EXPECT_EQ(read(node), states);
    auto again = node.Do("router", "agents/1005", repeated);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), answered.SerializeAsString());
    router::v1::ListTicketsRequest list;
    auto listed = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", list);
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(listed->tickets_size(), 5);
  }
  const auto rebuilt = disk.Rows();
  for (const auto& [id, rows] : lived) {
    if (id.service.find(".lists") != std::string::npos) continue;
    const auto found = rebuilt.find(id);
    ASSERT_NE(found, rebuilt.end()) << id.service;
    for (const auto& [key, value] : rows) {
      if (key == "P") continue;  // its term moved on with the restart's claim
      const auto row = found->second.find(key);
      EXPECT_TRUE(row != found->second.end() && row->second == value)
          << id.service << "/" << id.partition << " " << key;
    }
    EXPECT_EQ(found->second.size(), rows.size()) << id.service << "/" << id.partition;
  }
  EXPECT_EQ(kept.size(), rebuilt.size());
}

TEST_F(NodeTest, ManyCallersAtOnce) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  std::vector<std::string> tickets;
  for (int i = 0; i < 4; ++i) tickets.push_back(NewTicket(node, "1005", absl::StrCat(3000 + i)));
  constexpr int kCallers = 4, kRounds = 60;
  std::atomic<uint64_t> failures{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string& ticket = tickets[static_cast<size_t>(c + i) % tickets.size()];
        const auto before = node.Get<Ticket>("router", ticket);
        const absl::Status noted = Note(node, "1005", ticket);
        const auto after = node.Get<Ticket>("router", ticket);
        if (!before.ok() || !noted.ok() || !after.ok() || after->notes() <= before->notes()) ++failures;
        if (i % 10 == 0) {
          router::v1::ListTicketsRequest list;
          list.set_owner("1005");
          auto listed = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", list);
          if (!listed.ok() || listed->tickets_size() != 4) ++failures;
          profile::v1::CreateCustomerRequest create;
          create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
          create.mutable_identifier()->set_value(absl::StrCat(13'700'000'000 + i));  // the same of all callers
          create.set_get_or_create(true);
          if (!node.Do("profile", "agents/1005", create).ok()) ++failures;
        }
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failures, 0u);
  uint64_t notes = 0;
  for (const auto& ticket : tickets) notes += node.Get<Ticket>("router", ticket)->notes();
  EXPECT_EQ(notes, static_cast<uint64_t>(kCallers * kRounds));
  auto customers =
      node.Run<profile::v1::ListCustomersResponse>("profile", "ListCustomers", profile::v1::ListCustomersRequest());
  ASSERT_TRUE(customers.ok()) << customers.status();
  EXPECT_EQ(customers->customers_size(), kRounds / 10) << "one customer per number, whoever came first";
}

// Two nodes on the same journals: the second takes over while the first is at work. What the first acknowledged stands,
// it acknowledges nothing any more, and a repeat finds at the second what the first had done.
TEST_F(NodeTest, AnotherNodeTakesOver) {
  Disk disk(/*exclusive=*/false), other(/*exclusive=*/false);
  MemoryNode first(&disk);
  ASSERT_TRUE(first.started().ok()) << first.started();
  const std::string ticket = NewTicket(first, "1005", "4000");
  std::atomic<bool> stop{false};
  std::vector<router::v1::AddNoteRequest> acknowledged, unknown;
  std::thread caller([&] {
    while (!stop) {
      router::v1::AddNoteRequest note;
      note.set_request_id(first.NewId());
      note.set_name(ticket);
      note.set_text("a note");
      const auto reply = first.Do("router", "agents/1005", note);
      (reply.ok() ? acknowledged : unknown).push_back(note);
      if (!reply.ok()) absl::SleepFor(absl::Milliseconds(20));
    }
  });
  absl::SleepFor(absl::Milliseconds(200));
  MemoryNode second(&disk, &other);
  ASSERT_TRUE(second.started().ok()) << second.started();
  stop = true;
  caller.join();
  ASSERT_FALSE(acknowledged.empty());
  EXPECT_FALSE(unknown.empty()) << "the first one did not notice";
  for (const auto& note : unknown) {
    const auto reply = second.Do("router", "agents/1005", note);
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  std::map<std::string, int> recorded;
  for (const auto& entry : HistoryOf(second, ticket, 1000)) ++recorded[entry.command_id()];
  for (const auto* notes : {&acknowledged, &unknown}) {
    for (const auto& note : *notes) {
      std::string id = note.request_id();
      id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
      EXPECT_EQ(recorded[id], 1) << id;
    }
  }
  EXPECT_EQ(second.Get<Ticket>("router", ticket)->notes(), acknowledged.size() + unknown.size());
}

}  // namespace
}  // namespace shoujie
