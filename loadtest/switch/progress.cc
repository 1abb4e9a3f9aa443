#include "loadtest/switch/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace shoujie::loadtest {
namespace {

constexpr int kBarWidth = 28;
constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kLineEvery = absl::Seconds(5);

bool IsTerminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && term && std::strcmp(term, "dumb") != 0;
}
bool MayColour() {
  const char* no = std::getenv("NO_COLOR");
  return !no || *no == 0;
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(IsTerminal()), colours_(MayColour()) {}

Progress::~Progress() {
  if (shown_ && terminal_) std::fputc('\n', stderr);
}

void Progress::Clear() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(double part, absl::string_view words) {
  if (quiet_) return;
  const absl::Time now = absl::Now();
  if (now - last_ < (terminal_ ? kRedraw : kLineEvery) && part < 1) return;
  last_ = now;
  const int percent = static_cast<int>(std::clamp(part, 0.0, 1.0) * 100);
  if (!terminal_) {
    absl::FPrintF(stderr, "%3d%% %s\n", percent, words);
    return;
  }
  const int full = percent * kBarWidth / 100;
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < full ? "█" : "░";
  Clear();
  absl::FPrintF(stderr, "%s%s%s %3d%% %s", colours_ ? "\033[36m" : "", bar, colours_ ? "\033[0m" : "", percent, words);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::Warn(absl::string_view line) {
  Clear();
  absl::FPrintF(stderr, "%s%s%s\n", terminal_ && colours_ ? "\033[33m" : "", line,
                terminal_ && colours_ ? "\033[0m" : "");
  last_ = absl::InfinitePast();
}

}  // namespace shoujie::loadtest
