#include "loadtest/floors/append.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "loadtest/generator/random.h"

namespace shoujie::load {
namespace {

constexpr off_t kRoomBytes = 64 << 20;

int64_t Ns(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

void SleepUntil(int64_t ns) {
  const timespec t = {ns / 1'000'000'000, ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) != 0) {
  }
}

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();  // a floor that did not write measures nothing
}

// Room is taken beforehand, as RocksDB does for its log.
int OpenNew(const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  Check(fd >= 0, "open");
  (void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, kRoomBytes);  // not every file system can
  return fd;
}

}  // namespace

FloorResult AppendFloor(const std::string& path, const std::vector<std::string>& records, size_t group,
                        absl::Duration time) {
  const int fd = OpenNew(path);
  FloorResult result;
  const int64_t begin = Ns(CLOCK_MONOTONIC), cpu_begin = Ns(CLOCK_THREAD_CPUTIME_ID);
  const int64_t limit = begin + absl::ToInt64Nanoseconds(time);
  std::string bytes;
  int64_t now = begin;
  for (size_t next = 0; now < limit;) {
    const int64_t start = now;
    bytes.clear();
    for (size_t i = 0; i < group; ++i) bytes += records[next++ % records.size()];
    Check(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
    Check(fdatasync(fd) == 0, "fdatasync");
    now = Ns(CLOCK_MONOTONIC);
    result.group_latency.Record(now - start);
    result.records += group;
    ++result.groups;
  }
  result.seconds = static_cast<double>(now - begin) * 1e-9;
  result.cpu_seconds = static_cast<double>(Ns(CLOCK_THREAD_CPUTIME_ID) - cpu_begin) * 1e-9;
  close(fd);
  unlink(path.c_str());
  return result;
}

Histogram PacedAppendFloor(const std::string& path, const std::vector<std::string>& records, double rate,
                           absl::Duration time, uint64_t seed) {
  prctl(PR_SET_TIMERSLACK, 1);
  const int fd = OpenNew(path);
  Histogram latency;
  Random random(seed);
  const int64_t begin = Ns(CLOCK_MONOTONIC), limit = begin + absl::ToInt64Nanoseconds(time);
  double next = static_cast<double>(begin) + random.Gap() * 1e9 / rate;
  std::string bytes;
  std::vector<int64_t> group;
  for (size_t record = 0; static_cast<int64_t>(next) < limit;) {
    SleepUntil(static_cast<int64_t>(next));
    const int64_t now = Ns(CLOCK_MONOTONIC);
    bytes.clear();
    group.clear();
    for (; static_cast<int64_t>(next) <= now; next += random.Gap() * 1e9 / rate) {
      group.push_back(static_cast<int64_t>(next));
      bytes += records[record++ % records.size()];
    }
    Check(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
    Check(fdatasync(fd) == 0, "fdatasync");
    const int64_t end = Ns(CLOCK_MONOTONIC);
    for (const int64_t intended : group) latency.Record(end - intended);
  }
  close(fd);
  unlink(path.c_str());
  return latency;
}

}  // namespace shoujie::load
