#include "services/runtime/kafka/reports.h"

#include <pthread.h>

#include <utility>

namespace shoujie::kafka {
namespace {

constexpr size_t kOpeners = 32;  // each waits for one answer at a time

}  // namespace

ReportThreads::List::List(const char* name, void (Client::*act)(), size_t threads) : act_(act) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), name);
  }
}

ReportThreads::List::~List() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ReportThreads::List::Add(std::shared_ptr<Client> client) {
  absl::MutexLock lock(&mutex_);
  clients_.push_back(std::move(client));
  wake_.Signal();
}

void ReportThreads::List::Run() {
  for (;;) {
    std::shared_ptr<Client> client;
    {
      absl::MutexLock lock(&mutex_);
      while (clients_.empty() && !ending_) wake_.Wait(&mutex_);
      if (clients_.empty()) return;
      client = std::move(clients_.front());
      clients_.pop_front();
    }
    ((*client).*act_)();
  }
}

ReportThreads::ReportThreads()
    : opener_("kafka-open", &Client::Open, kOpeners),
      poller_("kafka-reports", &Client::Poll, 1),
      closer_("kafka-close", &Client::Close, 1) {}

ReportThreads::~ReportThreads() = default;

}  // namespace shoujie::kafka
