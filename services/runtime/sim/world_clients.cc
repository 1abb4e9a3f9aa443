// The world's clients: they ask, wait, repeat the same bytes, and keep what they were told.
#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/sim/make_command.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(4);  // with one attempt

bool IsDefinite(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return false;
    default:
      return true;
  }
}

}  // namespace

void World::NewOp() {
  Op& op = ops_.emplace_back();
  op.intent = workload_->Next(random_, time_.Now());
  op.id = RequestId(time_.Now(), ++ids_);
  op.next_try = time_.Passed();
  ++result_.commands;
  open_.push_back(ops_.size() - 1);
  Send(ops_.size() - 1);
}

void World::Send(size_t index) {
  Op& op = ops_[index];
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  if (!command.ok()) {
    Log("refused", {index}, [&] { return absl::StrCat("command ", index, ": ", ReasonOf(command.status())); });
    op.finished = true;
    workload_->Answered(op.intent, command.status());
    return;
  }
  const size_t partitions = journals_.size() / workload_->domains().size();
  op.journal =
      journals_[op.intent.service * partitions + PartitionOfSlot(command->slot, static_cast<uint32_t>(partitions))]
          .get();
  size_t machine = random_.Below(kMachines);
  if (healing_ || random_.Chance(700)) {
    for (size_t m = 0; m < kMachines; ++m) {
      for (Hosted& hosted : machines_[m].hosted) {
        if (hosted.journal == op.journal && hosted.shard && hosted.shard->phase() == Shard::Phase::kServing)
          machine = m;
      }
    }
  }
  SendTo(index, machine);
  if (!healing_ && random_.Chance(double_permille_)) SendTo(index, random_.Below(kMachines));
}

void World::SendTo(size_t index, size_t m) {
  Op& op = ops_[index];
  Machine& machine = machines_[m];
  op.next_try = time_.Passed() + absl::Milliseconds(random_.Between(20, 300));
  if (machine.hosted.front().shard == nullptr) return;  // connection refused
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  const size_t attempt = op.attempts.size();
  Attempt& a = op.attempts.emplace_back();
  a.deadline = time_.Passed() + kPatience;
  const auto acked = op.journal->acked_version.find(command->address.stream);
  if (acked != op.journal->acked_version.end()) a.acked_version = acked->second;
  op.waiting = true;
  command->deadline = machine.clock->Boot() + kPatience;
  command->done = [this, index, attempt](absl::StatusOr<common::v1::CommandReply> reply) {
    Answer(index, attempt, reply);
  };
  Log("send", {index, attempt, m}, [&] {
    return absl::StrCat("command ", index, " ", op.intent.request->GetDescriptor()->name(), " of ",
                        op.intent.principal.id, " to machine ", m, ", attempt ", attempt);
  });
  for (Hosted& hosted : machine.hosted) {
    if (hosted.journal == op.journal) hosted.shard->Post(*std::move(command));
  }
}

void World::Answer(size_t index, size_t attempt, const absl::StatusOr<common::v1::CommandReply>& reply) {
  Op& op = ops_[index];
  Attempt& a = op.attempts[attempt];
  if (a.answered) Violation(absl::StrCat("an attempt of command ", index, " is answered twice"));
  a.answered = true;
  ++result_.answers;
  // Late: the client has gone; what it was told must hold all the same.
  Log(a.deadline < time_.Passed() ? "late" : "answer", {index, attempt, static_cast<uint64_t>(reply.status().code())},
      [&] {
        return absl::StrCat("command ", index, " attempt ", attempt, ": ",
                            !reply.ok()      ? ReasonOf(reply.status())
                            : reply->no_op() ? "nothing to do"
                                             : absl::StrCat(reply->name(), "@", reply->etag(), " ", reply->revision()));
      });
  if (reply.ok() && !reply->no_op()) {
    const std::string bytes = reply->SerializeAsString();
    if (op.reply.empty()) op.reply = bytes;
    if (op.reply != bytes) Violation(absl::StrCat("I9 command ", index, " is answered in two ways"));
    uint64_t revision = 0;
    if (absl::SimpleAtoi(absl::string_view(reply->revision()).substr(reply->revision().rfind('/') + 1), &revision)) {
      op.journal->acked_revision = std::max(op.journal->acked_revision, revision);
    }
    uint64_t version = 0;
    if (absl::SimpleAtoi(reply->etag(), &version)) {
      uint64_t& highest = op.journal->acked_version[reply->name()];
      highest = std::max(highest, version);
    }
  } else if (reply.ok() && !reply->name().empty()) {
    uint64_t version = 0;
    if (absl::SimpleAtoi(reply->etag(), &version) && version < a.acked_version) {
      Violation(absl::StrCat("I8 an answer without a record knows version ", version, " of ", reply->name(), ", not ",
                             a.acked_version, " that was acknowledged before"));
    }
  }
  if (!reply.ok() && ReasonOf(reply.status()) == "OUTCOME_UNKNOWN") ++result_.unknown;
  if (op.finished || !(reply.ok() || IsDefinite(reply.status()))) return;
  bool alone = true;
  for (const Attempt& other : op.attempts) alone &= &other == &a || other.answered || other.deadline < time_.Passed();
  op.refused_alone = alone && !reply.ok();
  op.finished = true;
  workload_->Answered(op.intent, reply);
}

// ------------------------------------------------------------------------------------------------------------ reads

void World::ReadSomewhere() {
  Machine& machine = machines_[random_.Below(kMachines)];
  if (!up(machine)) return;
  Hosted& hosted = machine.hosted[random_.Below(machine.hosted.size())];
  const uint64_t must_show = hosted.journal->acked_revision;
  ++result_.reads;
  hosted.shard->Read([this, &hosted, must_show, store = hosted.store.get()](absl::Status status) {
    if (!status.ok() || store != hosted.store.get()) return;
    auto row = store->Get(rows::PlaceKey());
    const auto place = row.ok() && *row ? rows::Place::Decode(**row) : std::nullopt;
    const uint64_t shown = place ? place->revision : 0;
    if (shown < must_show) {
      Violation(absl::StrCat("I8 a read of ", hosted.env.id.service, " on ", hosted.env.node, " shows revision ", shown,
                             ", not ", must_show, " that was acknowledged before it began"));
    }
  });
}

}  // namespace shoujie::sim
