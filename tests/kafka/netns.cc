#include "tests/kafka/netns.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/process/process.h"

namespace shoujie::kafka {
namespace {

constexpr const char* kIp[] = {"/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"};
constexpr char kNobody[] = "02:00:00:00:00:01";
constexpr int kCables = 2;

std::string Ip() {
  for (const char* path : kIp) {
    if (access(path, X_OK) == 0) return path;
  }
  return "";
}

// The words are separated by spaces. Why it failed, or "".
std::string Try(const std::string& words) {
  std::vector<std::string> argv = {Ip()};
  for (absl::string_view word : absl::StrSplit(words, ' ')) argv.emplace_back(word);
  const e2e::Ran ran = e2e::Run(std::move(argv));
  return ran.code == 0 ? "" : absl::StrCat("ip ", words, ": ", ran.err);
}

void Must(const std::string& words) {
  if (std::string why = Try(words); !why.empty()) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(70);
  }
}

}  // namespace

std::string Netns::Missing() {
  if (Ip().empty()) return "there is no `ip` on this machine: install iproute2";
  const std::string name = absl::StrCat("shoujie-try-", getpid());
  std::string why = Try(absl::StrCat("netns add ", name));
  if (why.empty()) why = Try(absl::StrCat("-n ", name, " link add one type veth peer name other"));
  Try(absl::StrCat("netns del ", name));
  return why.empty() ? "" : absl::StrCat("network namespaces are not allowed here: ", why);
}

Netns::Netns() : name_(absl::StrCat("shoujie-", getpid())), net_(getpid() % 250 + 1) {
  Must(absl::StrCat("netns add ", name_));
  Must(absl::StrCat("-n ", name_, " link set lo up"));
  for (int cable = 0; cable < kCables; ++cable) {
    Must(absl::StrCat("link add ", Device(cable), " type veth peer name cable", cable, " netns ", name_));
    Must(absl::StrCat("addr add ", Address(cable, 1), "/30 dev ", Device(cable)));
    Must(absl::StrCat("link set ", Device(cable), " up"));
    Must(absl::StrCat("-n ", name_, " addr add ", Address(cable, 2), "/30 dev cable", cable));
    Must(absl::StrCat("-n ", name_, " link set cable", cable, " up"));
  }
}

Netns::~Netns() {
  for (int cable = 0; cable < kCables; ++cable) Try(absl::StrCat("link del ", Device(cable)));
  Try(absl::StrCat("netns del ", name_));
}

std::vector<std::string> Netns::Under() const { return {Ip(), "netns", "exec", name_}; }

std::string Netns::Address(int cable, int end) const { return absl::StrCat("10.213.", net_, ".", cable * 4 + end); }

std::string Netns::Device(int cable) const { return absl::StrCat("sj", getpid() % 1'000'000, "-", cable); }

void Netns::Apply(Cut cut) {
  if (cut != Cut::kAnswers) {
    Must(
        absl::StrCat("-n ", name_, " neigh replace ", Address(1, 1), " lladdr ", kNobody, " nud permanent dev cable1"));
  }
  if (cut != Cut::kRequests) {
    Must(absl::StrCat("neigh replace ", Address(1, 2), " lladdr ", kNobody, " nud permanent dev ", Device(1)));
  }
}

void Netns::Heal() {
  Try(absl::StrCat("-n ", name_, " neigh del ", Address(1, 1), " dev cable1"));
  Try(absl::StrCat("neigh del ", Address(1, 2), " dev ", Device(1)));
}

}  // namespace shoujie::kafka
