#include "services/runtime/security/embedded_keys.h"

#include "tests/contract/keys_contract.h"

namespace shoujie::contract {
namespace {

class KeysOnDisk : public KeysFixture {
 public:
  absl::Status Open() override {
    Close();
    auto opened = EmbeddedKeys::Open(dir / "keys", master_file(), &clock);
    if (opened.ok()) keys_ = *std::move(opened);
    return opened.status();
  }
  void Close() override { keys_.reset(); }
  KeyRing& keys() override { return *keys_; }
  void Maintain() override { keys_->Maintain(); }
  size_t pool() override { return keys_->pool(); }
  size_t windows() override { return keys_->windows(); }
  std::vector<std::string> Stored() override {
    keys_.reset();  // what is in memory goes to the files
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(dir / "keys")) all.push_back(ReadFile(entry.path()));
    return all;
  }

 private:
  std::unique_ptr<EmbeddedKeys> keys_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, KeysContract,
                         testing::Values(KeysCase{"embedded", [] { return std::make_unique<KeysOnDisk>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shoujie::contract
