// Personal data and free text go in through every field that takes them, and not one byte of them is found anywhere in
// plain text: not in the files of the data directory, not in the rows before compression, not in log or metrics (R229).
#include "tests/e2e/support/canary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/random.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "services/runtime/rocks/database.h"
#include "shoujie/directory/v1/service.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/http.h"
#include "tests/e2e/support/personal_fields.h"
#include "tests/e2e/support/plant.h"
#include "tests/support/process/port.h"

namespace shoujie::e2e {
namespace {

using google::protobuf::Descriptor;

std::string RandomDigits(size_t count) {
  std::string digits(count, '0');
  for (char& c : digits) {
    unsigned char byte;
    if (getrandom(&byte, 1, 0) != 1) abort();
    c = static_cast<char>('0' + byte % 10);
  }
  return digits;
}
std::string RandomChinese(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    const int rune = 0x4e00 + std::stoi(RandomDigits(4)) % 0x4000;
    text += static_cast<char>(0xe0 | rune >> 12);
    text += static_cast<char>(0x80 | ((rune >> 6) & 0x3f));
    text += static_cast<char>(0x80 | (rune & 0x3f));
  }
  return text;
}

class Canary : public testing::Test {
 protected:
  void SetUp() override {
    metrics_ = FreePort();
    server_ = std::make_unique<Server>(dir_ / "data",
                                       std::vector<std::string>{"--metrics", absl::StrCat("127.0.0.1:", metrics_)});
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    people_ = std::make_unique<People>(server_.get());
  }

  // Sends as the principal; must be accepted and must have changed something.
  template <typename Request>
  std::string Send(const std::string& who, const std::string& method, const Request& request) {
    auto reply = Do(people_->As(who), method, request);
    EXPECT_TRUE(reply.ok()) << method << ": " << reply.status();
    EXPECT_FALSE(reply.ok() && reply->no_op()) << method;
    CollectPersonal(request, &sent_);
    return reply.ok() ? reply->name() : "";
  }
  template <typename Request>
  Request Of(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }

  void ThroughProfile();
  std::string ThroughInteraction();
  void ThroughRouter(const std::string& ticket);
  void ThroughDisputes(const std::string& ticket);
  void ThroughDirectory();
  void ThroughRefusals(const std::string& ticket);

