// All faults: each one function that breaks a server or its directory so many times and fills the table of its Run.
#pragma once

#include <string>
#include <vector>

#include "tests/fault/run.h"

namespace shoujie::fault {

struct Fault {
  const char* name;
  const char* what;        // one line for --list
  int times_short, times;  // rounds if not told
  void (*run)(Run&);
};

const std::vector<Fault>& AllFaults();

void Kill(Run& run);
void KillAtPoints(Run& run);
void FsyncError(Run& run);
void WriteError(Run& run);
void DiskFull(Run& run);
void ReadOnly(Run& run);
void Flip(Run& run);
void Torn(Run& run);
void OldStore(Run& run);
void ShortJournal(Run& run);
void ShortKeys(Run& run);
void WrongMasterKey(Run& run);
void CopiedRunning(Run& run);
void ClockSteps(Run& run);
void FileDescriptors(Run& run);
void SlowClients(Run& run);
void Overload(Run& run);

}  // namespace shoujie::fault
