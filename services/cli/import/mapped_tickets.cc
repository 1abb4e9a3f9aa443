// Tickets of any source whose table a map explains (`ticket_map.h`): a row is one event of a case, or tells several
// instants of it. ServiceNow's updates and Boston's 311 requests are two such maps.
//
// What a row says besides its instants is told with its first fact. Numbers of people are often anonymised column by
// column (opener 8 and resolver 8 are not known to be one): a map keeps them apart by `kind`.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/cli/import/format.h"
#include "services/cli/import/instant.h"
#include "services/cli/import/source_names.h"
#include "services/cli/import/ticket_cases.h"
#include "services/cli/import/ticket_map.h"
#include "services/cli/import/word_id.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::importer {
namespace {

namespace rv1 = router::v1;
using Value = TicketMap::Value;

const Value* Get(const std::optional<Value>& value) { return value ? &*value : nullptr; }

std::string Labelled(const std::string& label, const std::string& word) {
  return absl::StrReplaceAll(label, {{"{}", word}});
}

class MappedTickets : public Format {
 public:
  explicit MappedTickets(TicketMap map)
      : map_(std::move(map)), names_(map_.source, map_.name, map_.zone_name), cases_(map_.source, map_.facts.size()) {}
  TableKind kind() const override { return map_.kind; }

  absl::Status ReadHeader(const std::vector<std::string>& header) override {
    Columns columns(header);
    const auto find = [&columns](const Value* value) {
      return value && value->constant.empty() ? columns.Find(value->columns) : -1;
    };
    case_ = find(&map_.case_id);
    times_.clear();
    for (const TicketMap::Fact& fact : map_.facts) times_.push_back(find(&fact.time));
    activity_ = find(Get(map_.activity));
    group_ = find(Get(map_.group));
    person_ = find(Get(map_.person));
    opened_by_ = find(Get(map_.opened_by));
    opened_ = find(Get(map_.opened));
    due_ = find(Get(map_.due));
    priority_ = find(Get(map_.priority));
    category_ = find(Get(map_.category));
    queue_ = find(Get(map_.queue));
    intake_ = find(Get(map_.intake));
    return columns.status();
  }

  void Learn(const Row& row) override {
    if (!row.status.ok()) return;
    std::string department;
    if (const std::string group = Word(row, Get(map_.group), group_); !group.empty()) {
      department = IdOf(*map_.group, group);
      names_.AddDepartment(department, Labelled(map_.group->label, group), Labelled(map_.group->label_zh, group));
    }
    if (const std::string person = Word(row, Get(map_.person), person_); !person.empty()) {
      names_.AddAgent(IdOf(*map_.person, person), Labelled(map_.person->label, person), department);
    }
    if (const std::string opener = Word(row, Get(map_.opened_by), opened_by_); !opener.empty()) {
      names_.AddAgent(IdOf(*map_.opened_by, opener), Labelled(map_.opened_by->label, opener));
    }
    if (const std::string category = Word(row, Get(map_.category), category_); !category.empty()) {
      names_.AddCategory(IdOf(*map_.category, category), category, category);
    }
  }
  directory::v1::Directory Names() const override { return names_.Rows(); }

  absl::Status Take(const Row& row, std::vector<Batch>* complete) override {
    const std::string case_word = Word(row, &map_.case_id, case_);
    if (case_word.empty()) return BadField(map_.case_id.columns[0]);
    cases_.Begin(WordId("", case_word), complete);

    std::vector<rv1::TicketFact> facts;
    std::vector<uint64_t> places;
    for (size_t i = 0; i < map_.facts.size(); ++i) {
      const TicketMap::Fact& rule = map_.facts[i];
      const std::string text = Word(row, &rule.time, times_[i]);
      if (text.empty() && i > 0) continue;  // it has not happened
      absl::Time at;
      if (!ReadInstant(text, map_.forms, map_.zone, &at)) return BadField(rule.time.columns[0]);
      rv1::TicketFact fact;
      *fact.mutable_occurred_at() = ToProto(at);
      TicketMap::Effect effect;
      if (rule.effect) {
        effect = *rule.effect;
      } else if (absl::Status status = ReadActivity(row, &effect, &fact); !status.ok()) {
        return status;
      }
      fact.set_state(effect.state);
      if (facts.empty()) {
        if (absl::Status status = ReadDetails(row, effect, &fact); !status.ok()) return status;
      }
      facts.push_back(std::move(fact));
      places.push_back(i);
    }
    cases_.Add(row, std::move(facts), places, directory_version_, complete);
    return absl::OkStatus();
  }
  void Finish(std::vector<Batch>* complete) override { cases_.Finish(complete); }
  uint64_t out_of_order() const override { return cases_.out_of_order(); }

