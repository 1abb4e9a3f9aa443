#include "services/cli/commands.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/cli/rpc_commands.h"
#include "services/runtime/base/error.h"
#include "services/runtime/ops/ops_service.h"
#include "services/runtime/rpc/server.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/runtime/rpc/fake_backend.h"

namespace shoujie::cli {
namespace {

using google::protobuf::Message;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Commands, EveryRowNamesAMethodAndNoMethodIsWithoutARow) {
  std::set<const google::protobuf::MethodDescriptor*> rows;
  std::set<const google::protobuf::ServiceDescriptor*> services;
  std::set<std::string> words;
  for (const auto& command : RpcCommands()) {
    const auto* method = FindMethod(command);
    ASSERT_NE(method, nullptr) << command.method;
    rows.insert(method);
    services.insert(method->service());
    EXPECT_TRUE(words.insert(command.noun + " " + command.verb).second) << command.noun << " " << command.verb;
    EXPECT_FALSE(command.examples.empty()) << command.noun << " " << command.verb;
    for (const auto& argument : command.fields.arguments) {
      EXPECT_TRUE(argument.field.empty() || !FindPath(*method->input_type(), argument.field).empty())
          << command.noun << " " << command.verb << ": " << argument.field;
    }
  }
  EXPECT_EQ(services.size(), 5u);
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i)
      if (!service->method(i)->server_streaming())  // a command of its own: watch.h
        EXPECT_EQ(rows.count(service->method(i)), 1u) << service->method(i)->full_name();
  }
}

// The program in this process against a server whose services answer what the test says.
class Program : public ::testing::Test {
 protected:
  struct Result {
    int code = 0;
    std::string out, err;
  };
  using Answer = std::function<absl::Status(const Message& request, Message* response)>;

