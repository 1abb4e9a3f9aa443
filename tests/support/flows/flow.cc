#include "tests/support/flows/flow.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/router/domain/proof.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::flows {
namespace {

namespace in = interaction::v1;
namespace ro = router::v1;

constexpr absl::Duration kDeadline = absl::Hours(24 * 30);  // longer than any time that a simulator lets pass

int64_t Millis(const google::protobuf::Timestamp& at) { return at.seconds() * 1000 + at.nanos() / 1'000'000; }

}  // namespace

Flow::Flow(std::string kind, uint64_t number, Cast cast)
    : name_(absl::StrCat(kind, "-", number)), number_(number), cast_(std::move(cast)) {}

std::string Flow::ticket() const {
  if (contacts_.empty() || contacts_[0].empty()) return "";
  return absl::StrCat("tickets/", contacts_[0].substr(contacts_[0].find('/') + 1), "-T1");
}

std::string Flow::phone() const { return absl::StrFormat("+86 139 %08d", number_); }

Flow::Line& Flow::Say(std::string what, std::string who) {
  Line& line = script_.emplace_back();
  line.step.what = std::move(what);
  line.step.who = std::move(who);
  return line;
}

Step Flow::Next(absl::Time now) const {
  const Line& line = script_[done_];
  Step step;
  step.what = line.step.what;
  step.who = line.step.who;
  step.refused = line.step.refused;
  step.publishes = line.step.publishes;
  step.after = line.step.after;
  if (line.make) step.request = line.make(now);
  return step;
}

void Flow::Done(const common::v1::CommandReply& reply) {
  const int learns = script_[done_++].learns;
  if (learns < 0) return;
  contacts_.resize(std::max(contacts_.size(), static_cast<size_t>(learns) + 1));
  contacts_[static_cast<size_t>(learns)] = reply.name();
}

void Flow::Answered(int n, const std::string& agent, absl::Duration ago) {
  Say<in::ReportContactFactRequest>(absl::StrCat("call ", n, " is answered by ", agent), "adapters/switch-1",
                                    [this, n, agent, ago](in::ReportContactFactRequest& fact, absl::Time now) {
                                      fact.set_source("switch-1");
                                      fact.set_external_id(absl::StrCat(name_, "-", n));
                                      fact.set_identifier(phone());
                                      fact.set_site("hangzhou");
                                      *fact.mutable_occurred_at() = ToProto(now - ago);
                                      fact.mutable_fact()->mutable_answered()->set_agent(agent);
                                    })
      .learns = n;
}

void Flow::Ended(int n, absl::Duration ago) {
  Say<in::ReportContactFactRequest>(
      absl::StrCat("call ", n, " ends"), "adapters/switch-1",
      [this, n, ago](in::ReportContactFactRequest& fact, absl::Time now) {
        fact.set_source("switch-1");
        fact.set_external_id(absl::StrCat(name_, "-", n));
        fact.set_identifier(phone());
        fact.set_site("hangzhou");
        *fact.mutable_occurred_at() = ToProto(now - ago);
        fact.mutable_fact()->mutable_ended()->set_release_party(in::RELEASE_PARTY_CUSTOMER);
      });
}

void Flow::Told(int n, bool satisfied) {
  Say<in::CreateContactRequest>("the owner has told the customer", "agents/" + cast_.agent,
                                [this, n](in::CreateContactRequest& create, absl::Time) {
                                  create.set_channel(in::CHANNEL_PHONE);
                                  create.set_source("paper");
                                  create.set_external_id(absl::StrCat(name_, "-", n));
                                  create.set_identifier(phone());
                                  create.set_site("hangzhou");
                                  create.set_received_by(cast_.agent);
                                })
      .learns = n;
  Say<in::DisposeContactRequest>(
      "what the customer was told is written down", "agents/" + cast_.agent,
      [this, n, satisfied](in::DisposeContactRequest& dispose, absl::Time) {
        dispose.set_name(contact(static_cast<size_t>(n)));
        dispose.set_disposition("answered");
        dispose.set_result("told");
        dispose.mutable_record()->set_type(in::MATTER_TYPE_FAULT);
        dispose.mutable_record()->set_satisfaction(satisfied ? in::SATISFACTION_SATISFIED : in::SATISFACTION_NOT_SAID);
      });
}

void Flow::Offer(const std::string& department) {
  Line& line = Act<ro::OfferHandoffRequest>("the owner offers it to " + department, cast_.agent,
                                            [department](ro::OfferHandoffRequest& offer, absl::Time now) {
                                              offer.set_department(department);
                                              *offer.mutable_deadline() = ToProto(now + kDeadline);
                                              offer.set_gist("the screen stays black");
                                            });
  line.held = Held(ro::CUSTODY_KIND_OFFERED, department);
  line.handoff = ro::HANDOFF_STATE_OFFERED;
}

