#include "services/router/domain/routing.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "services/router/domain/limits.h"
#include "services/router/domain/sla.h"
#include "services/router/domain/times.h"
#include "services/runtime/calendar/calendar_data.h"

namespace shoujie::router {
namespace {

using directory::v1::Agent;
using directory::v1::Roster;
using Rows = std::vector<const Roster*>;

// The row of this id and those above it.
template <typename Find>
std::vector<std::string> Lineage(const std::string& id, Find find) {
  std::vector<std::string> lineage;
  for (const auto* row = find(id); row != nullptr; row = find(row->parent())) {
    if (std::find(lineage.begin(), lineage.end(), row->id()) != lineage.end()) break;
    lineage.push_back(row->id());
  }
  return lineage;
}

class Search {
 public:
  Search(const v1::Ticket& ticket, const Reference& reference, absl::Time at, const v1::RouteLoads& loads)
      : ticket_(ticket), reference_(reference), at_(at), case_(RouteCaseOf(ticket, reference, at)) {
    if (!loads.has_counted_at()) return;
    *route_.record.mutable_loads()->mutable_counted_at() = loads.counted_at();
    route_.record.mutable_loads()->set_lagging_partitions(loads.lagging_partitions());
    for (const auto& load : loads.members()) {
      if (loads_.size() < kRouteLoadsMax) loads_.emplace(load.person(), &load);
    }
  }

  Route Run(const RouteAsked& asked) {
    v1::Routing& record = route_.record;
    record.set_directory_version(reference_.version());
    *record.mutable_at() = ToProto(at_);
    record.set_department(asked.department);
    record.set_duty_role(asked.duty_role);
    RecordInputs(record.mutable_inputs());
    if (!asked.department.empty()) {
      record.set_by(v1::ROUTED_BY_OFFER);
      const auto* named = reference_.department(asked.department);
      if (named == nullptr || Choose(*named)) return std::move(route_);
      last_resort_ = true;
      if (held_back_) Choose(*named);
      return std::move(route_);
    }
    if (const auto* row = FirstMatch(reference_.directory(), case_)) {
      record.set_by(v1::ROUTED_BY_RULE);
      record.set_rule(row->id());
      record.set_department(row->department());
      if (asked.duty_role.empty()) record.set_duty_role(row->duty_role());
      row_ = row;
    } else {
      record.set_by(v1::ROUTED_BY_DEFAULT);
      record.set_department(reference_.policies().default_department());
    }
    FallBackFrom(record.department());
    if (route_.department != nullptr || !held_back_) return std::move(route_);
    last_resort_ = true;
    FallBackFrom(record.department());
    return std::move(route_);
  }

 private:
  struct Candidate {
    const Roster* row;  // null: he holds a post
    const Agent* agent;
    uint32_t in_hand = 0;
    uint32_t capacity = 0;  // 0: as many as come
    bool absent = false;

    bool full() const { return capacity > 0 && in_hand >= capacity; }
  };

  void RecordInputs(v1::RouteInputs* inputs) const {
    inputs->set_category(ticket_.category());
    inputs->set_product(ticket_.product());
    inputs->set_site(case_.site);
    inputs->set_customer_class(case_.customer_class);
    inputs->set_channel(case_.channel);
    inputs->set_language(case_.language);
    for (const std::string& calendar : case_.calendars) inputs->add_calendars(calendar);
  }

  void FallBackFrom(std::string id) {
    std::vector<std::string> tried;
    const auto is_new = [&](const std::string& one) {
      return !one.empty() && std::find(tried.begin(), tried.end(), one) == tried.end();
    };
    while (is_new(id)) {
      tried.push_back(id);
      const auto* department = reference_.department(id);
      full_here_ = false;
      if (department != nullptr && Choose(*department)) return;
      const v1::SkipReason why = full_here_ ? v1::SKIP_REASON_FULL : v1::SKIP_REASON_NOBODY;
      Skip(department == nullptr ? v1::SKIP_REASON_UNKNOWN : why, id);
      id = department == nullptr ? "" : department->fallback_department();
      if (!is_new(id)) id = reference_.policies().default_department();
    }
  }

