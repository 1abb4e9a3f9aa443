#include "loadtest/switch/acts_ticket.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/time.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::loadtest {
namespace {

namespace rv1 = router::v1;

constexpr const char* kTickets = "shoujie.router.v1.TicketService/";

// A command on the ticket. `agent` empty: its owner.
template <typename Request, typename Fill>
Act OnTicket(const char* verb, const char* method, std::string agent, Fill fill) {
  Act act;
  act.verb = verb;
  act.agent = std::move(agent);
  act.for_ticket = true;
  act.run = [method, fill](Hands& hands, Scene& scene, const std::string& by) {
    Request request;
    request.set_name(scene.ticket);
    fill(request, scene, hands);
    return hands.Command(by, absl::StrCat(kTickets, method), &request).status();
  };
  return act;
}

// The owner looks at his new ticket; it comes by reaction, a moment after the disposition.
Act Look() {
  Act act;
  act.verb = "tickets/opened";
  act.for_ticket = true;
  act.run = [](Hands& hands, Scene& scene, const std::string&) {
    common::v1::GetRequest get;
    get.set_name(absl::StrCat("tickets/", absl::StripPrefix(scene.contact, "contacts/"), "-T1"));
    rv1::Ticket ticket;
    auto status = hands.Ask(scene.plan.agent, absl::StrCat(kTickets, "GetTicket"), get, &ticket);
    if (!status.ok()) return status;
    scene.ticket = ticket.name();
    scene.owner = ticket.owner();
    return absl::OkStatus();
  };
  return act;
}

Act Offer(const HopPlan& hop) {
  return OnTicket<rv1::OfferHandoffRequest>(
      "tickets/hand-offs offered", "OfferHandoff", "", [hop](auto& request, Scene& scene, Hands& hands) {
        request.set_department(hop.department);
        if (hop.end == HopEnd::kDone) request.set_person(hop.member);
        *request.mutable_deadline() = ToProto(hands.Now() + (hop.answer + hop.work) * 1.3 + absl::Minutes(10));
        request.set_gist(scene.plan.matter.text);
      });
}

class Adder {
 public:
  Adder(absl::Time at, absl::Time ends, std::vector<Act>* acts) : at_(at), ends_(ends), acts_(acts) {}

  bool full() const { return full_; }
  void After(absl::Duration wait, Act act) {
    at_ += wait;
    full_ |= at_ > ends_;
    if (full_) return;
    act.at = at_;
    acts_->push_back(std::move(act));
  }

 private:
  absl::Time at_;
  const absl::Time ends_;
  std::vector<Act>* const acts_;
  bool full_ = false;
};

void AddHop(const HopPlan& hop, Adder& adder) {
  adder.After(absl::Seconds(40), Offer(hop));
  if (hop.end == HopEnd::kLeave) return;
  if (hop.end == HopEnd::kRefuse) {
    adder.After(hop.answer, OnTicket<rv1::RefuseHandoffRequest>("tickets/hand-offs refused", "RefuseHandoff",
                                                                hop.member, [hop](auto& request, Scene&, Hands&) {
                                                                  request.set_reason(hop.reason);
                                                                  request.set_evidence(hop.evidence);
                                                                }));
    return;
  }
  adder.After(hop.answer, OnTicket<rv1::SignHandoffRequest>("tickets/hand-offs signed", "SignHandoff", hop.member,
                                                            [](auto&, Scene&, Hands&) {}));
  absl::Duration rest = hop.work;
  if (hop.progress) {
    adder.After(hop.work / 2,
                OnTicket<rv1::ReportProgressRequest>(
                    "tickets/progress reported", "ReportProgress", hop.member,
                    [](auto& request, Scene&, Hands&) { request.set_text("已联系客户并约定时间，配件已备好。"); }));
    rest /= 2;
  }
  if (hop.end == HopEnd::kReturn) {
    adder.After(rest, OnTicket<rv1::ReturnHandoffRequest>("tickets/hand-offs returned", "ReturnHandoff", hop.member,
                                                          [hop](auto& request, Scene&, Hands&) {
                                                            request.set_reason(hop.reason);
                                                            request.set_evidence(hop.evidence);
                                                          }));
    return;
  }
  adder.After(rest, OnTicket<rv1::CompleteHandoffRequest>(
                        "tickets/hand-offs done", "CompleteHandoff", hop.member,
                        [](auto& request, Scene& scene, Hands&) { request.set_result(scene.plan.matter.result); }));
}

}  // namespace

void AddTicketActs(const TicketPlan& plan, absl::Time at, absl::Time ends, std::vector<Act>* acts) {
  Adder adder(at, ends, acts);
  adder.After(absl::ZeroDuration(), Look());
  for (const auto& episode : plan.episodes) {
    if (!episode.reopened_by.empty()) {
      adder.After(episode.reopened_after,
                  OnTicket<rv1::ReopenTicketRequest>("tickets/reopened", "ReopenTicket", episode.reopened_by,
                                                     [](auto& request, Scene&, Hands&) {
                                                       request.set_reason(rv1::REOPEN_REASON_CUSTOMER_DISSATISFIED);
                                                       request.set_note("回访时客户表示问题再次出现。");
                                                     }));
    }
    for (const auto& hop : episode.hops) AddHop(hop, adder);
    if (episode.closes) {
      const auto code = episode.code;
      adder.After(episode.close_after,
                  OnTicket<rv1::CloseTicketRequest>(
                      "tickets/closed", "CloseTicket", "", [code](auto& request, Scene& scene, Hands&) {
                        request.set_code(code);
                        request.set_result(absl::StrCat("已电话告知客户：", scene.plan.matter.result));
                      }));
    }
  }
  if (!plan.handed_over_to.empty()) {
    const std::string to = plan.handed_over_to;
    Act act = OnTicket<rv1::TransferOwnershipRequest>("tickets/ownerships handed over", "TransferOwnership", "",
                                                      [to](auto& request, Scene&, Hands&) {
                                                        request.set_to(to);
                                                        request.set_reason(rv1::OWNER_REASON_SHIFT_HANDOVER);
                                                        request.set_note("下班交接，客户等待部门反馈。");
                                                      });
    act.run = [run = act.run, to](Hands& hands, Scene& scene, const std::string& by) {
      if (scene.owner == to) return absl::OkStatus();
      absl::Status status = run(hands, scene, by);
      if (status.ok()) scene.owner = to;
      return status;
    };
    adder.After(absl::Minutes(5), std::move(act));
  }
}

}  // namespace shoujie::loadtest
