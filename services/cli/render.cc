#include "services/cli/render.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/cli/text.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

absl::Time ToTime(const google::protobuf::Timestamp& t) {
  return absl::FromUnixSeconds(t.seconds()) + absl::Nanoseconds(t.nanos());
}
std::string DurationText(const google::protobuf::Duration& d) {
  return absl::FormatDuration(absl::Seconds(d.seconds()) + absl::Nanoseconds(d.nanos()));
}
std::string DurationJson(const google::protobuf::Duration& d) {
  std::string text = absl::StrCat(d.seconds());
  if (d.nanos() != 0) {
    std::string fraction = absl::StrCat(1'000'000'000 + std::abs(d.nanos())).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (d.seconds() == 0 && d.nanos() < 0) text = "-0";
    absl::StrAppend(&text, ".", fraction);
  }
  return text + "s";
}

// The message in an Any; nullptr if its type is unknown here.
std::unique_ptr<Message> Unpack(const google::protobuf::Any& any) {
  const auto& url = any.type_url();
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(url.substr(url.rfind('/') + 1));
  if (type == nullptr) return nullptr;
  std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(any.value())) return nullptr;
  return message;
}

// A service's Event is one oneof: the field that is set.
const FieldDescriptor* EventField(const Message& event) {
  const auto* type = event.GetDescriptor();
  if (type->name() != "Event" || type->oneof_decl_count() != 1) return nullptr;
  return event.GetReflection()->GetOneofFieldDescriptor(event, type->oneof_decl(0));
}

// A value that is one word or one number although its type is a message; false for all other messages.
template <typename Out>
bool Simple(const Message& message, Out&& out) {
  const auto& name = message.GetDescriptor()->full_name();
  if (name == "google.protobuf.Timestamp") {
    out(ToTime(static_cast<const google::protobuf::Timestamp&>(message)));
  } else if (name == "google.protobuf.Duration") {
    out(static_cast<const google::protobuf::Duration&>(message));
  } else if (name == "google.protobuf.FieldMask") {
    out(absl::StrJoin(static_cast<const google::protobuf::FieldMask&>(message).paths(), ","));
  } else if (name == "shoujie.common.v1.Personal") {
    out(static_cast<const common::v1::Personal&>(message));
  } else {
    return false;
  }
  return true;
}

// ---- JSON
// --------------------------------------------------------------------------------------------------------------------

