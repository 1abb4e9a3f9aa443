// Values of store rows that were damaged or made by somebody else: each is decoded or refused, what decodes is encoded
// to the same bytes, and a shard that reads such rows gives typed errors.
//
// Input: a byte that chooses the kind of row, then its value.
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/shard/history.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/rig.h"

namespace shoujie::fuzz::rows_fuzz {
namespace {

constexpr char kStream[] = "contacts/0413-000127-6";

// A journal that holds one record wherever it is asked.
class OneRecord : public Journal {
 public:
  explicit OneRecord(std::string bytes) : bytes_(std::move(bytes)) {}
  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)>) override { return nullptr; }
  absl::Status Read(uint64_t position, size_t, std::vector<StoredRecord>* out) override {
    out->push_back({position, absl::UnixEpoch(), bytes_});
    return absl::OkStatus();
  }
  std::shared_ptr<void> Watch(std::function<void()>) override { return nullptr; }
  bool exclusive() const override { return true; }

 private:
  std::string bytes_;
};

const ServiceModule& Interaction() {
  for (const ServiceModule& module : Modules()) {
    if (module.domain.name == "interaction") return module;
  }
  Fail(__FILE__, __LINE__, "there is an interaction service");
}

void RoundTrips(absl::string_view value) {
  if (const auto place = rows::Place::Decode(value)) FUZZ_REQUIRE(place->Encode() == value);
  if (const auto state = rows::StateValue::Decode(value)) {
    FUZZ_REQUIRE(state->state.size() + 49 == value.size());
    const auto again = rows::StateValue::Decode(state->Encode());
    FUZZ_REQUIRE(again && again->Encode() == state->Encode() && again->history == state->history);
  }
  if (const auto dedup = rows::DedupValue::Decode(value)) {
    const auto again = rows::DedupValue::Decode(dedup->Encode());
    FUZZ_REQUIRE(again && again->Encode() == dedup->Encode());
  }
  if (const auto timer = rows::DecodeTimerKey(value)) {
    FUZZ_REQUIRE(timer->stream.find('\0') == std::string::npos);
    // Only instants that a key can hold come back as they were.
    if (timer->due > absl::UnixEpoch() && timer->due < absl::FromUnixSeconds(kDayStartSeconds * 1000)) {
      FUZZ_REQUIRE(rows::TimerKey(timer->due, timer->stream, timer->name) == value);
    }
  }
  const std::string end = rows::PrefixEnd(value);
  FUZZ_REQUIRE(end.empty() || (end > value && end.size() <= value.size()));
}

// A command that meets the row.
void Decide(Rig& rig) {
  auto request = std::make_unique<interaction::v1::CreateContactRequest>();
  request->set_channel(interaction::v1::CHANNEL_VISIT);
  request->set_site("hangzhou");
  request->set_identifier("+8613800138000");
  Command command;
  command.type = rig.projector.TypeOf(kStream);
  command.principal = {"agents/1005", static_cast<uint32_t>(Right::kAgent)};
  command.id = std::string("\x01\x9c\xac\x6a\xe4\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x01", 16);
  auto address = command.type->Route(*request);
  FUZZ_REQUIRE(address.ok());
  command.address = *std::move(address);
  command.slot = 413;
  command.request = std::move(request);
  const auto now = rows::TimeOfRequestId(command.id);
  auto outcome = rig.decider.Decide(command, SampleReference(), absl::ToUnixMillis(now));
  if (const auto* answer = std::get_if<Decider::Answer>(&outcome)) RequireTyped(answer->reply.status());
}

void Run(absl::string_view input) {
  Input in(input);
  const uint8_t kind = in.Byte();
  const std::string value(in.Rest());
  RoundTrips(value);

  const ServiceModule& module = Interaction();
  Rig rig(module);
  rig.keys.TakeKey();
  const std::string key = [&] {
    switch (kind % 7) {
      case 0:
        return rows::StateKey(kStream);
      case 1:
        return rows::HistoryKey(kStream, 1);
      case 2:
        return rows::DedupKey(std::string("\x01\x9c\xac\x6a\xe4\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x01", 16));
      case 3:
        return rows::CounterKey(413);
      case 4:
        return rows::SubjectKey("0413-000001-4");
      case 5:
        return rows::TimerKey(absl::FromUnixSeconds(kDayStartSeconds), kStream, "answer");
      default:
        return rows::HistoryPrefix(kStream) + value.substr(0, 16);
    }
  }();
  rig.store.Write({{key, value}}, [] {});

  const auto view = rig.projector.Load(kStream);
  RequireTyped(view.status());
  if (view.ok()) (void)view->type->Timers(*view->state);

  journal::v1::Record record;
  record.mutable_commit()->set_stream_id(kStream);
  record.mutable_commit()->set_stream_version(1);
  record.mutable_commit()->add_events()->set_body(value);
  OneRecord journal(record.SerializeAsString());
  const HistorySource source{module.domain, *rig.projector.TypeOf(kStream), rig.store, journal};
  RequireTyped(FoldAsOf(source, kStream, {}).status());
  RequireTyped(ReadHistory(source, kStream, 1, [&](const journal::v1::Commit& commit, absl::string_view bytes) {
    (void)EntryOf(source, commit, bytes, 0);
    return true;
  }));
  Decide(rig);
}

const Registered kRegistered({"rows", &Run});

}  // namespace
}  // namespace shoujie::fuzz::rows_fuzz
