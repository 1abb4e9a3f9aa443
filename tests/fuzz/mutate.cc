#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <limits>
#include <set>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/directory/sample.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kDepthMax = 8;
constexpr size_t kRepeatedMax = 6;

void CollectWords(const Message& message, std::set<std::string>* words) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CollectWords(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                          : reflection->GetMessage(message, field),
                     words);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string word = field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                                      : reflection->GetString(message, field);
        if (word.size() <= 24) words->insert(word);
      }
    }
  }
}

const std::vector<std::string>& Words() {
  static const auto* const kWords = [] {
    std::set<std::string> words;
    CollectWords(directory::SampleDirectory(), &words);
    auto* all = new std::vector<std::string>(words.begin(), words.end());
    // Often wanted, so often there; and what no rule may stumble over.
    for (int i = 0; i < 12; ++i) {
      for (const char* word :
           {"contacts/0413-000127-6", "tickets/0413-000127-6-T1", "customers/C0413-000127-6", "1005", "agents/1005",
            "presences/1005", "operators/first", "switch-1", "call-7", "+8613800138000", "h1", "1", "text", ""}) {
        all->push_back(word);
      }
    }
    for (const char* word :
         {"directories/main", "0", "-1", "18446744073709551616", "a/b/c", "/", "\xc3\x28", "\xe9\xa6\x96"}) {
      all->push_back(word);
    }
    all->push_back(std::string(200, 'n'));
    all->push_back(std::string(17'000, 't'));
    return all;
  }();
  return *kWords;
}

int64_t Integer(Chance& chance) {
  static constexpr int64_t kEdges[] = {0,
                                       1,
                                       2,
                                       3,
                                       60,
                                       127,
                                       128,
                                       1000,
                                       65'535,
                                       -1,
                                       std::numeric_limits<int32_t>::max(),
                                       std::numeric_limits<int32_t>::min(),
                                       std::numeric_limits<int64_t>::max(),
                                       std::numeric_limits<int64_t>::min()};
  if (chance.OneIn(3)) return kEdges[chance.Below(std::size(kEdges))];
  return static_cast<int64_t>(chance.Below(12));
}

std::string Text(Chance& chance) { return Words()[chance.Below(Words().size())]; }

void SetTime(Message* message, Chance& chance) {
  static constexpr int64_t kOdd[] = {0,
                                     -1,
                                     253'402'300'799,
                                     253'402'300'800,
                                     -62'135'596'800,
                                     -62'135'596'801,
                                     std::numeric_limits<int64_t>::max(),
                                     std::numeric_limits<int64_t>::min()};
  auto* at = static_cast<google::protobuf::Timestamp*>(message);
  at->set_seconds(chance.OneIn(12) ? kOdd[chance.Below(std::size(kOdd))]
                                   : kDayStartSeconds + static_cast<int64_t>(chance.Below(7200)) - 600);
  at->set_nanos(chance.OneIn(8) ? static_cast<int32_t>(Integer(chance))
                                : static_cast<int32_t>(chance.Below(1000)) * 1'000'000);
}

void MutateAt(Message* message, Chance& chance, int depth);

void SetScalar(Message* message, const FieldDescriptor* field, Chance& chance) {
  const auto* reflection = message->GetReflection();
  const bool add = field->is_repeated();
  switch (field->cpp_type()) {
#define SHOUJIE_SET(TYPE, METHOD, VALUE)              \
  case FieldDescriptor::CPPTYPE_##TYPE: {             \
    const auto value = VALUE;                         \
    if (add) {                                        \
      reflection->Add##METHOD(message, field, value); \
    } else {                                          \
      reflection->Set##METHOD(message, field, value); \
    }                                                 \
    break;                                            \
  }
    SHOUJIE_SET(INT32, Int32, static_cast<int32_t>(Integer(chance)))
    SHOUJIE_SET(INT64, Int64, Integer(chance))
    SHOUJIE_SET(UINT32, UInt32, static_cast<uint32_t>(Integer(chance)))
    SHOUJIE_SET(UINT64, UInt64, static_cast<uint64_t>(Integer(chance)))
    SHOUJIE_SET(DOUBLE, Double, static_cast<double>(Integer(chance)))
    SHOUJIE_SET(FLOAT, Float, static_cast<float>(Integer(chance)))
    SHOUJIE_SET(BOOL, Bool, chance.OneIn(2))
    SHOUJIE_SET(STRING, String, Text(chance))
    SHOUJIE_SET(
        ENUM, EnumValue,
        chance.OneIn(16)
            ? 99
            : field->enum_type()
                  ->value(static_cast<int>(chance.Below(static_cast<size_t>(field->enum_type()->value_count()))))
                  ->number())
#undef SHOUJIE_SET
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* inner = add ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
      // A message that says nothing is rarely what is wanted.
      for (size_t i = chance.Below(4); i > 0; --i) MutateAt(inner, chance, kDepthMax);
      break;
    }
  }
}

