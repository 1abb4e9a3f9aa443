#include "loadtest/switch/day.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "loadtest/switch/cut_off.h"
#include "loadtest/switch/player.h"
#include "loadtest/switch/progress.h"

namespace shoujie::loadtest {
namespace {

// A clock that runs at life's pace shows no whole day: a few minutes are played in which everything is shorter.
constexpr double kSpeedForDay = 20;
constexpr absl::Duration kShortPlay = absl::Minutes(2);
constexpr double kShortBrevity = 12, kShortWorkBrevity = 100;
// So much of the day must be left for it to be played.
constexpr absl::Duration kLeftMin = absl::Hours(2);

std::string LocalDate(const directory::v1::Directory& directory, absl::Time at) {
  absl::TimeZone zone = absl::UTCTimeZone();
  for (const auto& site : directory.sites()) {
    if (site.source().empty() && absl::LoadTimeZone(site.time_zone(), &zone)) break;
  }
  return absl::FormatTime("%Y-%m-%d", at, zone);
}

absl::StatusOr<DayOptions> OptionsOf(Session& session, const DayCommand& command) {
  DayOptions options;
  options.seed = command.seed;
  options.calls = command.calls;
  const absl::Time now = session.Now();
  const double speed = session.clock().speed();
  const absl::Time soon = now + absl::Milliseconds(500) * speed;
  if (speed < kSpeedForDay && command.date.empty()) {
    options.from = soon;
    options.to = soon + kShortPlay * speed;
    options.brevity = kShortBrevity / speed;
    options.work_brevity = kShortWorkBrevity / speed;
    options.any_hours = true;
    return options;
  }
  auto window =
      WindowOf(session.directory(), command.date.empty() ? LocalDate(session.directory(), now) : command.date);
  if (!window.ok()) return window.status();
  if (command.date.empty() && window->second - now < kLeftMin) {
    window = WindowOf(session.directory(), LocalDate(session.directory(), now + absl::Hours(24)));
    if (!window.ok()) return window.status();
  }
  std::tie(options.from, options.to) = *window;
  if (options.from < soon) options.from = soon;
  if (options.to - options.from < kLeftMin) {
    return absl::FailedPreconditionError(absl::StrCat("by the server's clock it is ", absl::FormatTime(now),
                                                      ": that day is over; name a later one, or leave --date out"));
  }
  return options;
}

std::string Words(Session& session, const Player& player) {
  auto& tally = session.tally();
  std::string words = absl::StrFormat("%s  %d facts  %d tickets  %d closed  %d open contacts",
                                      absl::FormatTime("%m-%d %H:%M", session.Now(), absl::UTCTimeZone()) + "Z",
                                      tally.count("facts/told"), tally.count("tickets/opened"),
                                      tally.count("tickets/closed"), player.open_contacts());
  const size_t pending = session.outbox().pending();
  if (pending > 0) absl::StrAppend(&words, "  outbox ", pending);
  if (auto silent = session.courier().silent_since()) {
    absl::StrAppend(&words, "  server away for ", absl::ToInt64Seconds(absl::Now() - *silent), " s");
  }
  return words;
}

}  // namespace

absl::Status PlayDay(Session& session, const DayCommand& command, const std::atomic<bool>& stop) {
  auto options = OptionsOf(session, command);
  if (!options.ok()) return options.status();
  auto day = MakeDay(session.directory(), *options);
  if (!day.ok()) return day.status();
  if (command.print_script) {
    for (const auto& plan : day->contacts) absl::PrintF("%s\n", Describe(plan));
    return absl::OkStatus();
  }
  Progress progress(command.quiet);
  if (const size_t resumed = session.outbox().resumed(); resumed > 0) {
    progress.Warn(absl::StrCat("delivering ", resumed, " commands that an earlier switch left in the outbox"));
  }
  const std::string before = UnfinishedRun(session);
  const std::string run = absl::StrFormat("d%d-%x", command.seed, absl::ToUnixSeconds(session.Now()));
  Player player(&session, {.seed = command.seed, .run = run, .scripted_agents = command.scripted_agents},
                *std::move(day));
  session.Start([&player](const OutboxEntry& entry, const absl::StatusOr<std::string>& reply) {
    player.Delivered(entry, reply);
  });
  if (!before.empty()) {
    auto ended = EndCutOffCalls(session, before);
    if (!ended.ok()) return ended.status();
    if (*ended > 0) session.tally().Count("contacts/cut off with an earlier switch", *ended);
  }
  BeginRun(session, run);
  player.Start();
  while (!player.finished() && !stop) {
    progress.Show(player.progress(), Words(session, player));
    absl::SleepFor(absl::Milliseconds(50));
  }
  progress.Show(player.progress(), Words(session, player));
  const absl::Status trouble = player.trouble();
  session.Stop();
  player.Stop();
  if (!trouble.ok()) return trouble;
  if (!stop) EndRun(session);
  return stop ? absl::CancelledError("stopped; what was not delivered is in the outbox") : absl::OkStatus();
}

}  // namespace shoujie::loadtest
