#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/owner.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/limits.h"

namespace shoujie::router {
namespace {

bool IsId(absl::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}
bool IsIdOrEmpty(absl::string_view id) { return id.empty() || IsId(id); }
bool IsShort(absl::string_view word) { return word.size() <= kIdBytesMax; }

std::string NameOf(const v1::RecordTicketFactsRequest& request) {
  return absl::StrCat("tickets/", request.source(), "-", request.external_id());
}

absl::Status BadFact(const v1::TicketFact& fact, absl::string_view reason, absl::string_view en, absl::string_view zh) {
  return Invalid(reason, en, zh, {{"number", absl::StrCat(fact.number())}});
}

bool IsSourceState(v1::TicketState state) {
  return v1::TicketState_IsValid(state) && state != v1::TICKET_STATE_OFFERED && state != v1::TICKET_STATE_SIGNED &&
         state != v1::TICKET_STATE_MERGED;
}

absl::Status CheckFact(const v1::TicketFact& fact, uint64_t number_before, const Context& context) {
  if (fact.number() <= number_before) {
    return BadFact(fact, "FACT_NUMBER", "Facts of one request are numbered upwards from 1. Sort and number them anew.",
                   "同一请求中的事实须从 1 开始递增编号，请重新排序编号。");
  }
  if (!fact.has_occurred_at() || !IsInstant(fact.occurred_at()) ||
      (fact.has_opened_at() && !IsInstant(fact.opened_at())) || (fact.has_due() && !IsInstant(fact.due()))) {
    return BadFact(fact, "FACT_TIME_MISSING", "Every fact says when it occurred. Give its instant.",
                   "每条事实须填写发生时间。");
  }
  const absl::Time latest = context.recorded_at + limits::kFutureFactsMax;
  if (FromProto(fact.occurred_at()) > latest || (fact.has_opened_at() && FromProto(fact.opened_at()) > latest)) {
    return BadFact(fact, "TIME_IN_FUTURE", "A fact cannot lie in the future. Check the source's clock and time zone.",
                   "事实时间不能晚于当前时间，请检查来源系统的时钟与时区。");
  }
  if (!IsSourceState(fact.state())) {
    return BadFact(fact, "FACT_STATE",
                   "Facts have the states new, active, awaiting, resolved or closed. Map the source's word to one.",
                   "事实状态只能为新建、处理中、等待、已解决或已关闭，请作相应映射。");
  }
  if (!IsIdOrEmpty(fact.department()) || !IsIdOrEmpty(fact.handler()) || !IsIdOrEmpty(fact.opened_by()) ||
      !IsIdOrEmpty(fact.category()) || !IsShort(fact.source_state()) || !IsShort(fact.intake()) ||
      !IsShort(fact.queue())) {
    return BadFact(
        fact, "FACT_ID",
        "Ids consist of letters, digits, dot, underscore and hyphen, and states, intakes and queues are short "
        "words. Correct them.",
        "编号只能包含字母、数字、点、下划线和连字符，状态、受理途径和队列须为简短词语，请更正。");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Address> RouteFacts(const v1::RecordTicketFactsRequest& request) {
  if (!IsId(request.source()) || !IsId(request.external_id())) {
    return Invalid("SOURCE_ID",
                   "Source and external id consist of 1 to 64 letters, digits, dots, underscores and hyphens. Map "
                   "others to these.",
                   "来源与外部编号须为 1 至 64 个字母、数字、点、下划线或连字符，请作相应映射。");
  }
  if (!request.name().empty() && request.name() != NameOf(request)) {
    return Invalid("NAME_MISMATCH", "History of a ticket is named after source and external id. Leave the name empty.",
                   "历史工单按来源与外部编号命名，请将名称留空。");
  }
  return Address{.stream = NameOf(request)};
}

Decision<v1::Event> DecideFacts(const v1::Ticket& ticket, const v1::RecordTicketFactsRequest& request,
                                const Context& context) {
  if (static_cast<size_t>(request.facts_size()) > limits::kFactsPerCommandMax || request.facts().empty()) {
    return Invalid("FACT_COUNT", "A request carries at least one and a bounded number of facts. Split it.",
                   "每个请求至少一条事实且不得超过上限，请拆分。",
                   {{"max", absl::StrCat(limits::kFactsPerCommandMax)}});
  }
  if (request.directory_version() > context.reference.version()) {
    return Error(absl::StatusCode::kUnavailable, "DIRECTORY_NOT_ADOPTED",
                 "The directory version of these facts is not in effect here yet. Repeat the request in a moment.",
                 "这些事实所依据的目录版本尚未生效，请稍后重试。",
                 {{"adopted", absl::StrCat(context.reference.version())},
                  {"wanted", absl::StrCat(request.directory_version())}});
  }
  if (context.version > 0 && !ticket.has_history()) {
    return Refused("NOT_HISTORY",
                   "This ticket was not imported and takes no facts of another system. Check its source and id.",
                   "该工单并非导入工单，不能记录外部系统的事实，请核对来源与编号。", {{"ticket", context.stream}});
  }
  uint64_t number = 0;
  for (const auto& fact : request.facts()) {
    if (auto status = CheckFact(fact, number, context); !status.ok()) return status;
    number = fact.number();
  }

  const uint64_t recorded_before = ticket.history().last_number();
  std::vector<Decided<v1::Event>> events;
  uint32_t recorded = 0;
  uint32_t repeated = 0;
  // Outcomes depend on the facts before: they are folded as they will be.
  v1::Ticket then = ticket;
  absl::Time effective = FromProto(ticket.update_time());
  const auto emit = [&](v1::Event event, absl::Time at) {
    effective = then.episodes().empty() ? at : std::max(effective, at);
    EvolveDecided(then, event, effective, context);
    events.emplace_back(std::move(event), effective);
  };

  for (const auto& fact : request.facts()) {
    if (fact.number() <= recorded_before) {
      ++repeated;
      continue;
    }
    if (ticket.history().ended()) {
      return Refused(
          "HISTORY_ENDED",
          "This imported ticket is worked on here now: its past is complete. Record what happens as commands.",
          "该导入工单已在本系统办理，历史已结束，请改用正常操作记录。", {{"ticket", ticket.name()}});
    }
    const absl::Time occurred = FromProto(fact.occurred_at());
    if (then.episodes().empty()) {
      const absl::Time opened_at = fact.has_opened_at() ? FromProto(fact.opened_at()) : occurred;
      // A source may say that it was opened after its first update; the life here begins with the first it knows.
      const absl::Time since = std::min(opened_at, occurred);
      const Owner owner = SourceOwnerFor(fact.opened_by(), request.source(), context.reference);
      v1::Event event;
      auto& opened = *event.mutable_ticket_opened();
      opened.set_owner(owner.id);
      *opened.mutable_owner_since() = ToProto(since);
      opened.set_owner_reason(owner.reason);
      opened.set_named_owner(fact.opened_by());
      opened.set_channel(interaction::v1::CHANNEL_IMPORT);
      opened.set_source(request.source());
      opened.set_external_id(request.external_id());
      opened.set_category(fact.category());
      opened.set_intake(fact.intake());
      *opened.mutable_opened_at() = ToProto(opened_at);
      emit(std::move(event), since);
    }
    const bool over = fact.state() == v1::TICKET_STATE_UNSPECIFIED ? IsOver(then) : IsOver(fact.state());
    const std::string& department = then.history().department();
    v1::Event event;
    auto& updated = *event.mutable_source_updated();
    updated.set_number(fact.number());
    *updated.mutable_occurred_at() = ToProto(occurred);
    updated.set_state(fact.state());
    updated.set_source_state(fact.source_state());
    updated.set_department(fact.department());
    updated.set_handler(fact.handler());
    updated.set_priority(fact.priority());
    updated.set_queue(fact.queue());
    if (fact.has_due()) *updated.mutable_due() = fact.due();
    updated.set_handed_off(!department.empty() && !fact.department().empty() && fact.department() != department);
    updated.set_closed(over && !IsOver(then));
    updated.set_reopened(!over && IsOver(then));
    updated.set_episode(EpisodeOf(then) + (updated.reopened() ? 1 : 0));
    emit(std::move(event), occurred);
    ++recorded;
  }
  if (recorded == 0) return events;
  v1::Event event;
  auto& done = *event.mutable_facts_recorded();
  done.set_recorded(recorded);
  done.set_repeated(repeated);
  done.set_last_number(then.history().last_number());
  done.set_source(request.source());
  emit(std::move(event), effective);
  return events;
}

}  // namespace shoujie::router
