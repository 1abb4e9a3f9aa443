// Facts of tickets, gathered into requests: the updates of one case that follow each other in the file go together. The
// number of a fact is the place of its row among all rows of its case, bad ones included, so that a file imported again
// means the same; where a row has several facts, each has its own number in the row's share. Memory: one counter per
// case, and one request. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/cli/import/format.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::importer {

class TicketCases {
 public:
  // Every row has at most `facts_per_row` facts.
  TicketCases(std::string source, uint64_t facts_per_row) : source_(std::move(source)), share_(facts_per_row) {}

  // Once for each row whose case can be read, before anything else of it is.
  void Begin(const std::string& id, std::vector<Batch>* complete);
  // The row's facts, in order; their numbers are given here. `places`: of each within the row, from 0.
  void Add(const Row& row, std::vector<router::v1::TicketFact> facts, const std::vector<uint64_t>& places,
           uint64_t directory_version, std::vector<Batch>* complete);
  // Appends what is still held back.
  void Finish(std::vector<Batch>* complete);

  // Rows dated before an earlier row of their case.
  uint64_t out_of_order() const { return out_of_order_; }

 private:
  struct Case {
    uint64_t rows = 0;
    absl::Time latest = absl::InfinitePast();
  };

  const std::string source_;
  const uint64_t share_;
  absl::flat_hash_map<std::string, Case> cases_;
  std::string present_;
  Batch held_;
  uint64_t out_of_order_ = 0;
};

}  // namespace shoujie::importer
