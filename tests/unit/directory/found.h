// What validation finds in the sample directory once it is changed. For tests of rules about a directory's contents.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/directory/domain/validate.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"

namespace shoujie::directory {

// "REASON path" of each mistake, in order.
inline std::vector<std::string> Found(const v1::Directory& directory) {
  std::vector<std::string> all;
  for (const Finding& finding : Validate(directory)) {
    all.push_back(finding.reason + " " + finding.path);
    EXPECT_EQ(ReasonOf(StatusOf({finding})), finding.reason) << "every reason has its sentences";
  }
  return all;
}
template <typename Change>
std::vector<std::string> FoundIf(Change change) {
  v1::Directory directory = SampleDirectory();
  change(directory);
  return Found(directory);
}

}  // namespace shoujie::directory
