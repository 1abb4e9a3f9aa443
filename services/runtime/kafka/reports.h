// The threads that all writers of a process share. The poller hands out delivery reports: a producer whose queue has
// something is put on its list by the library, so that thousands of idle producers cost nothing. Openers, a few, since
// a start opens hundreds, and the closer do for producers what may wait for the network. Not for readers.
#pragma once

#include <deque>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace shoujie::kafka {

class ReportThreads {
 public:
  // What the threads do to a producer. Kept alive by being listed.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void Open() = 0;   // on an opener's thread
    virtual void Poll() = 0;   // on the poller's thread
    virtual void Close() = 0;  // on the closer's thread, once; what the others do afterwards must do nothing
  };

  ReportThreads();
  // Closes what is listed. Whatever uses these threads must have been closed or listed for it before.
  ~ReportThreads();
  ReportThreads(const ReportThreads&) = delete;
  ReportThreads& operator=(const ReportThreads&) = delete;

  // Never block. Thread-safe, also from inside the library's callbacks.
  void NeedsOpen(std::shared_ptr<Client> client) { opener_.Add(std::move(client)); }
  void NeedsPoll(std::shared_ptr<Client> client) { poller_.Add(std::move(client)); }
  void NeedsClose(std::shared_ptr<Client> client) { closer_.Add(std::move(client)); }

 private:
  class List {
   public:
    List(const char* name, void (Client::*act)(), size_t threads);
    ~List();
    void Add(std::shared_ptr<Client> client);

   private:
    void Run();

    void (Client::*const act_)();
    absl::Mutex mutex_;
    absl::CondVar wake_;
    std::deque<std::shared_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
    bool ending_ ABSL_GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;  // last: they use what stands above
  };

  List opener_;
  List poller_;
  List closer_;  // ends first: a producer that it closes may still want to be polled
};

}  // namespace shoujie::kafka
