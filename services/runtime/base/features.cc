#include "services/runtime/base/features.h"

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "shoujie/common/v1/options.pb.h"

namespace shoujie {

const Feature* FindFeature(absl::string_view name) {
  for (const Feature& feature : kFeatures) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

const std::string& FeatureOf(const google::protobuf::FieldDescriptor& kind) {
  return kind.options().GetExtension(common::v1::feature);
}

const std::string& FeatureOf(const google::protobuf::Message& event) {
  static const auto* const none = new std::string;
  const auto* descriptor = event.GetDescriptor();
  if (descriptor->oneof_decl_count() == 0) return *none;
  const auto* kind = event.GetReflection()->GetOneofFieldDescriptor(event, descriptor->oneof_decl(0));
  if (kind == nullptr) return *none;
  const std::string& of_kind = FeatureOf(*kind);
  if (!of_kind.empty() || kind->message_type() == nullptr) return of_kind;
  const google::protobuf::Message& what = event.GetReflection()->GetMessage(event, kind);
  for (int i = 0; i < kind->message_type()->field_count(); ++i) {
    const auto* field = kind->message_type()->field(i);
    const std::string& of_field = FeatureOf(*field);
    if (of_field.empty()) continue;
    const auto* reflection = what.GetReflection();
    const bool set = field->is_repeated() ? reflection->FieldSize(what, field) > 0 : reflection->HasField(what, field);
    if (set) return of_field;
  }
  return *none;
}

std::vector<std::pair<std::string, std::string>> MarksOf(const google::protobuf::Descriptor& event) {
  std::vector<std::pair<std::string, std::string>> marks;
  const auto add = [&](const google::protobuf::FieldDescriptor& field, std::string name) {
    if (const std::string& feature = FeatureOf(field); !feature.empty()) marks.emplace_back(feature, std::move(name));
  };
  for (int i = 0; i < event.field_count(); ++i) {
    const auto& kind = *event.field(i);
    add(kind, kind.name());
    if (kind.message_type() == nullptr) continue;
    for (int j = 0; j < kind.message_type()->field_count(); ++j) {
      const auto& field = *kind.message_type()->field(j);
      add(field, absl::StrCat(kind.name(), ".", field.name()));
    }
  }
  return marks;
}

std::vector<std::string> GuardedBy(absl::string_view feature, const google::protobuf::Descriptor& event) {
  std::vector<std::string> guarded;
  for (const auto& [by, what] : MarksOf(event)) {
    if (by == feature) guarded.push_back(what);
  }
  return guarded;
}

absl::Status FeatureUnknown(absl::string_view name) {
  std::string known;
  for (const Feature& feature : kFeatures) absl::StrAppend(&known, known.empty() ? "" : ", ", feature.name);
  return NotFound("FEATURE_UNKNOWN",
                  absl::StrCat("This build knows no feature of this name. Name one of: ", known,
                               "; or ask a node of a newer build."),
                  absl::StrCat("本版本没有该名称的功能。请填写下列之一：", known, "；或改问较新版本的节点。"),
                  {{"feature", name}});
}

}  // namespace shoujie
