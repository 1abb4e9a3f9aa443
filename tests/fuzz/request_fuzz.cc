// Requests as they come over the wire, of every method of every service: bytes that are none are refused with a reason,
// what parses is written back to the same bytes, headers and routes are read or refused, and an answer with the same
// content shows no personal field once it is redacted. Also errors as a server sends them to a client.
//
// Input: two bytes that choose the method, then the request.
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/all_in_one/modules.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/request_header.h"
#include "services/runtime/rpc/parse.h"
#include "services/runtime/rpc/redact.h"
#include "services/runtime/rpc/status.h"
#include "services/runtime/security/seal.h"
#include "shoujie/common/v1/options.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

namespace shoujie::fuzz::request_fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Methods {
  std::vector<ServiceModule> modules = AllModules();
  std::vector<const google::protobuf::Descriptor*> inputs;
  std::map<const google::protobuf::Descriptor*, const StreamType*> commands;

  Methods() {
    for (const auto& module : modules) {
      for (const auto* service : module.rpc) {
        for (int i = 0; i < service->method_count(); ++i) {
          inputs.push_back(service->method(i)->input_type());
          inputs.push_back(service->method(i)->output_type());
        }
      }
      for (const auto& type : module.domain.streams) {
        for (const auto* command : type->commands()) commands[command] = type.get();
      }
    }
  }
};
const Methods& All() {
  static const auto* const kMethods = new Methods;
  return *kMethods;
}

std::unique_ptr<Message> MessageOf(uint64_t which) {
  const auto* type = All().inputs[which % All().inputs.size()];
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

bool ShowsPersonal(const Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->options().GetExtension(common::v1::personal)) return true;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() == common::v1::Personal::descriptor()) return true;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (ShowsPersonal(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                             : reflection->GetMessage(message, field))) {
        return true;
      }
    }
  }
  return false;
}

void Run(absl::string_view input) {
  Input in(input);
  const uint64_t which = in.Integer(2);
  const std::string bytes(in.Rest());
  const auto message = MessageOf(which);

  RequireTyped(rpc::CheckRequestSize(bytes.size() << (which % 16)));
  FUZZ_REQUIRE(rpc::CheckRequestSize(limits::kRequestBytesMax).ok());
  FUZZ_REQUIRE(!rpc::CheckRequestSize(limits::kRequestBytesMax + 1).ok());
  // What a server answers may come from anybody who listens on its port.
  const absl::Status answer = rpc::FromWire(1 + static_cast<int>(which % 16), "", bytes);
  FUZZ_REQUIRE(!answer.ok() && !ReasonOf(answer).empty());

  if (absl::Status status = rpc::ParseRequest(bytes, message.get()); !status.ok()) {
    FUZZ_REQUIRE(absl::IsInvalidArgument(status));
    return RequireTyped(status);
  }
  const std::string once = BytesOf(*message);
  const std::unique_ptr<Message> again(message->New());
  FUZZ_REQUIRE(rpc::ParseRequest(once, again.get()).ok());
  if (BytesOf(*again) != once) {
    Fail(__FILE__, __LINE__,
         absl::StrCat("written again it is the same ", message->GetTypeName(), ":\n", message->DebugString(),
                      again->DebugString()));
  }

  static auto* const headers = new RequestHeaders;
  const auto header = headers->Read(*message);
  RequireTyped(header.status());
  if (header.ok()) FUZZ_REQUIRE(header->id.size() == 16);
  if (const auto it = All().commands.find(message->GetDescriptor()); it != All().commands.end()) {
    const auto address = it->second->Route(*message);
    RequireTyped(address.status());
    if (address.ok() && !address->stream.empty()) RequireTyped(CheckName(address->stream));
  }
  rpc::RedactAnswer(again.get());
  FUZZ_REQUIRE(!ShowsPersonal(*again));
  RedactMessage(message.get());
  FUZZ_REQUIRE(!HasPlain(*message));
}

std::string Change(absl::string_view input, uint32_t seed) {
  Chance chance(seed);
  std::string out(input.substr(0, 2));
  out.resize(2);
  if (chance.OneIn(8)) {
    const uint64_t which = chance.Next();
    out = {static_cast<char>(which), static_cast<char>(which >> 8)};
  }
  const auto message = MessageOf(Input(out).Integer(2));
  if (input.size() > 2 && !message->ParsePartialFromString(std::string(input.substr(2)))) message->Clear();
  Mutate(message.get(), chance);
  return out + BytesOf(*message);
}

const Registered kRegistered({"request", &Run, &Change});

}  // namespace
}  // namespace shoujie::fuzz::request_fuzz
