#include "services/cli/rpc_commands.h"

#include <memory>
#include <ostream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/cli/views.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/service.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "shoujie/ops/v1/service.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A static library's protos are only there if something names them; histories hold events of every service.
void LinkProtos() {
  directory::v1::ValidateDirectoryResponse::descriptor();
  interaction::v1::ContactRow::descriptor();
  ops::v1::ServerInfo::descriptor();
  profile::v1::CustomerRow::descriptor();
  router::v1::TicketRow::descriptor();
}

std::unique_ptr<Message> NewMessage(const Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string Json(const Message& message, bool line) {
  return ToJson(message).dump(line ? -1 : 2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// What `-o name` shows of a message: its name, else its first text.
std::string NameOf(const Message& message) {
  const auto* type = message.GetDescriptor();
  const auto* field = type->FindFieldByName("name");
  for (int i = 0; field == nullptr && i < type->field_count(); ++i) {
    if (type->field(i)->type() == FieldDescriptor::TYPE_STRING && !type->field(i)->is_repeated())
      field = type->field(i);
  }
  return field == nullptr ? "" : Cell(message, field->name(), absl::UTCTimeZone());
}

void SetString(Message* message, const char* name, const std::string& value) {
  const auto* field = message->GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) message->GetReflection()->SetString(message, field, value);
}
std::string GetString(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

// ---- lists
// -------------------------------------------------------------------------------------------------------------------

// Writes the elements of a list as they come; tables at the end, since columns are aligned.
class ListWriter {
 public:
  ListWriter(Session& session, const Descriptor& type)
      : session_(session), columns_(ColumnsOf(type, session.format() == Format::kWide)) {}

  void Add(const Message& item) {
    ++count_;
    if (session_.format() == Format::kName) {
      session_.out() << NameOf(item) << "\n";
    } else if (session_.format() == Format::kJsonl) {
      session_.out() << Json(item, true) << "\n";
    } else {
      std::vector<std::string> row;
      for (const auto& column : columns_) row.push_back(Cell(item, column.path, session_.zone()));
      rows_.push_back(std::move(row));
    }
  }
  void Finish() {
    if (session_.format() != Format::kTable && session_.format() != Format::kWide) return;
    if (count_ == 0) return session_.Note("nothing found", "没有结果");
    std::vector<std::string> header;
    for (const auto& column : columns_) header.push_back(column.title);
    session_.out() << Table(header, rows_, session_.bold());
  }

 private:
  Session& session_;
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  size_t count_ = 0;
};

class HistoryWriter {
 public:
  explicit HistoryWriter(Session& session) : session_(session) {}

  void Add(const common::v1::HistoryEntry& entry) {
    const bool wide = session_.format() == Format::kWide;
    if (session_.format() == Format::kName) {
      session_.out() << entry.version() << "\n";
    } else if (session_.format() == Format::kJsonl) {
      session_.out() << Json(entry, true) << "\n";
    } else if (session_.format() != Format::kJson) {
      std::vector<std::string> row = {absl::StrCat(entry.version()), Cell(entry, "effective_at", session_.zone()),
                                      entry.principal()};
      if (wide) {
        row.push_back(Cell(entry, "recorded_at", session_.zone()));
        row.push_back(entry.command_id());
        row.push_back(entry.cause());
        row.push_back(Cell(entry, "hash", session_.zone()).substr(0, 16));
      }
      const size_t width = row.size();
      for (const auto& event : entry.events()) {
        auto text = DescribeEvent(event, session_.zone(), wide ? 1000 : 60);
        row.push_back(std::move(text.kind));
        row.push_back(std::move(text.fields));
        rows_.push_back(std::move(row));
        row.assign(width, "");
      }
      if (entry.events().empty()) {
        row.push_back(entry.declined().empty() ? "-" : absl::StrCat("declined: ", entry.declined()));
        rows_.push_back(std::move(row));
      }
    }
    ++count_;
  }
  void Finish() {
    if (session_.format() != Format::kTable && session_.format() != Format::kWide) return;
    if (count_ == 0) return session_.Note("nothing recorded", "没有记录");
    std::vector<std::string> header = {"VERSION", "EFFECTIVE", "BY"};
    if (session_.format() == Format::kWide) header.insert(header.end(), {"RECORDED", "COMMAND", "CAUSE", "HASH"});
    header.insert(header.end(), {"EVENT", "FIELDS"});
    session_.out() << Table(header, rows_, session_.bold());
  }

 private:
  Session& session_;
  std::vector<std::vector<std::string>> rows_;
  size_t count_ = 0;
};

// The field of a list's answer that holds its elements.
const FieldDescriptor* ItemsOf(const Descriptor& response) {
  for (int i = 0; i < response.field_count(); ++i) {
    const auto* field = response.field(i);
    if (field->is_repeated() && !field->is_map() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return field;
  }
  return nullptr;
}

void WarnOfLag(Session& session, const Message& response) {
  const std::string lagging = Cell(response, "lagging_partitions", session.zone());
  if (lagging.empty()) return;
  session.Note(absl::StrCat("these partitions lag behind; the answer may miss their last records: ", lagging),
               absl::StrCat("以下分区尚有滞后，结果可能缺少其最新记录：", lagging));
}

// Page by page; all of them, unless the caller asked for one by --page-size or --page-token.
absl::Status ReadPages(Session& session, const google::protobuf::MethodDescriptor& method, Message* request,
                       const FieldDescriptor& items, const std::function<void(const Message&)>& each, Message* whole) {
  const auto* size = request->GetDescriptor()->FindFieldByName("page_size");
  const bool one = size == nullptr || request->GetReflection()->GetInt32(*request, size) > 0 ||
                   !GetString(*request, "page_token").empty();
  if (!one) request->GetReflection()->SetInt32(request, size, static_cast<int32_t>(limits::kPageSizeMax));
  while (true) {
    auto response = NewMessage(method.output_type());
    if (auto status = session.Call(method, *request, response.get()); !status.ok()) return status;
    const auto* r = response->GetReflection();
    for (int i = 0; i < r->FieldSize(*response, &items); ++i) each(r->GetRepeatedMessage(*response, &items, i));
    const std::string next = GetString(*response, "next_page_token");
    if (whole != nullptr) {
      const auto* lagging = response->GetDescriptor()->FindFieldByName("lagging_partitions");
      if (lagging != nullptr) whole->GetReflection()->ClearField(whole, lagging);
      whole->MergeFrom(*response);
    }
    if (next.empty() || one) {
      if (!next.empty())
        session.Note(absl::StrCat("more: --page-token ", next), absl::StrCat("后面还有：--page-token ", next));
      WarnOfLag(session, *response);
      return absl::OkStatus();
    }
    SetString(request, "page_token", next);
  }
}

// ---- one command
// -------------------------------------------------------------------------------------------------------------

class RpcRun {
 public:
  RpcRun(const RpcCommand& command, const google::protobuf::MethodDescriptor& method, CLI::App& app)
      : command_(command), method_(method), flags_(&app, *method.input_type(), command.fields) {
    for (const auto& argument : command.fields.arguments) {
      if (argument.field.empty()) app.add_option(argument.label, picked_)->required();
    }
  }

  int operator()(Session& session) {
    auto request = NewMessage(method_.input_type());
    auto status = flags_.Fill(request.get(), {session.zone(), [&session] { return session.ServerNow(); }});
    if (!status.ok()) return session.Fail(status);
    if (status = AddRequestId(session, request.get()); !status.ok()) return session.Fail(status);
    if (method_.output_type() == common::v1::CommandReply::descriptor()) {
      return RunCommand(session, request.get());
    }
    if (!command_.part.empty()) {
      SetString(request.get(), "name", "directories/main");
      return RunPart(session, *request);
    }
    const auto* items = ItemsOf(*method_.output_type());
    const bool list = items != nullptr && (method_.input_type()->FindFieldByName("page_size") != nullptr ||
                                           method_.output_type()->field_count() == 1);
    return list ? RunList(session, request.get(), *items) : RunOne(session, *request);
  }

 private:
  // Of a command, and of a query that leaves a record: the same bytes, repeated, do it once.
  static absl::Status AddRequestId(Session& session, Message* request) {
    const auto* field = request->GetDescriptor()->FindFieldByName("request_id");
    if (field == nullptr || !GetString(*request, "request_id").empty()) return absl::OkStatus();
    auto fresh = session.NewRequestId();
    if (fresh.ok()) SetString(request, "request_id", *fresh);
    return fresh.status();
  }

  int RunCommand(Session& session, Message* request) {
    const std::string id = GetString(*request, "request_id");
    common::v1::CommandReply reply;
    if (auto status = session.Call(method_, *request, &reply); !status.ok()) return session.Fail(status, id);
    if (session.format() == Format::kJson) {
      session.out() << Json(reply, false) << "\n";
    } else {
      ListWriter writer(session, *reply.GetDescriptor());
      writer.Add(reply);
      writer.Finish();
    }
    if (reply.no_op()) session.Note("nothing had to change", "无需更改");
    return kOk;
  }

  int RunList(Session& session, Message* request, const FieldDescriptor& items) {
    const bool whole = session.format() == Format::kJson;
    auto all = NewMessage(method_.output_type());
    absl::Status status;
    size_t count = 0;
    if (items.message_type() == common::v1::HistoryEntry::descriptor()) {
      HistoryWriter writer(session);
      status = ReadPages(
          session, method_, request, items,
          [&](const Message& item) { writer.Add(static_cast<const common::v1::HistoryEntry&>(item)); },
          whole ? all.get() : nullptr);
      if (status.ok()) writer.Finish();
    } else {
      ListWriter writer(session, *items.message_type());
      status = ReadPages(
          session, method_, request, items,
          [&](const Message& item) {
            ++count;
            if (!whole) writer.Add(item);
          },
          whole ? all.get() : nullptr);
      if (status.ok()) writer.Finish();
    }
    if (!status.ok()) return session.Fail(status);
    if (whole) session.out() << Json(*all, false) << "\n";
    return command_.mistakes && count > 0 ? kBadInput : kOk;
  }

  int RunOne(Session& session, const Message& request) {
    auto response = NewMessage(method_.output_type());
    if (auto status = session.Call(method_, request, response.get(), !command_.once); !status.ok())
      return session.Fail(status);
    Show(session, *response);
    WarnOfLag(session, *response);
    return kOk;
  }

  int RunPart(Session& session, const Message& request) {
    auto response = NewMessage(method_.output_type());
    if (auto status = session.Call(method_, request, response.get()); !status.ok()) return session.Fail(status);
    const auto* items = response->GetDescriptor()->FindFieldByName(command_.part);
    const auto* r = response->GetReflection();
    ListWriter writer(session, *items->message_type());
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (int i = 0; i < r->FieldSize(*response, items); ++i) {
      const auto& item = r->GetRepeatedMessage(*response, items, i);
      if (!picked_.empty() && GetString(item, "id") == picked_) {
        Show(session, item);
        return kOk;
      }
      if (!picked_.empty()) continue;
      session.format() == Format::kJson ? array.push_back(ToJson(item)) : writer.Add(item);
    }
    if (!picked_.empty()) {
      return session.Fail(
          NotFound("NOT_IN_DIRECTORY",
                   absl::StrCat("The directory has no ", command_.noun, " ", picked_, ". List them with: shoujie ",
                                command_.noun, " list"),
                   absl::StrCat("目录中没有 ", picked_, "。可用 shoujie ", command_.noun, " list 查看。")));
    }
    if (session.format() == Format::kJson)
      session.out() << nlohmann::ordered_json({{command_.part, array}}).dump(2) << "\n";
    writer.Finish();
    return kOk;
  }

  void Show(Session& session, const Message& message) const {
    switch (session.format()) {
      case Format::kJson:
        session.out() << Json(message, false) << "\n";
        break;
      case Format::kJsonl:
        session.out() << Json(message, true) << "\n";
        break;
      case Format::kName:
        session.out() << NameOf(message) << "\n";
        break;
      default:
        session.out() << Page(message, session.zone(), command_.all_values);
    }
  }

  const RpcCommand& command_;
  const google::protobuf::MethodDescriptor& method_;
  FieldFlags flags_;
  std::string picked_;  // of an argument without a field
};

}  // namespace

const google::protobuf::MethodDescriptor* FindMethod(const RpcCommand& command) {
  LinkProtos();
  std::string name = absl::StrCat("shoujie.", command.method);
  name[name.find('/')] = '.';
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

void AddRpcCommands(Registry* registry) {
  registry->AddNoun("contact", "接触: calls, chats, mails, faxes, visits; record and disposition");
  registry->AddNoun("ticket", "工单: matters owned to the end");
  registry->AddNoun("handoff", "流转: a ticket between departments: offer, sign, refuse, progress, done, return");
  registry->AddNoun("customer", "客户: who they are");
  registry->AddNoun("order", "指令: calls that the switch shall make");
  registry->AddNoun("presence", "在岗: whether agents are there");
  registry->AddNoun("agent", "坐席: people of the directory");
  registry->AddNoun("department", "部门: departments of the directory");
  registry->AddNoun("routing", "路由: the table that says where offers go");
  registry->AddNoun("roster", "值班表: who is on duty, and when");
  registry->AddNoun("directory", "目录: reference data and its versions");
  registry->AddNoun("report", "报表: figures from recorded events");
  registry->AddNoun("server", "服务器: what runs");
  registry->AddNoun("admin", "运维: nodes of a cluster and what they own");
  registry->AddNoun("admin feature",
                    "功能: new kinds of events: written only when every node can read them. A cluster is brought to a "
                    "new build node by node; then its features are enabled, one by one, and for good");
  registry->AddNoun("shard", "分片: how its parts stand");
  registry->AddNoun("token", "令牌: who may ask");
  for (const auto& command : RpcCommands()) {
    const auto* method = FindMethod(command);
    if (method == nullptr) continue;  // a test tells
    registry->Add(
        {command.noun, command.verb, command.help, command.examples, [&command, method](CLI::App& app) -> Action {
           auto run = std::make_shared<RpcRun>(command, *method, app);
           return [run](Session& session) { return (*run)(session); };
         }});
  }
}

}  // namespace shoujie::cli
