// A small file system of its own, in a mount namespace that ends with this process: to be filled up, or read-only. Only
// processes that are started by the thread that mounted it see it.
#pragma once

#include <cstdint>
#include <string>

namespace shoujie::fault {

class Disk {
 public:
  explicit Disk(uint64_t bytes) : bytes_(bytes) {}
  ~Disk();
  // At `path`. Why not, or "".
  std::string Mount(const std::string& path);
  bool SetReadOnly(bool read_only);
  uint64_t Free() const;
  // Leaves so many bytes.
  void FillUpTo(uint64_t left) const;
  void Clear() const;

 private:
  std::string ballast() const { return path_ + "/ballast"; }
  const uint64_t bytes_;
  std::string path_;
};

}  // namespace shoujie::fault