// `index` < 0: the field is not repeated.
ordered_json ScalarJson(const Message& m, const FieldDescriptor* f, int index) {
  const auto* r = m.GetReflection();
  const bool one = index < 0;
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? r->GetInt32(m, f) : r->GetRepeatedInt32(m, f, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r->GetInt64(m, f) : r->GetRepeatedInt64(m, f, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? r->GetUInt32(m, f) : r->GetRepeatedUInt32(m, f, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? r->GetUInt64(m, f) : r->GetRepeatedUInt64(m, f, index);
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = one ? r->GetDouble(m, f) : r->GetRepeatedDouble(m, f, index);
      // A whole number reads as one.
      if (std::trunc(value) == value && std::abs(value) < 9e15) return static_cast<int64_t>(value);
      return value;
    }
    case FieldDescriptor::CPPTYPE_FLOAT:
      return one ? r->GetFloat(m, f) : r->GetRepeatedFloat(m, f, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return one ? r->GetBool(m, f) : r->GetRepeatedBool(m, f, index);
    case FieldDescriptor::CPPTYPE_ENUM:
      return (one ? r->GetEnum(m, f) : r->GetRepeatedEnum(m, f, index))->name();
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = one ? r->GetString(m, f) : r->GetRepeatedString(m, f, index);
      return f->type() == FieldDescriptor::TYPE_BYTES ? absl::BytesToHexString(text) : text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return ToJson(one ? r->GetMessage(m, f) : r->GetRepeatedMessage(m, f, index));
}

struct SimpleJson {
  ordered_json value;
  void operator()(absl::Time t) { value = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", t, absl::UTCTimeZone()); }
  void operator()(const google::protobuf::Duration& d) { value = DurationJson(d); }
  void operator()(const std::string& text) { value = text; }
  void operator()(const common::v1::Personal& p) {
    value = p.box().empty() ? ordered_json(p.plain()) : ordered_json(nullptr);
  }
};

// ---- text
// --------------------------------------------------------------------------------------------------------------------

struct SimpleText {
  absl::TimeZone zone;
  std::string value;
  void operator()(absl::Time t) { value = TimeText(t, zone); }
  void operator()(const google::protobuf::Duration& d) { value = DurationText(d); }
  void operator()(const std::string& text) { value = text; }
  void operator()(const common::v1::Personal& p) { value = p.box().empty() ? OneLine(p.plain()) : "(sealed)"; }
};

// The fields that are set in one line; with their names only where `name_width` columns are given for each value.
std::string Inline(const Message& message, absl::TimeZone zone, const char* separator, size_t name_width);

std::string ValueText(const Message& m, const FieldDescriptor* f, int index, absl::TimeZone zone) {
  const auto* r = m.GetReflection();
  if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto& inner = index < 0 ? r->GetMessage(m, f) : r->GetRepeatedMessage(m, f, index);
    SimpleText simple{zone, {}};
    return Simple(inner, simple) ? simple.value : Inline(inner, zone, ":", 0);
  }
  if (f->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return EnumWord(*(index < 0 ? r->GetEnum(m, f) : r->GetRepeatedEnum(m, f, index)));
  }
  const auto json = ScalarJson(m, f, index);
  return json.is_string()    ? OneLine(json.get<std::string>())
         : json.is_boolean() ? (json.get<bool>() ? "yes" : "no")
                             : json.dump();
}

std::string Inline(const Message& message, absl::TimeZone zone, const char* separator, size_t name_width) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::vector<std::string> parts;
  for (const auto* field : fields) {
    const std::string value = Cell(message, field->name(), zone);
    if (value.empty()) continue;
    if (name_width == 0) {
      parts.push_back(value);
      continue;
    }
    const char* quote = value.find(' ') == std::string::npos ? "" : "\"";
    parts.push_back(absl::StrCat(Kebab(field->name()), "=", quote, Shorten(value, name_width), quote));
  }
  return absl::StrJoin(parts, separator);
}

// key → value text of a map field, in the order of the keys.
std::vector<std::pair<std::string, std::string>> MapRows(const Message& m, const FieldDescriptor* f,
                                                         absl::TimeZone zone) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < m.GetReflection()->FieldSize(m, f); ++i) {
    const auto& entry = m.GetReflection()->GetRepeatedMessage(m, f, i);
    rows.emplace_back(Cell(entry, "key", zone), Cell(entry, "value", zone));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

void PageOf(const Message& message, absl::TimeZone zone, bool defaults, const std::string& indent, std::string* out);

// "- " before the first field of a list's element.
void ElementOf(const Message& element, absl::TimeZone zone, bool defaults, const std::string& indent,
               std::string* out) {
  std::string page;
  PageOf(element, zone, defaults, indent + "  ", &page);
  if (page.empty()) return;
  page.replace(indent.size(), 2, "- ");
  *out += page;
}

void PageOf(const Message& message, absl::TimeZone zone, bool defaults, const std::string& indent, std::string* out) {
  const auto* type = message.GetDescriptor();
  const auto* r = message.GetReflection();
  size_t width = 0;
  const auto shown = [&](const FieldDescriptor* f) {
    if (f->is_repeated()) return r->FieldSize(message, f) > 0;
    return r->HasField(message, f) || (defaults && !f->has_presence());
  };
  for (int i = 0; i < type->field_count(); ++i) {
    if (shown(type->field(i))) width = std::max(width, type->field(i)->name().size());
  }
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* f = type->field(i);
    if (!shown(f)) continue;
    const bool message_field = f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    SimpleText simple{zone, {}};
    if (f->is_map()) {
      absl::StrAppend(out, indent, f->name(), ":\n");
      std::vector<std::vector<std::string>> rows;
      for (auto& [key, value] : MapRows(message, f, zone)) rows.push_back({indent + "  " + key, value});
      *out += Table({}, rows, false);
    } else if (message_field && f->is_repeated()) {
      absl::StrAppend(out, indent, f->name(), ":\n");
      for (int k = 0; k < r->FieldSize(message, f); ++k) {
        const auto& element = r->GetRepeatedMessage(message, f, k);
        if (Simple(element, simple)) {
          absl::StrAppend(out, indent, "- ", simple.value, "\n");
        } else {
          ElementOf(element, zone, defaults, indent, out);
        }
      }
    } else if (message_field && !Simple(r->GetMessage(message, f), simple)) {
      absl::StrAppend(out, indent, f->name(), ":\n");
      PageOf(r->GetMessage(message, f), zone, defaults, indent + "  ", out);
    } else {
      absl::StrAppend(out, indent, f->name(), ":", std::string(width - f->name().size() + 1, ' '),
                      Cell(message, f->name(), zone), "\n");
    }
  }
}

}  // namespace