  TempDir dir_;
  int metrics_ = 0;
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  std::set<std::string> sent_;
  const std::string phone_ = "139" + RandomDigits(8);
  const std::string name_ = RandomChinese(4);
  const std::string ascii_ = "canary" + RandomDigits(12);
  const std::string chinese_ = RandomChinese(8);
  const std::string text_ = ascii_ + " " + chinese_;
};

void Canary::ThroughProfile() {
  profile::v1::CreateCustomerRequest create;
  create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  create.mutable_identifier()->set_value(phone_);
  auto& details = *create.mutable_details();
  details.set_display_name(name_);
  details.set_form_of_address(name_ + "女士");
  details.set_acquisition_source(text_);
  details.set_household(text_);
  auto& address = *details.add_addresses();
  address.set_label("home");
  address.set_region(text_);
  address.set_street(text_);
  address.set_building(text_);
  address.set_unit(text_);
  address.set_room(text_);
  const std::string customer = Send("agents/1005", absl::StrCat(kCustomers, "CreateCustomer"), create);
  profile::v1::FindCustomerRequest find;
  *find.mutable_identifier() = create.identifier();
  auto found = rpc::Call<profile::v1::Customer>(people_->As("agents/1005"),
                                                absl::StrCat("shoujie.", kCustomers, "FindCustomer"), find);
  ASSERT_TRUE(found.ok()) << found.status();
  CollectPersonal(find, &sent_);
  EXPECT_EQ(found->name(), customer);
  EXPECT_EQ(found->details().display_name().plain(), name_) << "it is there, for who may see it";
  EXPECT_EQ(found->identifiers(0).value().plain(), "+86" + phone_);
  auto update = Of<profile::v1::UpdateCustomerRequest>(customer);
  update.mutable_details()->set_display_name(name_ + name_);
  Send("agents/1005", absl::StrCat(kCustomers, "UpdateCustomer"), update);
}

std::string Canary::ThroughInteraction() {
  const auto method = [](const char* name) { return absl::StrCat(kContacts, name); };
  interaction::v1::ReportContactFactRequest fact;
  fact.set_source("switch-1");
  fact.set_external_id("1");
  fact.set_identifier(phone_);
  fact.set_site("hangzhou");
  auto report = [&](absl::Duration ago) {
    *fact.mutable_occurred_at() = Stamp(absl::Now() - ago);
    return Send(kSwitch, method("ReportContactFact"), fact);
  };
  fact.mutable_fact()->mutable_answered()->set_agent("1005");
  const std::string contact = report(absl::Seconds(60));
  auto consult = Of<interaction::v1::StartConsultRequest>(contact);
  consult.set_agent("1007");
  consult.set_question(text_);
  Send("agents/1005", method("StartConsult"), consult);
  auto end_consult = Of<interaction::v1::EndConsultRequest>(contact);
  end_consult.set_answerer("1005");
  Send("agents/1005", method("EndConsult"), end_consult);
  auto transfer = Of<interaction::v1::TransferContactRequest>(contact);
  transfer.set_to("1006");
  transfer.set_customer_name(name_);
  transfer.set_gist(text_);
  transfer.set_responsible("1006");
  *transfer.mutable_deadline() = Stamp(absl::Now() + absl::Hours(1));
  Send("agents/1005", method("TransferContact"), transfer);
  Send("agents/1006", method("AcceptContact"), Of<interaction::v1::AcceptContactRequest>(contact));
  auto message = Of<interaction::v1::TakeMessageRequest>(contact);
  message.set_for_agent("1008");
  message.set_text(text_);
  Send("agents/1006", method("TakeMessage"), message);
  auto write = Of<interaction::v1::WriteRecordRequest>(contact);
  auto& record = *write.mutable_record();
  record.set_customer_name(name_);
  record.set_form_of_address(name_ + "女士");
  record.set_phone(phone_);
  record.set_address(text_);
  record.set_room(text_);
  record.set_type(interaction::v1::MATTER_TYPE_FAULT);
  for (auto set : {&interaction::v1::RecordUpdate::set_matter<const std::string&>,
                   &interaction::v1::RecordUpdate::set_symptom<const std::string&>,
                   &interaction::v1::RecordUpdate::set_symptom_since<const std::string&>,
                   &interaction::v1::RecordUpdate::set_frequency<const std::string&>,
                   &interaction::v1::RecordUpdate::set_tried<const std::string&>,
                   &interaction::v1::RecordUpdate::set_serial_number<const std::string&>}) {
    (record.*set)(text_);
  }
  write.add_read_back("phone");
  Send("agents/1006", method("WriteRecord"), write);
  fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_CUSTOMER);
  report(absl::ZeroDuration());
  auto dispose = Of<interaction::v1::DisposeContactRequest>(contact);
  dispose.set_disposition("out-of-scope");
  dispose.set_referral(text_);
  Send("agents/1006", method("DisposeContact"), dispose);
  auto undo = Of<interaction::v1::UndoDispositionRequest>(contact);
  undo.set_reason(text_);
  Send("agents/1006", method("UndoDisposition"), undo);
  dispose.Clear();
  dispose.set_name(contact);
  dispose.set_disposition("ticket");
  dispose.set_gist(text_);
  Send("agents/1006", method("DisposeContact"), dispose);

