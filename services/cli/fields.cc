#include "services/cli/fields.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/cli/text.h"

namespace shoujie::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kDepthMax = 3;  // of dotted flags

// Fields whose flag has a name of its own.
std::string FlagName(const FieldDescriptor& field) {
  if (field.name() == "as_of_recorded") return "as-known-at";
  if (field.name() == "read_mask") return "fields";
  return Kebab(field.name());
}

bool Is(const FieldDescriptor& field, const char* type) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field.message_type()->full_name() == type;
}
bool IsTime(const FieldDescriptor& field) { return Is(field, "google.protobuf.Timestamp"); }
bool IsDuration(const FieldDescriptor& field) { return Is(field, "google.protobuf.Duration"); }
bool IsMask(const FieldDescriptor& field) { return Is(field, "google.protobuf.FieldMask"); }
// A message of ours, in contrast to those that stand for one value.
bool IsNested(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsTime(field) && !IsDuration(field) && !IsMask(field);
}

// What requests of a kind have in common, and few people need.
bool IsCommon(const FieldDescriptor& field) {
  for (const char* name : {"request_id", "etag", "occurred_at", "page_size", "page_token", "read_mask"}) {
    if (field.name() == name) return true;
  }
  return false;
}

std::string TypeName(const FieldDescriptor& field) {
  if (IsTime(field)) return "TIME";
  if (IsDuration(field)) return "DURATION";
  if (IsMask(field)) return "FIELD,…";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "JSON|@FILE";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumChoices(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    default:
      return "N";
  }
}

absl::Status Bad(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(path, std::ios::binary);
  if (!in) return Bad(absl::StrCat("cannot read the file ", path));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// JSON text, "@FILE", "-" for stdin, or the name of a file.
absl::StatusOr<std::string> JsonOf(const std::string& text) {
  if (absl::StartsWith(text, "{") || absl::StartsWith(text, "[")) return text;
  return ReadAll(absl::StartsWith(text, "@") ? text.substr(1) : text);
}

absl::Status FromJson(const std::string& json, Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(json, message);
  if (status.ok()) return absl::OkStatus();
  return Bad(absl::StrCat("this JSON is no ", message->GetDescriptor()->name(), ": ", std::string(status.message())));
}

absl::Status SetMessage(Message* parent, const FieldDescriptor* f, const std::string& text,
                        const ValueContext& context) {
  const auto* r = parent->GetReflection();
  if (IsTime(*f)) {
    auto time = ParseTime(text, context.zone, context.now);
    if (!time.ok()) return time.status();
    auto* out = static_cast<google::protobuf::Timestamp*>(r->MutableMessage(parent, f));
    const int64_t ms = absl::ToUnixMillis(*time);
    out->set_seconds(ms >= 0 ? ms / 1000 : -((999 - ms) / 1000));
    out->set_nanos(static_cast<int32_t>(ms - out->seconds() * 1000) * 1'000'000);
    return absl::OkStatus();
  }
  if (IsDuration(*f)) {
    auto duration = ParseDuration(text);
    if (!duration.ok()) return duration.status();
    auto* out = static_cast<google::protobuf::Duration*>(r->MutableMessage(parent, f));
    out->set_seconds(absl::IDivDuration(*duration, absl::Seconds(1), &*duration));
    out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(*duration)));
    return absl::OkStatus();
  }
  if (IsMask(*f)) {
    auto* out = static_cast<google::protobuf::FieldMask*>(r->MutableMessage(parent, f));
    for (const auto part : absl::StrSplit(text, ',', absl::SkipEmpty())) out->add_paths(std::string(part));
    return absl::OkStatus();
  }
  auto json = JsonOf(text);
  if (!json.ok()) return json.status();
  if (!f->is_repeated()) return FromJson(*json, r->MutableMessage(parent, f));
  if (!absl::StartsWith(*json, "[")) return FromJson(*json, r->AddMessage(parent, f));
  // A list of them: read as the only field of the parent.
  std::unique_ptr<Message> list(parent->New());
  auto status = FromJson(absl::StrCat("{\"", f->name(), "\":", *json, "}"), list.get());
  if (status.ok()) parent->MergeFrom(*list);
  return status;
}

