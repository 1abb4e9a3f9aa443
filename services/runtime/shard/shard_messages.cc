// Messages between shards of one service: letters in and out (shard/outbox.h says what must hold).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/courier.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {
namespace {

// Of many letters only small ones may wait, so that what waits stays small.
constexpr size_t kSmallLetterBytesMax = 16 << 10;
constexpr size_t kLargeLettersMax = 64;

}  // namespace

void Shard::Receive(journal::v1::Letter letter) {
  {
    absl::MutexLock lock(&mutex_);
    const size_t room = letter.ByteSizeLong() > kSmallLetterBytesMax ? kLargeLettersMax : limits::kLettersMax;
    if (mail_.letters.size() >= room) return;  // its sender repeats it
    mail_.letters.push_back(std::move(letter));
  }
  env_.wake();
}

absl::Status Shard::ResetMessages() {
  counted_.clear();
  acks_due_.clear();
  if (absl::Status status = outbox_.Reset(overlay_); !status.ok()) return status;
  return overlay_.Scan(rows::TakenPrefix(), rows::PrefixEnd(rows::TakenPrefix()),
                       [&](absl::string_view key, absl::string_view value) {
                         const auto from = rows::DecodeTakenKey(key);
                         const auto seq = rows::DecodeBig64(value);
                         if (from && seq) counted_[*from] = *seq;
                         return true;
                       });
}

void Shard::TakeLetter(const journal::v1::Letter& letter) {
  if (phase() != Phase::kServing || letter.service() != env_.id.service || letter.to_partition() != env_.id.partition ||
      letter.from_partition() >= env_.partitions) {
    return;  // whoever owns now will be told again
  }
  if (letter.acked_up_to() > 0) outbox_.Heard(letter.from_partition(), letter.acked_up_to(), env_.clock->Boot());
  const auto counted = counted_.find(letter.from_partition());
  for (const auto& message : letter.messages()) {
    if (counted != counted_.end() && message.sent().seq() <= counted->second &&
        env_.mutation != Mutation::kMessageTakenTwice) {
      RepeatedMessage(letter.from_partition());
      continue;
    }
    if (internals_.size() >= limits::kInternalCommandsMax) return;
    Command command;
    if (!MakeMessageCommand(letter.from_partition(), message, &command)) return;
    internals_.push_back(std::move(command));
  }
}

// False: this version does not know the command, or the letter is damaged. It is not taken, so that nothing is lost:
// the sender repeats it until a version that knows it serves.
bool Shard::MakeMessageCommand(uint32_t from, const journal::v1::Message& message, Command* command) const {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(message.sent().type());
  if (descriptor == nullptr) return false;
  std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!request->ParseFromString(message.sent().command())) return false;
  command->type = decider_.TypeFor(*request);
  if (command->type == nullptr) return false;
  auto address = command->type->Route(*request);
  if (!address.ok() || address->stream.empty()) return false;
  command->request = std::move(request);
  command->address = *std::move(address);
  command->slot = message.sent().to_slot();
  command->internal = true;
  command->id = absl::StrCat("message/", from, "/", message.sent().seq());
  command->principal = {absl::StrCat("system/", env_.id.service), static_cast<uint32_t>(Right::kSystem)};
  command->from_stream = message.from_stream();
  command->traceparent = message.traceparent();
  auto& cause = command->cause.emplace();
  cause.set_service(env_.id.service);
  cause.set_partition(from);
  cause.set_revision(message.revision());
  cause.set_term(message.term());
  cause.set_n(message.n());
  cause.set_seq(message.sent().seq());
  return true;
}

void Shard::RepeatedMessage(uint32_t from) {
  if (env_.mutation != Mutation::kMessageRepeatUnacked) acks_due_.insert(from);
}

void Shard::CountedMessages(const journal::v1::Commit& commit) {
  if (!commit.sent().empty()) outbox_.Counted(commit);
  if (commit.cause().seq() == 0) return;
  counted_[commit.cause().partition()] = commit.cause().seq();
  acks_due_.insert(commit.cause().partition());
}

void Shard::RecordAcks(std::vector<std::string>* records) {
  std::vector<journal::v1::Acked> all = outbox_.Unrecorded();
  if (all.empty()) return;
  journal::v1::Commit commit;
  commit.set_command_id("acked");
  commit.set_principal(absl::StrCat("system/", env_.id.service));
  commit.set_recorded_at_ms(NowMs());
  for (auto& acked : all) *commit.add_acked() = std::move(acked);
  Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), records);
}

void Shard::SendLetters() {
  if (env_.courier == nullptr) return;
  std::vector<journal::v1::Letter> letters;
  if (absl::Status status = outbox_.Collect(overlay_, env_.clock->Boot(), &letters); !status.ok()) return Halt(status);
  for (const uint32_t from : acks_due_) {
    const auto counted = counted_.find(from);
    if (counted == counted_.end()) continue;  // nothing of it counts yet
    auto& letter = letters.emplace_back();
    letter.set_service(env_.id.service);
    letter.set_from_partition(env_.id.partition);
    letter.set_to_partition(from);
    letter.set_acked_up_to(counted->second);
  }
  acks_due_.clear();
  for (auto& letter : letters) env_.courier->Carry(std::move(letter));
}

}  // namespace shoujie