ordered_json ToJson(const Message& message) {
  SimpleJson simple;
  if (Simple(message, simple)) return simple.value;
  if (message.GetDescriptor() == google::protobuf::Any::descriptor()) {
    const auto& any = static_cast<const google::protobuf::Any&>(message);
    const auto inner = Unpack(any);
    if (inner == nullptr) return {{"@type", any.type_url()}, {"value", absl::BytesToHexString(any.value())}};
    if (EventField(*inner) != nullptr) return ToJson(*inner);
    ordered_json out = {{"@type", inner->GetDescriptor()->full_name()}};
    out.update(ToJson(*inner));
    return out;
  }

  ordered_json out = ordered_json::object();
  const auto* r = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto* f = message.GetDescriptor()->field(i);
    if (f->is_map()) {
      std::map<std::string, ordered_json> sorted;
      for (int k = 0; k < r->FieldSize(message, f); ++k) {
        const auto& entry = r->GetRepeatedMessage(message, f, k);
        const auto key = ScalarJson(entry, f->message_type()->map_key(), -1);
        sorted[key.is_string() ? key.get<std::string>() : key.dump()] =
            ScalarJson(entry, f->message_type()->map_value(), -1);
      }
      out[f->name()] = ordered_json::object();
      for (auto& [key, value] : sorted) out[f->name()][key] = std::move(value);
    } else if (f->is_repeated()) {
      out[f->name()] = ordered_json::array();
      for (int k = 0; k < r->FieldSize(message, f); ++k) out[f->name()].push_back(ScalarJson(message, f, k));
    } else if (!f->has_presence() || r->HasField(message, f)) {
      out[f->name()] = ScalarJson(message, f, -1);
    }
  }
  return out;
}

std::string Cell(const Message& message, const std::string& path, absl::TimeZone zone) {
  const auto dot = path.find('.');
  const auto* f = message.GetDescriptor()->FindFieldByName(path.substr(0, dot));
  if (f == nullptr) return "";
  const auto* r = message.GetReflection();
  if (dot != std::string::npos) {
    if (f->is_repeated() || !r->HasField(message, f)) return "";
    return Cell(r->GetMessage(message, f), path.substr(dot + 1), zone);
  }
  if (f->is_map()) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : MapRows(message, f, zone)) parts.push_back(absl::StrCat(key, "=", value));
    return absl::StrJoin(parts, ",");
  }
  if (f->is_repeated()) {
    std::vector<std::string> parts;
    for (int i = 0; i < r->FieldSize(message, f); ++i) parts.push_back(ValueText(message, f, i, zone));
    return absl::StrJoin(parts, ",");
  }
  if (f->has_presence() && !r->HasField(message, f)) return "";
  return ValueText(message, f, -1, zone);
}

std::string Page(const Message& message, absl::TimeZone zone, bool defaults) {
  std::string out;
  PageOf(message, zone, defaults, "", &out);
  return out;
}

std::string Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  bool bold) {
  std::vector<size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  };
  measure(header);
  for (const auto& row : rows) measure(row);
  std::string out;
  const auto write = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - DisplayWidth(row[i]), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  if (!header.empty()) absl::StrAppend(&out, bold ? "\x1b[1m" : "", write(header), bold ? "\x1b[0m" : "", "\n");
  for (const auto& row : rows) absl::StrAppend(&out, write(row), "\n");
  return out;
}

EventText DescribeEvent(const Message& any, absl::TimeZone zone, size_t value_width) {
  const auto event = Unpack(static_cast<const google::protobuf::Any&>(any));
  if (event == nullptr) return {"(unknown event)", ""};
  const auto* field = EventField(*event);
  if (field == nullptr) return {Kebab(event->GetDescriptor()->name()), Inline(*event, zone, " ", value_width)};
  return {Kebab(field->name()), Inline(event->GetReflection()->GetMessage(*event, field), zone, " ", value_width)};
}

}  // namespace shoujie::cli
