// Brings the history of another system in: names first, as a directory version, then every row as facts. Resumable and
// repeatable, since facts have numbers: what the server has already is counted as `repeated` and changes nothing. A bad
// row is reported with its line and left out; it never ends an import and is never dropped silently.
//
//   ImportResult result = RunImport({.source = "technion", .path = file, .on_bad = &Print}, sink);
//
// Reads the file twice (names, then rows) in memory that does not grow with its size, but for one counter per case.
// Blocks; callbacks come on the caller's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/cli/import/sink.h"

namespace shoujie::importer {

// rows = added + repeated + bad, once an import has ended well.
struct ImportSummary {
  uint64_t rows = 0;          // of the file, without its header
  uint64_t added = 0;         // "new": at least one fact of the row was recorded
  uint64_t repeated = 0;      // the server had them
  uint64_t bad = 0;           // unreadable, or refused by the server
  uint64_t out_of_order = 0;  // dated before an earlier row of their case: they take effect at the latest instant
};

class Format;  // format.h

struct ImportOptions {
  std::string source;  // see FormatNames(); with a format of one's own, its name
  std::string path;
  size_t requests_in_flight_max = 256;
  absl::Duration give_up_after = absl::Seconds(30);     // without any answer but "unavailable"
  absl::Duration retry_first = absl::Milliseconds(50);  // doubled up to two seconds
  absl::Duration progress_every = absl::Milliseconds(500);
  std::function<void(const ImportSummary& so_far, double rows_per_second)> progress;
  std::function<void(uint64_t line, const absl::Status& why)> on_bad;  // DetailOf(why): both languages
};

struct ImportResult {
  // OK: every row is in the summary. Else why it ended: SOURCE_UNKNOWN, FILE_NOT_FOUND, HEADER_INVALID; FILE_CUT_OFF
  // after all that was readable; a refused directory version; the server's error, if it does not come back or will not
  // have us.
  absl::Status status;
  ImportSummary summary;
};

ImportResult RunImport(const ImportOptions& options, ImportSink& sink);
ImportResult RunImport(const ImportOptions& options, std::unique_ptr<Format> format, ImportSink& sink);

}  // namespace shoujie::importer