  // Whether somebody of the department can take it.
  bool Choose(const directory::v1::Department& department) {
    const std::string& role = route_.record.duty_role();
    const std::string& on_call = department.on_call_role();
    const auto is_asked = [&](const Roster& row) { return !role.empty() && row.duty_role() == role; };
    const auto is_on_call = [&](const Roster& row) { return !on_call.empty() && row.duty_role() == on_call; };
    const Rows asked = RowsOf(department, is_asked);
    const bool for_call = !asked.empty() && is_on_call(*asked.front());
    if (Pick(department, asked, for_call ? v1::DUTY_CHOICE_ON_CALL : v1::DUTY_CHOICE_ON_DUTY)) return true;
    Rows on_duty = RowsOf(department, [&](const Roster& row) { return !is_asked(row) && !is_on_call(row); });
    if (Pick(department, on_duty, v1::DUTY_CHOICE_ON_DUTY)) return true;
    const Rows others = RowsOf(department, [&](const Roster& row) { return !is_asked(row) && is_on_call(row); });
    if (Pick(department, others, v1::DUTY_CHOICE_ON_CALL)) return true;
    on_duty.insert(on_duty.end(), asked.begin(), asked.end());
    std::vector<std::string> posts = {department.head()};
    posts.insert(posts.end(), department.deputies().begin(), department.deputies().end());
    for (size_t i = 0; i < posts.size(); ++i) {
      if (posts[i].empty()) continue;
      if (!IsThere(posts[i])) {
        Skip(WhyNot(posts[i]), department.id(), "", posts[i]);
        continue;
      }
      const Candidate post = Look(nullptr, *reference_.agent(posts[i]), 0, false);
      if (!CanTake(department, post)) continue;
      Take(department, post, i == 0 ? v1::DUTY_CHOICE_HEAD : v1::DUTY_CHOICE_DEPUTY);
      RecordWait(department, on_duty);
      return true;
    }
    return false;
  }

  // What is known of him for this place; the record keeps it. `usual_capacity`: if he has no number of his own.
  Candidate Look(const Roster* row, const Agent& agent, uint32_t usual_capacity, bool should_be_there) {
    Candidate one{row, &agent};
    one.capacity = agent.capacity() > 0 ? agent.capacity() : usual_capacity;
    const auto known = loads_.find(agent.id());
    if (known == loads_.end()) return one;
    const v1::MemberLoad& load = *known->second;
    one.in_hand = load.in_hand();
    one.absent = should_be_there && IsAway(load.presence());
    auto& kept = *route_.record.mutable_loads()->mutable_members();
    const bool is_kept = std::any_of(kept.begin(), kept.end(), [&](const v1::MemberLoad& other) {
      return other.person() == agent.id() && other.capacity() == one.capacity;
    });
    if (is_kept) return one;
    v1::MemberLoad& looked_at = *kept.Add();
    looked_at = load;
    looked_at.set_capacity(one.capacity);
    return one;
  }

  bool CanTake(const directory::v1::Department& department, const Candidate& one) {
    if (last_resort_ || (!one.absent && !one.full())) return true;
    held_back_ = true;
    full_here_ = full_here_ || !one.absent;
    Skip(one.absent ? v1::SKIP_REASON_ABSENT : v1::SKIP_REASON_FULL, department.id(),
         one.row == nullptr ? "" : one.row->id(), one.agent->id());
    return false;
  }

  // Those of the ticket's site first.
  template <typename Wanted>
  Rows RowsOf(const directory::v1::Department& department, Wanted wanted) const {
    Rows rows;
    for (const bool of_site : {true, false}) {
      for (const auto& row : reference_.directory().rosters()) {
        if (row.department() != department.id() || row.site().empty() == of_site || !wanted(row)) continue;
        if (row.site().empty() || row.site() == case_.site) rows.push_back(&row);
      }
    }
    return rows;
  }

