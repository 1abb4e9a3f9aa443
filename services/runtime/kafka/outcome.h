// What a delivery report means: the closed table from the client library's words to the journal's. Only "no error" may
// be acknowledged; everything else leaves open whether the record is in the log, now, later or never (design: kafka.md,
// section 4), and ends its writer. Pure.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <vector>

#include "services/runtime/journal/journal.h"

namespace shoujie::kafka {

enum class Outcome {
  kLanded,           // in the log, at the offset that the report names
  kLandedSomewhere,  // in the log, offset unknown
  kDoubt,            // nobody knows
};

// One row. An error that the table lacks is a doubt, too.
struct OutcomeRow {
  rd_kafka_resp_err_t error;
  absl::StatusCode code;  // of the report's `why`
  const char* what;       // for the log: what happened, and what an operator can do
  bool retried = false;   // by the library, silently and for ever; reported only if something else ends that
};
const std::vector<OutcomeRow>& OutcomeTable();

Outcome OutcomeOf(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, int64_t offset);

// The journal's report of the writer's record number `sequence`.
Report ToReport(uint64_t sequence, rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, int64_t offset);

}  // namespace shoujie::kafka
