#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/cli/directory/yaml.h"
#include "services/cli/import/table.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"

namespace shoujie::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;

constexpr size_t kWordMax = 100;  // of one that somebody may have meant for another

Place PlaceOf(const YAML::Mark& mark) {
  return {static_cast<uint64_t>(std::max(mark.line, 0)) + 1, static_cast<uint64_t>(std::max(mark.column, 0)) + 1};
}

// How many letters must be changed, added or left out to make one word of the other.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The word that was most likely meant; empty: none is near.
std::string Nearest(absl::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  if (word.size() > kWordMax) return nearest;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& one : known) {
    const size_t distance = Distance(word, one);
    if (distance < least && distance < one.size()) {
      least = distance;
      nearest = one;
    }
  }
  return nearest;
}

bool ReadDuration(const std::string& text, google::protobuf::Duration* duration) {
  if (TimeUtil::FromString(text, duration)) return true;
  const auto parsed = ParseDuration(text);  // "10m" as on the command line
  if (!parsed.ok()) return false;
  absl::Duration rest = *parsed;
  duration->set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
  duration->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return true;
}

class Reader {
 public:
  Reader(const std::function<void(const YamlMistake&)>& on_mistake, Places* places)
      : on_mistake_(on_mistake), places_(places) {}

  void Mistake(Place at, absl::Status why) {
    ++mistakes_;
    if (on_mistake_) on_mistake_({at, std::move(why)});
  }
  size_t mistakes() const { return mistakes_; }

  void ReadMessage(const YAML::Node& node, const std::string& path, Message* message) {
    if (message->GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
      auto* time = static_cast<google::protobuf::Timestamp*>(message);
      if (!IsText(node) || !TimeUtil::FromString(node.Scalar(), time)) {
        Wrong(node, path, "an instant such as \"2026-10-01T08:00:00Z\"");
      }
      return;
    }
    if (message->GetDescriptor() == google::protobuf::Duration::descriptor()) {
      auto* duration = static_cast<google::protobuf::Duration*>(message);
      if (!IsText(node) || !ReadDuration(node.Scalar(), duration)) Wrong(node, path, "a duration such as 600s or 10m");
      return;
    }
    if (!node.IsMap()) return Wrong(node, path, "fields and their values, each on a line of its own");
    std::set<const FieldDescriptor*> seen;
    for (const auto& entry : node) {
      if (Full(entry.first)) return;
      const auto* field = FieldOf(entry.first, *message->GetDescriptor(), path);
      if (field == nullptr) continue;
      const std::string at = path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
      if (!seen.insert(field).second) {
        Mistake(PlaceOf(entry.first.Mark()), Invalid("YAML_FIELD_TWICE", "The field stands twice. Keep one of the two.",
                                                     "该字段重复出现。请保留其一。", {{"field", at}}));
        continue;
      }
      if (places_ != nullptr) (*places_)[at] = PlaceOf(entry.first.Mark());
      ReadField(entry.second, at, field, message);
    }
  }

 private:
  static bool IsText(const YAML::Node& node) { return node.IsScalar(); }

  // Too many values: whoever writes aliases of aliases means no good.
  bool Full(const YAML::Node& at) {
    if (++values_ <= kYamlValuesMax) return false;
    if (values_ == kYamlValuesMax + 1) {
      Mistake(PlaceOf(at.Mark()),
              Invalid("YAML_TOO_LARGE", "The file holds too many values. Leave out what is not needed.",
                      "文件包含的值过多。请删去不需要的内容。"));
    }
    return true;
  }

  void Wrong(const YAML::Node& at, const std::string& path, absl::string_view wanted) {
    const std::string value = at.IsScalar()     ? at.Scalar()
                              : at.IsNull()     ? "(nothing)"
                              : at.IsSequence() ? "(a list)"
                                                : "(fields and their values)";
    Mistake(PlaceOf(at.Mark()), Invalid("YAML_VALUE", "The field cannot hold this value. Write what `wanted` names.",
                                        "该字段不能为此值。请按 wanted 的说明填写。",
                                        {{"field", path}, {"value", value}, {"wanted", wanted}}));
  }

