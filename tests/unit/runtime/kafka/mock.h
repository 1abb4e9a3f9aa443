// A Kafka cluster in this process, by the client library: answers like a broker where no broker's behaviour is at
// stake, and with errors on demand. It fences nothing and keeps everything in memory. Real brokers: tests/kafka.
#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/kafka/cluster.h"

namespace shoujie::kafka {

inline constexpr char kTopic[] = "shoujie.router.journal";
inline constexpr int16_t kProduceRequest = 0, kFetchRequest = 1;

class MockCluster {
 public:
  MockCluster() {
    char why[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    mock_ = rd_kafka_mock_cluster_new(handle_, 1);
    rd_kafka_mock_topic_create(mock_, kTopic, 4, 1);
    cluster_.bootstrap = rd_kafka_mock_cluster_bootstraps(mock_);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(mock_);
    rd_kafka_destroy(handle_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  const Cluster& cluster() const { return cluster_; }
  void MakeTopic(const std::string& name) { rd_kafka_mock_topic_create(mock_, name.c_str(), 4, 1); }
  // The next requests of this kind are answered so, in this order, and not carried out.
  void Answer(int16_t request, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(mock_, request, errors.size(), errors.data());
  }
  void Down() { rd_kafka_mock_broker_set_down(mock_, 1); }
  void Up() { rd_kafka_mock_broker_set_up(mock_, 1); }
  void RoundTrip(absl::Duration time) {
    rd_kafka_mock_broker_set_rtt(mock_, 1, static_cast<int>(absl::ToInt64Milliseconds(time)));
  }

 private:
  rd_kafka_t* handle_;
  rd_kafka_mock_cluster_t* mock_;
  Cluster cluster_;
};

// Keeps reports and waits for them.
class Reports {
 public:
  std::function<void(const Report&)> Callback() {
    return [this](const Report& report) {
      absl::MutexLock lock(&mutex_);
      reports_.push_back(report);
    };
  }
  std::vector<Report> Await(size_t count, absl::Duration patience = absl::Seconds(20)) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return reports_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), patience)) << reports_.size() << " of " << count;
    return reports_;
  }
  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return reports_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<Report> reports_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::kafka
