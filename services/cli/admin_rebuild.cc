#include "services/cli/admin_rebuild.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/cli/render.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::cli {
namespace {

constexpr absl::Duration kShowEvery = absl::Milliseconds(300);

struct RebuildOptions {
  std::string what;
  uint64_t rate = 0;
};

void ShowProgress(const ops::v1::Rebuild& rebuild, Session& session) {
  session.err() << "\r\x1b[K" << rebuild.done() << "/" << rebuild.stores();
  if (rebuild.running() && rebuild.current_of() > 0) {
    session.err() << "  " << rebuild.current() << "  " << rebuild.current_revision() << "/" << rebuild.current_of();
  }
  session.err() << (rebuild.running() ? "" : "\n") << std::flush;
}

void ShowTable(const ops::v1::Rebuild& rebuild, Session& session) {
  std::vector<std::vector<std::string>> rows;
  uint64_t events = 0, all = 0, differing = 0;
  for (const auto& store : rebuild.results()) {
    events += store.events();
    all += store.rows();
    differing += store.differing();
    // Of many stores only those are of interest that were not as they should be.
    if (rebuild.results_size() > 8 && store.differing() == 0 && store.failed().empty()) continue;
    rows.push_back({store.name(), absl::StrCat(store.revision()), absl::StrCat(store.events()),
                    absl::StrCat(store.rows()), absl::StrCat(store.differing()), absl::StrCat(store.milliseconds()),
                    store.failed()});
  }
  if (!rows.empty()) {
    session.out() << Table({"STORE", "REVISION", "EVENTS", "ROWS", "DIFFERED", "MS", "FAILED"}, rows, session.bold());
  }
  session.out() << rebuild.results_size() << " stores rebuilt from " << events << " events: " << all << " rows, "
                << differing << " of them differed\n";
}

int Rebuild(const RebuildOptions& options, Session& session) {
  ops::v1::StartRebuildRequest request;
  request.set_name(options.what);
  request.set_events_per_second_max(options.rate);
  ops::v1::Rebuild rebuild;
  if (absl::Status status = session.Call(OpsMethod("StartRebuild"), request, &rebuild, /*repeat=*/false);
      !status.ok()) {
    return session.Fail(status);
  }
  const bool progress = isatty(2) != 0;
  while (rebuild.running()) {
    absl::SleepFor(kShowEvery);
    if (absl::Status status = session.Call(OpsMethod("GetRebuild"), ops::v1::GetRebuildRequest(), &rebuild);
        !status.ok()) {
      return session.Fail(status);
    }
    if (progress) ShowProgress(rebuild, session);
  }
  bool failed = rebuild.results_size() < static_cast<int>(rebuild.stores());
  for (const auto& store : rebuild.results()) failed |= !store.failed().empty();
  if (session.format() == Format::kJson || session.format() == Format::kJsonl) {
    session.out() << ToJson(rebuild).dump(session.format() == Format::kJson ? 2 : -1) << "\n";
  } else {
    ShowTable(rebuild, session);
  }
  if (failed) {
    session.Note("not every store could be rebuilt; those are as they were", "部分存储未能重建，保持原样");
  }
  return failed ? kDamage : kOk;
}

}  // namespace

void AddAdminRebuild(Registry* registry) {
  registry->Add(
      {.noun = "admin",
       .verb = "rebuild",
       .help = "makes stores of a node again from their journals, while it serves",
       .examples = {"shoujie admin rebuild router/17", "shoujie admin rebuild all --server b:7400",
                    "shoujie admin rebuild router --events-per-second-max 50000"},
       .setup = [](CLI::App& app) -> Action {
         auto options = std::make_shared<RebuildOptions>();
         app.add_option("WHAT", options->what, "a shard like router/17, a service like router, or all")->required();
         app.add_option("--events-per-second-max", options->rate,
                        "bounds what it takes of processors and disk; without it 5000, which commands hardly feel");
         return [options](Session& session) { return Rebuild(*options, session); };
       }});
}

}  // namespace shoujie::cli
