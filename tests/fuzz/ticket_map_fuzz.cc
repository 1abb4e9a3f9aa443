// Maps of tables (YAML), as somebody may give them to `shoujie import events`.
#include "services/cli/import/format.h"
#include "services/cli/import/ticket_map.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::ticket_map_fuzz {
namespace {

// Refused with at least one mistake that says what to do, or good for a format; the same map is read the same again.
void Run(absl::string_view input) {
  const auto read = [input](size_t* mistakes) {
    return importer::ReadTicketMap(input, [mistakes](uint64_t line, const absl::Status& why) {
      FUZZ_REQUIRE(line >= 1 && !why.ok());
      RequireTyped(why);
      ++*mistakes;
    });
  };
  size_t once = 0, twice = 0;
  auto map = read(&once);
  RequireTyped(map.status());
  FUZZ_REQUIRE(map.ok() == read(&twice).ok() && once == twice);
  if (!map.ok()) {
    FUZZ_REQUIRE(once > 0 || input.size() > importer::kMapBytesMax);
    return;
  }
  FUZZ_REQUIRE(once == 0 && !map->facts.empty() && !map->source.empty() && !map->case_id.columns.empty());
  auto format = importer::MakeMapped(*std::move(map));
  RequireTyped(format->ReadHeader({"a", "b"}));
}

const Registered kRegistered({"ticket_map", &Run});

}  // namespace
}  // namespace shoujie::fuzz::ticket_map_fuzz
