#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/embedded.h"
#include "tests/contract/journal_contract.h"
#include "tests/support/temp_dir.h"

namespace shoujie::contract {
namespace {

class JournalOnDisk : public Fixture {
 public:
  JournalOnDisk() : clock_(MakeSystemClock()) { Open(); }
  Journal& Get(const JournalId& id) override { return **journals_->Get(id); }
  bool Reopen() override {
    journals_.reset();
    Open();
    return true;
  }

 private:
  void Open() {
    auto opened = EmbeddedJournals::Open(directory_ / "journal", clock_.get());
    ASSERT_TRUE(opened.ok()) << opened.status();
    journals_ = *std::move(opened);
  }

  const TempDir directory_;
  const std::unique_ptr<Clock> clock_;
  std::unique_ptr<EmbeddedJournals> journals_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, JournalContract,
                         testing::Values(Case{"embedded", [] { return std::make_unique<JournalOnDisk>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shoujie::contract
