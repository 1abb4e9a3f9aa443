// A directory that lives as long as the object. For whatever test or trial needs files; what is in it goes with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace shoujie {

class TempDir {
 public:
  // Below `base`, which is there.
  explicit TempDir(const std::string& base = std::filesystem::temp_directory_path().string())
      : path_(base + "/shoujie-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) abort();
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace shoujie
