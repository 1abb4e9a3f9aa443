// Every entry of "Bad input": a typed error in both languages that says what to do, and nothing lost: what stood before
// the bad request stands after it, byte for byte.
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"
#include "tests/e2e/support/refusal.h"

namespace shoujie::e2e {
namespace {

using absl::StatusCode;
using common::v1::CommandReply;

constexpr char kPhone[] = "13912345678";

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<Server>(dir_ / "data");
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    people_ = std::make_unique<People>(server_.get());
    matter_ = NewTicket(*people_, "1005", "1", kPhone);
    open_contact_ = AnsweredCall(*people_, "1005", "2", kPhone);
    profile::v1::CreateCustomerRequest create;
    create.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    create.mutable_identifier()->set_value(kPhone);
    auto created = Do(As("1005"), absl::StrCat(kCustomers, "CreateCustomer"), create);
    ASSERT_TRUE(created.ok()) << created.status();
    customer_ = created->name();
    before_ = Everything();
  }
  void TearDown() override {
    if (server_ && server_->process().running()) ExpectUnchanged();
  }

  rpc::Client& As(const std::string& agent) { return people_->As("agents/" + agent); }

  // What must not change: states and histories of everything there is, by name.
  std::map<std::string, std::string> Everything() {
    auto& client = people_->As(kOperator);
    std::map<std::string, std::string> all;
    auto add = [&](const std::string& name, const auto& state) {
      EXPECT_TRUE(state.ok()) << name << ": " << state.status();
      if (state.ok()) all[name] += state->SerializeAsString();
    };
    auto add_history = [&](const std::string& method, const std::string& name) {
      common::v1::ListHistoryRequest request;
      request.set_name(name);
      auto history = History(client, method, request);
      EXPECT_TRUE(history.ok()) << name << ": " << history.status();
      for (const auto& e : history.value_or(std::vector<common::v1::HistoryEntry>()))
        all[name] += e.SerializeAsString();
    };
    add(matter_.ticket, Get<router::v1::Ticket>(client, absl::StrCat(kTickets, "GetTicket"), matter_.ticket));
    add_history(absl::StrCat(kTickets, "ListTicketHistory"), matter_.ticket);
    for (const auto& name : {matter_.contact, open_contact_}) {
      add(name, Get<interaction::v1::Contact>(client, absl::StrCat(kContacts, "GetContact"), name));
      add_history(absl::StrCat(kContacts, "ListContactHistory"), name);
    }
    add(customer_, Get<profile::v1::Customer>(client, absl::StrCat(kCustomers, "GetCustomer"), customer_));
    add_history(absl::StrCat(kCustomers, "ListCustomerHistory"), customer_);
    add_history(absl::StrCat(kDirectory, "ListDirectoryHistory"), "directories/main");
    return all;
  }
  void ExpectUnchanged() {
    for (const auto& [name, bytes] : Everything()) EXPECT_TRUE(before_[name] == bytes) << name << " has changed";
  }