  void SetUp() override {
    AddAllCommands(&registry_);
    Start();
    std::ofstream(token_file_) << "operator\n";
  }
  void Start() {
    ops::OpsOptions options;
    options.create_token = [](const std::string&, uint32_t) -> absl::StatusOr<std::string> {
      return std::string("secret");
    };
    options.revoke_token = [](const std::string&) -> absl::StatusOr<size_t> { return 0; };
    options.reference = [] {
      directory::v1::Directory directory;
      directory.add_features()->set_name("urging");
      return std::make_shared<const Reference>(std::move(directory));
    };
    rpc::ServerOptions server;
    server.authenticate = [](absl::string_view token) -> absl::StatusOr<Principal> {
      if (token == "operator") return Principal{"operators/first", 63};
      return absl::NotFoundError("");
    };
    server.mounted = {ops::MakeOpsService(backend_, std::move(options)),
                      Fake(*router::v1::TicketRow::descriptor()->file()->service(0)),
                      Fake(*interaction::v1::ContactRow::descriptor()->file()->service(0))};
    server_ = *rpc::RpcServer::Start(backend_, std::move(server));
  }
  rpc::MountedService Fake(const google::protobuf::ServiceDescriptor& service) {
    rpc::MountedService mounted{&service, {}};
    for (int i = 0; i < service.method_count(); ++i) {
      const std::string name = service.method(i)->name();
      if (service.method(i)->server_streaming()) {
        mounted.streams[name] = [this](const Message& request, const Principal&, WakeStream) {
          return watch_(request);
        };
        continue;
      }
      mounted.handlers[name] = [this, name](const Message& request, Message* response, const Principal&) {
        const auto answer = answers_.find(name);
        return answer == answers_.end() ? absl::UnimplementedError("") : answer->second(request, response);
      };
    }
    return mounted;
  }
  template <typename Request, typename Response>
  void On(const std::string& method, std::function<absl::Status(const Request&, Response*)> answer) {
    answers_[method] = [answer](const Message& request, Message* response) {
      return answer(static_cast<const Request&>(request), static_cast<Response*>(response));
    };
  }
  Result Run(std::vector<std::string> words) {
    std::vector<std::string> all = {"--server", server_->address(), "--token-file", token_file_, "--lang", "en"};
    all.insert(all.end(), words.begin(), words.end());
    std::ostringstream out, err;
    Result result;
    result.code = registry_.Run(all, out, err);
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  rpctest::FakeBackend backend_;
  std::map<std::string, Answer> answers_;
  std::function<absl::StatusOr<std::unique_ptr<AnswerStream>>(const Message& request)> watch_;
  std::unique_ptr<rpc::RpcServer> server_;
  Registry registry_;
  const TempDir folder_;
  const std::string token_file_ = folder_ / "cli_test.token";
};

TEST_F(Program, ACommandSendsItsFieldsWithARequestIdOfTheServersClock) {
  backend_.set_clock(*MakeScaledClock("1999-02-01T00:00:00Z,x10"));
  Start();
  router::v1::CloseTicketRequest seen;
  On<router::v1::CloseTicketRequest, common::v1::CommandReply>("CloseTicket", [&](const auto& request, auto* reply) {
    seen = request;
    reply->set_name(request.name());
    reply->set_etag("8");
    return absl::OkStatus();
  });
  const auto result = Run({"ticket", "close", "0413-000127-6-T1", "--code", "solved", "--result", "换了新机"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(seen.name(), "tickets/0413-000127-6-T1");
  EXPECT_EQ(seen.result(), "换了新机");
  EXPECT_EQ(seen.request_id().substr(0, 6), "00d5b2") << seen.request_id();  // February 1999, not today
  EXPECT_EQ(seen.request_id()[14], '7');
  EXPECT_THAT(result.out, HasSubstr("tickets/0413-000127-6-T1  8"));
  EXPECT_EQ(Run({"ticket", "close", "0413-000127-6-T1", "-o", "name"}).out, "tickets/0413-000127-6-T1\n");
}

TEST_F(Program, NoAnswerIsAskedAgainWithTheSameRequestId) {
  std::vector<std::string> ids;
  On<router::v1::AddNoteRequest, common::v1::CommandReply>("AddNote", [&](const auto& request, auto*) {
    ids.push_back(request.request_id());
    if (ids.size() < 3) return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN", "Unknown.", "未知。");
    return absl::OkStatus();
  });
  const auto result = Run({"ticket", "note", "1-T1", "text"});
  EXPECT_EQ(result.code, kOk) << result.err;
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_THAT(result.err, HasSubstr("OUTCOME_UNKNOWN"));
}

TEST_F(Program, ExitCodesFollowTheKindOfRefusal) {
  absl::Status status;
  On<common::v1::GetRequest, router::v1::Ticket>("GetTicket", [&](const auto&, auto*) { return status; });
  const auto code = [&](absl::Status s) {
    status = std::move(s);
    return Run({"ticket", "get", "1-T1"}).code;
  };
  EXPECT_EQ(code(absl::OkStatus()), kOk);
  EXPECT_EQ(code(Refused("WET", "Wet.", "湿。")), kRefused);
  EXPECT_EQ(code(NotFound("GONE", "Gone.", "无。")), kNotFound);
  EXPECT_EQ(code(Denied("NO", "No.", "否。")), kNotAllowed);
  EXPECT_EQ(code(absl::ResourceExhaustedError("")), kUnavailable);
  EXPECT_EQ(code(absl::DataLossError("")), kInternal);
  EXPECT_EQ(Run({"ticket", "get"}).code, kUsage);
  EXPECT_EQ(Run({"ticket", "frob"}).code, kUsage);
  EXPECT_EQ(Run({"ticket", "get", "1-T1", "--as-of", "soon"}).code, kUsage);
  std::ofstream(token_file_) << "stolen\n";
  EXPECT_EQ(Run({"ticket", "get", "1-T1"}).code, kNotAllowed);
}

TEST_F(Program, AnErrorSpeaksTheCallersLanguageAndOnStderr) {
  On<common::v1::GetRequest, router::v1::Ticket>("GetTicket", [&](const auto&, auto*) {
    return Refused("PAINT_WET", "The paint is wet. Wait an hour.", "油漆未干，请等一小时。", {{"minutes", "60"}});
  });
  auto result = Run({"ticket", "get", "1-T1"});
  EXPECT_EQ(result.err, "error: The paint is wet. Wait an hour. [PAINT_WET]\n  minutes: 60\n");
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(Run({"ticket", "get", "1-T1", "--lang=zh"}).code, kUsage);  // twice
  std::ostringstream out, err;
  registry_.Run({"--server", server_->address(), "--token-file", token_file_, "--lang", "zh", "ticket", "get", "1-T1"},
                out, err);
  EXPECT_THAT(err.str(), HasSubstr("油漆未干"));
  result = Run({"ticket", "get", "1-T1", "-o", "json"});
  EXPECT_EQ(nlohmann::json::parse(result.err)["error"]["reason"], "PAINT_WET");
  EXPECT_EQ(nlohmann::json::parse(result.err)["error"]["metadata"]["minutes"], "60");
}

TEST_F(Program, ListsReadEveryPageUnlessOneIsAskedFor) {
  On<router::v1::ListTicketsRequest, router::v1::ListTicketsResponse>(
      "ListTickets", [&](const auto& request, auto* response) {
        EXPECT_EQ(request.owner(), "1001");
        const int page = request.page_token().empty() ? 1 : 2;
        response->add_tickets()->set_name(absl::StrCat("tickets/", page));
        if (page == 1) response->set_next_page_token("next");
        response->add_lagging_partitions(5);
        return absl::OkStatus();
      });
  const std::vector<std::string> list = {"ticket", "list", "--owner", "1001"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), list.begin(), list.end());
    return Run(more);
  };
  EXPECT_EQ(with({"-o", "name"}).out, "tickets/1\ntickets/2\n");
  EXPECT_THAT(with({}).err, HasSubstr("lag behind; the answer may miss their last records: 5"));
  EXPECT_THAT(with({}).out, HasSubstr("NAME"));
  const auto one = with({"--page-size", "1", "-o", "name"});
  EXPECT_EQ(one.out, "tickets/1\n");
  EXPECT_THAT(one.err, HasSubstr("--page-token next"));
  const auto json = nlohmann::json::parse(with({"-o", "json"}).out);
  EXPECT_EQ(json["tickets"].size(), 2u);
  EXPECT_EQ(json["lagging_partitions"].size(), 1u);
  const auto lines = with({"-o", "jsonl"}).out;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
}

TEST_F(Program, HistoriesAreEventsInCommitOrder) {
  On<common::v1::ListHistoryRequest, common::v1::ListHistoryResponse>(
      "ListTicketHistory", [&](const auto&, auto* response) {
        auto* entry = response->add_entries();
        entry->set_version(1);
        entry->set_principal("agents/1001");
        router::v1::Event event;
        event.mutable_ticket_opened()->set_owner("1001");
        entry->add_events()->PackFrom(event);
        event.mutable_handoff_offered()->set_department("tech");
        entry->add_events()->PackFrom(event);
        entry = response->add_entries();
        entry->set_version(2);
        entry->set_declined("TIMER_STALE");
        return absl::OkStatus();
      });
  const auto table = Run({"ticket", "history", "1-T1"}).out;
  EXPECT_THAT(table, HasSubstr("1                   agents/1001  ticket-opened          owner=1001\n"));
  EXPECT_THAT(table, HasSubstr("handoff-offered        department=tech\n"));
  EXPECT_THAT(table, HasSubstr("declined: TIMER_STALE"));
  std::istringstream lines(Run({"ticket", "history", "1-T1", "-o", "jsonl"}).out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["events"][1]["handoff_offered"]["department"], "tech");
}

TEST_F(Program, ReportsAreOneObjectWithNumbers) {
  On<interaction::v1::ReportContactsRequest, interaction::v1::ReportContactsResponse>(
      "ReportContacts", [&](const auto& request, auto* response) {
        EXPECT_EQ(request.source(), "technion");
        response->set_contacts(17456);
        (*response->mutable_by_outcome())["answered"] = 14405;
        response->set_wait_answered_p90_s(111);
        return absl::OkStatus();
      });
  const auto json = nlohmann::json::parse(Run({"report", "contacts", "--source", "technion", "-o", "json"}).out);
  EXPECT_EQ(json["contacts"], 17456);
  EXPECT_EQ(json["by_outcome"]["answered"], 14405);
  EXPECT_EQ(json["wait_answered_p90_s"], 111);
  EXPECT_EQ(json["abandoned_in_queue"], 0);
  EXPECT_THAT(Run({"report", "contacts", "--source", "technion"}).out, HasSubstr("answered  14405"));
}

TEST_F(Program, OperatorsActsAndShards) {
  EXPECT_EQ(Run({"token", "create", "agents/1001", "--rights", "agent,read", "-o", "name"}).out, "secret\n");
  EXPECT_EQ(Run({"token", "create", "agents/1001"}).code, kUsage);
  EXPECT_EQ(Run({"token", "revoke", "agents/1001"}).code, kNotFound);
  EXPECT_EQ(Run({"shard", "list", "-o", "name"}).out, "shards/fake/0\nshards/fake/1\n");
  EXPECT_THAT(Run({"server", "info"}).out, HasSubstr("shards_serving: 1"));
}

TEST_F(Program, ANounWithinANounHasItsOwnVerbsAndHelp) {
  EXPECT_THAT(Run({"admin", "feature", "list"}).out, HasSubstr("  0.2.0  yes"));
  EXPECT_THAT(Run({"admin", "feature", "list", "-o", "name"}).out, StartsWith("urging\n"));
  EXPECT_EQ(Run({"admin", "feature"}).code, kUsage);
  EXPECT_THAT(Run({"admin", "--help"}).out, HasSubstr("feature"));
  const auto help = Run({"admin", "feature", "--help"});
  EXPECT_EQ(help.code, kOk);
  EXPECT_THAT(help.out, HasSubstr("enable"));
  EXPECT_THAT(Run({"admin", "feature", "enable", "--help"}).out, HasSubstr("Usage: shoujie admin feature enable"));
  EXPECT_THAT(registry_.Complete({"admin", "feat"}), ElementsAre("feature"));
  EXPECT_THAT(registry_.Complete({"admin", "feature", ""}), ElementsAre("enable", "list"));
}

// Answers of a watch, one after the other, and how it ends.
class Script : public AnswerStream {
 public:
  Script(std::vector<router::v1::WatchTicketsResponse> answers, absl::Status end)
      : answers_(std::move(answers)), end_(std::move(end)) {}
  absl::StatusOr<Step> Next(Message* answer) override {
    if (next_ == answers_.size()) {
      if (!end_.ok()) return end_;
      return Step::kEnd;
    }
    answer->CopyFrom(answers_[next_++]);
    return Step::kAnswer;
  }

