#include "services/runtime/kafka/group.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"

namespace shoujie {
namespace {

using kafka::Handle;

constexpr absl::Duration kPoll = absl::Milliseconds(50);
constexpr int kDescribeTimeoutMs = 1500;
// Beside every rebalance: what was missed shows all the same.
constexpr absl::Duration kDescribeEvery = absl::Seconds(2);

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};

// "name@host:port"
Peer PeerOf(absl::string_view client_id) {
  const size_t at = client_id.find('@');
  if (at == absl::string_view::npos) return {};
  return {std::string(client_id.substr(0, at)), std::string(client_id.substr(at + 1))};
}

}  // namespace

// Lives until the thread that ends the member is done.
struct GroupMembership::Member {
  kafka::Cluster cluster;
  kafka::Context context;
  std::string group, topic;
  Peer self;
  std::function<void()> on_change;
  Handle handle;
  std::atomic<bool> stop{false};
  std::atomic<bool> rebalanced{false};
  std::thread thread;
  mutable absl::Mutex mutex;
  std::vector<Peer> live ABSL_GUARDED_BY(mutex);

  static void OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions,
                          void* opaque) {
    auto* context = static_cast<kafka::Context*>(opaque);
    auto* member = static_cast<Member*>(context->owner);
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      for (int i = 0; i < partitions->cnt; ++i) partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
      rd_kafka_assign(handle, partitions);
      rd_kafka_pause_partitions(handle, partitions);  // membership only
      member->rebalanced = true;
    } else {
      rd_kafka_assign(handle, nullptr);
    }
  }

  void Run() {
    absl::Time described = absl::InfinitePast();
    while (!stop) {
      if (auto* message = rd_kafka_consumer_poll(handle.get(), static_cast<int>(absl::ToInt64Milliseconds(kPoll)))) {
        rd_kafka_message_destroy(message);
      }
      const bool news = rebalanced.exchange(false);
      if (!news && absl::Now() < described + kDescribeEvery) continue;
      described = absl::Now();
      if (!Describe() && news) rebalanced = true;  // between two generations: again
    }
  }

  // False: the coordinator has no settled membership to tell, or does not answer.
  bool Describe() {
    std::unique_ptr<rd_kafka_queue_t, QueueDeleter> queue(rd_kafka_queue_new(handle.get()));
    rd_kafka_AdminOptions_t* options =
        rd_kafka_AdminOptions_new(handle.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    char why[256];
    rd_kafka_AdminOptions_set_request_timeout(options, kDescribeTimeoutMs, why, sizeof(why));
    const char* groups[] = {group.c_str()};
    rd_kafka_DescribeConsumerGroups(handle.get(), groups, 1, options, queue.get());
    rd_kafka_AdminOptions_destroy(options);
    std::unique_ptr<rd_kafka_event_t, EventDeleter> event(rd_kafka_queue_poll(queue.get(), kDescribeTimeoutMs + 500));
    if (event == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    size_t count = 0;
    const auto** described = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
    if (count != 1 || rd_kafka_ConsumerGroupDescription_error(described[0]) != nullptr ||
        rd_kafka_ConsumerGroupDescription_state(described[0]) != RD_KAFKA_CONSUMER_GROUP_STATE_STABLE) {
      return false;
    }
    std::vector<Peer> members;
    for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(described[0]); ++i) {
      Peer peer =
          PeerOf(rd_kafka_MemberDescription_client_id(rd_kafka_ConsumerGroupDescription_member(described[0], i)));
      // A node that died and is back may be listed twice until its old membership ends.
      const bool twice =
          std::any_of(members.begin(), members.end(), [&](const Peer& p) { return p.name == peer.name; });
      if (!peer.name.empty() && !twice) members.push_back(std::move(peer));
    }
    std::sort(members.begin(), members.end(), [](const Peer& a, const Peer& b) { return a.name < b.name; });
    {
      absl::MutexLock lock(&mutex);
      if (members == live) return true;
      live = std::move(members);
    }
    on_change();
    return true;
  }
};

GroupMembership::GroupMembership(kafka::Cluster cluster, std::string topic, Peer self)
    : member_(std::make_shared<Member>()) {
  member_->group = absl::StrCat(cluster.prefix, ".nodes");
  cluster.client_id = absl::StrCat(self.name, "@", self.address);
  member_->cluster = std::move(cluster);
  member_->context = {&member_->cluster, member_.get()};
  member_->topic = std::move(topic);
  member_->self = std::move(self);
}

GroupMembership::~GroupMembership() { Leave(absl::ZeroDuration()); }

absl::Status GroupMembership::Join(std::function<void()> on_change) {
  member_->on_change = std::move(on_change);
  auto handle = kafka::NewGroupMember(&member_->context, member_->group, &Member::OnRebalance);
  if (!handle.ok()) return handle.status();
  member_->handle = *std::move(handle);
  rd_kafka_poll_set_consumer(member_->handle.get());
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, member_->topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(member_->handle.get(), topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::ToStatus(error, "to join the group of nodes");
  member_->thread = std::thread([member = member_.get()] { member->Run(); });
  pthread_setname_np(member_->thread.native_handle(), "membership");
  return absl::OkStatus();
}

std::vector<Peer> GroupMembership::Live() const {
  absl::MutexLock lock(&member_->mutex);
  return member_->live;
}

std::vector<Peer> GroupMembership::Known() const {
  std::vector<Peer> others = Live();
  others.erase(
      std::remove_if(others.begin(), others.end(), [this](const Peer& p) { return p.name == member_->self.name; }),
      others.end());
  return others;
}

void GroupMembership::Leave(absl::Duration deadline) {
  member_->stop = true;
  if (member_->thread.joinable()) member_->thread.join();
  if (member_->handle == nullptr) return;
  auto done = std::make_shared<absl::Notification>();
  std::thread([member = member_, handle = member_->handle.release(), done] {
    rd_kafka_consumer_close(handle);  // says that it leaves
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    done->Notify();
  }).detach();
  done->WaitForNotificationWithTimeout(deadline);
}

}  // namespace shoujie
