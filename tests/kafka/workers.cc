#include "tests/kafka/workers.h"

#include <algorithm>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/runtime/base/request_id.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/methods.h"

namespace shoujie::kafka {
namespace {

using common::v1::CommandReply;
using fault::kContacts;
using fault::kTickets;

constexpr size_t kConnections = 4;               // to each node
constexpr int kFirstAgent = 1005, kAgents = 14;  // of the sample's first site
constexpr absl::Duration kPause = absl::Milliseconds(50), kRetryAfter = absl::Milliseconds(10);
constexpr double kNotes = 0.75, kReads = 0.25;
constexpr uint64_t kLongEvery = 10;

}  // namespace

struct Workers::One {
  One(uint64_t seed, uint64_t number) : random(load::Random(seed).Next()), number(number) {}
  load::Random random;
  const uint64_t number;
  const load::Matter* matter = nullptr;  // null: takes calls
  size_t at = 0;                         // its node
  bool stays = false;
  uint64_t calls = 0;
  mutable absl::Mutex mutex;
  std::vector<absl::Time> acks ABSL_GUARDED_BY(mutex);
  std::thread thread;
};

Workers::Workers(const Nodes* nodes, const std::vector<load::Matter>* matters, fault::Ledger* ledger,
                 WorkOptions options)
    : options_(std::move(options)), matters_(matters), ledger_(ledger) {
  for (size_t i = 0; i < nodes->size(); ++i) {
    std::vector<std::unique_ptr<rpc::Client>> clients;
    // Who has nowhere else to go waits for its node.
    for (size_t k = 0; k < kConnections; ++k) clients.push_back(nodes->Client(i, options_.timeout, !options_.roam));
    connections_.push_back(std::move(clients));
  }
  std::vector<size_t> from = options_.from;
  if (from.empty()) {
    for (size_t i = 0; i < nodes->size(); ++i) from.push_back(i);
  }
  const size_t of = matters_->size() + static_cast<size_t>(options_.intake);
  for (size_t n = 0; n < of; ++n) {
    auto one = std::make_unique<One>(options_.seed * 10'000 + n, options_.seed * 1000 + n);
    if (n < matters_->size()) one->matter = &(*matters_)[n];
    one->at = from[n % from.size()];
    if (!options_.stay.empty() && n % 3 == 0) {
      one->stays = true;
      one->at = options_.stay[n / 3 % options_.stay.size()];
    }
    ones_.push_back(std::move(one));
  }
  for (auto& one : ones_) {
    one->thread = std::thread([this, one = one.get()] { one->matter == nullptr ? TakeCalls(one) : Work(one); });
  }
}

Workers::~Workers() { Stop(); }

void Workers::Stop() {
  if (stop_.exchange(true)) return;
  stopped_ = absl::Now();
  for (auto& one : ones_) one->thread.join();
}

std::map<uint32_t, absl::Duration> Workers::Gaps(absl::Time from) const {
  std::map<uint32_t, std::vector<absl::Time>> acks;
  for (const auto& one : ones_) {
    if (one->matter == nullptr || one->stays) continue;
    std::vector<absl::Time>& times = acks[PartitionOf(one->matter->ticket)];
    absl::MutexLock lock(&one->mutex);
    for (const absl::Time ack : one->acks) {
      if (ack >= from && ack <= stopped_) times.push_back(ack);
    }
  }
  std::map<uint32_t, absl::Duration> gaps;
  for (auto& [partition, times] : acks) {
    times.push_back(from);
    times.push_back(stopped_);
    std::sort(times.begin(), times.end());
    for (size_t i = 1; i < times.size(); ++i) {
      gaps[partition] = std::max(gaps[partition], times[i] - times[i - 1]);
    }
  }
  return gaps;
}

bool Workers::Command(One* one, const std::string& method, std::shared_ptr<google::protobuf::Message> request,
                      const std::string& stream, CommandReply* reply) {
  const auto* id = request->GetDescriptor()->FindFieldByName("request_id");
  request->GetReflection()->SetString(request.get(), id, MakeRequestId(absl::Now(), one->random.Bytes(10)));
  const size_t entry = ledger_->Sent(request->GetReflection()->GetString(*request, id), method, request, stream);
  while (true) {
    rpc::Client& client = *connections_[one->at][one->number % kConnections];
    auto answer = rpc::Call<CommandReply>(client, method, *request);
    ledger_->Answered(entry, answer);
    if (answer.ok()) {
      absl::MutexLock lock(&one->mutex);
      one->acks.push_back(absl::Now());
      *reply = *std::move(answer);
      return true;
    }
    if (!fault::LeavesOpen(answer.status()) || stop_) return false;
    if (options_.roam && !one->stays) one->at = (one->at + 1) % connections_.size();
    absl::SleepFor(kRetryAfter);
  }
}

void Workers::Work(One* one) {
  while (!stop_) {
    CommandReply reply;
    if (one->random.Unit() < kNotes) {
      auto note = std::make_shared<router::v1::AddNoteRequest>();
      note->set_name(one->matter->ticket);
      const bool is_long = options_.text_bytes > 0 && one->random.Below(kLongEvery) == 0;
      note->set_text(is_long ? std::string(options_.text_bytes, 'x') : "客户再次来电催促");
      Command(one, absl::StrCat(kTickets, "AddNote"), std::move(note), one->matter->ticket, &reply);
    } else {
      auto record = std::make_shared<interaction::v1::WriteRecordRequest>();
      record->set_name(one->matter->contact);
      record->mutable_record()->set_matter(absl::StrCat("设备再次掉线，编号", one->random.Below(1'000'000)));
      Command(one, absl::StrCat(kContacts, "WriteRecord"), std::move(record), one->matter->contact, &reply);
    }
    if (one->random.Unit() < kReads) Read(one);
    absl::SleepFor(kPause);
  }
}

void Workers::TakeCalls(One* one) {
  while (!stop_) {
    const uint64_t n = one->number * 10'000 + one->calls++;
    CommandReply reply;
    auto create = std::make_shared<interaction::v1::CreateContactRequest>();
    create->set_channel(interaction::v1::CHANNEL_PHONE);
    create->set_source("fault");
    create->set_external_id(absl::StrCat("call-", n));
    create->set_identifier(absl::StrFormat("139%08d", n % 100'000'000));
    create->set_received_by(absl::StrCat(kFirstAgent + static_cast<int>(n % kAgents)));
    if (Command(one, absl::StrCat(kContacts, "CreateContact"), std::move(create), "", &reply)) {
      auto dispose = std::make_shared<interaction::v1::DisposeContactRequest>();
      const std::string contact = reply.name();
      dispose->set_name(contact);
      dispose->set_disposition("ticket");
      dispose->set_department("tech");
      dispose->mutable_record()->set_customer_name("王先生");
      dispose->mutable_record()->set_type(interaction::v1::MATTER_TYPE_FAULT);
      dispose->mutable_record()->set_matter("家居网关每天夜里掉线");
      Command(one, absl::StrCat(kContacts, "DisposeContact"), std::move(dispose), contact, &reply);
    }
    absl::SleepFor(2 * kPause);
  }
}

// What it shows is held against the histories: nobody may see less than was acknowledged before (I7, I8).
void Workers::Read(One* one) {
  common::v1::GetRequest get;
  get.set_name(one->matter->ticket);
  const size_t reading = ledger_->Asked(one->matter->ticket);
  auto ticket = rpc::Call<router::v1::Ticket>(*connections_[one->at][one->number % kConnections],
                                              absl::StrCat(kTickets, "GetTicket"), get);
  uint64_t version = 0;
  if (ticket.ok() && absl::SimpleAtoi(ticket->etag(), &version)) ledger_->Shown(reading, version);
}

}  // namespace shoujie::kafka
