// Runs imports of small files against the TestServer, for tests of every source.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/cli/import/format.h"
#include "services/cli/import/import.h"
#include "services/cli/import/ticket_map.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "tests/unit/cli/import/test_files.h"
#include "tests/unit/cli/import/test_server.h"

namespace shoujie::importer {

class ImportTest : public ::testing::Test {
 protected:
  ImportResult Run(const std::string& source, const std::string& content) {
    return Run(source, MakeFormat(source), content);
  }
  // By a map that is no part of the program.
  ImportResult RunMapped(const std::string& yaml, const std::string& content) {
    auto map =
        ReadTicketMap(yaml, [](uint64_t line, const absl::Status& why) { ADD_FAILURE() << line << ": " << why; });
    if (!map.ok()) return {map.status(), {}};
    const std::string source = map->source;
    return Run(source, MakeMapped(*std::move(map)), content);
  }
  ImportResult Run(const std::string& source, std::unique_ptr<Format> format, const std::string& content) {
    bad_.clear();
    ImportOptions options;
    options.source = source;
    options.path = WriteFile("rows", content);
    options.requests_in_flight_max = 8;
    options.retry_first = absl::Milliseconds(1);
    options.give_up_after = give_up_after_;
    options.progress_every = absl::ZeroDuration();
    options.progress = [this](const ImportSummary& so_far, double rate) {
      ++told_;
      EXPECT_GE(rate, 0);
      EXPECT_LE(so_far.added + so_far.repeated + so_far.bad, so_far.rows);
    };
    options.on_bad = [this](uint64_t line, const absl::Status& why) {
      bad_.push_back(std::to_string(line) + " " + ReasonOf(why));
    };
    return RunImport(options, std::move(format), server_);
  }
  static std::string Numbers(const ImportSummary& s) {
    return std::to_string(s.rows) + " rows " + std::to_string(s.added) + " new " + std::to_string(s.repeated) +
           " repeated " + std::to_string(s.bad) + " bad " + std::to_string(s.out_of_order) + " late";
  }
  // "offered 01 05:02:47": what, day of the month and time in UTC.
  std::vector<std::string> FactsOf(const std::string& call) {
    std::vector<std::string> all;
    for (const auto& fact : server_.streams[call].calls) {
      const auto* oneof = interaction::v1::Fact::descriptor()->oneof_decl(0);
      const auto* field = fact.fact().GetReflection()->GetOneofFieldDescriptor(fact.fact(), oneof);
      all.push_back(field->name() + absl::FormatTime(" %d %H:%M:%S", ToTime(fact.occurred_at()), absl::UTCTimeZone()));
    }
    return all;
  }

  TestServer server_;
  std::vector<std::string> bad_;
  int told_ = 0;
  absl::Duration give_up_after_ = absl::Seconds(10);
};

}  // namespace shoujie::importer
