// Figures: imported history and live calls count alike, and the real data of a bank's call centre give their known
// figures (skipped, and said so, where the data are absent).
#include "services/interaction/report.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/interaction/domain/times.h"
#include "services/interaction/projection.h"
#include "services/interaction/service.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

v1::ContactRow RowOf(const World& w) {
  v1::ContactRow row;
  for (const auto& event : w.all) ProjectContact(row, event, EventContext{.stream = World::kName, .version = 1});
  return row;
}

void AddFact(v1::RecordContactFactsRequest* request, uint64_t number, double seconds, v1::Fact fact) {
  auto* one = request->add_facts();
  one->set_number(number);
  *one->mutable_occurred_at() = ToProto(World::Start() - absl::Hours(24 * 365) + absl::Seconds(seconds));
  *one->mutable_fact() = std::move(fact);
}
v1::RecordContactFactsRequest PastCall() {
  v1::RecordContactFactsRequest request;
  request.set_source("bank");
  request.set_external_id("AA0101-34537");
  request.set_category("PS");
  v1::Fact offered, queued, left, answered, ended;
  offered.mutable_offered();
  queued.mutable_queued();
  left.mutable_left_queue();
  answered.mutable_answered()->set_agent("TOVA");
  ended.mutable_ended();
  AddFact(&request, 1, 0, offered);
  AddFact(&request, 2, 6, queued);
  AddFact(&request, 3, 40, left);
  AddFact(&request, 4, 39, answered);  // the source's clocks overlap by a second
  AddFact(&request, 5, 143, ended);
  return request;
}

TEST(HistoryTest, FactsOfThePastSkipPolicyAndAreCounted) {
  World w;
  ASSERT_TRUE(w.Send(PastCall(), World::Switch()).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
  EXPECT_TRUE(w.contact.history());
  EXPECT_EQ(w.contact.owner(), "TOVA");
  EXPECT_EQ(w.contact.flags_size(), 0);
  EXPECT_TRUE(w.type("contacts").Timers(w.contact).empty());
  ASSERT_TRUE(w.events.back().has_facts_recorded());
  EXPECT_EQ(w.Count(v1::Event::kFactsRecorded), 1);
  EXPECT_EQ(w.events.back().facts_recorded().recorded(), 5u);
  EXPECT_EQ(w.events.back().facts_recorded().last_number(), 5u);
  EXPECT_EQ(QueueMs(w.contact.times()), 34'000);
  EXPECT_EQ(TalkMs(w.contact.times()), 104'000);
}

TEST(HistoryTest, RepeatedImportChangesNothingAndALongerOneGoesOn) {
  World w;
  v1::RecordContactFactsRequest request = PastCall();
  v1::RecordContactFactsRequest first = request;
  first.mutable_facts()->DeleteSubrange(3, 2);
  ASSERT_TRUE(w.Send(first, World::Switch()).ok());
  ASSERT_TRUE(w.Send(request, World::Switch()).ok());
  EXPECT_EQ(w.events.back().facts_recorded().recorded(), 2u);
  EXPECT_EQ(w.events.back().facts_recorded().repeated(), 3u);
  const std::string before = w.contact.SerializeAsString();
  ASSERT_TRUE(w.Send(request, World::Switch()).ok());
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.contact.SerializeAsString(), before);
}

TEST(HistoryTest, FutureAndEmptyFactsAreRefused) {
  World w;
  v1::RecordContactFactsRequest request = PastCall();
  *request.mutable_facts(4)->mutable_occurred_at() = ToProto(World::Start() + absl::Hours(1));
  EXPECT_EQ(ReasonOf(w.Send(request, World::Switch())), "TIME_IN_FUTURE");
  request.mutable_facts(4)->clear_occurred_at();
  EXPECT_EQ(ReasonOf(w.Send(request, World::Switch())), "FACT_NEEDED");
}

TEST(ProjectionTest, RowAgreesWithTheState) {
  World w;
  ASSERT_TRUE(w.Offered(0, 2).ok() && w.Queued(1).ok() && w.Answered(9, "1001").ok());
  EXPECT_EQ(RowOf(w).state(), v1::CONTACT_STATE_ACTIVE);
  ASSERT_TRUE(w.Ended(60).ok());
  EXPECT_EQ(RowOf(w).state(), v1::CONTACT_STATE_WRAP_UP);
  ASSERT_TRUE(w.As("1001", DisposeTicket()).ok());
  const v1::ContactRow row = RowOf(w);
  EXPECT_EQ(row.state(), w.contact.state());
  EXPECT_EQ(row.owner(), "1001");
  EXPECT_EQ(row.handler(), "1001");
  EXPECT_EQ(row.ticket(), "tickets/0413-000127-6-T1");
  EXPECT_EQ(row.times().SerializeAsString(), w.contact.times().SerializeAsString());
  EXPECT_THAT(ContactIndexKeys(row), testing::Contains("owner/1001/1718589600000/contacts/0413-000127-6"));
  EXPECT_EQ(row.SerializeAsString().find("138001"), std::string::npos);
  EXPECT_EQ(row.SerializeAsString().find("boiler"), std::string::npos);
}

TEST(ProjectionTest, MissedCallThatWasAnsweredAfterAllIsNotMissed) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok() && w.Ended(60).ok());
  EXPECT_TRUE(RowOf(w).missed());
  ASSERT_TRUE(w.Answered(9, "1001").ok());
  EXPECT_FALSE(RowOf(w).missed());
  EXPECT_EQ(RowOf(w).outcome(), v1::OUTCOME_ANSWERED);
  EXPECT_EQ(RowOf(w).state(), v1::CONTACT_STATE_WRAP_UP);
}

