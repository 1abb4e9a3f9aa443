// Who and what a source names, as rows of the directory: all of them carry the source, and its people and groups are at
// its site. Fed row by row, in any order and as often as a name comes; what was said first stays. Pure.
#pragma once

#include <map>
#include <string>

#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::importer {

class SourceNames {
 public:
  // `zone` is an IANA name.
  SourceNames(std::string source, std::string display_name, std::string zone);

  // With a department he works for that; the first one that is known stays.
  void AddAgent(const std::string& id, const std::string& display_name, const std::string& department = "");
  void AddDepartment(const std::string& id, const std::string& display_name, const std::string& display_name_zh);
  void AddCategory(const std::string& id, const std::string& display_name, const std::string& display_name_zh);

  // The source, its site, and all rows by display name: the same names make the same rows.
  directory::v1::Directory Rows() const;

 private:
  const std::string source_, display_name_, zone_;
  std::map<std::string, directory::v1::Agent> agents_;
  std::map<std::string, directory::v1::Department> departments_;
  std::map<std::string, directory::v1::Category> categories_;
};

}  // namespace shoujie::importer