  // The request as it is, as `agents/<agent>` unless it names another kind of principal.
  template <typename Request>
  void ExpectRefused(const std::string& who, const std::string& method, Request request, StatusCode code,
                     const std::string& reason) {
    SCOPED_TRACE(method + " " + request.ShortDebugString());
    const std::string principal = who.find('/') == std::string::npos && who != kOperator ? "agents/" + who : who;
    EXPECT_TRUE(IsRefusal(Do(people_->As(principal), method, request).status(), code, reason, {kPhone}));
  }
  template <typename Request>
  Request Of(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }
  router::v1::OfferHandoffRequest Offer() {
    auto offer = Of<router::v1::OfferHandoffRequest>(matter_.ticket);
    offer.set_department("tech");
    *offer.mutable_deadline() = Stamp(absl::Now() + absl::Hours(4));
    offer.set_gist("look at it");
    return offer;
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
  Matter matter_;
  std::string open_contact_;  // answered, without a disposition
  std::string customer_;
  std::map<std::string, std::string> before_;
};

const std::string kOffer = absl::StrCat(kTickets, "OfferHandoff");
const std::string kNote = absl::StrCat(kTickets, "AddNote");
const std::string kClose = absl::StrCat(kTickets, "CloseTicket");
const std::string kTransfer = absl::StrCat(kTickets, "TransferOwnership");
const std::string kRefuse = absl::StrCat(kTickets, "RefuseHandoff");
const std::string kDispose = absl::StrCat(kContacts, "DisposeContact");
const std::string kAttribute = absl::StrCat(kContacts, "AttributeContact");
const std::string kReport = absl::StrCat(kContacts, "ReportContactFact");

TEST_F(BadInput, UnknownCustomer) {
  const auto own = Number::Parse(customer_.substr(sizeof("customers/") - 1));
  ASSERT_TRUE(own.has_value());
  const std::string nobody = "customers/" + Number{own->slot, own->count + 1000, true}.ToString();
  EXPECT_TRUE(
      IsRefusal(Get<profile::v1::Customer>(As("1005"), absl::StrCat(kCustomers, "GetCustomer"), nobody).status(),
                StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  profile::v1::FindCustomerRequest find;
  find.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  find.mutable_identifier()->set_value("13999999999");
  EXPECT_TRUE(IsRefusal(
      rpc::Call<profile::v1::Customer>(As("1005"), absl::StrCat("shoujie.", kCustomers, "FindCustomer"), find).status(),
      StatusCode::kNotFound, "CUSTOMER_NOT_FOUND", {"13999999999"}));
  auto update = Of<profile::v1::UpdateCustomerRequest>(nobody);
  update.mutable_details()->set_language("zh-CN");
  ExpectRefused("1005", absl::StrCat(kCustomers, "UpdateCustomer"), update, StatusCode::kNotFound,
                "CUSTOMER_NOT_FOUND");
  auto attribute = Of<interaction::v1::AttributeContactRequest>(open_contact_);
  attribute.set_customer(nobody);
  ExpectRefused("1005", kAttribute, attribute, StatusCode::kNotFound, "RESOURCE_NOT_FOUND");
  attribute.set_customer("customers/C0413-000127-5");  // a wrong check digit
  ExpectRefused("1005", kAttribute, attribute, StatusCode::kInvalidArgument, "CUSTOMER_UNKNOWN");
  attribute.set_customer("");
  ExpectRefused("1005", kAttribute, attribute, StatusCode::kInvalidArgument, "CUSTOMER_UNKNOWN");
  attribute.set_customer(open_contact_);
  ExpectRefused("1005", kAttribute, attribute, StatusCode::kInvalidArgument, "CUSTOMER_UNKNOWN");
}

TEST_F(BadInput, EtagsAndCommandIds) {
  auto note = Of<router::v1::AddNoteRequest>(matter_.ticket);
  note.set_text("a note");
  note.set_etag("7");
  ExpectRefused("1005", kNote, note, StatusCode::kAborted, "STALE_ETAG");
  note.set_etag("soup");
  ExpectRefused("1005", kNote, note, StatusCode::kAborted, "STALE_ETAG");
  note.clear_etag();

  auto customer = Of<profile::v1::UpdateCustomerRequest>(customer_);
  customer.set_request_id(NewRequestId());
  customer.mutable_details()->set_language("zh-CN");
  auto first = Do(As("1005"), absl::StrCat(kCustomers, "UpdateCustomer"), customer);
  ASSERT_TRUE(first.ok()) << first.status();
  before_ = Everything();
  auto again = Do(As("1005"), absl::StrCat(kCustomers, "UpdateCustomer"), customer);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString()) << "a repeat gets the same answer";
  customer.mutable_details()->set_language("yue");
  ExpectRefused("1005", absl::StrCat(kCustomers, "UpdateCustomer"), customer, StatusCode::kAlreadyExists,
                "COMMAND_ID_REUSED");

  note.set_request_id(NewRequestId(absl::Now() - absl::Hours(8 * 24)));
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "COMMAND_ID_TIME");
  note.set_request_id(NewRequestId(absl::Now() + absl::Minutes(10)));
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "COMMAND_ID_TIME");
  note.set_request_id("2b1f0c9e-0000-4000-8000-000000000000");  // another version of UUID
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "REQUEST_ID_INVALID");
  note.set_request_id("again");
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "REQUEST_ID_INVALID");
  note.clear_request_id();
  EXPECT_TRUE(IsRefusal(rpc::Call<CommandReply>(As("1005"), "shoujie." + kNote, note).status(),
                        StatusCode::kInvalidArgument, "REQUEST_ID_MISSING"));
}

