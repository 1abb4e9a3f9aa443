// What the rows of a table of tickets mean: which columns say case, time, activity, group and people, and which facts a
// row is. Written as YAML (`maps/README.md` shows how), read once before an import; known sources have theirs in
// `maps/`. Not for contacts, whose facts are of another kind (`technion.cc`, `zh12345.cc`). A value; pure but for its
// zone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/cli/import/table.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::importer {

inline constexpr size_t kMapBytesMax = 64 << 10;
inline constexpr size_t kShortBytesMax = 64;  // of an activity, queue or intake, as the server takes them

struct TicketMap {
  // Where a value stands: in the first of `columns` that the file has, less `strip` at its beginning; or in no column,
  // because it is `constant`.
  struct Value {
    std::vector<std::string> columns;
    std::string strip;
    std::string constant;
    // Of people and groups: their ids are "<source>-<kind>-<word>" (without a kind: "<source>-<word>"), their names
    // `label` with the word in place of {}.
    std::string kind;
    std::string label = "{}", label_zh = "{}";
    std::map<std::string, uint32_t> levels;  // of a priority: words that are no number
  };
  struct Effect {
    router::v1::TicketState state = router::v1::TICKET_STATE_UNSPECIFIED;  // unspecified: stays what it was
    bool group = true;                                                     // the row's group holds the ticket from now
    bool person = true;                                                    // the row's person works on it from now
  };
  // One fact of each row whose time is there.
  struct Fact {
    Value time;
    std::optional<Effect> effect;  // none: the row's activity says it
  };

  std::string source, name, zone_name;
  absl::TimeZone zone;
  TableKind kind = TableKind::kCsv;
  std::vector<std::string> forms;    // of instants
  std::vector<std::string> unknown;  // words that say nothing, as an empty field does
  Value case_id;
  std::vector<Fact> facts;  // at least one
  std::optional<Value> activity;
  std::map<std::string, Effect> activities;
  std::optional<Effect> other;  // of activities that are not in the list; none: such a row is bad
  std::optional<Value> group, person, opened_by, opened, due, priority, category, queue, intake;
};

// Every mistake is told with its line; then the map is refused as a whole (MAP_INVALID).
absl::StatusOr<TicketMap> ReadTicketMap(absl::string_view yaml,
                                        const std::function<void(uint64_t line, const absl::Status& why)>& on_mistake);

// The map of a source that is part of this program, as YAML; empty: there is none.
std::string KnownMap(absl::string_view source);
std::vector<std::string> KnownMaps();

}  // namespace shoujie::importer
