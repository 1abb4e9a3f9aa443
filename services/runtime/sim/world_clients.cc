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
  Intent intent = workload_->Next(random_, time_.Now());
  if (intent.publishes) Publish();
  if (intent.request == nullptr) return;
  Op& op = ops_.emplace_back();
  op.intent = std::move(intent);
  op.id = RequestId(time_.Now(), ++ids_);
  op.made = time_.Now();
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
    op.finished = op.told = true;
    workload_->Answered(op.intent, command.status());
    return;
  }
  const size_t partitions = journals_.size() / workload_->domains().size();
  op.journal =
      journals_[op.intent.service * partitions + PartitionOfSlot(command->slot, static_cast<uint32_t>(partitions))]
          .get();
  SendTo(index, OwnerOf(*op.journal));
  if (!healing_ && random_.Chance(40 * faults_[Fault::kDuplicate])) SendTo(index, random_.Below(kMachines));
}

// The machine that owns as far as anybody can tell, or now and then any.
size_t World::OwnerOf(const SimJournal& journal) {
  size_t machine = random_.Below(kMachines);
  if (!healing_ && random_.Chance(100 * faults_[Fault::kWrongMachine])) return machine;
  uint64_t term = 0;
  for (size_t m = 0; m < kMachines; ++m) {
    for (Hosted& hosted : machines_[m].hosted) {
      if (hosted.journal != &journal || !hosted.shard || hosted.shard->phase() != Shard::Phase::kServing) continue;
      if (hosted.shard->term() >= term) machine = m, term = hosted.shard->term();
    }
  }
  return machine;
}

// A client that doubts what it was told asks again, and so does a network that repeats.
void World::RepeatSomething() {
  if (ops_.empty()) return;
  const size_t index = ops_.size() - 1 - random_.Below(std::min<size_t>(ops_.size(), 30));
  Op& op = ops_[index];
  if (op.journal == nullptr || !op.finished || op.made + kRepeatable < time_.Now()) return;
  if (op.intent.certain && op.reply.empty()) return;
  ++result_.repeats;
  op.refused_alone = false;  // the repeat may be taken
  SendTo(index, random_.Below(kMachines));
}

void World::SendTo(size_t index, size_t m) {
  Op& op = ops_[index];
  op.next_try = time_.Passed() + absl::Milliseconds(random_.Between(20, 300));
  const size_t attempt = op.attempts.size();
  bool alone = true;
  for (const Attempt& other : op.attempts) alone &= other.answered || other.deadline < time_.Passed();
  Attempt& a = op.attempts.emplace_back();
  a.alone = alone;
  absl::Duration patience = kPatience;
  if (!healing_ && faults_.has(Fault::kImpatient) && random_.Chance(500)) {
    patience = absl::Milliseconds(random_.Between(5, 900 / faults_[Fault::kImpatient]));
  }
  a.deadline = time_.Passed() + patience;
  a.repeats = !op.reply.empty();
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  const auto acked = op.journal->acked_version.find(command->address.stream);
  if (acked != op.journal->acked_version.end()) a.acked_version = acked->second;
  Log("send", {index, attempt, m}, [&] {
    return absl::StrCat("command ", index, " ", op.intent.request->GetDescriptor()->name(), " of ",
                        op.intent.principal.id, " to machine ", m, attempt > 0 ? ", the same once more" : "");
  });
  Letter letter{index, attempt, m, time_.Passed()};
  if (healing_ || !faults_.has(Fault::kReordered)) return Arrive(letter);
  letter.arrives += absl::Milliseconds(random_.Below(400 * faults_[Fault::kReordered]));
  letters_.push_back(letter);
}

void World::Arrive(const Letter& letter) {
  Op& op = ops_[letter.op];
  Machine& machine = machines_[letter.machine];
  if (machine.hosted.front().shard == nullptr) {  // connection refused
    op.attempts[letter.attempt].answered = true;
    return;
  }
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  command->deadline = machine.clock->Boot() + (op.attempts[letter.attempt].deadline - time_.Passed());
  command->done = [this, index = letter.op, attempt = letter.attempt](absl::StatusOr<common::v1::CommandReply> reply) {
    Answer(index, attempt, reply);
  };
  for (Hosted& hosted : machine.hosted) {
    if (hosted.journal == op.journal) hosted.shard->Post(*std::move(command));
  }
}

void World::Answer(size_t index, size_t attempt, const absl::StatusOr<common::v1::CommandReply>& reply) {
  Op& op = ops_[index];
  Attempt& a = op.attempts[attempt];
  if (a.answered) Violation(absl::StrCat("I1 an attempt of command ", index, " is answered twice"));
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
  uint64_t spoke_of = 0;
  if (reply.ok() && !reply->name().empty() && absl::SimpleAtoi(reply->etag(), &spoke_of)) {
    uint64_t& told = op.journal->told_version[reply->name()];
    told = std::max(told, spoke_of);
  }
  const bool definite = reply.ok() || IsDefinite(reply.status());
  if (a.repeats && definite && (!reply.ok() || reply->no_op())) {
    Violation(absl::StrCat("I9 command ", index, " was acknowledged, and its repeat is ",
                           reply.ok() ? "nothing to do" : ReasonOf(reply.status())));
  }
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
  if (op.finished || !definite) return;
  // A refusal says that nothing was done or will be, unless another attempt was sent before it arrived.
  const bool alone = a.alone && attempt + 1 == op.attempts.size();
  if (op.intent.certain && !reply.ok() && !alone) return;  // asked again once nothing of it is under way
  op.refused_alone = alone && !reply.ok() && op.reply.empty();
  op.finished = true;
  if (std::exchange(op.told, true)) return;
  workload_->Answered(op.intent, reply);
}

// ------------------------------------------------------------------------------------------------------------ reads

void World::ReadSomewhere() {
  size_t m = random_.Below(kMachines), h = random_.Below(journals_.size());
  // Where two serve, the one that has been replaced and may not know it.
  for (size_t j = 0; j < journals_.size() && random_.Chance(700); ++j) {
    const auto *first = machines_[0].hosted[j].shard.get(), *second = machines_[1].hosted[j].shard.get();
    if (!first || !second || first->phase() != Shard::Phase::kServing || second->phase() != Shard::Phase::kServing) {
      continue;
    }
    m = first->term() < second->term() ? 0 : 1;
    h = j;
  }
  Machine& machine = machines_[m];
  if (!up(machine)) return;
  Hosted& hosted = machine.hosted[h];
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
