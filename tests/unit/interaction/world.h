// A contact under test: given-when-then over the service's own streams, without a runtime. Commands go through Route
// and Decide, what they decide is folded by Evolve and by the row, and timers fire when the clock passes them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "services/interaction/domain/contact.h"
#include "services/interaction/domain/domain.h"
#include "services/runtime/base/error.h"
#include "services/runtime/reference.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::interaction {

inline directory::v1::Directory TestDirectory() {
  directory::v1::Directory directory;
  const char* text = R"pb(
    version: 1
    sites {
      id: "north"
      time_zone: "Asia/Shanghai"
      head: "1900"
      coordinator: "1800"
      answer_window {
        rings_min: 2
        rings_max: 3
        apology_after_rings: 5
        alarm_after { seconds: 17 }
      }
      service_hours { weekday: 1 open_minute: 480 close_minute: 1080 }
      service_hours { weekday: 2 open_minute: 480 close_minute: 1080 }
    }
    sites { id: "south" time_zone: "Asia/Shanghai" head: "2900" }
    teams { id: "a" site: "north" leader: "1500" }
    agents { id: "1001" site: "north" team: "a" role: AGENT_ROLE_AGENT }
    agents { id: "1002" site: "north" team: "a" role: AGENT_ROLE_AGENT }
    agents { id: "1003" site: "north" team: "a" role: AGENT_ROLE_AGENT left: true }
    agents { id: "1500" site: "north" team: "a" role: AGENT_ROLE_LEADER }
    agents { id: "1800" site: "north" role: AGENT_ROLE_COORDINATOR }
    agents { id: "1900" site: "north" role: AGENT_ROLE_HEAD }
    agents { id: "2001" site: "south" role: AGENT_ROLE_AGENT }
    agents { id: "2900" site: "south" role: AGENT_ROLE_HEAD }
    departments { id: "tech" head: "1500" }
    dispositions { id: "answered" kind: DISPOSITION_KIND_ANSWERED }
    dispositions { id: "ticket" kind: DISPOSITION_KIND_TICKET }
    dispositions {
      id: "silent"
      kind: DISPOSITION_KIND_SILENT
      prompts_required: 2
      prompt_spacing { seconds: 5 }
    }
    dispositions {
      id: "noisy"
      kind: DISPOSITION_KIND_NOISY
      prompts_required: 1
      prompt_spacing { seconds: 5 }
    }
    dispositions { id: "nuisance" kind: DISPOSITION_KIND_NUISANCE }
    dispositions { id: "wrong_number" kind: DISPOSITION_KIND_WRONG_NUMBER }
    dispositions { id: "out_of_scope" kind: DISPOSITION_KIND_OUT_OF_SCOPE }
    dispositions { id: "dropped" kind: DISPOSITION_KIND_DROPPED }
    categories { id: "fault" }
    categories { id: "fault.heating" parent: "fault" }
    products { id: "boiler" model: "B-1" }
    policies {
      undo_window { seconds: 600 }
      abandon_alarm { seconds: 17 }
      callback_not_after { seconds: 300 }
      order_lease { seconds: 60 }
      wrap_up_limit { seconds: 180 }
      greet_visitor_within { seconds: 60 }
    }
  )pb";
  if (!google::protobuf::TextFormat::ParseFromString(text, &directory)) ADD_FAILURE() << "test directory";
  return directory;
}

