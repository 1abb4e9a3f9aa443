#include "services/cli/import/instant.h"

#include "absl/strings/match.h"
#include "absl/time/civil_time.h"

namespace shoujie::importer {

bool ReadInstant(absl::string_view text, const std::vector<std::string>& forms, absl::TimeZone zone, absl::Time* at) {
  if (text.empty() || absl::StartsWith(text, "inf")) return false;  // "infinite-future" is an instant for absl
  static const absl::Time last = absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone());
  for (const std::string& form : forms) {
    absl::Time read;
    std::string why;
    if (!absl::ParseTime(form, text, zone, &read, &why)) continue;
    if (read < absl::UnixEpoch() || read > last) return false;
    *at = read;
    return true;
  }
  return false;
}

bool IsInstantForm(const std::string& form) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilSecond said(2016, 11, 29, 13, 47, 5);
  absl::Time read;
  std::string why;
  return absl::ParseTime(form, absl::FormatTime(form, absl::FromCivil(said, utc), utc), utc, &read, &why) &&
         absl::ToCivilDay(read, utc) == absl::CivilDay(said);
}

}  // namespace shoujie::importer