  // A dropped call is dialled back: the number goes to the switch that holds the order, and nowhere else.
  fact.set_external_id("2");
  fact.mutable_fact()->mutable_answered()->set_agent("1005");
  const std::string dropped = report(absl::Seconds(20));
  fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_DROPPED);
  report(absl::Seconds(1));
  auto state = Get<interaction::v1::Contact>(people_->As("agents/1005"), method("GetContact"), dropped);
  EXPECT_TRUE(state.ok() && state->orders_size() == 1) << state.status();
  auto take = Of<interaction::v1::TakeOrderRequest>(dropped);
  take.set_order(state->orders(0).id());
  Send(kSwitch, method("TakeOrder"), take);
  interaction::v1::GetOrderTargetRequest ask;
  ask.set_name(dropped);
  ask.set_order(take.order());
  auto target =
      rpc::Call<interaction::v1::OrderTarget>(people_->As(kSwitch), "shoujie." + method("GetOrderTarget"), ask);
  EXPECT_TRUE(target.ok()) << target.status();
  EXPECT_NE(target.value_or(interaction::v1::OrderTarget()).DebugString().find(phone_), std::string::npos);

  interaction::v1::CreateContactRequest create;
  create.set_channel(interaction::v1::CHANNEL_VISIT);
  create.set_identifier(phone_);
  create.set_site("hangzhou");
  Send("agents/1005", method("CreateContact"), create);
  interaction::v1::RecordContactFactsRequest past;
  past.set_source("old");
  past.set_external_id("7");
  past.set_identifier(phone_);
  auto& numbered = *past.add_facts();
  numbered.set_number(1);
  *numbered.mutable_occurred_at() = Stamp(absl::Now() - absl::Hours(24 * 365));
  numbered.mutable_fact()->mutable_queued();
  Send(kSwitch, method("RecordContactFacts"), past);
  return absl::StrCat("tickets/", contact.substr(9), "-T1");
}