TEST_F(BadInput, Handoffs) {
  auto offer = Offer();
  offer.clear_department();
  offer.set_person("1035");  // whom the routing table could only contradict
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "DEPARTMENT_MISSING");
  offer.clear_person();
  offer.set_department("kitchen");
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "DEPARTMENT_UNKNOWN");
  offer = Offer();
  offer.clear_deadline();
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "DEADLINE_MISSING");
  *offer.mutable_deadline() = Stamp(absl::Now() - absl::Seconds(1));
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "DEADLINE_PAST");
  offer.mutable_deadline()->set_seconds(1'000'000'000'000);
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "TIME_INVALID");
  offer = Offer();
  offer.set_gist("   ");
  ExpectRefused("1005", kOffer, offer, StatusCode::kInvalidArgument, "GIST_MISSING");
  ExpectRefused("1006", kOffer, Offer(), StatusCode::kPermissionDenied, "NOT_OWNER_OR_LEADER");

  ASSERT_TRUE(Do(As("1005"), kOffer, Offer()).ok());
  before_ = Everything();
  auto refuse = Of<router::v1::RefuseHandoffRequest>(matter_.ticket);
  refuse.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
  ExpectRefused("1035", kRefuse, refuse, StatusCode::kInvalidArgument, "EVIDENCE_MISSING");
  refuse.set_evidence(" \n ");
  ExpectRefused("1035", kRefuse, refuse, StatusCode::kInvalidArgument, "EVIDENCE_MISSING");
  refuse.set_evidence("photo 7");
  refuse.clear_reason();
  ExpectRefused("1035", kRefuse, refuse, StatusCode::kInvalidArgument, "REASON_MISSING");
  refuse.set_reason(router::v1::HANDOFF_REASON_NOT_OUR_DUTY);
  ExpectRefused("1032", kRefuse, refuse, StatusCode::kPermissionDenied, "NOT_OF_DEPARTMENT");
  auto progress = Of<router::v1::ReportProgressRequest>(matter_.ticket);
  progress.set_text("begun");
  ExpectRefused("1035", absl::StrCat(kTickets, "ReportProgress"), progress, StatusCode::kFailedPrecondition,
                "HANDOFF_UNSIGNED");
}

TEST_F(BadInput, ClosingWithoutWhatItDemands) {
  auto close = Of<router::v1::CloseTicketRequest>(matter_.ticket);
  close.set_result("told the customer");
  ExpectRefused("1005", kClose, close, StatusCode::kInvalidArgument, "RESOLUTION_MISSING");
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.clear_result();
  ExpectRefused("1005", kClose, close, StatusCode::kInvalidArgument, "RESULT_MISSING");
  close.set_result("told the customer");
  close.set_record("contacts/nothing");
  ExpectRefused("1005", kClose, close, StatusCode::kInvalidArgument, "RECORD_MISSING");
  close.clear_record();
  close.set_code(router::v1::RESOLUTION_CODE_UNRESOLVED);
  ExpectRefused("1005", kClose, close, StatusCode::kPermissionDenied, "UNRESOLVED_NEEDS_LEADER");

  auto dispose = Of<interaction::v1::DisposeContactRequest>(open_contact_);
  ExpectRefused("1005", kDispose, dispose, StatusCode::kInvalidArgument, "DISPOSITION_UNKNOWN");
  dispose.set_disposition("answered");
  ExpectRefused("1005", kDispose, dispose, StatusCode::kFailedPrecondition, "DISPOSITION_DEMANDS");
  dispose.mutable_record()->set_type(interaction::v1::MATTER_TYPE_ENQUIRY);
  ExpectRefused("1005", kDispose, dispose, StatusCode::kFailedPrecondition, "DISPOSITION_DEMANDS");
  dispose.Clear();
  dispose.set_name(open_contact_);
  dispose.set_disposition("ticket");
  ExpectRefused("1005", kDispose, dispose, StatusCode::kFailedPrecondition, "DISPOSITION_DEMANDS");
  dispose.mutable_record()->set_phone(kPhone);
  ExpectRefused("1005", kDispose, dispose, StatusCode::kFailedPrecondition, "DISPOSITION_DEMANDS");
  dispose.set_disposition("out-of-scope");
  ExpectRefused("1005", kDispose, dispose, StatusCode::kFailedPrecondition, "DISPOSITION_DEMANDS");
}

