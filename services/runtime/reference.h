// The reference data that a decision may use: one published directory version, immutable, with indexes by id. Shared by
// all shards of a process that have adopted the version; safe from any thread. Look-ups answer nullptr for what is not
// there.
#pragma once

#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/calendar/calendar.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie {

// Whether something new may come to him: he neither leaves nor has left.
inline bool TakesNew(const directory::v1::Agent& agent) { return !agent.left() && !agent.has_leaving(); }
// What a node vouches for that clears a leave (`Context::vouched`): the clearance without its mark.
std::string StatementOf(directory::v1::LeaveClearance clearance);

class Reference {
 public:
  explicit Reference(directory::v1::Directory directory);
  Reference(const Reference&) = delete;

  uint64_t version() const { return directory_.version(); }
  const directory::v1::Directory& directory() const { return directory_; }
  const directory::v1::Policies& policies() const { return directory_.policies(); }
  // Whether events that this feature guards may be written (base/features.h).
  bool enabled(absl::string_view feature) const;

  const directory::v1::Site* site(absl::string_view id) const { return Find(sites_, id); }
  const directory::v1::Team* team(absl::string_view id) const { return Find(teams_, id); }
  const directory::v1::Agent* agent(absl::string_view id) const { return Find(agents_, id); }
  const directory::v1::Department* department(absl::string_view id) const { return Find(departments_, id); }
  const directory::v1::Disposition* disposition(absl::string_view id) const { return Find(dispositions_, id); }
  const directory::v1::Category* category(absl::string_view id) const { return Find(categories_, id); }
  const directory::v1::Product* product(absl::string_view id) const { return Find(products_, id); }

  // The agent behind a principal id "agents/1001"; nullptr for adapters, operators and strangers.
  const directory::v1::Agent* AgentOf(absl::string_view principal) const;
  // Head of the agent's site, else of the first site that has one; empty only in an empty directory.
  std::string HeadFor(absl::string_view agent_id) const;
  // nullptr for what is not there, and for what no calendar can be made of (which no published version has).
  const Calendar* calendar(absl::string_view id) const;
  // Whether the site serves at that instant: by its calendar if it names one, else by its service hours and zone. An
  // unknown site never closes.
  bool IsOpen(absl::string_view site_id, absl::Time at) const;
  // The instant the present (or next) interval of these hours ends at the site; InfiniteFuture if it never closes.
  absl::Time ClosesAt(absl::string_view site_id, absl::Time at) const;

 private:
  template <typename T>
  using Index = absl::flat_hash_map<absl::string_view, const T*>;
  template <typename T>
  static const T* Find(const Index<T>& index, absl::string_view id) {
    auto it = index.find(id);
    return it == index.end() ? nullptr : it->second;
  }

  directory::v1::Directory directory_;
  Index<directory::v1::Site> sites_;
  Index<directory::v1::Team> teams_;
  Index<directory::v1::Agent> agents_;
  Index<directory::v1::Department> departments_;
  Index<directory::v1::Disposition> dispositions_;
  Index<directory::v1::Category> categories_;
  Index<directory::v1::Product> products_;
  std::map<std::string, Calendar, std::less<>> calendars_;
};

}  // namespace shoujie
