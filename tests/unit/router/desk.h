// A desk with one ticket on it: sends commands to the domain as a shard would (effective time never falls, events and
// state under one version), and after every record proves the ticket, compares the state with a fold of all events from
// zero, and keeps the read-model row.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/domain.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/proof.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/router/projection.h"
#include "services/router/reactions.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/reference.h"
#include "shoujie/interaction/v1/events.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

inline const std::string kMatter = Number{413, 127}.ToString();
inline const std::string kName = absl::StrCat("tickets/", kMatter, "-T1");
inline const std::string kContact = absl::StrCat("contacts/", kMatter);

inline absl::Time At(absl::Duration since_nine) {
  return absl::FromCivil(absl::CivilHour(2026, 3, 2, 9), absl::UTCTimeZone()) + since_nine;
}

inline directory::v1::Directory SampleDirectory() {
  directory::v1::Directory d;
  d.set_version(7);
  for (const char* id : {"north", "south"}) {
    auto& site = *d.add_sites();
    site.set_id(id);
    site.set_head(id == std::string("north") ? "9000" : "9100");
  }
  auto& team = *d.add_teams();
  team.set_id("t1");
  team.set_site("north");
  team.set_leader("2001");
  const auto agent = [&](const char* id, const char* site, const char* team_id, directory::v1::AgentRole role,
                         const char* department = "") -> directory::v1::Agent& {
    auto& a = *d.add_agents();
    a.set_id(id);
    a.set_site(site);
    a.set_team(team_id);
    a.set_role(role);
    a.set_department(department);
    return a;
  };
  using namespace directory::v1;
  agent("1001", "north", "t1", AGENT_ROLE_AGENT);
  agent("1002", "north", "t1", AGENT_ROLE_AGENT);
  agent("1003", "south", "", AGENT_ROLE_AGENT);
  agent("1009", "north", "t1", AGENT_ROLE_AGENT).set_left(true);
  agent("2001", "north", "t1", AGENT_ROLE_LEADER);
  agent("2002", "north", "t2", AGENT_ROLE_LEADER);
  agent("2101", "south", "t3", AGENT_ROLE_LEADER);
  agent("9000", "north", "", AGENT_ROLE_HEAD);
  agent("9100", "south", "", AGENT_ROLE_HEAD);
  agent("5001", "north", "", AGENT_ROLE_DEPARTMENT, "tech");
  agent("5002", "north", "", AGENT_ROLE_DEPARTMENT, "tech");
  agent("5003", "north", "", AGENT_ROLE_DEPARTMENT);  // deputy of warehouse
  agent("5009", "north", "", AGENT_ROLE_DEPARTMENT, "tech").set_left(true);
  agent("5100", "north", "", AGENT_ROLE_DEPARTMENT, "warehouse");
  const auto department = [&](const char* id, const char* head) -> directory::v1::Department& {
    auto& dep = *d.add_departments();
    dep.set_id(id);
    dep.set_head(head);
    dep.mutable_refuse_window()->set_seconds(3600);
    return dep;
  };
  department("tech", "5001");
  department("warehouse", "5100").add_deputies("5003");
  department("headless", "");
  d.mutable_policies()->mutable_undo_window()->set_seconds(600);
  return d;
}

class Desk {
 public:
  explicit Desk(directory::v1::Directory directory = SampleDirectory(), std::string name = kName)
      : name_(std::move(name)), reference_(std::make_unique<Reference>(std::move(directory))), domain_(Domain()) {}

  // Moves the clock.
  Desk& at(absl::Duration since_nine) {
    now_ = At(since_nine);
    return *this;
  }
  Desk& by(std::string agent) {
    principal_ = {absl::StrCat("agents/", agent), static_cast<uint32_t>(Right::kAgent)};
    return *this;
  }
  Desk& by_operator() {
    principal_ = {"operators/first", static_cast<uint32_t>(Right::kOperate)};
    return *this;
  }
  Desk& by_system() {
    principal_ = {"system/router", static_cast<uint32_t>(Right::kSystem)};
    return *this;
  }
  Desk& by_importer() {
    principal_ = {"adapters/importer", static_cast<uint32_t>(Right::kFacts)};
    return *this;
  }
  void Publish(directory::v1::Directory directory) { reference_ = std::make_unique<Reference>(std::move(directory)); }