TEST_F(BadInput, OwnerWhoHasLeft) {
  directory::v1::DeactivateAgentRequest deactivate;
  deactivate.set_agent("1006");
  ASSERT_TRUE(Do(people_->As(kOperator), absl::StrCat(kDirectory, "DeactivateAgent"), deactivate).ok());
  auto note = Of<router::v1::AddNoteRequest>(matter_.ticket);
  auto transfer = Of<router::v1::TransferOwnershipRequest>(matter_.ticket);
  transfer.set_reason(router::v1::OWNER_REASON_LEAVE);
  transfer.set_to("1006");
  // Announced: nothing comes to him any more. Completed: he no longer acts either.
  directory::v1::CompleteLeaveRequest complete;
  complete.set_agent("1006");
  EXPECT_TRUE(IsRefusal(Do(people_->As(kOperator), absl::StrCat(kDirectory, "CompleteLeave"), complete).status(),
                        StatusCode::kFailedPrecondition, "LEAVE_NOT_CLEARED"));
  router::v1::CheckLeaveRequest check;
  check.set_agent("1006");
  ASSERT_TRUE(Eventually([&] {
    auto found = rpc::Call<router::v1::CheckLeaveResponse>(people_->As(kOperator),
                                                           absl::StrCat("shoujie.", kTickets, "CheckLeave"), check);
    if (found.ok()) *complete.mutable_clearance() = found->clearance();
    return found.ok() && found->has_clearance();
  }));
  EXPECT_TRUE(
      IsRefusal(Do(As("1005"), kTransfer, transfer).status(), StatusCode::kFailedPrecondition, "AGENT_LEAVING"));
  ASSERT_TRUE(Do(people_->As(kOperator), absl::StrCat(kDirectory, "CompleteLeave"), complete).ok());
  note.set_text(" ");
  ASSERT_TRUE(
      Eventually([&] { return ReasonOf(Do(people_->As("agents/1006"), kNote, note).status()) == "AGENT_LEFT"; }));
  before_ = Everything();
  ExpectRefused("1005", kTransfer, transfer, StatusCode::kFailedPrecondition, "AGENT_LEFT");
  note.set_text("I am still here");
  ExpectRefused("1006", kNote, note, StatusCode::kPermissionDenied, "AGENT_LEFT");
  transfer.set_to("9999");
  ExpectRefused("1005", kTransfer, transfer, StatusCode::kInvalidArgument, "AGENT_UNKNOWN");
  transfer.set_to("1007");
  transfer.clear_reason();
  ExpectRefused("1005", kTransfer, transfer, StatusCode::kInvalidArgument, "REASON_MISSING");
  auto contact_transfer = Of<interaction::v1::TransferContactRequest>(open_contact_);
  auto consult = Of<interaction::v1::StartConsultRequest>(open_contact_);
  consult.set_agent("1006");
  consult.set_question("which one?");
  const auto refused = Do(As("1005"), absl::StrCat(kContacts, "StartConsult"), consult).status();
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(SaysWhatToDo(DetailOf(refused).en(), DetailOf(refused).zh()));
}

