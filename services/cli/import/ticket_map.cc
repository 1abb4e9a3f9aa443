#include "services/cli/import/ticket_map.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/import/format.h"
#include "services/cli/import/instant.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

namespace rv1 = router::v1;

constexpr size_t kSourceBytesMax = 24;  // room for words behind it
constexpr size_t kKindBytesMax = 12;

struct StateWord {
  const char* word;
  rv1::TicketState state;
};
// The server finds out by itself what follows from two facts: another group is a hand-off, what goes on after an end
// begins an episode. `handed-off` and `reopened` are for maps that read better with them.
constexpr StateWord kStates[] = {
    {"new", rv1::TICKET_STATE_NEW},
    {"active", rv1::TICKET_STATE_ACTIVE},
    {"awaiting-customer", rv1::TICKET_STATE_AWAITING_CUSTOMER},
    {"awaiting-other", rv1::TICKET_STATE_AWAITING_OTHER},
    {"resolved", rv1::TICKET_STATE_RESOLVED},
    {"closed", rv1::TICKET_STATE_CLOSED},
    {"reopened", rv1::TICKET_STATE_ACTIVE},
    {"handed-off", rv1::TICKET_STATE_UNSPECIFIED},
    {"same", rv1::TICKET_STATE_UNSPECIFIED},
};

std::string StateWords() {
  return absl::StrJoin(kStates, ", ", [](std::string* out, const StateWord& state) { *out += state.word; });
}

// "localtime" and paths would load too, and mean something else on every machine.
bool LoadZone(const std::string& name, absl::TimeZone* zone) {
  return !name.empty() && absl::ascii_isupper(static_cast<unsigned char>(name[0])) &&
         name.find("..") == std::string::npos && absl::LoadTimeZone(name, zone);
}

using Known = std::vector<absl::string_view>;
using Entries = std::map<std::string, YAML::Node>;

uint64_t LineOf(const YAML::Mark& mark) { return static_cast<uint64_t>(std::max(mark.line, 0)) + 1; }

class Reader {
 public:
  explicit Reader(const std::function<void(uint64_t, const absl::Status&)>& on_mistake) : on_mistake_(on_mistake) {}

  TicketMap Read(const YAML::Node& root) {
    TicketMap map;
    if (!root.IsMap()) {
      Mistake(root,
              Invalid("MAP_VALUE", "A map is a list of keys and values. Begin with `source: NAME`, as the examples do.",
                      "映射文件须为键值列表。请参照示例，以 source: 名称 开头。"));
      return map;
    }
    const Entries top =
        EntriesOf(root, "", {"source",    "name",     "zone",       "table",    "formats",  "unknown", "case",
                             "time",      "activity", "activities", "other",    "facts",    "group",   "person",
                             "opened_by", "opened",   "due",        "priority", "category", "queue",   "intake"});
    ReadSource(root, top, &map);
    ReadFacts(root, top, &map);
    const auto read = [&](const char* key, std::optional<TicketMap::Value>* value, const Known& more = {}) {
      if (const auto* node = Find(top, key)) *value = ReadValue(*node, key, more);
    };
    const Known named = {"kind", "name", "name_zh"};
    read("group", &map.group, named);
    read("person", &map.person, named);
    read("opened_by", &map.opened_by, named);
    if (const auto* node = Find(top, "opened")) map.opened = ReadTime(*node, "opened");
    if (const auto* node = Find(top, "due")) map.due = ReadTime(*node, "due");
    read("priority", &map.priority, {"words"});
    read("category", &map.category);
    read("queue", &map.queue);
    read("intake", &map.intake);
    if (hands_off_ != 0 && !map.group) {
      MistakeAt(hands_off_, Invalid("MAP_KEY_MISSING",
                                    "A hand-off needs to know to whom. Name the column of the group under `group`.",
                                    "移交须指明接收方。请在 group 中填写班组所在的列。", {{"key", "group"}}));
    }
    return map;
  }
  size_t mistakes() const { return mistakes_; }

  void MistakeAt(uint64_t line, const absl::Status& why) {
    ++mistakes_;
    if (on_mistake_) on_mistake_(line, why);
  }

 private:
  void Mistake(const YAML::Node& at, const absl::Status& why) { MistakeAt(LineOf(at.Mark()), why); }
  void WrongValue(const YAML::Node& at, const std::string& key, absl::string_view wanted) {
    Mistake(at, Invalid("MAP_VALUE", "The key holds what it cannot hold. Write what `wanted` names.",
                        "该键的值不符合要求。请按 wanted 的说明填写。", {{"key", key}, {"wanted", wanted}}));
  }
  void Missing(const YAML::Node& at, const std::string& key) {
    Mistake(at, Invalid("MAP_KEY_MISSING", "A key is missing that a map cannot do without. Add it.",
                        "缺少必需的键。请补充。", {{"key", key}}));
  }

