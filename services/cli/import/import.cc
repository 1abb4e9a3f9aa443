#include "services/cli/import/import.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/cli/import/format.h"
#include "services/cli/import/pipeline.h"
#include "services/cli/import/table.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

namespace dv1 = directory::v1;

constexpr int kRowsPerMerge = 500;  // keeps one request far below the limit of its size

// The rows in requests of bounded size, what others refer to first.
std::vector<dv1::MergeVersionRequest> InParts(const dv1::Directory& names) {
  std::vector<dv1::MergeVersionRequest> parts(1);
  int rows = 0;
  const auto room = [&]() {
    if (rows++ % kRowsPerMerge == 0 && rows > 1) {
      // Each part says its source, so that history shows whose it was.
      parts.emplace_back();
      *parts.back().mutable_additions()->mutable_sources() = names.sources();
    }
    return parts.back().mutable_additions();
  };
  for (const auto& row : names.sources()) *room()->add_sources() = row;
  for (const auto& row : names.sites()) *room()->add_sites() = row;
  for (const auto& row : names.departments()) *room()->add_departments() = row;
  for (const auto& row : names.categories()) *room()->add_categories() = row;
  for (const auto& row : names.dispositions()) *room()->add_dispositions() = row;
  for (const auto& row : names.agents()) *room()->add_agents() = row;
  return parts;
}

class Import {
 public:
  Import(const ImportOptions& options, std::unique_ptr<Format> format, ImportSink& sink)
      : options_(options), sink_(sink), format_(std::move(format)), began_(absl::Now()) {}

  ImportResult Run() {
    ImportResult result;
    result.status = RunAll();
    if (format_) summary_.out_of_order = format_->out_of_order();
    result.summary = summary_;
    return result;
  }

 private:
  absl::Status RunAll() {
    if (!format_) {
      return Invalid("SOURCE_UNKNOWN", "There is no importer of this name. Choose one of those that are known.",
                     "没有该名称的导入器。请从已知的导入器中选择。",
                     {{"source", options_.source}, {"known", absl::StrJoin(FormatNames(), ", ")}});
    }
    if (auto status = Learn(); !status.ok()) return status;
    if (auto status = Publish(); !status.ok()) return status;
    return Send();
  }

  absl::StatusOr<std::unique_ptr<Table>> OpenTable() {
    auto table = Table::Open(options_.path, format_->kind());
    if (!table.ok()) return table.status();
    if (auto status = format_->ReadHeader((*table)->header()); !status.ok()) return status;
    return table;
  }

  absl::Status Learn() {
    auto table = OpenTable();
    if (!table.ok()) return table.status();
    Row row;
    while ((*table)->Next(&row)) format_->Learn(row);
    return absl::OkStatus();  // a file that is cut off is said at the end
  }

  absl::Status Publish() {
    const absl::Time give_up = absl::Now() + options_.give_up_after;
    for (dv1::MergeVersionRequest& part : InParts(format_->Names())) {
      part.set_note(absl::StrCat("import ", options_.source));
      part.set_request_id(sink_.NewRequestId());
      auto reply = sink_.Merge(part);
      while (absl::IsUnavailable(reply.status()) && absl::Now() < give_up) {
        absl::SleepFor(options_.retry_first);
        reply = sink_.Merge(part);
      }
      if (!reply.ok()) return reply.status();
      uint64_t version = 0;
      if (absl::SimpleAtoi(reply->etag(), &version)) format_->set_directory_version(version);
    }
    return absl::OkStatus();
  }

  absl::Status Send() {
    auto table = OpenTable();
    if (!table.ok()) return table.status();
    Pipeline pipeline(options_, sink_, &summary_);
    Row row;
    std::vector<Batch> batches;
    while ((*table)->Next(&row)) {
      ++summary_.rows;
      const absl::Status taken = row.status.ok() ? format_->Take(row, &batches) : row.status;
      if (!taken.ok()) {
        ++summary_.bad;
        if (options_.on_bad) options_.on_bad(row.line, taken);
      }
      Submit(&batches, &pipeline);
      if (!pipeline.status().ok()) break;
      Progress();
    }
    format_->Finish(&batches);
    Submit(&batches, &pipeline);
    if (auto status = pipeline.Finish(); !status.ok()) return status;
    return (*table)->status();
  }

  // What the pipeline does not take any more, it says at its end.
  static void Submit(std::vector<Batch>* batches, Pipeline* pipeline) {
    for (Batch& batch : *batches) {
      if (!pipeline->Submit(std::move(batch)).ok()) break;
    }
    batches->clear();
  }

  void Progress() {
    if (!options_.progress || (summary_.rows & 15) != 0) return;
    const absl::Time now = absl::Now();
    if (now - told_ < options_.progress_every) return;
    told_ = now;
    const double seconds = absl::ToDoubleSeconds(now - began_);
    options_.progress(summary_, seconds > 0 ? static_cast<double>(summary_.rows) / seconds : 0);
  }

  const ImportOptions& options_;
  ImportSink& sink_;
  std::unique_ptr<Format> format_;
  ImportSummary summary_;
  absl::Time began_, told_ = absl::InfinitePast();
};

}  // namespace

ImportResult RunImport(const ImportOptions& options, ImportSink& sink) {
  return RunImport(options, MakeFormat(options.source), sink);
}
ImportResult RunImport(const ImportOptions& options, std::unique_ptr<Format> format, ImportSink& sink) {
  return Import(options, std::move(format), sink).Run();
}

}  // namespace shoujie::importer
