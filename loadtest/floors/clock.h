// Clocks that a floor is measured with, of the process or of the machine.
#pragma once

#include <time.h>

namespace shoujie::load {

// What `clock` shows, in seconds: of CLOCK_PROCESS_CPUTIME_ID the process's own.
inline double Seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace shoujie::load