template <typename T>
absl::StatusOr<T> NumberOf(const std::string& text) {
  T value{};
  if (absl::SimpleAtoi(text, &value)) return value;
  return Bad(absl::StrCat("\"", text, "\" is no ", std::is_signed_v<T> ? "" : "positive ", "whole number"));
}

absl::Status SetNumber(Message* parent, const FieldDescriptor* f, const std::string& text) {
  const auto* r = parent->GetReflection();
  const bool many = f->is_repeated();
  const auto set = [&](auto value, auto one, auto add) -> absl::Status {
    if (!value.ok()) return value.status();
    many ? (r->*add)(parent, f, *value) : (r->*one)(parent, f, *value);
    return absl::OkStatus();
  };
  using R = google::protobuf::Reflection;
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return set(NumberOf<int32_t>(text), &R::SetInt32, &R::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return set(NumberOf<int64_t>(text), &R::SetInt64, &R::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return set(NumberOf<uint32_t>(text), &R::SetUInt32, &R::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return set(NumberOf<uint64_t>(text), &R::SetUInt64, &R::AddUInt64);
    default:
      break;
  }
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return Bad(absl::StrCat("\"", text, "\" is no number"));
  if (f->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
    many ? r->AddFloat(parent, f, static_cast<float>(value)) : r->SetFloat(parent, f, static_cast<float>(value));
  } else {
    many ? r->AddDouble(parent, f, value) : r->SetDouble(parent, f, value);
  }
  return absl::OkStatus();
}

absl::Status SetValue(Message* parent, const FieldDescriptor* f, const std::string& text, const ValueContext& context) {
  const auto* r = parent->GetReflection();
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(parent, f, text, context);
    case FieldDescriptor::CPPTYPE_STRING:
      f->is_repeated() ? r->AddString(parent, f, text) : r->SetString(parent, f, text);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return Bad(absl::StrCat("\"", text, "\" is neither true nor false"));
      r->SetBool(parent, f, text == "true");
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = FindEnumValue(*f->enum_type(), text);
      if (value == nullptr) return Bad(absl::StrCat("\"", text, "\" is none of ", EnumChoices(*f->enum_type())));
      f->is_repeated() ? r->AddEnum(parent, f, value) : r->SetEnum(parent, f, value);
      return absl::OkStatus();
    }
    default:
      return SetNumber(parent, f, text);
  }
}

// The collection in front of what has none.
std::string FullName(const std::string& collection, const std::string& text) {
  return text.empty() || absl::StrContains(text, '/') ? text : absl::StrCat(collection, text);
}

}  // namespace

struct FieldFlags::Value {
  Path path;
  std::string label;  // for messages: "--code", "TICKET"
  std::string collection;
  std::vector<std::string> texts;
  bool presence = false;  // of an empty message: being there is all it says
};

FieldFlags::FieldFlags(CLI::App* app, const Descriptor& request, FieldSpec spec) : spec_(std::move(spec)) {
  for (const auto& argument : spec_.arguments) {
    const auto path = FindPath(request, argument.field);
    if (!path.empty()) AddArgument(app, path, argument);
  }
  for (int i = 0; i < request.field_count(); ++i) {
    AddField(app, {request.field(i)}, FlagName(*request.field(i)), 1);
  }
}

FieldFlags::~FieldFlags() = default;

void FieldFlags::AddArgument(CLI::App* app, const Path& path, const Argument& argument) {
  auto value = std::make_unique<Value>();
  value->path = path;
  value->label = argument.label;
  value->collection = argument.collection;
  if (!argument.fallback.empty()) value->texts = {argument.fallback};
  auto* option = app->add_option(argument.label, [v = value.get()](const CLI::results_t& results) {
    v->texts = results;
    return true;
  });
  option->type_name(IsNested(*path.back()) ? "JSON|FILE" : TypeName(*path.back()));
  option->allow_extra_args(false);
  if (!argument.optional) option->required();
  values_.push_back(std::move(value));
}

