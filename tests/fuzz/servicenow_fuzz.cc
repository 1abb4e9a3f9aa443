// Files of incidents (CSV, plain or gzip), as somebody may give them to the importer.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

namespace shoujie::fuzz::servicenow_fuzz {
namespace {

const Registered kRegistered({"servicenow", +[](absl::string_view input) { CheckImport("servicenow", input); }});

}  // namespace
}  // namespace shoujie::fuzz::servicenow_fuzz
