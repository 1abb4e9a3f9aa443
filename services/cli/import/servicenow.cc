// Updates of incidents in a ServiceNow instance (UCI 498, and copies with shortened columns): one row per update, times
// in UTC.
//
// The number of a fact is the row's place among all rows of its incident, bad ones included, so that a file imported
// again means the same. Numbers of people are anonymised column by column: opener 8 and resolver 8 are not known to be
// one.
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/cli/import/format.h"
#include "services/runtime/base/time.h"
#include "shoujie/router/v1/commands.pb.h"

namespace shoujie::importer {
namespace {

namespace rv1 = router::v1;

constexpr char kSource[] = "servicenow";
constexpr int kFactsPerRequest = 200;

struct State {
  const char* word;
  rv1::TicketState state;
};
constexpr State kStates[] = {
    {"New", rv1::TICKET_STATE_NEW},
    {"Active", rv1::TICKET_STATE_ACTIVE},
    {"Awaiting User Info", rv1::TICKET_STATE_AWAITING_CUSTOMER},
    {"Awaiting Problem", rv1::TICKET_STATE_AWAITING_OTHER},
    {"Awaiting Vendor", rv1::TICKET_STATE_AWAITING_OTHER},
    {"Awaiting Evidence", rv1::TICKET_STATE_AWAITING_OTHER},
    {"Resolved", rv1::TICKET_STATE_RESOLVED},
    {"Closed", rv1::TICKET_STATE_CLOSED},
    {"-100", rv1::TICKET_STATE_ACTIVE},  // a state without a name in the instance
};

// "29/2/2016 01:16".
bool ParseInstant(absl::string_view text, absl::Time* at) {
  const std::vector<absl::string_view> halves = absl::StrSplit(text, ' ');
  if (halves.size() != 2) return false;
  const std::vector<absl::string_view> date = absl::StrSplit(halves[0], '/');
  const std::vector<absl::string_view> clock = absl::StrSplit(halves[1], ':');
  int d, m, y, h, min, s = 0;
  if (date.size() != 3 || clock.size() < 2 || clock.size() > 3) return false;
  if (!absl::SimpleAtoi(date[0], &d) || !absl::SimpleAtoi(date[1], &m) || !absl::SimpleAtoi(date[2], &y) ||
      !absl::SimpleAtoi(clock[0], &h) || !absl::SimpleAtoi(clock[1], &min) ||
      (clock.size() == 3 && !absl::SimpleAtoi(clock[2], &s))) {
    return false;
  }
  const absl::CivilSecond civil(y, m, d, h, min, s);
  if (y < 1970 || y > 9999 || civil.month() != m || civil.day() != d || civil.hour() != h || civil.minute() != min ||
      civil.second() != s) {
    return false;
  }
  *at = absl::FromCivil(civil, absl::UTCTimeZone());
  return true;
}

// What the source knows: "?" is nothing, and the original names its columns again ("Group 56").
std::string Known(absl::string_view text, absl::string_view prefix) {
  if (text == "?") return "";
  absl::ConsumePrefix(&text, prefix);
  return std::string(absl::StripAsciiWhitespace(text));
}

class ServiceNow : public Format {
 public:
  TableKind kind() const override { return TableKind::kCsv; }

  absl::Status ReadHeader(const std::vector<std::string>& header) override {
    Columns columns(header);
    number_ = columns.Find({"number"});
    state_ = columns.Find({"incident_state", "ident_state"});
    opened_by_ = columns.Find({"opened_by"});
    opened_at_ = columns.Find({"opened_at"});
    updated_at_ = columns.Find({"sys_updated_at"});
    priority_ = columns.Find({"priority"});
    group_ = columns.Find({"assignment_group"});
    assigned_to_ = columns.Find({"assigned_to"});
    return columns.status();
  }

  void Learn(const Row& row) override {
    if (!row.status.ok()) return;
    const std::string group = Known(row.fields[group_], "Group ");
    const std::string resolver = Known(row.fields[assigned_to_], "Resolver ");
    const std::string opener = Known(row.fields[opened_by_], "Opened by ");
    const bool in_group = IsWord(group);
    if (in_group) groups_.insert(group);
    if (IsWord(opener)) openers_.insert(opener);
    if (IsWord(resolver)) {
      std::string& department = resolvers_[resolver];
      if (in_group && department.empty()) department = GroupId(group);
    }
  }

