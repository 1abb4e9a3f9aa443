#include "tests/kafka/nodes.h"

#include <signal.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/runtime/base/limits.h"
#include "tests/support/process/port.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

constexpr char kOps[] = "shoujie.ops.v1.OpsService/";
constexpr absl::Duration kAsked = absl::Seconds(5);

}  // namespace

uint32_t PartitionOf(const std::string& stream) {
  uint32_t slot = 0;
  if (!absl::SimpleAtoi(stream.substr(stream.find('/') + 1, 4), &slot)) slot = 0;
  return slot % limits::kPartitions;
}

Nodes::Nodes(Options options, std::vector<NodePlace> places) : options_(std::move(options)) {
  for (NodePlace& place : places) {
    const std::string name(1, static_cast<char>('a' + nodes_.size()));
    nodes_.push_back({name, absl::StrCat(place.host, ":", e2e::FreePort(place.host)), std::move(place), nullptr});
  }
  std::filesystem::create_directory(secrets());
}

std::string Nodes::MakeTopics() const {
  std::vector<std::string> argv = {
      e2e::Program("shoujie"), "admin",          "topics",        "create",     "--kafka",
      options_.bootstrap,      "--kafka-prefix", options_.prefix, "--replicas", absl::StrCat(options_.replicas)};
  if (options_.replicas < 3) argv.push_back("--allow-unsafe-topics");
  const e2e::Ran ran = e2e::Run(std::move(argv));
  return ran.code == 0 ? "" : absl::StrCat("topics: ", ran.out, ran.err);
}

void Nodes::Launch(size_t i) {
  One& node = nodes_[i];
  std::vector<std::string> argv = node.place.under;
  for (const std::string& word :
       {e2e::Program(node.place.program), std::string("--journal"), std::string("kafka"), std::string("--kafka"),
        node.place.bootstrap.empty() ? options_.bootstrap : node.place.bootstrap, std::string("--kafka-prefix"),
        options_.prefix, std::string("--data"), data(i), std::string("--secrets"), secrets(), std::string("--listen"),
        node.address, std::string("--node"), node.name}) {
    argv.push_back(word);
  }
  if (options_.replicas < 3) argv.push_back("--allow-unsafe-topics");
  if (options_.membership == "static") {
    std::vector<std::string> peers;
    for (const One& each : nodes_) peers.push_back(absl::StrCat(each.name, "=", each.address));
    argv.insert(argv.end(), {"--peers", absl::StrJoin(peers, ",")});
  }
  argv.insert(argv.end(), node.place.flags.begin(), node.place.flags.end());
  node.process.reset();  // first: the directory is locked
  node.process = std::make_unique<e2e::Process>(std::move(argv));
}

bool Nodes::AwaitReady(size_t i, absl::Duration limit) { return !process(i).WaitForLine("ready grpc=", limit).empty(); }

bool Nodes::StartAll() {
  if (!Start(0)) return false;
  for (size_t i = 1; i < size(); ++i) Launch(i);
  bool all = true;
  for (size_t i = 1; i < size(); ++i) all = AwaitReady(i) && all;
  return all;
}

int Nodes::Stop(size_t i, absl::Duration limit) {
  process(i).Signal(SIGTERM);
  return process(i).Wait(limit);
}

std::string Nodes::token() const {
  return std::string(absl::StripAsciiWhitespace(e2e::ReadFile(secrets() + "/operator.token")));
}

std::vector<std::string> Nodes::Env() const {
  return {absl::StrCat("SHOUJIE_KAFKA=", options_.bootstrap), absl::StrCat("SHOUJIE_KAFKA_PREFIX=", options_.prefix),
          "NO_COLOR=1", "LANG=C.UTF-8"};
}

std::unique_ptr<rpc::Client> Nodes::Client(size_t i, absl::Duration timeout, bool wait) const {
  return std::make_unique<rpc::Client>(
      rpc::ClientOptions{.target = address(i), .token = token(), .timeout = timeout, .wait_for_ready = wait});
}

std::map<Nodes::Journal, std::string> Nodes::Owners(size_t i, size_t nodes, bool* settled) const {
  std::map<Journal, std::string> owners;
  *settled = false;
  auto answer = rpc::Call<ops::v1::ListOwnersResponse>(*Client(i, kAsked), absl::StrCat(kOps, "ListOwners"),
                                                       ops::v1::ListOwnersRequest());
  if (!answer.ok()) return owners;
  *settled = static_cast<size_t>(answer->nodes_size()) == nodes;
  for (const auto& row : answer->owners()) {
    *settled &= !row.owner().empty() && (row.owner() == row.wanted() || row.pinned());
    const std::vector<std::string> parts = absl::StrSplit(row.name(), '/');
    uint32_t partition = 0;
    if (absl::SimpleAtoi(parts[2], &partition)) owners[{parts[1], partition}] = row.owner();
  }
  return owners;
}

bool Nodes::Settle(absl::Duration limit, const std::vector<size_t>& which) const {
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(100))) {
    bool all = true;
    for (const size_t i : which) {
      if (all) Owners(i, which.size(), &all);
    }
    if (all) return true;
  }
  return false;
}

bool Nodes::Settle(absl::Duration limit) const {
  std::vector<size_t> all;
  for (size_t i = 0; i < size(); ++i) all.push_back(i);
  return Settle(limit, all);
}

std::vector<ops::v1::Shard> Nodes::Shards(size_t i) const {
  auto answer = rpc::Call<ops::v1::ListShardsResponse>(*Client(i, kAsked), absl::StrCat(kOps, "ListShards"),
                                                       ops::v1::ListShardsRequest());
  if (!answer.ok()) return {};
  return {answer->shards().begin(), answer->shards().end()};
}

absl::Status Nodes::Promote(size_t i, const std::string& service, uint32_t partition) const {
  ops::v1::PromoteShardRequest request;
  request.set_name(absl::StrCat("shards/", service, "/", partition));
  return rpc::Call<ops::v1::Shard>(*Client(i), absl::StrCat(kOps, "PromoteShard"), request).status();
}

std::string Nodes::Told() {
  std::string all;
  for (size_t i = 0; i < size(); ++i) {
    if (!running(i)) {
      absl::StrAppend(&all, "node ", name(i), " does not run\n", log(i));
      continue;
    }
    const e2e::Ran ran =
        e2e::Run({e2e::Program("shoujie"), "--server", address(i), "--token-file", secrets() + "/operator.token",
                  "admin", "shards", "--service", "router", "-o", "wide"},
                 {"NO_COLOR=1"}, absl::Seconds(20));
    absl::StrAppend(&all, "node ", name(i), "\n", ran.out, ran.err, log(i));
  }
  return all;
}

}  // namespace shoujie::kafka
