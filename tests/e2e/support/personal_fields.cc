#include "tests/e2e/support/personal_fields.h"

#include <vector>

#include "shoujie/common/v1/options.pb.h"

namespace shoujie::e2e {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsPersonalText(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING && field.options().GetExtension(common::v1::personal);
}

}  // namespace

void CollectPersonal(const Message& message, std::set<std::string>* out) {
  std::vector<const FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (IsPersonalText(*field)) out->insert(field->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    for (int i = 0; i < (field->is_repeated() ? reflection->FieldSize(message, field) : 1); ++i) {
      CollectPersonal(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                           : reflection->GetMessage(message, field),
                      out);
    }
  }
}

void CollectPersonalFields(const Descriptor& type, std::set<const Descriptor*>* seen, std::set<std::string>* out) {
  if (!seen->insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsPersonalText(*type.field(i))) out->insert(type.field(i)->full_name());
    if (type.field(i)->message_type() != nullptr) CollectPersonalFields(*type.field(i)->message_type(), seen, out);
  }
}

}  // namespace shoujie::e2e
