#include "services/cli/import/ticket_cases.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "services/runtime/base/time.h"

namespace shoujie::importer {
namespace {

namespace rv1 = router::v1;

constexpr int kFactsPerRequest = 200;

}  // namespace

void TicketCases::Begin(const std::string& id, std::vector<Batch>* complete) {
  if (id != present_) {
    Finish(complete);
    present_ = id;
  }
  ++cases_[id].rows;
}

void TicketCases::Add(const Row& row, std::vector<rv1::TicketFact> facts, const std::vector<uint64_t>& places,
                      uint64_t directory_version, std::vector<Batch>* complete) {
  Case& present = cases_[present_];
  if (ToTime(facts.front().occurred_at()) < present.latest) ++out_of_order_;
  for (const rv1::TicketFact& fact : facts) present.latest = std::max(present.latest, ToTime(fact.occurred_at()));

  // Only where a fact is a row can a refused request be sent again row by row: such rows go by themselves.
  const bool alone = share_ > 1;
  if (alone) Finish(complete);
  if (!held_.request) {
    auto request = std::make_unique<rv1::RecordTicketFactsRequest>();
    request->set_source(source_);
    request->set_external_id(present_);
    request->set_directory_version(directory_version);
    held_ = Batch{present_, std::move(request), {}, !alone};
  }
  auto* request = static_cast<rv1::RecordTicketFactsRequest*>(held_.request.get());
  for (size_t i = 0; i < facts.size(); ++i) {
    facts[i].set_number((present.rows - 1) * share_ + places[i] + 1);
    *request->add_facts() = std::move(facts[i]);
  }
  held_.lines.push_back(row.line);
  if (alone || request->facts_size() == kFactsPerRequest) Finish(complete);
}

void TicketCases::Finish(std::vector<Batch>* complete) {
  if (held_.request) complete->push_back(std::exchange(held_, Batch{}));
}

}  // namespace shoujie::importer
