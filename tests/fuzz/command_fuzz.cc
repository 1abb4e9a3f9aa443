// Commands of any content in any order, on the sample directory, through the runtime's own checks and every rule of a
// service's domain: each is decided or refused with a reason; what was decided holds its invariants, its timers come to
// an end, and a rebuild from its records gives the same store, byte for byte.
//
// Input: a byte that chooses the service, then frames: `kind` chooses the command. Flags, by bit: 0–2 who asks, 3–5 how
// much time passes before, 6 the request id is left as it is, 7 the name is left as it is.
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/node/request_header.h"
#include "services/runtime/rpc/parse.h"
#include "services/runtime/security/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/rig.h"

namespace shoujie::fuzz::command_fuzz {
namespace {

using google::protobuf::Message;

constexpr uint8_t kOwnId = 64, kOwnName = 128;
constexpr size_t kTimersPerStep = 32;
constexpr size_t kTimersPerRun = 400;

struct Choice {
  const google::protobuf::Descriptor* request;
  const StreamType* type;
};
std::vector<Choice> ChoicesOf(const ServiceModule& module) {
  std::vector<Choice> choices;
  for (const auto& type : module.domain.streams) {
    std::vector<Choice> own;
    for (const auto* request : type->commands()) own.push_back({request, type.get()});
    // The table of commands is ordered by addresses.
    std::sort(own.begin(), own.end(), [](auto& a, auto& b) { return a.request->full_name() < b.request->full_name(); });
    choices.insert(choices.end(), own.begin(), own.end());
  }
  return choices;
}
const std::vector<std::vector<Choice>>& Choices() {
  static const auto* const kChoices = [] {
    auto* all = new std::vector<std::vector<Choice>>;
    for (const auto& module : Modules()) all->push_back(ChoicesOf(module));
    return all;
  }();
  return *kChoices;
}

Principal Who(uint8_t flags) {
  const auto right = [](Right r) { return static_cast<uint32_t>(r); };
  switch (flags & 7) {
    case 0:
    case 1:
      return {"agents/1005", right(Right::kAgent)};
    case 2:
      return {"agents/1006", right(Right::kAgent)};
    case 3:
      return {"agents/1001", right(Right::kAgent)};  // a centre's head
    case 4:
      return {"adapters/switch-1", right(Right::kFacts) | right(Right::kOrders)};
    case 5:
      return {"system/router", right(Right::kSystem) | right(Right::kFacts)};
    case 6:
      return {"operators/first", right(Right::kOperate) | right(Right::kPublish) | right(Right::kFacts)};
    default:
      return {"agents/nobody", 0};
  }
}

absl::Duration Passed(uint8_t flags) {
  static constexpr int64_t kSeconds[] = {0, 0, 1, 6, 60, 600, 7200, 90'000};
  return absl::Seconds(kSeconds[flags >> 3 & 7]);
}

void SetString(Message* message, const char* name, const std::string& value) {
  const auto* field = message->GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING)
    return;
  message->GetReflection()->SetString(message, field, value);
}

class Day {
 public:
  explicit Day(size_t which) : rig_(Modules()[which]), choices_(Choices()[which]) {}

  void Step(const Frame& frame) {
    now_ += Passed(frame.flags);
    FireTimers();
    const Choice& choice = choices_[frame.kind % choices_.size()];
    std::unique_ptr<Message> request(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(choice.request)->New());
    if (absl::Status status = rpc::ParseRequest(frame.bytes, request.get()); !status.ok()) return RequireTyped(status);
    if (!(frame.flags & kOwnId)) SetString(request.get(), "request_id", NextId());
    if (!(frame.flags & kOwnName)) SetString(request.get(), "name", NameFor(*choice.type));

    Command command;
    command.principal = Who(frame.flags);
    command.type = choice.type;
    if (choice.request == common::v1::TimerFired::descriptor()) {
      command.internal = true;
      command.id = absl::StrCat("timer/", ids_++);
      command.principal = {"system/timers", static_cast<uint32_t>(Right::kSystem)};
    } else {
      auto header = headers_.Read(*request);
      if (!header.ok()) return RequireTyped(header.status());
      command.id = header->id;
      command.etag = header->etag;
      command.occurred_at = header->occurred_at;
      command.payload_mac = rig_.keys.PayloadMac(now_, frame.bytes);
    }
    auto address = choice.type->Route(*request);
    if (!address.ok()) return RequireTyped(address.status());
    if (!address->stream.empty()) {
      if (absl::Status status = CheckName(address->stream); !status.ok()) return RequireTyped(status);
      command.slot = SlotOfStream(address->stream, rig_.keys.slot_key());
    } else {
      command.slot = SlotOfIdentifier(address->slot_key.empty() ? command.id : address->slot_key, rig_.keys.slot_key());
    }
    command.address = *std::move(address);
    command.request = std::move(request);
    Execute(command);
  }

  // The store from its records alone.
  void Rebuild() {
    if (rig_.records.empty()) return;
    Rig again(rig_.module);
    while (again.keys.last() < rig_.keys.last()) again.keys.TakeKey();
    for (const std::string& bytes : rig_.records) {
      journal::v1::Record record;
      FUZZ_REQUIRE(record.ParseFromString(bytes));
      FUZZ_REQUIRE(again.Apply(record.commit()).ok());
    }
    FUZZ_REQUIRE(again.store.rows() == rig_.store.rows());
  }

 private:
  std::string NextId() {
    const uint64_t n = ++ids_;
    std::string random(10, '\0');
    for (size_t i = 0; i < 8; ++i) random[9 - i] = static_cast<char>(n >> (8 * i));
    return MakeRequestId(now_, random);
  }

