#include "loadtest/switch/call_log.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/cli/import/format.h"
#include "services/cli/import/table.h"
#include "services/runtime/base/time.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

absl::TimeZone ZoneOf(const directory::v1::Directory& names) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (names.sources_size() > 0) absl::LoadTimeZone(names.sources(0).time_zone(), &zone);
  return zone;
}

class Reader {
 public:
  Reader(const CallLogOptions& options, importer::Format* format) : options_(options), format_(format) {}

  absl::Status Pass(bool learn) {
    auto table = importer::Table::Open(options_.path, format_->kind());
    if (!table.ok()) return table.status();
    if (auto status = format_->ReadHeader((*table)->header()); !status.ok()) return status;
    importer::Row row;
    while ((*table)->Next(&row)) {
      if (learn) {
        format_->Learn(row);
      } else if (auto status = Take(row); !status.ok()) {
        return status;
      }
    }
    return (*table)->status();
  }

  absl::Status Take(const importer::Row& row) {
    ++log_.rows;
    std::vector<importer::Batch> batches;
    const absl::Status status = row.status.ok() ? format_->Take(row, &batches) : row.status;
    if (!status.ok()) {
      ++log_.bad;
      if (options_.on_bad) options_.on_bad(row.line, status);
    }
    for (auto& batch : batches) {
      auto* call = dynamic_cast<v1::RecordContactFactsRequest*>(batch.request.get());
      if (!call) {
        return absl::InvalidArgumentError(absl::StrCat(options_.format, " is no call log: only calls can be played"));
      }
      Add(std::move(*call));
    }
    return absl::OkStatus();
  }

  CallLog Finish() {
    log_.names = format_->Names();
    std::stable_sort(log_.facts.begin(), log_.facts.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::move(log_);
  }

 private:
  void Add(v1::RecordContactFactsRequest call) {
    if (call.facts().empty() || log_.calls.size() >= options_.limit) return;
    absl::Time begins = absl::InfiniteFuture(), last = absl::InfinitePast();
    for (const auto& fact : call.facts()) begins = std::min(begins, ToTime(fact.occurred_at()));
    const absl::CivilDay day(absl::ToCivilDay(begins, ZoneOf(format_->Names())));
    if (day < options_.from || day > options_.to) return;
    std::vector<LogFact> facts;
    for (auto& fact : *call.mutable_facts()) {
      facts.push_back(
          {ToTime(fact.occurred_at()), static_cast<uint32_t>(log_.calls.size()), std::move(*fact.mutable_fact())});
    }
    // As they happened; nothing is told of a call after its end.
    std::stable_sort(facts.begin(), facts.end(), [](const auto& a, const auto& b) {
      return a.fact.has_ended() != b.fact.has_ended() ? b.fact.has_ended() : a.at < b.at;
    });
    for (auto& fact : facts) {
      last = std::max(last, fact.at);
      if (fact.fact.has_ended()) fact.at = last;
      log_.facts.push_back(std::move(fact));
    }
    call.clear_facts();
    log_.calls.push_back(std::move(call));
  }

  const CallLogOptions& options_;
  importer::Format* const format_;
  CallLog log_;
};

}  // namespace

absl::StatusOr<CallLog> ReadCallLog(const CallLogOptions& options) {
  auto format = importer::MakeFormat(options.format);
  if (!format) return absl::InvalidArgumentError(absl::StrCat("no log format is called ", options.format));
  Reader reader(options, format.get());
  if (auto status = reader.Pass(/*learn=*/true); !status.ok()) return status;
  if (auto status = reader.Pass(/*learn=*/false); !status.ok()) return status;
  return reader.Finish();
}

v1::ReportContactFactRequest LiveFact(const CallLog& log, const LogFact& fact) {
  const auto& call = log.calls[fact.call];
  v1::ReportContactFactRequest request;
  *request.mutable_occurred_at() = ToProto(fact.at);
  request.set_source(call.source());
  request.set_external_id(call.external_id());
  request.set_identifier(call.identifier());
  request.set_site(call.site());
  request.set_channel(call.channel());
  request.set_category(call.category());
  *request.mutable_fact() = fact.fact;
  return request;
}

}  // namespace shoujie::loadtest
