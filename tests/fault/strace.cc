#include "tests/fault/strace.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/support/process/process.h"

namespace shoujie::fault {
namespace {

constexpr char kStrace[] = "/usr/bin/strace";
constexpr int kFileNumbers = 120;  // of RocksDB's files, counted from 1; short runs do not get further

std::vector<std::string> Tamper(const std::string& calls, const std::string& how,
                                const std::vector<std::string>& files) {
  // -D: the server is our child, strace its grandchild, so that its end and its signals are the server's own.
  std::vector<std::string> argv = {kStrace, "-D",
                                   "-f",    "-qq",
                                   "-o",    "/dev/null",
                                   "-e",    absl::StrCat("trace=", calls),
                                   "-e",    absl::StrCat("inject=", calls, ":", how)};
  for (const std::string& file : files) {
    argv.push_back("-P");
    argv.push_back(file);
  }
  return argv;
}

}  // namespace

std::string NoStrace() {
  if (access(kStrace, X_OK) != 0) return "strace is not installed (deploy/setup)";
  const e2e::Ran ran = e2e::Run({kStrace, "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=getppid", "-e",
                                 "inject=getppid:error=EIO", "/bin/sh", "-c", "exit 3"});
  if (ran.code == 3) return "";
  return absl::StrCat("this machine forbids ptrace: ", ran.err.substr(0, 200));
}

std::vector<std::string> KillAt(const std::string& calls, uint64_t n, const std::vector<std::string>& files) {
  return Tamper(calls, absl::StrCat("signal=KILL:when=", n), files);
}

std::vector<std::string> FailAt(const std::string& calls, const std::string& error, uint64_t n,
                                const std::vector<std::string>& files) {
  return Tamper(calls, absl::StrCat("error=", error, ":when=", n), files);
}

std::vector<std::string> FilesOf(const std::string& data, const std::string& folder, const std::string& kind) {
  std::vector<std::string> folders = {folder}, files;
  if (folder.empty()) folders = {"journal", "store", "keys", "lists"};
  for (const std::string& one : folders) {
    for (int n = 1; n <= kFileNumbers; ++n) {
      files.push_back(kind == "manifest"
                          ? absl::StrFormat("%s/%s/MANIFEST-%06d", data, one, n)
                          : absl::StrFormat("%s/%s/%06d.%s", data, one, n, kind == "wal" ? "log" : "sst"));
    }
  }
  return files;
}

}  // namespace shoujie::fault
