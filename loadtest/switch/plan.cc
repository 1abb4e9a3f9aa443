#include "loadtest/switch/plan.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "loadtest/switch/plan_ticket.h"
#include "loadtest/switch/staff.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

constexpr int kPatienceMeanS = 90;

struct Chance {
  Ending ending;
  uint32_t percent;
};
constexpr Chance kEndings[] = {
    {Ending::kAnswered, 48},  {Ending::kTicket, 23},     {Ending::kSilent, 3},    {Ending::kNoisy, 3},
    {Ending::kNuisance, 2},   {Ending::kWrongNumber, 4}, {Ending::kSales, 2},     {Ending::kPrivate, 2},
    {Ending::kOutOfScope, 3}, {Ending::kDropped, 4},     {Ending::kAbandoned, 6},
};

Ending PickEnding(v1::Channel channel, Random* random) {
  int64_t roll = random->Between(0, 99);
  for (const auto& chance : kEndings) {
    roll -= chance.percent;
    if (roll < 0) {
      const bool spoken = channel == v1::CHANNEL_PHONE;
      const bool any = chance.ending == Ending::kAnswered || chance.ending == Ending::kTicket ||
                       chance.ending == Ending::kOutOfScope || chance.ending == Ending::kSales;
      return spoken || any ? chance.ending : Ending::kAnswered;
    }
  }
  return Ending::kAnswered;
}

v1::Channel PickChannel(Random* random) {
  const int64_t roll = random->Between(0, 99);
  if (roll < 80) return v1::CHANNEL_PHONE;
  if (roll < 88) return v1::CHANNEL_CHAT;
  if (roll < 94) return v1::CHANNEL_EMAIL;
  return roll < 96 ? v1::CHANNEL_FAX : v1::CHANNEL_VISIT;
}

v1::MatterType TypeOf(const std::string& category) {
  if (absl::StartsWith(category, "fault")) return v1::MATTER_TYPE_FAULT;
  if (absl::StartsWith(category, "complaint")) return v1::MATTER_TYPE_COMPLAINT;
  if (absl::StartsWith(category, "suggestion")) return v1::MATTER_TYPE_SUGGESTION;
  if (absl::StartsWith(category, "praise")) return v1::MATTER_TYPE_PRAISE;
  return v1::MATTER_TYPE_ENQUIRY;
}

class Planner {
 public:
  Planner(const directory::v1::Directory& directory, const DayOptions& options)
      : directory_(directory), options_(options), random_(options.seed), staff_(directory) {
    for (const auto& category : directory.categories()) {
      if (category.source().empty() && !category.parent().empty()) categories_.push_back(category.id());
    }
    for (const auto& product : directory.products()) {
      if (!product.model().empty()) products_.push_back(&product);
    }
  }

