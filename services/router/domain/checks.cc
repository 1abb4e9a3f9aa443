#include "services/router/domain/checks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/limits.h"

namespace shoujie::router {

absl::StatusOr<Actor> ActorOf(const Principal& principal, const Reference& reference) {
  Actor actor;
  actor.operates = principal.Has(Right::kOperate);
  actor.agent = reference.AgentOf(principal.id);
  if (actor.agent && actor.agent->left()) {
    if (!actor.operates) {
      return Denied("AGENT_LEFT",
                    "Whoever has left the centre no longer acts on tickets. Use the account of an active agent.",
                    "已离职人员不能再办理工单，请使用在职人员的账号。", {{"agent", actor.agent->id()}});
    }
    actor.agent = nullptr;
  }
  if (!actor.agent && !actor.operates) {
    return Denied("AGENT_UNKNOWN",
                  "The directory does not know this principal as an agent. Publish the agent in the directory first.",
                  "目录中没有此账号对应的客服人员，请先在目录中发布该人员。", {{"principal", principal.id}});
  }
  return actor;
}

bool IsHead(const directory::v1::Agent& agent, const Reference& reference) {
  if (agent.role() == directory::v1::AGENT_ROLE_HEAD) return true;
  const auto& sites = reference.directory().sites();
  return std::any_of(sites.begin(), sites.end(), [&](const auto& site) { return site.head() == agent.id(); });
}

bool Leads(const Actor& actor, absl::string_view owner, const Reference& reference) {
  if (actor.operates) return true;
  if (!actor.agent) return false;
  if (IsHead(*actor.agent, reference)) return true;
  const bool leader = actor.agent->role() == directory::v1::AGENT_ROLE_LEADER;
  const auto* led = reference.agent(owner);
  if (!led) return leader;
  const auto* team = reference.team(led->team());
  return (team && team->leader() == actor.agent->id()) || (leader && actor.agent->site() == led->site());
}

bool IsMember(const directory::v1::Agent& agent, const directory::v1::Department& department) {
  const auto& deputies = department.deputies();
  return agent.department() == department.id() || agent.id() == department.head() ||
         std::find(deputies.begin(), deputies.end(), agent.id()) != deputies.end();
}

std::string ResponsibleOf(const directory::v1::Department& department, const Reference& reference) {
  std::vector<std::string> people = {department.head()};
  people.insert(people.end(), department.deputies().begin(), department.deputies().end());
  for (const auto& person : people) {
    const auto* agent = reference.agent(person);
    if (agent && TakesNew(*agent)) return person;
  }
  return "";
}

std::string SuperiorOf(const std::string& person, const Reference& reference,
                       absl::FunctionRef<bool(const directory::v1::Agent&)> may) {
  std::vector<std::string> people;
  if (const auto* of = reference.agent(person)) {
    if (const auto* team = reference.team(of->team())) people.push_back(team->leader());
  }
  people.push_back(reference.HeadFor(person));
  for (const auto& site : reference.directory().sites()) people.push_back(site.head());
  for (const auto& one : people) {
    const auto* agent = reference.agent(one);
    if (agent && TakesNew(*agent) && one != person && may(*agent)) return one;
  }
  return "";
}

bool ActsFor(const Actor& actor, const directory::v1::Department& department) {
  return actor.operates || (actor.agent && IsMember(*actor.agent, department));
}

absl::Status RequireTicket(const Context& context) {
  if (context.version > 0) return absl::OkStatus();
  return NotFound("TICKET_NOT_FOUND",
                  "There is no such ticket. Check its number; a new ticket appears after its contact asked for it.",
                  "没有此工单，请核对工单号；新工单在接触登记需要转办后生成。", {{"ticket", context.stream}});
}

absl::StatusOr<Actor> RequireOwnerSide(const v1::Ticket& ticket, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor;
  if (Is(*actor, ticket.owner()) || Leads(*actor, ticket.owner(), context.reference)) return actor;
  return Denied(
      "NOT_OWNER_OR_LEADER",
      "Only the accountable owner, a leader above him, a centre head or an operator may do this. Ask the owner.",
      "只有首接责任人、其班组长、中心负责人或管理员可以执行此操作，请联系首接责任人。", {{"owner", ticket.owner()}});
}

absl::Status RequireWorking(const v1::Ticket& ticket, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  const auto* handoff = ActiveHandoff(ticket);
  const auto* department = handoff ? context.reference.department(handoff->department()) : nullptr;
  if (!(department && ActsFor(*actor, *department))) {
    if (auto owner_side = RequireOwnerSide(ticket, context); !owner_side.ok()) return owner_side.status();
  }
  return RequireRunning(ticket);
}

absl::Status RequireRunning(const v1::Ticket& ticket) {
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  if (!IsOver(ticket)) return absl::OkStatus();
  return Refused("TICKET_CLOSED", "The ticket is closed. Reopen it first: that begins a new episode.",
                 "工单已办结，请先重新打开（开启新的处理阶段）。", {{"ticket", ticket.name()}});
}

absl::Status RequireNoHandoff(const v1::Ticket& ticket) {
  const auto* handoff = ActiveHandoff(ticket);
  if (!handoff) return absl::OkStatus();
  return Refused("HANDOFF_ACTIVE",
                 "A department has not finished this ticket's hand-off. Wait for its result, or withdraw the offer if "
                 "it is unsigned.",
                 "部门转办尚未结束：请等待部门反馈；如部门尚未签收，可先撤回。",
                 {{"handoff", absl::StrCat(handoff->number())}, {"department", handoff->department()}});
}

absl::Status CheckText(absl::string_view text) {
  if (text.size() <= limits::kTextBytesMax) return absl::OkStatus();
  return Invalid("TEXT_TOO_LONG", "The text is too long. Shorten it, or attach the rest to the contact.",
                 "文本过长，请缩短或将其余内容附在接触记录中。",
                 {{"bytes", absl::StrCat(text.size())}, {"bytesMax", absl::StrCat(limits::kTextBytesMax)}});
}

absl::Status RequireText(absl::string_view text, absl::string_view reason, absl::string_view en, absl::string_view zh) {
  if (absl::StripAsciiWhitespace(text).empty()) return Invalid(reason, en, zh);
  return CheckText(text);
}

absl::Status RequireDeadline(bool present, const google::protobuf::Timestamp& deadline, const Context& context) {
  if (!present || !IsInstant(deadline)) {
    return Invalid("DEADLINE_MISSING", "Name the instant by which it shall be done.", "请填写办理时限。");
  }
  if (FromProto(deadline) <= context.now) {
    return Invalid("DEADLINE_PAST", "The deadline has already passed. Name an instant in the future.",
                   "办理时限已过，请填写将来的时间。",
                   {{"now", absl::FormatTime(absl::RFC3339_full, context.now, absl::UTCTimeZone())}});
  }
  return absl::OkStatus();
}

absl::Status RequirePresent(absl::string_view id, const Reference& reference) {
  const auto* agent = reference.agent(id);
  if (!agent) {
    return Invalid("AGENT_UNKNOWN", "The directory does not know this job number. Name somebody whom it knows.",
                   "目录中没有此工号，请填写目录中的人员。", {{"agent", id}});
  }
  if (agent->left()) {
    return Refused("AGENT_LEFT", "This person has left the centre and gets nothing new. Name somebody who is active.",
                   "该人员已离职，不能再接收工作，请指定在职人员。", {{"agent", id}});
  }
  if (!TakesNew(*agent)) {
    return Refused("AGENT_LEAVING", "This person is leaving the centre and gets nothing new. Name somebody who stays.",
                   "该人员正在离职，不能再接收工作，请指定其他在职人员。", {{"agent", id}});
  }
  return absl::OkStatus();
}

absl::Status RequireMember(absl::string_view id, const directory::v1::Department& department,
                           const Reference& reference) {
  if (auto status = RequirePresent(id, reference); !status.ok()) return status;
  if (IsMember(*reference.agent(id), department)) return absl::OkStatus();
  return Invalid("PERSON_NOT_OF_DEPARTMENT", "This person does not work for the department. Name one of its members.",
                 "该人员不属于所选部门，请指定该部门成员。", {{"person", id}, {"department", department.id()}});
}

}  // namespace shoujie::router
