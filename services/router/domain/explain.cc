#include "services/router/domain/explain.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/clocks.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/sla.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"
#include "services/runtime/calendar/sla_clock.h"

namespace shoujie::router {
namespace {

std::string Text(absl::Duration duration) { return absl::FormatDuration(duration); }

struct Words {
  std::string en, zh;
};

Words Name(const v1::Party& party) {
  const bool department = party.kind() == v1::PARTY_KIND_DEPARTMENT;
  return {absl::StrCat(department ? "department " : "agent ", party.id()),
          absl::StrCat(department ? "部门 " : "工号 ", party.id())};
}
Words Name(const std::string& calendar, uint64_t version) {
  if (calendar.empty()) return {"round the clock", "全天候计时"};
  return {absl::StrCat("calendar ", calendar, " of version ", version),
          absl::StrCat("日历 ", calendar, "（版本 ", version, "）")};
}
Words Name(v1::ClockVerdict verdict) {
  switch (verdict) {
    case v1::CLOCK_VERDICT_MET:
      return {"met", "按时"};
    case v1::CLOCK_VERDICT_BREACHED:
      return {"breached", "超时"};
    case v1::CLOCK_VERDICT_CANCELLED:
      return {"cancelled", "取消"};
    default:
      return {"not judged yet", "尚未判定"};
  }
}

// What counts, or does not, in one piece.
struct Piece {
  absl::Time from, to;
  v1::ExplanationKind what;
  std::string calendar;
  uint64_t version = 0;
};

class Story {
 public:
  Story(const v1::Ticket& ticket, const v1::Clock& clock, absl::Time at, const ExplainedBy& by)
      : ticket_(ticket),
        clock_(clock),
        end_(clock.has_ended() ? FromProto(clock.ended()) : std::max(at, FromProto(clock.started()))),
        by_(by) {}

  std::vector<v1::ExplanationLine> Tell() {
    std::vector<Piece> pieces = Cut(Pieces());
    size_t left_out = 0;
    if (pieces.size() > kExplanationLinesMax) left_out = pieces.size() - kExplanationLinesMax;
    Marks();
    if (const auto* before = FindClock(ticket_, clock_.continues())) total_ = ToDuration(before->spent());
    auto mark = marks_.begin();
    Started();
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i == left_out && left_out > 0) {
        Line(v1::EXPLANATION_KIND_CUT, pieces[i].from,
             {absl::StrCat(left_out, " earlier intervals are left out"),
              absl::StrCat("省略了较早的 ", left_out, " 段")});
      }
      for (; mark != marks_.end() && mark->first <= pieces[i].from; ++mark) Add(mark->second);
      Interval(pieces[i], i >= left_out);
    }
    for (; mark != marks_.end(); ++mark) Add(mark->second);
    Ended();
    Shares();
    Judged();
    return std::move(lines_);
  }

 private:
  std::vector<Piece> Pieces() const {
    std::vector<Piece> pieces;
    absl::Time at = FromProto(clock_.started());
    const auto add = [&](absl::Time to, v1::ExplanationKind what, const v1::ClockRun* run) {
      if (to <= at) return;
      const std::string calendar = run == nullptr ? "" : run->calendar();
      const uint64_t version = run == nullptr ? 0 : run->directory_version();
      // Midnight and a clock change end no piece.
      if (!pieces.empty() && pieces.back().what == what && pieces.back().version == version &&
          pieces.back().to == at) {
        pieces.back().to = to;
      } else {
        pieces.push_back({at, to, what, calendar, version});
      }
      at = to;
    };
    for (const auto& run : clock_.runs()) {
      add(FromProto(run.from()), v1::EXPLANATION_KIND_PAUSED, nullptr);
      const absl::Time to = run.has_to() ? FromProto(run.to()) : end_;
      const auto version = by_.versions.find(run.directory_version());
      const Calendar& calendar = CalendarOf(run.calendar(), version == by_.versions.end() ? *by_.as : *version->second);
      calendar.VisitWork(at, [&](absl::Time begin, absl::Time end) {
        if (begin >= to) return false;
        add(begin, v1::EXPLANATION_KIND_NOT_WORKING, &run);
        add(std::min(end, to), v1::EXPLANATION_KIND_WORKING, &run);
        return end < to;
      });
      add(to, v1::EXPLANATION_KIND_NOT_WORKING, &run);
    }
    add(end_, v1::EXPLANATION_KIND_PAUSED, nullptr);
    return pieces;
  }