void FieldFlags::AddField(CLI::App* app, const Path& path, const std::string& flag, int depth) {
  const auto& field = *path.back();
  std::string dotted;
  for (const auto* step : path) absl::StrAppend(&dotted, dotted.empty() ? "" : ".", step->name());
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), dotted) != list.end();
  };
  const bool is_argument = std::any_of(spec_.arguments.begin(), spec_.arguments.end(),
                                       [&](const Argument& argument) { return argument.field == dotted; });
  if (is_argument || has(spec_.skip) || field.is_map()) return;

  auto value = std::make_unique<Value>();
  value->path = path;
  value->label = absl::StrCat("--", flag);
  const auto keep = [v = value.get()](const CLI::results_t& results) {
    v->texts = results;
    return true;
  };
  const bool flat = has(spec_.flatten);
  const bool flat_parent = !absl::StrContains(flag, '.');
  CLI::Option* option = nullptr;
  if (IsNested(field) && !field.is_repeated() && field.message_type()->field_count() == 0) {
    value->presence = true;
    option = app->add_flag(value->label);
    option->each([v = value.get()](const std::string&) { v->texts = {"{}"}; });
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL && !field.is_repeated()) {
    option = app->add_flag(depth > 1 && !flat_parent ? value->label : absl::StrCat(value->label, ",!--no-", flag));
    option->each([v = value.get()](const std::string& text) { v->texts = {text}; });
  } else if (!flat) {
    option = app->add_option(value->label, keep);
    option->type_name(TypeName(field));
    if (field.is_repeated()) {
      option->expected(1, CLI::detail::expected_max_vector_size);
      if (!IsNested(field)) option->delimiter(',');
    }
    option->allow_extra_args(false);
  }
  if (option != nullptr) {
    if (has(spec_.required)) option->required();
    if (depth > 1) option->group(absl::StrCat("Fields of ", path.front()->name()));
    if (depth == 1 && IsCommon(field)) option->group("Of every such command");
    values_.push_back(std::move(value));
  }

  if (!IsNested(field) || field.is_repeated() || depth >= kDepthMax) return;
  for (int i = 0; i < field.message_type()->field_count(); ++i) {
    const auto* inner = field.message_type()->field(i);
    Path next = path;
    if (std::find(path.begin(), path.end(), inner) != path.end()) continue;
    next.push_back(inner);
    AddField(app, next, flat ? FlagName(*inner) : absl::StrCat(flag, ".", FlagName(*inner)), depth + 1);
  }
}

absl::Status FieldFlags::Fill(Message* request, ValueContext context) const {
  const auto fill = [&](const Value& value) -> absl::Status {
    Message* parent = request;
    for (size_t i = 0; i + 1 < value.path.size(); ++i) {
      parent = parent->GetReflection()->MutableMessage(parent, value.path[i]);
    }
    for (const auto& text : value.texts) {
      const auto status = SetValue(parent, value.path.back(), FullName(value.collection, text), context);
      if (!status.ok()) return Bad(absl::StrCat(value.label, ": ", std::string(status.message())));
    }
    return absl::OkStatus();
  };
  const auto is_zone = [](const Value& value) {
    return value.path.size() == 1 && value.path[0]->name() == "time_zone";
  };
  for (const auto& value : values_) {
    if (!is_zone(*value) || value->texts.empty()) continue;
    if (!absl::LoadTimeZone(value->texts[0], &context.zone)) {
      return Bad(
          absl::StrCat(value->label, ": there is no time zone \"", value->texts[0], "\"; write it like Asia/Shanghai"));
    }
  }
  // Whole messages first, then single fields of them.
  for (const bool nested : {true, false}) {
    for (const auto& value : values_) {
      if (value->texts.empty() || (IsNested(*value->path.back()) && !value->presence) != nested) continue;
      if (auto status = fill(*value); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

std::vector<const FieldDescriptor*> FindPath(const Descriptor& type, const std::string& dotted) {
  std::vector<const FieldDescriptor*> path;
  const Descriptor* at = &type;
  for (const auto part : absl::StrSplit(dotted, '.')) {
    const auto* field = at == nullptr ? nullptr : at->FindFieldByName(std::string(part));
    if (field == nullptr) return {};
    path.push_back(field);
    at = field->message_type();
  }
  return path;
}

}  // namespace shoujie::cli
