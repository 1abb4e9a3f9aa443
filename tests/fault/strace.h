// A server whose system calls are tampered with: strace starts it in its own place and kills it at, or makes fail, the
// n-th call of a kind on some files. So production code needs no hook. Calls are counted by thread.
#pragma once

#include <string>
#include <vector>

namespace shoujie::fault {

// Why this machine does not let us, or "".
std::string NoStrace();

// Killed at the entry of the n-th of `calls` (names with commas between), before it is done.
std::vector<std::string> KillAt(const std::string& calls, uint64_t n, const std::vector<std::string>& files);
// The n-th of `calls` fails with `error` (its name) and does nothing.
std::vector<std::string> FailAt(const std::string& calls, const std::string& error, uint64_t n,
                                const std::vector<std::string>& files);

// Paths that files of a database of `data` have or will have: "wal", "sst", "manifest". Folder: journal, store, keys,
// lists, or "" for all.
std::vector<std::string> FilesOf(const std::string& data, const std::string& folder, const std::string& kind);

}  // namespace shoujie::fault
