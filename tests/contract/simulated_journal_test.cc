#include <map>

#include "services/runtime/journal/simulated.h"
#include "tests/contract/journal_contract.h"

namespace shoujie::contract {
namespace {

class InMemory : public Fixture {
 public:
  Journal& Get(const JournalId& id) override {
    absl::MutexLock lock(&mutex_);
    auto& journal = journals_[id];
    if (journal == nullptr) journal = SimulatedJournal::Reliable();
    return *journal;
  }
  bool Reopen() override { return false; }

 private:
  absl::Mutex mutex_;
  std::map<JournalId, std::unique_ptr<SimulatedJournal>> journals_;
};

INSTANTIATE_TEST_SUITE_P(Simulated, JournalContract,
                         testing::Values(Case{"reliable", [] { return std::make_unique<InMemory>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shoujie::contract
