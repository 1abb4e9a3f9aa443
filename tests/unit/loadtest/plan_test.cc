#include "loadtest/switch/plan.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadtest/switch/acts.h"
#include "services/directory/sample.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

DayOptions Options(uint64_t seed, int calls = 400) {
  const auto window = WindowOf(directory::SampleDirectory(), "2026-03-04");
  EXPECT_TRUE(window.ok()) << window.status();
  return {.seed = seed, .calls = calls, .from = window->first, .to = window->second};
}
Day Make(uint64_t seed) {
  auto day = MakeDay(directory::SampleDirectory(), Options(seed));
  EXPECT_TRUE(day.ok()) << day.status();
  return *std::move(day);
}
std::string Script(const Day& day) {
  std::string script;
  for (const auto& plan : day.contacts) script += Describe(plan) + "\n";
  for (const auto& person : day.people) script += person.phone + person.name + "\n";
  return script;
}

TEST(PlanTest, TheSameSeedPlaysTheSameDayAndAnotherSeedAnother) {
  EXPECT_EQ(Script(Make(5)), Script(Make(5)));
  EXPECT_NE(Script(Make(5)), Script(Make(6)));
}

TEST(PlanTest, ADayHasEveryKindOfContactOnBothSites) {
  const Day day = Make(1);
  std::set<Ending> endings;
  std::set<v1::Channel> channels;
  std::set<std::string> sites;
  std::set<HopEnd> hops;
  int holds = 0, consults = 0, transfers = 0, reopened = 0;
  for (const auto& plan : day.contacts) {
    endings.insert(plan.ending);
    channels.insert(plan.channel);
    sites.insert(plan.site);
    holds += plan.hold.has_value();
    consults += plan.consult.has_value();
    transfers += plan.transfer.has_value();
    if (!plan.ticket) continue;
    reopened += plan.ticket->episodes.size() > 1;
    for (const auto& episode : plan.ticket->episodes) {
      for (const auto& hop : episode.hops) hops.insert(hop.end);
    }
  }
  EXPECT_EQ(endings.size(), 11u);
  EXPECT_EQ(channels.size(), 6u);
  EXPECT_EQ(sites.size(), 2u);
  EXPECT_EQ(hops.size(), 4u);
  EXPECT_GT(holds, 0);
  EXPECT_GT(consults, 0);
  EXPECT_GT(transfers, 0);
  EXPECT_GT(reopened, 0);
}

TEST(PlanTest, PeopleAreInTheDirectoryAndDepartmentMembersWorkForTheirDepartment) {
  const auto directory = directory::SampleDirectory();
  std::map<std::string, std::string> department_of;
  for (const auto& agent : directory.agents()) department_of[agent.id()] = agent.department();
  for (const auto& plan : Make(2).contacts) {
    EXPECT_TRUE(plan.agent.empty() || department_of.contains(plan.agent)) << Describe(plan);
    EXPECT_TRUE(!plan.transfer || plan.transfer->to != plan.agent) << Describe(plan);
    EXPECT_TRUE(!plan.consult || plan.consult->agent != plan.agent) << Describe(plan);
    if (!plan.ticket) continue;
    for (const auto& episode : plan.ticket->episodes) {
      for (const auto& hop : episode.hops) EXPECT_EQ(department_of.at(hop.member), hop.department);
    }
  }
}

TEST(PlanTest, NobodyAnswersTwoCallsAtATime) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::map<std::string, absl::Time> busy_until;
    for (const auto& plan : Make(seed).contacts) {
      if (plan.channel != v1::CHANNEL_PHONE || plan.agent.empty()) continue;
      auto& until = busy_until.try_emplace(plan.agent, absl::InfinitePast()).first->second;
      EXPECT_LE(until, plan.at + plan.wait) << seed << ": " << Describe(plan);
      until = plan.at + plan.wait + plan.talk + plan.wrap_up;
    }
  }
}

TEST(ActsTest, FactsOfACallAreInOrderOfTimeAndEndIsLast) {
  const auto directory = directory::SampleDirectory();
  for (const auto& plan : Make(4).contacts) {
    const Track track = MakeTrack(directory, plan, absl::InfiniteFuture());
    absl::Time last = absl::InfinitePast();
    for (size_t i = 0; i < track.facts.size(); ++i) {
      EXPECT_LE(last, track.facts[i].at) << Describe(plan);
      last = track.facts[i].at;
      const bool end = track.facts[i].fact.has_ended();
      EXPECT_EQ(end, plan.channel == v1::CHANNEL_PHONE && i + 1 == track.facts.size()) << Describe(plan);
    }
  }
}

TEST(ActsTest, EverythingThatIsSaidInACallComesBeforeItsEnd) {
  const auto directory = directory::SampleDirectory();
  for (const auto& plan : Make(4).contacts) {
    const Track track = MakeTrack(directory, plan, absl::InfiniteFuture());
    if (plan.channel != v1::CHANNEL_PHONE || plan.agent.empty()) continue;
    int last_in_call = -1;
    for (size_t i = 0; i < track.acts.size(); ++i) {
      if (track.acts[i].in_call) last_in_call = static_cast<int>(i);
    }
    EXPECT_EQ(track.facts.back().after_act, last_in_call) << Describe(plan);
  }
}

TEST(ActsTest, WhatFallsAfterTheEndOfTheDayIsLeftForTomorrow) {
  const auto directory = directory::SampleDirectory();
  const Day day = Make(5);
  for (const auto& plan : day.contacts) {
    if (!plan.ticket) continue;
    for (const auto& act : MakeTrack(directory, plan, day.ends).acts) {
      EXPECT_TRUE(!act.for_ticket || act.at <= day.ends) << Describe(plan);
    }
  }
}

TEST(PlanTest, ADirectoryThatCannotBePlayedIsRefused) {
  EXPECT_EQ(MakeDay(directory::v1::Directory(), Options(1)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(WindowOf(directory::SampleDirectory(), "4 March").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shoujie::loadtest
