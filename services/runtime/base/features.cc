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
  return kind == nullptr ? *none : FeatureOf(*kind);
}

std::vector<std::string> GuardedBy(absl::string_view feature, const google::protobuf::Descriptor& event) {
  std::vector<std::string> kinds;
  for (int i = 0; i < event.field_count(); ++i) {
    if (FeatureOf(*event.field(i)) == feature) kinds.push_back(event.field(i)->name());
  }
  return kinds;
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
