// Citizens' messages to a city government with their replies (政务留言, as of a 12345 hotline): one row per message,
// times in Asia/Shanghai.
//
// A message is a contact of its customer through the web. Its writer becomes a customer first, known by his account at
// the source; what he wrote is the record's matter. One row becomes up to three facts with fixed numbers: 1 the message
// comes in, 2 somebody replies, 3 the end. Who replied is not in the file: it is the source's desk. The reply's own
// text stays in the source.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/cli/import/format.h"
#include "services/cli/import/instant.h"
#include "services/cli/import/source_names.h"
#include "services/cli/import/word_id.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/profile/v1/commands.pb.h"

namespace shoujie::importer {
namespace {

namespace iv1 = interaction::v1;
namespace pv1 = profile::v1;

constexpr char kZh12345[] = "zh12345";
constexpr char kZh12345Zone[] = "Asia/Shanghai";
constexpr char kDesk[] = "zh12345-desk";

class Messages : public Format {
 public:
  Messages() { absl::LoadTimeZone(kZh12345Zone, &zone_); }
  TableKind kind() const override { return TableKind::kCsv; }

  absl::Status ReadHeader(const std::vector<std::string>& header) override {
    Columns columns(header);
    number_ = columns.Find({"留言编号"});
    user_ = columns.Find({"留言用户"});
    subject_ = columns.Find({"留言主题"});
    written_ = columns.Find({"留言时间"});
    text_ = columns.Find({"留言详情"});
    replied_ = columns.Find({"答复时间"});
    return columns.status();
  }

  void Learn(const Row&) override {}
  directory::v1::Directory Names() const override {
    SourceNames names(kZh12345, "政务留言", kZh12345Zone);
    names.AddAgent(kDesk, "答复单位");
    return names.Rows();
  }

  absl::Status Take(const Row& row, std::vector<Batch>* complete) override {
    const std::string number = Field(row, number_), user = Field(row, user_);
    if (number.empty()) return BadField("留言编号");
    if (user.empty()) return BadField("留言用户");
    absl::Time written, replied;
    if (!Instant(Field(row, written_), &written)) return BadField("留言时间");
    const std::string reply = Field(row, replied_);
    if (!reply.empty() && !Instant(reply, &replied)) return BadField("答复时间");
    if (!reply.empty() && replied < written) {
      return Invalid("REPLY_BEFORE_MESSAGE",
                     "The reply lies before its message. Correct one of the two times and import the file again.",
                     "答复时间早于留言时间。请更正后重新导入。", {{"column", "答复时间"}});
    }

    auto customer = std::make_unique<pv1::CreateCustomerRequest>();
    customer->mutable_identifier()->set_kind(pv1::IDENTIFIER_KIND_ACCOUNT);
    // Another source's account of the same name is somebody else.
    customer->mutable_identifier()->set_value(absl::StrCat(kZh12345, ":", user));
    customer->set_get_or_create(true);

    auto request = std::make_unique<iv1::RecordContactFactsRequest>();
    request->set_source(kZh12345);
    request->set_external_id(WordId("", number));
    request->set_identifier(customer->identifier().value());
    request->set_site(kZh12345);
    request->set_channel(iv1::CHANNEL_WEB);
    const std::string subject = Field(row, subject_), text = Field(row, text_);
    const std::string matter = absl::StrCat(subject, subject.empty() || text.empty() ? "" : "\n", text);
    if (!matter.empty()) request->mutable_record()->set_matter(matter);
    const auto add = [&request](uint64_t place, absl::Time at) {
      auto* fact = request->add_facts();
      fact->set_number(place);
      *fact->mutable_occurred_at() = ToProto(at);
      return fact->mutable_fact();
    };
    add(1, written)->mutable_offered()->set_group(kDesk);
    if (!reply.empty()) {
      add(2, replied)->mutable_answered()->set_agent(kDesk);
      add(3, replied)->mutable_ended()->set_release_party(iv1::RELEASE_PARTY_AGENT);
    }

    Batch batch;
    batch.key = request->external_id();
    batch.request = std::move(request);
    batch.lines = {row.line};
    batch.before = std::move(customer);
    batch.fill = +[](const common::v1::CommandReply& reply_to_it, google::protobuf::Message* message) {
      static_cast<iv1::RecordContactFactsRequest*>(message)->set_customer(reply_to_it.name());
    };
    complete->push_back(std::move(batch));
    return absl::OkStatus();
  }
  void Finish(std::vector<Batch>*) override {}

 private:
  static std::string Field(const Row& row, int column) {
    return std::string(absl::StripAsciiWhitespace(row.fields[static_cast<size_t>(column)]));
  }
  // Without a clock: the beginning of the day.
  bool Instant(const std::string& text, absl::Time* at) const {
    static const auto* const forms =
        new std::vector<std::string>{"%Y/%m/%d %H:%M:%S",   "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M",
                                     "%Y-%m-%d%ET%H:%M:%S", "%Y/%m/%d",          "%Y-%m-%d"};
    return ReadInstant(text, *forms, zone_, at);
  }

  absl::TimeZone zone_;
  int number_ = -1, user_ = -1, subject_ = -1, written_ = -1, text_ = -1, replied_ = -1;
};

}  // namespace

std::unique_ptr<Format> MakeZh12345() { return std::make_unique<Messages>(); }

}  // namespace shoujie::importer
