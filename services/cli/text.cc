#include "services/cli/text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace shoujie::cli {
namespace {

// "ResolutionCode" → "RESOLUTION_CODE_": what the values of an enum begin with.
std::string EnumPrefix(const google::protobuf::EnumDescriptor& type) {
  return absl::StrCat(absl::AsciiStrToUpper(absl::StrReplaceAll(Kebab(type.name()), {{"-", "_"}})), "_");
}

constexpr absl::Duration kDurationMax = absl::Seconds(315'576'000'000);  // of google.protobuf.Duration

// Years 1 to 9999: what a request can hold.
bool InCalendar(absl::Time time) {
  return time >= absl::FromUnixSeconds(-62'135'596'800) && time < absl::FromUnixSeconds(253'402'300'800);
}

struct Rune {
  uint32_t value;
  size_t bytes;
};
// Bytes that are no UTF-8 count as one rune each.
Rune NextRune(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t bytes = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  uint32_t value = lead & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {lead, 1};  // what follows may be the escape that steers a terminal
    value = value << 6 | (next & 0x3f);
  }
  return {value, bytes};
}

bool IsWide(uint32_t rune) {
  return (rune >= 0x1100 && rune <= 0x115f) || (rune >= 0x2e80 && rune <= 0xa4cf) ||
         (rune >= 0xac00 && rune <= 0xd7a3) || (rune >= 0xf900 && rune <= 0xfaff) ||
         (rune >= 0xfe30 && rune <= 0xfe6f) || (rune >= 0xff00 && rune <= 0xff60) ||
         (rune >= 0xffe0 && rune <= 0xffe6) || (rune >= 0x1f300 && rune <= 0x1faff) ||
         (rune >= 0x20000 && rune <= 0x3fffd);
}

}  // namespace

std::string Kebab(absl::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_') {
      out += '-';
    } else if (absl::ascii_isupper(static_cast<unsigned char>(c))) {
      if (i > 0 && name[i - 1] != '_' && !absl::ascii_isupper(static_cast<unsigned char>(name[i - 1]))) out += '-';
      out += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string EnumWord(const google::protobuf::EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  absl::string_view name = value.name();
  absl::ConsumePrefix(&name, EnumPrefix(*value.type()));
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

const google::protobuf::EnumValueDescriptor* FindEnumValue(const google::protobuf::EnumDescriptor& type,
                                                           absl::string_view word) {
  const std::string upper = absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}}));
  const auto* value = type.FindValueByName(absl::StrCat(EnumPrefix(type), upper));
  return value != nullptr ? value : type.FindValueByName(upper);
}

std::string EnumChoices(const google::protobuf::EnumDescriptor& type) {
  std::string choices;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    if (!choices.empty()) choices += '|';
    choices += EnumWord(*type.value(i));
  }
  return choices;
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  absl::string_view rest = text;
  absl::Duration days;
  if (const auto d = rest.find('d'); d != absl::string_view::npos) {
    int64_t count = 0;
    if (!absl::SimpleAtoi(rest.substr(0, d), &count)) rest = "?";
    days = absl::Hours(24) * count;
    if (rest != "?") rest.remove_prefix(d + 1);
    if (rest.empty() && absl::AbsDuration(days) <= kDurationMax) return days;
  }
  absl::Duration duration;
  if (absl::ParseDuration(std::string(rest), &duration)) {
    duration += days;
    // "inf" is a duration to Abseil; to a request it is not, nor is what does not fit its type.
    if (absl::AbsDuration(duration) <= kDurationMax) return duration;
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no duration; write it like 90s, 10m, 1h30m or 2d"));
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::TimeZone zone,
                                     const std::function<absl::StatusOr<absl::Time>()>& now) {
  absl::string_view relative = text;
  const bool named = absl::ConsumePrefix(&relative, "now");
  if (named || absl::StartsWith(text, "+")) {
    auto time = now();
    if (!time.ok() || relative.empty()) return time;
    auto offset = ParseDuration(relative.substr(1));
    if (offset.ok() && relative[0] == '+' && InCalendar(*time + *offset)) return *time + *offset;
    if (offset.ok() && relative[0] == '-' && InCalendar(*time - *offset)) return *time - *offset;
  }
  absl::Time time;
  std::string error;
  // "infinite-future" is an instant to Abseil. The second form is the one that tables show.
  for (const char* form : {absl::RFC3339_full, "%Y-%m-%d %H:%M:%E*S%Ez"}) {
    if (absl::ParseTime(form, text, &time, &error) && InCalendar(time)) return time;
  }
  for (const char* form :
       {"%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d%ET%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(form, text, zone, &time, &error) && InCalendar(time)) return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no time; write it like 2026-11-25T10:00:00+08:00, \"2026-11-25 10:00\", now-10m or +2h"));
}

std::string TimeText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S%Ez", time, zone);
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto rune = NextRune(text);
    width += IsWide(rune.value) ? 2 : 1;
    text.remove_prefix(rune.bytes);
  }
  return width;
}

std::string Shorten(absl::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t used = 1, bytes = 0;  // of the ellipsis
  while (bytes < text.size()) {
    const auto rune = NextRune(text.substr(bytes));
    used += IsWide(rune.value) ? 2 : 1;
    if (used > width) break;
    bytes += rune.bytes;
  }
  return absl::StrCat(text.substr(0, bytes), "…");
}

std::string OneLine(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto rune = NextRune(text);
    const bool control = rune.value < 0x20 || (rune.value >= 0x7f && rune.value < 0xa0) || rune.value == 0x2028 ||
                         rune.value == 0x2029 || (rune.value >= 0x202a && rune.value <= 0x202e) ||
                         (rune.value >= 0x2066 && rune.value <= 0x2069);
    if (control) {
      out += ' ';
    } else {
      out.append(text.data(), rune.bytes);
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

}  // namespace shoujie::cli