  const FieldDescriptor* FieldOf(const YAML::Node& key, const Descriptor& type, const std::string& path) {
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    const auto* field = type.FindFieldByName(name);
    if (field == nullptr) field = type.FindFieldByCamelcaseName(name);
    if (field != nullptr) return field;
    std::vector<std::string> known;
    for (int i = 0; i < type.field_count(); ++i) known.push_back(type.field(i)->name());
    const std::string nearest = Nearest(name, known);
    Mistake(
        PlaceOf(key.Mark()),
        Invalid("YAML_FIELD_UNKNOWN",
                "There is no such field here. Correct its name, perhaps to `nearest`, or use one of those in `known`.",
                "此处没有该字段。请更正其名称（可参考 nearest），或使用 known 中的字段。",
                {{"field", path.empty() ? name : absl::StrCat(path, ".", name)},
                 {"nearest", nearest},
                 {"known", absl::StrJoin(known, ", ")}}));
    return nullptr;
  }

  void ReadField(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message) {
    if (!field->is_repeated()) return ReadValue(node, path, field, message);
    if (!node.IsSequence()) return Wrong(node, path, "a list, each element begun by a dash, or [] for none");
    size_t index = 0;
    for (const auto& one : node) {
      if (Full(one)) return;
      const std::string at = absl::StrCat(path, "[", index++, "]");
      if (places_ != nullptr) (*places_)[at] = PlaceOf(one.Mark());
      ReadValue(one, at, field, message);
    }
  }

  void ReadValue(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message) {
    const auto* r = message->GetReflection();
    const bool many = field->is_repeated();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return ReadMessage(node, path, many ? r->AddMessage(message, field) : r->MutableMessage(message, field));
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return ReadEnum(node, path, field, message);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return ReadText(node, path, field, message);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      bool value = false;
      if (!IsText(node) || !YAML::convert<bool>::decode(node, value)) return Wrong(node, path, "true or false");
      return many ? r->AddBool(message, field, value) : r->SetBool(message, field, value);
    }
    ReadNumber(node, path, field, message);
  }

  void ReadText(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message) {
    const auto* r = message->GetReflection();
    if (!IsText(node)) {
      return Wrong(node, path,
                   node.IsNull() ? "text; for none leave the line out, and write the word null in quotes" : "text");
    }
    std::string text = node.Scalar();
    if (field->type() == FieldDescriptor::TYPE_BYTES && !absl::Base64Unescape(node.Scalar(), &text)) {
      return Wrong(node, path, "bytes in base64");
    }
    field->is_repeated() ? r->AddString(message, field, text) : r->SetString(message, field, text);
  }

  void ReadEnum(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message) {
    const auto* r = message->GetReflection();
    const auto& type = *field->enum_type();
    const std::string text = IsText(node) ? node.Scalar() : "";
    const auto* value = type.FindValueByName(text);
    if (value == nullptr && !text.empty()) value = FindEnumValue(type, text);
    int number = value == nullptr ? 0 : value->number();
    // A number is a value that only a newer build has a name for.
    if (value == nullptr && !absl::SimpleAtoi(text, &number)) return WrongEnum(node, path, type);
    field->is_repeated() ? r->AddEnumValue(message, field, number) : r->SetEnumValue(message, field, number);
  }
  void WrongEnum(const YAML::Node& node, const std::string& path, const google::protobuf::EnumDescriptor& type) {
    std::vector<std::string> known, words;
    for (int i = 0; i < type.value_count(); ++i) {
      if (type.value(i)->number() == 0) continue;
      known.push_back(type.value(i)->name());
      words.push_back(EnumWord(*type.value(i)));
    }
    std::string wanted = absl::StrCat("one of ", absl::StrJoin(known, ", "));
    std::string nearest = IsText(node) ? Nearest(node.Scalar(), known) : "";
    if (nearest.empty() && IsText(node)) nearest = Nearest(node.Scalar(), words);
    if (!nearest.empty()) wanted = absl::StrCat("perhaps ", nearest, "; ", wanted);
    Wrong(node, path, wanted);
  }

  template <typename T, typename Set, typename Add>
  void ReadWhole(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message,
                 Set set, Add add) {
    T value{};
    if (!IsText(node) || !absl::SimpleAtoi(node.Scalar(), &value)) {
      return Wrong(node, path, std::is_signed_v<T> ? "a whole number" : "a whole number that is not negative");
    }
    const auto* r = message->GetReflection();
    field->is_repeated() ? (r->*add)(message, field, value) : (r->*set)(message, field, value);
  }
  void ReadNumber(const YAML::Node& node, const std::string& path, const FieldDescriptor* field, Message* message) {
    using R = google::protobuf::Reflection;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return ReadWhole<int32_t>(node, path, field, message, &R::SetInt32, &R::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return ReadWhole<int64_t>(node, path, field, message, &R::SetInt64, &R::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return ReadWhole<uint32_t>(node, path, field, message, &R::SetUInt32, &R::AddUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return ReadWhole<uint64_t>(node, path, field, message, &R::SetUInt64, &R::AddUInt64);
      default:
        break;
    }
    double value = 0;
    if (!IsText(node) || !absl::SimpleAtod(node.Scalar(), &value)) return Wrong(node, path, "a number");
    const auto* r = message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
      const auto narrow = static_cast<float>(value);
      return field->is_repeated() ? r->AddFloat(message, field, narrow) : r->SetFloat(message, field, narrow);
    }
    field->is_repeated() ? r->AddDouble(message, field, value) : r->SetDouble(message, field, value);
  }

  const std::function<void(const YamlMistake&)>& on_mistake_;
  Places* const places_;
  size_t mistakes_ = 0, values_ = 0;
};

}  // namespace

