#include <algorithm>
#include <cctype>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/util/json_util.h"
#include "services/cli/directory/yaml.h"

namespace shoujie::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

constexpr size_t kLineMax = 120;  // of a list of words in one line

// Words that some reader of YAML takes for something else than text.
bool IsReserved(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  for (const char* word : {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}) {
    if (lower == word) return true;
  }
  return false;
}

// "600s": protobuf's durations begin with a digit, and are text to every reader all the same.
bool IsDuration(absl::string_view text) {
  if (text.size() < 2 || text.back() != 's') return false;
  const absl::string_view number = text.substr(0, text.size() - 1);
  return absl::ascii_isdigit(static_cast<unsigned char>(number.front())) &&
         absl::ascii_isdigit(static_cast<unsigned char>(number.back())) &&
         std::count(number.begin(), number.end(), '.') <= 1 && std::all_of(number.begin(), number.end(), [](char c) {
           return c == '.' || absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

// A rune from U+3000 to U+9FFF, three bytes: Chinese characters and their punctuation mean nothing to YAML.
bool IsChinese(unsigned char lead) { return lead >= 0xe3 && lead <= 0xe9; }

// Whether it may stand without quotes: what nobody could take for a number, a date or an indicator.
bool IsPlain(absl::string_view text) {
  if (IsDuration(text)) return true;
  if (text.empty() || text.back() == ' ' || IsReserved(text)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (IsChinese(c)) {
      i += 2;
      continue;
    }
    const bool first = absl::ascii_isalpha(c) || c == '_';
    const bool later = absl::ascii_isdigit(c) || c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' ||
                       c == '@' || c == '+';
    if (!first && (i == 0 || !later)) return false;
  }
  return true;
}

// The rune that begins at `text[i]`; `i` moves to its last byte. Texts of protobuf are UTF-8.
uint32_t RuneAt(absl::string_view text, size_t* i) {
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const uint32_t lead = byte(*i);
  const size_t more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  uint32_t rune = more == 0 ? lead : lead & (0x3fu >> more);
  for (size_t k = 1; k <= more; ++k) rune = rune << 6 | (byte(*i + k) & 0x3f);
  *i += more;
  return rune;
}

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t begin = i;
    const uint32_t rune = RuneAt(text, &i);
    if (rune == '"' || rune == '\\') {
      absl::StrAppend(&out, "\\", text.substr(begin, 1));
    } else if (rune == '\n') {
      out += "\\n";
    } else if (rune == '\t') {
      out += "\\t";
    } else if (rune < 0x20 || rune == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", rune);
    } else if ((rune >= 0x80 && rune <= 0xa0) || rune == 0x2028 || rune == 0x2029 || rune == 0xfeff ||
               (rune & 0xfffe) == 0xfffe) {
      rune > 0xffff ? absl::StrAppendFormat(&out, "\\U%08x", rune) : absl::StrAppendFormat(&out, "\\u%04x", rune);
    } else {
      absl::StrAppend(&out, text.substr(begin, i + 1 - begin));
    }
  }
  return out + "\"";
}

std::string Scalar(const ordered_json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return IsPlain(text) ? text : Quoted(text);
}

bool IsNested(const ordered_json& value) { return value.is_object() || value.is_array(); }

// All of it in one line; empty if that cannot be, or would be too long.
std::string Line(const ordered_json& list, size_t room) {
  if (std::any_of(list.begin(), list.end(), IsNested)) return "";
  std::vector<std::string> parts;
  for (const auto& one : list) parts.push_back(Scalar(one));
  std::string line = absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
  return line.size() <= room ? line : "";
}

void WriteFields(const ordered_json& object, const std::string& indent, std::string* out);

void WriteList(const ordered_json& list, const std::string& indent, std::string* out) {
  for (const auto& one : list) {
    if (!one.is_object()) {
      absl::StrAppend(out, indent, "- ", Scalar(one), "\n");
    } else if (one.empty()) {
      absl::StrAppend(out, indent, "- {}\n");
    } else {
      std::string fields;
      WriteFields(one, indent + "  ", &fields);
      fields.replace(indent.size(), 2, "- ");
      *out += fields;
    }
  }
}

void WriteFields(const ordered_json& object, const std::string& indent, std::string* out) {
  for (const auto& [key, value] : object.items()) {
    absl::StrAppend(out, indent, key, ":");
    if (value.is_object() && !value.empty()) {
      *out += "\n";
      WriteFields(value, indent + "  ", out);
    } else if (value.is_object()) {
      *out += " {}\n";
    } else if (value.is_array()) {
      const std::string line = Line(value, kLineMax - std::min(kLineMax, indent.size() + key.size() + 2));
      if (!line.empty()) {
        absl::StrAppend(out, " ", line, "\n");
      } else {
        *out += "\n";
        WriteList(value, indent + "  ", out);
      }
    } else {
      absl::StrAppend(out, " ", Scalar(value), "\n");
    }
  }
}

}  // namespace

ordered_json Compact(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return ordered_json::object();
  return ordered_json::parse(json);
}

bool HasUnknown(const Message& message) {
  const auto* r = message.GetReflection();
  if (!r->GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  r->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknown(r->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < r->FieldSize(message, field); ++i) {
      if (HasUnknown(r->GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

std::string ToYaml(const Message& message) {
  std::string out;
  const ordered_json whole = Compact(message);
  if (whole.empty()) return "{}\n";
  for (const auto& [key, value] : whole.items()) {
    if (!out.empty()) out += "\n";
    ordered_json one = ordered_json::object();
    one[key] = value;
    WriteFields(one, "", &out);
  }
  return out;
}

}  // namespace shoujie::cli
