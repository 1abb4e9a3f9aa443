#include "services/interaction/domain/contact.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/limits.h"

namespace shoujie::interaction {

void Draft::Add(v1::Event event) {
  Evolve(contact_, event, EventContext{.stream = context_.stream, .version = context_.version + 1});
  events_.emplace_back(std::move(event), effective_at_);
}

void Draft::Flag(v1::Flag flag, absl::Time at, absl::string_view agent) {
  if (HasFlag(contact_, flag)) return;
  v1::Event event;
  auto* flagged = event.mutable_flagged();
  *flagged->mutable_at() = ToProto(at);
  flagged->set_flag(flag);
  flagged->set_agent(std::string(agent));
  Add(std::move(event));
}

bool HasFlag(const v1::Contact& contact, v1::Flag flag) {
  return std::find(contact.flags().begin(), contact.flags().end(), flag) != contact.flags().end();
}

absl::StatusOr<Actor> ActorOf(const Context& context, absl::string_view for_agent) {
  if (context.principal.Has(Right::kOperate) || context.principal.Has(Right::kSystem)) {
    return Actor{std::string(for_agent), true};
  }
  const auto* agent = context.reference.AgentOf(context.principal.id);
  if (!agent) {
    return Denied("NOT_AN_AGENT",
                  "Only an agent of the published directory can do this. Use an agent's token, or have the agent "
                  "published first.",
                  "只有已发布目录中的客服人员才能进行此操作。请使用客服的令牌，或先发布该客服。");
  }
  if (agent->left()) {
    return Refused("AGENT_LEFT", "This agent has left and gets nothing new. Give it to somebody who is still here.",
                   "该客服已离职，不能再受理新事项，请交给在职人员。", {{"agent", agent->id()}});
  }
  if (!for_agent.empty() && for_agent != agent->id()) {
    return Denied("NOT_FOR_OTHERS", "An agent acts as himself only. Leave `agent` out.",
                  "客服只能以本人身份操作，请不要填写 agent。", {{"agent", agent->id()}});
  }
  return Actor{agent->id(), false};
}

bool Leads(const Reference& reference, absl::string_view leader, absl::string_view agent) {
  const auto* of = reference.agent(agent);
  const auto* by = reference.agent(leader);
  if (!of || !by || by->left() || leader == agent) return false;
  if (const auto* team = reference.team(of->team()); team && team->leader() == leader) return true;
  if (const auto* site = reference.site(of->site()); site && site->head() == leader) return true;
  if (by->role() == directory::v1::AGENT_ROLE_LEADER) return !of->team().empty() && by->team() == of->team();
  return by->role() == directory::v1::AGENT_ROLE_HEAD && by->site() == of->site();
}

absl::Status CheckHandles(const v1::Contact& contact, const Actor& actor) {
  if (actor.operates || (!actor.agent.empty() && contact.handler() == actor.agent)) return absl::OkStatus();
  if (contact.handler().empty()) {
    return Refused("NOT_ACCEPTED", "Nobody has accepted this contact yet. Accept it first.",
                   "该接触尚无人受理，请先受理。");
  }
  return Denied("NOT_HANDLER", "Another agent is handling this contact. Ask for a transfer, or let that agent do it.",
                "该接触正由其他客服处理，请由其转接或由其本人操作。", {{"handler", contact.handler()}});
}

absl::Status CheckAnswersFor(const v1::Contact& contact, const Actor& actor, const Reference& reference) {
  if (actor.operates) return absl::OkStatus();
  for (const std::string* who : {&contact.handler(), &contact.owner(), &contact.disposed_by()}) {
    if (!who->empty() && (actor.agent == *who || Leads(reference, actor.agent, *who))) return absl::OkStatus();
  }
  return Denied("NOT_YOURS",
                "Only the agent who handles or owns this contact, his leader or the centre head may do this. Ask one "
                "of them, or have the contact transferred to you.",
                "只有该接触的处理人、首接责任人、其班长或中心负责人可以进行此操作。请由其操作，或先将该接触转接给您。",
                {{"handler", contact.handler()}, {"owner", contact.owner()}});
}

absl::Status CheckTakesNew(const Reference& reference, absl::string_view id) {
  const auto* agent = reference.agent(id);
  if (!agent) {
    return Invalid("AGENT_UNKNOWN", "There is no agent with this job number. Check it in the directory.",
                   "目录中没有该工号，请核对。", {{"agent", id}});
  }
  if (agent->left()) {
    return Refused("AGENT_LEFT", "This agent has left and gets nothing new. Name somebody who is still here.",
                   "该客服已离职，不能再受理新事项，请指定在职人员。", {{"agent", id}});
  }
  if (!TakesNew(*agent)) {
    return Refused("AGENT_LEAVING", "This agent is leaving and gets nothing new. Name somebody who stays.",
                   "该客服正在离职，不能再受理新事项，请指定其他在职人员。", {{"agent", id}});
  }
  return absl::OkStatus();
}

std::string HeadOf(const Reference& reference, absl::string_view site_id) {
  auto here = [&](const std::string& id) {
    const auto* agent = reference.agent(id);
    return agent != nullptr && TakesNew(*agent);
  };
  const auto* site = reference.site(site_id);
  if (site && here(site->head())) return site->head();
  for (const auto& other : reference.directory().sites()) {
    if (here(other.head())) return other.head();
  }
  return site ? site->head() : "";
}

absl::Status CheckExists(const Context& context) {
  if (context.version > 0) return absl::OkStatus();
  return NotFound("CONTACT_UNKNOWN", "There is no contact with this name. Check the number; it begins with the slot.",
                  "没有该接触，请核对编号（以四位槽号开头）。", {{"name", context.stream}});
}

absl::Status CheckCode(absl::string_view field, absl::string_view code) {
  const bool good = code.size() <= kCodeBytesMax && std::all_of(code.begin(), code.end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/';
                    });
  if (good) return absl::OkStatus();
  return Invalid("CODE_FORM",
                 "This field takes a code: at most 64 letters, digits, '_', '-', '.' and '/'. Put words "
                 "into a text field.",
                 "该字段须填代码：最多 64 个字母、数字、“_”“-”“.”或“/”。说明文字请写入文本字段。", {{"field", field}});
}

absl::Status CheckText(absl::string_view field, absl::string_view text) {
  if (text.size() <= limits::kTextBytesMax) return absl::OkStatus();
  return Invalid("TEXT_TOO_LONG", "This text is longer than 16 KiB. Shorten it, or give the document instead.",
                 "文本超过 16 KiB，请缩短或改为附资料。", {{"field", field}});
}

absl::Status CheckRoom(int parts) {
  if (parts < kPartsMax) return absl::OkStatus();
  return Error(absl::StatusCode::kResourceExhausted, "CONTACT_FULL",
               "This contact holds as many parts of this kind as one contact may. Go on in a new contact.",
               "该接触的同类记录已达上限，请另建接触继续。");
}

absl::string_view NumberOf(absl::string_view contact) {
  absl::ConsumePrefix(&contact, "contacts/");
  return contact;
}

std::string SourceKey(absl::string_view source, absl::string_view external_id) {
  return absl::StrCat(source, "/", external_id);
}

}  // namespace shoujie::interaction
