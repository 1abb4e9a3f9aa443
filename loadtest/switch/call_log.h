// A real call log as facts of the present: what the importers read as history (services/cli/import knows the files),
// told by the switch one by one, each with its own stamp, in order of time. Holds the whole log in memory. Pure but for
// reading the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/interaction/v1/commands.pb.h"

namespace shoujie::loadtest {

struct CallLogOptions {
  std::string format = "technion";
  std::string path;
  // Days of the log's zone on which calls begin; not set: all.
  absl::CivilDay from = absl::CivilDay::min(), to = absl::CivilDay::max();
  uint64_t limit = UINT64_MAX;  // calls
  std::function<void(uint64_t line, const absl::Status& why)> on_bad;
};

struct LogFact {
  absl::Time at;
  uint32_t call = 0;  // index of `calls`
  interaction::v1::Fact fact;
};
struct CallLog {
  directory::v1::Directory names;                                 // the agents, site and categories that it speaks of
  std::vector<interaction::v1::RecordContactFactsRequest> calls;  // without their facts
  std::vector<LogFact> facts;                                     // in order of time; the end of a call is its last
  uint64_t rows = 0, bad = 0;
};

absl::StatusOr<CallLog> ReadCallLog(const CallLogOptions& options);

// The fact as it is told live.
interaction::v1::ReportContactFactRequest LiveFact(const CallLog& log, const LogFact& fact);

}  // namespace shoujie::loadtest
