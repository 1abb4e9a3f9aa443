// Tells ThreadSanitizer what absl's mutexes order. Debian's absl is not compiled with it, so without this every state
// under an absl::Mutex looks like a race. Linked into the tests of TSan trees alone: the functions below take the place
// of those of libabsl_synchronization.so, call them, and say what happens-before what. Conditions are evaluated by
// whichever thread holds the mutex, hence `Eval` too.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace {

thread_local void* held = nullptr;  // the mutex under which a condition would be evaluated by this thread now

class Holding {
 public:
  explicit Holding(void* mutex) : before_(held) { held = mutex; }
  ~Holding() { held = before_; }

 private:
  void* const before_;
};

template <typename Function>
Function* Real(const char* symbol) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
}

}  // namespace

#define MUTEX "_ZN4absl7debian35Mutex"
#define CONDVAR "_ZN4absl7debian37CondVar"

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const real = Real<void(Mutex*)>(MUTEX "4LockEv");
  real(this);
  __tsan_acquire(this);
}
bool Mutex::TryLock() {
  static auto* const real = Real<bool(Mutex*)>(MUTEX "7TryLockEv");
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}
void Mutex::Unlock() {
  static auto* const real = Real<void(Mutex*)>(MUTEX "6UnlockEv");
  const Holding holding(this);
  __tsan_release(this);
  real(this);
}
void Mutex::ReaderLock() {
  static auto* const real = Real<void(Mutex*)>(MUTEX "10ReaderLockEv");
  real(this);
  __tsan_acquire(this);
}
bool Mutex::ReaderTryLock() {
  static auto* const real = Real<bool(Mutex*)>(MUTEX "13ReaderTryLockEv");
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}
void Mutex::ReaderUnlock() {
  static auto* const real = Real<void(Mutex*)>(MUTEX "12ReaderUnlockEv");
  const Holding holding(this);
  __tsan_release(this);
  real(this);
}
void Mutex::Await(const Condition& condition) {
  static auto* const real = Real<void(Mutex*, const Condition&)>(MUTEX "5AwaitERKNS0_9ConditionE");
  const Holding holding(this);
  __tsan_release(this);
  real(this, condition);
  __tsan_acquire(this);
}
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real =
      Real<bool(Mutex*, const Condition&, Duration)>(MUTEX "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const Holding holding(this);
  __tsan_release(this);
  const bool met = real(this, condition, timeout);
  __tsan_acquire(this);
  return met;
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real =
      Real<bool(Mutex*, const Condition&, Time)>(MUTEX "17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const Holding holding(this);
  __tsan_release(this);
  const bool met = real(this, condition, deadline);
  __tsan_acquire(this);
  return met;
}
void Mutex::LockWhen(const Condition& condition) {
  static auto* const real = Real<void(Mutex*, const Condition&)>(MUTEX "8LockWhenERKNS0_9ConditionE");
  const Holding holding(this);
  real(this, condition);
  __tsan_acquire(this);
}
bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real =
      Real<bool(Mutex*, const Condition&, Duration)>(MUTEX "19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const Holding holding(this);
  const bool met = real(this, condition, timeout);
  __tsan_acquire(this);
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real = Real<void(CondVar*, Mutex*)>(CONDVAR "4WaitEPNS0_5MutexE");
  const Holding holding(mutex);
  __tsan_release(mutex);
  real(this, mutex);
  __tsan_acquire(mutex);
}
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real =
      Real<bool(CondVar*, Mutex*, Duration)>(CONDVAR "15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  const Holding holding(mutex);
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Time)>(CONDVAR "16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const Holding holding(mutex);
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}

bool Condition::Eval() const {
  static auto* const real = Real<bool(const Condition*)>("_ZNK4absl7debian39Condition4EvalEv");
  void* const mutex = held;
  if (mutex != nullptr) __tsan_acquire(mutex);
  const bool met = real(this);
  if (mutex != nullptr) __tsan_release(mutex);
  return met;
}

void Notification::Notify() {
  static auto* const real = Real<void(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}
void Notification::WaitForNotification() const {
  static auto* const real = Real<void(const Notification*)>("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

ABSL_NAMESPACE_END
}  // namespace absl