  // The values of a map by key. What is not known, or stands twice, is a mistake.
  Entries EntriesOf(const YAML::Node& node, const std::string& path, const Known& known) {
    Entries entries;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
        Mistake(entry.first, Invalid("MAP_KEY_UNKNOWN", "There is no such key here. Use one of those in `known`.",
                                     "此处没有该键。请使用 known 中的键。",
                                     {{"key", absl::StrCat(path, key)}, {"known", absl::StrJoin(known, ", ")}}));
      } else if (key.empty()) {
        Mistake(entry.first, Invalid("MAP_KEY_UNKNOWN", "A key is one word or text. Write it as such.",
                                     "键须为一个词或文本。请更正。", {{"key", path}}));
      } else if (!entries.emplace(key, entry.second).second) {
        Mistake(entry.first, Invalid("MAP_KEY_TWICE", "The key stands twice. Keep one of the two.",
                                     "该键重复出现。请保留其一。", {{"key", absl::StrCat(path, key)}}));
      }
    }
    return entries;
  }
  static const YAML::Node* Find(const Entries& entries, const std::string& key) {
    const auto it = entries.find(key);
    return it == entries.end() ? nullptr : &it->second;
  }

  std::string Text(const YAML::Node& node, const std::string& key, absl::string_view wanted) {
    if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
    WrongValue(node, key, wanted);
    return "";
  }
  // One text or a list of them.
  std::vector<std::string> Texts(const YAML::Node& node, const std::string& key, absl::string_view wanted) {
    std::vector<std::string> texts;
    if (!node.IsSequence()) {
      texts.push_back(Text(node, key, wanted));
      return texts;
    }
    for (const auto& one : node) texts.push_back(Text(one, key, wanted));
    if (texts.empty()) WrongValue(node, key, wanted);
    return texts;
  }
  bool Bool(const YAML::Node& node, const std::string& key, bool otherwise) {
    bool value = otherwise;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) WrongValue(node, key, "yes or no");
    return value;
  }

  void ReadSource(const YAML::Node& root, const Entries& top, TicketMap* map) {
    if (const auto* node = Find(top, "source")) {
      map->source = Text(*node, "source", "a short word");
      const bool good = IsWord(map->source) && map->source.size() <= kSourceBytesMax;
      if (!good && !map->source.empty()) {
        WrongValue(*node, "source", "1 to 24 letters, digits, dots, dashes, underscores");
      }
    } else {
      Missing(root, "source");
    }
    map->name = map->source;
    if (const auto* node = Find(top, "name")) map->name = Text(*node, "name", "the source's name for people");
    if (const auto* node = Find(top, "zone")) {
      map->zone_name = Text(*node, "zone", "an IANA zone");
      if (!map->zone_name.empty() && !LoadZone(map->zone_name, &map->zone)) {
        Mistake(*node, Invalid("MAP_ZONE", "There is no such time zone. Use an IANA name such as Asia/Shanghai.",
                               "没有该时区，请使用 IANA 名称，例如 Asia/Shanghai。", {{"zone", map->zone_name}}));
      }
    } else {
      Missing(root, "zone");
    }
    if (const auto* node = Find(top, "table")) {
      const std::string kind = Text(*node, "table", "csv or tsv");
      if (kind != "csv" && kind != "tsv" && !kind.empty()) WrongValue(*node, "table", "csv or tsv");
      map->kind = kind == "tsv" ? TableKind::kTsv : TableKind::kCsv;
    }
    if (const auto* node = Find(top, "formats")) {
      map->forms = Texts(*node, "formats", "forms of instants");
      for (const std::string& form : map->forms) {
        if (form.empty() || IsInstantForm(form)) continue;
        Mistake(*node, Invalid("MAP_FORMAT",
                               "The form does not say a day of a year. Write it as strftime does: %Y-%m-%d %H:%M:%S.",
                               "该时间格式不能表示年月日。请按 strftime 的写法填写，例如 %Y-%m-%d %H:%M:%S。",
                               {{"format", form}}));
      }
    } else {
      Missing(root, "formats");
    }
    if (const auto* node = Find(top, "unknown")) map->unknown = Texts(*node, "unknown", "words");
    if (const auto* node = Find(top, "case")) {
      map->case_id = ReadValue(*node, "case", {});
      if (!map->case_id.constant.empty()) WrongValue(*node, "case", "a column's name");
    } else {
      Missing(root, "case");
    }
  }

  // A column's name, or {column: NAME or [NAMES], strip: TEXT} or {constant: TEXT}, and what else may be said of it.
  TicketMap::Value ReadValue(const YAML::Node& node, const std::string& key, const Known& more) {
    TicketMap::Value value;
    if (!node.IsMap()) {
      value.columns = {Text(node, key, "a column's name, or {column: NAME}")};
      return value;
    }
    Known known = {"column", "strip", "constant"};
    known.insert(known.end(), more.begin(), more.end());
    const std::string path = key + ".";
    const Entries entries = EntriesOf(node, path, known);
    if (const auto* at = Find(entries, "column")) value.columns = Texts(*at, path + "column", "a column's name");
    if (const auto* at = Find(entries, "strip")) value.strip = Text(*at, path + "strip", "text");
    if (const auto* at = Find(entries, "constant")) value.constant = Text(*at, path + "constant", "text");
    if (value.constant.size() > kShortBytesMax) WrongValue(node, path + "constant", "text of 64 bytes at most");
    if (value.columns.empty() == value.constant.empty()) {
      Mistake(node, Invalid("MAP_VALUE", "A value stands in a column or is constant. Write one of the two.",
                            "取值须为某一列或常量。请填写其一。", {{"key", key}}));
    }
    if (const auto* at = Find(entries, "kind")) {
      value.kind = Text(*at, path + "kind", "a short word");
      if (!value.kind.empty() && (!IsWord(value.kind) || value.kind.size() > kKindBytesMax)) {
        WrongValue(*at, path + "kind", "1 to 12 letters, digits, dots, dashes, underscores");
      }
    }
    const auto label = [&](const char* name, std::string* text) {
      const auto* at = Find(entries, name);
      if (at == nullptr) return false;
      *text = Text(*at, path + name, "text with {} in place of the word");
      if (!text->empty() && text->find("{}") == std::string::npos) {
        WrongValue(*at, path + name, "text with {} in place of the word");
      }
      return true;
    };
    const bool named = label("name", &value.label);
    if (!label("name_zh", &value.label_zh) && named) value.label_zh = value.label;
    if (const auto* at = Find(entries, "words")) ReadLevels(*at, path + "words", &value);
    return value;
  }
  void ReadLevels(const YAML::Node& node, const std::string& path, TicketMap::Value* value) {
    if (!node.IsMap()) return WrongValue(node, path, "words and their numbers");
    for (const auto& [word, at] : EntriesOf(node, path + ".", {})) {
      if (!at.IsScalar() || !absl::SimpleAtoi(at.Scalar(), &value->levels[word])) {
        WrongValue(at, absl::StrCat(path, ".", word), "a whole number");
      }
    }
  }

  // A row is one fact, of its activity; or it tells several, each at its own time.
  void ReadFacts(const YAML::Node& root, const Entries& top, TicketMap* map) {
    const auto *time = Find(top, "time"), *facts = Find(top, "facts"), *activity = Find(top, "activity");
    if ((time == nullptr) == (facts == nullptr)) {
      Mistake(
          facts ? *facts : root,
          Invalid("MAP_SHAPE",
                  "A row is one event (`time` and `activity`), or tells several facts (`facts`). Write one of the two.",
                  "一行或为一个事件（time 与 activity），或包含多个事实（facts）。请填写其一。"));
    }
    if (activity != nullptr) map->activity = ReadValue(*activity, "activity", {});
    if (time != nullptr) {
      map->facts.push_back({ReadTime(*time, "time"), std::nullopt});
      if (activity == nullptr) Missing(root, "activity");
    }
    if (facts != nullptr && !facts->IsSequence()) WrongValue(*facts, "facts", "a list of {time: COLUMN, state: STATE}");
    if (facts != nullptr && facts->IsSequence()) {
      for (const auto& node : *facts) ReadFact(node, activity != nullptr, map);
      if (facts->size() == 0) WrongValue(*facts, "facts", "at least one {time: COLUMN, state: STATE}");
    }
    const bool asked = std::any_of(map->facts.begin(), map->facts.end(), [](const auto& f) { return !f.effect; });
    if (const auto* node = Find(top, "activities")) {
      if (!node->IsMap()) {
        WrongValue(*node, "activities", "activities and their states");
      } else {
        for (const auto& [word, at] : EntriesOf(*node, "activities.", {})) {
          map->activities[word] = ReadEffect(at, absl::StrCat("activities.", word));
        }
      }
    }
    if (const auto* node = Find(top, "other")) map->other = ReadEffect(*node, "other");
    if (activity != nullptr && asked && map->activities.empty() && !map->other) Missing(root, "activities");
    if (activity == nullptr && time == nullptr && (Find(top, "activities") || Find(top, "other"))) {
      Missing(root, "activity");
    }
  }
  void ReadFact(const YAML::Node& node, bool has_activity, TicketMap* map) {
    if (!node.IsMap()) return WrongValue(node, "facts", "{time: COLUMN, state: STATE}");
    const Entries entries = EntriesOf(node, "facts.", {"time", "state", "group", "person"});
    TicketMap::Fact fact;
    if (const auto* at = Find(entries, "time")) {
      fact.time = ReadTime(*at, "facts.time");
    } else {
      Missing(node, "facts.time");
    }
    if (Find(entries, "state") != nullptr) {
      fact.effect = EffectOf(entries, "facts");
    } else if (!has_activity || entries.count("group") + entries.count("person") > 0) {
      Missing(node, "facts.state");
    }
    map->facts.push_back(std::move(fact));
  }
  TicketMap::Value ReadTime(const YAML::Node& node, const std::string& key) {
    TicketMap::Value value = ReadValue(node, key, {});
    if (!value.constant.empty()) WrongValue(node, key, "a column's name");
    return value;
  }

  // A state, or {state: STATE, group: no, person: no}.
  TicketMap::Effect ReadEffect(const YAML::Node& node, const std::string& path) {
    if (!node.IsMap()) {
      TicketMap::Effect effect;
      effect.state = State(node, path);
      return effect;
    }
    const Entries entries = EntriesOf(node, path + ".", {"state", "group", "person"});
    if (Find(entries, "state") == nullptr) Missing(node, path + ".state");
    return EffectOf(entries, path);
  }
  TicketMap::Effect EffectOf(const Entries& entries, const std::string& path) {
    TicketMap::Effect effect;
    if (const auto* at = Find(entries, "state")) effect.state = State(*at, path + ".state");
    if (const auto* at = Find(entries, "group")) effect.group = Bool(*at, path + ".group", true);
    if (const auto* at = Find(entries, "person")) effect.person = Bool(*at, path + ".person", true);
    return effect;
  }
  rv1::TicketState State(const YAML::Node& node, const std::string& path) {
    const std::string word = node.IsScalar() ? node.Scalar() : "";
    for (const StateWord& known : kStates) {
      if (word != known.word) continue;
      if (word == "handed-off" && hands_off_ == 0) hands_off_ = LineOf(node.Mark());
      return known.state;
    }
    Mistake(node,
            Invalid("MAP_STATE", "There is no such state of a ticket. Choose one of those in `known`.",
                    "没有此工单状态。请从 known 中选择。", {{"key", path}, {"state", word}, {"known", StateWords()}}));
    return rv1::TICKET_STATE_UNSPECIFIED;
  }

  const std::function<void(uint64_t, const absl::Status&)>& on_mistake_;
  size_t mistakes_ = 0;
  uint64_t hands_off_ = 0;  // line of the first activity that is a hand-off; 0: none is
};

}  // namespace

