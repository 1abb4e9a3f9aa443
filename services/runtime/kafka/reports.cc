#include "services/runtime/kafka/reports.h"

#include <pthread.h>

#include <utility>

namespace shoujie::kafka {

ReportThreads::List::List(const char* name, void (Client::*act)()) : act_(act), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), name);
}

ReportThreads::List::~List() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    wake_.Signal();
  }
  thread_.join();
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
    : opener_("kafka-open", &Client::Open),
      poller_("kafka-reports", &Client::Poll),
      closer_("kafka-close", &Client::Close) {}

ReportThreads::~ReportThreads() = default;

}  // namespace shoujie::kafka
