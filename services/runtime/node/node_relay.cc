// The node's relays: what a service publishes goes to its topic, partition by partition of those that this node owns.
#include <utility>

#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/node/node.h"

namespace shoujie {
namespace {

absl::Status NotEnabled() {
  return Refused("PUBLISHED_OFF",
                 "Events are not written to the topic yet, and are kept for it. When all nodes run this build, enable "
                 "it: shoujie admin feature enable published.",
                 "事件暂不写入主题，但会为其保留。请在所有节点升级到本版本后执行 "
                 "shoujie admin feature enable published。");
}

}  // namespace

void Node::MakeRelay(Mounted* mounted) {
  const ServiceDomain& domain = mounted->module->domain;
  Relay::Env env;
  env.partitions = mounted->partitions;
  env.event = google::protobuf::MessageFactory::generated_factory()->GetPrototype(domain.feed->event());
  env.rows = env_.store({domain.name + ".lists", 0});
  env.clock = env_.clock;
  env.log = env_.published(std::string(domain.feed->collection()), mounted->partitions);
  env.may = [this] { return reference()->enabled(kPublishedFeature) ? absl::OkStatus() : NotEnabled(); };
  env.owner = [mounted](uint32_t p) {
    const Shard& shard = *mounted->shards[p];
    return Relay::Owner{shard.owns() && shard.phase() == Shard::Phase::kServing, shard.term(), shard.revision()};
  };
  env.shown = [mounted](uint32_t p) { return mounted->rows->revision(p); };
  env.record = [mounted](uint32_t p, uint64_t up_to) { mounted->shards[p]->PublishedUpTo(up_to); };
  if (env_.relay_waits) {
    env.waits = [this, name = domain.name](const absl::Status& why) { env_.relay_waits(name, why); };
  }
  mounted->relay = std::make_unique<Relay>(std::move(env));
  mounted->rows->WhenShown([relay = mounted->relay.get()] { relay->Wake(); });
}

}  // namespace shoujie
