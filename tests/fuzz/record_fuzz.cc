// Records of a journal that somebody else wrote, and states and rows made of them: unreadable, in any order, with any
// event, time, key and stream in them. Each is applied or refused with a reason; nothing ends the process, and a store
// that took records is read back as it was written.
//
// Input: a byte that chooses the service, then frames. The frame's flags, by bit: 0 put the record next in its journal;
// 1 put it next in its stream; 2 `kind` chooses among a few streams; 3 the bytes are an event, not a record.
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/shard/history.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/rig.h"

namespace shoujie::fuzz::record_fuzz {
namespace {

enum Flag : uint8_t { kNext = 1, kNextInStream = 2, kKnownStream = 4, kEventOnly = 8 };
constexpr char kIds[][32] = {"0413-000127-6", "C0413-000127-6", "0413-000127-6-T1", "1005", "x"};

const ServiceModule& ModuleOf(uint8_t which) { return Modules()[which % Modules().size()]; }

std::string StreamOf(const ServiceModule& module, uint8_t kind) {
  const auto& streams = module.domain.streams;
  return absl::StrCat(streams[kind % streams.size()]->collection(), "/", kIds[kind / 8 % std::size(kIds)]);
}

// The record that a frame stands for; false if its bytes are none.
bool RecordOf(const ServiceModule& module, const Frame& frame, journal::v1::Record* record) {
  if (frame.flags & kEventOnly) {
    record->mutable_commit()->add_events()->set_body(frame.bytes);
    record->mutable_commit()->set_recorded_at_ms(kDayStartSeconds * 1000);
    record->mutable_commit()->set_principal("adapters/switch-1");
  } else if (!record->ParseFromString(frame.bytes)) {
    return false;
  }
  if ((frame.flags & kKnownStream) && record->has_commit()) {
    record->mutable_commit()->set_stream_id(StreamOf(module, frame.kind));
  }
  return true;
}

void RequireDamage(const absl::Status& status) {
  if (status.ok()) return;
  // What a record can bring about by what it says: kinds of streams or events that nobody here knows, and damage.
  FUZZ_REQUIRE(absl::IsDataLoss(status) || absl::IsNotFound(status) || ReasonOf(status) == "EVENT_UNKNOWN");
  RequireTyped(status);
}

// What lies in the store is what the projector has in memory.
void ReadBack(Rig& rig) {
  rig.projector.ForgetCache();
  FUZZ_REQUIRE(rows::Place::Decode(*rig.store.Get(rows::PlaceKey()).value()).has_value());
  for (const auto& [key, value] : rig.store.rows()) {
    if (key[0] == 'T') FUZZ_REQUIRE(rows::DecodeTimerKey(key).has_value());
    if (key[0] == 'D') FUZZ_REQUIRE(rows::DedupValue::Decode(value).has_value());
    if (key[0] != 'S') continue;
    const auto view = rig.projector.Load(absl::string_view(key).substr(1));
    FUZZ_REQUIRE(view.ok());
    FUZZ_REQUIRE(rows::StateValue::Decode(value)->state == view->state->SerializeAsString());
    (void)view->type->Check(*view->state, absl::FromUnixMillis(view->effective_at_ms));
  }
}

void Run(absl::string_view input) {
  const ServiceModule& module = ModuleOf(input.empty() ? 0 : static_cast<uint8_t>(input[0]));
  Rig rig(module);
  for (int i = 0; i < 4; ++i) rig.keys.TakeKey();
  Fold fold;
  fold.term = 1;
  uint64_t position = 0;
  const std::unique_ptr<google::protobuf::Message> event(module.domain.event->New());
  for (const Frame& frame : ReadFrames(input.empty() ? input : input.substr(1))) {
    journal::v1::Record record;
    if (!RecordOf(module, frame, &record)) continue;
    auto* commit = record.has_commit() ? record.mutable_commit() : nullptr;
    if (commit != nullptr && (frame.flags & kNext)) {
      commit->set_term(fold.term);
      commit->set_revision(fold.revision + 1);
      commit->set_stable(fold.revision);
    }
    if (commit != nullptr && (frame.flags & kNextInStream)) {
      if (const auto view = rig.projector.Load(commit->stream_id()); view.ok()) {
        commit->set_stream_version(view->version + 1);
        commit->set_prev_hash(view->hash);
      }
    }
    const Fold before = fold;
    Verdict verdict;
    const absl::Status judged = fold.Step(position, record, &verdict);
    RequireDamage(judged);
    if (!judged.ok()) {
      FUZZ_REQUIRE(fold.position == before.position && fold.revision == before.revision && fold.term == before.term);
      continue;
    }
    FUZZ_REQUIRE(fold.position == ++position && fold.revision >= before.revision && fold.term >= before.term);
    if (verdict != Verdict::kApplied) continue;
    FUZZ_REQUIRE(fold.revision == before.revision + 1);
    if (const absl::Status applied = rig.Apply(*commit); !applied.ok()) {
      RequireDamage(applied);
      break;  // the shard halts
    }
    for (int n = 0; n < commit->events_size(); ++n) {
      if (event->ParseFromString(commit->events(n).body())) rig.ProjectAndReact(*commit, *event, n);
    }
    (void)ReplyOf(*commit, {module.domain.name, 0});
  }
  if (!rig.records.empty()) ReadBack(rig);
}

std::string Change(absl::string_view input, uint32_t seed) {
  Chance chance(seed);
  uint8_t which = input.empty() ? 0 : static_cast<uint8_t>(input[0]);
  if (chance.OneIn(16)) which = static_cast<uint8_t>(chance.Next());
  const ServiceModule& module = ModuleOf(which);
  std::vector<Frame> frames = ReadFrames(input.empty() ? input : input.substr(1));
  const std::unique_ptr<google::protobuf::Message> event(module.domain.event->New());
  Mutate(&frames, chance, [&](Frame* frame) {
    if (frame->bytes.empty() && !chance.OneIn(4)) {  // a fresh one: mostly an event that will be applied
      frame->flags = kNext | kNextInStream | kKnownStream | kEventOnly;
      frame->kind = static_cast<uint8_t>(chance.OneIn(2) ? 0 : chance.Next());
    }
    if (frame->flags & kEventOnly) {
      if (!event->ParsePartialFromString(frame->bytes)) event->Clear();
      Mutate(event.get(), chance);
      frame->bytes = BytesOf(*event);
      return;
    }
    journal::v1::Record record;
    if (!record.ParsePartialFromString(frame->bytes)) record.Clear();
    if (record.has_commit() && record.commit().events_size() > 0 && chance.OneIn(2)) {
      auto* body = record.mutable_commit()->mutable_events(0)->mutable_body();
      if (!event->ParsePartialFromString(*body)) event->Clear();
      Mutate(event.get(), chance);
      *body = BytesOf(*event);
    } else {
      Mutate(&record, chance);
    }
    frame->bytes = BytesOf(record);
  });
  return std::string(1, static_cast<char>(which)) + WriteFrames(frames);
}

const Registered kRegistered({"record", &Run, &Change});

}  // namespace
}  // namespace shoujie::fuzz::record_fuzz
