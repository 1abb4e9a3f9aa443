// Calls of an anonymous bank's call centre, 1999 (Technion): one row per call, times of day without zone, at
// Asia/Jerusalem.
//
// One row becomes up to five facts with fixed numbers: 1 the call enters the voice menu, 2 joins the queue, 3 leaves
// it, 4 an agent answers, 5 the end. Stamps are taken as they are, also where the service begins a second before the
// queue ends. Stamps of a service that the outcome denies (HANG, PHANTOM) are no facts.
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/cli/import/format.h"
#include "services/cli/import/source_names.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/commands.pb.h"

namespace shoujie::importer {
namespace {

namespace iv1 = interaction::v1;

constexpr char kTechnion[] = "technion";
constexpr char kTechnionZone[] = "Asia/Jerusalem";

struct Service {
  const char *id, *en, *zh;
};
constexpr Service kServices[] = {
    {"PS", "Regular activity", "常规业务"},        {"PE", "Regular activity in English", "常规业务（英语）"},
    {"IN", "Internet consulting", "网上银行咨询"}, {"NE", "Stock exchange", "证券业务"},
    {"NW", "Potential customer", "潜在客户咨询"},  {"TT", "Call returned by the bank", "银行回电"},
};

// "7:02:47" as seconds of the day.
bool ParseClock(absl::string_view text, int64_t* seconds) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  int h = 0, m = 0, s = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &h) || !absl::SimpleAtoi(parts[1], &m) ||
      !absl::SimpleAtoi(parts[2], &s) || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) {
    return false;
  }
  *seconds = h * 3600 + m * 60 + s;
  return true;
}

// "990201".
bool ParseDay(absl::string_view text, absl::CivilDay* day) {
  int number = 0;
  if (text.size() != 6 || !absl::SimpleAtoi(text, &number) || number < 0) return false;
  const int year = number / 10000, month = number / 100 % 100, of_month = number % 100;
  *day = absl::CivilDay(year + (year < 70 ? 2000 : 1900), month, of_month);
  return day->month() == month && day->day() == of_month;
}

// Times of day along one call, each on the day that lies nearest to the one before: a call may go past midnight, and
// stamps of two machines may differ by seconds either way.
class Walk {
 public:
  Walk(absl::CivilDay day, int64_t seconds, absl::TimeZone zone) : zone_(zone), at_(absl::CivilSecond(day) + seconds) {}
  absl::Time now() const { return absl::FromCivil(at_, zone_); }
  absl::Time To(int64_t seconds) {
    absl::CivilSecond next = absl::CivilSecond(absl::CivilDay(at_)) + seconds;
    constexpr int64_t kHalfDay = 12 * 3600, kDay = 2 * kHalfDay;
    if (next - at_ <= -kHalfDay) next += kDay;
    if (next - at_ > kHalfDay) next -= kDay;
    at_ = next;
    return now();
  }

 private:
  absl::TimeZone zone_;
  absl::CivilSecond at_;
};

class Technion : public Format {
 public:
  Technion() { absl::LoadTimeZone(kTechnionZone, &zone_); }
  TableKind kind() const override { return TableKind::kTsv; }

  absl::Status ReadHeader(const std::vector<std::string>& header) override {
    Columns columns(header);
    line_ = columns.Find({"vru+line", "vru.line"});
    call_id_ = columns.Find({"call_id"});
    customer_ = columns.Find({"customer_id"});
    type_ = columns.Find({"type"});
    date_ = columns.Find({"date"});
    vru_entry_ = columns.Find({"vru_entry"});
    vru_exit_ = columns.Find({"vru_exit"});
    q_start_ = columns.Find({"q_start"});
    q_exit_ = columns.Find({"q_exit"});
    outcome_ = columns.Find({"outcome"});
    ser_start_ = columns.Find({"ser_start"});
    ser_exit_ = columns.Find({"ser_exit"});
    server_ = columns.Find({"server"});
    return columns.status();
  }

  void Learn(const Row& row) override {
    if (!row.status.ok()) return;
    if (IsWord(row.fields[server_])) servers_.insert(row.fields[server_]);
    if (IsWord(row.fields[type_])) types_.insert(row.fields[type_]);
  }

  directory::v1::Directory Names() const override {
    SourceNames names(kTechnion, "Call centre of a bank, 1999", kTechnionZone);
    for (const std::string& server : servers_) names.AddAgent(AgentId(server), server);
    for (const Service& service : kServices) {
      if (types_.count(service.id) > 0) names.AddCategory(service.id, service.en, service.zh);
    }
    for (const std::string& type : types_) names.AddCategory(type, type, type);  // those that are not in the list
    return names.Rows();
  }

