#include "services/runtime/node/node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/security/seal.h"

namespace shoujie {
namespace {

using google::protobuf::Message;
using google::protobuf::util::TimeUtil;

constexpr const char* kPhases[] = {"following", "draining", "claiming", "waiting", "serving", "halted"};

absl::Status NoSuch(absl::string_view name) {
  return NotFound("RESOURCE_NOT_FOUND", "There is no resource of this name; check the number.",
                  "没有该资源，请核对编号。", {{"name", name}});
}

// The as-of fields that Get and ListHistory share.
template <typename Request>
absl::StatusOr<AsOf> AsOfOf(const Request& request) {
  AsOf as_of;
  auto instant = [](const google::protobuf::Timestamp& t) {
    return absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(t));
  };
  if (request.has_as_of()) as_of.effective = instant(request.as_of());
  if (request.has_as_of_recorded()) as_of.recorded = instant(request.as_of_recorded());
  as_of.version = request.as_of_version();
  if (request.has_as_of() + request.has_as_of_recorded() + (request.as_of_version() != 0) > 1) {
    return Invalid("AS_OF_AMBIGUOUS", "Give one of as_of, as_of_recorded and as_of_version.",
                   "as_of、as_of_recorded 和 as_of_version 只能给一个，请去掉其余的。");
  }
  return as_of;
}

void SetEtag(Message* state, uint64_t version) {
  if (const auto* field = state->GetDescriptor()->FindFieldByName("etag")) {
    state->GetReflection()->SetString(state, field, absl::StrCat(version));
  }
}

}  // namespace

Node::Node(NodeEnv env) : env_(std::move(env)) {
  runner_ = std::make_unique<Runner>(env_.clock, env_.threads);
  tailer_ = std::make_unique<Tailer>();
  for (const ServiceModule& module : env_.modules) {
    module_list_.push_back(&module);
    Mounted& mounted = mounted_[module.domain.name];
    mounted.module = &module;
    for (const auto& type : module.domain.streams) {
      for (const auto* descriptor : type->commands()) {
        if (descriptor != common::v1::TimerFired::descriptor()) mounted.commands.emplace(descriptor, type.get());
      }
    }
  }
}

Node::~Node() { Stop(); }

void Node::Stop() {
  runner_->Stop();
  tailer_->Stop();
}

const ServiceModule* Node::module(absl::string_view service) const {
  auto it = mounted_.find(service);
  return it == mounted_.end() ? nullptr : it->second.module;
}

const Node::Mounted& Node::mounted(const ServiceModule& module) const {
  return mounted_.find(module.domain.name)->second;
}

absl::Status Node::OpenShard(Shard& shard) {
  absl::Status status = shard.Open();
  const std::string reason = ReasonOf(status);
  if (reason != "STORE_PLACE_BROKEN" && reason != "STATE_VERSION") return status;
  // The store is a projection: it is made again from its journal.
  if (absl::Status dropped = env_.drop_store(shard.id()); !dropped.ok()) return dropped;
  return shard.Open();
}

