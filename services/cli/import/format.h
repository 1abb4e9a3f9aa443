// What is particular to one source of history: its columns, who and what it names (published first, as rows of the
// directory), and the facts that its rows are. A format is fed one row at a time and holds no row back longer than
// `Take` says. Pure: no file, clock or network. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "services/cli/import/table.h"
#include "services/cli/import/ticket_map.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::importer {

// One request to the server, without its id.
struct Batch {
  std::string key;                                     // external id: batches of one key are sent one after the other
  std::unique_ptr<google::protobuf::Message> request;  // RecordContactFactsRequest or RecordTicketFactsRequest
  std::vector<uint64_t> lines;                         // of its rows
  bool row_per_fact = false;                           // each fact is a row, in order; else all facts are of one row
  // Set: what must be done first, and how `request` takes its answer.
  std::unique_ptr<google::protobuf::Message> before;
  void (*fill)(const common::v1::CommandReply& reply, google::protobuf::Message* request) = nullptr;
};

class Format {
 public:
  virtual ~Format() = default;
  virtual TableKind kind() const = 0;
  // Finds the columns. INVALID_ARGUMENT (HEADER_INVALID) if one is missing.
  virtual absl::Status ReadHeader(const std::vector<std::string>& header) = 0;

  // First pass: notes what the row names; rows that cannot be read are passed over. Then: the rows for the directory.
  virtual void Learn(const Row& row) = 0;
  virtual directory::v1::Directory Names() const = 0;

  // Second pass. Takes a row and appends batches that are complete. Not OK: the row is bad and left out, and why.
  virtual absl::Status Take(const Row& row, std::vector<Batch>* complete) = 0;
  // Appends what was still held back.
  virtual void Finish(std::vector<Batch>* complete) = 0;
  // Rows so far that were dated before an earlier row of their case.
  virtual uint64_t out_of_order() const { return 0; }
  void set_directory_version(uint64_t version) { directory_version_ = version; }

 protected:
  uint64_t directory_version_ = 0;
};

// nullptr if the source is not known. `FormatNames`: all that are.
std::unique_ptr<Format> MakeFormat(absl::string_view source);
std::vector<std::string> FormatNames();
// `technion`: calls of a bank's call centre (TSV). `zh12345`: citizens' messages with their replies (CSV).
std::unique_ptr<Format> MakeTechnion();
std::unique_ptr<Format> MakeZh12345();
// Tickets of whatever a map explains; known sources have theirs in `maps/`.
std::unique_ptr<Format> MakeMapped(TicketMap map);

// Columns by name. A name that stands twice is the first of the two.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& header) : header_(header) {}
  // The place of the first of `names` that there is; if none is there, -1 and `status` becomes an error.
  int Find(const std::vector<std::string>& names);
  absl::Status status() const;  // names every column that was not found

 private:
  const std::vector<std::string>& header_;
  std::vector<std::string> missing_;
};

// Whether a source's own word can be an id here: 1 to 48 letters, digits, dots, dashes, underscores.
bool IsWord(absl::string_view text);
// A row's error: which column holds what cannot be read.
absl::Status BadField(absl::string_view column);
}  // namespace shoujie::importer
