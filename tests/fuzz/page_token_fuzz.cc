// Lists and their page tokens: a token that is not of the list is refused, and whoever follows the tokens that he was
// given sees every row of the list once and comes to its end.
//
// Input: a byte that chooses the list, then a request for it.
#include <map>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/rig.h"

namespace shoujie::fuzz::page_token_fuzz {
namespace {

using google::protobuf::Message;

constexpr int kRowsPerType = 24;

// Rows as they might be, the same for every input.
class FixedRows : public RowReader {
 public:
  explicit FixedRows(const ServiceModule& module) {
    for (const auto& type : module.domain.rows) {
      for (int i = 0; i < kRowsPerType; ++i) {
        std::shared_ptr<Message> row = type->NewRow();
        Chance chance(static_cast<uint64_t>(i) + 1);
        for (int n = 0; n < 12; ++n) Mutate(row.get(), chance);
        const std::string name = std::string(type->collection()) + "/" + std::to_string(i);
        row->GetReflection()->SetString(row.get(), row->GetDescriptor()->FindFieldByName("name"), name);
        for (const std::string& key : type->IndexKeys(*row)) keys_[key] = row;
        rows_[name] = row;
      }
    }
  }
  void Scan(absl::string_view prefix, absl::string_view after,
            const std::function<bool(absl::string_view, const Message&)>& visit) const override {
    for (auto it = keys_.lower_bound(std::string(prefix)); it != keys_.end(); ++it) {
      if (!absl::StartsWith(it->first, prefix)) return;
      if (it->first <= after) continue;
      if (!visit(it->first, *it->second)) return;
    }
  }
  std::unique_ptr<Message> Get(absl::string_view name) const override {
    const auto it = rows_.find(std::string(name));
    if (it == rows_.end()) return nullptr;
    std::unique_ptr<Message> copy(it->second->New());
    copy->CopyFrom(*it->second);
    return copy;
  }
  std::vector<uint32_t> Lagging() const override { return {}; }

 private:
  std::map<std::string, std::shared_ptr<Message>> keys_, rows_;
};

struct List {
  const Query* query;
  const FixedRows* rows;
  const Message* request;  // prototypes
  const Message* response;
};
const std::vector<List>& Lists() {
  static const auto* const kLists = [] {
    auto* lists = new std::vector<List>;
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    for (const auto& module : Modules()) {
      const auto* rows = new FixedRows(module);
      for (const auto& query : module.queries) {
        for (const auto* service : module.rpc) {
          const auto* method = service->FindMethodByName(query.method);
          if (method == nullptr) continue;
          lists->push_back({&query, rows, factory->GetPrototype(method->input_type()),
                            factory->GetPrototype(method->output_type())});
        }
      }
    }
    return lists;
  }();
  return *kLists;
}

std::string TextOf(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

// The names of the rows on a page.
std::vector<std::string> RowsOn(const Message& page) {
  std::vector<std::string> names;
  const auto* type = page.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (!field->is_repeated() || field->message_type() == nullptr) continue;
    for (int n = 0; n < page.GetReflection()->FieldSize(page, field); ++n) {
      names.push_back(page.GetReflection()->GetRepeatedMessage(page, field, n).SerializeAsString());
    }
  }
  return names;
}

absl::Status Ask(const List& list, const Message& request, Message* response) {
  static const Principal kAsker{"agents/1005",
                                static_cast<uint32_t>(Right::kAgent) | static_cast<uint32_t>(Right::kOrders)};
  const QueryContext context{kAsker,
                             SampleReference(),
                             absl::FromUnixSeconds(kDayStartSeconds),
                             *list.rows,
                             [](const std::string&, const UniqueKey&) { return std::string(); },
                             [](absl::string_view, Message*) {
                               return NotFound("RESOURCE_NOT_FOUND", "There is none. Check the name.",
                                               "不存在，请核对名称。");
                             }};
  return list.query->answer(request, response, context);
}

void Run(absl::string_view input) {
  Input in(input);
  const List& list = Lists()[in.Byte() % Lists().size()];
  std::unique_ptr<Message> request(list.request->New()), response(list.response->New());
  if (!rpc::ParseRequest(std::string(in.Rest()), request.get()).ok()) return;
  absl::Status status = Ask(list, *request, response.get());
  RequireTyped(status);
  FUZZ_REQUIRE(status.ok() || absl::IsInvalidArgument(status) || absl::IsNotFound(status));
  const auto* token = request->GetDescriptor()->FindFieldByName("page_token");
  if (token == nullptr || !status.ok()) return;

  std::multiset<std::string> seen;
  request->GetReflection()->ClearField(request.get(), token);
  for (int pages = 0;; ++pages) {
    FUZZ_REQUIRE(pages <= 4 * kRowsPerType);
    response->Clear();
    status = Ask(list, *request, response.get());
    if (!status.ok()) Fail(__FILE__, __LINE__, "a token that was given is taken: " + status.ToString());
    for (const std::string& row : RowsOn(*response)) seen.insert(row);
    const std::string next = TextOf(*response, "next_page_token");
    if (next.empty()) break;
    request->GetReflection()->SetString(request.get(), token, next);
  }
  // At once, the same rows.
  request->GetReflection()->ClearField(request.get(), token);
  const auto* size = request->GetDescriptor()->FindFieldByName("page_size");
  request->GetReflection()->SetInt32(request.get(), size, 1000);
  response->Clear();
  FUZZ_REQUIRE(Ask(list, *request, response.get()).ok());
  const auto rows = RowsOn(*response);
  FUZZ_REQUIRE(seen == std::multiset<std::string>(rows.begin(), rows.end()));
}

std::string Change(absl::string_view input, uint32_t seed) {
  Chance chance(seed);
  uint8_t which = input.empty() ? 0 : static_cast<uint8_t>(input[0]);
  if (chance.OneIn(8)) which = static_cast<uint8_t>(chance.Next());
  const List& list = Lists()[which % Lists().size()];
  const std::unique_ptr<Message> request(list.request->New()), response(list.response->New());
  if (input.size() > 1 && !request->ParsePartialFromString(std::string(input.substr(1)))) request->Clear();
  Mutate(request.get(), chance);
  // A token that the list gave, perhaps with one byte changed.
  const auto* token = request->GetDescriptor()->FindFieldByName("page_token");
  if (token != nullptr && chance.OneIn(2)) {
    request->GetReflection()->ClearField(request.get(), token);
    if (Ask(list, *request, response.get()).ok()) {
      std::string next = TextOf(*response, "next_page_token");
      if (!next.empty() && chance.OneIn(2)) next[chance.Below(next.size())] = static_cast<char>('a' + chance.Below(26));
      request->GetReflection()->SetString(request.get(), token, next);
    }
  }
  return std::string(1, static_cast<char>(which)) + BytesOf(*request);
}

const Registered kRegistered({"page_token", &Run, &Change});

}  // namespace
}  // namespace shoujie::fuzz::page_token_fuzz
