#include "loadtest/generator/world.h"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "loadtest/generator/random.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/base/time.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::load {
namespace {

using common::v1::CommandReply;

constexpr int kAtOnce = 64;
constexpr int kFirstAgent = 1005, kAgents = 14;  // of the sample's first site
constexpr uint64_t kFactsPerTicket = 20;
constexpr absl::Duration kTicketWait = absl::Seconds(60);

// Runs `work(n, done)` for n = 0..count-1, so many at once; the first error ends it.
absl::Status ForAll(uint64_t count, const std::function<void(uint64_t, std::function<void(absl::Status)>)>& work) {
  absl::Mutex mutex;
  uint64_t out = 0;
  absl::Status first;
  for (uint64_t n = 0; n < count; ++n) {
    {
      absl::MutexLock lock(&mutex);
      const auto room = [&] { return out < kAtOnce; };
      mutex.Await(absl::Condition(&room));
      if (!first.ok()) break;
      ++out;
    }
    work(n, [&](absl::Status status) {
      absl::MutexLock lock(&mutex);
      if (first.ok()) first = std::move(status);
      --out;
    });
  }
  absl::MutexLock lock(&mutex);
  const auto idle = [&] { return out == 0; };
  mutex.Await(absl::Condition(&idle));
  return first;
}

template <typename Request>
Request Begin(uint64_t seed, const std::string& name = "") {
  Random random(seed ^ static_cast<uint64_t>(absl::ToUnixNanos(absl::Now())));
  Request request;
  request.set_request_id(MakeRequestId(absl::Now(), random.Bytes(10)));
  request.set_name(name);
  return request;
}

interaction::v1::CreateContactRequest Create(uint64_t n) {
  auto create = Begin<interaction::v1::CreateContactRequest>(n);
  create.set_channel(interaction::v1::CHANNEL_PHONE);
  create.set_source("load");
  create.set_external_id(absl::StrCat("call-", n));
  create.set_identifier(absl::StrFormat("138%08d", n));
  create.set_received_by(absl::StrCat(kFirstAgent + n % kAgents));
  return create;
}

interaction::v1::DisposeContactRequest Dispose(uint64_t n, const std::string& contact) {
  auto dispose = Begin<interaction::v1::DisposeContactRequest>(n, contact);
  dispose.set_disposition("ticket");
  dispose.set_department("tech");
  auto* record = dispose.mutable_record();
  record->set_customer_name("王先生");
  record->set_phone(absl::StrFormat("138%08d", n));
  record->set_address("杭州市西湖区文三路 90 号");
  record->set_type(interaction::v1::MATTER_TYPE_FAULT);
  record->set_category("fault");
  record->set_sub_type("fault-offline");
  record->set_product("gateway");
  record->set_complexity(interaction::v1::COMPLEXITY_SIMPLE);
  record->set_urgency(interaction::v1::URGENCY_NORMAL);
  record->set_emotion(interaction::v1::EMOTION_CALM);
  record->set_matter("家居网关每天夜里掉线，重启后恢复，第二天又掉线。");
  record->set_symptom("指示灯红色慢闪");
  return dispose;
}

router::v1::RecordTicketFactsRequest History(uint64_t ticket, uint64_t facts, absl::Time until) {
  auto request = Begin<router::v1::RecordTicketFactsRequest>(ticket);
  request.set_source("load");
  request.set_external_id(absl::StrCat(ticket));
  for (uint64_t n = 1; n <= facts; ++n) {
    auto* fact = request.add_facts();
    fact->set_number(n);
    const absl::Time at = until - absl::Hours(24 * 30) + absl::Minutes(static_cast<int64_t>(n * 31 + ticket % 977));
    *fact->mutable_occurred_at() = ToProto(at);
    fact->set_state(n == facts ? router::v1::TICKET_STATE_RESOLVED : router::v1::TICKET_STATE_ACTIVE);
    fact->set_source_state(n == facts ? "Resolved" : "Active");
    fact->set_department(n % 4 < 2 ? "tech" : "logistics");
    fact->set_handler(absl::StrCat(n % 4 < 2 ? 1035 : 1029));
    fact->set_priority(3);
    if (n == 1) {
      *fact->mutable_opened_at() = ToProto(at);
      fact->set_opened_by(absl::StrCat(kFirstAgent + ticket % kAgents));
    }
  }
  return request;
}

absl::Status AwaitTicket(rpc::Client& client, const std::string& ticket) {
  common::v1::GetRequest get;
  get.set_name(ticket);
  const absl::Time limit = absl::Now() + kTicketWait;
  while (true) {
    auto got = rpc::Call<router::v1::Ticket>(client, "shoujie.router.v1.TicketService/GetTicket", get);
    if (got.ok() || !absl::IsNotFound(got.status()) || absl::Now() > limit) return got.status();
    absl::SleepFor(absl::Milliseconds(5));
  }
}

}  // namespace