TEST_F(BadInput, Times) {
  auto note = Of<router::v1::AddNoteRequest>(matter_.ticket);
  note.set_text("a note");
  *note.mutable_occurred_at() = Stamp(absl::Now() - absl::Minutes(1));
  ExpectRefused("1005", kNote, note, StatusCode::kPermissionDenied, "OCCURRED_AT_DENIED");
  *note.mutable_occurred_at() = Stamp(absl::Now() + absl::Hours(1));
  ExpectRefused(kOperator, kNote, note, StatusCode::kInvalidArgument, "TIME_IN_FUTURE");
  note.mutable_occurred_at()->set_seconds(-1'000'000'000'000);
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "TIME_INVALID");

  for (const int64_t seconds : {int64_t{9'000'000'000'000'000'000}, int64_t{-9'000'000'000'000'000'000}}) {
    common::v1::GetRequest then;
    then.mutable_as_of()->set_seconds(seconds);
    EXPECT_TRUE(IsRefusal(
        Get<router::v1::Ticket>(As("1005"), absl::StrCat(kTickets, "GetTicket"), matter_.ticket, then).status(),
        StatusCode::kInvalidArgument, "TIME_INVALID"));
    common::v1::ListHistoryRequest until;
    until.set_name(matter_.ticket);
    until.mutable_as_of_recorded()->set_seconds(seconds);
    EXPECT_TRUE(IsRefusal(History(As("1005"), absl::StrCat(kTickets, "ListTicketHistory"), until).status(),
                          StatusCode::kInvalidArgument, "TIME_INVALID"));
  }

  interaction::v1::ReportContactFactRequest fact;
  fact.set_source("switch-1");
  fact.set_external_id("3");
  fact.set_identifier(kPhone);
  fact.mutable_fact()->mutable_queued();
  *fact.mutable_occurred_at() = Stamp(absl::Now() + absl::Minutes(10));
  ExpectRefused(kSwitch, kReport, fact, StatusCode::kInvalidArgument, "TIME_IN_FUTURE");
  ExpectRefused("1005", kReport, fact, StatusCode::kPermissionDenied, "ACCESS_DENIED");

  interaction::v1::RecordContactFactsRequest past;
  past.set_source("old");
  past.set_external_id("1");
  auto* numbered = past.add_facts();
  numbered->set_number(1);
  numbered->mutable_fact()->mutable_queued();
  *numbered->mutable_occurred_at() = Stamp(absl::Now() + absl::Minutes(10));
  ExpectRefused(kSwitch, absl::StrCat(kContacts, "RecordContactFacts"), past, StatusCode::kInvalidArgument,
                "TIME_IN_FUTURE");
  numbered->mutable_occurred_at()->set_seconds(-9'000'000'000'000'000'000);
  ExpectRefused(kSwitch, absl::StrCat(kContacts, "RecordContactFacts"), past, StatusCode::kInvalidArgument,
                "TIME_INVALID");
  router::v1::RecordTicketFactsRequest ticket;
  ticket.set_source("old");
  ticket.set_external_id("1");
  auto* of_ticket = ticket.add_facts();
  of_ticket->set_number(1);
  of_ticket->set_state(router::v1::TICKET_STATE_NEW);
  *of_ticket->mutable_occurred_at() = Stamp(absl::Now() + absl::Minutes(10));
  ExpectRefused(kSwitch, absl::StrCat(kTickets, "RecordTicketFacts"), ticket, StatusCode::kInvalidArgument,
                "TIME_IN_FUTURE");
  of_ticket->mutable_occurred_at()->set_seconds(-9'000'000'000'000'000'000);
  ExpectRefused(kSwitch, absl::StrCat(kTickets, "RecordTicketFacts"), ticket, StatusCode::kInvalidArgument,
                "TIME_INVALID");
}

