// Flow 2 of the domain page.
#include <utility>

#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/support/flows/flow.h"

namespace shoujie::flows {
namespace {

namespace in = interaction::v1;
namespace ro = router::v1;

class Rework : public Flow {
 public:
  Rework(uint64_t number, Cast who) : Flow("rework", number, std::move(who)) {
    TakesTheCall();
    Offer("tech");
    Refusals();
    Offer("warehouse");
    Act<ro::SignHandoffRequest>("nobody signs for another department", cast().technician).step.refused =
        "NOT_OF_DEPARTMENT";
    Sign(cast().storekeeper, "warehouse");
    Act<ro::CloseTicketRequest>("nobody closes over a department's head", cast().agent,
                                [this](auto& close, absl::Time) {
                                  close.set_code(ro::RESOLUTION_CODE_SOLVED);
                                  close.set_result("it will do");
                                  close.set_record(contact(0));
                                })
        .step.refused = "HANDOFF_ACTIVE";
    Act<ro::ReportProgressRequest>("the warehouse tells how far it is", cast().storekeeper,
                                   [](auto& progress, absl::Time) { progress.set_text("packed"); });
    Complete(cast().storekeeper);
    Told(1, /*satisfied=*/false);
    Close(1);
    IsDissatisfied();
    Offer("tech");
    Sign(cast().technician, "tech");
    Complete(cast().technician);
    Told(3, /*satisfied=*/true);
    Close(3);
  }

 private:
  void TakesTheCall() {
    Answered(0, cast().agent, absl::Seconds(60));
    Say<in::WriteRecordRequest>("the agent writes the record", "agents/" + cast().agent,
                                [this](in::WriteRecordRequest& write, absl::Time) {
                                  write.set_name(contact(0));
                                  auto* record = write.mutable_record();
                                  record->set_customer_name("王女士");
                                  record->set_phone(phone());
                                  record->set_type(in::MATTER_TYPE_FAULT);
                                  record->set_matter("屏幕一直黑");
                                  record->set_symptom("the screen stays black");
                                  record->set_tried("switched off and on");
                                  write.add_read_back("phone");
                                });
    Say<in::DisposeContactRequest>("it goes on as a ticket", "agents/" + cast().agent,
                                   [this](in::DisposeContactRequest& dispose, absl::Time) {
                                     dispose.set_name(contact(0));
                                     dispose.set_disposition("ticket");
                                     dispose.set_department("tech");
                                     dispose.set_gist("the screen stays black");
                                   });
    OpensHere();
    Ended(0, absl::Seconds(5));
  }

  void Refusals() {
    Act<ro::RefuseHandoffRequest>("nobody refuses without evidence", cast().technician, [](auto& refuse, absl::Time) {
      refuse.set_reason(ro::HANDOFF_REASON_NOT_OUR_DUTY);
    }).step.refused = "EVIDENCE_MISSING";
    Line& line = Act<ro::RefuseHandoffRequest>("the technicians refuse with evidence", cast().technician,
                                               [](auto& refuse, absl::Time) {
                                                 refuse.set_reason(ro::HANDOFF_REASON_NOT_OUR_DUTY);
                                                 refuse.set_evidence("the log shows a broken power adapter");
                                               });
    line.held = Held(ro::CUSTODY_KIND_OWNER, cast().agent);
    line.handoff = ro::HANDOFF_STATE_REFUSED;
  }

  // The follow-up: whoever takes it begins the new episode, and gets nothing else of the ticket.
  void IsDissatisfied() {
    Answered(2, cast().colleague, absl::Seconds(40));
    Say<in::DisposeContactRequest>("the customer is not satisfied", "agents/" + cast().colleague,
                                   [this](in::DisposeContactRequest& dispose, absl::Time) {
                                     dispose.set_name(contact(2));
                                     dispose.set_disposition("answered");
                                     dispose.set_result("reopened");
                                     dispose.mutable_record()->set_type(in::MATTER_TYPE_FAULT);
                                     dispose.mutable_record()->set_satisfaction(in::SATISFACTION_NOT_SATISFIED);
                                   });
    Ended(2, absl::Seconds(3));
    Line& line = Act<ro::ReopenTicketRequest>("the ticket is reopened", cast().colleague, [](auto& reopen, absl::Time) {
      reopen.set_reason(ro::REOPEN_REASON_CUSTOMER_DISSATISFIED);
      reopen.set_note("still black");
    });
    line.held = Held(ro::CUSTODY_KIND_OWNER, cast().agent);
    line.reopens = true;
    Act<ro::CloseTicketRequest>("who reopens does not own", cast().colleague, [this](auto& close, absl::Time) {
      close.set_code(ro::RESOLUTION_CODE_SOLVED);
      close.set_result("it will do");
      close.set_record(contact(2));
    }).step.refused = "NOT_OWNER_OR_LEADER";
  }
};

}  // namespace

std::unique_ptr<Flow> NewRework(uint64_t number, Cast cast) {
  return std::make_unique<Rework>(number, std::move(cast));
}

}  // namespace shoujie::flows
