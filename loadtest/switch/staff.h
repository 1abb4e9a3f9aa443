// Who works where and who is free when, while a day is planned: the queue of the plan. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "loadtest/switch/random.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::loadtest {

class Staff {
 public:
  explicit Staff(const directory::v1::Directory& directory);

  const std::vector<std::string>& sites() const { return sites_; }
  const std::vector<std::string>& agents(const std::string& site) const;  // who take calls, leaders too
  const std::vector<std::string>& members(const std::string& department) const;
  const directory::v1::Site& site(const std::string& id) const { return *site_rows_.at(id); }
  bool Open(const std::string& site, absl::Time at) const;

  // The agent on shift at the site who has been free the longest, and since when (may be in the future).
  struct Free {
    std::string agent;
    absl::Time since;
  };
  Free NextFree(const std::string& site, absl::Time at) const;
  void Busy(const std::string& agent, absl::Time until);
  // Another agent than these, of the same site.
  std::string Other(const std::string& site, const std::vector<std::string>& but, Random* random) const;

 private:
  std::vector<std::string> sites_;
  std::map<std::string, const directory::v1::Site*> site_rows_;
  std::map<std::string, absl::TimeZone> zones_;
  std::map<std::string, std::vector<std::string>> agents_, members_;
  std::map<std::string, absl::Time> busy_until_;
};

}  // namespace shoujie::loadtest