  absl::StatusOr<Day> Make() {
    std::string missing;
    if (staff_.sites().empty()) missing = "sites";
    for (const auto& site : staff_.sites()) {
      if (staff_.agents(site).empty()) missing = absl::StrCat("agents at site ", site);
    }
    if (categories_.empty()) missing = "categories";
    if (directory_.departments().empty()) missing = "departments";
    if (!missing.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the server's directory has no ", missing, "; publish one first (the built-in sample has all)"));
    }
    day_.from = options_.from;
    day_.to = options_.to;
    day_.ends = options_.to + absl::Minutes(40) / options_.brevity;
    day_.people = MakePeople(static_cast<size_t>(options_.calls) * 7 / 10 + 1, &random_);
    std::vector<absl::Time> arrivals = Arrivals();
    for (int i = 0; i < options_.calls; ++i) Plan(i + 1, arrivals[static_cast<size_t>(i)]);
    std::stable_sort(day_.contacts.begin(), day_.contacts.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    PlanPresences();
    return std::move(day_);
  }

 private:
  absl::Duration Short(absl::Duration length) { return length / options_.brevity; }

  // Two humps a day, and three rushes in which the queue builds up.
  std::vector<absl::Time> Arrivals() {
    const absl::Duration length = options_.to - options_.from;
    std::vector<double> rushes;
    for (int i = 0; i < 3; ++i) rushes.push_back(random_.Between(15, 90) / 100.0);
    std::vector<absl::Time> at;
    while (static_cast<int>(at.size()) < options_.calls) {
      if (random_.Percent(14)) {
        const double center = random_.Pick(rushes);
        at.push_back(options_.from + length * center + random_.Seconds(0, 480) / options_.brevity);
        continue;
      }
      const double x = static_cast<double>(random_.Below(1'000'000)) / 1e6;
      const double wave = 0.55 + 0.45 * std::sin(x * 4 * 3.14159265358979 - 1.5);
      if (static_cast<double>(random_.Below(1000)) / 1000 < wave) at.push_back(options_.from + length * x);
    }
    std::sort(at.begin(), at.end());
    for (auto& time : at) time = absl::FromUnixMillis(absl::ToUnixMillis(std::min(time, options_.to)));
    return at;
  }

  void Plan(int number, absl::Time at) {
    ContactPlan plan;
    plan.number = number;
    plan.at = at;
    plan.site = staff_.sites()[random_.Percent(62) ? 0 : random_.Below(staff_.sites().size())];
    plan.person = random_.Below(day_.people.size());
    plan.channel = PickChannel(&random_);
    const bool open = options_.any_hours || staff_.Open(plan.site, at);
    if (!open) {
      // The rest hang up when they hear that nobody is there.
      plan.channel = random_.Percent(70) ? v1::CHANNEL_VOICEMAIL : v1::CHANNEL_PHONE;
    }
    plan.ending = PickEnding(plan.channel, &random_);
    if (!open && plan.channel == v1::CHANNEL_PHONE) plan.ending = Ending::kAbandoned;
    plan.withheld = plan.channel == v1::CHANNEL_PHONE && random_.Percent(4);
    plan.anonymous = random_.Percent(8);
    plan.category = random_.Pick(categories_);
    if (plan.ending == Ending::kTicket && random_.Percent(60)) plan.category = Of("fault");
    plan.type = TypeOf(plan.category);
    if (!products_.empty()) {
      const auto* product = random_.Pick(products_);
      plan.product = product->id();
      plan.model = product->model();
    }
    plan.matter = MatterOf(plan.category, &random_);
    plan.emotion = plan.type == v1::MATTER_TYPE_COMPLAINT
                       ? (random_.Percent(30) ? v1::EMOTION_ANGRY : v1::EMOTION_IRRITATED)
                       : (random_.Percent(20) ? v1::EMOTION_WORRIED : v1::EMOTION_CALM);
    plan.complete = !random_.Percent(7);
    PlanTalk(plan);
    if (!Staffed(plan, open)) {
      plan.ending = Ending::kAbandoned;
      plan.agent.clear();
    }
    PlanDetails(plan);
    const bool live = plan.channel != v1::CHANNEL_VOICEMAIL && plan.channel != v1::CHANNEL_EMAIL;
    if (live && !plan.agent.empty()) {  // rings included
      const absl::Time free = plan.at + plan.wait + absl::Seconds(20) + plan.talk + plan.wrap_up;
      staff_.Busy(plan.agent, free);
      if (plan.transfer) staff_.Busy(plan.transfer->to, free);
    }
    day_.contacts.push_back(std::move(plan));
  }

  std::string Of(absl::string_view prefix) {
    std::vector<std::string> some;
    for (const auto& id : categories_) {
      if (absl::StartsWith(id, prefix)) some.push_back(id);
    }
    return some.empty() ? random_.Pick(categories_) : random_.Pick(some);
  }

  void PlanTalk(ContactPlan& plan) {
    switch (plan.ending) {
      case Ending::kAnswered:
      case Ending::kTicket:
      case Ending::kDropped:
        plan.talk = Short(random_.Seconds(60, 330));
        plan.wrap_up = Short(random_.Seconds(15, 110));
        break;
      case Ending::kSilent:
      case Ending::kNoisy:
        plan.talk = absl::Seconds(30);  // the prompts' waits are the directory's
        plan.wrap_up = Short(random_.Seconds(3, 10));
        break;
      default:
        plan.talk = Short(random_.Seconds(15, 60));
        plan.wrap_up = Short(random_.Seconds(3, 20));
    }
    plan.agent_hangs_up = plan.ending == Ending::kSilent || plan.ending == Ending::kNoisy ||
                          plan.ending == Ending::kNuisance || random_.Percent(3);
  }

  // Finds the agent, and how long it takes until he is there. False: the caller did not wait for him.
  bool Staffed(ContactPlan& plan, bool open) {
    if (plan.channel == v1::CHANNEL_VOICEMAIL || plan.channel == v1::CHANNEL_EMAIL) {
      absl::Time looked_at = plan.at + Short(random_.Minutes(3, 45));
      if (!open) {  // into the morning queue (F026), or the next day
        while (looked_at < day_.ends && !staff_.Open(plan.site, looked_at)) looked_at += absl::Minutes(15);
        looked_at += Short(random_.Minutes(2, 20));
      }
      plan.agent = staff_.NextFree(plan.site, looked_at).agent;
      plan.wait = looked_at - plan.at;
      return true;
    }
    const absl::Duration patience = Short(absl::Seconds(kPatienceMeanS) * (0.2 + random_.Below(1600) / 1000.0));
    if (plan.ending == Ending::kAbandoned) {
      plan.wait = std::min(patience, Short(absl::Seconds(random_.Between(4, 60))));
      return false;
    }
    const auto free = staff_.NextFree(plan.site, plan.at);
    const bool at_once = free.since <= plan.at;
    plan.wait = at_once ? absl::ZeroDuration() : free.since - plan.at + absl::Seconds(1);
    if (at_once && random_.Percent(25)) plan.wait = Short(random_.Seconds(3, 25));  // nobody with the skill at once
    if (plan.wait > patience && plan.channel == v1::CHANNEL_PHONE) {
      plan.wait = patience;
      return false;
    }
    plan.agent = free.agent;
    const int64_t last = plan.wait > absl::Seconds(15) ? 6 : 3;
    plan.rings = static_cast<uint32_t>(random_.Percent(6) ? 4 : random_.Between(1, last));
    return true;
  }

  void PlanDetails(ContactPlan& plan) {
    if (plan.agent.empty()) return;
    const bool matter = plan.ending == Ending::kAnswered || plan.ending == Ending::kTicket;
    const bool spoken = plan.channel == v1::CHANNEL_PHONE;
    if (plan.channel == v1::CHANNEL_EMAIL && random_.Percent(35)) {
      plan.designated = staff_.Other(plan.site, {}, &random_);
      plan.agent = plan.designated;
    }
    if (matter && spoken && random_.Percent(24)) {
      HoldPlan hold;
      hold.after = plan.talk * 0.3;
      hold.announced = Short(absl::Seconds(30 * random_.Between(1, 3)));
      hold.length = hold.announced * (random_.Percent(15) ? 1.4 : 0.6);
      plan.talk += hold.length;
      plan.hold = hold;
    }
    if (plan.ending == Ending::kAnswered && !plan.hold && random_.Percent(14)) {
      ConsultPlan consult;
      consult.agent = staff_.Other(plan.site, {plan.agent}, &random_);
      consult.after = plan.talk * 0.4;
      consult.length = Short(random_.Seconds(20, 60));
      consult.colleague_answers = random_.Percent(30);
      plan.talk += consult.length;
      if (!consult.agent.empty()) plan.consult = consult;
    }
    if (matter && spoken && !plan.hold && !plan.consult && random_.Percent(9)) {
      TransferPlan transfer;
      transfer.escalation = plan.emotion == v1::EMOTION_ANGRY;
      transfer.to = staff_.Other(plan.site, {plan.agent}, &random_);
      transfer.after = plan.talk * 0.4;
      if (!transfer.to.empty()) plan.transfer = transfer;
    }
    plan.corrects = plan.ending == Ending::kAnswered && random_.Percent(3);
    if (plan.ending == Ending::kPrivate) plan.colleague = staff_.Other(plan.site, {plan.agent}, &random_);
    if (plan.ending == Ending::kDropped) {
      CallbackPlan callback;
      const int64_t roll = random_.Between(0, 99);
      if (roll >= 65) callback.attempts.push_back(roll < 80 ? v1::ORDER_STATE_NO_ANSWER : v1::ORDER_STATE_FAILED);
      if (roll < 85) callback.attempts.push_back(v1::ORDER_STATE_REACHED);
      callback.talk = Short(random_.Seconds(40, 150));
      plan.callback = callback;
    }
    if (plan.ending == Ending::kTicket) {
      plan.ticket = PlanTicket(directory_, staff_, plan, options_.work_brevity, &random_);
    }
  }

  void PlanPresences() {
    for (const auto& site : staff_.sites()) {
      std::vector<std::string> all = staff_.agents(site);
      for (const auto& id : {staff_.site(site).head(), staff_.site(site).coordinator()}) {
        if (!id.empty() && std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
      }
      for (const auto& agent : all) {
        day_.presences.push_back({options_.from, agent, v1::PRESENCE_STATE_AVAILABLE});
        if (random_.Percent(50)) {
          const absl::Time noon = options_.from + (options_.to - options_.from) * (random_.Between(35, 55) / 100.0);
          day_.presences.push_back({noon, agent, v1::PRESENCE_STATE_BREAK});
          day_.presences.push_back({noon + Short(absl::Minutes(30)), agent, v1::PRESENCE_STATE_AVAILABLE});
        }
        day_.presences.push_back({day_.ends, agent, v1::PRESENCE_STATE_OFFLINE});
      }
    }
  }

  const directory::v1::Directory& directory_;
  const DayOptions options_;
  Random random_;
  Staff staff_;
  std::vector<std::string> categories_;
  std::vector<const directory::v1::Product*> products_;
  Day day_;
};

}  // namespace

const char* NameOf(Ending ending) {
  static constexpr const char* kNames[] = {"answered", "ticket",  "silent",       "noisy",   "nuisance", "wrong-number",
                                           "sales",    "private", "out-of-scope", "dropped", "abandoned"};
  return kNames[static_cast<int>(ending)];
}

absl::StatusOr<Day> MakeDay(const directory::v1::Directory& directory, const DayOptions& options) {
  if (options.calls < 1 || options.to <= options.from || options.brevity <= 0 || options.work_brevity <= 0) {
    return absl::InvalidArgumentError("a day needs at least one call and a length");
  }
  return Planner(directory, options).Make();
}

absl::StatusOr<std::pair<absl::Time, absl::Time>> WindowOf(const directory::v1::Directory& directory,
                                                           const std::string& date) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(date, &day)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", date, "\" is no date; write it as 2026-03-02"));
  }
  const auto weekday = static_cast<uint32_t>(absl::GetWeekday(day)) + 1;
  absl::Time from = absl::InfiniteFuture(), to = absl::InfinitePast();
  for (const auto& site : directory.sites()) {
    absl::TimeZone zone;
    if (!site.source().empty() || !absl::LoadTimeZone(site.time_zone(), &zone)) continue;
    for (const auto& hours : site.service_hours()) {
      if (hours.weekday() != weekday) continue;
      from = std::min(from, absl::FromCivil(absl::CivilMinute(day) + hours.open_minute(), zone));
      to = std::max(to, absl::FromCivil(absl::CivilMinute(day) + hours.close_minute(), zone));
    }
  }
  if (from >= to) return absl::FailedPreconditionError(absl::StrCat("no site of the directory serves on ", date));
  return std::make_pair(from - absl::Minutes(30), to + absl::Minutes(30));
}

std::string Describe(const ContactPlan& plan) {
  std::string line = absl::StrCat(
      plan.number, " ", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", plan.at, absl::UTCTimeZone()), " ",
      v1::Channel_Name(plan.channel), " ", plan.site, " ", plan.person, " ", NameOf(plan.ending), " ", plan.category,
      " ", plan.product, " agent=", plan.agent, " wait=", absl::FormatDuration(plan.wait),
      " talk=", absl::FormatDuration(plan.talk), " wrap=", absl::FormatDuration(plan.wrap_up), " rings=", plan.rings);
  if (plan.hold) absl::StrAppend(&line, " hold=", absl::FormatDuration(plan.hold->length));
  if (plan.consult) absl::StrAppend(&line, " consult=", plan.consult->agent);
  if (plan.transfer) absl::StrAppend(&line, " transfer=", plan.transfer->to);
  if (plan.callback) absl::StrAppend(&line, " callback=", absl::StrJoin(plan.callback->attempts, ","));
  if (!plan.designated.empty()) absl::StrAppend(&line, " designated=", plan.designated);
  if (plan.ticket) absl::StrAppend(&line, " ", Describe(*plan.ticket));
  return line;
}

}  // namespace shoujie::loadtest
