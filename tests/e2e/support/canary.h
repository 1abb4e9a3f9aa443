// Looks for texts that must not be found: in files as they lie on the disk, and in database rows as they are before
// compression. Each text is looked for as it is and as somebody could have written it: UTF-16, hexadecimal, base64, a
// phone number without its plus sign.
#pragma once

#include <string>
#include <vector>

namespace shoujie::e2e {

class CanaryScan {
 public:
  // Texts of at least 8 bytes, so that nothing is found by chance.
  explicit CanaryScan(const std::vector<std::string>& canaries);

  void Bytes(const std::string& where, const std::string& bytes);
  // Every file below `directory`.
  void Files(const std::string& directory);
  // Every key and value of a database in a directory that no server uses.
  void Rows(const std::string& path);

  // "where: which form", one a hit.
  const std::vector<std::string>& hits() const { return hits_; }
  size_t bytes() const { return bytes_; }
  size_t rows() const { return rows_; }

 private:
  struct Form {
    std::string name, bytes;
  };
  std::vector<Form> forms_;
  std::vector<std::string> hits_;
  size_t bytes_ = 0, rows_ = 0;
};

}  // namespace shoujie::e2e