absl::StatusOr<TicketMap> ReadTicketMap(absl::string_view yaml,
                                        const std::function<void(uint64_t line, const absl::Status& why)>& on_mistake) {
  if (yaml.size() > kMapBytesMax) {
    return Invalid("MAP_TOO_LONG", "The map is longer than 64 KiB. Shorten it.", "映射文件超过 64 KiB。请缩短。");
  }
  Reader reader(on_mistake);
  TicketMap map;
  if (!IsUtf8(yaml)) {
    reader.MistakeAt(1, Invalid("MAP_SYNTAX", "The map is not UTF-8 text. Convert the file.",
                                "映射文件不是 UTF-8 文本。请转换文件编码。"));
  } else {
    // The library tells what it cannot read by exceptions.
    try {
      map = reader.Read(YAML::Load(std::string(yaml)));
    } catch (const YAML::Exception& e) {
      reader.MistakeAt(LineOf(e.mark), Invalid("MAP_SYNTAX", "This is no YAML. Correct what `problem` says.",
                                               "这不是有效的 YAML。请按 problem 的说明更正。", {{"problem", e.msg}}));
    }
  }
  if (reader.mistakes() == 0) return map;
  return Invalid("MAP_INVALID", "The map has mistakes; nothing was imported. Correct them all and try again.",
                 "映射文件有误，未导入任何内容。请全部更正后重试。", {{"mistakes", absl::StrCat(reader.mistakes())}});
}

}  // namespace shoujie::importer