absl::Status Node::Start() {
  const ServiceDomain& directory = module("directory")->domain;
  auto directory_journal = env_.journal({directory.name, 0});
  if (!directory_journal.ok()) return directory_journal.status();
  directory_ = std::make_unique<DirectoryFollower>(&directory, *directory_journal, [this] { runner_->WakeAll(); });
  directory_watch_ = (*directory_journal)->Watch([this] { tailer_->Wake(); });
  tailer_->Add(directory_.get());

  absl::flat_hash_map<std::string, std::shared_ptr<const Message>> events;
  for (const ServiceModule& module : env_.modules) {
    events[module.domain.name].reset(module.domain.event->New());
  }
  for (ServiceModule& module : env_.modules) {
    for (Reaction& reaction : module.domain.reactions) {
      if (!reaction.event) reaction.event = events[reaction.to_service];
    }
  }
  for (auto& [name, mounted] : mounted_) {
    const ServiceDomain& domain = mounted.module->domain;
    const uint32_t partitions = domain.slotted ? env_.partitions : 1;
    std::vector<Journal*> journals;
    for (uint32_t p = 0; p < partitions; ++p) {
      Runner::Handle* const handle = runner_->Reserve();
      const JournalId id{name, p};
      auto journal = env_.journal(id);
      if (!journal.ok()) return journal.status();
      std::map<std::string, Journal*> foreign;
      for (const Reaction& reaction : domain.reactions) {
        auto other = env_.journal({reaction.to_service, p});
        if (!other.ok()) return other.status();
        foreign[reaction.to_service] = *other;
      }
      Shard::Env env{.domain = &domain,
                     .id = id,
                     .journal = *journal,
                     .store = env_.store(id),
                     .keys = env_.keys,
                     .clock = env_.clock,
                     .reference = directory_.get(),
                     .foreign = [foreign](const std::string& service) { return foreign.at(service); },
                     .node = env_.name,
                     .wake = [handle] { Runner::Wake(handle); }};
      journals.push_back(env.journal);
      auto& shard = mounted.shards.emplace_back(std::make_unique<Shard>(std::move(env)));
      if (absl::Status status = OpenShard(*shard); !status.ok()) return status;
      if (shard->keys_at() > env_.keys->last()) {
        return Error(
            absl::StatusCode::kDataLoss, "KEYS_SHORT",
            absl::StrCat("The key store ends before keys that the records of ", name, "/", p,
                         " rely on. Bring back the newer key store; without it their personal data cannot be read."),
            absl::StrCat("密钥库早于 ", name, "/", p,
                         " 的记录所依赖的密钥。请恢复较新的密钥库，否则无法读取个人数据。"),
            {{"keysAt", absl::StrCat(shard->keys_at())}, {"last", absl::StrCat(env_.keys->last())}});
      }
      runner_->Attach(handle, shard.get());
    }
    if (!domain.rows.empty()) {
      mounted.rows = std::make_unique<ReadModel>(
          &domain, std::move(journals), env_.store({name + ".lists", 0}), [this] { tailer_->Wake(); },
          [this] { tailer_->Hurry(); });
      if (absl::Status status = mounted.rows->Open(); !status.ok()) return status;
      tailer_->Add(mounted.rows.get());
    }
  }
  runner_->Start();
  tailer_->Start();
  for (auto& [name, mounted] : mounted_) {
    for (auto& shard : mounted.shards) shard->Own();
  }
  const absl::Duration limit = env_.clock->Boot() + limits::kStartTimeout;
  for (auto& [name, mounted] : mounted_) {
    for (auto& shard : mounted.shards) {
      while (shard->phase() != Shard::Phase::kServing && shard->phase() != Shard::Phase::kHalted) {
        if (env_.clock->Boot() > limit) {
          return Error(absl::StatusCode::kUnavailable, "START_TIMEOUT",
                       absl::StrCat("Shard ", name, "/", shard->id().partition, " does not serve yet (",
                                    kPhases[static_cast<int>(shard->phase())], ")."),
                       absl::StrCat("分片 ", name, "/", shard->id().partition, " 尚未开始服务。"));
        }
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
  }
  return AwaitDirectory(limit);
}

absl::Status Node::AwaitDirectory(absl::Duration limit) const {
  for (const auto& [name, mounted] : mounted_) {
    if (name != "directory") continue;
    const Shard& shard = *mounted.shards.front();
    for (const uint64_t published = shard.revision(); directory_->revision() < published;) {
      tailer_->Hurry();
      if (absl::Status status = directory_->status(); !status.ok()) return status;
      if (env_.clock->Boot() > limit) {
        return Error(absl::StatusCode::kUnavailable, "START_TIMEOUT",
                     "The directory's journal could not be read in time. Look at the log, then start again.",
                     "未能及时读取参考数据日志。请查看日志后重新启动。");
      }
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  return absl::OkStatus();
}

absl::Status Node::AwaitAdoption(absl::Duration timeout) {
  const absl::Duration limit = env_.clock->Boot() + timeout;
  // What was published a moment ago may not have been read yet.
  if (absl::Status status = AwaitDirectory(limit); !status.ok()) return status;
  for (auto& [name, mounted] : mounted_) {
    if (!mounted.module->domain.slotted) continue;
    for (auto& shard : mounted.shards) {
      while (shard->adopted() < directory_->Latest()->version() && shard->phase() != Shard::Phase::kHalted) {
        if (env_.clock->Boot() > limit) {
          return Error(absl::StatusCode::kUnavailable, "ADOPTION_TIMEOUT",
                       "Some shards have not adopted the newest directory version yet.",
                       "部分分片尚未采用最新的参考数据版本。");
        }
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
  }
  return absl::OkStatus();
}

Shard& Node::ShardOf(const Mounted& mounted, uint32_t slot) const {
  return *mounted.shards[PartitionOfSlot(slot, static_cast<uint32_t>(mounted.shards.size()))];
}

const StreamType* Node::TypeOf(const ServiceModule& module, absl::string_view stream) const {
  const absl::string_view collection = stream.substr(0, stream.find('/'));
  for (const auto& type : module.domain.streams) {
    if (type->collection() == collection) return type.get();
  }
  return nullptr;
}

void Node::Execute(const ServiceModule& module, ClientCommand client, Done done) {
  const Mounted& mounted = this->mounted(module);
  auto type = mounted.commands.find(client.request->GetDescriptor());
  if (type == mounted.commands.end()) {
    return done(Error(absl::StatusCode::kUnimplemented, "COMMAND_UNKNOWN", "This server does not know the command.",
                      "本服务器不认识该命令。"));
  }
  if (env_.disk_low && env_.disk_low()) {
    return done(Error(
        absl::StatusCode::kResourceExhausted, "DISK_FULL",
        "The server's disk is nearly full: it takes no commands, reads go on. Free space, then repeat the request.",
        "服务器磁盘即将写满：暂不接受命令，查询照常。请释放空间后重发。"));
  }
  auto header = headers_.Read(*client.request);
  if (!header.ok()) return done(header.status());
  auto address = type->second->Route(*client.request);
  if (!address.ok()) return done(address.status());

  Command command;
  if (!address->stream.empty()) {
    if (absl::Status status = CheckName(address->stream); !status.ok()) return done(status);
    if (TypeOf(module, address->stream) != type->second) return done(NoSuch(address->stream));
    command.slot = SlotOfStream(address->stream, env_.keys->slot_key());
  } else {
    // Never random on the server: whoever repeats the request reaches the same slot.
    command.slot = SlotOfIdentifier(address->slot_key.empty() ? header->id : address->slot_key, env_.keys->slot_key());
  }
  command.type = type->second;
  command.payload_mac = env_.keys->PayloadMac(rows::TimeOfRequestId(header->id), client.payload);
  command.id = std::move(header->id);
  command.etag = std::move(header->etag);
  command.occurred_at = header->occurred_at;
  command.request = std::move(client.request);
  command.address = *std::move(address);
  command.principal = std::move(client.principal);
  command.deadline = client.deadline;
  command.traceparent = std::move(client.traceparent);
  command.done = std::move(done);
  Shard& shard = ShardOf(mounted, command.slot);
  if (header->customer.empty()) return shard.Post(std::move(command));
  // Before the command is decided, not within: customers are never taken away, so what is found here still holds there.
  auto waiting = std::make_shared<Command>(std::move(command));
  CheckCustomer(header->customer, [&shard, waiting](absl::Status status) {
    status.ok() ? shard.Post(std::move(*waiting)) : waiting->done(status);
  });
}

void Node::CheckCustomer(const std::string& name, std::function<void(absl::Status)> then) const {
  const size_t slash = name.find('/');
  const auto number =
      slash == std::string::npos ? std::nullopt : Number::Parse(absl::string_view(name).substr(slash + 1));
  for (const auto& [service, mounted] : mounted_) {
    if (!number || !number->customer || mounted.module->domain.numbering != Numbering::kCustomer ||
        name != absl::StrCat(mounted.module->domain.numbered_collection, "/", number->ToString())) {
      continue;
    }
    return WithSnapshot(mounted, name, [name, then = std::move(then)](absl::StatusOr<HistorySource> source) {
      if (!source.ok()) return then(source.status());
      auto row = source->store.Get(rows::StateKey(name));
      if (!row.ok()) return then(row.status());
      then(*row ? absl::OkStatus() : NoSuch(name));
    });
  }
  then(absl::OkStatus());
}

void Node::WithSnapshot(const Mounted& mounted, const std::string& name,
                        std::function<void(absl::StatusOr<HistorySource>)> then) const {
  const StreamType* type = TypeOf(*mounted.module, name);
  Shard& shard = ShardOf(mounted, SlotOfStream(name, env_.keys->slot_key()));
  if (absl::Status status = CheckName(name); !status.ok()) return then(status);
  if (type == nullptr) return then(NoSuch(name));
  shard.Read([&shard, &mounted, type, then = std::move(then)](absl::Status status) {
    if (!status.ok()) return then(status);
    auto snapshot = shard.store().Snapshot();
    then(HistorySource{mounted.module->domain, *type, *snapshot, shard.journal()});
  });
}

absl::StatusOr<Node::Readable> Node::AwaitReadable(const Mounted& mounted, const std::string& name) const {
  const StreamType* type = TypeOf(*mounted.module, name);
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  if (type == nullptr) return NoSuch(name);
  Shard& shard = ShardOf(mounted, SlotOfStream(name, env_.keys->slot_key()));
  absl::Status result;
  absl::Notification ready;
  shard.Read([&](absl::Status status) {
    result = std::move(status);
    ready.Notify();
  });
  ready.WaitForNotification();
  if (!result.ok()) return result;
  auto snapshot = shard.store().Snapshot();
  const StoreReader& reader = *snapshot;
  return Readable{std::move(snapshot), {mounted.module->domain, *type, reader, shard.journal()}, shard.id().partition};
}

void Node::Get(const ServiceModule& module, const common::v1::GetRequest& request, GetDone done) {
  auto as_of = AsOfOf(request);
  if (!as_of.ok()) return done(as_of.status());
  const bool past = as_of->effective || as_of->recorded || as_of->version;
  auto answer = [this, request, as_of = *as_of, past, done = std::move(done)](absl::StatusOr<HistorySource> source) {
    if (!source.ok()) return done(source.status());
    std::unique_ptr<Message> state;
    uint64_t version = 0;
    if (past) {
      auto folded = FoldAsOf(*source, request.name(), as_of);
      if (!folded.ok()) return done(folded.status());
      state = std::move(folded->state);
      version = folded->version;
    } else {
      auto row = source->store.Get(rows::StateKey(request.name()));
      if (!row.ok()) return done(row.status());
      auto value = *row ? rows::StateValue::Decode(**row) : std::nullopt;
      if (!*row) return done(NoSuch(request.name()));
      state = source->type.NewState();
      if (!value || !state->ParseFromString(value->state)) {
        return done(absl::DataLossError("STATE_ROW_BROKEN"));
      }
      version = value->version;
    }
    if (absl::Status status = OpenMessage(state.get(), *env_.keys); !status.ok()) return done(status);
    SetEtag(state.get(), version);
    if (request.has_read_mask()) {
      google::protobuf::FieldMask mask = request.read_mask();
      for (const std::string& path : mask.paths()) {
        if (!google::protobuf::util::FieldMaskUtil::GetFieldDescriptors(state->GetDescriptor(), path, nullptr)) {
          return done(Invalid("READ_MASK_INVALID", absl::StrCat("The read mask names no field: ", path, "."),
                              absl::StrCat("读取掩码中的字段不存在：", path, "。"), {{"path", path}}));
        }
      }
      google::protobuf::util::FieldMaskUtil::TrimMessage(mask, state.get());
    }
    done(std::move(state));
  };
  if (!past) return WithSnapshot(mounted(module), request.name(), std::move(answer));
  auto readable = AwaitReadable(mounted(module), request.name());
  answer(readable.ok() ? absl::StatusOr<HistorySource>(readable->source) : readable.status());
}

void Node::ListHistory(const ServiceModule& module, const common::v1::ListHistoryRequest& request, HistoryDone done) {
  auto as_of = AsOfOf(request);
  if (!as_of.ok()) return done(as_of.status());
  uint64_t from = 1;
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &from)) {
    return done(Invalid("PAGE_TOKEN_INVALID", "Give the page token of the answer before, unchanged.",
                        "请原样使用上一次应答中的翻页标记。"));
  }
  if (request.page_size() < 0) {
    return done(Invalid("PAGE_SIZE_INVALID", "The page size is negative. Leave it out for the default.",
                        "每页条数不能为负，可留空使用默认值。"));
  }
  const uint32_t size =
      request.page_size() ? std::min<uint32_t>(request.page_size(), limits::kPageSizeMax) : limits::kPageSizeDefault;
  auto readable = AwaitReadable(mounted(module), request.name());
  if (!readable.ok()) return done(readable.status());
  const HistorySource& source = readable->source;
  common::v1::ListHistoryResponse response;
  bool more = false;
  std::unique_ptr<Message> event(source.domain.event->New());
  absl::Status opened;
  absl::Status status =
      ReadHistory(source, request.name(), from, [&](const journal::v1::Commit& commit, absl::string_view bytes) {
        if (as_of->version && commit.stream_version() > as_of->version) return false;
        if (as_of->recorded && absl::FromUnixMillis(commit.recorded_at_ms()) > *as_of->recorded) return false;
        if (as_of->effective && ContextOf(commit, 0).effective_at > *as_of->effective) return false;
        if (response.entries_size() == static_cast<int>(size)) {
          more = true;
          return false;
        }
        auto* entry = response.add_entries();
        *entry = EntryOf(source, commit, bytes, readable->partition);
        for (auto& any : *entry->mutable_events()) {
          if (!any.UnpackTo(event.get())) continue;
          opened = OpenMessage(event.get(), *env_.keys);
          if (!opened.ok()) return false;
          any.PackFrom(*event);
        }
        return true;
      });
  if (status.ok()) status = opened;
  if (!status.ok()) return done(status);
  if (response.entries().empty() && from == 1) return done(NoSuch(request.name()));
  if (more) response.set_next_page_token(absl::StrCat(response.entries().rbegin()->version() + 1));
  done(std::move(response));
}

absl::Status Node::ReadState(const Mounted& mounted, const std::string& name, Message* state) const {
  auto readable = AwaitReadable(mounted, name);
  if (!readable.ok()) return readable.status();
  auto row = readable->snapshot->Get(rows::StateKey(name));
  if (!row.ok()) return row.status();
  if (!*row) return NoSuch(name);
  auto value = rows::StateValue::Decode(**row);
  if (!value || state->GetDescriptor() != readable->source.type.NewState()->GetDescriptor() ||
      !state->ParseFromString(value->state)) {
    return absl::DataLossError("STATE_ROW_BROKEN");
  }
  absl::Status opened = OpenMessage(state, *env_.keys);
  SetEtag(state, value->version);
  return opened;
}

absl::Status Node::Run(const ServiceModule& module, const Query& query, const Message& request, Message* response,
                       const Principal& principal) {
  const Mounted& mounted = this->mounted(module);
  struct Nothing : RowReader {
    void Scan(absl::string_view, absl::string_view,
              const std::function<bool(absl::string_view, const Message&)>&) const override {}
    std::unique_ptr<Message> Get(absl::string_view) const override { return nullptr; }
    std::vector<uint32_t> Lagging() const override { return {}; }
  };
  std::unique_ptr<RowReader> rows = std::make_unique<Nothing>();
  if (mounted.rows != nullptr) {
    // What was acknowledged before the question should be in the answer; partitions that are not there in time are
    // named by it.
    std::vector<uint64_t> revisions;
    for (const auto& shard : mounted.shards) revisions.push_back(shard->revision());
    rows = mounted.rows->Read(revisions, limits::kListWait);
  }
  // Before the answer, and after it: reading may have found damage.
  const auto lists = [&mounted]() -> absl::Status {
    if (mounted.rows == nullptr) return absl::OkStatus();
    absl::Status status = mounted.rows->status();
    if (status.ok()) return status;
    return Error(absl::StatusCode::kUnavailable, "LISTS_HALTED",
                 absl::StrCat("The lists of this node cannot be brought up to date: ", status.message()),
                 absl::StrCat("本节点的列表无法更新：", status.message()));
  };
  if (absl::Status status = lists(); !status.ok()) return status;
  absl::Status found_status;  // of a look-up that could not be made: "not found" would be a wrong answer
  auto find = [this, &mounted, &found_status](const std::string& slot_key, const UniqueKey& key) {
    Shard& shard = ShardOf(mounted, SlotOfIdentifier(slot_key, env_.keys->slot_key()));
    absl::Notification ready;
    std::string found;
    shard.Read([&](absl::Status status) {
      found_status = status;
      if (status.ok()) {
        auto row = shard.store().Get(rows::UniqueKey(env_.keys->IndexTerm(key.space, key.value)));
        found_status = row.status();
        if (row.ok() && *row) found = **row;
      }
      ready.Notify();
    });
    ready.WaitForNotification();
    return found;
  };
  auto get = [this, &mounted](absl::string_view name, Message* state) {
    return ReadState(mounted, std::string(name), state);
  };
  auto reference = directory_->Latest();
  const absl::Status answered =
      query.answer(request, response,
                   QueryContext{principal, *reference, env_.clock->Now(), *rows, std::move(find), std::move(get)});
  if (!found_status.ok()) return found_status;
  if (absl::Status status = lists(); !status.ok()) return status;
  return answered;
}

std::vector<Backend::ShardInfo> Node::Shards() const {
  std::vector<ShardInfo> all;
  for (const auto& [name, mounted] : mounted_) {
    for (const auto& shard : mounted.shards) {
      ShardInfo& info = all.emplace_back();
      info.service = name;
      info.partition = shard->id().partition;
      info.phase = kPhases[static_cast<int>(shard->phase())];
      info.term = shard->term();
      info.revision = shard->revision();
      info.stored_revision = shard->stored_revision();
      info.adopted_version = shard->adopted();
      info.ignored_records = shard->ignored_records();
      if (shard->phase() == Shard::Phase::kHalted) info.halted = std::string(shard->halted().message());
    }
  }
  return all;
}

}  // namespace shoujie