TEST(ReportTest, AbandonedAreSplitAtTheAlarmAndMeansAreRoundedToHundredths) {
  const Reference reference(TestDirectory());
  v1::ReportContactsRequest request;
  auto report = ContactReport::Make(request, reference);
  ASSERT_TRUE(report.ok());
  for (double end : {10.0, 17.0, 18.0}) {
    World w;
    ASSERT_TRUE(w.Offered(0).ok() && w.Ended(end).ok());
    report->Add(RowOf(w));
  }
  for (double answered : {1.0, 2.0, 2.0}) {
    World w;
    ASSERT_TRUE(w.Offered(0).ok() && w.Queued(0).ok() && w.Answered(answered, "1001").ok() && w.Ended(5).ok());
    report->Add(RowOf(w));
  }
  v1::ReportContactsResponse response;
  report->Write(&response);
  EXPECT_EQ(response.contacts(), 6u);
  EXPECT_EQ(response.missed(), 3u);
  EXPECT_EQ(response.abandoned_before_alarm(), 2u);
  EXPECT_EQ(response.abandoned_after_alarm(), 1u);
  EXPECT_DOUBLE_EQ(response.wait_answered_mean_s(), 1.67);
  EXPECT_DOUBLE_EQ(response.talk_mean_s(), 3.33);
  EXPECT_EQ(response.by_day().at("2024-06-17"), 6u);
  request.set_time_zone("Nowhere/Land");
  EXPECT_EQ(ReasonOf(ContactReport::Make(request, reference).status()), "TIME_ZONE_UNKNOWN");
}

// Every method of the service is a command of a stream, a registered query, a Get or a history.
TEST(ServiceTest, EveryMethodIsServedByARule) {
  ServiceModule module = Service();
  ASSERT_EQ(module.rpc.size(), 1u);
  ASSERT_NE(module.rpc[0], nullptr);
  for (int i = 0; i < module.rpc[0]->method_count(); ++i) {
    const auto* method = module.rpc[0]->method(i);
    bool served = method->input_type() == common::v1::GetRequest::descriptor() ||
                  method->input_type() == common::v1::ListHistoryRequest::descriptor();
    for (const auto& type : module.domain.streams) {
      for (const auto* command : type->commands()) served |= command == method->input_type();
    }
    for (const auto& query : module.queries) served |= query.method == method->name();
    EXPECT_TRUE(served) << method->name();
  }
}

// --- the call log of the Technion data set, 1-14 February 1999 ---

absl::Time At(absl::CivilDay day, absl::string_view clock, absl::TimeZone zone) {
  const std::vector<std::string> parts = absl::StrSplit(clock, ':');
  return absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), std::stoi(parts[0]), std::stoi(parts[1]),
                                           std::stoi(parts[2])),
                         zone);
}

// $SHOUJIE_SHARED_DATA, else shared/data beside the tree.
std::string TechnionFolder() {
  const char* data = std::getenv("SHOUJIE_SHARED_DATA");
  if (data) return std::string(data) + "/technion_bank_feb1999";
  for (auto folder = std::filesystem::current_path(); folder != folder.root_path(); folder = folder.parent_path()) {
    const auto there = folder / "shared/data/technion_bank_feb1999";
    if (std::filesystem::exists(there)) return there.string();
  }
  return "";
}

