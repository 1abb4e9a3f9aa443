// Identifiers of people in the one form that keys and slots are made of, however somebody wrote them. A customer and
// the contacts from his phone meet in one slot only because every service uses these functions. Not for showing numbers
// to people, and no dialling plan: whether a number exists is not asked.
//
// All are pure; errors are IDENTIFIER_INVALID and never repeat what was given.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoujie {

// E.164, "+8613800138000". Understood: blanks, dashes, dots, slashes and brackets anywhere, full-width characters,
// "tel:", "+" or "00" before the country code, "+49 (0) 30 …", a trunk "0" before a national number, and 86 without "+"
// before a Chinese mobile number. A number without country code is of `country_code`. Refused: letters, extensions,
// more than 15 digits, and Chinese land lines without their area code (the same digits are other people's numbers in
// other cities).
absl::StatusOr<std::string> NormalisePhone(absl::string_view text, absl::string_view country_code = "86");

// Lower case, without blanks around it.
absl::StatusOr<std::string> NormaliseEmail(absl::string_view text);

// Names of accounts: without blanks around it; case counts.
absl::StatusOr<std::string> NormaliseAccount(absl::string_view text);

// The slot key of an identifier whose kind nobody said (what a switch or a mailbox gives): the form of the kind that it
// has, so that a contact lands in its customer's slot; else the text as it is. Intake never waits for a well-formed
// number.
std::string SlotKeyOf(absl::string_view text);

}  // namespace shoujie