 private:
  const std::vector<router::v1::WatchTicketsResponse> answers_;
  const absl::Status end_;
  size_t next_ = 0;
};

router::v1::WatchTicketsResponse AnswerWith(const std::string& token, const std::vector<std::string>& ids) {
  router::v1::WatchTicketsResponse answer;
  answer.set_resume_token(token);
  for (const std::string& id : ids) {
    answer.add_events()->set_id(id);
    answer.mutable_events()->rbegin()->set_specversion("1.0");
  }
  return answer;
}

TEST_F(Program, AWatchWritesOneEventALineAndGoesOnFromItsLastTokenWhenItIsInterrupted) {
  std::vector<std::string> asked;
  watch_ = [&](const Message& message) -> absl::StatusOr<std::unique_ptr<AnswerStream>> {
    const auto& request = static_cast<const router::v1::WatchTicketsRequest&>(message);
    EXPECT_EQ(request.department(), "tech");
    asked.push_back(request.resume_token());
    if (asked.size() == 1) {
      return std::make_unique<Script>(std::vector{AnswerWith("t0", {}), AnswerWith("t1", {"a", "b"})},
                                      Error(absl::StatusCode::kUnavailable, "SERVER_STOPPING", "Stopping.", "停止。"));
    }
    if (asked.size() == 2) {
      return std::make_unique<Script>(std::vector{AnswerWith("t2", {"c"})},
                                      Error(absl::StatusCode::kResourceExhausted, "WATCH_SLOW", "Slow.", "慢。"));
    }
    return std::make_unique<Script>(std::vector{AnswerWith("t3", {"d"})}, absl::OkStatus());
  };
  const std::string file = folder_ / "resume";
  auto result =
      Run({"ticket", "watch", "--department", "tech", "--since", "t-early", "--resume-file", file, "--count", "4"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(asked, ElementsAre("t-early", "t1", "t2"));
  std::vector<std::string> ids;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) ids.push_back(nlohmann::json::parse(line)["id"]);
  EXPECT_THAT(ids, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(result.err, HasSubstr("SERVER_STOPPING"));
  EXPECT_THAT(result.err, HasSubstr("--since t3"));

  asked.clear();
  asked.resize(2);
  result = Run({"ticket", "watch", "--department", "tech", "--resume-file", file, "--count", "1", "-o", "name"});
  EXPECT_EQ(result.out, "d\n");
  EXPECT_EQ(asked.back(), "t3") << "from the file";
}

TEST_F(Program, AWatchThatIsRefusedSaysWhy) {
  watch_ = [](const Message&) -> absl::StatusOr<std::unique_ptr<AnswerStream>> {
    return Denied("NOT_OF_DEPARTMENT", "Not of the department.", "非本部门。");
  };
  const auto result = Run({"ticket", "watch", "--department", "tech"});
  EXPECT_EQ(result.code, kNotAllowed);
  EXPECT_THAT(result.err, HasSubstr("[NOT_OF_DEPARTMENT]"));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(Run({"ticket", "watch"}).code, kUsage) << "without a department";
}

TEST_F(Program, AQueryThatLeavesARecordCarriesARequestId) {
  router::v1::GetContactDetailsRequest seen;
  On<router::v1::GetContactDetailsRequest, router::v1::ContactDetails>("GetContactDetails",
                                                                       [&](const auto& request, auto* details) {
                                                                         seen = request;
                                                                         details->set_phone("+8613900001111");
                                                                         return absl::OkStatus();
                                                                       });
  const auto result = Run({"ticket", "contact-details", "0413-000127-6-T1", "--purpose", "appointment"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(seen.purpose(), "appointment");
  EXPECT_EQ(seen.request_id().size(), 36u);
  EXPECT_THAT(result.out, HasSubstr("+8613900001111"));
}

TEST_F(Program, AnOfferNeedsNoDepartment) {
  router::v1::OfferHandoffRequest seen;
  On<router::v1::OfferHandoffRequest, common::v1::CommandReply>("OfferHandoff", [&](const auto& request, auto*) {
    seen = request;
    return absl::OkStatus();
  });
  const auto result = Run({"handoff", "offer", "0413-000127-6-T1", "--deadline", "+4h", "--gist", "black screen"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(seen.department(), "");
  EXPECT_EQ(seen.gist(), "black screen");
}

TEST_F(Program, ARouteIsATableOfRowsAndOfWhoIsResponsible) {
  router::v1::ExplainRoutingRequest seen;
  On<router::v1::ExplainRoutingRequest, router::v1::ExplainRoutingResponse>(
      "ExplainRouting", [&](const auto& request, auto* response) {
        seen = request;
        auto* line = response->add_lines();
        line->set_what(router::v1::ROUTE_LINE_KIND_PASSED);
        line->set_rule("shipping");
        line->set_mismatch(router::v1::ROUTE_MATCHER_CATEGORIES);
        line = response->add_lines();
        line->set_what(router::v1::ROUTE_LINE_KIND_CHOSEN);
        line->set_rule("fault");
        line->set_department("tech");
        line->set_person("1036");
        line->set_roster("tech-hangzhou");
        line->set_choice(router::v1::DUTY_CHOICE_ON_DUTY);
        line->set_in_hand(2);
        line->set_capacity(3);
        line->set_zh("由部门 tech 的工号 1036 负责");
        return absl::OkStatus();
      });
  const std::vector<std::string> route = {"ticket", "route",  "0413-000127-6-T1", "--as-version", "7",
                                          "--at",   "now+2h", "--duty-role",      "on-call"};
  const auto result = Run(route);
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(seen.name(), "tickets/0413-000127-6-T1");
  EXPECT_EQ(seen.as_version(), 7u);
  EXPECT_EQ(seen.duty_role(), "on-call");
  EXPECT_TRUE(seen.has_at());
  EXPECT_THAT(result.out, ContainsRegex("WHAT +RULE +DEPARTMENT +PERSON +ROSTER"));
  EXPECT_THAT(result.out, ContainsRegex("passed +shipping +categories"));
  EXPECT_THAT(result.out, ContainsRegex("CHOICE +IN-HAND +CAPACITY"));
  EXPECT_THAT(result.out, ContainsRegex("chosen +fault +tech +1036 +tech-hangzhou +on-duty +2 +3"));
  EXPECT_THAT(Run({"ticket", "route", "1-T1", "-o", "wide"}).out, HasSubstr("由部门 tech 的工号 1036 负责"));
  EXPECT_EQ(Run({"ticket", "route"}).code, kUsage);
}

TEST_F(Program, RulingsAreListedByNameSoThatTheyCanBeCited) {
  On<router::v1::ListRulingsRequest, router::v1::ListRulingsResponse>(
      "ListRulings", [](const auto& request, auto* response) {
        EXPECT_EQ(request.department(), "warehouse");
        response->add_rulings()->set_name("tickets/0398-000044-1-T1/rulings/2");
        response->mutable_rulings(0)->set_department("warehouse");
        return absl::OkStatus();
      });
  const auto names = Run({"ticket", "rulings", "--department", "warehouse", "-o", "name"});
  EXPECT_EQ(names.out, "tickets/0398-000044-1-T1/rulings/2\n") << names.err;
  EXPECT_THAT(Run({"ticket", "rulings", "--department", "warehouse"}).out, HasSubstr("PARTIES"));

  router::v1::AdjudicateRequest seen;
  On<router::v1::AdjudicateRequest, common::v1::CommandReply>("Adjudicate", [&](const auto& request, auto*) {
    seen = request;
    return absl::OkStatus();
  });
  const auto ruled = Run({"ticket", "adjudicate", "0413-000127-6-T1", "--back-to-owner", "--grounds", "as in another",
                          "--precedents", "tickets/0398-000044-1-T1/rulings/2"});
  EXPECT_EQ(ruled.code, kOk) << ruled.err;
  EXPECT_TRUE(seen.back_to_owner());
  EXPECT_EQ(seen.name(), "tickets/0413-000127-6-T1");
  EXPECT_THAT(seen.precedents(), ElementsAre("tickets/0398-000044-1-T1/rulings/2"));
}

TEST_F(Program, HelpBeginsWithExamplesAndNamesTheExitCodes) {
  const auto help = Run({"--help"});
  EXPECT_EQ(help.code, kOk);
  EXPECT_LT(help.out.find("Examples:"), help.out.find("Usage:"));
  EXPECT_THAT(help.out, HasSubstr("5 no answer"));
  const auto verb = Run({"handoff", "offer", "--help"});
  EXPECT_LT(verb.out.find("shoujie handoff offer 0413"), verb.out.find("Usage: shoujie handoff offer"));
}

TEST_F(Program, CompletionKnowsNounsVerbsFlagsAndChoices) {
  EXPECT_THAT(registry_.Complete({"hand"}), ElementsAre("handoff"));
  EXPECT_THAT(registry_.Complete({"ticket", "re"}),
              ElementsAre("record-facts", "reopen", "report-up", "request-adjudication", "request-extension"));
  EXPECT_THAT(registry_.Complete({"ticket", "close", "1-T1", "--re"}),
              ElementsAre("--record", "--request-id", "--result"));
  EXPECT_THAT(registry_.Complete({"--output", "js"}), ElementsAre("json", "jsonl"));
  EXPECT_THAT(registry_.Complete({"ticket", "reopen", "1-T1", "--reason", "not"}), ElementsAre("not-solved"));
  EXPECT_THAT(Run({"completion", "bash"}).out, HasSubstr("complete -o default -F _shoujie shoujie"));
}

TEST(Language, FollowsTheUsualVariables) {
  const auto of = [](std::map<std::string, std::string> env) {
    return LanguageOf([env](const char* name) { return env.count(name) ? env.at(name).c_str() : nullptr; });
  };
  EXPECT_EQ(of({{"LANG", "zh_CN.UTF-8"}}), "zh");
  EXPECT_EQ(of({{"LANG", "zh_CN.UTF-8"}, {"LC_ALL", "C"}}), "en");
  EXPECT_EQ(of({}), "en");
}

}  // namespace
}  // namespace shoujie::cli