void Canary::ThroughRouter(const std::string& ticket) {
  const auto method = [](const char* name) { return absl::StrCat(kTickets, name); };
  const std::string owner = "agents/1005", tech = "agents/1035", warehouse = "agents/1032";
  ASSERT_TRUE(
      Eventually([&] { return Get<router::v1::Ticket>(people_->As(owner), method("GetTicket"), ticket).ok(); }));
  EXPECT_EQ(Get<router::v1::Ticket>(people_->As(owner), method("GetTicket"), ticket)->gist().plain(), text_);
  auto offer = Of<router::v1::OfferHandoffRequest>(ticket);
  offer.set_department("tech");
  *offer.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
  offer.set_gist(text_);
  auto note = Of<router::v1::AddNoteRequest>(ticket);
  note.set_text(text_);
  Send(owner, method("AddNote"), note);
  Send(owner, method("OfferHandoff"), offer);
  auto withdraw = Of<router::v1::WithdrawHandoffRequest>(ticket);
  withdraw.set_note(text_);
  Send(owner, method("WithdrawHandoff"), withdraw);
  Send(owner, method("OfferHandoff"), offer);
  auto refuse = Of<router::v1::RefuseHandoffRequest>(ticket);
  refuse.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
  refuse.set_evidence(text_);
  Send(tech, method("RefuseHandoff"), refuse);
  Send(owner, method("OfferHandoff"), offer);
  Send(tech, method("SignHandoff"), Of<router::v1::SignHandoffRequest>(ticket));
  auto progress = Of<router::v1::ReportProgressRequest>(ticket);
  progress.set_text(text_);
  Send(tech, method("ReportProgress"), progress);
  auto details = Of<router::v1::GetContactDetailsRequest>(ticket);
  details.set_request_id(NewRequestId());
  details.set_purpose(text_);
  auto reach =
      rpc::Call<router::v1::ContactDetails>(people_->As(tech), "shoujie." + method("GetContactDetails"), details);
  EXPECT_TRUE(reach.ok()) << reach.status();
  CollectPersonal(details, &sent_);
  auto back = Of<router::v1::ReturnHandoffRequest>(ticket);
  back.set_reason(router::v1::HANDOFF_REASON_CANNOT_BE_DONE);
  back.set_evidence(text_);
  Send(tech, method("ReturnHandoff"), back);
  Send(owner, method("OfferHandoff"), offer);
  Send(tech, method("SignHandoff"), Of<router::v1::SignHandoffRequest>(ticket));
  auto assist = Of<router::v1::RequestAssistRequest>(ticket);
  assist.set_department("warehouse");
  *assist.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
  assist.set_gist(text_);
  Send(owner, method("RequestAssist"), assist);
  auto refuse_assist = Of<router::v1::RefuseAssistRequest>(ticket);
  refuse_assist.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
  refuse_assist.set_evidence(text_);
  Send(warehouse, method("RefuseAssist"), refuse_assist);
  Send(tech, method("RequestAssist"), assist);
  Send(warehouse, method("SignAssist"), Of<router::v1::SignAssistRequest>(ticket));
  auto assisted = Of<router::v1::CompleteAssistRequest>(ticket);
  assisted.set_result(text_);
  Send(warehouse, method("CompleteAssist"), assisted);
  Send(owner, method("RequestAssist"), assist);
  auto needless = Of<router::v1::WithdrawAssistRequest>(ticket);
  needless.set_note(text_);
  Send(owner, method("WithdrawAssist"), needless);
  auto complete = Of<router::v1::CompleteHandoffRequest>(ticket);
  complete.set_result(text_);
  Send(tech, method("CompleteHandoff"), complete);
  auto escalate = Of<router::v1::EscalateTicketRequest>(ticket);
  escalate.set_to("1001");
  *escalate.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
  escalate.set_reason(text_);
  Send(owner, method("EscalateTicket"), escalate);
  auto urge = Of<router::v1::UrgeTicketRequest>(ticket);
  urge.set_reason(text_);
  Send(owner, method("UrgeTicket"), urge);
  ThroughDisputes(ticket);
  auto wait = Of<router::v1::AwaitCustomerRequest>(ticket);
  wait.set_reason(text_);
  Send(owner, method("AwaitCustomer"), wait);
  auto go_on = Of<router::v1::EndWaitRequest>(ticket);
  go_on.set_note(text_);
  Send(owner, method("EndWait"), go_on);
  auto more_time = Of<router::v1::RequestExtensionRequest>(ticket);
  more_time.mutable_time()->set_seconds(3600);
  more_time.set_reason(text_);
  Send(owner, method("RequestExtension"), more_time);
  auto approve = Of<router::v1::AnswerExtensionRequest>(ticket);
  approve.set_approve(true);
  approve.set_note(text_);
  Send("agents/1003", method("AnswerExtension"), approve);
  auto transfer = Of<router::v1::TransferOwnershipRequest>(ticket);
  transfer.set_to("1008");
  transfer.set_reason(router::v1::OWNER_REASON_LEAVE);
  transfer.set_note(text_);
  Send(owner, method("TransferOwnership"), transfer);
  auto undo = Of<router::v1::UndoLastRequest>(ticket);
  undo.set_note(text_);
  Send(owner, method("UndoLast"), undo);
  auto close = Of<router::v1::CloseTicketRequest>(ticket);
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result(text_);
  Send(owner, method("CloseTicket"), close);
  auto reopen = Of<router::v1::ReopenTicketRequest>(ticket);
  reopen.set_reason(router::v1::REOPEN_REASON_NOT_SOLVED);
  reopen.set_note(text_);
  Send("agents/1009", method("ReopenTicket"), reopen);
  auto merge = Of<router::v1::MergeTicketRequest>(ticket);
  merge.set_into(NewTicket(*people_, "1005", "canary-other", "13900139000").ticket);
  merge.set_note(text_);
  Send(owner, method("MergeTicket"), merge);
  ASSERT_TRUE(Eventually([&] {
    auto state = Get<router::v1::Ticket>(people_->As(owner), method("GetTicket"), ticket);
    return state.ok() && state->state() == router::v1::TICKET_STATE_MERGED;
  }));
  auto unmerge = Of<router::v1::UnmergeTicketRequest>(ticket);
  unmerge.set_note(text_);
  Send(owner, method("UnmergeTicket"), unmerge);
}

