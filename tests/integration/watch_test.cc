// A department's feed on a whole node: what happened to its tickets, each once, through restarts and lost stores; and
// the customer's address, which is told with a purpose and leaves a trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using google::protobuf::util::TimeUtil;
using router::v1::Ticket;
using router::v1::TicketEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPhone[] = "13900007777";
constexpr char kPurpose[] = "appointment for the repair";

// A ticket of agent 1005; its name.
std::string TicketOf1005(MemoryNode& node, const std::string& call, const std::string& phone = kPhone) {
  interaction::v1::RecordUpdate record;
  record.set_customer_name("Wang Fang");
  record.set_phone(phone);
  record.set_address("6 West Lake Road");
  return NewTicket(node, "1005", call, record);
}

absl::Status Offer(MemoryNode& node, const std::string& ticket, const std::string& department = "tech") {
  router::v1::OfferHandoffRequest offer;
  offer.set_name(ticket);
  offer.set_department(department);
  *offer.mutable_deadline() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() + absl::Hours(4)));
  offer.set_gist("please look at it");
  return node.Do("router", "agents/1005", offer).status();
}

// One stream, read by the test's own thread.
class Watcher {
 public:
  Watcher(MemoryNode& node, const router::v1::WatchTicketsRequest& request,
          const Principal& who = {"agents/1035", static_cast<uint32_t>(Right::kAgent)}) {
    const ServiceModule& module = *node.node().module("router");
    auto news = news_;
    auto stream = node.node().Open(module, module.watches.at(0), request, who, [news] { ++*news; });
    status_ = stream.status();
    if (stream.ok()) stream_ = *std::move(stream);
  }
  // The next `count` events, awaited.
  std::vector<TicketEvent> Take(size_t count) {
    std::vector<TicketEvent> taken;
    for (int i = 0; taken.size() < count && i < 4000; ++i) {
      router::v1::WatchTicketsResponse answer;
      const int seen = *news_;
      auto step = stream_->Next(&answer);
      if (!step.ok()) {
        status_ = step.status();
        return taken;
      }
      if (*step == AnswerStream::Step::kAnswer) {
        taken.insert(taken.end(), answer.events().begin(), answer.events().end());
        token_ = answer.resume_token();
        continue;
      }
      for (int wait = 0; *news_ == seen && wait < 3000; ++wait) absl::SleepFor(absl::Milliseconds(1));
    }
    return taken;
  }
  // Whether there is nothing more now.
  bool Quiet() {
    router::v1::WatchTicketsResponse answer;
    auto step = stream_->Next(&answer);
    return step.ok() && answer.events().empty();
  }
  const std::string& token() const { return token_; }
  const absl::Status& status() const { return status_; }

 private:
  std::shared_ptr<std::atomic<int>> news_ = std::make_shared<std::atomic<int>>(0);
  std::unique_ptr<AnswerStream> stream_;
  absl::Status status_;
  std::string token_;
};

router::v1::WatchTicketsRequest OfTech(const std::string& token = "", bool from_start = false) {
  router::v1::WatchTicketsRequest request;
  request.set_department("tech");
  request.set_resume_token(token);
  request.set_from_start(from_start);
  return request;
}
std::vector<std::string> Kinds(const std::vector<TicketEvent>& events) {
  std::vector<std::string> kinds;
  for (const auto& event : events) {
    kinds.push_back(event.type().substr(15, event.type().size() - 18));  // shoujie.ticket.….v1
  }
  return kinds;
}

