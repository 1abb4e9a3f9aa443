#include "services/runtime/rpc/redact.h"

#include <memory>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/common/v1/options.pb.h"

namespace shoujie::rpc {
namespace {

using google::protobuf::FieldDescriptor;

void RedactPacked(google::protobuf::Any* any) {
  const std::string url = any->type_url();
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(url.substr(url.rfind('/') + 1));
  std::unique_ptr<google::protobuf::Message> inner(
      type == nullptr ? nullptr : google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (inner == nullptr || !inner->ParseFromString(any->value())) {
    any->clear_value();  // what cannot be read cannot be shown
    return;
  }
  RedactAnswer(inner.get());
  any->set_value(inner->SerializeAsString());
}

}  // namespace

bool MaySeePersonal(const Principal& principal) {
  return principal.Has(Right::kAgent) || principal.Has(Right::kRead) || principal.Has(Right::kOperate) ||
         principal.Has(Right::kFacts);
}

void RedactAnswer(google::protobuf::Message* answer) {
  if (auto* any = dynamic_cast<google::protobuf::Any*>(answer)) return RedactPacked(any);
  const auto* reflection = answer->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*answer, &fields);
  for (const auto* field : fields) {
    const bool message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->options().GetExtension(common::v1::personal) ||
        (message && field->message_type() == common::v1::Personal::descriptor())) {
      reflection->ClearField(answer, field);
    } else if (message && field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*answer, field); ++i) {
        RedactAnswer(reflection->MutableRepeatedMessage(answer, field, i));
      }
    } else if (message) {
      RedactAnswer(reflection->MutableMessage(answer, field));
    }
  }
}

}  // namespace shoujie::rpc
