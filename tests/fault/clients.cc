#include "tests/fault/clients.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "services/runtime/base/request_id.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/methods.h"

namespace shoujie::fault {
namespace {

using common::v1::CommandReply;

constexpr int kFirstAgent = 1005, kAgents = 14;  // of the sample's first site

// Shares of commands.
constexpr double kNotes = 0.70, kRecords = 0.85, kNewContacts = 0.95;

std::string Text(load::Random& random) {
  return absl::StrCat("客户来电反映订单", random.Below(1'000'000), "仍未收到货，要求今天内给出明确答复；编号",
                      random.Next());
}

}  // namespace

struct Clients::One {
  load::Random random;
  rpc::Client* connection;
  std::string contact;  // created by it and not yet disposed of
  uint64_t made = 0;
  uint64_t number;
};

Clients::Clients(ClientsOptions options, const std::vector<load::Matter>* matters, Ledger* ledger)
    : options_(std::move(options)), matters_(matters), ledger_(ledger) {
  for (int i = 0; i < options_.connections; ++i) {
    connections_.push_back(std::make_unique<rpc::Client>(
        rpc::ClientOptions{.target = options_.address, .token = options_.token, .timeout = options_.timeout}));
  }
  for (int i = 0; i < options_.clients; ++i) {
    // Mixed once more below: neighbours' streams would be the same one, a step apart.
    const auto number = options_.seed * 1000 + static_cast<uint64_t>(i);
    ones_.push_back(
        std::make_unique<One>(One{load::Random(load::Random(number).Next()),
                                  connections_[static_cast<size_t>(i) % connections_.size()].get(), "", 0, number}));
  }
  {
    absl::MutexLock lock(&mutex_);
    in_flight_ = working_ = options_.clients;
  }
  for (auto& one : ones_) Next(one.get());
}

Clients::~Clients() { Stop(); }

void Clients::Stop() {
  stopping_ = true;
  absl::MutexLock lock(&mutex_);
  const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  mutex_.Await(absl::Condition(&idle));
}

int Clients::working() const {
  absl::MutexLock lock(&mutex_);
  return working_;
}

void Clients::Ended() {
  absl::MutexLock lock(&mutex_);
  --in_flight_;
  --working_;
}

std::string Clients::RequestId(One* one) const {
  return MakeRequestId(absl::Now() + options_.ahead, one->random.Bytes(10));
}

void Clients::Next(One* one) {
  if (stopping_) return Ended();
  if (one->random.Unit() < options_.reads) return Read(one);
  const load::Matter& matter = (*matters_)[one->random.Below(matters_->size())];
  if (!one->contact.empty()) {
    auto dispose = std::make_shared<interaction::v1::DisposeContactRequest>();
    dispose->set_request_id(RequestId(one));
    dispose->set_name(std::exchange(one->contact, ""));
    dispose->set_disposition("ticket");
    dispose->set_department("tech");
    dispose->mutable_record()->set_customer_name("王先生");
    dispose->mutable_record()->set_type(interaction::v1::MATTER_TYPE_FAULT);
    dispose->mutable_record()->set_matter(Text(one->random));
    const std::string name = dispose->name();
    return Command(one, absl::StrCat(kContacts, "DisposeContact"), std::move(dispose), name, false);
  }
  const double act = one->random.Unit();
  if (act < kNotes) {
    auto note = std::make_shared<router::v1::AddNoteRequest>();
    note->set_request_id(RequestId(one));
    note->set_name(matter.ticket);
    note->set_text(Text(one->random));
    return Command(one, absl::StrCat(kTickets, "AddNote"), std::move(note), matter.ticket, false);
  }
  if (act < kRecords) {
    auto record = std::make_shared<interaction::v1::WriteRecordRequest>();
    record->set_request_id(RequestId(one));
    record->set_name(matter.contact);
    record->mutable_record()->set_matter(Text(one->random));
    return Command(one, absl::StrCat(kContacts, "WriteRecord"), std::move(record), matter.contact, false);
  }
  const uint64_t n = one->number * 10'000 + one->made++;
  if (act < kNewContacts) {
    auto create = std::make_shared<interaction::v1::CreateContactRequest>();
    create->set_request_id(RequestId(one));
    create->set_channel(interaction::v1::CHANNEL_PHONE);
    create->set_source("fault");
    create->set_external_id(absl::StrCat("call-", n));
    create->set_identifier(absl::StrFormat("139%08d", n % 100'000'000));
    create->set_received_by(absl::StrCat(kFirstAgent + n % kAgents));
    return Command(one, absl::StrCat(kContacts, "CreateContact"), std::move(create), "", true);
  }
  auto create = std::make_shared<profile::v1::CreateCustomerRequest>();
  create->set_request_id(RequestId(one));
  create->mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
  create->mutable_identifier()->set_value(absl::StrFormat("137%08d", n % 100'000'000));
  return Command(one, absl::StrCat(kCustomers, "CreateCustomer"), std::move(create), "", false);
}

void Clients::Command(One* one, const std::string& method, std::shared_ptr<google::protobuf::Message> request,
                      const std::string& stream, bool creates_contact) {
  const std::string id =
      request->GetReflection()->GetString(*request, request->GetDescriptor()->FindFieldByName("request_id"));
  const size_t entry = ledger_->Sent(id, method, request, stream);
  rpc::CallAsync<CommandReply>(*one->connection, method, *request,
                               [this, one, entry, creates_contact](absl::StatusOr<CommandReply> reply) {
                                 ledger_->Answered(entry, reply);
                                 if (reply.ok()) {
                                   ++acked_;
                                   if (creates_contact) one->contact = reply->name();
                                 } else if (LeavesOpen(reply.status())) {
                                   return Ended();
                                 }
                                 Next(one);
                               });
}

void Clients::Read(One* one) {
  const load::Matter& matter = (*matters_)[one->random.Below(matters_->size())];
  common::v1::GetRequest get;
  get.set_name(matter.ticket);
  const size_t reading = ledger_->Asked(matter.ticket);
  rpc::CallAsync<router::v1::Ticket>(*one->connection, absl::StrCat(kTickets, "GetTicket"), get,
                                     [this, one, reading](absl::StatusOr<router::v1::Ticket> ticket) {
                                       if (!ticket.ok() && LeavesOpen(ticket.status())) return Ended();
                                       ++reads_;
                                       uint64_t version = 0;
                                       if (ticket.ok() && !absl::SimpleAtoi(ticket->etag(), &version)) version = 0;
                                       if (ticket.ok() || absl::IsNotFound(ticket.status()))
                                         ledger_->Shown(reading, version);
                                       Next(one);
                                     });
}

}  // namespace shoujie::fault
