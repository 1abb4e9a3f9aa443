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
constexpr int kDescribeTimeoutMs = 1000;
// Beside every rebalance: what was missed shows all the same.
constexpr absl::Duration kDescribeEvery = absl::Seconds(2);

struct GroupsDeleter {
  void operator()(const rd_kafka_group_list* groups) const { rd_kafka_group_list_destroy(groups); }
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

  // False: the coordinator has no settled membership to tell, or does not answer. Not by the library's admin calls:
  // their request to a coordinator that is away runs into its time-out, and 2.0.2 then ends the process by an assertion
  // (rd_kafka_enq_once_del_source_return) as soon as a coordinator is known again.
  bool Describe() {
    const rd_kafka_group_list* answer = nullptr;
    rd_kafka_list_groups(handle.get(), group.c_str(), &answer, kDescribeTimeoutMs);
    // With a broker away the answer of the others is there all the same, with an error.
    const std::unique_ptr<const rd_kafka_group_list, GroupsDeleter> groups(answer);
    if (groups == nullptr || groups->group_cnt != 1) return false;
    const rd_kafka_group_info& told = groups->groups[0];
    if (told.err != RD_KAFKA_RESP_ERR_NO_ERROR || absl::string_view(told.state) != "Stable") return false;
    std::vector<Peer> members;
    for (int i = 0; i < told.member_cnt; ++i) {
      Peer peer = PeerOf(told.members[i].client_id);
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
