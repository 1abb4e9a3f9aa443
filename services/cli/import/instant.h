// Instants as sources write them: text in one of several forms (those of absl::ParseTime), in a zone unless the form
// carries one. A clock time that occurs twice is the earlier instant; one that a change of the clocks leaves out is as
// long after midnight as it says. Not for what people type at the command line (`cli/text.h`).
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie::importer {

// False if no form fits, or the instant does not lie in the years 1970 to 9999.
bool ReadInstant(absl::string_view text, const std::vector<std::string>& forms, absl::TimeZone zone, absl::Time* at);

// Whether this form says a day of a year: what it writes, it reads as the same day.
bool IsInstantForm(const std::string& form);

}  // namespace shoujie::importer