  // At each instant at which something happened to the clock, or the ticket changed hands.
  std::vector<Piece> Cut(std::vector<Piece> pieces) const {
    std::set<absl::Time> cuts;
    for (const auto& episode : ticket_.episodes()) {
      for (const auto& held : episode.custody()) cuts.insert(FromProto(held.from()));
    }
    for (const auto& warned : clock_.warned()) cuts.insert(FromProto(warned.at()));
    for (const auto& extension : clock_.extensions()) {
      if (extension.has_answered()) cuts.insert(FromProto(extension.answered()));
    }
    if (clock_.has_breached()) cuts.insert(FromProto(clock_.breached()));
    std::vector<Piece> parts;
    for (const Piece& piece : pieces) {
      Piece part = piece;
      for (auto cut = cuts.upper_bound(piece.from); cut != cuts.end() && *cut < piece.to; ++cut) {
        part.to = *cut;
        parts.push_back(part);
        part.from = *cut;
      }
      part.to = piece.to;
      parts.push_back(part);
    }
    return parts;
  }

  void Marks() {
    for (const auto& warned : clock_.warned()) {
      v1::ExplanationLine line;
      line.set_what(v1::EXPLANATION_KIND_WARNED);
      *line.mutable_from() = warned.at();
      line.set_en(absl::StrCat(warned.percent(), " % of the time had passed"));
      line.set_zh(absl::StrCat("已用时限的 ", warned.percent(), "%，预警"));
      marks_.emplace_back(FromProto(warned.at()), std::move(line));
    }
    for (const auto& extension : clock_.extensions()) {
      if (!extension.approved()) continue;
      v1::ExplanationLine line;
      line.set_what(v1::EXPLANATION_KIND_EXTENDED);
      *line.mutable_from() = extension.answered();
      line.set_en(absl::StrCat("extended by ", Text(ToDuration(extension.time())), ", approved by ",
                               extension.answered_by()));
      line.set_zh(absl::StrCat("延期 ", Text(ToDuration(extension.time())), "，由 ", extension.answered_by(), " 批准"));
      marks_.emplace_back(FromProto(extension.answered()), std::move(line));
    }
    if (clock_.has_breached()) {
      v1::ExplanationLine line;
      line.set_what(v1::EXPLANATION_KIND_BREACHED);
      *line.mutable_from() = clock_.breached();
      *line.mutable_due() = clock_.breached();
      *line.mutable_party() = clock_.breached_by();
      const Words party = Name(clock_.breached_by());
      line.set_en(absl::StrCat("breached while ", party.en, " held the ticket"));
      line.set_zh(absl::StrCat("超时，当时由 ", party.zh, " 持有工单"));
      marks_.emplace_back(FromProto(clock_.breached()), std::move(line));
    }
    std::stable_sort(marks_.begin(), marks_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  // The sum so far belongs to every line.
  void Add(v1::ExplanationLine line) {
    line.set_clock(clock_.number());
    line.set_kind(clock_.kind());
    *line.mutable_total() = shoujie::ToProto(total_);
    lines_.push_back(std::move(line));
  }
  v1::ExplanationLine At(v1::ExplanationKind what, absl::Time at, Words words) const {
    v1::ExplanationLine line;
    line.set_what(what);
    *line.mutable_from() = ToProto(at);
    line.set_en(std::move(words.en));
    line.set_zh(std::move(words.zh));
    return line;
  }
  void Line(v1::ExplanationKind what, absl::Time at, Words words) { Add(At(what, at, std::move(words))); }

  void Started() {
    const Words party = Name(clock_.party());
    const Words calendar = Name(clock_.runs(0).calendar(), clock_.directory_version());
    v1::ExplanationLine line =
        At(v1::EXPLANATION_KIND_STARTED, FromProto(clock_.started()),
           {absl::StrCat("starts against ", party.en, ": ", Text(ToDuration(clock_.target())), ", ", calendar.en,
                         ", policy ", clock_.policy(), " of version ", clock_.directory_version()),
            absl::StrCat("开始计时，责任方：", party.zh, "，时限 ", Text(ToDuration(clock_.target())), "，",
                         calendar.zh, "，规则 ", clock_.policy(), "（版本 ", clock_.directory_version(), "）")});
    *line.mutable_party() = clock_.party();
    line.set_policy(clock_.policy());
    line.set_directory_version(clock_.directory_version());
    line.set_calendar(clock_.runs(0).calendar());
    *line.mutable_target() = clock_.target();
    Add(std::move(line));
  }

  void Interval(const Piece& piece, bool shown) {
    const bool counts = piece.what == v1::EXPLANATION_KIND_WORKING;
    const absl::Duration counted = counts ? piece.to - piece.from : absl::ZeroDuration();
    total_ += counted;
    const v1::Custody* held = CustodyAt(ticket_, piece.from);
    const v1::Party& holder = held == nullptr ? clock_.party() : held->party();
    if (counts) shares_[{holder.kind(), holder.id()}] += counted;
    if (!shown) return;
    const Words party = Name(holder);
    const Words calendar = Name(piece.calendar, piece.version);
    Words words;
    if (counts) {
      words = {absl::StrCat("counts: ", calendar.en, ", held by ", party.en),
               absl::StrCat("计时：", calendar.zh, "，", party.zh, " 持有")};
    } else if (piece.what == v1::EXPLANATION_KIND_PAUSED) {
      words = {absl::StrCat("stands still: the customer's answer is awaited, held by ", party.en),
               absl::StrCat("暂停：等待客户答复，", party.zh, " 持有")};
    } else {
      words = {absl::StrCat("outside working hours: ", calendar.en, ", held by ", party.en),
               absl::StrCat("非工作时间：", calendar.zh, "，", party.zh, " 持有")};
    }
    v1::ExplanationLine line = At(piece.what, piece.from, std::move(words));
    *line.mutable_to() = ToProto(piece.to);
    if (held != nullptr) {
      *line.mutable_party() = held->party();
      line.set_custody(held->kind());
    }
    line.set_calendar(piece.calendar);
    line.set_directory_version(piece.version);
    *line.mutable_counted() = shoujie::ToProto(counted);
    Add(std::move(line));
  }

  void Ended() {
    if (!clock_.has_ended()) return;
    const Words verdict = Name(clock_.verdict());
    v1::ExplanationLine line = At(v1::EXPLANATION_KIND_ENDED, end_,
                                  {absl::StrCat("ends: ", verdict.en), absl::StrCat("结束：", verdict.zh)});
    line.set_verdict(clock_.verdict());
    Add(std::move(line));
  }

  // Whose time it was, in the end: the clock's own party is not always who held the ticket.
  void Shares() {
    for (const auto& [who, counted] : shares_) {
      v1::Party party;
      party.set_kind(static_cast<v1::PartyKind>(who.first));
      party.set_id(who.second);
      const Words words = Name(party);
      v1::ExplanationLine line =
          At(v1::EXPLANATION_KIND_SHARE, end_,
             {absl::StrCat(Text(counted), " of it passed while ", words.en, " held the ticket"),
              absl::StrCat("其中 ", Text(counted), " 由 ", words.zh, " 持有工单")});
      *line.mutable_party() = party;
      *line.mutable_counted() = shoujie::ToProto(counted);
      Add(std::move(line));
    }
  }

  void Judged() {
    const Words verdict = Name(clock_.verdict());
    v1::ExplanationLine line = At(v1::EXPLANATION_KIND_JUDGED, end_,
                                  {absl::StrCat("as judged by policy ", clock_.policy(), " of version ",
                                                clock_.directory_version(), ": ", verdict.en),
                                   absl::StrCat("按当时规则 ", clock_.policy(), "（版本 ", clock_.directory_version(),
                                                "）判定：", verdict.zh)});
    line.set_policy(clock_.policy());
    line.set_directory_version(clock_.directory_version());
    line.set_calendar(clock_.runs(0).calendar());
    *line.mutable_target() = clock_.target();
    if (clock_.has_breached()) {
      *line.mutable_due() = clock_.breached();
    } else if (clock_.dates().has_due()) {
      *line.mutable_due() = clock_.dates().due();
    }
    line.set_verdict(clock_.verdict());
    Add(std::move(line));

    const WouldBe now = JudgeBy(ticket_, clock_, end_, *by_.as);
    const Words would = Name(now.verdict);
    v1::ExplanationLine other;
    if (now.policy == nullptr) {
      other = At(v1::EXPLANATION_KIND_WOULD_BE, end_,
                 {absl::StrCat("by version ", by_.as->version(), " no such clock would run"),
                  absl::StrCat("按版本 ", by_.as->version(), " 不会启动此时钟")});
    } else {
      other = At(v1::EXPLANATION_KIND_WOULD_BE, end_,
                 {absl::StrCat("by policy ", now.policy->id(), " of version ", by_.as->version(), ": ", would.en),
                  absl::StrCat("按规则 ", now.policy->id(), "（版本 ", by_.as->version(), "）：", would.zh)});
      other.set_policy(now.policy->id());
      other.set_calendar(now.calendar);
      *other.mutable_target() = shoujie::ToProto(now.target);
      *other.mutable_counted() = shoujie::ToProto(now.spent);
      if (now.due != absl::InfiniteFuture()) *other.mutable_due() = ToProto(now.due);
      other.set_verdict(now.verdict);
    }
    other.set_directory_version(by_.as->version());
    Add(std::move(other));
  }

  const v1::Ticket& ticket_;
  const v1::Clock& clock_;
  const absl::Time end_;
  const ExplainedBy& by_;
  std::vector<std::pair<absl::Time, v1::ExplanationLine>> marks_;
  std::vector<v1::ExplanationLine> lines_;
  std::map<std::pair<int, std::string>, absl::Duration> shares_;
  absl::Duration total_;
};

// The first clock of those that one answer tells.
uint32_t FirstExplained(const v1::Ticket& ticket, uint32_t clock) {
  if (clock != 0) return clock;
  return static_cast<uint32_t>(std::max(ticket.clocks_size() - kClocksExplainedMax, 0)) + 1;
}

// The clock and those that it goes on from, the first one first.
std::vector<const v1::Clock*> Chain(const v1::Ticket& ticket, const v1::Clock& clock) {
  std::vector<const v1::Clock*> chain = {&clock};
  while (const auto* before = FindClock(ticket, chain.back()->continues())) chain.push_back(before);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace

WouldBe JudgeBy(const v1::Ticket& ticket, const v1::Clock& clock, absl::Time at, const Reference& as) {
  WouldBe would;
  SlaCase of = CaseOf(ticket, as);
  of.customer_class = clock.customer_class();
  of.priority = clock.priority();
  const auto* policy = FirstMatch(as.directory(), of);
  const auto* row = policy == nullptr ? nullptr : TargetOf(*policy, clock.kind());
  if (row == nullptr) return would;
  const std::vector<const v1::Clock*> chain = Chain(ticket, clock);
  would.calendar = CalendarIdFor(row->calendar(), ticket, clock.party(), as);
  const Calendar& calendar = CalendarOf(would.calendar, as);
  would.target = LengthOf(*row, FromProto(chain.front()->started()), calendar);
  if (would.target <= absl::ZeroDuration()) return would;
  would.policy = policy;
  for (const v1::Clock* part : chain) {
    for (const auto& extension : part->extensions()) {
      if (extension.approved()) would.target += ToDuration(extension.time());
    }
  }

  SlaStretches life;
  const auto& pauses = ticket.episodes(static_cast<int>(clock.episode()) - 1).pauses();
  for (const v1::Clock* part : chain) {
    const absl::Time from = FromProto(part->started());
    const absl::Time to = part->has_ended() ? FromProto(part->ended()) : absl::InfiniteFuture();
    life.push_back({from, true, &calendar});
    for (const auto& pause : pauses) {
      const absl::Time begin = std::max(FromProto(pause.from()), from);
      const absl::Time end = std::min(pause.has_to() ? FromProto(pause.to()) : absl::InfiniteFuture(), to);
      if (row->runs_while_waiting() || begin >= end) continue;
      life.push_back({begin, false, nullptr});
      if (end != absl::InfiniteFuture()) life.push_back({end, true, &calendar});
    }
    if (part != &clock) life.push_back({to, false, nullptr});
  }
  const bool ended = clock.has_ended();
  const absl::Time end = ended ? FromProto(clock.ended()) : at;
  would.spent = WorkSpent(life, end);
  would.due = DueAt(life, would.target);
  if (would.due < end) {
    would.verdict = v1::CLOCK_VERDICT_BREACHED;
  } else if (ended) {
    const bool cancelled = clock.verdict() == v1::CLOCK_VERDICT_CANCELLED;
    would.verdict = cancelled ? v1::CLOCK_VERDICT_CANCELLED : v1::CLOCK_VERDICT_MET;
  }
  return would;
}

std::set<uint64_t> VersionsOf(const v1::Ticket& ticket, uint32_t clock) {
  std::set<uint64_t> versions;
  const uint32_t first = FirstExplained(ticket, clock);
  for (const auto& one : ticket.clocks()) {
    if (one.number() < first || (clock != 0 && one.number() != clock)) continue;
    for (const auto& run : one.runs()) {
      if (!run.calendar().empty()) versions.insert(run.directory_version());
    }
  }
  return versions;
}

std::vector<v1::ExplanationLine> Explain(const v1::Ticket& ticket, uint32_t clock, absl::Time at,
                                         const ExplainedBy& by) {
  std::vector<v1::ExplanationLine> lines;
  const uint32_t first = FirstExplained(ticket, clock);
  if (first > 1 && clock == 0) {
    auto& cut = lines.emplace_back();
    cut.set_what(v1::EXPLANATION_KIND_CUT);
    cut.set_en(absl::StrCat(first - 1, " earlier clocks are left out; ask for one by its number"));
    cut.set_zh(absl::StrCat("省略了较早的 ", first - 1, " 个时钟；可按编号单独查看"));
  }
  for (const auto& one : ticket.clocks()) {
    if (one.number() < first || (clock != 0 && one.number() != clock)) continue;
    for (auto& line : Story(ticket, one, at, by).Tell()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace shoujie::router
