#include "loadtest/switch/acts_agent.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"

namespace shoujie::loadtest::act {
namespace {

namespace v1 = interaction::v1;

constexpr const char* kCustomers = "shoujie.profile.v1.CustomerService/";

// A command on the contact, with what `fill` sets besides its name.
template <typename Request, typename Fill>
Act OnContact(const char* verb, const char* method, Fill fill) {
  Act act;
  act.verb = verb;
  act.run = [method, fill](Hands& hands, Scene& scene, const std::string& agent) {
    Request request;
    request.set_name(scene.contact);
    fill(request, scene, hands);
    return hands.Command(agent, absl::StrCat(kContactService, method), &request).status();
  };
  return act;
}

void See(Hands& hands, const std::string& by, const std::string& agent,
         google::protobuf::RepeatedPtrField<v1::SeenPresence>* seen) {
  if (agent.empty()) return;
  common::v1::GetRequest request;
  request.set_name(absl::StrCat("presences/", agent));
  v1::Presence presence;
  if (!hands.Ask(by, absl::StrCat(kContactService, "GetPresence"), request, &presence).ok()) return;
  auto* one = seen->Add();
  one->set_agent(agent);
  one->set_presence(presence.state());
  uint64_t version = 0;
  (void)absl::SimpleAtoi(presence.etag(), &version);
  one->set_version(version);
}

absl::Status DoRecognise(Hands& hands, Scene& scene, const std::string& agent) {
  profile::v1::FindCustomerRequest find;
  const bool mail = scene.plan.channel == v1::CHANNEL_EMAIL;
  find.mutable_identifier()->set_kind(mail ? profile::v1::IDENTIFIER_KIND_EMAIL : profile::v1::IDENTIFIER_KIND_PHONE);
  find.mutable_identifier()->set_value(mail ? scene.person.email : scene.person.phone);
  profile::v1::Customer found;
  const absl::Status status = hands.Ask(agent, absl::StrCat(kCustomers, "FindCustomer"), find, &found);
  if (status.ok()) {
    scene.customer = found.name();
  } else if (!absl::IsNotFound(status)) {
    return status;
  } else {
    profile::v1::CreateCustomerRequest create;
    *create.mutable_identifier() = find.identifier();
    create.set_get_or_create(true);  // another agent may be as fast
    if (!scene.plan.anonymous) {
      auto* details = create.mutable_details();
      details->set_display_name(scene.person.name);
      details->set_form_of_address(scene.person.form_of_address);
      details->set_language("zh-CN");
      if (scene.person.vip) details->set_class_(profile::v1::CUSTOMER_CLASS_VIP);
      auto* address = details->add_addresses();
      address->set_label("home");
      address->set_region(scene.person.region);
      address->set_street(scene.person.street);
      address->set_room(scene.person.room);
    }
    auto reply = hands.Command(agent, absl::StrCat(kCustomers, "CreateCustomer"), &create);
    if (!reply.ok()) return reply.status();
    scene.customer = reply->name();
    scene.customer_is_new = true;
  }
  v1::AttributeContactRequest attribute;
  attribute.set_name(scene.contact);
  attribute.set_customer(scene.customer);
  return hands.Command(agent, absl::StrCat(kContactService, "AttributeContact"), &attribute).status();
}

void FillRecord(const Scene& scene, v1::RecordUpdate* record, google::protobuf::RepeatedPtrField<std::string>* read) {
  const ContactPlan& plan = scene.plan;
  const bool spoken = plan.channel == v1::CHANNEL_PHONE || plan.channel == v1::CHANNEL_VISIT;
  const bool incomplete = !plan.complete;
  if (plan.anonymous) {
    record->set_anonymous(true);
  } else {
    record->set_customer_name(scene.person.name);
    record->set_form_of_address(scene.person.form_of_address);
    if (spoken) read->Add("customer_name");
  }
  record->set_type(plan.type);
  record->set_category(plan.category);
  record->set_emotion(plan.emotion);
  record->set_matter(plan.matter.text);
  record->set_urgency(plan.emotion == v1::EMOTION_ANGRY ? v1::URGENCY_URGENT : v1::URGENCY_NORMAL);
  record->set_complexity(plan.ticket ? v1::COMPLEXITY_COMPLEX : v1::COMPLEXITY_SIMPLE);
  if (plan.ticket) {
    record->set_phone(scene.person.phone);
    record->set_address(absl::StrCat(scene.person.region, scene.person.street));
    record->set_room(scene.person.room);
    if (spoken && !incomplete) {
      for (const char* field : {"phone", "address", "room"}) read->Add(field);
    }
  }
  if (plan.type == v1::MATTER_TYPE_FAULT) {
    record->set_symptom(plan.matter.symptom);
    record->set_symptom_since(plan.matter.since);
    record->set_frequency(plan.matter.frequency);
    if (!incomplete) record->set_tried(plan.matter.tried);
    record->set_product(plan.product);
    record->set_model(plan.model);
    if (!incomplete) {
      record->set_serial_number(absl::StrCat(plan.model, "-", 240000 + plan.number));
      if (spoken) read->Add("serial_number");
    }
  }
}

}  // namespace

Act Pass() {
  Act act;
  act.run = [](Hands&, Scene&, const std::string&) { return absl::OkStatus(); };
  return act;
}

Act Recognise() {
  Act act;
  act.verb = "agents/customers attributed";
  act.run = DoRecognise;
  return act;
}

Act Accept() {
  return OnContact<v1::AcceptContactRequest>("agents/chats and visits accepted", "AcceptContact",
                                             [](auto&, Scene&, Hands&) {});
}

Act Open() {
  Act act;
  act.verb = "agents/mails and faxes opened";
  act.run = [](Hands& hands, Scene& scene, const std::string& agent) {
    v1::OpenContactRequest request;
    request.set_name(scene.contact);
    See(hands, agent, scene.head, request.mutable_seen());
    return hands.Command(agent, absl::StrCat(kContactService, "OpenContact"), &request).status();
  };
  return act;
}

Act Create() {
  Act act;
  act.verb = "agents/faxes and visits noted";
  act.run = [](Hands& hands, Scene& scene, const std::string& agent) {
    v1::CreateContactRequest request;
    request.set_channel(scene.plan.channel);
    request.set_identifier(scene.person.phone);
    request.set_site(scene.plan.site);
    request.set_received_by(agent);
    if (scene.plan.channel == v1::CHANNEL_FAX) {
      See(hands, agent, scene.head, request.mutable_seen());
      See(hands, agent, scene.coordinator, request.mutable_seen());
    }
    auto reply = hands.Command(agent, absl::StrCat(kContactService, "CreateContact"), &request);
    if (reply.ok()) scene.contact = reply->name();
    return reply.status();
  };
  return act;
}

Act Greet() {
  return OnContact<v1::GreetVisitorRequest>("agents/visitors greeted", "GreetVisitor", [](auto&, Scene&, Hands&) {});
}

Act Designate(std::string owner) {
  return OnContact<v1::DesignateOwnerRequest>("agents/owners designated", "DesignateOwner",
                                              [owner](auto& request, Scene&, Hands&) { request.set_owner(owner); });
}

Act Prompt(v1::PromptKind kind) {
  return OnContact<v1::RecordPromptRequest>("agents/prompts spoken", "RecordPrompt",
                                            [kind](auto& request, Scene&, Hands&) { request.set_kind(kind); });
}

Act Hold(HoldPlan hold) {
  return OnContact<v1::HoldContactRequest>("agents/put on hold", "HoldContact", [hold](auto& request, Scene&, Hands&) {
    request.set_consented(true);
    request.set_reason("look-up");
    *request.mutable_announced_wait() = ToProto(hold.announced);
  });
}

Act Resume() {
  return OnContact<v1::ResumeContactRequest>("", "ResumeContact", [](auto&, Scene&, Hands&) {});
}

Act StartConsult(ConsultPlan consult) {
  return OnContact<v1::StartConsultRequest>("agents/consults", "StartConsult",
                                            [consult](auto& request, Scene&, Hands&) {
                                              request.set_agent(consult.agent);
                                              request.set_question("客户这种情况应如何答复？");
                                            });
}

Act EndConsult(ConsultPlan consult) {
  Act act = OnContact<v1::EndConsultRequest>("", "EndConsult", [consult](auto& request, Scene& scene, Hands&) {
    request.set_answerer(consult.colleague_answers ? consult.agent : scene.plan.agent);
  });
  return act;
}

Act Transfer(TransferPlan transfer) {
  return OnContact<v1::TransferContactRequest>("agents/transferred warm", "TransferContact",
                                               [transfer](auto& request, Scene& scene, Hands& hands) {
                                                 request.set_to(transfer.to);
                                                 request.set_escalation(transfer.escalation);
                                                 if (scene.plan.anonymous) {
                                                   request.set_anonymous(true);
                                                 } else {
                                                   request.set_customer_name(scene.person.name);
                                                 }
                                                 request.set_gist(scene.plan.matter.text);
                                                 request.set_responsible(transfer.to);
                                                 *request.mutable_deadline() = ToProto(hands.Now() + absl::Hours(4));
                                               });
}

Act End(v1::ReleaseParty party) {
  return OnContact<v1::EndContactRequest>("", "EndContact",
                                          [party](auto& request, Scene&, Hands&) { request.set_release_party(party); });
}

Act TakeMessage() {
  return OnContact<v1::TakeMessageRequest>("agents/messages taken", "TakeMessage",
                                           [](auto& request, Scene& scene, Hands&) {
                                             request.set_for_agent(scene.plan.colleague);
                                             request.set_text("家人来电，请下班后回电。");
                                           });
}

Act ConfirmMessage() {
  Act act;
  act.verb = "agents/messages received";
  act.run = [](Hands& hands, Scene& scene, const std::string& agent) {
    common::v1::GetRequest get;
    get.set_name(scene.contact);
    v1::Contact contact;
    if (auto status = hands.Ask(agent, absl::StrCat(kContactService, "GetContact"), get, &contact); !status.ok()) {
      return status;
    }
    for (const auto& message : contact.messages()) {
      if (message.for_agent() != agent) continue;
      v1::ConfirmMessageRequest request;
      request.set_name(scene.contact);
      request.set_message(message.id());
      if (auto reply = hands.Command(agent, absl::StrCat(kContactService, "ConfirmMessage"), &request); !reply.ok()) {
        return reply.status();
      }
    }
    return absl::OkStatus();
  };
  return act;
}

Act WriteRecord() {
  return OnContact<v1::WriteRecordRequest>("agents/records written", "WriteRecord",
                                           [](auto& request, Scene& scene, Hands&) {
                                             FillRecord(scene, request.mutable_record(), request.mutable_read_back());
                                           });
}

Act Dispose(std::string disposition, std::string if_reached) {
  return OnContact<v1::DisposeContactRequest>(
      "agents/contacts disposed", "DisposeContact", [disposition, if_reached](auto& request, Scene& scene, Hands&) {
        const ContactPlan& plan = scene.plan;
        const bool answered = plan.ending == Ending::kAnswered || scene.reached;
        request.set_disposition(scene.reached ? if_reached : disposition);
        if (answered) request.set_result("told");
        if (plan.ending == Ending::kOutOfScope) request.set_referral("请拨打当地 12345 热线咨询。");
        if (plan.rings > 5 || plan.ticket) request.set_apologised(true);
        if (plan.ticket) request.set_gist(plan.matter.text);
        const bool spoken =
            plan.channel == v1::CHANNEL_PHONE || plan.channel == v1::CHANNEL_VISIT || plan.channel == v1::CHANNEL_CHAT;
        if ((answered || plan.ticket) && spoken) {
          auto* record = request.mutable_record();
          record->set_closing_question_asked(true);
          record->set_comprehension_checked(plan.complete);
          record->set_satisfaction(plan.emotion == v1::EMOTION_ANGRY ? v1::SATISFACTION_NOT_SATISFIED
                                                                     : v1::SATISFACTION_SATISFIED);
        }
      });
}

Act Undo() {
  return OnContact<v1::UndoDispositionRequest>(
      "agents/dispositions taken back", "UndoDisposition",
      [](auto& request, Scene&, Hands&) { request.set_reason("误按快捷键。"); });
}

Act Presence(v1::PresenceState state) {
  Act act;
  act.verb = "agents/presences said";
  act.makes_contact = true;  // needs none
  act.run = [state](Hands& hands, Scene&, const std::string& agent) {
    v1::SetPresenceRequest request;
    request.set_name(absl::StrCat("presences/", agent));
    request.set_state(state);
    if (state == v1::PRESENCE_STATE_BREAK) request.set_reason("lunch");
    return hands.Command(agent, absl::StrCat(kContactService, "SetPresence"), &request).status();
  };
  return act;
}

}  // namespace shoujie::loadtest::act
