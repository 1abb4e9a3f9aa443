// Instants and words as sources write them.
#include "services/cli/import/instant.h"

#include <gtest/gtest.h>

#include "services/cli/import/format.h"
#include "services/cli/import/word_id.h"

namespace shoujie::importer {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone));
  return zone;
}

// In UTC; "-" if it is none.
std::string Read(const std::string& text, const std::vector<std::string>& forms, absl::TimeZone zone) {
  absl::Time at;
  if (!ReadInstant(text, forms, zone, &at)) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", at, absl::UTCTimeZone());
}

TEST(InstantTest, TheFirstFormThatFits) {
  const std::vector<std::string> forms = {"%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d"};
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(Read("29/2/2016 01:16", forms, utc), "2016-02-29 01:16:00");
  EXPECT_EQ(Read("29/02/2016 01:16:07", forms, utc), "2016-02-29 01:16:07");
  EXPECT_EQ(Read("2016-02-29", forms, Zone("Asia/Shanghai")), "2016-02-28 16:00:00");
  EXPECT_EQ(Read("01/01/2015 12:20:09 AM", {"%m/%d/%Y %I:%M:%S %p"}, Zone("America/New_York")), "2015-01-01 05:20:09");
  EXPECT_EQ(Read("07/01/2015 12:20:09 PM", {"%m/%d/%Y %I:%M:%S %p"}, Zone("America/New_York")), "2015-07-01 16:20:09");
  EXPECT_EQ(Read("2015-07-01T12:00:00+08:00", {"%Y-%m-%d%ET%H:%M:%S%Ez"}, utc), "2015-07-01 04:00:00");
}

TEST(InstantTest, WhatIsNoneIsNotGuessed) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  for (const char* text : {"", "29/2/2015 01:16", "31/4/2016 01:16", "1/13/2016 01:16", "1/1/2016 24:01", "1/1/2016",
                           "1/1/2016 01:16 x", "1/1/16 01:16", "1/1/1969 01:16", "1/1/10000 01:16", "infinite-future",
                           "infinite-past", "?", "1/1/99999999999999999999 01:16"}) {
    EXPECT_EQ(Read(text, {"%d/%m/%Y %H:%M"}, utc), "-") << text;
  }
}

// Clocks were put back at 02:00 on 1 November 2015: 01:30 came twice, first five hours and a half after midnight in
// UTC.
TEST(InstantTest, AClockTimeThatComesTwiceIsTheEarlier) {
  EXPECT_EQ(Read("11/01/2015 01:30:00 AM", {"%m/%d/%Y %I:%M:%S %p"}, Zone("America/New_York")), "2015-11-01 05:30:00");
  EXPECT_EQ(Read("03/08/2015 02:30:00 AM", {"%m/%d/%Y %I:%M:%S %p"}, Zone("America/New_York")), "2015-03-08 07:30:00");
}

TEST(InstantTest, AFormSaysADay) {
  for (const char* form :
       {"%Y-%m-%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d%ET%H:%M:%E*S%Ez", "%d %b %y"}) {
    EXPECT_TRUE(IsInstantForm(form)) << form;
  }
  for (const char* form : {"", "%H:%M", "%m-%d", "yyyy-MM-dd", "%Y-%m"}) EXPECT_FALSE(IsInstantForm(form)) << form;
}

TEST(WordIdTest, AWordStaysWhatItIs) {
  EXPECT_EQ(WordId("servicenow-", "56"), "servicenow-56");
  EXPECT_EQ(WordId("", "INC0000045"), "INC0000045");
}

TEST(WordIdTest, OthersKeepTheirLettersAndStayApart) {
  const std::string hotline = WordId("boston311-", "Mayor's 24 Hour Hotline");
  EXPECT_EQ(hotline.substr(0, 34), "boston311-Mayor_s_24_Hour_Hotline.") << hotline;
  EXPECT_EQ(hotline.size(), 34u + 12);
  EXPECT_EQ(WordId("boston311-", "Mayor's 24 Hour Hotline"), hotline);
  EXPECT_NE(WordId("boston311-", "Mayor_s 24 Hour Hotline"), hotline);
  EXPECT_NE(WordId("a-", "物流"), WordId("a-", "仓储"));
  for (const std::string& word : {std::string("物流"), std::string(300, 'x'), std::string("A & B / C"),
                                  std::string(" "), std::string(300, '/'), std::string("\xF0\x9F\x98\x80")}) {
    const std::string id = WordId("a-prefix-of-a-source-and-its-kind-", word);
    EXPECT_LE(id.size(), 64u);
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos)
        << id;
  }
}

}  // namespace
}  // namespace shoujie::importer
