// flip: one byte of one file changed. torn: one file cut short. Every round on a fresh copy of a stopped directory.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fault/damaged.h"
#include "tests/fault/faults.h"

namespace shoujie::fault {
namespace {

namespace fs = std::filesystem;

// What is done to a file: a text for messages.
using Damage = std::function<std::string(const std::string& path, Random& random)>;

std::string FlipByte(const std::string& path, Random& random) {
  std::string bytes = e2e::ReadFile(path);
  const size_t at = random.Below(bytes.size());
  // Half of them one bit, as memory and disks do it; half any other byte.
  const auto change = static_cast<char>(random.Unit() < 0.5 ? 1u << random.Below(8) : 1 + random.Below(255));
  bytes[at] = static_cast<char>(bytes[at] ^ change);
  std::ofstream(path, std::ios::binary | std::ios::in | std::ios::out)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return absl::StrCat("byte ", at, " of ", bytes.size(), " ^ ", static_cast<int>(static_cast<unsigned char>(change)));
}

std::string CutShort(const std::string& path, Random& random) {
  const uint64_t size = fs::file_size(path);
  const uint64_t left = random.Below(size);
  fs::resize_file(path, left);
  return absl::StrCat("cut from ", size, " to ", left);
}

struct Row {
  uint64_t rounds = 0;
  std::map<Outcome, uint64_t> outcomes;
  std::map<std::string, uint64_t> reasons;
};

void DamageFiles(Run& run, const char* title, const Damage& damage) {
  // By turns one directory whose tables the start compacts, and one where it does not.
  const std::unique_ptr<Undamaged> undamaged[] = {Undamaged::Make(&run, 2), Undamaged::Make(&run, 3)};
  if (undamaged[0] == nullptr || undamaged[1] == nullptr) return;
  std::map<std::string, std::vector<std::string>> by_kind[2];
  for (int i = 0; i < 2; ++i) {
    for (const std::string& file : undamaged[i]->files()) {
      const std::string kind = KindOf(file);
      if (absl::EndsWith(kind, " LOG") || absl::EndsWith(kind, " LOCK")) continue;  // RocksDB never reads them
      if (absl::StrContains(kind, run.options().only)) by_kind[i][kind].push_back(file);
    }
  }
  // Kinds in turn, so that small files are met as well; those with records three times as often.
  std::vector<std::string> turns;
  for (const auto& [kind, files] : by_kind[0]) {
    turns.insert(turns.end(), absl::EndsWith(kind, "SST") || absl::EndsWith(kind, "WAL") ? 3 : 1, kind);
  }
  if (turns.empty()) return run.Violation("no file of that kind");

  absl::Mutex mutex;
  std::map<std::string, Row> rows;
  std::atomic<int> next{0};
  int done = 0;
  const auto work = [&](int worker) {
    const std::string copy = run.Path(absl::StrCat("damaged-", worker));
    for (int round; (round = next++) < run.options().times;) {
      Random random = run.RandomOf(round);
      const std::string& kind = turns[static_cast<size_t>(round) % turns.size()];
      const size_t which = random.Below(2);
      const std::vector<std::string>& files = by_kind[which].at(kind);
      const std::string& file = files[random.Below(files.size())];
      CopyTree(undamaged[which]->data(), copy);
      const std::string what = damage(copy + "/" + file, random);
      const Judged judged = undamaged[which]->Judge(copy);
      if (judged.outcome == Outcome::kWrong) {
        run.Violation(absl::StrCat("round ", round, ", ", file, ", ", what, ": ", judged.reason));
      }
      absl::MutexLock lock(&mutex);
      Row& row = rows[kind];
      ++row.rounds;
      ++row.outcomes[judged.outcome];
      if (judged.outcome == Outcome::kAtStart || judged.outcome == Outcome::kByRead) ++row.reasons[judged.reason];
      run.Progress(++done, run.options().times, absl::StrCat(run.violations(), " wrong, last ", kind));
    }
    RemoveTree(copy);
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < run.options().jobs; ++i) workers.emplace_back(work, i);
  work(0);
  for (auto& worker : workers) worker.join();

  run.Columns({title, "rounds", "at start", "by a read", "by verify", "harmless", "wrong", "reasons"});
  Row all;
  const auto put = [&](const std::string& kind, Row& row) {
    std::string reasons;
    for (const auto& [reason, n] : row.reasons) absl::StrAppend(&reasons, reasons.empty() ? "" : ", ", reason, " ", n);
    run.Row({kind, absl::StrCat(row.rounds), absl::StrCat(row.outcomes[Outcome::kAtStart]),
             absl::StrCat(row.outcomes[Outcome::kByRead]), absl::StrCat(row.outcomes[Outcome::kByVerify]),
             absl::StrCat(row.outcomes[Outcome::kHarmless]), absl::StrCat(row.outcomes[Outcome::kWrong]), reasons});
  };
  for (auto& [kind, row] : rows) {
    put(kind, row);
    all.rounds += row.rounds;
    for (const auto& [outcome, n] : row.outcomes) all.outcomes[outcome] += n;
  }
  put("all", all);
}

}  // namespace

void Flip(Run& run) { DamageFiles(run, "flipped byte in", &FlipByte); }
void Torn(Run& run) { DamageFiles(run, "cut short", &CutShort); }

}  // namespace shoujie::fault
