#include "services/runtime/security/tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/master_key.h"
#include "services/runtime/security/private_file.h"
#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

class TokensTest : public testing::Test {
 protected:
  TokensTest() : clock_(MakeSystemClock()) {}
  absl::Status TryLoad() {
    auto loaded = TokenFile::Load(dir_.path(), clock_.get());
    if (loaded.ok()) tokens_ = *std::move(loaded);
    return loaded.status();
  }
  void Load() {
    const absl::Status status = TryLoad();
    ASSERT_TRUE(status.ok()) << status;
  }
  std::string ReadFile(const std::string& name) const {
    std::ifstream file(dir_ / name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }

  const TempDir dir_;
  const std::unique_ptr<Clock> clock_;
  std::unique_ptr<TokenFile> tokens_;
};

TEST_F(TokensTest, TheFirstStartGivesTheOperatorAToken) {
  Load();
  std::string token = ReadFile("operator.token");
  ASSERT_EQ(token.size(), 47u);
  token.pop_back();
  const auto principal = tokens_->Verify(token);
  ASSERT_TRUE(principal.ok()) << principal.status();
  for (Right right : {Right::kOperate, Right::kPublish, Right::kRead, Right::kFacts, Right::kAgent, Right::kOrders}) {
    EXPECT_TRUE(principal->Has(right));
  }
  EXPECT_FALSE(principal->Has(Right::kSystem));
  for (const char* name : {"operator.token", "tokens"}) {
    struct stat info;
    ASSERT_EQ(::stat((dir_ / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
  EXPECT_EQ(ReadFile("tokens").find(token), std::string::npos);
  std::filesystem::remove(dir_ / "operator.token");
  Load();
  EXPECT_TRUE(tokens_->Verify(token).ok());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "operator.token")) << "only the first start writes it";
}

TEST_F(TokensTest, MadeTokensWorkAtOnceAndAfterALoadUntilRevoked) {
  Load();
  const std::string token = *tokens_->Create("agents/1001", static_cast<uint32_t>(Right::kAgent));
  const std::string second = *tokens_->Create("agents/1001", static_cast<uint32_t>(Right::kAgent));
  EXPECT_EQ(token.substr(0, 3), "sj_");
  EXPECT_EQ(token.size(), 46u);
  EXPECT_NE(token, second);
  for (int round = 0; round < 2; ++round) {
    const auto principal = tokens_->Verify(token);
    ASSERT_TRUE(principal.ok());
    EXPECT_EQ(principal->id, "agents/1001");
    EXPECT_EQ(principal->rights, static_cast<uint32_t>(Right::kAgent));
    Load();
  }
  EXPECT_EQ(*tokens_->Revoke("agents/1001"), 2u);
  EXPECT_EQ(*tokens_->Revoke("agents/1001"), 0u);
  EXPECT_EQ(ReasonOf(tokens_->Verify(token).status()), "TOKEN_UNKNOWN");
  Load();
  EXPECT_EQ(ReasonOf(tokens_->Verify(second).status()), "TOKEN_UNKNOWN");
  EXPECT_EQ(tokens_->List().size(), 1u);
}

TEST_F(TokensTest, NoneAndUnknownAreToldApart) {
  Load();
  EXPECT_EQ(ReasonOf(tokens_->Verify("").status()), "TOKEN_MISSING");
  std::string token = ReadFile("operator.token").substr(0, 46);
  token.back() = token.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong : {token, std::string("sj_"), std::string(100'000, 'x')}) {
    EXPECT_EQ(ReasonOf(tokens_->Verify(wrong).status()), "TOKEN_UNKNOWN");
    EXPECT_EQ(tokens_->Verify(wrong).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST_F(TokensTest, OddPrincipalsAndRightsAreRefused) {
  Load();
  for (const char* id :
       {"", "agents", "agents/", "/1001", "agents/10 01", "agents/1\t2", "agents/1\n", "system/router"}) {
    EXPECT_EQ(ReasonOf(tokens_->Create(id, 1).status()), "PRINCIPAL_INVALID") << id;
  }
  EXPECT_EQ(ReasonOf(tokens_->Create("agents/1", 0).status()), "RIGHTS_UNKNOWN");
  EXPECT_EQ(ReasonOf(tokens_->Create("agents/1", static_cast<uint32_t>(Right::kSystem)).status()), "RIGHTS_UNKNOWN");
}

TEST_F(TokensTest, RightsHaveNames) {
  EXPECT_EQ(RightsToNames(TokenFile::kAllRights), "agent,facts,orders,publish,read,operate");
  EXPECT_EQ(*RightsFromNames(RightsToNames(TokenFile::kAllRights)), TokenFile::kAllRights);
  for (const char* names : {"", "agent,", "system", "Agent"}) {
    EXPECT_EQ(ReasonOf(RightsFromNames(names).status()), "RIGHTS_UNKNOWN") << names;
  }
}

TEST_F(TokensTest, NoByteOfALineCanChangeUnnoticed) {
  Load();
  const std::string good = ReadFile("tokens");
  const size_t line = good.find('\n') + 1;
  for (size_t i = line; i + 1 < good.size(); ++i) {
    for (const char flip : {1, 8, 16}) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", changed).ok());
      EXPECT_EQ(ReasonOf(TryLoad()), "TOKENS_BROKEN") << changed;
    }
  }
}

TEST_F(TokensTest, LinesOfTheFirstVersionHaveNoCheck) {
  Load();
  std::string first = ReadFile("tokens");
  first = first.substr(0, first.rfind('\t')) + "\n";
  ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", first).ok());
  EXPECT_TRUE(TryLoad().ok());
}

TEST_F(TokensTest, ABrokenOrExposedFileIsRefused) {
  Load();
  const std::string good = ReadFile("tokens");
  for (const char* line : {"abc", "abc\tagents/1\tagent\t2026-01-01T00:00:00Z"}) {
    ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", good + line + "\n").ok());
    const absl::Status status = TryLoad();
    EXPECT_EQ(ReasonOf(status), "TOKENS_BROKEN");
    EXPECT_EQ(DetailOf(status).metadata(0).value(), "3");
  }
  ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", good).ok());
  ::chmod((dir_ / "tokens").c_str(), 0644);
  EXPECT_EQ(ReasonOf(TryLoad()), "FILE_EXPOSED");
}

TEST_F(TokensTest, AChangeThatCannotBeWrittenChangesNothing) {
  Load();
  std::filesystem::create_directory(dir_ / "tokens.new");  // in the temporary file's place
  EXPECT_EQ(ReasonOf(tokens_->Create("agents/1001", 1).status()), "FILE_UNWRITABLE");
  EXPECT_EQ(tokens_->List().size(), 1u);
  std::filesystem::remove(dir_ / "tokens.new");
  EXPECT_TRUE(tokens_->Create("agents/1001", 1).ok());
}

// Several nodes on one directory.
class SharedTokensTest : public testing::Test {
 protected:
  class HandClock : public Clock {
   public:
    absl::Time Now() const override { return absl::FromUnixSeconds(1'772'416'800); }
    absl::Duration Boot() const override { return absl::Nanoseconds(boot.load()); }
    void Advance(absl::Duration by) { boot += absl::ToInt64Nanoseconds(by); }
    std::atomic<int64_t> boot{1'000'000'000'000};
  };
  std::unique_ptr<TokenFile> Node() {
    auto loaded = TokenFile::Load(dir_.path(), &clock_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? *std::move(loaded) : nullptr;
  }
  static constexpr uint32_t kAgent = static_cast<uint32_t>(Right::kAgent);

  const TempDir dir_;
  HandClock clock_;
};

TEST_F(SharedTokensTest, WhatOneNodeMakesTheOtherKnowsAtOnceHoweverManyForgedOnesCameBefore) {
  auto a = Node(), b = Node();
  for (int n = 0; n < 20; ++n) {
    EXPECT_EQ(ReasonOf(b->Verify(absl::StrCat("sj_forged", n)).status()), "TOKEN_UNKNOWN");
    const std::string token = *a->Create(absl::StrCat("agents/", n), kAgent);
    const auto principal = b->Verify(token);
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->id, absl::StrCat("agents/", n));
  }
}

TEST_F(SharedTokensTest, WhatOneNodeRevokesTheOtherRefusesASecondLater) {
  auto a = Node(), b = Node();
  const std::string token = *a->Create("agents/1001", kAgent);
  ASSERT_TRUE(b->Verify(token).ok());
  EXPECT_EQ(*a->Revoke("agents/1001"), 1u);
  EXPECT_FALSE(a->Verify(token).ok());
  clock_.Advance(TokenFile::kLookedAtEvery);
  EXPECT_EQ(ReasonOf(b->Verify(token).status()), "TOKEN_UNKNOWN");
}

TEST_F(SharedTokensTest, NoNodeWritesOverWhatAnotherMade) {
  auto a = Node(), b = Node();
  std::vector<std::thread> makers;
  for (TokenFile* node : {a.get(), b.get(), a.get(), b.get()}) {
    makers.emplace_back([node] {
      for (int n = 0; n < 10; ++n) EXPECT_TRUE(node->Create("agents/1001", kAgent).ok());
    });
  }
  for (auto& maker : makers) maker.join();
  EXPECT_EQ(Node()->List().size(), 41u);
  EXPECT_EQ(*b->Revoke("agents/1001"), 40u);
}

TEST_F(SharedTokensTest, AFileThatCannotBeReadOrIsGoneChangesNothing) {
  auto a = Node(), b = Node();
  const std::string token = *a->Create("agents/1001", kAgent);
  std::ifstream in(dir_ / "tokens");
  const std::string good((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ASSERT_TRUE(b->Verify(token).ok());
  ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", "broken\n").ok());
  clock_.Advance(TokenFile::kLookedAtEvery);
  EXPECT_TRUE(b->Verify(token).ok());
  EXPECT_EQ(ReasonOf(b->Create("agents/1002", kAgent).status()), "TOKENS_BROKEN");
  EXPECT_TRUE(b->Verify(token).ok());
  std::filesystem::remove(dir_ / "tokens");
  clock_.Advance(TokenFile::kLookedAtEvery);
  EXPECT_TRUE(b->Verify(token).ok());
  ASSERT_TRUE(WritePrivateFile(dir_ / "tokens", good).ok());
  const std::string second = *a->Create("agents/1002", kAgent);
  EXPECT_TRUE(b->Verify(second).ok());
  EXPECT_TRUE(b->Verify(token).ok());
}

// Nodes that all start for the first time have one operator and one key.
TEST_F(SharedTokensTest, NodesThatStartAtOnceForTheFirstTimeAgree) {
  for (int round = 0; round < 10; ++round) {
    const TempDir fresh;
    std::vector<std::thread> starts;
    std::vector<std::string> keys(4);
    for (std::string& key : keys) {
      starts.emplace_back([&] {
        EXPECT_TRUE(TokenFile::Load(fresh.path(), &clock_).ok());
        auto made = LoadMasterKey(fresh / "master.key", /*may_create=*/true);
        ASSERT_TRUE(made.ok()) << made.status();
        key = *made;
      });
    }
    for (auto& start : starts) start.join();
    for (const std::string& key : keys) EXPECT_EQ(key, keys.front());
    auto tokens = TokenFile::Load(fresh.path(), &clock_);
    ASSERT_TRUE(tokens.ok());
    EXPECT_EQ((*tokens)->List().size(), 1u);
    std::ifstream in(fresh / "operator.token");
    std::string token;
    in >> token;
    EXPECT_TRUE((*tokens)->Verify(token).ok());
  }
}

}  // namespace
}  // namespace shoujie
