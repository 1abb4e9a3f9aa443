#include "services/directory/domain/leave.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/directory/domain/content.h"
#include "services/directory/domain/merge.h"
#include "services/directory/domain/validate.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/reference.h"

namespace shoujie::directory {
namespace {

using Events = Decision<v1::Event>;

constexpr absl::string_view kFeature = "leaving";

Events Nothing() { return std::vector<Decided<v1::Event>>{}; }

bool IsOurs(const v1::Agent& agent) { return agent.source().empty(); }

// Whoever takes his posts over; without one he may have none that must be filled.
absl::Status CheckSuccessor(v1::Directory* content, const v1::DeactivateAgentRequest& request) {
  if (!request.successor().empty()) {
    auto successor = AgentIn(content, request.successor());
    if (!successor.ok()) return successor.status();
    if (TakesNew(**successor) && request.successor() != request.agent()) return absl::OkStatus();
    return Refused("SUCCESSOR_UNFIT", "The successor leaves, has left or is the agent himself. Name another agent.",
                   "接任者正在离职、已离职或即为本人。请指定其他员工。", {{"successor", request.successor()}});
  }
  const auto refuse = [&](const std::string& kind, const std::string& id) {
    return Refused("AGENT_IS_HEAD", "The agent is the head of a site or department. Name a successor.",
                   "该员工是站点或部门负责人。请指定接任者。", {{"agent", request.agent()}, {kind, id}});
  };
  for (const auto& site : content->sites()) {
    if (site.head() == request.agent()) return refuse("site", site.id());
  }
  for (const auto& department : content->departments()) {
    if (department.head() == request.agent()) return refuse("department", department.id());
  }
  return absl::OkStatus();
}

// That he was not the only one on duty.
absl::Status CheckRosters(const v1::Directory& content, const std::string& agent) {
  for (const auto& roster : content.rosters()) {
    if (!roster.people().empty()) continue;
    return Refused("AGENT_ALONE_ON_DUTY",
                   "The agent is the only one on a roster. Name a successor of its department, or publish another "
                   "roster first.",
                   "该员工是值班表上的唯一人员。请指定该部门的接任者，或先发布新的值班表。",
                   {{"agent", agent}, {"roster", roster.id()}});
  }
  return absl::OkStatus();
}

bool SameLeave(const v1::Agent& a, const v1::Agent& b) {
  return a.left() == b.left() && a.leaving_version() == b.leaving_version() && a.has_leaving() == b.has_leaving() &&
         a.leaving().SerializeAsString() == b.leaving().SerializeAsString();
}

absl::Status LeaveByAct(const std::string& agent) {
  return Refused(
      "LEAVE_BY_ACT",
      "A leave is announced and completed by acts of its own, never by a publication. Use DeactivateAgent and "
      "CompleteLeave, and publish the agent's `left`, `leaving` and `leaving_version` as they stand.",
      "离职只能通过专门操作宣布和完成，不能随版本发布。请使用 DeactivateAgent 与 CompleteLeave，并保持该员工的 "
      "left、leaving、leaving_version 不变。",
      {{"agent", agent}});
}

}  // namespace

Events DecideDeactivate(const v1::Directory& state, const v1::DeactivateAgentRequest& request, const Context& context) {
  if (context.version == 0) return NothingPublished();
  v1::Directory content = ContentOf(state);
  auto agent = AgentIn(&content, request.agent());
  if (!agent.ok()) return agent.status();
  if (!TakesNew(**agent)) return Nothing();
  if (auto status = CheckSuccessor(&content, request); !status.ok()) return status;
  const bool at_once = !IsOurs(**agent) || !IsEnabled(state, kFeature);
  if (at_once) {
    (*agent)->set_left(true);
  } else {
    *(*agent)->mutable_leaving() = ToProto(context.now);
    (*agent)->set_leaving_version(context.version + 1);
  }
  HandPostsOver(request.agent(), request.successor(), &content);
  if (auto status = CheckRosters(content, request.agent()); !status.ok()) return status;
  if (at_once) {
    return Publish(state, std::move(content), v1::CHANGE_DEACTIVATED, request.agent(), request.reason(), context);
  }
  if (auto status = StatusOf(Validate(content)); !status.ok()) return status;
  v1::Event event;
  auto& announced = *event.mutable_leave_announced();
  *announced.mutable_content() = std::move(content);
  announced.set_agent(request.agent());
  announced.set_successor(request.successor());
  if (!request.reason().empty()) announced.mutable_reason()->set_plain(request.reason());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Events DecideCompleteLeave(const v1::Directory& state, const v1::CompleteLeaveRequest& request,
                           const Context& context) {
  if (context.version == 0) return NothingPublished();
  v1::Directory content = ContentOf(state);
  auto agent = AgentIn(&content, request.agent());
  if (!agent.ok()) return agent.status();
  if ((*agent)->left()) return Nothing();
  if (!(*agent)->has_leaving()) {
    return Refused("LEAVE_NOT_ANNOUNCED",
                   "This agent's leave was not announced: shards would still give him something new. Announce it first "
                   "(DeactivateAgent).",
                   "尚未宣布该员工离职，仍可能分配新事项。请先宣布离职（DeactivateAgent）。",
                   {{"agent", request.agent()}});
  }
  const v1::LeaveClearance& clearance = request.clearance();
  const bool of_this_leave =
      clearance.agent() == request.agent() && clearance.leaving_version() == (*agent)->leaving_version();
  if (!of_this_leave || !context.vouched || !context.vouched(StatementOf(clearance), clearance.mark())) {
    return Refused(
        "LEAVE_NOT_CLEARED",
        "Nobody has cleared this leave: shards may not know of it yet, or tickets of his may be open. Ask "
        "CheckLeave, hand over what is open, and show the clearance that it gives then.",
        "该离职尚未核清：可能有分片未获知，或仍有其名下未办结工单。请查询 CheckLeave，移交未办结工单后出示其核清凭证。",
        {{"agent", request.agent()}, {"leavingVersion", absl::StrCat((*agent)->leaving_version())}});
  }
  (*agent)->set_left(true);
  if (auto status = StatusOf(Validate(content)); !status.ok()) return status;
  v1::Event event;
  auto& completed = *event.mutable_leave_completed();
  *completed.mutable_content() = std::move(content);
  completed.set_agent(request.agent());
  *completed.mutable_clearance() = clearance;
  completed.mutable_clearance()->clear_mark();
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Events DecideActivate(const v1::Directory& state, const v1::ActivateAgentRequest& request, const Context& context) {
  if (context.version == 0) return NothingPublished();
  v1::Directory content = ContentOf(state);
  auto agent = AgentIn(&content, request.agent());
  if (!agent.ok()) return agent.status();
  (*agent)->clear_left();
  (*agent)->clear_leaving();
  (*agent)->clear_leaving_version();
  return Publish(state, std::move(content), v1::CHANGE_ACTIVATED, request.agent(), request.reason(), context);
}

absl::Status CheckPeople(const v1::Directory& state, const v1::Directory& content, bool removes_agents) {
  absl::flat_hash_map<absl::string_view, const v1::Agent*> next;
  for (const auto& agent : content.agents()) next.emplace(agent.id(), &agent);
  absl::flat_hash_map<absl::string_view, const v1::Agent*> known;
  for (const auto& agent : state.agents()) known.emplace(agent.id(), &agent);
  const bool in_steps = IsEnabled(state, kFeature);
  for (const auto& agent : content.agents()) {
    const auto it = known.find(agent.id());
    const v1::Agent* const before = it == known.end() ? nullptr : it->second;
    const bool announced = agent.has_leaving() || agent.leaving_version() != 0;
    if (announced && (before == nullptr || !SameLeave(*before, agent))) return LeaveByAct(agent.id());
    const bool leaves = before != nullptr && agent.left() && !before->left();
    if (in_steps && leaves && IsOurs(*before)) return LeaveByAct(agent.id());
  }
  if (!in_steps || removes_agents) return absl::OkStatus();
  for (const auto& agent : state.agents()) {
    if (!IsOurs(agent) || agent.left()) continue;
    const auto it = next.find(agent.id());
    if (it != next.end() && IsOurs(*it->second)) continue;
    return Refused("AGENT_NOT_LEFT",
                   "This agent has not left, so his row may not go: what he owns would be nobody's. Announce his leave "
                   "and complete it first, or say that agents may be removed (removes_agents).",
                   "该员工尚未离职，不能删除其记录，否则其名下事项将无人负责。请先宣布并完成离职，或注明允许删除员工（r"
                   "emoves_agents）。",
                   {{"agent", agent.id()}});
  }
  return absl::OkStatus();
}

}  // namespace shoujie::directory
