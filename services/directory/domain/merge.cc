#include "services/directory/domain/merge.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/directory/domain/validate.h"
#include "services/runtime/base/error.h"

namespace shoujie::directory {
namespace {

template <typename Row>
std::string SourceOf(const Row& row) {
  if constexpr (requires { row.source(); }) {
    return row.source();
  } else {
    return "";
  }
}

template <typename Rows>
absl::Status MergeRows(const Rows& additions, Rows* rows, int* added) {
  absl::flat_hash_map<std::string, std::string> there;  // id → source
  for (const auto& row : *rows) there.emplace(row.id(), SourceOf(row));
  for (const auto& row : additions) {
    auto [it, is_new] = there.emplace(row.id(), SourceOf(row));
    if (is_new) {
      *rows->Add() = row;
      ++*added;
    } else if (it->second != SourceOf(row)) {
      return Refused("ID_TAKEN", "The id stands for something else in the directory. Rename one of the two.",
                     "该编号在参考数据中另有所指。请将其中一个改名。",
                     {{"id", row.id()}, {"source", SourceOf(row)}, {"takenBy", it->second}});
    }
  }
  return absl::OkStatus();
}

// In the place of `agent` stands `successor`, or nobody if that is empty; nobody stands there twice, and `head` not at
// all.
void Replace(const std::string& agent, const std::string& successor, const std::string& head,
             google::protobuf::RepeatedPtrField<std::string>* people) {
  std::vector<std::string> kept;
  for (const auto& person : *people) {
    const std::string& id = person == agent ? successor : person;
    if (id.empty() || id == head || std::find(kept.begin(), kept.end(), id) != kept.end()) continue;
    kept.push_back(id);
  }
  people->Assign(kept.begin(), kept.end());
}

}  // namespace

absl::StatusOr<int> Merge(const v1::Directory& additions, v1::Directory* content) {
  int added = 0;
  absl::Status status = MergeRows(additions.sites(), content->mutable_sites(), &added);
  status.Update(MergeRows(additions.teams(), content->mutable_teams(), &added));
  status.Update(MergeRows(additions.agents(), content->mutable_agents(), &added));
  status.Update(MergeRows(additions.departments(), content->mutable_departments(), &added));
  status.Update(MergeRows(additions.dispositions(), content->mutable_dispositions(), &added));
  status.Update(MergeRows(additions.categories(), content->mutable_categories(), &added));
  status.Update(MergeRows(additions.products(), content->mutable_products(), &added));
  status.Update(MergeRows(additions.sources(), content->mutable_sources(), &added));
  status.Update(MergeRows(additions.calendars(), content->mutable_calendars(), &added));
  status.Update(MergeRows(additions.rosters(), content->mutable_rosters(), &added));
  status.Update(MergeRows(additions.playbooks(), content->mutable_playbooks(), &added));
  if (!status.ok()) return status;
  return added;
}

v1::Agent* FindAgent(v1::Directory* content, const std::string& id) {
  for (auto& agent : *content->mutable_agents()) {
    if (agent.id() == id) return &agent;
  }
  return nullptr;
}

void HandPostsOver(const std::string& agent, const std::string& successor, v1::Directory* content) {
  const auto replace = [&](std::string* post) {
    if (*post == agent) *post = successor;
  };
  for (auto& site : *content->mutable_sites()) {
    replace(site.mutable_head());
    replace(site.mutable_coordinator());
  }
  for (auto& team : *content->mutable_teams()) replace(team.mutable_leader());
  for (auto& playbook : *content->mutable_playbooks()) replace(playbook.mutable_owner());
  for (auto& department : *content->mutable_departments()) {
    replace(department.mutable_head());
    // A successor is neither his own deputy nor deputy twice.
    Replace(agent, successor, department.head(), department.mutable_deputies());
  }
  const v1::Agent* heir = FindAgent(content, successor);
  for (auto& roster : *content->mutable_rosters()) {
    const auto department = std::find_if(content->departments().begin(), content->departments().end(),
                                         [&](const auto& row) { return row.id() == roster.department(); });
    const bool may_sign = heir != nullptr && department != content->departments().end() && WorksFor(*heir, *department);
    Replace(agent, may_sign ? successor : "", "", roster.mutable_people());
  }
}

}  // namespace shoujie::directory
