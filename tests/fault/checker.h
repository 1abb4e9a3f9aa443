// Holds what clients were told against what is recorded. Pure: entries, readings and histories in, findings out; that
// it finds planted losses, doubles and stale reads is shown by checker_test.cc.
//
// Per stream the histories give the one order in which commands took effect, so a history of calls is linearizable if
// that order never contradicts the order in which calls followed each other: no search is needed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/fault/ledger.h"

namespace shoujie::fault {

// One entry of a stream's history.
struct Recorded {
  std::string stream;
  uint64_t version = 0;
  std::string service;
  uint32_t partition = 0;
  uint64_t revision = 0;
  std::string command_id;  // 32 hexadecimal digits if a client sent it
  int64_t recorded_at_ms = 0;
  std::string hash;  // of the record's bytes
};

struct Finding {
  // LOST        acknowledged, and in no history (I1)
  // DOUBLED     in histories more than once, by client, timer or cause (I1, I2, I10)
  // ELSEWHERE   acknowledged as another version or stream than where it is (I9)
  // NOT_REFUSED refused, and recorded all the same (I14)
  // FOREIGN     a client's command in a history that no client sent
  // GAP         versions of a stream, or records that were there before, are missing or changed (I3)
  // TIME_FALLS  recorded times of a partition fall
  // STALE       a reading shows less than was known before it began (I8)
  // AHEAD       a reading shows a version that is not recorded, or whose command was not even sent
  // OVERTAKEN   a command stands before one that was known before it was sent
  // OPEN        not answered although it should be by now
  std::string kind;
  std::string what;
};

struct Question {
  std::vector<Entry> entries;
  std::vector<Recorded> histories;  // whole, of every stream that the entries may be in
  std::vector<Recorded> before;     // what the streams held before the first entry was sent
  bool settled = true;              // all that was left open has been repeated since
  std::vector<Reading> readings;
};

std::vector<Finding> Check(const Question& question);

}  // namespace shoujie::fault
