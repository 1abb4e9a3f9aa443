// One line that says how far a play is: a bar that stays in its place on a terminal, a line every few seconds
// elsewhere. NO_COLOR (or a terminal that cannot) leaves the colours out. Writes to stderr; one thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie::loadtest {

class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  // `part` of one; `words` say the rest.
  void Show(double part, absl::string_view words);
  void Warn(absl::string_view line);

 private:
  void Clear();

  const bool quiet_, terminal_, colours_;
  absl::Time last_ = absl::InfinitePast();
  bool shown_ = false;
};

}  // namespace shoujie::loadtest
