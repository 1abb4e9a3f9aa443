// Times, durations and clocks as people type them on command lines, and texts of others on their terminals: an instant
// is one that a request can hold, what is shown is read back as the same instant, and nothing shown steers a terminal.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "services/cli/import/table.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/clock/clock.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

namespace shoujie::fuzz::time_fuzz {
namespace {

absl::StatusOr<absl::Time> DayStart() { return absl::FromUnixSeconds(kDayStartSeconds); }

bool InCalendar(absl::Time time) {
  return time >= absl::FromUnixSeconds(-62'135'596'800) && time < absl::FromUnixSeconds(253'402'300'800);
}

void Times(absl::string_view text) {
  static const absl::TimeZone kZone = absl::FixedTimeZone(8 * 3600);
  const auto time = cli::ParseTime(text, kZone, &DayStart);
  if (!time.ok()) {
    FUZZ_REQUIRE(absl::IsInvalidArgument(time.status()));
  } else {
    FUZZ_REQUIRE(InCalendar(*time));
    const absl::Time rounded = ToTime(ToProto(*time));
    FUZZ_REQUIRE(rounded <= *time && *time - rounded < absl::Milliseconds(1));
    const auto again = cli::ParseTime(cli::TimeText(rounded, absl::UTCTimeZone()), kZone, &DayStart);
    FUZZ_REQUIRE(again.ok() && *again == rounded);
    if (rounded >= absl::UnixEpoch())
      FUZZ_REQUIRE(SortKey(rounded).size() == 13 && ReverseSortKey(rounded).size() == 13);
  }
  const auto duration = cli::ParseDuration(text);
  if (!duration.ok()) {
    FUZZ_REQUIRE(absl::IsInvalidArgument(duration.status()));
  } else {
    FUZZ_REQUIRE(absl::AbsDuration(*duration) < absl::InfiniteDuration());
    const auto proto = ToProto(*duration);
    FUZZ_REQUIRE(std::abs(proto.seconds()) <= 315'576'000'000);
  }
}

void Clocks(absl::string_view spec) {
  const auto clock = MakeScaledClock(std::string(spec));
  RequireTyped(clock.status());
  if (!clock.ok()) return;
  FUZZ_REQUIRE((*clock)->Speed() >= 1 && (*clock)->Speed() <= 100'000);
  FUZZ_REQUIRE(InCalendar((*clock)->Now()));
}

void Texts(absl::string_view text) {
  const std::string line = cli::OneLine(text);
  for (const char c : line) FUZZ_REQUIRE(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
  FUZZ_REQUIRE(cli::OneLine(line) == line);
  if (importer::IsUtf8(text)) FUZZ_REQUIRE(importer::IsUtf8(line));
  for (const size_t width : {1u, 2u, 7u, 40u}) {
    const std::string shown = cli::Shorten(line, width);
    FUZZ_REQUIRE(cli::DisplayWidth(shown) <= width);
    if (importer::IsUtf8(line)) FUZZ_REQUIRE(importer::IsUtf8(shown));
  }
}

void Run(absl::string_view input) {
  Input in(input);
  switch (in.Byte() % 3) {
    case 0:
      return Times(in.Rest());
    case 1:
      return Clocks(in.Rest());
    default:
      return Texts(in.Rest());
  }
}

const Registered kRegistered({"time", &Run});

}  // namespace
}  // namespace shoujie::fuzz::time_fuzz