  // The answer to a command: OK with `events()` being what it recorded, or the refusal.
  template <typename Request>
  absl::Status Do(Request request) {
    if constexpr (!std::is_same_v<Request, v1::RecordTicketFactsRequest>) {
      if (request.name().empty()) request.set_name(name_);
    }
    const auto& type = *domain_.streams[0];
    auto address = type.Route(request);
    if (!address.ok()) return address.status();
    stream_ = address->stream;
    const absl::Time now = std::max(now_, effective_);
    const Context context{.now = now,
                          .recorded_at = now_,
                          .principal = principal_,
                          .reference = *reference_,
                          .stream = stream_,
                          .version = version_};
    auto decided = type.Decide(ticket_, request, context);
    events_.clear();
    if (!decided.ok()) return decided.status();
    if (decided->empty()) return absl::OkStatus();
    ++version_;
    for (auto& d : *decided) {
      effective_ = std::max(effective_, d.effective_at.value_or(now));
      const auto& event = static_cast<const v1::Event&>(*d.event);
      log_.push_back({event, effective_, now_, version_, principal_.id});
      Evolve(ticket_, event, Of(log_.back()));
      Project(row_, event, Of(log_.back()));
      events_.push_back(event);
      sent_.insert(sent_.end(), d.messages.begin(), d.messages.end());
    }
    EXPECT_EQ(CheckTicket(ticket_, effective_), absl::OkStatus());
    EXPECT_EQ(CheckTicket(ticket_, effective_ + absl::Hours(100)), absl::OkStatus());
    v1::Ticket again;
    for (const auto& entry : log_) Evolve(again, entry.event, Of(entry));
    EXPECT_EQ(again.SerializeAsString(), ticket_.SerializeAsString());
    EXPECT_EQ(row_.owner(), ticket_.owner());
    EXPECT_EQ(row_.state(), ticket_.state());
    return absl::OkStatus();
  }

  // Opens the usual ticket: 1001 took the call at nine, the record asked for a ticket three minutes later.
  Desk& Open(const std::string& owner = "1001", const std::string& site = "north") {
    interaction::v1::Event event;
    auto& needed = *event.mutable_ticket_needed();
    needed.set_ticket(name_);
    needed.set_contact(kContact);
    needed.set_owner(owner);
    *needed.mutable_owner_since() = ToProto(At(absl::ZeroDuration()));
    needed.set_site(site);
    needed.mutable_gist()->set_box("sealed");
    at(absl::Minutes(3));
    by_system();
    for (const auto& command : OnInteraction({event, {}})) {
      EXPECT_EQ(Do(static_cast<const v1::OpenTicketRequest&>(*command)), absl::OkStatus());
    }
    return *this;
  }
  absl::Status Offer(const std::string& department, absl::Duration deadline = absl::Hours(24)) {
    v1::OfferHandoffRequest request;
    request.set_department(department);
    *request.mutable_deadline() = ToProto(At(deadline));
    request.set_gist("please look at it");
    return Do(request);
  }
  absl::Status Sign() { return Do(v1::SignHandoffRequest()); }
  absl::Status Complete() {
    v1::CompleteHandoffRequest request;
    request.set_result("replaced");
    return Do(request);
  }
  absl::Status Close(v1::ResolutionCode code = v1::RESOLUTION_CODE_SOLVED) {
    v1::CloseTicketRequest request;
    request.set_code(code);
    request.set_result("solved, customer told");
    return Do(request);
  }
  absl::Status Reopen() {
    v1::ReopenTicketRequest request;
    request.set_reason(v1::REOPEN_REASON_NOT_SOLVED);
    return Do(request);
  }
  absl::Status Transfer(const std::string& to, v1::OwnerReason reason = v1::OWNER_REASON_LEAVE) {
    v1::TransferOwnershipRequest request;
    request.set_to(to);
    request.set_reason(reason);
    return Do(request);
  }
  // Every timer that is due, as the runtime would fire it.
  void FireTimers() {
    const Principal before = principal_;
    principal_ = {"system/router", static_cast<uint32_t>(Right::kSystem)};
    for (const auto& timer : domain_.streams[0]->Timers(ticket_)) {
      if (timer.due > now_) continue;
      common::v1::TimerFired fired;
      fired.set_timer(timer.name);
      fired.set_attempt(timer.attempt);
      EXPECT_EQ(Do(fired), absl::OkStatus());
    }
    principal_ = before;
  }

  const v1::Ticket& ticket() const { return ticket_; }
  const v1::TicketRow& row() const { return row_; }
  const std::vector<v1::Event>& events() const { return events_; }
  // What it sent to other tickets since it was last asked.
  std::vector<std::shared_ptr<const google::protobuf::Message>> TakeSent() { return std::exchange(sent_, {}); }
  uint64_t version() const { return version_; }
  std::vector<Timer> timers() const { return domain_.streams[0]->Timers(ticket_); }
  absl::Duration Held(const v1::Party& party, v1::CustodyKind kind) const { return HeldBy(ticket_, party, kind, now_); }

 private:
  struct Entry {
    v1::Event event;
    absl::Time effective_at, recorded_at;
    uint64_t version;
    std::string principal;
  };
  EventContext Of(const Entry& entry) const {
    return {.stream = stream_,
            .version = entry.version,
            .effective_at = entry.effective_at,
            .recorded_at = entry.recorded_at,
            .principal = entry.principal};
  }

  const std::string name_;
  std::unique_ptr<Reference> reference_;
  ServiceDomain domain_;
  Principal principal_;
  std::string stream_;
  absl::Time now_ = At(absl::ZeroDuration());
  absl::Time effective_ = absl::InfinitePast();
  uint64_t version_ = 0;
  v1::Ticket ticket_;
  v1::TicketRow row_;
  std::vector<v1::Event> events_;
  std::vector<std::shared_ptr<const google::protobuf::Message>> sent_;
  std::vector<Entry> log_;
};

MATCHER_P(RefusedWith, reason, "") { return ReasonOf(arg) == reason; }

}  // namespace shoujie::router