void Flow::Sign(const std::string& who, const std::string& department) {
  Line& line = Act<ro::SignHandoffRequest>(department + " signs", who);
  line.held = Held(ro::CUSTODY_KIND_SIGNED, department);
  line.handoff = ro::HANDOFF_STATE_SIGNED;
}

void Flow::Complete(const std::string& who) {
  Line& line = Act<ro::CompleteHandoffRequest>(
      "the department is done", who,
      [](ro::CompleteHandoffRequest& complete, absl::Time) { complete.set_result("a new part is in"); });
  line.held = Held(ro::CUSTODY_KIND_OWNER, cast_.agent);
  line.handoff = ro::HANDOFF_STATE_DONE;
}

void Flow::Close(int record) {
  Act<ro::CloseTicketRequest>("the owner closes", cast_.agent,
                              [this, record](ro::CloseTicketRequest& close, absl::Time) {
                                close.set_code(ro::RESOLUTION_CODE_SOLVED);
                                close.set_result("a new part is in, the customer knows");
                                close.set_record(contact(static_cast<size_t>(record)));
                              })
      .held = Held(ro::CUSTODY_KIND_CLOSED, cast_.agent);
}

void Flow::CheckMore(const ro::Ticket&, size_t, std::vector<std::string>*) const {}

std::vector<std::string> Flow::Check(const ro::Ticket& ticket, size_t done, absl::Time until) const {
  std::vector<std::string> wrong;
  if (absl::Status status = router::CheckTicket(ticket, until); !status.ok()) {
    wrong.push_back(absl::StrCat(name_, ": ", status.message()));
  }
  if (ticket.owner() != cast_.agent || ticket.ownership_size() != 1) {
    wrong.push_back(absl::StrCat(name_, ": ", cast_.agent, " was accountable to the end, now ", ticket.owner(), " is"));
  }
  std::vector<Held> held = {{ro::CUSTODY_KIND_OWNER, cast_.agent}};
  std::vector<ro::HandoffState> handoffs;
  int episodes = 1;
  for (size_t i = 0; i < done; ++i) {
    const Line& line = script_[i];
    if (line.held) held.push_back(*line.held);
    if (line.handoff && *line.handoff == ro::HANDOFF_STATE_OFFERED) handoffs.emplace_back();
    if (line.handoff) handoffs.back() = *line.handoff;
    episodes += line.reopens;
  }
  const auto said = [](const std::vector<Held>& all) {
    return absl::StrJoin(all, ", ", [](std::string* out, const Held& one) {
      absl::StrAppend(out, ro::CustodyKind_Name(one.first), " ", one.second);
    });
  };
  std::vector<Held> found;
  const int64_t end = std::max(absl::ToUnixMillis(until), Millis(ticket.update_time()));
  int64_t sum = 0;
  for (const auto& episode : ticket.episodes()) {
    for (const auto& one : episode.custody()) {
      found.emplace_back(one.kind(), one.party().id());
      sum += (one.has_to() ? Millis(one.to()) : end) - Millis(one.from());
    }
  }
  if (found != held) wrong.push_back(absl::StrCat(name_, ": held by ", said(found), " and not by ", said(held)));
  if (const int64_t life = end - Millis(ticket.open_time()); sum != life) {
    wrong.push_back(absl::StrCat(name_, ": of a life of ", life, " ms ", sum, " ms are accounted for"));
  }
  std::vector<ro::HandoffState> states;
  for (const auto& handoff : ticket.handoffs()) states.push_back(handoff.state());
  if (states != handoffs) wrong.push_back(absl::StrCat(name_, ": not the hand-offs that were made"));
  const auto refusals = std::count(handoffs.begin(), handoffs.end(), ro::HANDOFF_STATE_REFUSED);
  if (ticket.refusals() != static_cast<uint32_t>(refusals)) {
    wrong.push_back(absl::StrCat(name_, ": ", refusals, " refusals, ", ticket.refusals(), " counted"));
  }
  if (ticket.episodes_size() != episodes) {
    wrong.push_back(absl::StrCat(name_, ": ", ticket.episodes_size(), " episodes instead of ", episodes));
  }
  for (const auto& episode : ticket.episodes()) {
    const auto& record = episode.resolution().record();
    if (episode.has_resolution() && std::find(contacts_.begin(), contacts_.end(), record) == contacts_.end()) {
      wrong.push_back(absl::StrCat(name_, ": episode ", episode.number(), " was closed on the record of ", record));
    }
  }
  CheckMore(ticket, done, &wrong);
  return wrong;
}

}  // namespace shoujie::flows
