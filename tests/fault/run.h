// One fault at work: its options, what it says on the way, what it found and the table that it closes with. Thread-safe
// but for the table, which is filled at the end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "loadtest/generator/random.h"
#include "tests/fault/centre.h"

namespace shoujie::fault {

using load::Random;

struct Options {
  int times = 0;
  uint64_t seed = 1;
  bool brief = false;     // the form for continuous integration
  std::string only;       // points or kinds of file whose name contains this; empty: all
  double seconds = 0;     // of load, where a fault lasts; 0: its own choice
  int jobs = 1;           // rounds at once, where rounds are independent
  std::string directory;  // everything is written below it
};

class Run {
 public:
  Run(std::string fault, Options options) : fault_(std::move(fault)), options_(std::move(options)) {}

  const Options& options() const { return options_; }
  std::string Path(const std::string& name) const { return options_.directory + "/" + name; }
  // The same for the same seed, whatever other rounds do.
  Random RandomOf(int round) const {
    return Random(Random(options_.seed * 1'000'003 + static_cast<uint64_t>(round)).Next());
  }
  // A stopped directory with customers, made at the first call. What cannot be made ends the program.
  const Centre& centre();
  // Of shoujied when it makes the centre; to be said before.
  void set_centre_flags(std::vector<std::string> flags) { centre_flags_ = std::move(flags); }

  // Progress, at most a few lines a second.
  void Progress(int round, int of, const std::string& line);
  // Something that must not be. Said at once.
  void Violation(const std::string& what);
  size_t violations() const;
  // This machine cannot do it, or a part of it: why.
  void Skip(const std::string& why) { skipped_ += (skipped_.empty() ? "" : "; ") + why; }
  const std::string& skipped() const { return skipped_; }

  void Columns(std::vector<std::string> names) { columns_ = std::move(names); }
  void Row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string Table() const;
  std::string Json() const;

 private:
  const std::string fault_;
  const Options options_;
  std::unique_ptr<Centre> centre_;
  std::vector<std::string> centre_flags_;
  std::string skipped_;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
  mutable absl::Mutex mutex_;
  absl::Time said_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::fault