  absl::Status Take(const Row& row, std::vector<Batch>* complete) override {
    const std::string& outcome = row.fields[outcome_];
    if (outcome != "AGENT" && outcome != "HANG" && outcome != "PHANTOM") return BadField("outcome");
    if (!IsWord(row.fields[line_])) return BadField("vru+line");
    if (!IsWord(row.fields[call_id_])) return BadField("call_id");
    if (!IsWord(row.fields[type_])) return BadField("type");
    if (outcome == "AGENT" && !IsWord(row.fields[server_])) return BadField("server");
    const std::string& customer = row.fields[customer_];
    absl::CivilDay day;
    if (!ParseDay(row.fields[date_], &day)) return BadField("date");
    int64_t entry, exit, q_start, q_exit, ser_start, ser_exit;
    if (!ParseClock(row.fields[vru_entry_], &entry)) return BadField("vru_entry");
    if (!ParseClock(row.fields[vru_exit_], &exit)) return BadField("vru_exit");
    if (!ParseClock(row.fields[q_start_], &q_start)) return BadField("q_start");
    if (!ParseClock(row.fields[q_exit_], &q_exit)) return BadField("q_exit");
    if (!ParseClock(row.fields[ser_start_], &ser_start)) return BadField("ser_start");
    if (!ParseClock(row.fields[ser_exit_], &ser_exit)) return BadField("ser_exit");

    auto request = std::make_unique<iv1::RecordContactFactsRequest>();
    request->set_source(kTechnion);
    request->set_external_id(absl::StrCat(row.fields[line_], "-", row.fields[call_id_], "-", row.fields[date_]));
    // Spreadsheets made "6.02701E+11" of some: rounded, that is nobody. 0 is not known either.
    const bool digits = customer.find_first_not_of("0123456789") == std::string::npos;
    if (digits && customer.find_first_not_of('0') != std::string::npos) request->set_identifier(customer);
    request->set_site(kTechnion);
    request->set_channel(iv1::CHANNEL_PHONE);
    request->set_category(row.fields[type_]);
    const auto add = [&request](uint64_t number, absl::Time at) {
      auto* fact = request->add_facts();
      fact->set_number(number);
      *fact->mutable_occurred_at() = ToProto(at);
      return fact->mutable_fact();
    };

    Walk walk(day, entry, zone_);
    const absl::Time entered = walk.now();
    add(1, entered)->mutable_offered()->set_group("vru");
    absl::Time left = std::max(entered, walk.To(exit));
    if (q_start != 0 || q_exit != 0) {  // both zero: never queued
      add(2, walk.To(q_start))->mutable_queued();
      left = walk.To(q_exit);
      add(3, left)->mutable_left_queue();
    }
    auto party = iv1::RELEASE_PARTY_UNSPECIFIED;
    if (outcome == "AGENT") {
      const bool stamped = ser_start != 0 || ser_exit != 0;
      const absl::Time answered = stamped ? walk.To(ser_start) : left;
      add(4, answered)->mutable_answered()->set_agent(AgentId(row.fields[server_]));
      left = stamped ? walk.To(ser_exit) : left;
    } else if (outcome == "HANG") {
      party = iv1::RELEASE_PARTY_CUSTOMER;
    }
    auto* ended = add(5, left)->mutable_ended();
    ended->set_release_party(party);
    ended->set_phantom(outcome == "PHANTOM");

    Batch batch;
    batch.key = request->external_id();
    batch.request = std::move(request);
    batch.lines = {row.line};
    complete->push_back(std::move(batch));
    return absl::OkStatus();
  }
  void Finish(std::vector<Batch>*) override {}

 private:
  // A name of digits alone could be a colleague's job number.
  static std::string AgentId(const std::string& server) {
    const bool digits = server.find_first_not_of("0123456789") == std::string::npos;
    return digits ? absl::StrCat(kTechnion, "-", server) : server;
  }

  absl::TimeZone zone_;
  int line_ = -1, call_id_ = -1, customer_ = -1, type_ = -1, date_ = -1, vru_entry_ = -1, vru_exit_ = -1, q_start_ = -1,
      q_exit_ = -1, outcome_ = -1, ser_start_ = -1, ser_exit_ = -1, server_ = -1;
  std::set<std::string> servers_, types_;
};

}  // namespace

std::unique_ptr<Format> MakeTechnion() { return std::make_unique<Technion>(); }

}  // namespace shoujie::importer
