#include "services/runtime/base/identifier.h"

#include <gtest/gtest.h>

#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

TEST(IdentifierTest, OneMobileNumberHoweverItIsWritten) {
  for (const char* text : {"13800138000", "138 0013 8000", "138-0013-8000", "138/0013/8000", "138.0013.8000",
                           "+8613800138000", "+86 138-0013-8000", "008613800138000", "8613800138000", "013800138000",
                           "(+86)13800138000", "tel:+86-138-0013-8000", "  13800138000\n", "１３８００１３８０００",
                           "＋８６　１３８－００１３－８０００", "\xE2\x80\xAD+86 138 0013 8000\xE2\x80\xAC",
                           "138\xC2\xA0"
                           "0013\xC2\xA0"
                           "8000"}) {
    const auto number = NormalisePhone(text);
    ASSERT_TRUE(number.ok()) << text;
    EXPECT_EQ(*number, "+8613800138000") << text;
  }
}

TEST(IdentifierTest, LandLinesLoseTheirTrunkZeroAndAreNeverGuessedWithoutAreaCode) {
  for (const char* text : {"0571-8888 0001", "0571/88880001", "(0571)88880001", "+86 571 8888 0001",
                           "0086(0)571 88880001", "+86 (0571) 88880001"}) {
    const auto number = NormalisePhone(text);
    ASSERT_TRUE(number.ok()) << text;
    // "+86 (0571)" is a mistake that no rule can tell from a number with a zero: it stays as written.
    EXPECT_EQ(*number, std::string(text) == "+86 (0571) 88880001" ? "+86057188880001" : "+8657188880001") << text;
  }
  EXPECT_EQ(ReasonOf(NormalisePhone("88880001").status()), "IDENTIFIER_INVALID");
  EXPECT_EQ(*NormalisePhone("400-820-8820"), "+864008208820");
  EXPECT_EQ(*NormalisePhone("95588"), "+8695588");
}

TEST(IdentifierTest, OtherCountries) {
  EXPECT_EQ(*NormalisePhone("+49 (0)30 / 901820"), "+4930901820");
  EXPECT_EQ(*NormalisePhone("030/901820", "49"), "+4930901820");
  EXPECT_EQ(*NormalisePhone("030/901820", "+49"), "+4930901820");
  EXPECT_EQ(*NormalisePhone("06 6982", "39"), "+39066982");
  EXPECT_EQ(*NormalisePhone("1 (212) 555-0100", "1"), "+12125550100");
  EXPECT_EQ(*NormalisePhone("(212) 555-0100", "1"), "+12125550100");
}

TEST(IdentifierTest, WhatIsNoNumberIsRefusedWithoutRepeatingIt) {
  for (const char* text : {"", " ", "anonymous", "+", "00", "138001380001380013800", "0571-88880001转8012", "1234",
                           "1+3800138000", "+0086138",
                           "138\xFF"
                           "0013",
                           "13800138000 ext 2"}) {
    const auto number = NormalisePhone(text);
    ASSERT_FALSE(number.ok()) << text;
    EXPECT_EQ(ReasonOf(number.status()), "IDENTIFIER_INVALID");
    EXPECT_EQ(DetailOf(number.status()).en().find("138"), std::string::npos);
  }
}

TEST(IdentifierTest, EmailsAndAccounts) {
  EXPECT_EQ(*NormaliseEmail(" Wang.Li@Example.COM "), "wang.li@example.com");
  for (const char* text : {"", "wang", "@example.com", "wang@", "a@b@c", "wang li@example.com"})
    EXPECT_FALSE(NormaliseEmail(text).ok()) << text;
  EXPECT_EQ(*NormaliseAccount(" WangLi_88 "), "WangLi_88");
  EXPECT_FALSE(NormaliseAccount("\t").ok());
  EXPECT_FALSE(NormaliseAccount("a\nb").ok());
}

TEST(IdentifierTest, SlotKeyTakesTheFormThatTheTextHas) {
  EXPECT_EQ(SlotKeyOf("0086 138/0013-8000"), "+8613800138000");
  EXPECT_EQ(SlotKeyOf(" Someone@Example.org "), *NormaliseEmail("someone@example.org"));
  EXPECT_EQ(SlotKeyOf("23317894"), "23317894");  // no area code: nobody's phone, still a key
  EXPECT_EQ(SlotKeyOf(""), "");
}

}  // namespace
}  // namespace shoujie
