#include "services/runtime/security/seal.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "letter.pb.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/memory_keys.h"

namespace shoujie {
namespace {

using common::v1::Personal;
using test::security::Envelope;
using test::security::Letter;
using test::security::Plain;

constexpr char kSubject[] = "customers/C0413-000127-6";

class SealTest : public testing::Test {
 protected:
  SealTest() : key_(*keys_.TakeKey()), other_key_(*keys_.TakeKey()) {}

  Letter Sealed(const std::string& text) {
    Letter letter;
    letter.mutable_text()->set_plain(text);
    EXPECT_TRUE(SealMessage(&letter, kSubject, key_, "contacts/1@3.1", keys_).ok());
    return letter;
  }

  MemoryKeys keys_;
  const uint64_t key_;
  const uint64_t other_key_;
};

TEST_F(SealTest, OpensToWhatWasSealed) {
  for (const std::string& text : {std::string("a"), std::string("张伟 13800138000，投诉：快递破损"),
                                  std::string(64, 'x'), std::string(65, 'x'), std::string(16 << 10, 'y')}) {
    Letter letter = Sealed(text);
    EXPECT_TRUE(letter.text().plain().empty());
    EXPECT_EQ(letter.text().subject(), kSubject);
    EXPECT_EQ(letter.text().key(), key_);
    EXPECT_EQ(letter.text().origin(), "contacts/1@3.1.2");
    EXPECT_EQ(letter.SerializeAsString().find(text.size() > 3 ? text : "no such text"), std::string::npos);
    EXPECT_EQ(*OpenPersonal(letter.text(), keys_), text);
    ASSERT_TRUE(OpenMessage(&letter, keys_).ok());
    EXPECT_EQ(letter.text().plain(), text);
    Letter expected;
    expected.mutable_text()->set_plain(text);
    EXPECT_EQ(letter.SerializeAsString(), expected.SerializeAsString());
  }
}

TEST_F(SealTest, LongTextIsSmallerSealed) {
  std::string text;
  while (text.size() < 4000) text += "客户来电反映包裹未按时送达，要求尽快处理。";
  EXPECT_LT(Sealed(text).text().box().size(), text.size() / 4);
}

TEST_F(SealTest, TextThatDoesNotCompressStillOpens) {
  const std::string noise = keys_.Random(1000);
  std::string text;
  for (unsigned char c : noise) text += static_cast<char>(' ' + c % 94);
  EXPECT_EQ(*OpenPersonal(Sealed(text).text(), keys_), text);
}

TEST_F(SealTest, EveryChangedByteIsSeen) {
  const Personal good = Sealed("张伟 13800138000").text();
  for (size_t i = 0; i < good.box().size(); ++i) {
    for (const char flip : {1, -128}) {
      Personal bad = good;
      (*bad.mutable_box())[i] ^= flip;
      const auto opened = OpenPersonal(bad, keys_);
      ASSERT_FALSE(opened.ok()) << i;
      EXPECT_EQ(ReasonOf(opened.status()), "SEAL_BROKEN");
      EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
    }
  }
  for (size_t size = 1; size < good.box().size(); ++size) {
    Personal bad = good;
    bad.mutable_box()->resize(size);
    EXPECT_EQ(ReasonOf(OpenPersonal(bad, keys_).status()), "SEAL_BROKEN") << size;
  }
}

TEST_F(SealTest, MovedToAnotherPlaceItDoesNotOpen) {
  const Personal good = Sealed("text").text();
  Personal bad = good;
  bad.set_subject("customers/C0413-000128-4");
  EXPECT_EQ(ReasonOf(OpenPersonal(bad, keys_).status()), "SEAL_BROKEN");
  bad = good;
  bad.set_origin("contacts/1@4.1.2");
  EXPECT_EQ(ReasonOf(OpenPersonal(bad, keys_).status()), "SEAL_BROKEN");
  bad = good;
  bad.set_key(other_key_);
  EXPECT_EQ(ReasonOf(OpenPersonal(bad, keys_).status()), "SEAL_BROKEN");
  // A byte moved from the subject to the origin is not the same place.
  bad = good;
  bad.set_origin(bad.subject().back() + bad.origin());
  bad.mutable_subject()->pop_back();
  EXPECT_EQ(ReasonOf(OpenPersonal(bad, keys_).status()), "SEAL_BROKEN");
}

TEST_F(SealTest, AMissingKeyIsDamageAndNotErasure) {
  Personal bad = Sealed("text").text();
  bad.set_key(99);
  const auto opened = OpenPersonal(bad, keys_);
  EXPECT_EQ(ReasonOf(opened.status()), "KEYS_MISSING");
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  Letter letter;
  letter.mutable_text()->set_plain("text");
  EXPECT_EQ(ReasonOf(SealMessage(&letter, kSubject, 99, "o", keys_)), "KEYS_MISSING");
}

TEST_F(SealTest, WhatIsSealedIsLeftAsItIs) {
  Letter letter = Sealed("first");
  const std::string before = letter.text().SerializeAsString();
  letter.add_notes()->set_plain("second");
  ASSERT_TRUE(SealMessage(&letter, "customers/other", other_key_, "tickets/2@9.1", keys_).ok());
  EXPECT_EQ(letter.text().SerializeAsString(), before);
  EXPECT_EQ(letter.notes(0).subject(), "customers/other");
  ASSERT_TRUE(OpenMessage(&letter, keys_).ok());
  EXPECT_EQ(letter.text().plain(), "first");
  EXPECT_EQ(letter.notes(0).plain(), "second");
}

TEST_F(SealTest, PlainTextBesideABoxNeverStaysInTheClear) {
  Letter letter = Sealed("old");
  letter.mutable_text()->set_plain("new");
  ASSERT_TRUE(SealMessage(&letter, kSubject, key_, "o", keys_).ok());
  EXPECT_TRUE(letter.text().plain().empty());
  EXPECT_EQ(*OpenPersonal(letter.text(), keys_), "new");
}

TEST_F(SealTest, EmptyTextStaysAnEmptyMessage) {
  Letter letter;
  letter.mutable_text();
  letter.add_notes();
  const std::string before = letter.SerializeAsString();
  ASSERT_TRUE(SealMessage(&letter, kSubject, key_, "o", keys_).ok());
  EXPECT_EQ(letter.SerializeAsString(), before);
}

Letter Nested() {
  Letter letter;
  letter.mutable_text()->set_plain("0");
  letter.add_notes()->set_plain("1");
  letter.add_notes()->set_plain("2");
  letter.add_replies()->mutable_text()->set_plain("3");
  Letter* inside = letter.add_replies()->mutable_envelope()->mutable_inside();
  inside->add_notes()->set_plain("4");
  inside->add_replies()->add_replies()->mutable_text()->set_plain("5");
  return letter;
}

TEST_F(SealTest, FindsFieldsAtAnyDepthEachWithItsOwnOrigin) {
  const Letter plain = Nested();
  Letter letter = plain;
  EXPECT_TRUE(HasPlain(letter));
  ASSERT_TRUE(SealMessage(&letter, kSubject, key_, "o", keys_).ok());
  EXPECT_FALSE(HasPlain(letter));
  const Letter& inside = letter.replies(1).envelope().inside();
  EXPECT_EQ(letter.text().origin(), "o.2");
  EXPECT_EQ(letter.notes(1).origin(), "o.3.1");
  EXPECT_EQ(letter.replies(0).text().origin(), "o.4.0.2");
  EXPECT_EQ(inside.notes(0).origin(), "o.4.1.5.1.3.0");
  EXPECT_EQ(inside.replies(0).replies(0).text().origin(), "o.4.1.5.1.4.0.4.0.2");
  const std::set<std::string> boxes = {letter.notes(0).box(), letter.notes(1).box(), inside.notes(0).box()};
  EXPECT_EQ(boxes.size(), 3u);
  ASSERT_TRUE(OpenMessage(&letter, keys_).ok());
  EXPECT_EQ(letter.SerializeAsString(), plain.SerializeAsString());
}

TEST_F(SealTest, RedactLeavesNothingPersonal) {
  Letter letter = Nested();
  letter.set_number("n");
  ASSERT_TRUE(SealMessage(letter.mutable_replies(0), kSubject, key_, "o", keys_).ok());
  RedactMessage(&letter);
  EXPECT_FALSE(HasPlain(letter));
  EXPECT_TRUE(letter.replies(0).text().box().empty());
  EXPECT_TRUE(letter.replies(0).text().subject().empty());
  EXPECT_EQ(letter.number(), "n");
}

TEST_F(SealTest, KnowsWhichTypesCanHoldPersonalFields) {
  EXPECT_TRUE(HoldsPersonal(Letter::descriptor()));
  EXPECT_TRUE(HoldsPersonal(Envelope::descriptor()));
  EXPECT_TRUE(HoldsPersonal(Personal::descriptor()));
  EXPECT_FALSE(HoldsPersonal(Plain::descriptor()));
}

TEST_F(SealTest, ManyThreadsSealAndOpen) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t) + "/" + std::to_string(i);
        Letter letter;
        letter.mutable_envelope()->mutable_inside()->mutable_text()->set_plain(text);
        ASSERT_TRUE(SealMessage(&letter, kSubject, key_, "o", keys_).ok());
        ASSERT_TRUE(OpenMessage(&letter, keys_).ok());
        ASSERT_EQ(letter.envelope().inside().text().plain(), text);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace shoujie