  // The one who fits best of those on duty; of several the one who comes first.
  bool Pick(const directory::v1::Department& department, const Rows& rows, v1::DutyChoice choice) {
    std::vector<Candidate> there;
    for (const Roster* row : rows) {
      if (!HoursOf(*row).Works(at_)) {
        Skip(v1::SKIP_REASON_OFF_DUTY, department.id(), row->id());
        continue;
      }
      for (const std::string& person : row->people()) {
        if (!IsThere(person)) {
          Skip(WhyNot(person), department.id(), row->id(), person);
          continue;
        }
        const bool should_be_there = choice == v1::DUTY_CHOICE_ON_DUTY;
        const Candidate one = Look(row, *reference_.agent(person), department.member_capacity(), should_be_there);
        if (CanTake(department, one)) there.push_back(one);
      }
    }
    const auto best = std::max_element(there.begin(), there.end(),
                                       [this](const Candidate& a, const Candidate& b) { return IsWorse(a, b); });
    if (best == there.end()) return false;
    for (auto before = there.begin(); before != best; ++before) {
      Skip(WhyBehind(*before, *best), department.id(), before->row->id(), before->agent->id());
    }
    Take(department, *best, choice);
    return true;
  }

  bool IsWorse(const Candidate& a, const Candidate& b) const {
    if (a.absent != b.absent) return a.absent;  // as a last resort; else nobody is
    const int fitness_a = FitnessOf(*a.agent), fitness_b = FitnessOf(*b.agent);
    return fitness_a != fitness_b ? fitness_a < fitness_b : HasMore(a, b);
  }
  // A larger part of what he may have.
  static bool HasMore(const Candidate& a, const Candidate& b) {
    const auto in_hand = [](const Candidate& one) -> uint64_t { return one.capacity == 0 ? 0 : one.in_hand; };
    const auto of = [](const Candidate& one) -> uint64_t { return std::max(one.capacity, 1u); };
    return in_hand(a) * of(b) > in_hand(b) * of(a);
  }
  v1::SkipReason WhyBehind(const Candidate& before, const Candidate& best) const {
    if (Understands(*best.agent) && !Understands(*before.agent)) return v1::SKIP_REASON_LANGUAGE;
    return FitnessOf(*before.agent) < FitnessOf(*best.agent) ? v1::SKIP_REASON_SKILL : v1::SKIP_REASON_LOADED;
  }

  void Take(const directory::v1::Department& department, const Candidate& one, v1::DutyChoice choice) {
    route_.department = &department;
    route_.responsible = one.agent->id();
    route_.record.set_choice(choice);
    if (one.row != nullptr) route_.record.set_roster(one.row->id());
    route_.record.set_although_full(one.full());
    route_.record.set_although_absent(one.absent);
  }

  // Until somebody who is there is on duty; of a department without rosters, until it works.
  void RecordWait(const directory::v1::Department& department, const Rows& rows) {
    absl::Time next = absl::InfiniteFuture();
    for (const Roster* row : rows) {
      const bool anybody = std::any_of(row->people().begin(), row->people().end(),
                                       [this](const std::string& person) { return IsThere(person); });
      if (anybody) next = std::min(next, HoursOf(*row).NextWork(at_));
    }
    if (next == absl::InfiniteFuture()) next = CalendarOf(department.calendar(), reference_).NextWork(at_);
    if (next > at_ && next != absl::InfiniteFuture()) *route_.record.mutable_waits_until() = ToProto(next);
  }

  const Calendar& HoursOf(const Roster& row) {
    if (row.shifts().empty()) return CalendarOf(row.calendar(), reference_);
    auto known = shifts_.find(row.id());
    if (known == shifts_.end()) {
      auto made = MakeShifts(row);
      known = shifts_.emplace(row.id(), made.ok() ? *std::move(made) : RoundTheClock()).first;
    }
    return known->second;
  }