absl::StatusOr<std::vector<Matter>> MakeMatters(const std::string& target, const std::string& token, int customers) {
  rpc::Client client({.target = target, .token = token, .wait_for_ready = true});
  std::vector<Matter> matters(static_cast<size_t>(customers));
  absl::Status status = ForAll(matters.size(), [&](uint64_t n, std::function<void(absl::Status)> done) {
    rpc::CallAsync<CommandReply>(
        client, "shoujie.interaction.v1.ContactService/CreateContact", Create(n),
        [&, n, done](absl::StatusOr<CommandReply> created) {
          if (!created.ok()) return done(created.status());
          matters[n].contact = created->name();
          matters[n].ticket =
              absl::StrCat("tickets/", created->name().substr(absl::string_view("contacts/").size()), "-T1");
          rpc::CallAsync<CommandReply>(client, "shoujie.interaction.v1.ContactService/DisposeContact",
                                       Dispose(n, matters[n].contact),
                                       [done](absl::StatusOr<CommandReply> r) { done(r.status()); });
        });
  });
  if (!status.ok()) return status;
  for (const Matter& matter : matters) {
    if (status = AwaitTicket(client, matter.ticket); !status.ok()) return status;
  }
  return matters;
}

absl::Status OfferAll(const std::string& target, const std::string& token, const std::vector<Matter>& matters,
                      absl::Time deadline) {
  rpc::Client client({.target = target, .token = token, .wait_for_ready = true});
  return ForAll(matters.size(), [&](uint64_t n, std::function<void(absl::Status)> done) {
    auto offer = Begin<router::v1::OfferHandoffRequest>(n, matters[n].ticket);
    offer.set_department("tech");
    *offer.mutable_deadline() = ToProto(deadline);
    offer.set_gist("家居网关每天夜里掉线，请检查。");
    rpc::CallAsync<CommandReply>(client, "shoujie.router.v1.TicketService/OfferHandoff", offer,
                                 [done](absl::StatusOr<CommandReply> r) { done(r.status()); });
  });
}

absl::StatusOr<std::vector<std::string>> MakeHistory(const std::string& target, const std::string& token,
                                                     uint64_t events, uint64_t without) {
  rpc::Client client({.target = target, .token = token, .wait_for_ready = true});
  const uint64_t first = without / kFactsPerTicket;
  const uint64_t tickets = (events + kFactsPerTicket - 1) / kFactsPerTicket - first;
  const absl::Time until = absl::Now();
  std::vector<std::string> some;
  for (uint64_t i = 0; i < 16; ++i) some.push_back(absl::StrCat("tickets/load-", first + i * tickets / 16));
  absl::Status status = ForAll(tickets, [&](uint64_t i, std::function<void(absl::Status)> done) {
    const uint64_t n = first + i;
    rpc::CallAsync<CommandReply>(client, "shoujie.router.v1.TicketService/RecordTicketFacts",
                                 History(n, std::min(kFactsPerTicket, events - n * kFactsPerTicket), until),
                                 [done](absl::StatusOr<CommandReply> r) { done(r.status()); });
  });
  if (!status.ok()) return status;
  return some;
}

absl::StatusOr<std::vector<size_t>> SampleReplies(const std::string& target, const std::string& token,
                                                  const Workload& workload) {
  rpc::Client client({.target = target, .token = token, .wait_for_ready = true});
  Random random(7);
  std::vector<size_t> sizes;
  for (int kind = 0; kind < kKinds; ++kind) {
    const MadeCall call = workload.MakeOf(static_cast<Kind>(kind), random);
    auto reply = client.CallBytes(kMethods[kind] + 1, call.bytes);
    if (!reply.ok()) return reply.status();
    sizes.push_back(reply->size());
  }
  return sizes;
}

}  // namespace shoujie::load