void MutateAt(Message* message, Chance& chance, int depth) {
  if (message->GetDescriptor() == google::protobuf::Timestamp::descriptor()) return SetTime(message, chance);
  const int count = message->GetDescriptor()->field_count();
  if (count == 0) return;
  const auto* reflection = message->GetReflection();
  const FieldDescriptor* field =
      message->GetDescriptor()->field(static_cast<int>(chance.Below(static_cast<size_t>(count))));
  // Rather change what is there than make something new.
  std::vector<const FieldDescriptor*> present;
  reflection->ListFields(*message, &present);
  if (!present.empty() && chance.OneIn(2)) field = present[chance.Below(present.size())];
  // The order of a map's entries is another one each time, so which of them would be changed is chance.
  if (field->is_map()) return reflection->ClearField(message, field);
  const int size = field->is_repeated() ? reflection->FieldSize(*message, field)
                                        : static_cast<int>(reflection->HasField(*message, field));
  if (size > 0 && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth < kDepthMax && !chance.OneIn(6)) {
    if (!field->is_repeated()) return MutateAt(reflection->MutableMessage(message, field), chance, depth + 1);
    if (!chance.OneIn(4)) {
      const int i = static_cast<int>(chance.Below(static_cast<size_t>(size)));
      return MutateAt(reflection->MutableRepeatedMessage(message, field, i), chance, depth + 1);
    }
  }
  if (size > 0 && chance.OneIn(5)) {
    if (field->is_repeated() && chance.OneIn(2)) return reflection->RemoveLast(message, field);
    return reflection->ClearField(message, field);
  }
  if (field->is_repeated() && static_cast<size_t>(size) >= kRepeatedMax) return reflection->RemoveLast(message, field);
  SetScalar(message, field, chance);
}

}  // namespace

uint64_t Chance::Next() {  // xorshift64*
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return (state_ * 0x2545f4914f6cdd1d) >> 16;
}

void Mutate(Message* message, Chance& chance) {
  for (size_t i = 1 + chance.Below(3); i > 0; --i) MutateAt(message, chance, 0);
}

std::string BytesOf(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    FUZZ_REQUIRE(message.SerializePartialToCodedStream(&out));
  }
  return bytes;
}

std::vector<Frame> ReadFrames(absl::string_view input) {
  std::vector<Frame> frames;
  Input in(input);
  while (!in.empty() && frames.size() < kFramesMax) {
    Frame& frame = frames.emplace_back();
    frame.kind = in.Byte();
    frame.flags = in.Byte();
    frame.bytes = std::string(in.Block());
  }
  return frames;
}

std::string WriteFrames(const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& frame : frames) {
    const size_t size = std::min<size_t>(frame.bytes.size(), 0xffff);
    out.push_back(static_cast<char>(frame.kind));
    out.push_back(static_cast<char>(frame.flags));
    out.push_back(static_cast<char>(size));
    out.push_back(static_cast<char>(size >> 8));
    out.append(frame.bytes, 0, size);
  }
  return out;
}

void Mutate(std::vector<Frame>* frames, Chance& chance, const std::function<void(Frame*)>& change) {
  const size_t at = frames->empty() ? 0 : chance.Below(frames->size());
  const auto place = frames->begin() + static_cast<std::ptrdiff_t>(at);
  switch (frames->empty() ? 0 : chance.Below(12)) {
    case 0:
    case 1:
      if (frames->size() < kFramesMax) {
        Frame fresh{static_cast<uint8_t>(chance.Next()), static_cast<uint8_t>(chance.Next()), ""};
        for (size_t i = 1 + chance.Below(3); i > 0; --i) change(&fresh);
        frames->insert(chance.OneIn(3) ? place : frames->end(), std::move(fresh));
      }
      return;
    case 2: {
      const Frame copy = *place;
      if (frames->size() < kFramesMax) frames->insert(place, copy);
      return;
    }
    case 3:
      frames->erase(place);
      return;
    case 4:
      std::swap(*place, (*frames)[chance.Below(frames->size())]);
      return;
    case 5:
      place->kind = static_cast<uint8_t>(chance.Next());
      return;
    case 6:
      place->flags = static_cast<uint8_t>(chance.Next());
      return;
    default:
      return change(&*place);
  }
}

}  // namespace shoujie::fuzz
