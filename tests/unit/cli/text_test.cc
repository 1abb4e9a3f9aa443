#include "services/cli/text.h"

#include "gtest/gtest.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::cli {
namespace {

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}
absl::StatusOr<absl::Time> Now() { return absl::FromUnixSeconds(1'000'000); }

TEST(Text, FieldsAndEventsBecomeKebab) {
  EXPECT_EQ(Kebab("as_of_version"), "as-of-version");
  EXPECT_EQ(Kebab("HandoffOffered"), "handoff-offered");
}

TEST(Text, EnumsAreTheirLastWords) {
  const auto& type = *router::v1::ResolutionCode_descriptor();
  const auto* value = FindEnumValue(type, "withdrawn-by-customer");
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(value->number(), router::v1::RESOLUTION_CODE_WITHDRAWN_BY_CUSTOMER);
  EXPECT_EQ(EnumWord(*value), "withdrawn-by-customer");
  EXPECT_EQ(FindEnumValue(type, "OUT_OF_SCOPE")->number(), router::v1::RESOLUTION_CODE_OUT_OF_SCOPE);
  EXPECT_EQ(FindEnumValue(type, "RESOLUTION_CODE_SOLVED")->number(), router::v1::RESOLUTION_CODE_SOLVED);
  EXPECT_EQ(FindEnumValue(type, "gone"), nullptr);
  EXPECT_EQ(EnumWord(*type.FindValueByNumber(0)), "");
}

TEST(Text, DurationsAsPeopleWriteThem) {
  EXPECT_EQ(*ParseDuration("10m"), absl::Minutes(10));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("2d"), absl::Hours(48));
  EXPECT_EQ(*ParseDuration("1d12h"), absl::Hours(36));
  // What Abseil calls a duration and a request cannot hold.
  for (const char* bad : {"inf", "-inf", "999999999d", "4000000d1h"}) EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  for (const char* bad : {"", "10", "m", "d", "1x", "soon"}) EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
}

TEST(Text, TimesAsPeopleWriteThem) {
  const auto parse = [](const char* text) {
    return absl::FormatTime(*ParseTime(text, Shanghai(), &Now), absl::UTCTimeZone());
  };
  EXPECT_EQ(parse("2026-11-25T10:00:00.5+08:00"), "2026-11-25T02:00:00.5+00:00");
  EXPECT_EQ(parse("2026-11-25T02:00:00Z"), "2026-11-25T02:00:00+00:00");
  EXPECT_EQ(parse("2026-11-25 10:00:00.123+08:00"), "2026-11-25T02:00:00.123+00:00");  // as TimeText shows it
  EXPECT_EQ(parse("2026-11-25"), "2026-11-24T16:00:00+00:00");
  EXPECT_EQ(parse("2026-11-25 10:00"), "2026-11-25T02:00:00+00:00");
  EXPECT_EQ(parse("2026-11-25T10:00:30"), "2026-11-25T02:00:30+00:00");
  EXPECT_EQ(*ParseTime("now", Shanghai(), &Now), *Now());
  EXPECT_EQ(*ParseTime("+2h", Shanghai(), &Now), *Now() + absl::Hours(2));
  EXPECT_EQ(*ParseTime("now-10m", Shanghai(), &Now), *Now() - absl::Minutes(10));
  for (const char* bad :
       {"", "yesterday", "2026-13-01", "+", "nowhere", "now+", "infinite-future", "10000-01-02", "+3000000d"}) {
    EXPECT_FALSE(ParseTime(bad, Shanghai(), &Now).ok()) << bad;
  }
}

TEST(Text, WidthsCountChineseTwice) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("王女士a"), 7u);
}

TEST(Text, ShortenedTextKeepsWholeCharacters) {
  EXPECT_EQ(Shorten("abc", 3), "abc");
  EXPECT_EQ(Shorten("abcd", 3), "ab…");
  EXPECT_EQ(Shorten("王女士", 5), "王女…");
  EXPECT_EQ(Shorten("王女士", 4), "王…");
}

TEST(Text, WhatACustomerWroteCannotSteerTheTerminal) {
  EXPECT_EQ(OneLine("a\x1b[31mred\nb\t王\xe2\x80\xae"), "a [31mred b 王 ");
  // Not UTF-8: the byte that seems to begin a character must not take the escape along.
  EXPECT_EQ(OneLine("\xc3\x1b[2J"), "\xc3 [2J");
}

}  // namespace
}  // namespace shoujie::cli