void Canary::ThroughDisputes(const std::string& ticket) {
  const auto method = [](const char* name) { return absl::StrCat(kTickets, name); };
  auto ask = Of<router::v1::AskSuperiorRequest>(ticket);
  ask.set_question(text_);
  *ask.mutable_deadline() = Stamp(absl::Now() + absl::Hours(1));
  Send("agents/1005", method("AskSuperior"), ask);
  auto answer = Of<router::v1::AnswerSuperiorRequest>(ticket);
  answer.set_escalation(2);
  answer.set_instruction(text_);
  Send("agents/1003", method("AnswerSuperior"), answer);
  auto report = Of<router::v1::ReportUpRequest>(ticket);
  report.set_brief(text_);
  *report.mutable_deadline() = ask.deadline();
  Send("agents/1005", method("ReportUp"), report);
  auto dispute = Of<router::v1::RequestAdjudicationRequest>(ticket);
  dispute.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
  dispute.set_evidence(text_);
  Send("agents/1005", method("RequestAdjudication"), dispute);
  auto rule = Of<router::v1::AdjudicateRequest>(ticket);
  rule.set_department("tech");
  rule.set_grounds(text_);
  rule.set_gist(text_);
  *rule.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
  Send("agents/1001", method("Adjudicate"), rule);
  Send("agents/1035", method("SignHandoff"), Of<router::v1::SignHandoffRequest>(ticket));
  auto complete = Of<router::v1::CompleteHandoffRequest>(ticket);
  complete.set_result(text_);
  Send("agents/1035", method("CompleteHandoff"), complete);
  auto supervise = Of<router::v1::SuperviseTicketRequest>(ticket);
  supervise.set_reason(text_);
  Send("agents/1003", method("SuperviseTicket"), supervise);
  auto tell = Of<router::v1::AnswerSupervisionRequest>(ticket);
  tell.set_text(text_);
  Send("agents/1005", method("AnswerSupervision"), tell);
  auto lift = Of<router::v1::LiftSupervisionRequest>(ticket);
  lift.set_finding(text_);
  Send("agents/1003", method("LiftSupervision"), lift);
  auto prioritize = Of<router::v1::PrioritizeTicketRequest>(ticket);
  prioritize.set_priority(1);
  prioritize.set_reason(text_);
  Send("agents/1005", method("PrioritizeTicket"), prioritize);
}

void Canary::ThroughDirectory() {
  const auto method = [](const char* name) { return absl::StrCat(kDirectory, name); };
  directory::v1::DeactivateAgentRequest deactivate;
  deactivate.set_agent("1016");
  deactivate.set_reason(text_);
  Send(kOperator, method("DeactivateAgent"), deactivate);
  directory::v1::ActivateAgentRequest activate;
  activate.set_agent("1016");
  activate.set_reason(text_);
  Send(kOperator, method("ActivateAgent"), activate);
  directory::v1::MergeVersionRequest merge;
  auto& agent = *merge.mutable_additions()->add_agents();
  agent.set_id("2001");
  agent.set_site("hangzhou");
  agent.set_role(directory::v1::AGENT_ROLE_AGENT);
  merge.set_note(text_);
  Send(kOperator, method("MergeVersion"), merge);
  auto current = Get<directory::v1::Directory>(people_->As(kOperator), method("GetDirectory"), "directories/main");
  ASSERT_TRUE(current.ok()) << current.status();
  directory::v1::PublishVersionRequest publish;
  *publish.mutable_content() = *current;
  publish.mutable_content()->mutable_agents()->RemoveLast();
  publish.set_removes_agents(true);
  publish.set_etag(current->etag());
  publish.set_note(text_);
  Send(kOperator, method("PublishVersion"), publish);
}