TEST(WatchTest, ADepartmentSeesWhatHappensToItsTicketsAndGoesOnAfterARestart) {
  Disk disk(/*exclusive=*/true);
  std::string ticket, token;
  std::vector<TicketEvent> all;
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    ticket = TicketOf1005(node, "0001");
    Watcher watcher(node, OfTech());
    ASSERT_TRUE(watcher.status().ok()) << watcher.status();
    (void)watcher.Take(0);
    ASSERT_TRUE(Offer(node, ticket).ok());
    ASSERT_TRUE(Act<router::v1::SignHandoffRequest>(node, "agents/1035", ticket).ok());
    const auto seen = watcher.Take(2);
    EXPECT_THAT(Kinds(seen), ElementsAre("offered", "signed"));
    EXPECT_EQ(seen[1].data().by(), "agents/1035");
    EXPECT_EQ(seen[1].subject(), ticket);
    EXPECT_LT(seen[0].sequence(), seen[1].sequence());
    EXPECT_TRUE(watcher.Quiet());
    all = seen;
    token = watcher.token();
    router::v1::CompleteHandoffRequest done;
    done.set_result("replaced");
    ASSERT_TRUE(Act(node, "agents/1035", ticket, done).ok());
    node.Stop();
  }
  MemoryNode again(&disk);
  ASSERT_TRUE(again.started().ok()) << again.started();
  Watcher watcher(again, OfTech(token));
  ASSERT_TRUE(Offer(again, ticket, "warehouse").ok()) << "another department's";
  router::v1::WithdrawHandoffRequest withdraw;
  ASSERT_TRUE(Act(again, "agents/1005", ticket, withdraw).ok());
  router::v1::CloseTicketRequest close;
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result("told");
  ASSERT_TRUE(Act(again, "agents/1005", ticket, close).ok());
  const auto rest = watcher.Take(2);
  EXPECT_THAT(Kinds(rest), ElementsAre("done", "closed")) << "no gap, nothing twice, nothing of others";
  all.insert(all.end(), rest.begin(), rest.end());
  again.Stop();

  // Lists that are gone are made again from the journals: the same events, in the same words, and old tokens hold.
  disk.LoseStores();
  MemoryNode rebuilt(&disk);
  ASSERT_TRUE(rebuilt.started().ok()) << rebuilt.started();
  Watcher from_start(rebuilt, OfTech("", /*from_start=*/true));
  const auto repeated = from_start.Take(all.size());
  ASSERT_EQ(repeated.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(repeated[i].SerializeAsString(), all[i].SerializeAsString());
  Watcher from_token(rebuilt, OfTech(token));
  EXPECT_THAT(Kinds(from_token.Take(2)), ElementsAre("done", "closed"));
}

TEST(WatchTest, ADepartmentThatAssistsIsToldOfItAndHowTheTicketEnds) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = TicketOf1005(node, "0001");
  auto request = OfTech();
  request.set_department("warehouse");
  Watcher watcher(node, request, {"agents/1032", static_cast<uint32_t>(Right::kAgent)});
  ASSERT_TRUE(watcher.status().ok()) << watcher.status();
  (void)watcher.Take(0);
  router::v1::RequestAssistRequest ask;
  ask.set_department("warehouse");
  *ask.mutable_deadline() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() + absl::Hours(4)));
  ask.set_gist("is the part in stock?");
  ASSERT_TRUE(Act(node, "agents/1005", ticket, ask).ok());
  ASSERT_TRUE(Act<router::v1::SignAssistRequest>(node, "agents/1032", ticket).ok());
  router::v1::CompleteAssistRequest done;
  done.set_result("two in stock");
  ASSERT_TRUE(Act(node, "agents/1032", ticket, done).ok());
  router::v1::CloseTicketRequest close;
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result("told");
  ASSERT_TRUE(Act(node, "agents/1005", ticket, close).ok());
  EXPECT_THAT(Kinds(watcher.Take(4)), ElementsAre("assist-requested", "assist-signed", "assist-done", "closed"));
}

TEST(WatchTest, OnlyWhoMayIsLetInAndATokenMustBeOne) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  EXPECT_EQ(ReasonOf(Watcher(node, OfTech(), {"agents/1005", 1}).status()), "NOT_OF_DEPARTMENT");
  EXPECT_EQ(ReasonOf(Watcher(node, OfTech("made up")).status()), "RESUME_TOKEN_INVALID");
  auto request = OfTech();
  request.set_department("marketing");
  EXPECT_EQ(ReasonOf(Watcher(node, request).status()), "DEPARTMENT_UNKNOWN");
}

