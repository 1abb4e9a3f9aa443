#include "services/runtime/kafka/outcome.h"

#include "absl/strings/str_cat.h"

namespace shoujie::kafka {
namespace {

const char* NameOf(rd_kafka_msg_status_t status) {
  switch (status) {
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
      return "not persisted, as the client believes";
    case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED:
      return "possibly persisted";
    case RD_KAFKA_MSG_STATUS_PERSISTED:
      return "persisted";
  }
  return "of unknown status";
}

}  // namespace

const std::vector<OutcomeRow>& OutcomeTable() {
  using absl::StatusCode;
  static const std::vector<OutcomeRow> table = {
      // Given up by ourselves, or by the client.
      {RD_KAFKA_RESP_ERR__PURGE_QUEUE, StatusCode::kCancelled, "given up before it was sent"},
      {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, StatusCode::kCancelled, "given up while it was under way"},
      {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, StatusCode::kUnavailable, "no answer in time"},
      {RD_KAFKA_RESP_ERR__TRANSPORT, StatusCode::kUnavailable, "the connection broke"},
      {RD_KAFKA_RESP_ERR__TIMED_OUT, StatusCode::kUnavailable, "no answer in time"},
      {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, StatusCode::kUnavailable, "no answer in time"},
      {RD_KAFKA_RESP_ERR__DESTROY, StatusCode::kCancelled, "the client ended"},
      {RD_KAFKA_RESP_ERR__QUEUE_FULL, StatusCode::kResourceExhausted, "the client's queue is full"},
      {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, StatusCode::kFailedPrecondition,
       "the topic has no such partition; check the topic"},
      {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, StatusCode::kFailedPrecondition, "there is no such topic; check the topic"},
      {RD_KAFKA_RESP_ERR__FATAL, StatusCode::kInternal, "the client refuses to go on after an earlier error"},
      {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, StatusCode::kInternal, "an earlier record failed"},
      {RD_KAFKA_RESP_ERR__INCONSISTENT, StatusCode::kInternal, "the client lost its place"},
      // The broker refuses the record.
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, StatusCode::kFailedPrecondition,
       "larger than the topic's max.message.bytes; check the topic"},
      {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, StatusCode::kFailedPrecondition,
       "larger than a segment of the topic; check the topic's segment.bytes"},
      {RD_KAFKA_RESP_ERR_INVALID_MSG, StatusCode::kInternal, "damaged on its way"},
      {RD_KAFKA_RESP_ERR_INVALID_RECORD, StatusCode::kFailedPrecondition,
       "refused by the broker; the topic must not be compacted"},
      {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, StatusCode::kFailedPrecondition,
       "refused for its time; the topic must use LogAppendTime"},
      {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, StatusCode::kFailedPrecondition, "refused by a policy of the cluster"},
      {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, StatusCode::kFailedPrecondition,
       "the topic's message format is too old"},
      {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, StatusCode::kInternal, "the broker does not know acks=all"},
      {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, StatusCode::kResourceExhausted,
       "over a quota; give this program's principal none"},
      // Rights.
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
       "this program's principal may not write the topic"},
      {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
       "this program's principal may not write idempotently"},
      {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, StatusCode::kPermissionDenied,
       "this program's principal may not write"},
      // The idempotent producer lost its place; the library retries, bumps its epoch or gives up.
      {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, StatusCode::kInternal,
       "the broker misses a record before it; was the log truncated?"},
      {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, StatusCode::kInternal, "the broker forgot this producer", true},
      {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, StatusCode::kInternal, "the broker knows a newer producer"},
      {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, StatusCode::kInternal, "the broker forgot this producer"},
      {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, StatusCode::kUnavailable, "the leader changed"},
      // Retried by the library; reported only if something else ends the retries.
      {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, StatusCode::kUnavailable, "the leader changed", true},
      {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, StatusCode::kUnavailable, "there is no leader", true},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, StatusCode::kUnavailable, "the broker does not know the topic", true},
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, StatusCode::kUnavailable, "too few replicas are in sync", true},
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, StatusCode::kUnavailable, "too few replicas have it", true},
      {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, StatusCode::kUnavailable, "the replicas did not answer in time", true},
      {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, StatusCode::kUnavailable, "the broker's disk failed", true},
      {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, StatusCode::kUnavailable, "the cluster is not ready", true},
      {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, StatusCode::kUnavailable, "the connection broke"},
      // The broker failed inside; it may have appended.
      {RD_KAFKA_RESP_ERR_UNKNOWN, StatusCode::kInternal, "the broker failed inside; see its log"},
  };
  return table;
}

Outcome OutcomeOf(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, int64_t offset) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || status != RD_KAFKA_MSG_STATUS_PERSISTED) return Outcome::kDoubt;
  return offset >= 0 ? Outcome::kLanded : Outcome::kLandedSomewhere;
}

Report ToReport(uint64_t sequence, rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, int64_t offset) {
  Report report;
  report.sequence = sequence;
  switch (OutcomeOf(error, status, offset)) {
    case Outcome::kLanded:
      report.ok = true;
      report.position = offset;
      return report;
    case Outcome::kLandedSomewhere:
      report.ok = true;
      return report;
    case Outcome::kDoubt:
      break;
  }
  absl::StatusCode code = absl::StatusCode::kUnknown;
  const char* what = "an error that this version does not know";
  for (const OutcomeRow& row : OutcomeTable()) {
    if (row.error != error) continue;
    code = row.code;
    what = row.what;
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) what = "the report contradicts itself";
  report.why = absl::Status(code, absl::StrCat(rd_kafka_err2name(error), ": ", what, " (", NameOf(status), ")"));
  return report;
}

}  // namespace shoujie::kafka