TEST_F(BadInput, Tokens) {
  auto note = Of<router::v1::AddNoteRequest>(matter_.ticket);
  note.set_text("a note");
  const std::string wrong = "sj_" + std::string(43, 'x');
  for (const std::string& token : {std::string(), std::string("x"), wrong}) {
    rpc::Client client({.target = server_->address(), .token = token});
    const char* reason = token.empty() ? "TOKEN_MISSING" : "TOKEN_UNKNOWN";
    EXPECT_TRUE(IsRefusal(Do(client, kNote, note).status(), StatusCode::kUnauthenticated, reason, {wrong}));
    EXPECT_TRUE(IsRefusal(Get<router::v1::Ticket>(client, absl::StrCat(kTickets, "GetTicket"), matter_.ticket).status(),
                          StatusCode::kUnauthenticated, reason));
  }
  As("1009");
  ops::v1::RevokeTokenRequest revoke;
  revoke.set_principal("agents/1009");
  ASSERT_TRUE(
      rpc::Call<ops::v1::RevokeTokenResponse>(people_->As(kOperator), "shoujie.ops.v1.OpsService/RevokeToken", revoke)
          .ok());
  ExpectRefused("1009", kNote, note, StatusCode::kUnauthenticated, "TOKEN_UNKNOWN");
  ops::v1::CreateTokenRequest create;
  create.set_principal("agents/1009");
  create.add_rights("operate");
  EXPECT_TRUE(IsRefusal(
      rpc::Call<ops::v1::CreateTokenResponse>(As("1005"), "shoujie.ops.v1.OpsService/CreateToken", create).status(),
      StatusCode::kPermissionDenied, "ACCESS_DENIED"));
  EXPECT_EQ(server_->process().err().find(wrong), std::string::npos);

  const Ran no_token = e2e::Run({Program("shoujie"), "--server", server_->address(), "ticket", "get", matter_.ticket});
  EXPECT_EQ(no_token.code, 4) << no_token.err;
  EXPECT_NE(no_token.err.find("[TOKEN_MISSING]"), std::string::npos) << no_token.err;
}

TEST_F(BadInput, Bytes) {
  auto& client = As("1005");
  const std::string method = "shoujie." + kNote;
  auto note = Of<router::v1::AddNoteRequest>(matter_.ticket);
  note.set_request_id(NewRequestId());
  note.set_text(std::string(10 << 20, 'a'));
  EXPECT_TRUE(IsRefusal(client.CallBytes(method, note.SerializeAsString()).status(), StatusCode::kInvalidArgument,
                        "REQUEST_TOO_LARGE"));
  note.set_text(std::string(17 << 20, 'a'));
  const auto beyond = client.CallBytes(method, note.SerializeAsString()).status();
  EXPECT_EQ(beyond.code(), StatusCode::kResourceExhausted) << beyond;
  EXPECT_TRUE(SaysWhatToDo(DetailOf(beyond).en(), DetailOf(beyond).zh()));
  note.set_text(std::string(17 << 10, 'a'));  // below both limits, beyond that of one text
  ExpectRefused("1005", kNote, note, StatusCode::kInvalidArgument, "TEXT_TOO_LONG");

  note.set_text("XX");
  std::string bytes = note.SerializeAsString();
  for (const char* invalid : {"\xff\xfe", "\xc0\xaf", "\xed\xa0"}) {
    std::string bad = bytes;
    bad.replace(bad.find("XX"), 2, invalid);
    EXPECT_TRUE(IsRefusal(client.CallBytes(method, bad).status(), StatusCode::kInvalidArgument, "INVALID_UTF8"));
  }
  for (const std::string& bad : {std::string("\xff\xff\xff\xff"), bytes.substr(0, bytes.size() - 3),
                                 std::string("\x0a\xff\xff\xff\xff\x0f"), std::string(1000, '\x0b')}) {
    EXPECT_TRUE(IsRefusal(client.CallBytes(method, bad).status(), StatusCode::kInvalidArgument, "MALFORMED_REQUEST"));
  }
  EXPECT_TRUE(IsRefusal(client.CallBytes("shoujie.router.v1.TicketService/Nothing", bytes).status(),
                        StatusCode::kUnimplemented, "METHOD_UNKNOWN"));
  for (const char* name : {"", "tickets", "tickets/", "tickets/../x", "tickets/0413-000127-6-T1/x", "soup/1"}) {
    auto odd = Of<router::v1::AddNoteRequest>(name);
    odd.set_text("a note");
    const auto refused = Do(client, kNote, odd).status();
    EXPECT_FALSE(refused.ok()) << name;
    EXPECT_TRUE(SaysWhatToDo(DetailOf(refused).en(), DetailOf(refused).zh())) << name;
  }
}

}  // namespace
}  // namespace shoujie::e2e