// What is refused must not be told to the log either.
void Canary::ThroughRefusals(const std::string& ticket) {
  auto note = Of<router::v1::AddNoteRequest>(ticket);
  note.set_text(text_);
  note.set_etag("1");
  EXPECT_FALSE(Do(people_->As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note).ok());
  note.clear_etag();
  note.set_text(std::string(17 << 10, 'a') + text_);
  EXPECT_FALSE(Do(people_->As("agents/1005"), absl::StrCat(kTickets, "AddNote"), note).ok());
  note.set_text(text_ + "\xc3");
  EXPECT_FALSE(people_->As("agents/1005")
                   .CallBytes(absl::StrCat("shoujie.", kTickets, "AddNote"), note.SerializePartialAsString())
                   .ok());
  EXPECT_FALSE(
      people_->As("agents/1005").CallBytes(absl::StrCat("shoujie.", kTickets, "AddNote"), "\x0b" + text_).ok());
  profile::v1::CreateCustomerRequest create;
  create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  create.mutable_identifier()->set_value(phone_ + text_);
  EXPECT_FALSE(Do(people_->As("agents/1005"), absl::StrCat(kCustomers, "CreateCustomer"), create).ok());
}

TEST_F(Canary, NotOneByteInPlainText) {
  ThroughProfile();
  const std::string ticket = ThroughInteraction();
  ThroughRouter(ticket);
  ThroughDirectory();
  ThroughRefusals(ticket);

  // Through every field there is, or the test is blind to the new one.
  std::set<const Descriptor*> seen;
  std::set<std::string> all;
  for (const Descriptor* of :
       {profile::v1::FindCustomerRequest::descriptor(), interaction::v1::ListOrdersRequest::descriptor(),
        router::v1::ListTicketsRequest::descriptor(), directory::v1::ValidateDirectoryRequest::descriptor()}) {
    for (int s = 0; s < of->file()->service_count(); ++s) {
      for (int m = 0; m < of->file()->service(s)->method_count(); ++m) {
        CollectPersonalFields(*of->file()->service(s)->method(m)->input_type(), &seen, &all);
      }
    }
  }
  EXPECT_GE(all.size(), 40u);
  for (const std::string& field : all) EXPECT_TRUE(sent_.contains(field)) << "nothing went through " << field;

  const std::vector<std::string> canaries = {"+86" + phone_, phone_, name_, ascii_, chinese_};
  CanaryScan scan(canaries);
  const std::string metrics = HttpGet(metrics_, "/metrics");
  EXPECT_NE(metrics.find("200 OK"), std::string::npos) << metrics.substr(0, 200);
  scan.Bytes("/metrics", metrics);
  scan.Files(dir_ / "data");  // with the write-ahead logs of a running server
  EXPECT_EQ(server_->Stop(), 0);
  scan.Bytes("standard output", server_->process().out());
  scan.Bytes("log", server_->process().err());
  EXPECT_NE(server_->process().err(), "");
  scan.Files(dir_ / "data");
  for (const char* database : {"journal", "store", "lists", "keys"})
    scan.Rows(absl::StrCat(dir_ / "data", "/", database));
  EXPECT_GT(scan.rows(), 500u);
  EXPECT_GT(scan.bytes(), 500'000u);
  EXPECT_THAT(scan.hits(), testing::IsEmpty());

  // The scan is not blind: what is planted is found, however it is written.
  {
    const auto lists = OpenDatabase(dir_ / "data/lists");
    rocks::Batch batch;
    batch.Put("planted", std::string(4096, 'a') + phone_ + std::string(4096, 'a'));
    lists->Write(std::move(batch), /*synced=*/true);
  }
  CanaryScan planted(canaries);
  planted.Rows(dir_ / "data/lists");
  EXPECT_EQ(planted.hits().size(), 1u);
  for (const std::string& written : {absl::BytesToHexString(name_), absl::Base64Escape("x" + text_),
                                     absl::Base64Escape("xy" + text_ + "z"), std::string("tel:86") + phone_}) {
    CanaryScan one(canaries);
    std::ofstream(dir_ / "data/planted") << "{\"v\":\"" << written << "\"}";
    one.Files(dir_ / "data");
    EXPECT_THAT(one.hits(), testing::Contains(testing::HasSubstr("data/planted"))) << written;
  }
}

}  // namespace
}  // namespace shoujie::e2e
