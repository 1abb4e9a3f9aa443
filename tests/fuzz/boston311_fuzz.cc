// Files of service requests (CSV, plain or gzip), as somebody may give them to the importer.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

namespace shoujie::fuzz::boston311_fuzz {
namespace {

const Registered kRegistered({"boston311", +[](absl::string_view input) { CheckImport("boston311", input); }});

}  // namespace
}  // namespace shoujie::fuzz::boston311_fuzz
