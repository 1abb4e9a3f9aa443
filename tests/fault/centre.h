// A small centre's data directory, stopped and never started again: each round copies it. And what a round does with
// directories: copy, verify.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loadtest/generator/workload.h"
#include "tests/fault/checker.h"
#include "tests/support/process/server.h"

namespace shoujie::fault {

struct Centre {
  std::string data;
  std::vector<load::Matter> matters;
  std::vector<Recorded> histories;  // of all streams
};

// Starts a server on the new directory `data`, makes `customers` with a ticket each, stops it. `flags`: of shoujied.
absl::StatusOr<Centre> MakeCentre(const std::string& data, int customers, const std::vector<std::string>& flags = {});

// The operator's token of a data directory.
std::string TokenOf(const std::string& data);

// `to` is made anew.
void CopyTree(const std::string& from, const std::string& to);
void RemoveTree(const std::string& path);

// Bytes of resident memory of a process, and their peak. 0 if it is gone.
struct Memory {
  double now_mb = 0, peak_mb = 0;
};
Memory MemoryOf(int pid);

// `shoujie verify all` on a stopped directory, running beside.
class Verification {
 public:
  explicit Verification(const std::string& data);
  // Waits for it. 0: nothing is wrong; 6: damage; anything else: it could not say. -1: it did not end.
  int Wait();
  uint64_t records() const { return records_; }
  // Of the first findings, or the error.
  const std::string& what() const { return what_; }

 private:
  e2e::Process process_;
  uint64_t records_ = 0;
  std::string what_;
};

}  // namespace shoujie::fault
