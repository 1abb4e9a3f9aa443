#include "services/profile/domain/details.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie::profile {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsCode(absl::string_view text) {
  return text.size() <= limits::kDirectoryIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
         });
}

absl::Status BadField(const std::string& field) {
  return Invalid(
      "DETAILS_INVALID",
      "The field holds what it cannot hold. Correct it: codes have at most 64 letters, digits, dots, dashes.",
      "该字段的内容无效，请更正。代码最多 64 个字母、数字、点或横线。", {{"field", field}});
}

void Plain(const std::string& text, common::v1::Personal* personal) { personal->set_plain(text); }

// Plain text of a message with all its sealed fields open, in a form that equals exactly if the content does.
absl::StatusOr<std::string> Opened(const Message& message, const Context& context);

absl::StatusOr<std::string> OpenedField(const Message& message, const FieldDescriptor* field, const Context& context) {
  const auto* reflection = message.GetReflection();
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    std::string text;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return reflection->GetString(message, field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return absl::StrCat(reflection->GetBool(message, field));
    return absl::StrCat(reflection->GetEnumValue(message, field));
  }
  if (!field->is_repeated()) return Opened(reflection->GetMessage(message, field), context);
  std::string all;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    auto one = Opened(reflection->GetRepeatedMessage(message, field, i), context);
    if (!one.ok()) return one.status();
    absl::StrAppend(&all, one->size(), ":", *one);
  }
  return all;
}

absl::StatusOr<std::string> Opened(const Message& message, const Context& context) {
  if (message.GetDescriptor() == common::v1::Personal::descriptor()) {
    const auto& personal = static_cast<const common::v1::Personal&>(message);
    if (!personal.plain().empty() || personal.box().empty()) return personal.plain();
    return context.open(personal);
  }
  std::string all;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    auto one = OpenedField(message, message.GetDescriptor()->field(i), context);
    if (!one.ok()) return one.status();
    absl::StrAppend(&all, one->size(), ":", *one);
  }
  return all;
}

void CopyField(const FieldDescriptor* field, const v1::Details& from, v1::Details* to) {
  v1::Details only = from;
  std::vector<const FieldDescriptor*> set;
  only.GetReflection()->ListFields(only, &set);
  for (const auto* other : set) {
    if (other != field) only.GetReflection()->ClearField(&only, other);
  }
  to->GetReflection()->ClearField(to, field);
  to->MergeFrom(only);
}

}  // namespace

absl::Status CheckDetails(const v1::DetailsInput& input) {
  if (!v1::CustomerClass_IsValid(input.class_())) return BadField("class");
  if (!IsCode(input.language())) return BadField("language");
  if (!IsCode(input.preferences().channel())) return BadField("preferences.channel");
  if (static_cast<size_t>(input.addresses_size()) > limits::kAddressesPerCustomerMax) return BadField("addresses");
  for (const auto& address : input.addresses()) {
    if (!IsCode(address.label())) return BadField("addresses.label");
  }
  return absl::OkStatus();
}

v1::Details DetailsOf(const v1::DetailsInput& input) {
  v1::Details details;
  if (!input.display_name().empty()) Plain(input.display_name(), details.mutable_display_name());
  if (!input.form_of_address().empty()) Plain(input.form_of_address(), details.mutable_form_of_address());
  details.set_language(input.language());
  details.set_class_(input.class_());
  if (!input.acquisition_source().empty()) Plain(input.acquisition_source(), details.mutable_acquisition_source());
  if (!input.household().empty()) Plain(input.household(), details.mutable_household());
  for (const auto& from : input.addresses()) {
    auto* to = details.add_addresses();
    to->set_label(from.label());
    if (!from.region().empty()) Plain(from.region(), to->mutable_region());
    if (!from.street().empty()) Plain(from.street(), to->mutable_street());
    if (!from.building().empty()) Plain(from.building(), to->mutable_building());
    if (!from.unit().empty()) Plain(from.unit(), to->mutable_unit());
    if (!from.room().empty()) Plain(from.room(), to->mutable_room());
  }
  if (input.has_preferences()) *details.mutable_preferences() = input.preferences();
  return details;
}

absl::StatusOr<std::vector<std::string>> Changes(const v1::Details& details, const v1::DetailsInput& input,
                                                 const std::vector<std::string>& clear, const Context& context,
                                                 v1::Details* next) {
  const auto* type = v1::Details::descriptor();
  std::vector<const FieldDescriptor*> named;  // of Details
  std::vector<const FieldDescriptor*> set;
  input.GetReflection()->ListFields(input, &set);
  for (const auto* field : set) named.push_back(type->FindFieldByName(field->name()));
  for (const std::string& name : clear) {
    const auto* field = type->FindFieldByName(name);
    if (!field) {
      return Invalid("FIELD_UNKNOWN", "A customer has no such field. Name one of the fields of Details.",
                     "客户没有该字段。请填写 Details 中的字段名。", {{"field", name}});
    }
    if (std::find(named.begin(), named.end(), field) != named.end()) {
      return Invalid("FIELD_SET_AND_CLEARED", "A field is to be written and emptied, or emptied twice. Name it once.",
                     "同一字段既要写入又要清空，或重复清空。请只写一次。", {{"field", name}});
    }
    named.push_back(field);
  }
  const v1::Details wanted = DetailsOf(input);
  std::vector<std::string> changed;
  next->Clear();
  for (int i = 0; i < type->field_count(); ++i) {  // in the order of the message, however the request names them
    const auto* field = type->field(i);
    if (std::find(named.begin(), named.end(), field) == named.end()) continue;
    auto before = OpenedField(details, field, context);
    auto after = OpenedField(wanted, field, context);
    if (!before.ok()) return before.status();
    if (!after.ok()) return after.status();
    if (*before == *after) continue;
    changed.push_back(field->name());
    CopyField(field, wanted, next);
  }
  return changed;
}

void Apply(const std::vector<std::string>& changed, const v1::Details& next, v1::Details* details) {
  for (const std::string& name : changed) {
    if (const auto* field = v1::Details::descriptor()->FindFieldByName(name)) CopyField(field, next, details);
  }
}

}  // namespace shoujie::profile
