// Ids made of a source's own words. A word that can be an id is one as it stands; of any other (blanks, signs, Chinese)
// the letters that can be kept are, with a part of the word's hash behind them, so that two words stay two and the same
// word is the same id in every file. For people there are display names.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace shoujie::importer {

// `prefix` and the word, 64 bytes at most; the prefix is an id itself, of 48 bytes at most. The word is not empty.
std::string WordId(absl::string_view prefix, absl::string_view word);

}  // namespace shoujie::importer
