#include "services/cli/views.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/cli/text.h"

namespace shoujie::cli {
namespace {

struct View {
  const char* type;
  const char* columns;  // after '|': only wide; "TITLE=path" where the path's last word is no good title
};
constexpr View kViews[] = {
    {"shoujie.common.v1.CommandReply", "name etag recorded_at | revision facts_recorded facts_repeated no_op"},
    {"shoujie.router.v1.ExplanationLine",
     "clock kind what from to party calendar counted total verdict | due target policy directory_version custody en "
     "zh"},
    {"shoujie.router.v1.RouteLine",
     "what rule department person roster mismatch reason choice in_hand capacity until | presence although_full "
     "although_absent counted_at lagging_partitions duty_role directory_version en zh"},
    {"shoujie.router.v1.TicketRow",
     "name state owner handler department opened due next_due | in_hand_of priority lane acted_by acted handoffs "
     "refusals "
     "returns ping_pongs stalls stalling urges supervisions reopenings overdue assists awaiting_customer clocks_met "
     "clocks_breached merged_into duplicates stage customer category site source updated"},
    {"shoujie.router.v1.Ruling", "name ruled department reason category parties | ruled_by site precedents"},
    {"shoujie.router.v1.PublicNotice",
     "name noticed department responsible deadline supervisor | cause ticket category site"},
    {"shoujie.interaction.v1.ContactRow",
     "name channel state STARTED=times.started_at owner handler disposition ticket | outcome site category customer "
     "customer_class source "
     "external_id answered_by disposed_at ENDED=times.ended_at flags"},
    {"shoujie.interaction.v1.ListOrdersResponse.Entry",
     "contact ORDER=order.id KIND=order.kind AGENT=order.agent STATE=order.state NOT-AFTER=order.not_after | "
     "NOT-BEFORE=order.not_before HOLDER=order.holder LEASE-UNTIL=order.lease_until source"},
    {"shoujie.interaction.v1.PresenceRow", "name state since until | agent version"},
    {"shoujie.profile.v1.CustomerRow", "name class language created_at updated_at | version"},
    {"shoujie.directory.v1.Agent",
     "id display_name role site team department leaving left | capacity leaving_version skills languages source"},
    {"shoujie.directory.v1.Department",
     "id display_name display_name_zh head deputies | categories refuse_window fallback_department on_call_role "
     "member_capacity source"},
    {"shoujie.directory.v1.RoutingRule",
     "id categories products sites classes channels languages calendar outside department duty_role | skills "
     "display_name display_name_zh"},
    {"shoujie.directory.v1.Roster",
     "id department site duty_role people calendar time_zone | shifts display_name display_name_zh"},
    {"shoujie.directory.v1.Site", "id display_name display_name_zh time_zone head coordinator | source"},
    {"shoujie.directory.v1.Disposition", "id display_name display_name_zh kind | prompts_required prompt_spacing"},
    {"shoujie.ops.v1.Shard",
     "name phase owner term revision stored_revision adopted_version halted | behind replaced backs_off owner_address "
     "ignored_records"},
    {"shoujie.ops.v1.ShardAdoption", "name adopted_version adopted"},
    {"shoujie.directory.v1.ValidateDirectoryResponse.Finding", "reason path value | en zh"},
    {"shoujie.ops.v1.RebuiltStore", "name revision events rows differing milliseconds failed"},
    {"shoujie.ops.v1.Feature",
     "name since enabled enabled_at enabled_by unreadable_for description | directory_version events"},
    {"shoujie.ops.v1.ShardOwner", "name owner term wanted standbys pinned | address"},
};

void AddColumn(absl::string_view word, std::vector<Column>* columns) {
  const auto equals = word.find('=');
  const std::string path(equals == absl::string_view::npos ? word : word.substr(equals + 1));
  const std::string title(equals == absl::string_view::npos ? word : word.substr(0, equals));
  columns->push_back({absl::StrReplaceAll(absl::AsciiStrToUpper(title), {{"_", "-"}}), path});
}

}  // namespace

std::vector<Column> ColumnsOf(const google::protobuf::Descriptor& type, bool wide) {
  std::vector<Column> columns;
  for (const auto& view : kViews) {
    if (type.full_name() != view.type) continue;
    for (const auto word : absl::StrSplit(view.columns, ' ', absl::SkipEmpty())) {
      if (word == "|") {
        if (!wide) break;
      } else {
        AddColumn(word, &columns);
      }
    }
    return columns;
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    const bool single =
        !field->is_repeated() && field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    if (single || wide) AddColumn(field->name(), &columns);
  }
  return columns;
}

}  // namespace shoujie::cli