  directory::v1::Directory Names() const override {
    directory::v1::Directory directory;
    AddSource(kSource, "ServiceNow incidents", "UTC", &directory);
    for (const std::string& group : groups_) {
      auto* department = directory.add_departments();
      department->set_id(GroupId(group));
      department->set_display_name(absl::StrCat("Group ", group));
      department->set_display_name_zh(absl::StrCat(group, " 组"));
      department->set_source(kSource);
    }
    const auto add = [&directory](const std::string& id, const std::string& name, const std::string& department) {
      auto* agent = directory.add_agents();
      agent->set_id(id);
      agent->set_display_name(name);
      agent->set_site(kSource);
      agent->set_department(department);
      agent->set_role(department.empty() ? directory::v1::AGENT_ROLE_AGENT : directory::v1::AGENT_ROLE_DEPARTMENT);
      agent->set_source(kSource);
    };
    for (const std::string& opener : openers_) add(OpenerId(opener), absl::StrCat("Opened by ", opener), "");
    for (const auto& [resolver, group] : resolvers_)
      add(ResolverId(resolver), absl::StrCat("Resolver ", resolver), group);
    return directory;
  }

  absl::Status Take(const Row& row, std::vector<Batch>* complete) override {
    const std::string& number = row.fields[number_];
    if (!IsWord(number)) return BadField("number");
    if (number != present_) {
      Finish(complete);
      present_ = number;
    }
    Case& incident = cases_[number];
    const uint64_t place = ++incident.rows;

    rv1::TicketFact fact;
    fact.set_number(place);
    absl::Time updated, opened;
    if (!ParseInstant(row.fields[updated_at_], &updated)) return BadField("sys_updated_at");
    if (!ParseInstant(row.fields[opened_at_], &opened)) return BadField("opened_at");
    *fact.mutable_occurred_at() = ToProto(updated);
    *fact.mutable_opened_at() = ToProto(opened);
    for (const State& state : kStates) {
      if (row.fields[state_] == state.word) fact.set_state(state.state);
    }
    if (fact.state() == rv1::TICKET_STATE_UNSPECIFIED) return BadField("incident_state");
    fact.set_source_state(row.fields[state_]);
    const std::string group = Known(row.fields[group_], "Group ");
    if (!group.empty() && !IsWord(group)) return BadField("assignment_group");
    if (!group.empty()) fact.set_department(GroupId(group));
    const std::string resolver = Known(row.fields[assigned_to_], "Resolver ");
    if (!resolver.empty() && !IsWord(resolver)) return BadField("assigned_to");
    if (!resolver.empty()) fact.set_handler(ResolverId(resolver));
    const std::string opener = Known(row.fields[opened_by_], "Opened by ");
    if (!opener.empty() && !IsWord(opener)) return BadField("opened_by");
    if (!opener.empty()) fact.set_opened_by(OpenerId(opener));
    const std::string priority = Known(row.fields[priority_], "");  // "3", in the original "3 - Moderate"
    uint32_t level = 0;
    if (!priority.empty() && !absl::SimpleAtoi(priority.substr(0, priority.find(' ')), &level))
      return BadField("priority");
    fact.set_priority(level);

    if (updated < incident.latest) ++out_of_order_;
    incident.latest = std::max(incident.latest, updated);
    if (!held_.request) {
      auto request = std::make_unique<rv1::RecordTicketFactsRequest>();
      request->set_source(kSource);
      request->set_external_id(number);
      request->set_directory_version(directory_version_);
      held_ = Batch{number, std::move(request), {}, true};
    }
    auto* request = static_cast<rv1::RecordTicketFactsRequest*>(held_.request.get());
    *request->add_facts() = std::move(fact);
    held_.lines.push_back(row.line);
    if (request->facts_size() == kFactsPerRequest) Finish(complete);
    return absl::OkStatus();
  }

  void Finish(std::vector<Batch>* complete) override {
    if (held_.request) complete->push_back(std::exchange(held_, Batch{}));
  }
  uint64_t out_of_order() const override { return out_of_order_; }

 private:
  struct Case {
    uint64_t rows = 0;
    absl::Time latest = absl::InfinitePast();
  };
  static std::string GroupId(const std::string& group) { return absl::StrCat(kSource, "-", group); }
  static std::string OpenerId(const std::string& number) { return absl::StrCat(kSource, "-opener-", number); }
  static std::string ResolverId(const std::string& number) { return absl::StrCat(kSource, "-resolver-", number); }

  int number_ = -1, state_ = -1, opened_by_ = -1, opened_at_ = -1, updated_at_ = -1, priority_ = -1, group_ = -1,
      assigned_to_ = -1;
  std::set<std::string> groups_, openers_;
  std::map<std::string, std::string> resolvers_;  // → department of the first row that knows one
  absl::flat_hash_map<std::string, Case> cases_;
  std::string present_;
  Batch held_;
  uint64_t out_of_order_ = 0;
};

}  // namespace

std::unique_ptr<Format> MakeServiceNow() { return std::make_unique<ServiceNow>(); }

}  // namespace shoujie::importer
