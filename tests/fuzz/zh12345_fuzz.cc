// Files of citizens' messages (CSV, plain or gzip), as somebody may give them to the importer.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

namespace shoujie::fuzz::zh12345_fuzz {
namespace {

const Registered kRegistered({"zh12345", +[](absl::string_view input) { CheckImport("zh12345", input); }});

}  // namespace
}  // namespace shoujie::fuzz::zh12345_fuzz
