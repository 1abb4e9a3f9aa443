#include "tests/contract/asyncapi.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace shoujie::contract {
namespace {

using nlohmann::json;

json ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& one : node) object[one.first.Scalar()] = ToJson(one.second);
    return object;
  }
  if (node.IsSequence()) {
    json array = json::array();
    for (const auto& one : node) array.push_back(ToJson(one));
    return array;
  }
  if (!node.IsScalar()) return nullptr;
  const std::string& text = node.Scalar();
  int64_t number = 0;
  if (node.Tag() == "!") return text;  // in quotes
  if (text == "true" || text == "false") return text == "true";
  if (absl::SimpleAtoi(text, &number)) return number;
  return text;
}

bool IsDateTime(const std::string& text) {
  google::protobuf::Timestamp at;
  return google::protobuf::util::TimeUtil::FromString(text, &at);
}

bool HasType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  return type == "integer" && value.is_number_integer();
}

}  // namespace

TopicRecord RecordOf(const router::v1::TicketEvent& event) {
  TopicRecord record{.key = event.subject().substr(event.subject().find('/') + 1)};
  record.headers = {
      {"ce_specversion", event.specversion()}, {"ce_id", event.id()},
      {"ce_source", event.source()},           {"ce_type", event.type()},
      {"ce_subject", event.subject()},         {"ce_time", google::protobuf::util::TimeUtil::ToString(event.time())},
      {"ce_sequence", event.sequence()},       {"content-type", event.datacontenttype()},
  };
  if (!google::protobuf::util::MessageToJsonString(event.data(), &record.value).ok()) std::abort();
  return record;
}

AsyncApi AsyncApi::OfTickets() {
  return AsyncApi(
      ToJson(YAML::LoadFile(absl::StrCat(SHOUJIE_SOURCE_DIR, "/proto/shoujie/router/v1/tickets.asyncapi.yaml"))));
}

std::set<std::string> AsyncApi::Types() const {
  std::set<std::string> types;
  for (const json& message : document_["channels"]["tickets"]["messages"]) {
    types.insert(Resolve(message)["name"].get<std::string>());
  }
  return types;
}

const json* AsyncApi::MessageOf(const std::string& type) const {
  for (const json& message : document_["channels"]["tickets"]["messages"]) {
    if (const json& one = Resolve(message); one["name"] == type) return &one;
  }
  return nullptr;
}

// Follows "#/components/…".
const json& AsyncApi::Resolve(const json& node) const {
  if (!node.is_object() || !node.contains("$ref")) return node;
  return document_.at(json::json_pointer(node["$ref"].get<std::string>().substr(1)));
}

std::vector<std::string> AsyncApi::Check(const TopicRecord& record) const {
  json headers = json::object();
  for (const auto& [name, value] : record.headers) headers[name] = value;
  const json* message = MessageOf(headers.value("ce_type", ""));
  if (message == nullptr) return {absl::StrCat("no such type: ", headers.value("ce_type", ""))};
  const json value = json::parse(record.value, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return {absl::StrCat("the value is no JSON: ", record.value)};
  std::vector<std::string> wrong;
  const auto check = [&](const json& schema, const json& what, const std::string& at) {
    Validate(schema, what, at, &wrong);
    std::set<std::string> names;
    Names(schema, &names);
    for (const auto& [name, unused] : what.items()) {
      if (names.count(name) == 0) wrong.push_back(absl::StrCat(at, ": the document does not name ", name));
    }
  };
  check((*message)["headers"], headers, "headers");
  check((*message)["payload"], value, "value");
  const json& trait = Resolve((*message)["traits"][0]);
  Validate(trait["bindings"]["kafka"]["key"], json(record.key), "key", &wrong);
  if (absl::StrCat("tickets/", record.key) != headers.value("ce_subject", "")) {
    wrong.push_back("key: is not the number in ce_subject");
  }
  return wrong;
}

// The properties that a schema names.
void AsyncApi::Names(const json& schema, std::set<std::string>* names) const {
  const json& here = Resolve(schema);
  if (here.contains("allOf")) {
    for (const json& part : here["allOf"]) Names(part, names);
  }
  if (here.contains("properties")) {
    for (const auto& [name, unused] : here["properties"].items()) names->insert(name);
  }
}

void AsyncApi::ValidateObject(const json& schema, const json& value, const std::string& at,
                              std::vector<std::string>* wrong) const {
  for (const json& name : schema.value("required", json::array())) {
    if (!value.contains(name.get<std::string>())) {
      wrong->push_back(absl::StrCat(at, ": ", name.get<std::string>(), " is missing"));
    }
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) {
    if (value.contains(name)) Validate(property, value[name], absl::StrCat(at, ".", name), wrong);
  }
}

void AsyncApi::Validate(const json& given, const json& value, const std::string& at,
                        std::vector<std::string>* wrong) const {
  static const std::set<std::string> kAbout = {"description", "examples", "required", "properties", "$ref"};
  const json& schema = Resolve(given);
  const auto expect = [&](bool holds, const std::string& what) {
    if (!holds) wrong->push_back(absl::StrCat(at, ": ", value.dump(), " is not ", what));
  };
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  for (const auto& [keyword, limit] : schema.items()) {
    if (kAbout.count(keyword) > 0) continue;
    if (keyword == "allOf") {
      for (const json& part : limit) Validate(part, value, at, wrong);
    } else if (keyword == "type") {
      expect(HasType(value, limit), absl::StrCat("of type ", limit.get<std::string>()));
    } else if (keyword == "const") {
      expect(value == limit, limit.dump());
    } else if (keyword == "pattern") {
      expect(std::regex_search(text, std::regex(limit.get<std::string>())), limit.get<std::string>());
    } else if (keyword == "format") {
      expect(limit == "date-time" && IsDateTime(text), limit.get<std::string>());
    } else if (keyword == "minimum") {
      expect(value.is_number_integer() && value >= limit, absl::StrCat("at least ", limit.dump()));
    } else if (keyword == "minLength") {
      expect(text.size() >= limit.get<size_t>(), absl::StrCat("so long: ", limit.dump()));
    } else if (keyword == "x-values") {
      expect(limit.contains(text), "a value that the document names");
    } else if (keyword == "items") {
      for (const json& item : value) Validate(limit, item, absl::StrCat(at, "[]"), wrong);
    } else {
      wrong->push_back(absl::StrCat(at, ": the test does not know the keyword ", keyword));
    }
  }
  if (value.is_object()) ValidateObject(schema, value, at, wrong);
}

}  // namespace shoujie::contract