TEST(ReportTest, RealCallLogGivesItsKnownFiguresAsHistoryAndLive) {
  const std::string path = TechnionFolder();
  std::ifstream truth_file(path + "/truth.json");
  if (!truth_file)
    GTEST_SKIP() << "the Technion data set is not there; set SHOUJIE_SHARED_DATA to the folder of the data sets";
  std::stringstream truth;
  truth << truth_file.rdbuf();
  FILE* calls = popen(("gzip -dc " + path + "/calls.tsv.gz").c_str(), "r");
  ASSERT_NE(calls, nullptr);
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Asia/Jerusalem", &zone));

  const Reference reference(TestDirectory());
  v1::ReportContactsRequest request;
  request.set_time_zone("Asia/Jerusalem");
  auto history = ContactReport::Make(request, reference);
  auto live = ContactReport::Make(request, reference);
  ASSERT_TRUE(history.ok() && live.ok());
  ServiceDomain domain = Domain();
  const StreamType& contacts = *domain.streams[0];
  const Principal importer = World::Switch("adapters/import");

  char line[512];
  ASSERT_NE(fgets(line, sizeof(line), calls), nullptr);  // header
  while (fgets(line, sizeof(line), calls)) {
    const std::vector<std::string> f = absl::StrSplit(absl::StripAsciiWhitespace(line), '\t');
    ASSERT_EQ(f.size(), 17u) << line;
    const int date = std::stoi(f[5]);
    const absl::CivilDay day(1900 + date / 10000, date / 100 % 100, date % 100);
    const absl::Time entry = At(day, f[6], zone);
    auto at = [&](const std::string& clock) {        // past midnight counted on
      const absl::Time time = At(day, clock, zone);  // the machines differ by more than a minute
      return time + absl::Hours(12) < entry ? At(day + 1, clock, zone) : time;
    };
    std::vector<std::pair<absl::Time, v1::Fact>> facts;
    v1::Fact fact;
    fact.mutable_offered();
    facts.emplace_back(entry, fact);
    const bool queued = f[11] != "0";  // a call may join the queue at midnight
    if (queued) {
      fact.mutable_queued();
      facts.emplace_back(at(f[9]), fact);
      fact.mutable_left_queue();
      facts.emplace_back(at(f[10]), fact);
    }
    const bool answered = f[12] == "AGENT";
    if (answered) {
      fact.mutable_answered()->set_agent(f[16]);
      facts.emplace_back(at(f[13]), fact);
    }
    fact.mutable_ended()->set_phantom(f[12] == "PHANTOM");
    facts.emplace_back(answered ? at(f[14]) : queued ? at(f[10]) : at(f[7]), fact);

    v1::RecordContactFactsRequest past;
    past.set_source("technion");
    past.set_external_id(f[0] + "-" + f[1]);
    past.set_category(f[4]);
    for (const auto& [when, what] : facts) {
      auto* one = past.add_facts();
      one->set_number(static_cast<uint64_t>(past.facts_size()));
      *one->mutable_occurred_at() = ToProto(when);
      *one->mutable_fact() = what;
    }
    for (const bool as_history : {true, false}) {
      v1::ContactRow row;
      v1::Contact state;
      uint64_t version = 0;
      auto send = [&](const google::protobuf::Message& command, absl::Time now) {
        const Context context{.now = now,
                              .recorded_at = as_history ? World::Start() : now,
                              .principal = importer,
                              .reference = reference,
                              .stream = World::kName,
                              .version = version,
                              .history = as_history,
                              .open = nullptr};
        auto decided = contacts.Decide(state, command, context);
        ASSERT_TRUE(decided.ok()) << decided.status() << "\n" << line;
        ++version;
        for (auto& one : *decided) {
          const EventContext event_at{.stream = World::kName, .version = version};
          contacts.Evolve(state, *one.event, event_at);
          ProjectContact(row, static_cast<const v1::Event&>(*one.event), event_at);
        }
      };
      if (as_history) {
        send(past, World::Start());
      } else {
        for (const auto& one : past.facts()) {
          v1::ReportContactFactRequest fact_request;
          fact_request.set_source(past.source());
          fact_request.set_external_id(past.external_id());
          fact_request.set_category(past.category());
          *fact_request.mutable_occurred_at() = one.occurred_at();
          *fact_request.mutable_fact() = one.fact();
          send(fact_request, ToTime(one.occurred_at()));
        }
      }
      ASSERT_EQ(row.times().SerializeAsString(), state.times().SerializeAsString());
      (as_history ? history : live)->Add(row);
    }
  }
  ASSERT_EQ(pclose(calls), 0);

  // Compared as JSON, as the command line prints it: every key of `figures` with the same value.
  for (auto* report : {&*history, &*live}) {
    v1::ReportContactsResponse response;
    report->Write(&response);
    google::protobuf::Struct expected, printed;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(truth.str(), &expected).ok());
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(response, &json, options).ok());
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &printed).ok());
    for (const auto& [key, value] : expected.fields().at("figures").struct_value().fields()) {
      ASSERT_TRUE(printed.fields().contains(key)) << key;
      if (value.has_struct_value()) {
        const auto& want = value.struct_value().fields();
        const auto& got = printed.fields().at(key).struct_value().fields();
        EXPECT_EQ(got.size(), want.size()) << key;
        for (const auto& [name, count] : want) {
          ASSERT_TRUE(got.contains(name)) << key << " " << name;
          EXPECT_EQ(got.at(name).number_value(), count.number_value()) << key << " " << name;
        }
      } else {
        EXPECT_EQ(printed.fields().at(key).number_value(), value.number_value()) << key;
      }
    }
  }
}

}  // namespace
}  // namespace shoujie::interaction
