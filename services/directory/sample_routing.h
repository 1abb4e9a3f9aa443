// The sample's routing table and duty rosters.
#pragma once

#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::directory {

// Words that a row of the sample gives as one text, between commas.
template <typename List>
void AddAll(const char* words, List* list) {
  for (absl::string_view word : absl::StrSplit(words, ',', absl::SkipEmpty())) list->Add(std::string(word));
}

// To a directory that has the sample's departments, categories and calendars.
void AddRouting(v1::Directory* directory);

}  // namespace shoujie::directory
