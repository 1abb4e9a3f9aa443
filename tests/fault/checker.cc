#include "tests/fault/checker.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace shoujie::fault {
namespace {

bool IsOfClient(const std::string& command_id) {
  return command_id.size() == 32 && std::all_of(command_id.begin(), command_id.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

std::string Place(const Recorded& record) { return absl::StrCat(record.stream, "@", record.version); }

class Checker {
 public:
  explicit Checker(const Question& question) : question_(question) {
    for (const Recorded& record : question.histories) by_command_[record.command_id].push_back(&record);
    for (const Recorded& record : question.before) known_.insert(record.command_id);
  }

  std::vector<Finding> Run() {
    for (const Entry& entry : question_.entries) CheckEntry(entry);
    CheckCommands();
    CheckStreams();
    CheckTimes();
    CheckOrder();
    return std::move(findings_);
  }

 private:
  void Find(const char* kind, std::string what) { findings_.push_back({kind, std::move(what)}); }

  void CheckEntry(const Entry& entry) {
    known_.insert(entry.id);
    const auto found = by_command_.find(entry.id);
    const Recorded* record = found == by_command_.end() ? nullptr : found->second.front();
    const std::string title = absl::StrCat(entry.method, " ", entry.id);
    switch (entry.fate) {
      case Fate::kAcked:
        if (record == nullptr) {
          Find("LOST", absl::StrCat(title, " was acknowledged as ", entry.stream, "@", entry.version));
        } else if (record->stream != entry.stream || record->version != entry.version) {
          Find("ELSEWHERE",
               absl::StrCat(title, " was acknowledged as ", entry.stream, "@", entry.version, ", is ", Place(*record)));
        }
        break;
      case Fate::kRefused:
        if (record != nullptr) {
          Find("NOT_REFUSED", absl::StrCat(title, " was refused (", entry.refusal, ") and is ", Place(*record)));
        }
        break;
      case Fate::kUnanswered:
        if (question_.settled) Find("OPEN", absl::StrCat(title, " got no answer when it was repeated"));
        break;
    }
  }

  void CheckCommands() {
    for (const auto& [id, records] : by_command_) {
      if (IsOfClient(id) && known_.count(id) == 0) {
        Find("FOREIGN", absl::StrCat(id, " at ", Place(*records.front()), " was sent by nobody"));
      }
      // A cause may concern several streams, a client's command and a timer just one.
      std::set<std::string> streams;
      for (const Recorded* record : records) {
        if (!streams.insert(IsOfClient(id) ? "" : record->stream).second) {
          Find("DOUBLED", absl::StrCat(id, " took effect at ", Place(*records.front()), " and at ", Place(*record)));
        }
      }
    }
  }

  void CheckStreams() {
    std::map<std::pair<std::string, uint64_t>, const Recorded*> places;
    std::map<std::string, uint64_t> ends;
    for (const Recorded& record : question_.histories) {
      if (!places.emplace(std::pair(record.stream, record.version), &record).second) {
        Find("DOUBLED", absl::StrCat(Place(record), " is in the history twice"));
      }
      ends[record.stream] = std::max(ends[record.stream], record.version);
    }
    for (const auto& [stream, end] : ends) {
      for (uint64_t version = 1; version <= end; ++version) {
        if (places.count({stream, version}) == 0) Find("GAP", absl::StrCat(stream, "@", version, " is missing"));
      }
    }
    for (const Recorded& record : question_.before) {
      const auto it = places.find({record.stream, record.version});
      if (it == places.end()) {
        Find("GAP", absl::StrCat(Place(record), " was there and is missing"));
      } else if (it->second->hash != record.hash) {
        Find("GAP", absl::StrCat(Place(record), " was there and is another record now"));
      }
    }
  }

  void CheckTimes() {
    std::map<std::tuple<std::string, uint32_t, uint64_t>, const Recorded*> in_order;
    for (const Recorded& record : question_.histories) {
      in_order[{record.service, record.partition, record.revision}] = &record;
    }
    const Recorded* last = nullptr;
    for (const auto& [place, record] : in_order) {
      const bool same = last != nullptr && last->service == record->service && last->partition == record->partition;
      if (same && record->recorded_at_ms < last->recorded_at_ms) {
        Find("TIME_FALLS", absl::StrCat(Place(*record), " was recorded ", last->recorded_at_ms - record->recorded_at_ms,
                                        " ms before ", Place(*last), ", which precedes it"));
      }
      last = record;
    }
  }

  // What was known of each stream grows with every answer; whatever begins then must not show or stand below it.
  void CheckOrder() {
    struct Call {
      bool reads;
      const std::string* stream;
      uint64_t version, from, to;  // to 0: nobody was told
      std::string title;
    };
    std::vector<Call> calls;
    std::map<std::pair<std::string, uint64_t>, uint64_t> sent;  // the moment at which the command behind a version was
    for (const Entry& entry : question_.entries) {
      const auto found = by_command_.find(entry.id);
      if (found == by_command_.end()) continue;
      const Recorded& record = *found->second.front();
      sent[{record.stream, record.version}] = entry.sent;
      calls.push_back({false, &record.stream, record.version, entry.sent, entry.told,
                       absl::StrCat(entry.method, " ", entry.id, " (", Place(record), ")")});
    }
    std::map<std::string, uint64_t> known, ends;
    for (const Recorded& record : question_.before)
      known[record.stream] = std::max(known[record.stream], record.version);
    for (const Recorded& record : question_.histories) {
      ends[record.stream] = std::max(ends[record.stream], record.version);
    }
    for (const Reading& reading : question_.readings) {
      if (reading.told == 0) continue;
      calls.push_back({true, &reading.stream, reading.version, reading.asked, reading.told, reading.stream});
      if (reading.version > ends[reading.stream]) {
        Find("AHEAD", absl::StrCat(reading.stream, " was shown at version ", reading.version, " and ends at ",
                                   ends[reading.stream]));
      }
      const auto command = sent.find({reading.stream, reading.version});
      if (command != sent.end() && command->second > reading.told) {
        Find("AHEAD", absl::StrCat(reading.stream, " was shown at version ", reading.version, " before that was sent"));
      }
    }
    std::vector<std::pair<uint64_t, Call*>> moments;
    for (Call& call : calls) {
      moments.emplace_back(call.from, &call);
      if (call.to != 0) moments.emplace_back(call.to, &call);
    }
    std::sort(moments.begin(), moments.end());
    for (const auto& [moment, call] : moments) {
      uint64_t& version = known[*call->stream];
      if (moment == call->to) {
        version = std::max(version, call->version);
      } else if (call->reads ? call->version < version : call->version <= version) {
        Find(call->reads ? "STALE" : "OVERTAKEN",
             absl::StrCat(call->title, call->reads ? " was shown at version " : " stands at version ", call->version,
                          "; when it was asked for, version ", version, " was known"));
      }
    }
  }

  const Question& question_;
  std::map<std::string, std::vector<const Recorded*>> by_command_;
  std::set<std::string> known_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Check(const Question& question) { return Checker(question).Run(); }

}  // namespace shoujie::fault
