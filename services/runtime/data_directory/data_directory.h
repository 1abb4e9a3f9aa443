// One server's data on this machine. Holding this object is holding the directory: nobody else can open it meanwhile.
//
//   LOCK             held while a server runs
//   FORMAT           "shoujie 1", the kind of clock, and where journals and keys are if not here
//   journal/ keys/   what happened, and what opens it (RocksDB); of a directory whose journals are here
//   store/ lists/    what follows from it (RocksDB); can be rebuilt
//   rebuild/         copies of stores that are being made; gone at the next start
//   master.key tokens operator.token   see security/
//
// A directory belongs to the journals that its stores were built from: those within, or those of one cluster under one
// prefix. It is refused with any other.
//
// A copy to restore from is made of store/ and lists/ first, then journal/, then keys/, so that nothing is ahead of
// what it was built from; its FORMAT comes last.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoujie {

class DataDirectory {
 public:
  static constexpr int kFormat = 1;

  // `scaled_clock`: the server runs with --clock. Times of a scaled clock must never mix with real ones, so a directory
  // keeps the kind it was made with. `journals`: one line that names where they are, empty: in the directory. Makes
  // what is missing, with mode 0700. Errors (FAILED_PRECONDITION): DATA_LOCKED, DATA_NEWER, DATA_FOREIGN (neither empty
  // nor ours), CLOCK_MISMATCH, JOURNAL_FOREIGN (made with other journals), DATA_READ_ONLY, DATA_UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path, bool scaled_clock,
                                                             const std::string& journals = "");
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();  // lets the lock go

  const std::string& path() const { return path_; }
  std::string journal() const { return path_ + "/journal"; }
  std::string store() const { return path_ + "/store"; }
  std::string keys() const { return path_ + "/keys"; }
  std::string lists() const { return path_ + "/lists"; }
  std::string rebuild() const { return path_ + "/rebuild"; }  // copies of stores that are being made, while they are
  std::string master_key_file() const { return path_ + "/master.key"; }
  bool made_now() const { return made_now_; }

 private:
  DataDirectory(std::string path, int lock_fd, bool made_now)
      : path_(std::move(path)), lock_fd_(lock_fd), made_now_(made_now) {}

  const std::string path_;
  const int lock_fd_;
  const bool made_now_;
};

// Makes a checkpoint at `directory`, which must not exist, its parent must; `fill` puts the databases into it. FORMAT
// is written last, so what was cut short is no data directory; what failed is removed again. Errors: CHECKPOINT_FAILED,
// those of `fill`.
absl::Status MakeCheckpoint(const std::string& directory, bool scaled_clock, const std::string& journals,
                            const std::function<absl::Status()>& fill);
// Where the journals of the directory are, as it was made: empty if within. Nothing is locked or changed. Errors:
// DATA_FOREIGN.
absl::StatusOr<std::string> JournalsOf(const std::string& path);

}  // namespace shoujie