absl::Status FromYaml(absl::string_view yaml, Message* message,
                      const std::function<void(const YamlMistake&)>& on_mistake, Places* places) {
  Reader reader(on_mistake, places);
  if (yaml.size() > kYamlBytesMax) {
    reader.Mistake({}, Invalid("YAML_TOO_LARGE", "The file is longer than 4 MiB. Leave out what is not needed.",
                               "文件超过 4 MiB。请删去不需要的内容。"));
  } else if (!importer::IsUtf8(yaml)) {
    reader.Mistake(
        {}, Invalid("YAML_SYNTAX", "The file is not UTF-8 text. Convert it.", "文件不是 UTF-8 文本。请转换编码。"));
  } else {
    // The library tells what it cannot read by exceptions.
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
      if (documents.size() > 1) {
        reader.Mistake(PlaceOf(documents[1].Mark()),
                       Invalid("YAML_SYNTAX", "The file holds more than one document. Keep one of them.",
                               "文件包含多个文档。请只保留一个。"));
      }
      reader.ReadMessage(documents.empty() ? YAML::Node() : documents[0], "", message);
    } catch (const YAML::Exception& e) {
      reader.Mistake(PlaceOf(e.mark), Invalid("YAML_SYNTAX", "This is no YAML. Correct what `problem` says.",
                                              "这不是有效的 YAML。请按 problem 的说明更正。", {{"problem", e.msg}}));
    }
  }
  if (reader.mistakes() == 0) return absl::OkStatus();
  return Invalid("YAML_INVALID", "The file has mistakes; nothing was done. Correct them all and try again.",
                 "文件有误，未做任何更改。请全部更正后重试。", {{"mistakes", absl::StrCat(reader.mistakes())}});
}

}  // namespace shoujie::cli
