#include "tests/fuzz/import_check.h"

#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/cli/import/format.h"
#include "services/cli/import/import.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/parse.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz {
namespace {

class Taker : public importer::ImportSink {
 public:
  explicit Taker(std::string source) : source_(std::move(source)) {}

  absl::StatusOr<common::v1::CommandReply> Merge(const directory::v1::MergeVersionRequest& request) override {
    CheckParses(request);
    for (const auto& agent : request.additions().agents()) {
      FUZZ_REQUIRE(agent.source() == source_ && agent.site() == source_ && !agent.id().empty());
      // A person of the source must never become one of the house.
      FUZZ_REQUIRE(agent.id().find_first_not_of("0123456789") != std::string::npos);
    }
    for (const auto& department : request.additions().departments()) FUZZ_REQUIRE(department.source() == source_);
    common::v1::CommandReply reply;
    reply.set_etag("2");
    return reply;
  }

  void Record(const google::protobuf::Message& request, Done done) override {
    CheckParses(request);
    common::v1::CommandReply reply;
    if (const auto* contact = dynamic_cast<const interaction::v1::RecordContactFactsRequest*>(&request)) {
      FUZZ_REQUIRE(contact->source() == source_ && !contact->external_id().empty());
      CheckFacts(contact->facts());
      reply.set_facts_recorded(static_cast<uint32_t>(contact->facts_size()));
    } else if (const auto* ticket = dynamic_cast<const router::v1::RecordTicketFactsRequest*>(&request)) {
      FUZZ_REQUIRE(ticket->source() == source_ && !ticket->external_id().empty());
      CheckFacts(ticket->facts());
      // Over all requests of a case: its facts come in order.
      uint64_t& last = last_[ticket->external_id()];
      for (const auto& fact : ticket->facts()) {
        FUZZ_REQUIRE(fact.number() > last);
        last = fact.number();
      }
      reply.set_facts_recorded(static_cast<uint32_t>(ticket->facts_size()));
    } else if (const auto* customer = dynamic_cast<const profile::v1::CreateCustomerRequest*>(&request)) {
      FUZZ_REQUIRE(customer->get_or_create() && !customer->identifier().value().empty());
      reply.set_name("customers/C0413-000127-6");
    } else {
      Fail(__FILE__, __LINE__, "an importer sends facts");
    }
    done(reply);
  }
  std::string NewRequestId() override { return "019cac6a-e400-7000-8000-000000000001"; }

  std::vector<std::string> sent;

 private:
  template <typename Facts>
  void CheckFacts(const Facts& facts) {
    FUZZ_REQUIRE(!facts.empty());
    uint64_t before = 0;
    for (const auto& fact : facts) {
      FUZZ_REQUIRE(fact.number() > before && fact.has_occurred_at());
      before = fact.number();
    }
  }
  void CheckParses(const google::protobuf::Message& request) {
    const std::string bytes = request.SerializeAsString();
    FUZZ_REQUIRE(rpc::CheckRequestSize(bytes.size()).ok());
    const std::unique_ptr<google::protobuf::Message> parsed(request.New());
    const absl::Status status = rpc::ParseRequest(bytes, parsed.get());
    if (!status.ok()) Fail(__FILE__, __LINE__, absl::StrCat("the server parses it: ", status.ToString()));
    sent.push_back(bytes);
  }

  const std::string source_;
  std::map<std::string, uint64_t> last_;
};

importer::ImportResult Import(const std::string& source, const std::string& path, Taker* taker) {
  importer::ImportOptions options;
  options.source = source;
  options.path = path;
  uint64_t line = 0;
  options.on_bad = [&line](uint64_t at, const absl::Status& why) {
    FUZZ_REQUIRE(at > line);  // the line that is said is the row's own
    line = at;
    FUZZ_REQUIRE(!why.ok());
    RequireTyped(why);
  };
  return importer::RunImport(options, *taker);
}

}  // namespace

void CheckImport(const std::string& source, absl::string_view content) {
  const MemoryFile file(content);
  Taker once(source), twice(source);
  const auto result = Import(source, file.path(), &once);
  RequireTyped(result.status);
  const auto& sum = result.summary;
  FUZZ_REQUIRE(sum.rows == sum.added + sum.repeated + sum.bad);
  FUZZ_REQUIRE(sum.repeated == 0);
  (void)Import(source, file.path(), &twice);
  FUZZ_REQUIRE(once.sent == twice.sent);
}

}  // namespace shoujie::fuzz