  // A stream of that type that exists, or the name that one would have.
  std::string NameFor(const StreamType& type) const {
    const std::string collection(type.collection());
    for (auto it = names_.rbegin(); it != names_.rend(); ++it) {
      if (absl::string_view(*it).substr(0, it->find('/')) == collection) return *it;
    }
    if (collection == "tickets") return "tickets/0413-000127-6-T1";
    if (collection == "presences") return "presences/1005";
    if (collection == "directories") return "directories/main";
    return collection + "/0413-000127-6";
  }

  void Execute(const Command& command) {
    auto outcome = rig_.decider.Decide(command, SampleReference(), absl::ToUnixMillis(now_));
    if (const auto* answer = std::get_if<Decider::Answer>(&outcome)) {
      FUZZ_REQUIRE(!command.internal);
      FUZZ_REQUIRE(!absl::IsDataLoss(answer->reply.status()));
      return RequireTyped(answer->reply.status());
    }
    auto* decided = std::get_if<Decider::Record>(&outcome);
    FUZZ_REQUIRE(decided != nullptr);  // MemoryKeys always has a key
    decided->commit.set_term(1);
    decided->commit.set_revision(rig_.records.size() + 1);
    decided->commit.set_stable(rig_.records.size());
    std::vector<const Message*> plain;
    for (const auto& event : decided->plain) plain.push_back(event.get());
    const absl::Status applied = rig_.Apply(decided->commit, plain);
    if (!applied.ok()) Fail(__FILE__, __LINE__, absl::StrCat("what was decided applies: ", applied.ToString()));
    if (decided->commit.events().empty()) return;

    const std::string& stream = decided->commit.stream_id();
    names_.push_back(stream);
    const std::unique_ptr<Message> sealed(rig_.module.domain.event->New());
    for (int n = 0; n < decided->commit.events_size(); ++n) {
      FUZZ_REQUIRE(sealed->ParseFromString(decided->commit.events(n).body()));
      FUZZ_REQUIRE(!HasPlain(*sealed));
      rig_.ProjectAndReact(decided->commit, *sealed, n);
    }
    const auto view = rig_.projector.Load(stream);
    FUZZ_REQUIRE(view.ok() && view->version == decided->commit.stream_version());
    const absl::Status checked =
        view->type->Check(*view->state, std::max(now_, absl::FromUnixMillis(view->effective_at_ms)));
    if (!checked.ok()) {
      Fail(__FILE__, __LINE__,
           absl::StrCat("the invariants hold after ", command.request->GetDescriptor()->name(), ": ",
                        checked.ToString(), "\n", view->state->DebugString()));
    }
  }

  void FireTimers() {
    for (size_t i = 0; i < kTimersPerStep; ++i) {
      std::optional<rows::TimerRow> due;
      uint64_t attempt = 0;
      FUZZ_REQUIRE(rig_.store
                       .Scan("T", "U",
                             [&](absl::string_view key, absl::string_view value) {
                               due = rows::DecodeTimerKey(key);
                               attempt = rows::ReadBig64(value);
                               return refused_.count(std::string(key)) > 0;
                             })
                       .ok());
      if (!due || due->due > now_) return;
      FUZZ_REQUIRE(++timers_fired_ < kTimersPerRun);  // or time would never go on
      const std::string key = rows::TimerKey(due->due, due->stream, due->name);
      if (refused_.count(key) > 0) return;
      auto fired = std::make_unique<common::v1::TimerFired>();
      fired->set_name(due->stream);
      fired->set_timer(due->name);
      fired->set_attempt(static_cast<uint32_t>(attempt));
      Command command;
      command.type = rig_.projector.TypeOf(due->stream);
      command.address.stream = due->stream;
      command.internal = true;
      command.id = absl::StrCat("timer/", due->stream, "/", due->name, "/", attempt, "/", ids_++);
      command.principal = {"system/timers", static_cast<uint32_t>(Right::kSystem)};
      command.request = std::move(fired);
      Execute(command);
      // What its stream refuses stays, and fires again only after the next start.
      if (rig_.store.Get(key).value().has_value()) refused_.insert(key);
    }
  }

  Rig rig_;
  const std::vector<Choice>& choices_;
  RequestHeaders headers_;
  absl::Time now_ = absl::FromUnixSeconds(kDayStartSeconds);
  uint64_t ids_ = 0;
  size_t timers_fired_ = 0;
  std::set<std::string> refused_;
  std::vector<std::string> names_;
};

size_t Which(absl::string_view input) { return input.empty() ? 0 : static_cast<uint8_t>(input[0]) % Modules().size(); }

void Run(absl::string_view input) {
  Day day(Which(input));
  for (const Frame& frame : ReadFrames(input.empty() ? input : input.substr(1))) day.Step(frame);
  day.Rebuild();
}

std::string Change(absl::string_view input, uint32_t seed) {
  Chance chance(seed);
  size_t which = Which(input);
  if (chance.OneIn(16)) which = chance.Below(Modules().size());
  std::vector<Frame> frames = ReadFrames(input.empty() ? input : input.substr(1));
  Mutate(&frames, chance, [&](Frame* frame) {
    if (frame->bytes.empty()) frame->flags &= static_cast<uint8_t>(~(kOwnId | kOwnName));
    const auto& choices = Choices()[which];
    std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                         ->GetPrototype(choices[frame->kind % choices.size()].request)
                                         ->New());
    if (!request->ParsePartialFromString(frame->bytes)) request->Clear();
    Mutate(request.get(), chance);
    frame->bytes = BytesOf(*request);
  });
  return std::string(1, static_cast<char>(which)) + WriteFrames(frames);
}

const Registered kRegistered({"command", &Run, &Change});

}  // namespace
}  // namespace shoujie::fuzz::command_fuzz
