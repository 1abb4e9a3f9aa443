#include "tests/sim/call_workload.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/domain.h"
#include "services/router/domain/proof.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/sim/call_disputes.h"
#include "tests/sim/call_routing.h"
#include "tests/sim/call_steps.h"
#include "tests/sim/call_supervision.h"
#include "tests/sim/principals.h"

namespace shoujie::testing {
namespace {

using google::protobuf::Message;
namespace in = interaction::v1;
namespace ro = router::v1;

constexpr int kAgents = 6;  // 1001 … 1006; 1006 leads
constexpr uint64_t kTicketTag = 1'000'000;

std::string AgentId(sim::Random& random) { return absl::StrCat(1001 + random.Below(kAgents)); }

}  // namespace

CallWorkload::CallWorkload(Broken broken) : interaction_(interaction::Domain()), router_(BrokenRouter(broken)) {}

directory::v1::Directory CallWorkload::Directory(sim::Random& random) {
  directory::v1::Directory d;
  auto* site = d.add_sites();
  site->set_id("north");
  site->set_time_zone("Asia/Shanghai");
  site->set_head("1000");
  site->mutable_answer_window()->set_rings_min(1);
  site->mutable_answer_window()->set_rings_max(3);
  *site->mutable_answer_window()->mutable_alarm_after() = Span(absl::Seconds(30));
  auto* team = d.add_teams();
  team->set_id("a");
  team->set_site("north");
  team->set_leader("1006");
  const auto add = [&](const std::string& id, directory::v1::AgentRole role) {
    auto* agent = d.add_agents();
    agent->set_id(id);
    agent->set_site("north");
    agent->set_team("a");
    agent->set_role(role);
    return agent;
  };
  add("1000", directory::v1::AGENT_ROLE_HEAD);
  for (int i = 1; i <= kAgents; ++i) {
    auto* agent =
        add(absl::StrCat(1000 + i), i == kAgents ? directory::v1::AGENT_ROLE_LEADER : directory::v1::AGENT_ROLE_AGENT);
    // Somebody is always about to leave, or has come back.
    if (i < kAgents) agent->set_left(random.Chance(150));
  }
  for (int n = 0; n < kDepartments; ++n) {
    auto* department = d.add_departments();
    department->set_id(Department(static_cast<uint64_t>(n)));
    department->set_head(Member(department->id(), 0));
    *department->mutable_refuse_window() = Span(absl::Minutes(10));
    for (uint64_t m = 0; m < 2; ++m)
      add(Member(department->id(), m), directory::v1::AGENT_ROLE_DEPARTMENT)->set_department(department->id());
  }
  // Offices that are open for ten minutes of every fifteen, so that clocks stand still now and then, and a target of
  // each kind; a policy that is published later is another one.
  auto* office = d.add_calendars();
  office->set_id("office");
  office->set_time_zone("Asia/Shanghai");
  for (uint32_t weekday = 1; weekday <= 7; ++weekday) {
    for (uint32_t minute = 0; minute < 24 * 60; minute += 15) {
      auto* hours = office->add_hours();
      hours->set_weekday(weekday);
      hours->set_open_minute(minute);
      hours->set_close_minute(minute + 10);
    }
  }
  site->set_calendar("office");
  for (auto& department : *d.mutable_departments()) department.set_calendar("office");
  auto* policy = d.add_sla_policies();
  policy->set_id("usual");
  for (int kind = directory::v1::ClockKind_MIN + 1; kind <= directory::v1::ClockKind_MAX; ++kind) {
    auto* target = policy->add_targets();
    target->set_kind(static_cast<directory::v1::ClockKind>(kind));
    *target->mutable_target() = Span(absl::Seconds(random.Between(20, 3600)));
    target->set_calendar(random.Chance(500)   ? directory::v1::CLOCK_CALENDAR_ALWAYS
                         : random.Chance(500) ? directory::v1::CLOCK_CALENDAR_SITE
                                              : directory::v1::CLOCK_CALENDAR_DEPARTMENT);
    target->add_warn_percent(75);
    target->set_runs_while_waiting(random.Chance(100));
  }
  for (const char* feature : {"clocks", "assisting", "merging"}) d.add_features()->set_name(feature);
  AddRouting(random, &d);
  for (const auto& [id, kind] :
       std::map<std::string, directory::v1::DispositionKind>{{"answered", directory::v1::DISPOSITION_KIND_ANSWERED},
                                                             {"ticket", directory::v1::DISPOSITION_KIND_TICKET},
                                                             {"nuisance", directory::v1::DISPOSITION_KIND_NUISANCE},
                                                             {"wrong", directory::v1::DISPOSITION_KIND_WRONG_NUMBER}}) {
    auto* disposition = d.add_dispositions();
    disposition->set_id(id);
    disposition->set_kind(kind);
  }
  auto* policies = d.mutable_policies();
  *policies->mutable_undo_window() = Span(absl::Minutes(5));
  *policies->mutable_abandon_alarm() = Span(absl::Seconds(20));
  *policies->mutable_callback_not_after() = Span(absl::Minutes(10));
  *policies->mutable_order_lease() = Span(absl::Minutes(1));
  *policies->mutable_wrap_up_limit() = Span(absl::Minutes(3));
  *policies->mutable_greet_visitor_within() = Span(absl::Minutes(1));
  AddDisputePolicies(random, &d);
  AddSupervisionPolicies(random, &d);
  published_.push_back(d);
  return d;
}

// The facts of a call in their order: offered, answered, held, resumed, ended.
std::unique_ptr<Message> CallWorkload::Fact(sim::Random& random, const Call& call, int stage) const {
  auto request = std::make_unique<in::ReportContactFactRequest>();
  request->set_source("switch-1");
  request->set_external_id(call.external_id);
  request->set_identifier(call.phone);
  request->set_site("north");
  *request->mutable_occurred_at() = Stamp(call.began + absl::Seconds(stage * 5));
  in::Fact& fact = *request->mutable_fact();
  switch (stage) {
    case 0:
      fact.mutable_offered()->set_group("all");
      fact.mutable_offered()->set_rings(static_cast<uint32_t>(random.Below(4)));
      break;
    case 1:
      fact.mutable_answered()->set_agent(call.agent);
      fact.mutable_answered()->set_rings(2);
      break;
    case 2:
      fact.mutable_held();
      break;
    case 3:
      fact.mutable_resumed();
      break;
    default:
      fact.mutable_ended()->set_release_party(random.Chance(800) ? in::RELEASE_PARTY_CUSTOMER
                                                                 : in::RELEASE_PARTY_DROPPED);
  }
  return request;
}

// Stages: 0 offered, 1 answered, 2 held, 3 resumed, 4 record, 5 disposition, 6 ended.
sim::Intent CallWorkload::CallStep(sim::Random& random, absl::Time now, size_t index) {
  Call& call = calls_[index];
  sim::Intent intent;
  intent.tag = index;
  call.busy = true;
  if (call.contact.empty() || call.stage <= 3 || call.stage == 6 || random.Chance(60)) {
    // A switch may tell any fact late or once more.
    const int stage = random.Chance(100) ? static_cast<int>(random.Below(2))
                      : call.stage == 6  ? 4
                                         : std::min(call.stage, 3);
    intent.request = Fact(random, call, call.abandoned && stage > 0 ? 4 : stage);
    intent.principal = Switch();
    return intent;
  }
  intent.principal = random.Chance(850) ? Agent(call.agent) : Operator();
  if (call.stage == 4) {
    auto write = std::make_unique<in::WriteRecordRequest>();
    write->set_name(call.contact);
    if (random.Chance(800)) {
      write->mutable_record()->set_customer_name(absl::StrCat("customer ", random.Below(50)));
    } else {
      write->mutable_record()->set_anonymous(true);
    }
    write->mutable_record()->set_type(in::MATTER_TYPE_FAULT);
    write->mutable_record()->set_matter("does not heat");
    intent.request = std::move(write);
  } else if (random.Chance(80)) {
    auto undo = std::make_unique<in::UndoDispositionRequest>();
    undo->set_name(call.contact);
    undo->set_reason("by mistake");
    intent.request = std::move(undo);
  } else {
    auto dispose = std::make_unique<in::DisposeContactRequest>();
    dispose->set_name(call.contact);
    const uint64_t x = random.Below(100);
    dispose->set_disposition(x < 65 ? "ticket" : x < 85 ? "answered" : x < 93 ? "nuisance" : "wrong");
    dispose->set_result("told");
    if (random.Chance(300)) dispose->set_gist("kettle, second visit");
    intent.request = std::move(dispose);
  }
  (void)now;
  return intent;
}

sim::Intent CallWorkload::TicketStep(sim::Random& random, absl::Time now, size_t index) {
  Work& work = works_[index];
  sim::Intent intent;
  intent.service = 1;
  intent.tag = kTicketTag + index;
  intent.principal = random.Chance(700) ? Operator() : Agent(random.Chance(500) ? "1006" : AgentId(random));
  // Whom a routed offer went to is a guess.
  const std::string of = work.department.empty() ? Department(random.Below(kDepartments)) : work.department;
  const auto member = [&] { return Agent(Member(of, random.Below(2))); };
  // Now and then what fits another stage: it must be refused and change nothing.
  const int stage = random.Chance(120) ? static_cast<int>(random.Below(4)) : work.stage;
  if (random.Chance(120)) {
    intent.request = ClockStep(random, work.ticket);
    return intent;
  }
  if (random.Chance(150)) {
    if (random.Chance(300) && !work.department.empty()) intent.principal = member();
    const std::string has = work.stage == Work::kOwner || work.stage == Work::kClosed ? "" : work.department;
    intent.request = DisputeStep(random, now, work.ticket, has, Department(random.Below(kDepartments)));
    return intent;
  }
  if (random.Chance(120)) {
    if (random.Chance(400)) intent.principal = member();
    intent.request = SupervisionStep(random, now, work.ticket);
    return intent;
  }
  if (random.Chance(150)) {
    AssistStep(random, now, work.ticket, &intent);
    return intent;
  }
  if (random.Chance(120)) {
    intent.request = MergeStep(random, work.ticket, works_[random.Below(works_.size())].ticket);
    return intent;
  }
  const uint64_t x = random.Below(100);
  if (x < 8) {
    auto note = On<ro::AddNoteRequest>(work.ticket);
    note->set_text("called back");
    intent.request = std::move(note);
  } else if (x < 26) {
    auto transfer = On<ro::TransferOwnershipRequest>(work.ticket);
    transfer->set_to(AgentId(random));
    transfer->set_reason(random.Chance(500) ? ro::OWNER_REASON_SHIFT_HANDOVER : ro::OWNER_REASON_LEAVE);
    intent.request = std::move(transfer);
  } else if (x < 30) {
    auto undo = On<ro::UndoLastRequest>(work.ticket);
    undo->set_note("by mistake");
    intent.request = std::move(undo);
  } else if (x < 36) {
    auto escalate = On<ro::EscalateTicketRequest>(work.ticket);
    escalate->set_to("1000");
    *escalate->mutable_deadline() = Stamp(now + absl::Minutes(random.Between(1, 300)));
    escalate->set_reason("takes too long");
    intent.request = std::move(escalate);
  } else if (stage == Work::kClosed) {
    auto reopen = On<ro::ReopenTicketRequest>(work.ticket);
    reopen->set_reason(ro::REOPEN_REASON_NOT_SOLVED);
    intent.principal = Agent(AgentId(random));
    intent.request = std::move(reopen);
  } else if (stage == Work::kOwner && x < 62) {
    intent.request = OfferStep(random, now, work.ticket);
  } else if (stage == Work::kOwner) {
    auto close = On<ro::CloseTicketRequest>(work.ticket);
    close->set_code(random.Chance(800) ? ro::RESOLUTION_CODE_SOLVED : ro::RESOLUTION_CODE_UNRESOLVED);
    close->set_result("replaced");
    intent.request = std::move(close);
  } else if (stage == Work::kOffered && x < 75) {
    intent.principal = member();
    intent.request = On<ro::SignHandoffRequest>(work.ticket);
  } else if (stage == Work::kOffered && x < 90) {
    auto refuse = On<ro::RefuseHandoffRequest>(work.ticket);
    refuse->set_reason(ro::HANDOFF_REASON_NOT_OUR_DUTY);
    refuse->set_evidence("not our product");
    intent.principal = member();
    intent.request = std::move(refuse);
  } else if (stage == Work::kOffered) {
    intent.request = On<ro::WithdrawHandoffRequest>(work.ticket);
  } else if (x < 55) {
    auto progress = On<ro::ReportProgressRequest>(work.ticket);
    progress->set_text("part ordered");
    intent.principal = member();
    intent.request = std::move(progress);
  } else if (x < 85) {
    auto complete = On<ro::CompleteHandoffRequest>(work.ticket);
    complete->set_result("part replaced");
    intent.principal = member();
    intent.request = std::move(complete);
  } else {
    auto back = On<ro::ReturnHandoffRequest>(work.ticket);
    back->set_reason(ro::HANDOFF_REASON_INFORMATION_MISSING);
    back->set_evidence("no address");
    intent.principal = member();
    intent.request = std::move(back);
  }
  return intent;
}

sim::Intent CallWorkload::Next(sim::Random& random, absl::Time now) {
  if (!works_.empty() && random.Chance(550)) return TicketStep(random, now, random.Below(works_.size()));
  std::vector<size_t> free;
  for (size_t i : live_) {
    if (!calls_[i].busy) free.push_back(i);
  }
  if (!free.empty() && (live_.size() >= 8 || random.Chance(900))) return CallStep(random, now, random.Pick(free));
  Call& call = calls_.emplace_back();
  call.external_id = absl::StrCat("call-", calls_.size());
  call.phone = absl::StrCat("+86 10 6252 ", 1000 + random.Below(30));
  call.agent = AgentId(random);
  call.began = now - absl::Seconds(random.Below(40));
  call.abandoned = random.Chance(100);
  live_.push_back(calls_.size() - 1);
  return CallStep(random, now, calls_.size() - 1);
}

void CallWorkload::Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) {
  const auto* type = intent.request->GetDescriptor();
  if (intent.tag >= kTicketTag) {
    if (!answer.ok()) return;
    Work& work = works_[intent.tag - kTicketTag];
    if (type == ro::OfferHandoffRequest::descriptor()) {
      work.stage = Work::kOffered;
      work.department = static_cast<const ro::OfferHandoffRequest&>(*intent.request).department();
    } else if (type == ro::SignHandoffRequest::descriptor()) {
      work.stage = Work::kSigned;
    } else if (type == ro::CloseTicketRequest::descriptor()) {
      work.stage = Work::kClosed;
    } else if (type == ro::AdjudicateRequest::descriptor()) {
      work.department = static_cast<const ro::AdjudicateRequest&>(*intent.request).department();
      work.stage = work.department.empty() ? Work::kOwner : Work::kOffered;
    } else if (type == ro::CompleteHandoffRequest::descriptor() || type == ro::RefuseHandoffRequest::descriptor() ||
               type == ro::ReturnHandoffRequest::descriptor() || type == ro::WithdrawHandoffRequest::descriptor() ||
               type == ro::ReopenTicketRequest::descriptor()) {
      work.stage = Work::kOwner;
    } else if (type == ro::UndoLastRequest::descriptor() && work.stage == Work::kClosed) {
      work.stage = Work::kOwner;
    }
    return;
  }
  Call& call = calls_[intent.tag];
  call.busy = false;
  if (answer.ok() && call.contact.empty()) call.contact = answer->name();
  if (answer.ok() && type == in::DisposeContactRequest::descriptor() &&
      static_cast<const in::DisposeContactRequest&>(*intent.request).disposition() == "ticket") {
    ended_with_ticket_.push_back(call.contact);
    Work& work = works_.emplace_back();
    work.ticket = absl::StrCat("tickets/", call.contact.substr(call.contact.find('/') + 1), "-T1");
  }
  if (type == in::UndoDispositionRequest::descriptor()) return;
  if (call.stage == 1 && intent.tag % 3 != 0) call.stage = 3;  // most calls are never held
  if (++call.stage > (call.abandoned ? 1 : 6)) live_.erase(std::find(live_.begin(), live_.end(), intent.tag));
}