  bool IsThere(const std::string& person) const {
    const Agent* agent = reference_.agent(person);
    return agent != nullptr && TakesNew(*agent);
  }
  v1::SkipReason WhyNot(const std::string& person) const {
    return reference_.agent(person) == nullptr ? v1::SKIP_REASON_UNKNOWN : v1::SKIP_REASON_LEFT;
  }

  // Who does not understand the customer is of no use to him, whatever he knows.
  int FitnessOf(const Agent& agent) const { return 2 * Understands(agent) + Knows(agent); }
  bool Understands(const Agent& agent) const {
    return case_.language.empty() ||
           std::any_of(agent.languages().begin(), agent.languages().end(),
                       [this](const std::string& spoken) { return IsLanguage(spoken, case_.language); });
  }
  bool Knows(const Agent& agent) const {
    if (row_ == nullptr || row_->skills().empty()) return true;
    return std::any_of(agent.skills().begin(), agent.skills().end(), [this](const std::string& skill) {
      return std::find(row_->skills().begin(), row_->skills().end(), skill) != row_->skills().end();
    });
  }

  void Skip(v1::SkipReason reason, const std::string& department, const std::string& roster = "",
            const std::string& person = "") {
    if (last_resort_) return;  // all of them stand there already
    v1::Routing& record = route_.record;
    if (record.skipped_size() >= kRouteSkipsMax) return record.set_skipped_more(record.skipped_more() + 1);
    auto& skip = *record.add_skipped();
    skip.set_reason(reason);
    skip.set_department(department);
    skip.set_roster(roster);
    skip.set_person(person);
  }

  const v1::Ticket& ticket_;
  const Reference& reference_;
  const absl::Time at_;
  const RouteCase case_;
  const directory::v1::RoutingRule* row_ = nullptr;
  std::map<std::string, Calendar> shifts_;
  std::map<std::string, const v1::MemberLoad*> loads_;
  bool held_back_ = false;    // somebody was there and could not take it
  bool full_here_ = false;    // one of them, of the department that is asked, for what he has in hand
  bool last_resort_ = false;  // it is taken by somebody who cannot
  Route route_;
};

}  // namespace

RouteCase RouteCaseOf(const v1::Ticket& ticket, const Reference& reference, absl::Time at) {
  RouteCase of;
  of.categories = Lineage(ticket.category(), [&](const std::string& id) { return reference.category(id); });
  of.products = Lineage(ticket.product(), [&](const std::string& id) { return reference.product(id); });
  of.site = ticket.site();
  of.customer_class = ticket.card().class_();
  of.channel = ticket.channel();
  of.language = ticket.card().language();
  for (const auto& row : reference.directory().routing_rules()) {
    const std::string& id = row.calendar();
    if (id.empty() || std::find(of.calendars.begin(), of.calendars.end(), id) != of.calendars.end()) continue;
    if (CalendarOf(id, reference).Works(at)) of.calendars.push_back(id);
  }
  return of;
}

bool HasDutyRole(const std::string& department, const std::string& duty_role, const Reference& reference) {
  const auto& rows = reference.directory().rosters();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Roster& row) { return row.department() == department && row.duty_role() == duty_role; });
}

bool IsAway(interaction::v1::PresenceState presence) {
  return presence == interaction::v1::PRESENCE_STATE_BREAK || presence == interaction::v1::PRESENCE_STATE_AWAY ||
         presence == interaction::v1::PRESENCE_STATE_OFFLINE;
}

Route RouteOf(const v1::Ticket& ticket, const RouteAsked& asked, const Reference& reference, absl::Time at,
              const v1::RouteLoads& loads) {
  return Search(ticket, reference, at, loads).Run(asked);
}

}  // namespace shoujie::router