class World {
 public:
  static constexpr const char* kName = "contacts/0413-000127-6";
  // Monday, 10:00 in Shanghai: the site is open until 18:00.
  static absl::Time Start() { return absl::FromUnixSeconds(1'718'589'600); }

  explicit World(directory::v1::Directory directory = TestDirectory())
      : reference_(std::move(directory)), now_(Start()) {}

  // Sends the request as `principal`; the events it made stay in `events`.
  template <typename Request>
  absl::Status Send(Request request, const Principal& principal) {
    events.clear();
    for (const auto& type : domain_.streams) {
      const auto commands = type->commands();
      if (std::find(commands.begin(), commands.end(), Request::descriptor()) == commands.end()) continue;
      if (type->collection() != "contacts") {
        ADD_FAILURE() << "not a contact's command";
        return absl::OkStatus();
      }
      auto address = type->Route(request);
      if (!address.ok()) return address.status();
      if (address->key) last_key = address->key->value;
      const Context context = MakeContext(principal, request);
      auto decided = type->Decide(contact, request, context);
      if (!decided.ok()) return decided.status();
      if (decided->empty()) return absl::OkStatus();
      ++version_;
      for (auto& one : *decided) {
        type->Evolve(contact, *one.event, EventContext{.stream = kName, .version = version_, .effective_at = now_});
        events.push_back(static_cast<const v1::Event&>(*one.event));
        all.push_back(events.back());
      }
      EXPECT_TRUE(type->Check(contact, now_).ok()) << type->Check(contact, now_);
      return absl::OkStatus();
    }
    ADD_FAILURE() << "no stream takes " << Request::descriptor()->full_name();
    return absl::OkStatus();
  }

  template <typename Request>
  absl::Status As(const std::string& agent, Request request) {
    request.set_name(kName);
    return Send(std::move(request), {absl::StrCat("agents/", agent), static_cast<uint32_t>(Right::kAgent)});
  }
  template <typename Request>
  absl::Status Operate(Request request) {
    request.set_name(kName);
    return Send(std::move(request), {"operators/first", static_cast<uint32_t>(Right::kOperate)});
  }
  static Principal Switch(const std::string& id = "adapters/switch-1") {
    return {id, static_cast<uint32_t>(Right::kFacts) | static_cast<uint32_t>(Right::kOrders)};
  }

  // A fact of the switch, stamped so many seconds after the start.
  absl::Status Fact(double seconds, v1::Fact fact) {
    v1::ReportContactFactRequest request;
    request.set_source("switch-1");
    request.set_external_id("call-7");
    if (!withheld) request.set_identifier("+8613800138000");
    request.set_site("north");
    *request.mutable_occurred_at() = ToProto(Start() + absl::Seconds(seconds));
    *request.mutable_fact() = std::move(fact);
    now_ = std::max(now_, Start() + absl::Seconds(seconds));
    return Send(request, Switch());
  }
  absl::Status Offered(double seconds, uint32_t rings = 0) {
    v1::Fact fact;
    fact.mutable_offered()->set_group("hotline");
    fact.mutable_offered()->set_rings(rings);
    return Fact(seconds, fact);
  }
  absl::Status Queued(double seconds) {
    v1::Fact fact;
    fact.mutable_queued();
    return Fact(seconds, fact);
  }
  absl::Status LeftQueue(double seconds) {
    v1::Fact fact;
    fact.mutable_left_queue();
    return Fact(seconds, fact);
  }
  absl::Status Answered(double seconds, const std::string& agent, uint32_t rings = 0) {
    v1::Fact fact;
    fact.mutable_answered()->set_agent(agent);
    fact.mutable_answered()->set_rings(rings);
    return Fact(seconds, fact);
  }
  absl::Status Held(double seconds) {
    v1::Fact fact;
    fact.mutable_held();
    return Fact(seconds, fact);
  }
  absl::Status Resumed(double seconds) {
    v1::Fact fact;
    fact.mutable_resumed();
    return Fact(seconds, fact);
  }
  absl::Status Ended(double seconds, v1::ReleaseParty party = v1::RELEASE_PARTY_CUSTOMER) {
    v1::Fact fact;
    fact.mutable_ended()->set_release_party(party);
    return Fact(seconds, fact);
  }
  // Offered, answered by the agent, ended by the customer.
  void HadCall(const std::string& agent = "1001") {
    ASSERT_TRUE(Offered(0, 2).ok());
    ASSERT_TRUE(Answered(6, agent).ok());
    ASSERT_TRUE(Ended(66).ok());
  }

  // Lets the clock run; timers that fall due on the way fire at their instant.
  void Pass(absl::Duration duration) {
    const absl::Time until = now_ + duration;
    while (true) {
      auto timers = type("contacts").Timers(contact);
      auto next =
          std::min_element(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) { return a.due < b.due; });
      if (next == timers.end() || next->due > until) break;
      now_ = std::max(now_, next->due);
      common::v1::TimerFired fired;
      fired.set_name(kName);
      fired.set_timer(next->name);
      fired.set_attempt(next->attempt);
      const size_t before = all.size();
      ASSERT_TRUE(Send(fired, {"system/timers", static_cast<uint32_t>(Right::kSystem)}).ok());
      ASSERT_GT(all.size(), before) << "timer " << next->name << " would fire for ever";
    }
    now_ = until;
  }
  absl::Time now() const { return now_; }
  const Reference& reference() const { return reference_; }
  const StreamType& type(absl::string_view collection) const {
    for (const auto& type : domain_.streams) {
      if (type->collection() == collection) return *type;
    }
    ADD_FAILURE() << collection;
    return *domain_.streams[0];
  }
  bool Made(v1::Event::EventCase kind) const {
    return std::any_of(events.begin(), events.end(), [&](const auto& event) { return event.event_case() == kind; });
  }
  int Count(v1::Event::EventCase kind) const {
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [&](const auto& event) { return event.event_case() == kind; }));
  }
  bool Flagged(v1::Flag flag) const { return HasFlag(contact, flag); }

  template <typename Request>
  Context MakeContext(const Principal& principal, const Request& request) {
    Context context{.now = now_,
                    .recorded_at = now_,
                    .principal = principal_ = principal,
                    .reference = reference_,
                    .stream = kName,
                    .version = version_,
                    .history = std::is_same_v<Request, v1::RecordContactFactsRequest>,
                    .open = [](const common::v1::Personal& p) -> absl::StatusOr<std::string> { return p.plain(); }};
    if constexpr (requires { request.has_occurred_at(); }) {  // the runtime's own commands say none
      if (request.has_occurred_at()) context.now = ToTime(request.occurred_at());
    }
    return context;
  }

  v1::Contact contact;
  std::vector<v1::Event> events;  // of the last command
  std::vector<v1::Event> all;
  std::string last_key;
  bool withheld = false;

 private:
  ServiceDomain domain_ = Domain();
  Reference reference_;
  Principal principal_;
  absl::Time now_;
  uint64_t version_ = 0;
};

inline v1::DisposeContactRequest Dispose(const std::string& disposition) {
  v1::DisposeContactRequest request;
  request.set_disposition(disposition);
  return request;
}
inline v1::DisposeContactRequest DisposeAnswered() {
  v1::DisposeContactRequest request = Dispose("answered");
  request.set_result("explained");
  request.mutable_record()->set_type(v1::MATTER_TYPE_ENQUIRY);
  return request;
}
inline v1::DisposeContactRequest DisposeTicket() {
  v1::DisposeContactRequest request = Dispose("ticket");
  request.set_gist("boiler leaks");
  request.mutable_record()->set_anonymous(true);
  return request;
}
inline std::string Detail(const absl::Status& status, const std::string& key) {
  const auto detail = DetailOf(status);
  for (const auto& entry : detail.metadata()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

}  // namespace shoujie::interaction
