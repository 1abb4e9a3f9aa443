// Rules that cannot fail prove nothing: each one must find what is planted for it, and leave its decent neighbour
// alone.
#include "tests/tidy/rules.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace shoujie::tidy {
namespace {

struct Planting {
  std::string rule;
  std::string path;
  std::string bad;
  std::string good;  // the same file as it should be
};

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

const std::vector<Planting>& Plantings() {
  static const std::vector<Planting> kPlantings = {
      {"DomainIsPure", "services/router/domain/a.cc", "#include <chrono>\n", "#include <string>\n"},
      {"DomainIsPure", "services/router/domain/b.cc", "#include \"services/runtime/clock/clock.h\"\n",
       "#include \"services/runtime/domain.h\"\n"},
      {"DomainIsPure", "services/router/domain/c.cc", "#include \"absl/synchronization/mutex.h\"\n",
       "#include \"absl/time/time.h\"\n"},
      {"DomainIsPure", "services/router/domain/d.cc", "auto h = std::hash<int>()(1);\n", "// std::hash is forbidden\n"},
      {"DomainIsPure", "services/router/domain/e.cc", "#include \"services/router/projection.h\"\n",
       "#include \"services/router/domain/ticket.h\"\n"},
      {"DependenciesPointInwards", "services/router/a.cc", "#include \"services/profile/service.h\"\n",
       "#include \"shoujie/profile/v1/events.pb.h\"\n"},
      {"DependenciesPointInwards", "services/router/projection.cc", "#include \"services/router/service.h\"\n",
       "#include \"services/router/domain/domain.h\"\n"},
      {"DependenciesPointInwards", "services/router/service.cc", "#include \"services/runtime/shard/shard.h\"\n",
       "#include \"services/runtime/service.h\"\n"},
      {"DependenciesPointInwards", "services/router/reactions.cc", "#include \"services/runtime/rpc/server.h\"\n",
       "#include \"services/runtime/base/error.h\"\n"},
      {"DependenciesPointInwards", "services/runtime/node.cc", "#include \"services/router/service.h\"\n",
       "#include \"services/runtime/shard/shard.h\"\n"},
      {"DependenciesPointInwards", "services/runtime/base/a.cc", "#include \"services/runtime/clock/clock.h\"\n",
       "#include \"services/runtime/base/limits.h\"\n"},
      {"DependenciesPointInwards", "services/all_in_one/main.cc", "#include \"services/router/domain/domain.h\"\n",
       "#include \"services/router/service.h\"\n"},
      {"DependenciesPointInwards", "services/runtime/shard/a.cc", "#include \"tests/sim/world.h\"\n",
       "#include \"services/runtime/sim/world.h\"\n"},
      {"LibrariesStayBehindWrappers", "services/runtime/journal/a.cc", "#include \"rocksdb/db.h\"\n",
       "#include \"services/runtime/rocks/db.h\"\n"},
      {"LibrariesStayBehindWrappers", "services/runtime/shard/b.cc", "#include <grpcpp/grpcpp.h>\n",
       "#include \"services/runtime/domain.h\"\n"},
      {"LibrariesStayBehindWrappers", "services/router/projection.cc", "#include <grpcpp/grpcpp.h>\n", "\n"},
      {"LibrariesStayBehindWrappers", "services/runtime/journal/b.cc", "#include <librdkafka/rdkafka.h>\n", "\n"},
      {"SeamsAreUsed", "services/runtime/shard/a.cc", "auto t = std::chrono::steady_clock::now();\n",
       "auto t = clock.Now();\n"},
      {"SeamsAreUsed", "services/runtime/shard/b.cc", "absl::Time t = absl::Now();\n", "absl::Time t = context.now;\n"},
      {"SeamsAreUsed", "services/runtime/shard/c.cc", "std::random_device seed;\n", "Random& random;\n"},
      {"SeamsAreUsed", "services/runtime/shard/d.cc", "#include <thread>\n", "#include <string>\n"},
      {"SeamsAreUsed", "services/router/projection.cc", "std::ofstream out(\"x\");\n",
       "const char* s = \"std::ofstream\";\n"},
      {"SeamsAreUsed", "services/runtime/store/a.cc", "auto home = std::getenv(\"HOME\");\n", "// getenv\n"},
      {"SeamsAreUsed", "services/runtime/sim/a.cc", "std::thread worker;\n", "std::mt19937_64 random(seed);\n"},
      {"RefusalsSayWhatToDo", "services/router/a.cc",
       "return Denied(\"NOT_YOURS\", \"Only the owner may do this.\", \"只有责任人可以操作，请由其操作。\");\n",
       "return Denied(\"NOT_YOURS\", \"Only the owner may do this. Ask \"\n  \"him.\", "
       "\"只有责任人可以操作，请由其操作。\");\n"},
      {"RefusalsSayWhatToDo", "services/router/b.cc",
       "return Refused(\"TOO_LATE\", \"It is too late. Ask your leader.\", \"已过时限。\", {{\"a\", b}});\n",
       "return Refused(\"TOO_LATE\", \"It is too late. Ask your leader.\", \"已过时限，请找班长。\", {{\"a\", b}});\n"},
      {"HeadersOpenWithProse", "services/runtime/a.h", "#pragma once\nint a;\n",
       "// What this is for, and when not to use it.\n#pragma once\nint a;\n"},
      {"HeadersOpenWithProse", "services/runtime/b.h", "// What this is for, and when not to use it.\nint a;\n",
       "// What this is for, and when not to use it.\n#pragma once\nint a;\n"},
      {"OneStringView", "services/runtime/base/a.cc", "void F(std::string_view text);\n",
       "void F(absl::string_view text);\n"},
      {"NoExceptionsOfOurOwn", "services/runtime/base/a.cc", "throw 1;\n", "// what others throw\n"},
      {"PackageIsFolder", "proto/shoujie/router/v1/a.proto", "package shoujie.router;\n",
       "package shoujie.router.v1;\n"},
      {"PackageIsFolder", "proto/shoujie/router/a.proto", "package shoujie.router;\n", ""},
      {"EnumsStartUnspecified", "proto/shoujie/router/v1/a.proto", "enum TicketState { TICKET_STATE_OPEN = 0; }\n",
       "enum TicketState {\n  TICKET_STATE_UNSPECIFIED = 0;\n  TICKET_STATE_OPEN = 1;\n}\n"},
      {"EnumsStartUnspecified", "proto/shoujie/router/v1/b.proto",
       "enum TicketState { TICKET_STATE_UNSPECIFIED = 0; OPEN = 1; }\n",
       "enum SLAState { SLA_STATE_UNSPECIFIED = 0; SLA_STATE_MET = 1; }\n"},
      {"MethodsNameTheirAccess", "proto/shoujie/router/v1/service.proto", "service R { rpc A(AReq) returns (ARes); }\n",
       "service R {\n  rpc A(AReq) returns (ARes) { option (shoujie.common.v1.access) = ACCESS_AGENT; }\n}\n"},
      {"MethodsNameTheirAccess", "proto/shoujie/router/v1/service.proto",
       "service R { rpc A(AReq) returns (ARes) { option deprecated = true; }\n"
       "  rpc B(BReq) returns (BRes) { option (shoujie.common.v1.access) = ACCESS_AGENT; } }\n",
       "// rpc A\n"},
      {"RecordedMessagesAreDeterministic", "proto/shoujie/router/v1/events.proto",
       "message A { map<string, string> a = 1; }\n",
       "message A { repeated string a = 1; }  // no map<string, string>\n"},
      {"RecordedMessagesAreDeterministic", "proto/shoujie/router/v1/ticket.proto",
       "message A { optional double a = 1; }\n", "message A { int64 a_ms = 1; }\n"},
      {"PersonalFieldsAreMarked", "proto/shoujie/router/v1/events.proto",
       "message A { shoujie.common.v1.Personal note = 1; }\n",
       "message A {\n  shoujie.common.v1.Personal note = 1 [(shoujie.common.v1.personal) = true];\n}\n"},
      {"TopLevelIsKnown", "notes/a.txt", "a\n", ""},
      {"FilesStayShort", "services/runtime/a.cc", Repeat("int a;\n", 501), Repeat("int a;\n", 500)},
      {"NothingLeftToDo", "deploy/setup", std::string("# TO") + "DO later\n", "# TODOS is a word\n"},
      {"ServicesHaveOnePage", "services/router/README.md", Repeat("a\n", 81), Repeat("a\n", 80)},
      {"UnitTestsMirrorSources", "tests/unit/nowhere/a_test.cc", "\n", ""},
      {"UnitTestsMirrorSources", "tests/unit/router/a.cc", "\n", ""},
      {"NamedTestsExist", "tests/README.md", "as `Suite.Name` says\n", "as `flow.h` and `./tests/run` say\n"},
      {"RequirementsNameTheirTests", "tests/README.md", "## A (R001–R002)\n| R001 | a | `S.Name` |\n## B\n",
       "## A (R001–R002)\n| R001 | a | `S.Name` |\n| R002 | b | not built: c |\n## B\n"},
      {"RequirementsNameTheirTests", "tests/README.md", "## A (R009–R009)\n| R009 | a |  |\n",
       "## A (R009–R009)\n| R009 | a | `S.Name`, R010 |\n"},
  };
  return kPlantings;
}

const Rule& Named(const std::string& name) {
  for (const Rule& rule : Rules()) {
    if (rule.name == name) return rule;
  }
  static const Rule kNone = {"", "", nullptr};
  ADD_FAILURE() << "no rule " << name;
  return kNone;
}

// A tree in which every rule holds, with one service.
Tree DecentTree() {
  Tree tree;
  tree.Add("services/router/service.cc", "#include \"services/runtime/service.h\"\n");
  tree.Add("services/router/README.md", "# Router\n");
  return tree;
}

TEST(Rules, HoldOnADecentTree) {
  for (const Rule& rule : Rules()) EXPECT_TRUE(rule.check(DecentTree()).empty()) << rule.name;
}

TEST(Rules, FindExactlyWhatIsPlantedForThem) {
  for (const Planting& planting : Plantings()) {
    SCOPED_TRACE(planting.rule + " in " + planting.path + ": " + planting.bad.substr(0, 200));
    Tree bad = DecentTree();
    bad.Add(planting.path, planting.bad);
    const Findings findings = Named(planting.rule).check(bad);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].path, planting.path.substr(0, findings[0].path.size()));
    if (!planting.good.empty()) {
      Tree good = DecentTree();
      good.Add(planting.path, planting.good);
      for (const Finding& finding : Named(planting.rule).check(good)) ADD_FAILURE() << finding.ToString();
    }
  }
}