 private:
  // What the row says there; empty if it says nothing.
  std::string Word(const Row& row, const Value* value, int column) const {
    if (value == nullptr) return "";
    if (column < 0) return value->constant;
    absl::string_view text = absl::StripAsciiWhitespace(row.fields[static_cast<size_t>(column)]);
    if (std::find(map_.unknown.begin(), map_.unknown.end(), text) != map_.unknown.end()) return "";
    absl::ConsumePrefix(&text, value->strip);
    return std::string(absl::StripAsciiWhitespace(text));
  }
  std::string IdOf(const Value& value, const std::string& word) const {
    return WordId(value.kind.empty() ? absl::StrCat(map_.source, "-") : absl::StrCat(map_.source, "-", value.kind, "-"),
                  word);
  }

  absl::Status ReadActivity(const Row& row, TicketMap::Effect* effect, rv1::TicketFact* fact) const {
    const std::string word = Word(row, Get(map_.activity), activity_);
    const auto known = map_.activities.find(word);
    if (known != map_.activities.end()) {
      *effect = known->second;
    } else if (map_.other) {
      *effect = *map_.other;
    } else {
      return Invalid("ACTIVITY_UNKNOWN",
                     "The map says nothing of this activity. Add it under `activities`, or say under `other` what all "
                     "others mean.",
                     "映射文件未说明该活动。请在 activities 中补充，或用 other 说明其余活动的含义。",
                     {{"column", absl::StrJoin(map_.activity->columns, "|")}, {"activity", word}});
    }
    if (word.size() > kShortBytesMax) return BadField(map_.activity->columns[0]);
    fact->set_source_state(word);
    return absl::OkStatus();
  }

  // Everything that is no instant of a fact's own.
  absl::Status ReadDetails(const Row& row, const TicketMap::Effect& effect, rv1::TicketFact* fact) const {
    const auto instant = [&](const std::optional<Value>& value, int column,
                             google::protobuf::Timestamp* (rv1::TicketFact::*field)()) {
      const std::string text = Word(row, Get(value), column);
      absl::Time at;
      if (text.empty()) return absl::OkStatus();
      if (!ReadInstant(text, map_.forms, map_.zone, &at)) return BadField(value->columns[0]);
      *(fact->*field)() = ToProto(at);
      return absl::OkStatus();
    };
    absl::Status status = instant(map_.opened, opened_, &rv1::TicketFact::mutable_opened_at);
    status.Update(instant(map_.due, due_, &rv1::TicketFact::mutable_due));
    if (!status.ok()) return status;
    if (const std::string group = Word(row, Get(map_.group), group_); !group.empty() && effect.group) {
      fact->set_department(IdOf(*map_.group, group));
    }
    if (const std::string person = Word(row, Get(map_.person), person_); !person.empty() && effect.person) {
      fact->set_handler(IdOf(*map_.person, person));
    }
    if (const std::string opener = Word(row, Get(map_.opened_by), opened_by_); !opener.empty()) {
      fact->set_opened_by(IdOf(*map_.opened_by, opener));
    }
    if (const std::string category = Word(row, Get(map_.category), category_); !category.empty()) {
      fact->set_category(IdOf(*map_.category, category));
    }
    fact->set_queue(Word(row, Get(map_.queue), queue_));
    fact->set_intake(Word(row, Get(map_.intake), intake_));
    if (fact->queue().size() > kShortBytesMax) return BadField(map_.queue->columns[0]);
    if (fact->intake().size() > kShortBytesMax) return BadField(map_.intake->columns[0]);
    if (const std::string priority = Word(row, Get(map_.priority), priority_); !priority.empty()) {
      const auto known = map_.priority->levels.find(priority);
      uint32_t level = 0;
      if (known != map_.priority->levels.end()) {
        level = known->second;
      } else if (!absl::SimpleAtoi(priority.substr(0, priority.find(' ')), &level)) {  // "3", or "3 - Moderate"
        return BadField(map_.priority->columns.empty() ? "priority" : map_.priority->columns[0]);
      }
      fact->set_priority(level);
    }
    return absl::OkStatus();
  }

  const TicketMap map_;
  SourceNames names_;
  TicketCases cases_;
  std::vector<int> times_;  // of each fact
  // Columns; -1: constant, or not in the map.
  int case_ = -1, activity_ = -1, group_ = -1, person_ = -1, opened_by_ = -1, opened_ = -1, due_ = -1, priority_ = -1,
      category_ = -1, queue_ = -1, intake_ = -1;
};

}  // namespace

std::unique_ptr<Format> MakeMapped(TicketMap map) { return std::make_unique<MappedTickets>(std::move(map)); }

}  // namespace shoujie::importer