// Many writers, many watchers: everybody gets everything of his department, once and in the order of each ticket.
TEST(WatchTest, ManyWatchersOfManyTicketsMissNothing) {
  constexpr size_t kTickets = 6, kWatchers = 24, kRounds = 5;
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  std::vector<std::string> tickets;
  for (size_t i = 0; i < kTickets; ++i) {
    tickets.push_back(TicketOf1005(node, absl::StrCat("1", i), absl::StrCat("1390000", 1000 + i)));
  }
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (size_t i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(node, OfTech()));
    (void)watchers.back()->Take(0);
  }
  std::vector<std::thread> threads;
  for (size_t half = 0; half < 2; ++half) {
    threads.emplace_back([&, half] {
      for (size_t round = 0; round < kRounds; ++round) {
        for (size_t i = half; i < kTickets; i += 2) {
          EXPECT_TRUE(Offer(node, tickets[i]).ok());
          EXPECT_TRUE(Act<router::v1::SignHandoffRequest>(node, "agents/1036", tickets[i]).ok());
          router::v1::CompleteHandoffRequest done;
          done.set_result("replaced");
          EXPECT_TRUE(Act(node, "agents/1036", tickets[i], done).ok());
        }
      }
    });
  }
  std::vector<std::vector<TicketEvent>> taken(kWatchers);
  for (size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (size_t n = i; n < kWatchers; n += 2) taken[n] = watchers[n]->Take(3 * kRounds * kTickets);
    });
  }
  for (auto& thread : threads) thread.join();
  for (size_t n = 0; n < kWatchers; ++n) {
    ASSERT_EQ(taken[n].size(), 3 * kRounds * kTickets);
    EXPECT_TRUE(watchers[n]->Quiet());
    std::map<std::string, std::string> last;
    for (const TicketEvent& event : taken[n]) {
      EXPECT_GT(event.sequence(), last[event.subject()]);
      last[event.subject()] = event.sequence();
    }
    EXPECT_EQ(last.size(), kTickets);
  }
}

TEST(ContactDetailsTest, ToldToTheDepartmentThatHasTheTicketWithAPurposeThatIsRecorded) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = TicketOf1005(node, "0001");
  router::v1::GetContactDetailsRequest ask;
  ask.set_name(ticket);
  ask.set_purpose(kPurpose);
  EXPECT_EQ(ReasonOf(node.Do("router", "agents/1035", ask).status()), "NOT_WITH_DEPARTMENT");
  ASSERT_TRUE(Offer(node, ticket).ok());
  EXPECT_EQ(ReasonOf(node.Do("router", "agents/1032", ask).status()), "NOT_WITH_DEPARTMENT") << "warehouse";
  router::v1::GetContactDetailsRequest silent = ask;
  silent.clear_purpose();
  EXPECT_EQ(ReasonOf(node.Do("router", "agents/1035", silent).status()), "PURPOSE_MISSING");

  // As the surface does it: first the record, then the answer.
  auto recorded = node.Do("router", "agents/1035", ask);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  auto details = node.Run<router::v1::ContactDetails>("router", "GetContactDetails", ask, "agents/1035");
  ASSERT_TRUE(details.ok()) << details.status();
  EXPECT_EQ(details->customer_name(), "Wang Fang");
  EXPECT_THAT(details->phone(), HasSubstr(kPhone));
  EXPECT_EQ(details->address(), "6 West Lake Road");

  common::v1::ListHistoryRequest history;
  history.set_name(ticket);
  auto entries = node.History("router", history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  const auto& last = *entries->entries().rbegin();
  EXPECT_EQ(last.principal(), "agents/1035");
  router::v1::Event event;
  ASSERT_TRUE(last.events(0).UnpackTo(&event));
  EXPECT_EQ(event.contact_details_read().purpose().plain(), kPurpose);
  EXPECT_EQ(event.contact_details_read().department(), "tech");
  size_t looks = 0;
  for (const auto& entry : entries->entries()) {
    for (const auto& packed : entry.events()) looks += packed.UnpackTo(&event) && event.has_contact_details_read();
  }
  EXPECT_EQ(looks, 1u) << "what was refused leaves no look";
  for (const auto& [id, rows] : disk.Rows()) {
    for (const auto& [key, value] : rows) {
      EXPECT_THAT(key + value, Not(HasSubstr(kPurpose))) << id.service;
      EXPECT_THAT(key + value, Not(HasSubstr("Wang Fang"))) << id.service;
    }
  }
  Watcher watcher(node, OfTech("", /*from_start=*/true));
  EXPECT_THAT(Kinds(watcher.Take(1)), ElementsAre("offered")) << "who looked is not published";
  EXPECT_TRUE(watcher.Quiet());
}

}  // namespace
}  // namespace shoujie
