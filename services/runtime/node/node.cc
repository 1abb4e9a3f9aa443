#include "services/runtime/node/node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/number.h"
#include "services/runtime/shard/refusals.h"
#include "shoujie/directory/v1/commands.pb.h"

namespace shoujie {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kLogLag = absl::Seconds(10);
constexpr absl::Duration kKeysLag = absl::Seconds(10);

constexpr const char* kPhases[] = {"following", "draining", "claiming", "waiting", "serving", "halted"};

}  // namespace

Node::Node(NodeEnv env) : env_(std::move(env)) {
  runner_ = std::make_unique<Runner>(env_.clock, env_.threads);
  tailer_ = std::make_unique<Tailer>();
  if (env_.side_store) {
    rebuilds_ = std::make_unique<LiveRebuilds>(RebuildEnv{env_.side_store, env_.keys, env_.clock});
  }
  for (const ServiceModule& module : env_.modules) {
    module_list_.push_back(&module);
    Mounted& mounted = mounted_[module.domain.name];
    mounted.module = &module;
    mounted.served = env_.serves.empty() || env_.serves.contains(module.domain.name);
    mounted.partitions = module.domain.slotted ? env_.partitions : 1;
    for (const auto& type : module.domain.streams) {
      for (const auto* descriptor : type->commands()) {
        if (descriptor != common::v1::TimerFired::descriptor()) mounted.commands.emplace(descriptor, type.get());
      }
    }
  }
}

Node::~Node() { Stop(); }

void Node::Stop() {
  if (rebuilds_) rebuilds_->Stop();
  for (auto& [name, mounted] : mounted_) {
    if (mounted.relay) mounted.relay->Stop();
  }
  if (env_.peers == nullptr) GiveUpAll();  // else the cluster has handed them over
  runner_->Stop();
  tailer_->Stop();
}

void Node::GiveUpAll() {
  std::vector<const Shard*> given;
  for (auto& [name, mounted] : mounted_) {
    for (auto& shard : mounted.shards) {
      if (shard->journal().exclusive() || !shard->owns()) continue;
      shard->Release("");
      given.push_back(shard.get());
    }
  }
  const auto owned = [](const Shard* shard) { return shard->owns() && shard->phase() == Shard::Phase::kServing; };
  const absl::Duration limit = env_.clock->Boot() + limits::kDrainTimeout;
  while (std::any_of(given.begin(), given.end(), owned) && env_.clock->Boot() < limit) {
    absl::SleepFor(absl::Milliseconds(2));
  }
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
  // A broker that has just become the leader of a log may not know yet how far it was acknowledged, and so nobody may
  // read that far. What is missing for longer is missing.
  for (const absl::Duration limit = env_.clock->Boot() + kLogLag;
       (ReasonOf(status) == "JOURNAL_SHORT" || NotNow(status)) && !shard.journal().exclusive() &&
       env_.clock->Boot() < limit;) {
    absl::SleepFor(absl::Milliseconds(50));
    status = shard.Open();
  }
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

  LinkReactions(&env_.modules);
  if (absl::Status status = RebuildAtStart(); !status.ok()) return status;
  for (auto& [name, mounted] : mounted_) {
    if (!mounted.served) continue;
    const ServiceDomain& domain = mounted.module->domain;
    const uint32_t partitions = mounted.partitions;
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
                     .partitions = partitions,
                     .courier = this,
                     .node = env_.name,
                     .address = env_.peers ? env_.peers->self().address : "",
                     .owner_changed = nullptr,
                     .not_owner = nullptr,
                     .wake = [handle] { Runner::Wake(handle); }};
      if (Peers* peers = env_.peers) {
        env.owner_changed = [peers, id](uint64_t term, const std::string& node, const std::string& address) {
          peers->OwnerChanged(id, term, node, address);
        };
        env.not_owner = [peers, id] {
          const auto owner = peers->Locate(id);
          return owner ? NotOwner(owner->name, owner->address) : NotOwner("", "");
        };
      }
      journals.push_back(env.journal);
      auto& shard = mounted.shards.emplace_back(std::make_unique<Shard>(std::move(env)));
      if (env_.peers) shard->Rest();
      if (absl::Status status = OpenShard(*shard); !status.ok()) return status;
      if (!env_.keys->Await(shard->keys_at(), kKeysLag)) {
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
          &domain, journals, env_.store({name + ".lists", 0}), Relays(domain), [this] { tailer_->Wake(); },
          [this] { tailer_->Hurry(); }, env_.clock);
      if (absl::Status status = OpenLists(domain, journals, mounted.rows.get()); !status.ok()) return status;
      if (Relays(domain)) MakeRelay(&mounted);
      tailer_->Add(mounted.rows.get());
    }
  }
  runner_->Start();
  tailer_->Start();
  for (auto& [name, mounted] : mounted_) {
    if (mounted.relay) mounted.relay->Start();
  }
  const absl::Duration limit = env_.clock->Boot() + limits::kStartTimeout;
  if (env_.peers == nullptr) {
    for (auto& [name, mounted] : mounted_) {
      for (auto& shard : mounted.shards) shard->Own();
    }
    if (absl::Status status = AwaitOwned(limit); !status.ok()) return status;
  }
  return AwaitDirectory(limit);
}

