#include "services/runtime/sim/world.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "desk.pb.h"
#include "tests/support/desk.h"

namespace shoujie::sim {
namespace {

using testing::AddRequest;
using testing::Case;
using testing::OpenCaseRequest;

// One client, one case: before each thing that he adds he asks for another one that only fits a version later. That is
// refused, and would be taken if it came once more.
class Early : public Workload {
 public:
  explicit Early(bool certain) : certain_(certain), desk_(testing::DeskDomain()) {}

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(Random&) override {
    ++directories_;
    return {};
  }
  Intent Next(Random&, absl::Time) override {
    Intent intent;
    if (busy_) return intent;
    busy_ = true;
    intent.certain = certain_;
    intent.principal = {"agents/1001", static_cast<uint32_t>(Right::kAgent)};
    if (case_.empty()) {
      auto open = std::make_unique<OpenCaseRequest>();
      open->set_phone("+86 10 1");
      open->set_owner("1001");
      intent.request = std::move(open);
      return intent;
    }
    auto add = std::make_unique<AddRequest>();
    add->set_name(case_);
    early_ = !early_;
    add->set_amount(early_ ? kEarly : 1);
    if (early_) add->set_etag(absl::StrCat(version_ + 1));
    intent.request = std::move(add);
    return intent;
  }
  void Answered(const Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override {
    busy_ = false;
    if (!answer.ok()) {
      ++refused_;
      return;
    }
    EXPECT_TRUE(absl::SimpleAtoi(answer->etag(), &version_));
    case_ = answer->name();
    if (intent.request->GetDescriptor() != AddRequest::descriptor()) return;
    acknowledged_ += static_cast<const AddRequest&>(*intent.request).amount();
  }
  std::vector<std::string> Check(const States& states, absl::Time) const override {
    int64_t total = 0;
    states.ForEach(0, [&](const std::string&, const rows::StateValue& value) {
      Case state;
      EXPECT_TRUE(state.ParseFromString(value.state));
      total += state.total();
    });
    if (total == acknowledged_) return {};
    return {absl::StrCat("F of ", total, " only ", acknowledged_, " were acknowledged")};
  }
  std::map<std::string, uint64_t> Over() const override { return {{"refused", refused_}}; }

  int directories() const { return directories_; }

 private:
  static constexpr int64_t kEarly = 100;

  const bool certain_;
  ServiceDomain desk_;
  std::vector<const ServiceDomain*> domains_{&desk_};
  std::string case_;
  uint64_t version_ = 0, refused_ = 0;
  int64_t acknowledged_ = 0;
  bool busy_ = false, early_ = false;
  int directories_ = 0;
};

Result RunEarly(uint64_t seed, bool certain) {
  Options options;
  options.plan = MakePlan(seed, *FaultSet::Parse("late-repeat:3,duplicate:3,reordered:3,impatient,takeover,crash"));
  Early clients(certain);
  return World(std::move(options), &clients).Run();
}

TEST(WorldTest, WhatACertainClientWasRefusedNeverCounts) {
  uint64_t refused = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const Result result = RunEarly(seed, /*certain=*/true);
    EXPECT_TRUE(result.violations.empty()) << "seed " << seed << ": " << result.violations.front();
    EXPECT_GT(result.repeats, 0u);
    refused += result.over.at("refused");
  }
  EXPECT_GT(refused, 50u);
}

// Of copies of what was refused the runtime promises nothing: if this no longer holds, no client needs to be certain.
TEST(WorldTest, WhatOthersWereRefusedMayCountOnceItFits) {
  bool counted = false;
  for (uint64_t seed = 1; seed <= 30 && !counted; ++seed) {
    for (const std::string& what : RunEarly(seed, /*certain=*/false).violations) {
      EXPECT_TRUE(absl::StartsWith(what, "F ")) << what;
      counted = true;
    }
  }
  EXPECT_TRUE(counted);
}

// Asks for nothing: once it has published a version, it waits for ever.
class Publisher : public Early {
 public:
  Publisher() : Early(/*certain=*/false) {}
  Intent Next(Random&, absl::Time) override {
    Intent intent;
    intent.publishes = std::exchange(publishes_, false);
    return intent;
  }

 private:
  bool publishes_ = true;
};

TEST(WorldTest, AClientPublishesAVersionAndNeedNotAskForAnything) {
  Options options;
  options.plan = MakePlan(1, FaultSet::None());
  Publisher clients;
  const Result result = World(std::move(options), &clients).Run();
  EXPECT_TRUE(result.violations.empty()) << result.violations.front();
  EXPECT_EQ(result.commands, 0u);
  EXPECT_EQ(clients.directories(), 2);
}

}  // namespace
}  // namespace shoujie::sim