TEST(Rules, AllHaveAPlanting) {
  std::set<std::string> planted;
  for (const Planting& planting : Plantings()) planted.insert(planting.rule);
  for (const Rule& rule : Rules()) EXPECT_EQ(planted.count(rule.name), 1u) << rule.name;
}

TEST(Rules, AMountedServiceWithoutPageIsFound) {
  Tree tree;
  tree.Add("services/router/service.cc", "\n");
  ASSERT_EQ(ServicesHaveOnePage(tree).size(), 1u);
}

TEST(Rules, ATestIsFoundWhicheverKindAndLineItIsOf) {
  Tree tree;
  tree.Add("tests/README.md",
           "`One.Plain`, `Two.OfAFixture`, `Three.OnTheNextLine`, `Four.OfTypes`, `Five.IsACommentOnly`\n");
  tree.Add("tests/unit/router/a_test.cc",
           "TEST(One, Plain) {}\nTEST_F(Two, OfAFixture) {}\nTEST_P(Three,\n       OnTheNextLine) {}\n"
           "TYPED_TEST(Four, OfTypes) {}\n// TEST(Five, IsACommentOnly)\n");
  const Findings findings = NamedTestsExist(tree);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].text, "there is no test Five.IsACommentOnly");
}

TEST(CodeOnly, LeavesCodeAndLinesAlone) {
  EXPECT_EQ(CodeOnly("int a = 1'000; // throw\nb"), "int a = 1'000;         \nb");
  EXPECT_EQ(CodeOnly("f(\"a\\\"b // c\", 'x', '\\'');"), "f(\"         \", ' ', '  ');");
  EXPECT_EQ(CodeOnly("a /* x\ny */ b"), "a     \n     b");
  EXPECT_EQ(CodeOnly("R\"(throw \" )\" x"), "              x");
}

}  // namespace
}  // namespace shoujie::tidy