absl::Status Node::AwaitOwned(absl::Duration limit) const {
  for (const auto& [name, mounted] : mounted_) {
    for (const auto& shard : mounted.shards) {
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
  return absl::OkStatus();
}

absl::Status Node::AwaitDirectory(absl::Duration limit) const {
  const JournalId id{"directory", 0};
  auto journal = env_.journal(id);
  if (!journal.ok()) return journal.status();
  const Shard* own = shard(id);
  const uint64_t published = own != nullptr ? own->revision() : 0, end = env_.peers ? (*journal)->EndHint() : 0;
  while (directory_->revision() < published || directory_->position() < end) {
    tailer_->Hurry();
    if (absl::Status status = directory_->status(); !status.ok()) return status;
    if (env_.clock->Boot() > limit) {
      return Error(absl::StatusCode::kUnavailable, "START_TIMEOUT",
                   "The directory's journal could not be read in time. Look at the log, then start again.",
                   "未能及时读取参考数据日志。请查看日志后重新启动。");
    }
    absl::SleepFor(absl::Milliseconds(1));
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
      while (shard->adopted() < directory_->Latest()->version() && shard->phase() != Shard::Phase::kHalted &&
             (env_.peers == nullptr || shard->owns())) {
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
  return *mounted.shards[PartitionOfSlot(slot, mounted.partitions)];
}

absl::Status Node::Elsewhere(const Mounted& mounted, uint32_t partition) const {
  const std::string& service = mounted.module->domain.name;
  const auto owner = env_.peers ? env_.peers->Locate({service, partition}) : std::nullopt;
  if (owner) return NotOwner(owner->name, owner->address);
  return Error(absl::StatusCode::kUnavailable, "SERVICE_UNSERVED",
               absl::StrCat("No node that serves ", service,
                            " is known at present; nothing was done. Start one, and repeat the same request."),
               absl::StrCat("目前没有提供 ", service, " 服务的节点，未做任何更改。请启动该服务后重发同一请求。"),
               {{"service", service}});
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
  if (mounted.served && env_.disk_low && env_.disk_low()) {
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
  if (!mounted.served) return done(Elsewhere(mounted, PartitionOfSlot(command.slot, mounted.partitions)));
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
  if (command.request->GetDescriptor() == directory::v1::EnableFeatureRequest::descriptor()) {
    const auto& enable = static_cast<const directory::v1::EnableFeatureRequest&>(*command.request);
    if (absl::Status may = MayEnable(enable.feature()); !may.ok()) return command.done(may);
  }
  for (const Hint& hint : module.hints) {
    if (hint.request != command.request->GetDescriptor()) continue;
    const auto reference = directory_->Latest();
    hint.fill(HintContext{*reference, env_.clock->Now(), ShownNow()}, command.request.get());
  }
  if (header->customer.empty()) return shard.Post(std::move(command));
  // A wrong number is told at once where that can be known. It is no rule: whoever owns the customer decides, by
  // message.
  auto waiting = std::make_shared<Command>(std::move(command));
  CheckCustomer(header->customer, [&shard, waiting](absl::Status status) {
    absl::IsNotFound(status) ? waiting->done(status) : shard.Post(std::move(*waiting));
  });
}

absl::Status Node::MayEnable(absl::string_view feature) const {
  if (env_.peers == nullptr || FindFeature(feature) == nullptr || reference()->enabled(feature)) {
    return absl::OkStatus();  // nobody else to ask, or the domain says what is to be said
  }
  const std::vector<std::string> cannot = env_.peers->CannotRead(feature);
  if (cannot.empty()) return absl::OkStatus();
  const std::string nodes = absl::StrJoin(cannot, ", ");
  return Refused("FEATURE_UNREADABLE",
                 absl::StrCat("These nodes have not said that they can read what the feature guards: ", nodes,
                              ". Replace them by this build, then enable the feature again."),
                 absl::StrCat("以下节点尚不能读取该功能的事件：", nodes, "。请将其升级到本版本后再启用。"),
                 {{"feature", feature}, {"nodes", nodes}});
}

std::vector<const Shard*> Node::shards() const {
  std::vector<const Shard*> all;
  for (const auto& [name, mounted] : mounted_) {
    for (const auto& shard : mounted.shards) all.push_back(shard.get());
  }
  return all;
}

std::vector<JournalId> Node::journals() const {
  std::vector<JournalId> all;
  for (const auto& [name, mounted] : mounted_) {
    for (uint32_t p = 0; p < mounted.partitions; ++p) all.push_back({name, p});
  }
  return all;
}

const Shard* Node::shard(const JournalId& id) const {
  auto it = mounted_.find(id.service);
  return it == mounted_.end() || id.partition >= it->second.shards.size() ? nullptr
                                                                          : it->second.shards[id.partition].get();
}

void Node::Assign(const JournalId& id, Role role) {
  Shard& shard = *mounted_.find(id.service)->second.shards[id.partition];
  switch (role) {
    case Role::kRest:
      return shard.Rest();
    case Role::kStandby:
      return shard.Follow();
    case Role::kOwner:
      return shard.Own();
  }
}

void Node::HandOver(const JournalId& id, const std::string& to) {
  mounted_.find(id.service)->second.shards[id.partition]->Release(to);
}

void Node::Carry(journal::v1::Letter letter) {
  const Shard* here = shard({letter.service(), letter.to_partition()});
  if (env_.peers && (here == nullptr || !here->owns())) return env_.peers->Carry(std::move(letter));
  Receive(std::move(letter));
}

void Node::Receive(journal::v1::Letter letter) {
  auto it = mounted_.find(letter.service());
  if (it == mounted_.end() || letter.to_partition() >= it->second.shards.size()) return;
  it->second.shards[letter.to_partition()]->Receive(std::move(letter));
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
      info.behind = shard->behind();
      info.replaced = shard->replaced();
      info.backs_off = shard->backs_off();
      if (env_.peers != nullptr) {
        const auto owner = shard->owns() ? env_.peers->self() : env_.peers->Locate(shard->id()).value_or(Peer());
        info.owner = owner.name;
        info.owner_address = owner.address;
      }
      if (const auto relay = mounted.relay ? mounted.relay->standing(info.partition) : std::nullopt) {
        info.published.emplace(ShardInfo::Published{relay->runs, relay->lag_records});
      }
      if (shard->phase() == Shard::Phase::kHalted) info.halted = std::string(shard->halted().message());
    }
  }
  return all;
}

}  // namespace shoujie
