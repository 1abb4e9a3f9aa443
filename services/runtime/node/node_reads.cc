// What a node answers without a command: states, histories, time travel and queries.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/node/node.h"
#include "services/runtime/security/seal.h"
#include "services/runtime/security/vouch.h"
#include "services/runtime/shard/refusals.h"

namespace shoujie {
namespace {

using google::protobuf::Message;
using google::protobuf::util::TimeUtil;

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

absl::Status Node::NoSuch(absl::string_view name) {
  return NotFound("RESOURCE_NOT_FOUND", "There is no resource of this name; check the number.",
                  "没有该资源，请核对编号。", {{"name", name}});
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
    if (absl::Status status = CheckName(name); !status.ok()) return then(status);
    if (TypeOf(*mounted.module, name) == nullptr) return then(NoSuch(name));
    return ReadRow(mounted, SlotOfStream(name, env_.keys->slot_key()), rows::StateKey(name),
                   [name, then = std::move(then)](absl::StatusOr<std::optional<std::string>> row) {
                     if (!row.ok()) return then(row.status());
                     then(*row ? absl::OkStatus() : NoSuch(name));
                   });
  }
  then(absl::OkStatus());
}

void Node::WithSnapshot(const Mounted& mounted, const std::string& name,
                        std::function<void(absl::StatusOr<HistorySource>)> then) const {
  const StreamType* type = TypeOf(*mounted.module, name);
  if (absl::Status status = CheckName(name); !status.ok()) return then(status);
  if (type == nullptr) return then(NoSuch(name));
  const uint32_t slot = SlotOfStream(name, env_.keys->slot_key());
  if (!mounted.served) return then(Elsewhere(mounted, PartitionOfSlot(slot, mounted.partitions)));
  Shard& shard = ShardOf(mounted, slot);
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
  const uint32_t slot = SlotOfStream(name, env_.keys->slot_key());
  if (!mounted.served) return Elsewhere(mounted, PartitionOfSlot(slot, mounted.partitions));
  Shard& shard = ShardOf(mounted, slot);
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

void Node::ReadOwnRow(const JournalId& id, const std::string& key, Peers::RowDone done) const {
  auto it = mounted_.find(id.service);
  if (it == mounted_.end() || id.partition >= it->second.partitions) {
    return done(NoSuch(absl::StrCat("shards/", id.service, "/", id.partition)));
  }
  if (!it->second.served) return done(NotOwner("", ""));  // never "no such row": others know
  Shard& shard = *it->second.shards[id.partition];
  shard.Read([&shard, key, done = std::move(done)](absl::Status status) {
    if (!status.ok()) return done(status);
    done(shard.store().Get(key));
  });
}

void Node::ReadRow(const Mounted& mounted, uint32_t slot, const std::string& key, Peers::RowDone done) const {
  const JournalId id{mounted.module->domain.name, PartitionOfSlot(slot, mounted.partitions)};
  if (env_.peers == nullptr) return ReadOwnRow(id, key, std::move(done));
  ReadOwnRow(id, key, [this, id, key, done = std::move(done)](absl::StatusOr<std::optional<std::string>> row) {
    if (ReasonOf(row.status()) != "NOT_OWNER") return done(std::move(row));
    env_.peers->ReadRow(id, key, done);
  });
}

absl::StatusOr<std::optional<std::string>> Node::AwaitRow(const Mounted& mounted, uint32_t slot,
                                                          const std::string& key) const {
  absl::StatusOr<std::optional<std::string>> result = absl::UnknownError("");
  absl::Notification ready;
  ReadRow(mounted, slot, key, [&](absl::StatusOr<std::optional<std::string>> row) {
    result = std::move(row);
    ready.Notify();
  });
  ready.WaitForNotification();
  return result;
}

absl::Status Node::ReadState(const std::string& name, Message* state) const {
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  const Mounted* mounted = nullptr;
  const StreamType* type = nullptr;
  for (const auto& [service, one] : mounted_) {
    if (type != nullptr) break;
    type = TypeOf(*one.module, name);
    mounted = &one;
  }
  if (type == nullptr) return NoSuch(name);
  auto row = AwaitRow(*mounted, SlotOfStream(name, env_.keys->slot_key()), rows::StateKey(name));
  if (!row.ok()) return row.status();
  if (!*row) return NoSuch(name);
  auto value = rows::StateValue::Decode(**row);
  if (!value || state->GetDescriptor() != type->NewState()->GetDescriptor() || !state->ParseFromString(value->state)) {
    return absl::DataLossError("STATE_ROW_BROKEN");
  }
  absl::Status opened = OpenMessage(state, *env_.keys);
  SetEtag(state, value->version);
  return opened;
}

absl::StatusOr<std::shared_ptr<const Reference>> Node::ReferenceOf(uint64_t version) const {
  if (auto kept = directory_->At(version); kept != nullptr && kept->version() == version) return kept;
  const auto none = [version] {
    return NotFound("DIRECTORY_VERSION_UNKNOWN",
                    "There is no directory version of this number. Ask for one that the directory's history lists.",
                    "没有该编号的参考数据版本，请填写参考数据历史中列出的版本。", {{"version", absl::StrCat(version)}});
  };
  const auto directory = mounted_.find("directory");
  if (version > directory_->Latest()->version() || directory == mounted_.end()) return none();
  if (!directory->second.served) {
    return Error(absl::StatusCode::kUnavailable, "DIRECTORY_VERSION_ELSEWHERE",
                 "This node keeps no version that old. Ask a node that serves the directory.",
                 "本节点未保留如此早的参考数据版本，请改问承载参考数据服务的节点。",
                 {{"version", absl::StrCat(version)}});
  }
  const std::string name = "directories/main";
  auto readable = AwaitReadable(directory->second, name);
  if (!readable.ok()) return readable.status();
  auto folded = FoldAsOf(readable->source, name, AsOf{.version = version});
  if (!folded.ok()) return folded.status();
  directory::v1::Directory content;
  content.CopyFrom(*folded->state);
  if (content.version() != version) return none();
  return std::make_shared<const Reference>(std::move(content));
}

absl::Status Node::ListsHalted(const absl::Status& why) {
  if (why.ok()) return why;
  return Error(absl::StatusCode::kUnavailable, "LISTS_HALTED",
               absl::StrCat("The lists of this node cannot be brought up to date: ", why.message()),
               absl::StrCat("本节点的列表无法更新：", why.message()));
}

absl::StatusOr<std::unique_ptr<AnswerStream>> Node::Open(const ServiceModule& module, const Watch& watch,
                                                         const Message& request, const Principal& principal,
                                                         WakeStream wake) {
  const Mounted& mounted = this->mounted(module);
  if (!mounted.served) return Elsewhere(mounted, queries_elsewhere_.fetch_add(1) % mounted.partitions);
  Feed* const feed = mounted.rows == nullptr ? nullptr : mounted.rows->feed();
  if (feed == nullptr) return absl::UnimplementedError("nothing is published");
  auto reference = directory_->Latest();
  auto order = watch.order(request, principal, *reference);
  if (!order.ok()) return order.status();
  std::shared_ptr<Message> asked(request.New());
  asked->CopyFrom(request);
  auto still = [this, &watch, &mounted, asked, principal, version = reference->version()]() mutable {
    if (absl::Status status = ListsHalted(mounted.rows->status()); !status.ok()) return status;
    auto latest = directory_->Latest();
    if (latest->version() == version) return absl::OkStatus();
    auto again = watch.order(*asked, principal, *latest);
    if (again.ok()) version = latest->version();
    return again.status();
  };
  return feed->Open(*order, std::move(still), std::move(wake));
}

RowsOf Node::ShownNow() const {
  auto read = std::make_shared<std::map<std::string, std::unique_ptr<RowReader>, std::less<>>>();
  return [this, read](absl::string_view service) -> const RowReader* {
    if (auto known = read->find(service); known != read->end()) return known->second.get();
    const auto found = mounted_.find(service);
    if (found == mounted_.end() || !found->second.served) return nullptr;
    const Mounted& mounted = found->second;
    if (mounted.rows == nullptr || !mounted.rows->status().ok()) return nullptr;
    std::vector<uint64_t> revisions;
    for (const auto& shard : mounted.shards) revisions.push_back(shard->revision());
    auto rows = mounted.rows->Read(revisions, absl::ZeroDuration());
    return read->emplace(std::string(service), std::move(rows)).first->second.get();
  };
}

absl::Status Node::Run(const ServiceModule& module, const Query& query, const Message& request, Message* response,
                       const Principal& principal) {
  const Mounted& mounted = this->mounted(module);
  // Any node that serves it will do: by turns.
  if (!mounted.served) return Elsewhere(mounted, queries_elsewhere_.fetch_add(1) % mounted.partitions);
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
    return mounted.rows == nullptr ? absl::OkStatus() : ListsHalted(mounted.rows->status());
  };
  if (absl::Status status = lists(); !status.ok()) return status;
  absl::Status found_status;  // of a look-up that could not be made: "not found" would be a wrong answer
  auto find = [this, &mounted, &found_status](const std::string& slot_key, const UniqueKey& key) {
    auto row = AwaitRow(mounted, SlotOfIdentifier(slot_key, env_.keys->slot_key()),
                        rows::UniqueKey(env_.keys->IndexTerm(key.space, key.value)));
    found_status = row.status();
    return row.ok() ? row->value_or("") : "";
  };
  auto get = [this](absl::string_view name, Message* state) { return ReadState(std::string(name), state); };
  auto rows_of = [&mounted, &rows, others = ShownNow()](absl::string_view service) -> const RowReader* {
    return service == mounted.module->domain.name ? rows.get() : others(service);
  };
  auto reference = directory_->Latest();
  const absl::Status answered = query.answer(
      request, response,
      QueryContext{principal, *reference, env_.clock->Now(), *rows, std::move(find), std::move(get),
                   [this](uint64_t version) { return ReferenceOf(version); },
                   [this](absl::string_view statement) { return VouchFor(env_.keys->slot_key(), statement); },
                   std::move(rows_of)});
  if (!found_status.ok()) return found_status;
  if (absl::Status status = lists(); !status.ok()) return status;
  return answered;
}

std::vector<Backend::Adoption> Node::Adoptions() const {
  std::vector<Adoption> all;
  for (const auto& [name, mounted] : mounted_) {
    if (!mounted.served || !mounted.module->domain.slotted) continue;
    std::vector<RowReader::Shown> shown;
    if (mounted.rows != nullptr) {
      std::vector<uint64_t> revisions;
      for (const auto& shard : mounted.shards) revisions.push_back(shard->revision());
      shown = mounted.rows->Read(revisions, limits::kListWait)->Partitions();
    }
    for (uint32_t p = 0; p < mounted.partitions; ++p) {
      Adoption& one = all.emplace_back();
      one.service = name;
      one.partition = p;
      if (p < shown.size()) one.version = shown[p].adopted_version;
      // What was adopted before lists kept it stands in the store of the shard, if it is one that is followed here.
      auto row = mounted.shards[p]->store().Get(rows::AdoptedKey());
      if (row.ok() && *row) one.version = std::max(one.version, rows::DecodeBig64(**row).value_or(0));
    }
  }
  return all;
}

}  // namespace shoujie