std::vector<std::string> CallWorkload::Check(const sim::States& states, absl::Time now) const {
  std::vector<std::string> wrong;
  std::map<std::string, ro::Ticket> tickets;
  states.ForEach(1, [&](const std::string& stream, const rows::StateValue& value) {
    ro::Ticket& ticket = tickets[stream];
    if (!ticket.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    if (absl::Status status = router::CheckTicket(ticket, now); !status.ok()) {
      wrong.push_back(absl::StrCat("I11 ", stream, ": ", status.message()));
    }
    if (ticket.owner().empty()) wrong.push_back(absl::StrCat("I11 ", stream, " has no accountable owner"));
    for (std::string& what : CheckRouting(ticket, published_)) wrong.push_back(std::move(what));
  });
  CheckMerges(tickets, &wrong);
  std::vector<std::string> needed;
  states.ForEach(0, [&](const std::string& stream, const rows::StateValue& value) {
    in::Contact contact;
    if (stream.substr(0, 9) != "contacts/") return;
    if (!contact.ParseFromString(value.state)) wrong.push_back(absl::StrCat("I5 ", stream, " cannot be parsed"));
    if (contact.disposition_kind() == directory::v1::DISPOSITION_KIND_TICKET && contact.ticket().empty()) {
      wrong.push_back(absl::StrCat("I11 ", stream, " ended with a ticket and names none"));
    }
    if (contact.ticket().empty()) return;
    needed.push_back(stream);
    auto it = tickets.find(contact.ticket());
    if (it == tickets.end()) {
      wrong.push_back(absl::StrCat("I11 ", stream, " needed a ticket and has none"));
      return;
    }
    if (it->second.contact() != stream)
      wrong.push_back(absl::StrCat("I11 ", it->first, " is of another contact than ", stream));
    tickets.erase(it);
  });
  for (const auto& [stream, ticket] : tickets)
    wrong.push_back(absl::StrCat("I11 ", stream, " was needed by no contact"));
  // What the agents were told, whatever the contacts say of themselves.
  std::sort(needed.begin(), needed.end());
  for (const std::string& contact : ended_with_ticket_) {
    if (!std::binary_search(needed.begin(), needed.end(), contact)) {
      wrong.push_back(absl::StrCat("I11 ", contact, " was told to end with a ticket and has none"));
    }
  }
  return wrong;
}

}  // namespace shoujie::testing
